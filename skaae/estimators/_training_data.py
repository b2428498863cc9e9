"""Rows of a table on their way into the core: scaled, and split into those to train on and those to validate with."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import _safe_indexing, gen_batches
from sklearn.utils.validation import _check_sample_weight, _num_samples

from .._plan import TrainingData
from ..table import TableEncoder, concatenate, is_memory_mapped
from ..table._tables import Table, take_rows
from ._labels import encode_labels, is_labelled, labels_as_array, to_array

__all__ = [
    "CHUNK_ROWS",
    "LazyScaledRows",
    "hold_out",
    "hold_out_by_class",
    "labelled_data",
    "merge_copies",
    "scale",
    "scale_lazily",
    "weighted_rows",
]

CHUNK_ROWS = 2**15  # processed at once where intermediate results take much more memory than the result
MAX_COPIED = 0.5  # of the distinct rows, that may have copies
MIN_DISTINCT_ROWS = 20  # fewer may recur by chance
MIN_DISTINCT = 0.5  # of the distinct rows, that have a value of their own in a column of many
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


def weighted_rows(X: Any, y: Any, sample_weight: Any) -> tuple[Any, Any, NDArray[np.float64] | None]:
    """Rows and targets, as they are, of weights above zero; and these weights, None if all are equal.

    The weights, (n_samples,), have a mean of 1, because only ratios count.

    Raises
    ------
    ValueError
        If weights are negative, missing, infinite or all zero, or if there is not one for each row.
    """
    if sample_weight is None:
        return X, y, None
    n_samples = _num_samples(X)
    weights = _check_sample_weight(sample_weight, np.empty(n_samples), dtype=np.float64, ensure_non_negative=True)
    weights = weights / weights.max()
    kept = np.flatnonzero(weights)
    if len(kept) < n_samples:
        X, weights = _safe_indexing(X, kept), weights[kept]
        y = None if y is None else to_array(y)[kept]
    return X, y, None if np.ptp(weights) == 0 else weights / weights.mean()


def merge_copies(
    X: Table, rows: NDArray[Any], sample_weight: NDArray[np.float64] | None
) -> tuple[Table, NDArray[Any], NDArray[np.float64] | None]:
    """A table, its scaled rows and their weights; where most rows have copies, once each, with the sum of the weights.

    Rows of tables with a column of many values do not recur by chance: the table was joined with itself, or written
    twice. Every copy is the other's nearest neighbour, and so new rows are as strange as none in training. Nor does it
    happen by chance that all rows recur two, four or six times: such a table was written twice, and is taken once.
    """
    factors = np.random.RandomState(0).standard_normal(rows.shape[1])
    keys = np.concatenate([(rows[chunk] * factors).sum(axis=1) for chunk in gen_batches(len(rows), CHUNK_ROWS)])
    _, first, inverse, counts = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    if len(first) < MIN_DISTINCT_ROWS or (counts > 1).mean() <= MAX_COPIED:
        return X, rows, sample_weight
    n_times = int(np.gcd.reduce(counts))
    if n_times > 1 and sample_weight is None:
        order = np.argsort(inverse, kind="stable")
        number = np.arange(len(order)) - np.repeat(counts.cumsum() - counts, counts)  # of a row among its copies
        kept = np.sort(order[number < np.repeat(counts // n_times, counts)])
        return merge_copies(take_rows(X, kept), rows[kept], None)
    distinct = rows[first]
    if not has_many_values(distinct):
        return X, rows, sample_weight
    weights = np.bincount(inverse, sample_weight)
    order = np.argsort(first)
    weights = weights[order] / weights.mean()
    return take_rows(X, first[order]), distinct[order], None if np.ptp(weights) == 0 else weights


def has_many_values(distinct: NDArray[Any]) -> bool:
    """Whether half of some rows, of which no two are equal, differ in a column."""
    return any(len(np.unique(column)) > MIN_DISTINCT * len(distinct) for column in distinct.T)


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


def labelled_data(encoder: TableEncoder, X: Table, y: Any, classes: NDArray[Any]) -> TrainingData:
    """The labelled ones among rows that are given to validate with."""
    y = labels_as_array(y)
    if len(y) != len(X):
        raise ValueError(f"`y_val` must have a label for each of the {len(X)} rows of `X_val`. Got {len(y)}.")
    labelled = is_labelled(y)
    if not labelled.any():
        raise ValueError("`y_val` must have a label for some row. Got none.")
    return TrainingData(scale(encoder, X[labelled]), encode_labels(y[labelled], classes))


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
