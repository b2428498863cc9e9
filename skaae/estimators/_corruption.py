"""The input of a denoiser's encoder: rows that a user's function corrupts, and their missing-value mask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import _safe_indexing

from .._plan import Architecture, TrainingData, TrainingPlan
from ..table import TableEncoder, check_table, missing_mask
from ._training_data import scale

__all__ = ["CorruptedTable", "corrupt_once", "is_masked", "known_extremes", "rescale", "scale_with_mask"]


@dataclass(frozen=True)
class CorruptedTable:
    """Rows of a table, corrupted anew in each epoch and then scaled."""

    table: Any
    seed: int
    corrupt: Callable[[Any, int, int], Any]
    scale: Callable[[Any], NDArray[Any]]

    def __call__(self, epoch: int) -> NDArray[Any]:
        return self.scale(self.corrupt(self.table, self.seed, epoch))

    def subset(self, indices: NDArray[np.intp]) -> CorruptedTable:
        """The rows at some indices."""
        return replace(self, table=_safe_indexing(self.table, indices))


def corrupt_once(
    architecture: Architecture, plan: TrainingPlan, data: TrainingData, extremes: NDArray[Any]
) -> NDArray[Any]:
    """Rows as the encoder of the first member is given them in training."""
    from ..core.inference import corrupt

    X = data.X[:] if data.encoder_input is None else data.encoder_input(0)
    return corrupt(architecture, plan, X, extremes)


def scale_with_mask(encoder: TableEncoder, architecture: Architecture, X: Any) -> NDArray[Any]:
    """Rows as numbers of one scale, followed by their missing-value mask in models that have one."""
    scaled = scale(encoder, X)
    if not architecture.mask_indices:
        return scaled
    mask = missing_mask(X)[:, : max(architecture.mask_indices) + 1]
    return np.hstack([scaled, mask.astype(scaled.dtype)])


def is_masked(rows: NDArray[Any], encoder: TableEncoder, architecture: Architecture) -> NDArray[np.bool_]:
    """Which cells of scaled rows are masked, (n_samples, n_features)."""
    n_features = architecture.n_features
    if not architecture.mask_indices:
        return np.zeros((len(rows), n_features), bool)
    masked: NDArray[np.bool_] = rows[:, n_features:][:, encoder.source_columns_] > 0
    return masked


def rescale(extremes: NDArray[Any], encoder: TableEncoder, other: TableEncoder) -> NDArray[Any]:
    """Extremes of columns in the scales of another encoder of the same columns."""
    n_numeric, rescaled = encoder.n_numeric_, extremes.copy()
    rows = np.zeros((2, len(encoder.source_columns_)))
    rows[:, :n_numeric] = extremes[:, :n_numeric]
    table = check_table(encoder.inverse_transform(rows))
    rescaled[:, :n_numeric] = other.encode(table, warn_of_unseen=False)[:, :n_numeric]
    return rescaled


def known_extremes(
    rows: NDArray[Any], encoder: TableEncoder, architecture: Architecture, before: NDArray[Any] | None
) -> NDArray[Any]:
    """Smallest and largest known value of each column of scaled rows, and of those trained on before, (2, columns)."""
    masked = is_masked(rows, encoder, architecture)
    n_features = masked.shape[1]
    low, high = (np.where(masked, end, rows[:, :n_features]) for end in (np.inf, -np.inf))
    low, high = low.min(axis=0), high.max(axis=0)
    if before is not None:
        low, high = np.minimum(low, before[0, :n_features]), np.maximum(high, before[1, :n_features])
    return np.pad(np.stack([low, high]).astype(rows.dtype), ((0, 0), (0, rows.shape[1] - n_features)))
