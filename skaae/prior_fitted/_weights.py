"""Weights of the network as files: arrays in half precision, and its sizes."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ._network import NetworkConfig, PriorFittedNetwork

__all__ = ["load_weights", "save_weights", "shipped_network"]

SHIPPED = Path(__file__).with_name("weights.npz")
CONFIG = "config."  # begins the names of sizes


def save_weights(network: PriorFittedNetwork, path: Any) -> None:
    """Write the weights in half precision, and the sizes."""
    weights = {name: value.detach().numpy().astype(np.float16) for name, value in network.state_dict().items()}
    np.savez_compressed(path, **weights, **{CONFIG + name: value for name, value in asdict(network.config).items()})


def load_weights(path: Any) -> PriorFittedNetwork:
    """The network of a file."""
    with np.load(path, allow_pickle=False) as saved:
        sizes = {name.removeprefix(CONFIG): int(saved[name]) for name in saved if name.startswith(CONFIG)}
        with torch.random.fork_rng(devices=[]):  # on the device "meta", draws would import torch's compiler, a second
            network = PriorFittedNetwork(NetworkConfig(**sizes))
        state = {name: torch.from_numpy(saved[name].astype(np.float32)) for name in network.state_dict()}
    network.load_state_dict(state, assign=True)
    return network.eval().requires_grad_(False)


@cache
def shipped_network() -> PriorFittedNetwork:
    """The network of the package, read once in a process."""
    return load_weights(SHIPPED)
