"""Tasks: what is asked of a training, and what it gives back."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeVar

import numpy as np
from torch import Tensor

from ..plan import Architecture, Training
from .hooks import Bookmark, Hook
from .rows import Source

__all__ = ["State", "Task", "Trained", "fingerprint", "part_of"]

CHUNK = 2**16  # rows that are read at once

State = dict[str, np.ndarray]
Trained = tuple[State, dict[str, np.ndarray]]
Entry = TypeVar("Entry", Tensor, np.ndarray)


@dataclass
class Task:
    """What is asked of `train`."""

    architecture: Architecture
    training: Training
    X: Source
    rows: Sequence[np.ndarray] | None = None
    labels: np.ndarray | None = None
    guesses: np.ndarray | None = None
    given: np.ndarray | None = None
    shown: Callable[[int], np.ndarray] | None = None
    start: State | None = None
    hooks: Sequence[Hook] = ()
    device: str = "cpu"
    bookmark: Bookmark | None = None  # where to go on in the middle


def fingerprint(task: Task) -> str:
    """What a training depends on, in a few letters."""
    asked = f"{task.architecture} {task.training} {task.device} {len(task.hooks)}"
    digest = blake2b(re.sub(r" at 0x[0-9a-f]+", "", asked).encode(), digest_size=16)  # a function's address is no part
    for array in (*(task.rows or ()), task.labels, task.guesses, task.given, *(task.start or {}).values()):
        digest.update(b"none" if array is None else np.ascontiguousarray(array).data)
    for start in range(0, len(task.X), CHUNK):
        digest.update(np.ascontiguousarray(task.X[start : start + CHUNK]).data)
    return digest.hexdigest()


def part_of(state: dict[str, Entry], prefix: str) -> dict[str, Entry]:
    """The entries whose names begin with the prefix, without it."""
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
