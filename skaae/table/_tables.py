"""Tables as they come: checked, cut into parts, and put together again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from mmap import mmap
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_array

from ._columns import finite_numbers, is_category

__all__ = [
    "any_missing",
    "as_table",
    "categories_in",
    "dtype_of",
    "in_file",
    "matrix_of",
    "missing_in",
    "numbers_of",
    "one_hot",
    "parts_of",
    "refuse_same_names",
    "together",
]

ROWS_OF_PART = 2**16
FEW_NUMBERS = 2**22  # of a file, up to which it is read as a whole


def as_table(X: Any, ensure_min_samples: int = 1) -> Any:
    """Rows as a DataFrame, or as an array of numbers where that says all, after checks of a DataFrame's size.

    Numbers are floats, of 32 or 64 bits, but for those in a file, which would have to be copied.
    """
    if isinstance(X, pd.DataFrame):
        for axis, (n, least) in enumerate(zip(X.shape, (ensure_min_samples, 1), strict=True)):
            if n < least:
                kind = ("sample", "feature")[axis]
                raise ValueError(
                    f"Found array with {n} {kind}(s) (shape={X.shape}) while a minimum of {least} is required."
                )
        return X
    if X.dtype.kind in "OUS":
        try:
            X = X.astype(np.float64)
        except (TypeError, ValueError):
            return pd.DataFrame(X.astype(object)).infer_objects()
    ready = X.dtype in (np.float64, np.float32) or (X.dtype.kind in "fiub" and in_file(X))
    return X if ready else X.astype(np.float64)


def in_file(X: Any) -> bool:
    """Whether an array is a file's, and too large to be copied as if that were nothing."""
    if X.size < FEW_NUMBERS:
        return False
    while isinstance(X, np.ndarray):
        X = X.base
    return isinstance(X, mmap)


def categories_in(table: Any, wanted: Any) -> np.ndarray:
    """Which columns are categories, by their dtype or because it is wanted: (n_features,)."""
    by_dtype = np.zeros(table.shape[1], bool)
    if isinstance(table, pd.DataFrame):
        by_dtype = np.array([is_category(table.iloc[:, place]) for place in range(table.shape[1])])
    if wanted is None and by_dtype.any():
        names = list(table.columns[by_dtype])
        raise ValueError(f"With `categorical_features=None`, columns must be numbers. Got categories in {names}.")
    if wanted is None or isinstance(wanted, str):
        return by_dtype
    places = np.asarray(wanted)
    if places.dtype.kind == "b" and places.shape == by_dtype.shape:
        return by_dtype | places
    if places.dtype.kind in "UO" and isinstance(table, pd.DataFrame):
        places = table.columns.get_indexer(places)
    if places.dtype.kind not in "iu" or (places < 0).any() or (places >= len(by_dtype)).any():
        raise ValueError(
            "`categorical_features` must be names of columns, their positions, or one bool for each of"
            f" {len(by_dtype)} columns. Got {wanted!r}."
        )
    by_dtype[places] = True
    return by_dtype


def parts_of(table: Any) -> Iterator[Any]:
    """So many rows as are encoded at once, in turn."""
    for start in range(0, max(1, len(table)), ROWS_OF_PART):
        rows = slice(start, start + ROWS_OF_PART)
        yield table.iloc[rows] if isinstance(table, pd.DataFrame) else table[rows]


def together(parts: Iterable[np.ndarray], n_rows: int, dtype: Any = None) -> np.ndarray:
    """Parts of a matrix of so many rows as one, in their dtype or in another."""
    whole, start = None, 0
    for part in parts:
        if len(part) == n_rows:
            return part if dtype is None else part.astype(dtype, copy=False)
        if whole is None:
            whole = np.empty((n_rows, part.shape[1]), dtype or part.dtype)
        whole[start : start + len(part)] = part
        start += len(part)
    assert whole is not None, "there should be a part."
    return whole


def refuse_same_names(X: pd.DataFrame) -> None:
    """Raises if columns cannot be told apart."""
    if X.columns.has_duplicates:
        raise ValueError(
            f"Columns must have different names. Got {list(X.columns[X.columns.duplicated()].unique())} twice."
        )


def matrix_of(X: Any, width: int, kind: str) -> np.ndarray:
    """What should be so many columns of finite numbers, as an array of floats; ``kind`` says what has as many."""
    try:
        with np.errstate(invalid="ignore"):  # of sums of infinite numbers of both signs
            X = check_array(X, dtype=[np.float64, np.float32], order="C", input_name="X")
    except (TypeError, ValueError) as error:
        raise type(error)(f"`X` must be a matrix of finite numbers, as {kind} are. {error}") from None
    if X.shape[1] != width:
        raise ValueError(f"`X` must have as many columns as {kind} ({width}). Got {X.shape[1]}.")
    return X


def missing_in(table: Any) -> np.ndarray:
    """Which cells are missing, (n_samples, n_features)."""
    return table.isna().to_numpy() if isinstance(table, pd.DataFrame) else np.isnan(table)


def any_missing(table: Any) -> np.ndarray:
    """Which columns have missing cells, (n_features,)."""
    return np.any([missing_in(part).any(axis=0) for part in parts_of(table)], axis=0)


def numbers_of(table: Any, places: list[int], dtype: Any = None) -> np.ndarray:
    """Some columns as floats, or in another dtype; all of them finite or missing."""
    dtype = dtype or dtype_of(table)
    if isinstance(table, pd.DataFrame):
        return finite_numbers(table.iloc[:, places], dtype)
    return finite_numbers(table if len(places) == table.shape[1] else table[:, places], dtype)


def dtype_of(table: Any) -> Any:
    """32-bit floats where there is nothing else, 64-bit ones otherwise."""
    dtypes = table.dtypes if isinstance(table, pd.DataFrame) else [table.dtype]
    return np.float32 if all(dtype == np.float32 for dtype in dtypes) else np.float64


def one_hot(choices: np.ndarray, n_options: int) -> np.ndarray:
    """Rows of zeros with a 1 at the choice; none at -1."""
    return (choices[:, None] == np.arange(n_options)).astype(np.float64)
