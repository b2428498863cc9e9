"""How well scores rank outliers, -1, below normal rows, +1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.validation import _check_sample_weight

from ._validation import Floats, check_labels

__all__ = ["average_precision", "precision_at_contamination", "roc_auc", "which_are_outliers"]


def which_are_outliers(y: Any) -> NDArray[np.bool_]:
    """Mask of the rows that are -1 in `y`, where both -1 and 1 must occur."""
    labels = check_labels(y, "y")
    distinct = np.unique(labels).tolist()
    if distinct != [-1, 1]:
        advice = (
            " PyOD's labels, 1 for outliers, become these by `np.where(y == 1, -1, 1)`."
            if distinct in ([0, 1], [0])
            else " Test rows must be of both kinds, which `skaae.model_selection.OutlierKFold` takes care of."
            if distinct in ([1], [-1])
            else ""
        )
        raise ValueError(f"`y` must have -1 for outliers and 1 for normal rows. Got {distinct[:5]}.{advice}")
    return np.asarray(labels == -1)


def roc_auc(y: Any, scores: Any, sample_weight: Any = None) -> float:
    """Probability that an outlier has a lower score than a normal row."""
    is_outlier, abnormality, weights = check_scores(y, scores, sample_weight)
    return float(roc_auc_score(is_outlier, abnormality, sample_weight=weights))


def average_precision(y: Any, scores: Any, sample_weight: Any = None) -> float:
    """Mean precision of the rows with the lowest scores, over the outliers that are found one after another."""
    is_outlier, abnormality, weights = check_scores(y, scores, sample_weight)
    return float(average_precision_score(is_outlier, abnormality, sample_weight=weights))


def precision_at_contamination(y: Any, scores: Any, sample_weight: Any = None) -> float:
    """Share of outliers among as many rows with the lowest scores as there are outliers; of equal scores, the mean."""
    is_outlier, abnormality, weights = check_scores(y, scores, sample_weight)
    _, positions = np.unique(-abnormality, return_inverse=True)
    n_rows, n_outliers = (
        np.concatenate([[0.0], np.bincount(positions, values).cumsum()]) for values in (weights, weights * is_outlier)
    )
    return float(np.interp(n_outliers[-1], n_rows, n_outliers) / n_outliers[-1])


def check_scores(y: Any, scores: Any, sample_weight: Any) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Which rows are outliers, how abnormal they are, and their weights; without rows of weight zero."""
    weights = _check_sample_weight(sample_weight, y, dtype=np.float64, ensure_non_negative=True)
    abnormality = -check_array(scores, ensure_2d=False, dtype=np.float64, input_name="scores")
    check_consistent_length(y, abnormality)
    counts = weights > 0
    return which_are_outliers(np.asarray(y)[counts]), abnormality[counts], weights[counts]
