"""Training tasks and their results."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from .._plan import Architecture, TrainingData, TrainingPlan
from .hooks import Hook, Losses, State, TrainingSnapshot

__all__ = ["Losses", "State", "TrainingResult", "TrainingTask", "fingerprint", "strip_prefix"]

CHUNK_SIZE = 2**16  # rows

ArrayT = TypeVar("ArrayT", Tensor, NDArray[Any])


@dataclass
class TrainingTask:
    """The arguments of `train`, and a snapshot to resume from."""

    architecture: Architecture
    plan: TrainingPlan
    data: TrainingData
    member_rows: Sequence[NDArray[np.intp]] | None = None
    start: State | None = None
    hooks: Sequence[Hook] = ()
    device: str = "cpu"
    snapshot: TrainingSnapshot | None = None


class TrainingResult(NamedTuple):
    """The state at the end of a training, and the curve of each loss."""

    state: State
    curves: Losses


def fingerprint(task: TrainingTask) -> str:
    """A digest of all that a training depends on."""
    text = f"{task.architecture} {task.plan} {task.device} {len(task.hooks)}"
    digest = blake2b(re.sub(r" at 0x[0-9a-f]+", "", text).encode(), digest_size=16)  # without addresses of functions
    data = task.data
    of_rows = (data.labels, data.soft_labels, data.targets, data.condition, data.sample_weight)
    for array in (*(task.member_rows or ()), *of_rows, *(task.start or {}).values()):
        digest.update(b"none" if array is None else np.ascontiguousarray(array).data)
    for start in range(0, len(data), CHUNK_SIZE):
        digest.update(np.ascontiguousarray(data.X[start : start + CHUNK_SIZE]).data)
    return digest.hexdigest()


def strip_prefix(state: dict[str, ArrayT], prefix: str) -> dict[str, ArrayT]:
    """The entries whose names start with the prefix, without it."""
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
