"""Errors of reconstructions."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._validation import check_samples, column_spreads, weighted_rows

__all__ = ["reconstruction_error"]


def reconstruction_error(
    X_real: Any, X_reconstructed: Any, *, standardize: bool = False, sample_weight: Any = None
) -> float:
    """Mean squared error of reconstructed cells.

    A model that copies its input has none, so use held-out rows, and compare at the same width of the code.

    Parameters
    ----------
    X_real : array-like of shape (n_samples, n_features)
        Rows.
    X_reconstructed : array-like of shape (n_samples, n_features)
        Their reconstructions, in the same order.
    standardize : bool, default=False
        Whether errors are divided by the column's variance in `X_real`, so that its mean would have an error of 1.
        Columns that are constant there are left as they are.
    sample_weight : array-like of shape (n_samples,) or None, default=None
        Weights of the rows, for variances too.

    Returns
    -------
    error : float
        Mean over rows, by weight, and columns, in squared units of the columns, or as a fraction of their variance.

    Examples
    --------
    >>> from skaae.metrics import reconstruction_error
    >>> reconstruction_error([[0.0, 10.0], [2.0, 30.0]], [[1.0, 20.0], [1.0, 20.0]])
    50.5
    >>> reconstruction_error([[0.0, 10.0], [2.0, 30.0]], [[1.0, 20.0], [1.0, 20.0]], standardize=True)
    1.0
    """
    real, reconstructed = check_samples(X_real, X_reconstructed, name="X_reconstructed")
    if len(real) != len(reconstructed):
        raise ValueError(f"Each row must have one reconstruction ({len(real)}). Got {len(reconstructed)}.")
    kept, weights = weighted_rows(sample_weight, len(real))
    real, errors = real[kept], (real - reconstructed)[kept]
    squares = np.square(errors / column_spreads(real, weights) if standardize else errors)
    return float(squares.mean() if weights is None else np.average(squares.mean(1), weights=weights))
