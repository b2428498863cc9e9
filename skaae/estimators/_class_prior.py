"""Class priors: probabilities of the classes among all rows, as given, or as estimated from unlabelled rows.

Labels are often drawn by other shares than classes have among the rows. By Bayes' rule, class probabilities for the
shares among the labels become those for other shares once they are multiplied by the ratios of both. The shares
can be estimated from unlabelled rows: they are the mean of the probabilities that go by them, which expectation
maximisation finds (Saerens, Latinne and Decaestecker, "Adjusting the outputs of a classifier to new a priori
probabilities: a simple procedure", 2002). Probabilities that were learned from few labels are wrong in ways that the
most likely shares exaggerate, so there is a Dirichlet prior around the shares among the labels, the narrower the fewer
labels there are.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._plan import TrainingData

__all__ = [
    "check_class_prior",
    "estimate_class_prior",
    "estimate_shares",
    "label_shares",
    "log_inverse",
    "reweight_classes",
]

MIN_RATIO = 1e-6
N_PRIOR_LABELS = 10  # labels of each class with which unlabelled rows count as much as the shares among the labels
MAX_STEPS = 1_000
MAX_CHANGE = 1e-5  # of a share, where the estimate has converged


def check_class_prior(class_prior: Any, n_classes: int) -> NDArray[np.float64]:
    """Probabilities of the classes, as a user gives them."""
    try:
        shares = np.asarray(class_prior, dtype=float)
    except (TypeError, ValueError):
        shares = np.empty(0)
    if shares.shape != (n_classes,) or not (shares >= 0).all() or not np.isclose(shares.sum(), 1):
        raise ValueError(
            f"`class_prior` must be {n_classes} probabilities that sum to 1, in the order of `classes_`. Got"
            f" {class_prior!r}."
        )
    return shares


def label_shares(counts: NDArray[Any]) -> NDArray[np.float64]:
    """Shares of the classes among the labelled rows, none of them zero."""
    counts = np.where(counts > 0, counts, 1)
    return np.asarray(counts / counts.sum())


def estimate_class_prior(
    soft_labels: NDArray[np.float64], data: TrainingData, label_counts: NDArray[Any]
) -> dict[str, NDArray[np.float64]]:
    """The class prior estimated from unlabelled rows, and its ratios to the shares among the labels."""
    assert data.labels is not None
    rows = data.labels < 0
    if not rows.any():
        warnings.warn(
            '`class_prior="estimate"` needs rows without a label. Got none: classes are taken to be as frequent as'
            " among the labels.",
            UserWarning,
            stacklevel=4,
        )
        return {}
    weight = None if data.sample_weight is None else data.sample_weight[rows]
    class_prior = estimate_shares(soft_labels[rows], label_counts, weight)
    return {"class_prior_": class_prior, "_prior_ratios": class_prior / label_shares(label_counts)}


def estimate_shares(
    probabilities: NDArray[Any], label_counts: NDArray[Any], weight: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Shares of classes among rows, from their class probabilities for the shares among the labels.

    They are the mode of the posterior; the prior weighs as much as the rows where `N_PRIOR_LABELS` of each class have a
    label (the harmonic mean of the classes counts).
    """
    of_labels = label_shares(label_counts)
    n_labels = len(label_counts) / (1 / label_counts.clip(1)).sum()
    weight_of_rows = n_labels / (n_labels + N_PRIOR_LABELS)
    shares = of_labels
    for _ in range(MAX_STEPS):
        of_rows = np.average(reweight_classes(probabilities, shares / of_labels), axis=0, weights=weight)
        before, shares = shares, weight_of_rows * of_rows + (1 - weight_of_rows) * of_labels
        if np.abs(shares - before).max() < MAX_CHANGE:
            break
    return shares


def reweight_classes(probabilities: NDArray[Any], prior_ratios: NDArray[np.float64] | None) -> NDArray[Any]:
    """Class probabilities where classes are more or less frequent by some ratios, by Bayes' rule."""
    if prior_ratios is None:
        return probabilities
    weighted = probabilities * prior_ratios
    return np.asarray(weighted / weighted.sum(1, keepdims=True))


def log_inverse(ratios: NDArray[np.float64]) -> tuple[float, ...]:
    """Logarithms of the inverse ratios, finite where a ratio is zero."""
    return tuple((-np.log(ratios.clip(MIN_RATIO))).tolist())
