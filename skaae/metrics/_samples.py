"""Samples as matrices of finite 64-bit floats, and what is wrong with others."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._features import features_of

__all__ = ["pair_of", "rows_of"]


def pair_of(
    X_real: Any, X_generated: Any, features: Any = None, second: str = "X_generated"
) -> tuple[np.ndarray, np.ndarray]:
    """Two samples, or their features, as matrices of as many columns."""
    real, generated = rows_of(X_real, "X_real", features), rows_of(X_generated, second, features)
    if generated.shape[1] != real.shape[1]:
        raise ValueError(
            f"Both samples must have the same number of columns ({real.shape[1]}). Got {generated.shape[1]}."
        )
    return real, generated


def rows_of(X: Any, name: str, features: Any = None) -> np.ndarray:
    """Rows, or their features, as a matrix of finite 64-bit floats."""
    found = X if features is None else features_of(X, features)
    try:
        rows = np.asarray(found, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"`{name}` must be numbers; to compare tables with other cells, encode both by one fitted"
            f" `skaae.TableEncoder`. Got {type(found).__name__}: {error}."
        ) from error
    if rows.ndim != 2 or not rows.size:
        raise ValueError(
            f"`{name}` must be two-dimensional, with one row and one column at least. Got shape {rows.shape}."
        )
    if not np.isfinite(rows).all():
        raise ValueError(f"`{name}` must be finite. Got NaN or infinity.")
    return rows
