"""Checks of samples, labels and parameters."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils.validation import _check_sample_weight, column_or_1d

from ..table import to_pandas
from ._features import features_of

__all__ = [
    "MAX_VALUE",
    "center_both",
    "check_integer",
    "check_labels",
    "check_rows",
    "check_samples",
    "column_spreads",
    "weighted_rows",
]

Floats = NDArray[np.float64]

MAX_VALUE = 1e150  # whose square is finite


def check_samples(
    X_real: Any, X_generated: Any, features: Any = None, name: str = "X_generated", min_rows: int = 1
) -> tuple[Floats, Floats]:
    """Two samples, or their features, as matrices of the same columns, in the order of the first if they have names."""
    X_real, X_generated = to_pandas(X_real), to_pandas(X_generated)
    names = [list(getattr(X, "columns", [])) for X in (X_real, X_generated)]
    if names[0] != names[1] and set(names[0]) == set(names[1]):
        X_generated = X_generated[names[0]]
    elif names[0] != names[1] and all(names) and all(isinstance(column, str) for column in [*names[0], *names[1]]):
        raise ValueError(f"Both samples must have the same columns. Got {names[0]} and {names[1]}.")
    real, generated = check_rows(X_real, "X_real", features), check_rows(X_generated, name, features)
    if generated.shape[1] != real.shape[1]:
        raise ValueError(
            f"Both samples must have the same number of columns ({real.shape[1]}). Got {generated.shape[1]}."
        )
    n_rows = min(len(real), len(generated))
    if n_rows < min_rows:
        raise ValueError(f"Both samples must have {min_rows} rows at least. Got {n_rows}.")
    return real, generated


def check_rows(X: Any, name: str, features: Any = None) -> Floats:
    """Rows, or their features, as a matrix of finite 64-bit floats."""
    cells = np.asarray(to_pandas(X) if features is None else features_of(X, features))
    try:
        if cells.dtype.kind in "mMc":
            raise TypeError(f"cells are {cells.dtype}")
        rows = cells.astype(np.float64, copy=False)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"`{name}` must be numbers; to compare tables with other cells, encode both by the same fitted"
            f" `skaae.TableEncoder`. Got {type(X).__name__}: {error}."
        ) from error
    if rows.ndim != 2 or not rows.size:
        raise ValueError(
            f"`{name}` must be two-dimensional, with one row and one column at least. Got shape {rows.shape}."
        )
    largest = max(rows.max(), -rows.min())
    if not np.isfinite(largest):
        raise ValueError(f"`{name}` must be finite. Got NaN or infinity.")
    if largest > MAX_VALUE:
        raise ValueError(f"`{name}` must have values up to {MAX_VALUE}. Got {largest:.3g}.")
    return rows


def check_labels(y: Any, name: str) -> NDArray[Any]:
    """Sortable classes or numbers of rows, none of them missing."""
    is_text = isinstance(y, list | tuple) and any(isinstance(label, str) for label in y)
    labels: NDArray[Any] = column_or_1d(np.array(y, dtype=object) if is_text else y)  # numpy turns NaN into text
    if pd.isna(labels).any() or (labels.dtype.kind == "f" and np.isinf(labels).any()):
        raise ValueError(f"`{name}` must have a label for every row, and finite ones. Got some that are not.")
    if labels.dtype == object and (kind := pd.api.types.infer_dtype(labels)) in {"decimal", "boolean"}:
        labels = labels.astype(np.float64 if kind == "decimal" else np.bool_)
    try:
        labels.argsort()
    except TypeError as error:
        raise ValueError(f"`{name}` must be all text or all numbers. Got others: {error}.") from None
    return labels


def weighted_rows(sample_weight: Any, n_rows: int) -> tuple[NDArray[np.intp], Floats | None]:
    """Indices of the rows of weights above zero, and their weights, None if there are none."""
    if sample_weight is None:
        return np.arange(n_rows), None
    weights = _check_sample_weight(sample_weight, np.empty(n_rows), dtype=np.float64, ensure_non_negative=True)
    weights = weights / weights.max()
    kept = np.flatnonzero(weights)
    return kept, weights[kept]


def column_spreads(X: Floats, weights: Floats | None = None) -> Floats:
    """Standard deviations of columns of any scale, 1 where all values are equal."""
    scale = np.ldexp(1.0, np.frexp(np.abs(X).max(axis=0))[1])  # powers of two, so that nothing is rounded
    scaled = X / scale
    mean = np.average(scaled, axis=0, weights=weights)
    spreads = np.sqrt(np.average(np.square(scaled - mean), axis=0, weights=weights)) * scale
    return np.where((np.ptp(X, axis=0) > 0) & (spreads > 0), spreads, 1)


def center_both(X: Floats, Y: Floats) -> tuple[Floats, Floats]:
    """Both samples minus the mean of the first, so that rounding does not affect their distances."""
    center = X.mean(axis=0)
    return X - center, Y - center


def check_integer(name: str, value: Any, low: int, high: int | None = None, reason: str = "") -> None:
    """Raise an error unless a value is an integer from ``low`` to ``high``; ``reason`` says what the latter is."""
    if not isinstance(value, Integral) or int(value) < low or (high is not None and int(value) > high):
        limit = "" if high is None else f" and {high} at most{reason}"
        raise ValueError(f"`{name}` must be an integer, {low} at least{limit}. Got {value!r}.")
