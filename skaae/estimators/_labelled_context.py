"""Rows with few labels by which others are classified: the way from estimators into the prior-fitted network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MAX_CLASSES", "MIN_CONTEXT_ROWS", "LabelledContext"]

MAX_CLASSES = 26  # of the tables that the network was fitted to
MAX_LABELLED = 512  # rows
MIN_CONTEXT_ROWS = 32  # with unlabelled ones, which add nothing, or less than nothing, to more labelled ones than these


@dataclass(frozen=True, eq=False)
class LabelledContext:
    """Cells of rows, labelled ones first, and their classes from 0, or -1; torch is imported within methods."""

    cells: NDArray[np.float64]  # NaN where missing
    categorical: NDArray[np.bool_]  # which columns are codes of categories
    labels: NDArray[np.intp]
    n_orders: int
    seed: int

    @staticmethod
    def choose_rows(labels: NDArray[np.intp], seed: int) -> NDArray[np.intp]:
        """Indices of the rows to keep: as many labelled ones of each class as can be, others if these are few."""
        order = np.random.RandomState(seed).permutation(len(labels))
        of_classes = [order[labels[order] == index] for index in range(labels.max() + 1)]
        quota = largest_quota(np.array([len(rows) for rows in of_classes]))
        labelled = np.sort(np.concatenate([rows[:quota] for rows in of_classes]))
        return np.concatenate([labelled, order[labels[order] < 0][: max(0, MIN_CONTEXT_ROWS - len(labelled))]])

    def predict_proba(self, cells: NDArray[np.float64]) -> NDArray[np.float32]:
        """Probabilities of equally frequent classes, (n_samples, n_classes)."""
        from ..prior_fitted._inference import predict_proba

        return predict_proba(self, cells)


def largest_quota(counts: NDArray[Any]) -> int:
    """How many labelled rows each class may have."""
    quota = MAX_LABELLED
    while np.minimum(counts, quota).sum() > MAX_LABELLED:
        quota -= 1
    return quota
