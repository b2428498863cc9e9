"""How training rows were written: a frame's library and the labels and dtypes of its columns, or an array's dtype."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ._formats import cast
from ._frames import FrameFormat
from ._tables import Table

__all__ = ["TableFormat"]


class TableFormat:
    """Creates the format of training rows.

    Parameters
    ----------
    table : DataFrame or ndarray
        The rows.
    frame_format : FrameFormat or None
        The library of the frame that they were, if this is not pandas.

    Attributes
    ----------
    labels : Index or None
        The labels of the columns of a DataFrame.
    dtypes : list of dtype or None
        The dtypes of the columns of a DataFrame.
    array_dtype : dtype or None
        The dtype of an array.
    """

    def __init__(self, table: Table, frame_format: FrameFormat | None) -> None:
        self.frame_format = frame_format
        self.labels = table.columns if isinstance(table, pd.DataFrame) else None
        self.dtypes = list(table.dtypes) if isinstance(table, pd.DataFrame) else None
        self.array_dtype = table.dtype if isinstance(table, np.ndarray) else None

    def dtype_of(self, index: int) -> Any:
        """The dtype of a column."""
        return self.array_dtype if self.dtypes is None else self.dtypes[index]

    def write(self, columns: list[Any], dtype: np.dtype[Any], *, as_rounded: bool) -> Table:
        """Columns as a table like the training rows; an array has the dtype of these if its cells are rounded."""
        if self.dtypes is not None:
            table = pd.DataFrame({index: as_series(column, self.dtypes[index]) for index, column in enumerate(columns)})
            return table.set_axis(self.labels, axis=1)
        rows = np.stack([np.asarray(column) for column in columns], axis=1)
        if as_rounded and self.array_dtype is not None:
            dtype = self.array_dtype
        return cast_array(rows, dtype)

    def write_frame(self, table: Any) -> Any:
        """A DataFrame as a frame of the library."""
        return table if self.frame_format is None else self.frame_format.write(table)


def as_series(cells: Any, dtype: Any) -> pd.Series:
    """An array as a column, whose objects stay objects if they are text."""
    return pd.Series(cells, dtype=object if dtype.kind == "O" and isinstance(dtype, np.dtype) else None, copy=False)


def cast_array(rows: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Rows in a dtype of numbers; as they are where it cannot hold them."""
    if rows.dtype == dtype:
        return rows
    if dtype.kind == "f":
        fits = np.abs(rows).max(initial=0, where=~np.isnan(rows)) <= np.finfo(dtype).max
        return rows.astype(dtype) if fits else rows
    return rows if np.isnan(rows).any() else np.asarray(cast(rows, dtype))
