"""Samples as matrices of finite 64-bit floats, and what is wrong with others."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import column_or_1d

from ._features import features_of

__all__ = ["LARGEST", "centred", "check_count", "labels_of", "pair_of", "rows_of", "spread_of"]

LARGEST = 1e150  # whose square is a number still


def pair_of(
    X_real: Any, X_generated: Any, features: Any = None, second: str = "X_generated"
) -> tuple[np.ndarray, np.ndarray]:
    """Two samples, or their features, as matrices of as many columns; of two DataFrames, in the order of the first."""
    names = [list(getattr(X, "columns", [])) for X in (X_real, X_generated)]
    if names[0] != names[1] and set(names[0]) == set(names[1]):
        X_generated = X_generated[names[0]]
    real, generated = rows_of(X_real, "X_real", features), rows_of(X_generated, second, features)
    if generated.shape[1] != real.shape[1]:
        raise ValueError(
            f"Both samples must have the same number of columns ({real.shape[1]}). Got {generated.shape[1]}."
        )
    return real, generated


def rows_of(X: Any, name: str, features: Any = None) -> np.ndarray:
    """Rows, or their features, as a matrix of finite 64-bit floats."""
    found = np.asarray(X if features is None else features_of(X, features))
    try:
        if found.dtype.kind in "mMc":
            raise TypeError(f"cells are {found.dtype}")
        rows = found.astype(np.float64, copy=False)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"`{name}` must be numbers; to compare tables with other cells, encode both by one fitted"
            f" `skaae.TableEncoder`. Got {type(X).__name__}: {error}."
        ) from error
    if rows.ndim != 2 or not rows.size:
        raise ValueError(
            f"`{name}` must be two-dimensional, with one row and one column at least. Got shape {rows.shape}."
        )
    largest = max(rows.max(), -rows.min())
    if not np.isfinite(largest):
        raise ValueError(f"`{name}` must be finite. Got NaN or infinity.")
    if largest > LARGEST:
        raise ValueError(f"`{name}` must have values up to {LARGEST}. Got {largest:.3g}.")
    return rows


def labels_of(y: Any, name: str) -> np.ndarray:
    """Classes or numbers of rows, one for each, none of them missing, that can be sorted."""
    labels = column_or_1d(y)
    if pd.isna(labels).any() or (labels.dtype.kind == "f" and np.isinf(labels).any()):
        raise ValueError(f"`{name}` must have a label for every row, and finite ones. Got some that are not.")
    try:
        labels.argsort()
    except TypeError as error:
        raise ValueError(f"`{name}` must be all text or all numbers. Got others: {error}.") from None
    return labels


def spread_of(X: np.ndarray) -> np.ndarray:
    """Standard deviations of columns of any scale, 1 where all values are one."""
    size = np.ldexp(1.0, np.frexp(np.abs(X).max(axis=0))[1])  # a power of two, so that nothing is rounded
    spread = (X / size).std(axis=0) * size
    return np.where((np.ptp(X, axis=0) > 0) & (spread > 0), spread, 1)


def centred(X: np.ndarray, Y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both about the mean of the first, far from which squares of distances would be rounded."""
    centre = X.mean(axis=0)
    return X - centre, Y - centre


def check_count(name: str, value: Any, least: int, most: int | None = None, of: str = "") -> None:
    """Raises if a whole number is out of its bounds, of which the upper one may be said to be `of` something."""
    whole = isinstance(value, Integral)
    if not whole or value < least or (most is not None and value > most):
        above = "" if most is None else f" and {most} at most{of}"
        raise ValueError(f"`{name}` must be a whole number, {least} at least{above}. Got {value!r}.")
