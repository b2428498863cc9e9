"""How far reconstructions are off."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._samples import pair_of, spread_of

__all__ = ["reconstruction_error"]


def reconstruction_error(X_real: Any, X_reconstructed: Any, *, standardise: bool = False) -> float:
    """Mean squared error of reconstructed cells.

    A model that copies its input has none, so judge it on rows that it has not seen, and beside the width of the code.

    Parameters
    ----------
    X_real : array-like of shape (n_samples, n_features)
        Rows.
    X_reconstructed : array-like of shape (n_samples, n_features)
        Their reconstructions, in the same order.
    standardise : bool, default=False
        Whether each column counts in units of its variance in `X_real`, so that the column's mean would have an error
        of 1. Columns that are constant there are left as they are.

    Returns
    -------
    error : float
        Mean over rows and columns, in squared units of the columns, or as a share of their variance.

    Examples
    --------
    >>> from skaae.metrics import reconstruction_error
    >>> reconstruction_error([[0.0, 10.0], [2.0, 30.0]], [[1.0, 20.0], [1.0, 20.0]])
    50.5
    >>> reconstruction_error([[0.0, 10.0], [2.0, 30.0]], [[1.0, 20.0], [1.0, 20.0]], standardise=True)
    1.0
    """
    real, reconstructed = pair_of(X_real, X_reconstructed, second="X_reconstructed")
    if len(real) != len(reconstructed):
        raise ValueError(f"Each row must have one reconstruction ({len(real)}). Got {len(reconstructed)}.")
    off = real - reconstructed
    return float(np.square(off / spread_of(real) if standardise else off).mean())
