"""Distances between two samples."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["sliced_wasserstein"]


def sliced_wasserstein(X_real: Any, X_generated: Any, *, n_projections: int = 128, random_state: Any = None) -> float:
    """Mean distance that mass has to move between two samples, seen along random directions.

    Zero for equal samples; two fresh samples of one distribution are apart by the noise of sampling, which shrinks with
    the square root of their size and is the unit to judge a value by. Directions are few and averages hide: a
    difference that shows in a handful of directions of a wide space can stay unseen.

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_features)
        Real rows.
    X_generated : array-like of shape (n_generated, n_features)
        Generated rows.
    n_projections : int, default=128
        How many directions.
    random_state : int, RandomState instance or None, default=None
        Draws the directions.

    Returns
    -------
    distance : float
        Mean over directions of the one-dimensional Wasserstein-1 distance, in units of the columns.

    References
    ----------
    Bonneel, Rabin, Peyre and Pfister, "Sliced and Radon Wasserstein barycenters of measures", 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae.metrics import sliced_wasserstein
    >>> X = np.random.default_rng(0).standard_normal((1000, 1))
    >>> round(sliced_wasserstein(X, X + 2, random_state=0), 6)
    2.0
    """
    X_real, X_generated = pair_of(X_real, X_generated)
    n_features = X_real.shape[1]
    directions = np.random.default_rng(random_state).standard_normal((n_features, n_projections))
    directions /= np.linalg.norm(directions, axis=0)
    real, generated = np.sort(X_real @ directions, axis=0), np.sort(X_generated @ directions, axis=0)
    if len(real) != len(generated):
        n = max(len(real), len(generated))
        at = (np.arange(n) + 0.5) / n
        real, generated = (np.quantile(p, at, axis=0, method="hazen") for p in (real, generated))
    return float(np.abs(real - generated).mean())


def pair_of(X_real: Any, X_generated: Any) -> tuple[np.ndarray, np.ndarray]:
    """Two samples as matrices of as many columns."""
    X_real, X_generated = rows_of(X_real, "X_real"), rows_of(X_generated, "X_generated")
    n_features = X_real.shape[1]
    if X_generated.shape[1] != n_features:
        raise ValueError(
            f"Both samples must have the same number of columns ({n_features}). Got {X_generated.shape[1]}."
        )
    return X_real, X_generated


def rows_of(X: Any, name: str) -> np.ndarray:
    """Rows as a matrix of finite 64-bit floats."""
    X = np.asarray(X, dtype=np.float64)
    if X.ndim != 2 or not len(X):
        raise ValueError(f"`{name}` must be two-dimensional, with one row at least. Got shape {X.shape}.")
    if not np.isfinite(X).all():
        raise ValueError(f"`{name}` must be finite. Got NaN or infinity.")
    return X
