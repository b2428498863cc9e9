"""The inception score: whether generated rows are sure of their class, and of many classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._samples import check_count, rows_of

__all__ = ["inception_score"]


def inception_score(
    probabilities: Any, n_splits: int = 10, *, shuffle: bool = False, random_state: Any = None
) -> tuple[float, float]:
    r"""How sure a classifier is of each generated row, and how many classes it sees among all.

    The exponential of the mean divergence of :math:`p(y \mid x)` from its mean :math:`p(y)`: from 1, where all rows
    look the same, to the number of classes, where each is sure and all are as frequent. No real row is looked at, so
    samples of the wrong classes, one row of each class over and over, and copies of training rows score high. It is the
    classifier's classes that count: figures by two classifiers are not comparable.

    Parameters
    ----------
    probabilities : array-like of shape (n_generated, n_classes)
        Class probabilities of generated rows by a classifier that was fitted to real rows.
    n_splits : int, default=10
        Parts of nearly equal size that each have a score.
    shuffle : bool, default=False
        Whether rows are shuffled before they are split. Without it, rows must be in no order: where they are sorted by
        class, each part looks as if there were few classes.
    random_state : int, RandomState instance or None, default=None
        Shuffles the rows.

    Returns
    -------
    mean : float
        Of the scores of the parts.
    standard_deviation : float
        Of the scores of the parts.

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
    p = rows_of(probabilities, "probabilities")
    if p.min() < 0 or np.abs(p.sum(axis=1) - 1).max() > 1e-4:
        raise ValueError("`probabilities` must not be negative, and sum to 1 in each row.")
    check_count("n_splits", n_splits, 1, len(p), ", as many as there are rows")
    if shuffle:
        p = np.random.default_rng(random_state).permutation(p)
    bounds = np.arange(1, n_splits) * len(p) // n_splits
    # The mean divergence from the mean is the entropy of the mean without the mean of the entropies.
    scores = [np.exp(entropy_of(part.mean(axis=0)) - entropy_of(part) / len(part)) for part in np.split(p, bounds)]
    return float(np.mean(scores)), float(np.std(scores))


def entropy_of(p: np.ndarray) -> float:
    """Sum of the entropies of distributions."""
    return -float(np.vdot(p, np.log(np.maximum(p, np.finfo(np.float64).tiny))))
