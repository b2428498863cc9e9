"""Likelihood of real rows under a density estimate of generated rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import logsumexp

from ._validation import center_both, check_samples

__all__ = ["parzen_log_likelihood"]

CHUNK_ROWS = 100


def parzen_log_likelihood(X_real: Any, X_generated: Any, *, bandwidth: float) -> tuple[float, float]:
    """Mean log density of real rows under normal distributions around generated rows, and its standard error.

    The estimate that generative models of images were compared by before better ones. It measures neither the
    likelihood nor the quality of samples well: in spaces of many dimensions it depends on the bandwidth and on the
    number of generated rows more than on the model (Theis, van den Oord and Bethge, "A note on the evaluation of
    generative models", 2016, arXiv 1511.01844). Choose the bandwidth on other rows.

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_features)
        Real rows.
    X_generated : array-like of shape (n_generated, n_features)
        Generated rows. Memory is about 6 kB for each of them.
    bandwidth : float
        Standard deviation of the normal distributions, the same in all columns.

    Returns
    -------
    log_likelihood : float
        Mean natural logarithm of the density.
    standard_error : float
        Standard error of the mean.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae.metrics import parzen_log_likelihood
    >>> X = np.zeros((5, 1))
    >>> value, error = parzen_log_likelihood(X, [[0.0]], bandwidth=1.0)
    >>> round(value, 4), round(error, 4)  # of a standard normal distribution at its mean
    (-0.9189, 0.0)
    """
    X_real, X_generated = center_both(*check_samples(X_real, X_generated))
    n_features = X_real.shape[1]
    if not bandwidth > 0:
        raise ValueError(f"`bandwidth` must be above zero. Got {bandwidth!r}.")
    squared_norms = np.square(X_generated).sum(axis=1)
    logs = []
    for start in range(0, len(X_real), CHUNK_ROWS):
        rows = X_real[start : start + CHUNK_ROWS]
        distances = np.square(rows).sum(axis=1)[:, None] + squared_norms - 2 * rows @ X_generated.T
        logs.append(logsumexp(-distances.clip(0) / (2 * bandwidth**2), axis=1))
    density = np.concatenate(logs) - np.log(len(X_generated)) - n_features * np.log(bandwidth * np.sqrt(2 * np.pi))
    return float(density.mean()), float(density.std() / np.sqrt(len(density)))
