"""The inception score: whether a classifier is confident of each generated row, and finds all classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._validation import Floats, check_integer, check_rows

__all__ = ["inception_score"]


def inception_score(
    probabilities: Any, n_splits: int = 10, *, shuffle: bool = False, random_state: Any = None
) -> tuple[float, float]:
    r"""Exponential of the mean divergence of class probabilities from their mean.

    Of :math:`p(y \mid x)` from :math:`p(y)`, by Kullback and Leibler: from 1, if all rows have the same probabilities,
    to the number of classes, if each row has one class for certain and all classes are as frequent. Real rows are not
    compared with, so samples of the wrong classes, one row of each class many times, and copies of training rows score
    high. State the classifier with each figure: figures of two classifiers are not comparable.

    Parameters
    ----------
    probabilities : array-like of shape (n_generated, n_classes)
        Class probabilities of generated rows by a classifier that was fitted to real rows.
    n_splits : int, default=10
        Number of splits of nearly equal size that are scored.
    shuffle : bool, default=False
        Whether rows are shuffled before they are split. Otherwise rows must be in random order: if they are sorted by
        class, each split has few classes.
    random_state : int, RandomState instance or None, default=None
        Shuffles the rows.

    Returns
    -------
    mean : float
        Mean of the splits' scores.
    standard_deviation : float
        Standard deviation of the splits' scores.

    References
    ----------
    Salimans, Goodfellow, Zaremba, Cheung, Radford and Chen, "Improved techniques for training GANs", 2016,
    arXiv 1606.03498.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae.metrics import inception_score
    >>> inception_score(np.tile(np.eye(4), (25, 1)), n_splits=5)
    (4.0, 0.0)
    """
    p = check_rows(probabilities, "probabilities")
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-4:
        raise ValueError("`probabilities` must not be negative, and sum to 1 in each row.")
    check_integer("n_splits", n_splits, 1, len(p), ", as many as there are rows")
    if shuffle:
        p = np.random.default_rng(random_state).permutation(p)
    splits = np.split(p, np.arange(1, n_splits) * len(p) // n_splits)
    # The mean divergence from the mean is the entropy of the mean minus the mean of the entropies.
    scores = [np.exp(total_entropy(split.mean(axis=0)) - total_entropy(split) / len(split)) for split in splits]
    return float(np.mean(scores)), float(np.std(scores))


def total_entropy(p: Floats) -> float:
    """Sum of the entropies of distributions."""
    return -float(np.vdot(p, np.log(np.maximum(p, np.finfo(np.float64).tiny))))
