"""Rows of a table on their way into the core: scaled, and split into those to train on and those to validate with."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._plan import TrainingData
from ..table import TableEncoder, concatenate, is_memory_mapped

__all__ = ["CHUNK_ROWS", "LazyScaledRows", "hold_out", "hold_out_by_class", "scale", "scale_lazily"]

CHUNK_ROWS = 2**15  # processed at once where intermediate results take much more memory than the result
MAX_SCALED = 1e15  # so that sums of squared errors fit into 32-bit floats


class LazyScaledRows:
    """Creates the scaled rows of a memory-mapped array, each scaled when it is indexed; at ``indices``, or all."""

    nbytes = 0  # in memory

    def __init__(
        self,
        scale: Callable[[NDArray[Any]], NDArray[Any]],
        table: NDArray[Any],
        indices: NDArray[np.intp] | None = None,
    ) -> None:
        self.scale, self.table, self.indices = scale, table, indices
        first = scale(table[:1])
        self.shape = (len(table) if indices is None else len(indices), first.shape[1])
        self.dtype = first.dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> NDArray[Any]:
        return self.scale(self.table[rows if self.indices is None else self.indices[rows]])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self[:], dtype)

    def subset(self, indices: NDArray[np.intp]) -> LazyScaledRows:
        """The rows at some indices, still lazy."""
        return LazyScaledRows(self.scale, self.table, indices if self.indices is None else self.indices[indices])


def scale(encoder: TableEncoder, X: Any, dtype: Any = None, *, warn_of_unseen: bool = True) -> NDArray[Any]:
    """Rows as numbers of one scale, (n_samples, n_features encoded).

    Raises
    ------
    ValueError
        If a scaled value is too large for the core.
    """
    scaled = concatenate(map(check_scaled, encoder.encode_chunks(X, warn_of_unseen)), len(X), dtype)
    return scaled if min(scaled.strides) >= 0 else scaled.copy()  # torch has no negative strides


def scale_lazily(encoder: TableEncoder, X: Any, dtype: Any = None) -> NDArray[Any] | LazyScaledRows:
    """Rows as numbers of one scale; those of a memory-mapped array batch by batch, when they are trained on."""
    if isinstance(X, np.ndarray) and is_memory_mapped(X):
        return LazyScaledRows(partial(scale, encoder), X)
    return scale(encoder, X, dtype)


def hold_out(data: TrainingData, fraction: float, rng: np.random.RandomState) -> tuple[TrainingData, TrainingData]:
    """Rows to train on, and a fraction of all rows, drawn at random, to validate with."""
    order = rng.permutation(len(data))
    n_held_out = max(1, round(fraction * len(order)))
    return data.subset(order[n_held_out:]), data.subset(order[:n_held_out])


def hold_out_by_class(
    data: TrainingData, fraction: float, n_classes: int, rng: np.random.RandomState
) -> tuple[TrainingData, TrainingData]:
    """Rows to train on, and a fraction of the labelled rows of each class, at most all but one, to validate with."""
    assert data.labels is not None
    order = rng.permutation(len(data))
    labels = data.labels[order]
    held_out = []
    for index in range(n_classes):
        of_class = order[labels == index]
        n_held_out = min(max(1, round(fraction * len(of_class))), max(0, len(of_class) - 1))
        held_out.append(of_class[:n_held_out])
    indices = np.concatenate(held_out)
    if not len(indices):
        raise ValueError("With `early_stopping`, some class must have two labelled rows. Got one of each at most.")
    return data.subset(np.setdiff1d(order, indices)), data.subset(indices)


def check_scaled(scaled: NDArray[Any]) -> NDArray[Any]:
    """Scaled rows whose squared errors are finite in 32 bits."""
    if not (np.abs(scaled) <= MAX_SCALED).all():
        raise ValueError(
            f"Scaled columns must fit into 32-bit floats, and so must sums of their squares: {MAX_SCALED:g} is the"
            f" most. Got values up to {np.abs(scaled).max():.3g}."
        )
    return scaled
