"""Agreement of clusters and classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.utils import check_consistent_length

from ._validation import check_labels, weighted_rows

__all__ = ["clustering_accuracy"]


def clustering_accuracy(labels_true: Any, labels_pred: Any, *, sample_weight: Any = None) -> float:
    """Accuracy of the best one-to-one assignment of clusters to classes.

    Each class is assigned to one cluster at most, and each cluster to one class at most, so rows in clusters beyond the
    number of classes are wrong. Where there are many more clusters than classes, or classes differ much in size, prefer
    `sklearn.metrics.adjusted_rand_score`.

    Parameters
    ----------
    labels_true : array-like of shape (n_samples,)
        Classes.
    labels_pred : array-like of shape (n_samples,)
        Clusters; their names do not matter.
    sample_weight : array-like of shape (n_samples,) or None, default=None
        Weights of the rows.

    Returns
    -------
    accuracy : float
        From 0 to 1.

    References
    ----------
    Kuhn, "The Hungarian method for the assignment problem", 1955.

    Examples
    --------
    >>> from skaae.metrics import clustering_accuracy
    >>> clustering_accuracy(["a", "a", "b", "b"], [3, 3, 1, 3])
    0.75
    """
    check_consistent_length(labels_true, labels_pred)
    labels = check_labels(labels_true, "labels_true"), check_labels(labels_pred, "labels_pred")
    if not len(labels[0]):
        raise ValueError("`labels_true` must have one row at least. Got none.")
    kept, weights = weighted_rows(sample_weight, len(labels[0]))
    true, predicted = (np.unique(each[kept], return_inverse=True)[1] for each in labels)
    counts = np.zeros((true.max() + 1, predicted.max() + 1))
    np.add.at(counts, (true, predicted), 1 if weights is None else weights)
    return float(counts[linear_sum_assignment(counts, maximize=True)].sum() / counts.sum())
