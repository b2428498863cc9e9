"""Rows whose missing cells are filled, and whose other cells stay exactly as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..table import missing_mask

__all__ = ["fill_missing"]


def fill_missing(table: Any, filled: Any, encoded: NDArray[np.intp]) -> Any:
    """Rows whose missing cells are filled from others, where these have cells: in the columns that are encoded."""
    missing = missing_mask(table)
    if not isinstance(filled, pd.DataFrame):
        cells = np.where(missing, filled, table)
        is_exact = filled.dtype.kind == "f" or np.array_equal(cells, cells.astype(filled.dtype))
        return cells.astype(filled.dtype, copy=False) if is_exact else cells
    columns = []
    for column, known in enumerate(~missing.T):
        own, other = table.iloc[:, column], filled.iloc[:, column]
        if column not in encoded and other.isna().all():
            columns.append(own)
            continue
        cells = np.where(known, own.to_numpy(dtype=object), other.to_numpy(dtype=object))
        objects = {"dtype": object} if other.dtype == object else {}  # which pandas would infer another dtype of
        columns.append(pd.Series(in_dtype(cells, other.dtype), index=table.index, **objects))
    return pd.concat(columns, axis=1).set_axis(table.columns, axis=1)


def in_dtype(cells: NDArray[Any], dtype: Any) -> Any:
    """Cells in the dtype of the training rows, or in a wider one where some do not fit into it."""
    wider = pd.Series(cells).infer_objects().array
    if isinstance(dtype, pd.CategoricalDtype) and not pd.Series(cells).dropna().isin(dtype.categories).all():
        return wider
    try:
        return pd.array(cells, dtype=dtype)
    except (TypeError, ValueError):
        return wider
