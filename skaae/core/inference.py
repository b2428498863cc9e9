"""A trained model applied to arrays, in batches of rows.

On the CPU the arithmetic has the precision of the rows: 64 bits do not depend on how many rows are in a batch, to all
digits that matter. Elsewhere it has 32 bits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from ..plan import Architecture, Training
from .corruption import Corruption
from .model import AdversarialAutoencoder
from .shards import Shard
from .streams import Streams
from .tasks import State, part_of
from .threads import threads_for

__all__ = ["corrupt", "decode", "draw", "encode", "errors", "log_density", "reconstruct", "resolve_device", "transport"]

BATCH_SIZE = 4096


def encode(architecture: Architecture, state: State, X: np.ndarray, device: str) -> np.ndarray:
    """Codes of rows: (n, features) to (K, n, width)."""
    model = rebuild(architecture, state, X.dtype, device)
    return apply(model, model.encode, device, X)


def decode(
    architecture: Architecture, state: State, code: np.ndarray, device: str, given: np.ndarray | None = None
) -> np.ndarray:
    """Rows of codes, with probabilities of choices: (n, width) to (K, n, features)."""
    model = rebuild(architecture, state, code.dtype, device)
    return apply(model, lambda *told: model.rows_of(model.decode(*told)), device, code, given)


def errors(
    architecture: Architecture, state: State, X: np.ndarray, device: str, given: np.ndarray | None = None
) -> np.ndarray:
    """Squared errors of reconstruction, a mean over the members: (n, features)."""
    model = rebuild(architecture, state, X.dtype, device)

    def errors_of(x: Tensor, *told: Tensor) -> Tensor:
        return (model.rows_of(model.decode(model.encode(x), *told)) - x).square().mean(0, keepdim=True)

    return apply(model, errors_of, device, X, given)[0]


def reconstruct(architecture: Architecture, state: State, X: np.ndarray, device: str) -> np.ndarray:
    """Rows as the decoders give them back, a mean over the members: (n, columns) to (n, features)."""
    model = rebuild(architecture, state, X.dtype, device)
    return apply(model, lambda x: model.rows_of(model.decode(model.encode(x))).mean(0, keepdim=True), device, X)[0]


def corrupt(architecture: Architecture, training: Training, X: np.ndarray, extremes: np.ndarray) -> np.ndarray:
    """Rows as the first member might be shown them in training; ``extremes`` are two rows of smallest and largest."""
    alone = replace(training, seeds=training.seeds[:1])
    return Corruption(architecture, alone, torch.tensor(extremes))(torch.tensor(X)[None], Shard(len(X), len(X)))[
        0
    ].numpy()


def transport(
    architecture: Architecture,
    state: State,
    code: np.ndarray,
    device: str,
    given: np.ndarray | None = None,
    *,
    back: bool = False,
) -> np.ndarray:
    """Codes of noise by the flow, or with ``back`` noise of codes: (n, width) to (K, n, width)."""
    model = rebuild(architecture, state, code.dtype, device)
    assert model.flow is not None, "transport needs a flow."
    return apply(model, partial(model.flow.move, back=back), device, code, given)


def log_density(
    architecture: Architecture, state: State, code: np.ndarray, device: str, given: np.ndarray | None = None
) -> np.ndarray:
    """Log density of codes by the flow: (n, width) to (K, n)."""
    model = rebuild(architecture, state, code.dtype, device)
    assert model.flow is not None, "a density needs a flow."
    return apply(model, model.flow.log_density, device, code, given)


def draw(architecture: Architecture, n: int, seed: int, labels: np.ndarray | None = None) -> np.ndarray:
    """Codes drawn from the prior, (n, width), of given classes where it is informed."""
    with torch.device("meta"):
        model = AdversarialAutoencoder(architecture, n_members=1)
    return model.draw(n, Streams([seed]), None if labels is None else torch.tensor(labels)[None])[0].numpy()


def resolve_device(device: str) -> str:
    """The device that a name stands for: "auto" is an accelerator where there is one."""
    if device == "auto":
        accelerator = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
        return "cpu" if accelerator is None else accelerator.type
    try:
        torch.empty(0, device=device)
    except (AssertionError, RuntimeError) as error:
        raise ValueError(f"`device` must be present on this machine. Got {device!r}: {error}") from None
    return device


def rebuild(architecture: Architecture, state: State, dtype: np.dtype, device: str) -> AdversarialAutoencoder:
    weights = {name: torch.tensor(value) for name, value in part_of(state, "model.").items()}
    n_members = len(next(iter(weights.values())))
    with torch.device("meta"):
        model = AdversarialAutoencoder(architecture, n_members)
    model.load_state_dict(weights, assign=True)
    return model.to(device, torch.float64 if dtype == np.float64 and device == "cpu" else torch.float32)


@torch.inference_mode()
def apply(
    model: AdversarialAutoencoder, function: Callable[..., Tensor], device: str, *arrays: np.ndarray | None
) -> np.ndarray:
    """What a function of the model makes of rows, (n, ...) each, batch by batch."""
    first = next(model.parameters())
    n_members = len(first)
    known = [array for array in arrays if array is not None]
    n, whole = len(known[0]), None
    with threads_for(model.architecture, n_members * min(n, BATCH_SIZE)):
        for start in range(0, n, BATCH_SIZE):
            rows = [torch.tensor(a[start : start + BATCH_SIZE], dtype=first.dtype, device=device) for a in known]
            part = function(*(x.expand(n_members, *x.shape) for x in rows)).cpu().numpy()
            if whole is None:  # room for all, because many parts would scatter the memory of batches
                whole = np.empty((len(part), n, *part.shape[2:]), part.dtype)
            whole[:, start : start + BATCH_SIZE] = part
    assert whole is not None, "there should be a row."
    return whole
