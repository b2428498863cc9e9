"""A trained model applied to arrays, in batches of rows.

On the CPU the precision is that of the rows: in 64 bits results do not depend on the number of rows in a batch, to all
digits that matter. On other devices it is 32 bits.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .._plan import Architecture, TrainingPlan
from .corruption import Corruption
from .distributed import Shard
from .flow import Flow
from .model import AdversarialAutoencoder
from .random import RandomStreams
from .tasks import State, strip_prefix
from .threads import limit_threads

__all__ = [
    "apply_flow",
    "corrupt",
    "decode",
    "encode",
    "log_density",
    "reconstruct",
    "resolve_device",
    "sample_flow",
    "sample_prior",
    "squared_errors",
]

BATCH_SIZE = 4096
FLOW_BATCH_SIZE = 1024  # of samples, so that a layer's output stays in the cache of a core
MAX_KEPT_MODELS, MAX_KEPT_WEIGHTS = 8, 2**20

Array = NDArray[Any]


def encode(architecture: Architecture, state: State, X: Array, device: str) -> Array:
    """Codes of rows: (n, columns) to (K, n, width)."""
    return apply_model(architecture, state, lambda model, x: model.encode(x), device, X)


def decode(architecture: Architecture, state: State, code: Array, device: str, condition: Array | None = None) -> Array:
    """Rows of codes, with probabilities of one-hot groups: (n, width) to (K, n, features)."""
    return apply_model(architecture, state, lambda model, *z: model.to_rows(model.decode(*z)), device, code, condition)


def squared_errors(
    architecture: Architecture, state: State, X: Array, device: str, condition: Array | None = None
) -> Array:
    """Squared errors of reconstruction, a mean over the members: (n, features)."""

    def mean_squared_errors(model: AdversarialAutoencoder, x: Tensor, *condition: Tensor) -> Tensor:
        return (model.to_rows(model.decode(model.encode(x), *condition)) - x).square().mean(0, keepdim=True)

    return np.asarray(apply_model(architecture, state, mean_squared_errors, device, X, condition)[0])


def reconstruct(architecture: Architecture, state: State, X: Array, device: str) -> Array:
    """Reconstructed rows, a mean over the members: (n, columns) to (n, features)."""

    def mean_reconstruction(model: AdversarialAutoencoder, x: Tensor) -> Tensor:
        return model.to_rows(model.decode(model.encode(x))).mean(0, keepdim=True)

    return np.asarray(apply_model(architecture, state, mean_reconstruction, device, X)[0])


def corrupt(architecture: Architecture, plan: TrainingPlan, X: Array, extremes: Array) -> Array:
    """Rows corrupted as in training of the first member; ``extremes`` are two rows of minima and maxima."""
    corruption = Corruption(architecture, replace(plan, seeds=plan.seeds[:1]), torch.tensor(extremes))
    return np.asarray(corruption(torch.tensor(X)[None], Shard(len(X), len(X)))[0])


def apply_flow(
    architecture: Architecture,
    state: State,
    code: Array,
    device: str,
    condition: Array | None = None,
    *,
    inverse: bool = False,
) -> Array:
    """Codes of noise by the flow, or with ``inverse`` noise of codes: (n, width) to (K, n, width)."""
    transform = partial(Flow.transform, inverse=inverse)
    return apply_model(architecture, state, lambda model, *z: transform(model.flow, *z), device, code, condition)


def sample_flow(
    architecture: Architecture, state: State, noise: Array, device: str, condition: Array | None = None
) -> Array:
    """Codes of noise by the flow, in fewer steps than `apply_flow` takes: (n, width) to (K, n, width)."""
    inputs = noise, condition
    return apply_model(
        architecture, state, lambda model, *z: model.flow.sample(*z), device, *inputs, batch_size=FLOW_BATCH_SIZE
    )


def log_density(
    architecture: Architecture, state: State, code: Array, device: str, condition: Array | None = None
) -> Array:
    """Log density of codes by the flow: (n, width) to (K, n)."""
    return apply_model(architecture, state, lambda model, *z: model.flow.log_density(*z), device, code, condition)


def sample_prior(architecture: Architecture, n: int, seed: int, labels: Array | None = None) -> Array:
    """Codes drawn from the prior, (n, width), those of class-conditional blocks of the classes in the labels."""
    with torch.device("meta"):
        model = AdversarialAutoencoder(architecture, n_members=1)
    member_labels = None if labels is None else torch.tensor(labels)[None]
    return np.asarray(model.sample_prior(n, RandomStreams([seed]), member_labels)[0])


def resolve_device(device: str) -> str:
    """The device of a name: "auto" is an accelerator where there is one."""
    if device == "auto":
        accelerator = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
        return "cpu" if accelerator is None else accelerator.type
    try:
        torch.empty(0, device=device)
    except (AssertionError, RuntimeError) as error:
        raise ValueError(f"`device` must be present on this machine. Got {device!r}: {error}") from None
    return device


@dataclass
class KeptModel:
    """A model, and the architecture and the arrays that it was made of."""

    architecture: Architecture
    arrays: list[weakref.ref[Array]]
    model: AdversarialAutoencoder

    def is_of(self, architecture: Architecture, arrays: list[Array]) -> bool:
        """Whether the model is of these very arrays."""
        is_same = architecture is self.architecture and len(arrays) == len(self.arrays)
        return is_same and all(kept() is array for kept, array in zip(self.arrays, arrays, strict=True))


# The models that were loaded last, as long as somebody has their weights: to make one takes longer than to apply it to
# a row.
KEPT_MODELS: dict[tuple[int, np.dtype[Any], str], KeptModel] = {}


def load_model(architecture: Architecture, state: State, dtype: np.dtype[Any], device: str) -> AdversarialAutoencoder:
    """The model of a state, on a device and in the precision of rows of the dtype; not to be changed."""
    arrays = [value for name, value in state.items() if name.startswith("model.")]
    key = id(arrays[0]), dtype, device
    kept = KEPT_MODELS.get(key)
    if kept is not None and kept.is_of(architecture, arrays):
        return kept.model
    model = make_model(architecture, state, dtype, device)
    if sum(array.size for array in arrays) <= MAX_KEPT_WEIGHTS:
        for oldest in list(KEPT_MODELS)[: 1 - MAX_KEPT_MODELS]:
            KEPT_MODELS.pop(oldest, None)
        references = [weakref.ref(array, lambda _: KEPT_MODELS.pop(key, None)) for array in arrays]
        KEPT_MODELS[key] = KeptModel(architecture, references, model)
    return model


def make_model(architecture: Architecture, state: State, dtype: np.dtype[Any], device: str) -> AdversarialAutoencoder:
    """The model of a state, made anew."""
    weights = {name: torch.tensor(value) for name, value in strip_prefix(state, "model.").items()}
    n_members = len(next(iter(weights.values())))
    with torch.device("meta"):
        model = AdversarialAutoencoder(architecture, n_members)
    model.load_state_dict(weights, assign=True)
    return model.to(device, torch.float64 if dtype == np.float64 and device == "cpu" else torch.float32)


def apply_model(
    architecture: Architecture,
    state: State,
    function: Callable[..., Tensor],
    device: str,
    *arrays: Array | None,
    batch_size: int = BATCH_SIZE,
) -> Array:
    """The output of a function of the model and of arrays of rows, (n, ...), batch by batch: (K, n, ...)."""
    inputs = [array for array in arrays if array is not None]
    model = load_model(architecture, state, inputs[0].dtype, device)
    parameter = next(model.parameters())
    n_members, n, output = len(parameter), len(inputs[0]), np.empty(0)
    with torch.inference_mode(), limit_threads(architecture, n_members * min(n, batch_size)):
        for start in range(0, n, batch_size):
            rows = slice(start, start + batch_size)
            batch = [torch.tensor(array[rows], dtype=parameter.dtype, device=device) for array in inputs]
            part = function(model, *(x.expand(n_members, *x.shape) for x in batch)).cpu().numpy()
            if start == 0:  # allocated at once, because many parts would fragment the memory
                output = np.empty((len(part), n, *part.shape[2:]), part.dtype)
            output[:, rows] = part
    assert n, "there should be a row."
    return output
