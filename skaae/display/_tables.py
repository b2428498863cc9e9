"""Tables as displays read them: as DataFrames, some rows of them, and the columns that differ most."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import _safe_indexing, check_random_state

__all__ = [
    "as_frame",
    "difference",
    "frames_alike",
    "is_number",
    "numbers_of",
    "of_columns",
    "one_number",
    "some_places",
    "some_rows",
    "texts_of",
]


def as_frame(X: Any, name: str) -> pd.DataFrame:
    """Rows as a DataFrame, columns of arrays called x0, x1, ...; numbers must be finite or missing."""
    frame = X if isinstance(X, pd.DataFrame) else frame_of(np.asarray(X), name)
    if 0 in frame.shape:
        raise ValueError(f"`{name}` must have one row and one column at least. Got shape {frame.shape}.")
    for place in range(frame.shape[1]):
        cells = frame.iloc[:, place]
        if is_number(cells) and np.isinf(numbers_of(cells)).any():
            raise ValueError(
                f"Numbers of `{name}` must be finite, or missing. Got infinity in column {frame.columns[place]!r}."
            )
    return frame


def frame_of(array: np.ndarray, name: str) -> pd.DataFrame:
    """An array of two dimensions as a DataFrame."""
    if array.ndim != 2:
        raise ValueError(f"`{name}` must be two-dimensional. Got shape {array.shape}.")
    names = [f"x{place}" for place in range(array.shape[1])]
    frame = pd.DataFrame(array.astype(object) if array.dtype.kind in "OUS" else array, columns=names)
    return frame.infer_objects()


def frames_alike(X: Any, X_other: Any, names: tuple[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two tables of the same columns, in the order of the first."""
    one, other = as_frame(X, names[0]), as_frame(X_other, names[1])
    if one.shape[1] != other.shape[1]:
        raise ValueError(
            f"`{names[1]}` must have as many columns as `{names[0]}` ({one.shape[1]}). Got {other.shape[1]}."
        )
    if isinstance(X, pd.DataFrame) and isinstance(X_other, pd.DataFrame):
        strange = [column for column in other.columns if column not in one.columns]
        if strange:
            raise ValueError(f"`{names[1]}` must have the columns of `{names[0]}`. Got {strange} beside them.")
        return one, other[one.columns]
    if isinstance(X_other, pd.DataFrame):
        return one.set_axis(other.columns, axis=1), other
    return one, other.set_axis(one.columns, axis=1)


def some_places(n: int, most: int, random_state: Any) -> np.ndarray:
    """Positions of all of `n` rows, or of as many as allowed, drawn at random and in order."""
    if n <= most:
        return np.arange(n)
    return np.sort(check_random_state(random_state).permutation(n)[:most])


def some_rows(X: Any, most: int, random_state: Any) -> Any:
    """All rows, or as many as allowed, drawn at random and in order."""
    n = len(X)
    return X if n <= most else _safe_indexing(X, some_places(n, most, random_state))


def is_number(cells: pd.Series) -> bool:
    """Whether cells are numbers rather than categories, as bools and text are."""
    if pd.api.types.is_bool_dtype(cells.dtype):
        return False
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return True
    numbers = {"integer", "floating", "mixed-integer-float"}
    return cells.dtype == object and pd.api.types.infer_dtype(cells, skipna=True) in numbers


def numbers_of(cells: pd.Series) -> np.ndarray:
    """Cells as floats, NaN where they are missing."""
    return cells.to_numpy(np.float64, na_value=np.nan)


def texts_of(cells: pd.Series, missing: str | None = None) -> np.ndarray:
    """Cells as text, and what stands for missing ones."""
    values = cells.to_numpy(dtype=object, na_value=None)
    return np.array([missing if pd.isna(value) else text_of(value) for value in values], dtype=object)


def text_of(value: Any) -> str:
    return one_number(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)


def one_number(value: float) -> str:
    """A number as short as it can be read: four figures, whole ones with commas."""
    if abs(value) >= 1000 and abs(value) < 1e7:
        return f"{value:,.0f}"
    return f"{value:.4g}" if float(value).is_integer() else f"{value:.3g}"


def difference(one: pd.Series, other: pd.Series) -> float:
    """How far two columns are apart, from 0 to 1: the largest distance of their cumulative shares, or the mass that
    categories would have to exchange. Missing cells count as the lowest number, or as a category.
    """
    if is_number(one) and is_number(other):
        return largest_gap(*(np.nan_to_num(numbers_of(cells), nan=-np.inf) for cells in (one, other)))
    shares = [pd.Series(texts_of(cells)).value_counts(normalize=True, dropna=False) for cells in (one, other)]
    return float(shares[0].subtract(shares[1], fill_value=0).abs().sum() / 2)


def largest_gap(one: np.ndarray, other: np.ndarray) -> float:
    """The distance of Kolmogorov and Smirnov between two samples."""
    at = np.concatenate([one, other])
    below = [np.searchsorted(np.sort(values), at, side="right") / len(values) for values in (one, other)]
    return float(np.abs(below[0] - below[1]).max())


def of_columns(n_shown: int, n_columns: int, which: str) -> str:
    """What a title says of columns that are left out."""
    return "" if n_shown == n_columns else f" ({n_shown} of {n_columns} columns, {which})"
