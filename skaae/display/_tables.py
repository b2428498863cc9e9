"""Tables as displays read them: DataFrames, whose columns are numbers, dates among them, or categories."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from ..table import to_pandas
from ._dates import date_kind_of, dates_as_floats
from ._format import format_cell

__all__ = ["align_columns", "column_distance", "is_numeric", "split_columns", "to_floats", "to_frame", "to_texts"]


def to_frame(X: Any, name: str) -> pd.DataFrame:
    """Rows as a DataFrame, columns of arrays called x0, x1, ...; numbers must be finite or missing."""
    X = to_pandas(X)
    frame = X if isinstance(X, pd.DataFrame) else array_to_frame(np.asarray(X), name)
    if 0 in frame.shape:
        raise ValueError(f"`{name}` must have one row and one column at least. Got shape {frame.shape}.")
    for column, cells in frame.items():
        if is_numeric(cells) and np.isinf(to_floats(cells)).any():
            raise ValueError(f"Numbers of `{name}` must be finite, or missing. Got infinity in column {column!r}.")
    return frame


def split_columns(table: pd.DataFrame) -> list[pd.Series]:
    return [cells for _, cells in table.items()]


def array_to_frame(array: NDArray[Any], name: str) -> pd.DataFrame:
    if array.ndim != 2:
        raise ValueError(f"`{name}` must be two-dimensional. Got shape {array.shape}.")
    names = [f"x{index}" for index in range(array.shape[1])]
    return pd.DataFrame(array.astype(object) if array.dtype.kind in "OUS" else array, columns=names).infer_objects()


def align_columns(X: Any, X_other: Any, names: tuple[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two tables of the same columns, in the order of the first."""
    X, X_other = to_pandas(X), to_pandas(X_other)
    frame, other = to_frame(X, names[0]), to_frame(X_other, names[1])
    if frame.shape[1] != other.shape[1]:
        raise ValueError(
            f"`{names[1]}` must have as many columns as `{names[0]}` ({frame.shape[1]}). Got {other.shape[1]}."
        )
    if not isinstance(X_other, pd.DataFrame):
        return frame, other.set_axis(frame.columns, axis=1)
    if not isinstance(X, pd.DataFrame):
        return frame.set_axis(other.columns, axis=1), other
    unknown = [column for column in other.columns if column not in frame.columns]
    if unknown:
        raise ValueError(f"`{names[1]}` must have the columns of `{names[0]}`. Got {unknown} as well.")
    return frame, other[frame.columns]


def is_numeric(cells: pd.Series) -> bool:
    """Whether cells are numbers or dates rather than categories, as bools and text are."""
    if pd.api.types.is_bool_dtype(cells.dtype):
        return False
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return True
    kinds = {"integer", "floating", "mixed-integer-float"}
    is_number = cells.dtype == object and pd.api.types.infer_dtype(cells, skipna=True) in kinds
    return is_number or date_kind_of(cells) is not None


def to_floats(cells: pd.Series) -> NDArray[np.float64]:
    """Cells as floats, dates in days since 1970, times and durations in hours; NaN where they are missing."""
    kind = None if pd.api.types.is_numeric_dtype(cells.dtype) else date_kind_of(cells)
    if kind is not None:
        return dates_as_floats(cells, kind)
    return np.asarray(cells.to_numpy(np.float64, na_value=np.nan))


def to_texts(cells: pd.Series, missing: str | None = None) -> NDArray[Any]:
    """Cells as text, `missing` where they are missing."""
    values = cells.to_numpy(dtype=object, na_value=None)
    return np.array([missing if pd.isna(value) else format_cell(value) for value in values], dtype=object)


def column_distance(cells: pd.Series, other: pd.Series) -> float:
    """The Kolmogorov-Smirnov distance of numbers, where missing cells count as the lowest number; or the total
    variation distance of categories, where missing cells are one.
    """
    if is_numeric(cells) and is_numeric(other):
        samples = [np.nan_to_num(to_floats(column), nan=-np.inf) for column in (cells, other)]
        return float(ks_2samp(*samples, method="asymp").statistic)
    fractions = [pd.Series(to_texts(column)).value_counts(normalize=True, dropna=False) for column in (cells, other)]
    return float(fractions[0].subtract(fractions[1], fill_value=0).abs().sum() / 2)
