"""Tables, which are DataFrames or arrays of numbers: checked, split into chunks of rows, and concatenated again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal
from mmap import mmap
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import DTypeLike, NDArray
from sklearn.utils import check_array

from ._columns import Indices, is_categorical
from ._formats import MAX_EXACT_INTEGER, check_numeric

__all__ = [
    "Table",
    "categorical_mask",
    "check_matrix",
    "check_table",
    "check_unique_names",
    "columns_with_missing",
    "concatenate",
    "float_dtype",
    "integer_columns",
    "is_memory_mapped",
    "iter_chunks",
    "listed_columns",
    "missing_mask",
    "nullable",
    "numeric_columns",
    "of_categories",
    "one_hot",
    "rows_of_lists",
    "take_rows",
]

CHUNK_ROWS = 2**16
MIN_MAPPED_CELLS = 2**22  # of a memory-mapped array, from which on it is not copied

Table: TypeAlias = pd.DataFrame | NDArray[Any]


def rows_of_lists(X: Any) -> Any:
    """Rows in lists as an array of objects where some cells are text, so that the others stay what they are."""
    if not isinstance(X, list | tuple):
        return X
    try:
        return np.array(X, dtype=object) if np.asarray(X).dtype.kind in "US" else X
    except ValueError:  # of rows of different lengths, which scikit-learn tells of
        return X


def check_table(X: Any, ensure_min_samples: int = 1, keep_objects: bool = False) -> Table:
    """Rows as a DataFrame, or as an array of numbers where these are enough.

    Arrays of floats become such of 32 or 64 bits, unless they are memory-mapped and would have to be copied; arrays of
    integers and bools stay as they are. Arrays of objects or text that are all numbers become floats, but with
    ``keep_objects``, where some were no numbers in training.
    """
    if isinstance(X, pd.DataFrame):
        for n, minimum, name in zip(X.shape, (ensure_min_samples, 1), ("sample", "feature"), strict=True):
            if n < minimum:
                raise ValueError(
                    f"Found array with {n} {name}(s) (shape={X.shape}) while a minimum of {minimum} is required."
                )
        return X
    if X.dtype.kind in "mM":
        return pd.DataFrame(X)
    if X.dtype.kind in "OUS":
        objects = X.astype(object)
        try:
            if holds_exact_numbers(X) and not keep_objects:
                return pd.DataFrame(X).infer_objects()
            X = None if keep_objects else X.astype(np.float64)
        except (TypeError, ValueError):
            keep_objects = True
        if keep_objects:
            return pd.DataFrame(objects).infer_objects()
    is_float = X.dtype in (np.float64, np.float32)
    is_ready = is_float or X.dtype.kind in "iub" or (X.dtype.kind == "f" and is_memory_mapped(X))
    return X if is_ready else X.astype(np.float64)


def nullable(table: Table) -> Table:
    """A table of which cells can be missing: an array of integers or bools as one of floats."""
    return table.astype(np.float64) if isinstance(table, np.ndarray) and table.dtype.kind in "iub" else table


def holds_exact_numbers(X: NDArray[Any]) -> bool:
    """Whether an array of objects has numbers that are no 64-bit floats: large integers or `decimal.Decimal`."""
    numbers: Iterator[Any] = (cell for cell in X.flat if isinstance(cell, (int, Decimal, np.integer)))
    return any(isinstance(cell, Decimal) or abs(cell) > MAX_EXACT_INTEGER for cell in numbers)


def is_memory_mapped(X: NDArray[Any]) -> bool:
    """Whether an array is a file's, and too large to be copied."""
    base: Any = X if X.size >= MIN_MAPPED_CELLS else None
    while isinstance(base, np.ndarray):
        base = base.base
    return isinstance(base, mmap)


def categorical_mask(table: Table, categorical_features: Any, decided: Collection[int] = ()) -> NDArray[np.bool_]:
    """Which columns are categorical, by their dtype if that is not decided, or because they are listed."""
    mask = np.zeros(table.shape[1], np.bool_)
    if isinstance(table, pd.DataFrame):
        mask[:] = [index not in decided and is_categorical(table.iloc[:, index]) for index in range(table.shape[1])]
        if categorical_features is None and mask.any():
            names = list(table.columns[mask])
            raise ValueError(f"With `categorical_features=None`, columns must be numbers. Got categories in {names}.")
    mask[listed_columns(table, categorical_features)] = True
    return mask


def listed_columns(table: Table, categorical_features: Any) -> list[int]:
    """The indices of columns that are listed as categorical."""
    if categorical_features is None or isinstance(categorical_features, str):
        return []
    n_features, listed = table.shape[1], np.asarray(categorical_features)
    if listed.dtype.kind == "b" and listed.shape == (n_features,):
        return np.flatnonzero(listed).tolist()
    if listed.dtype.kind in "UO" and isinstance(table, pd.DataFrame):
        listed = table.columns.get_indexer(listed)
    if listed.dtype.kind not in "iu" or (listed < 0).any() or (listed >= n_features).any():
        raise ValueError(
            "`categorical_features` must be names of columns, their indices, or one bool for each of"
            f" {n_features} columns. Got {categorical_features!r}."
        )
    return [int(index) for index in listed]


def iter_chunks(table: Table) -> Iterator[Table]:
    """The rows, as many at a time as are encoded at once."""
    for start in range(0, max(1, len(table)), CHUNK_ROWS):
        rows = slice(start, start + CHUNK_ROWS)
        yield table.iloc[rows] if isinstance(table, pd.DataFrame) else table[rows]


def take_rows(table: Table, indices: NDArray[np.intp]) -> Table:
    """The rows at some indices."""
    return table.iloc[indices] if isinstance(table, pd.DataFrame) else table[indices]


def concatenate(chunks: Iterable[NDArray[Any]], n_rows: int, dtype: DTypeLike | None = None) -> NDArray[Any]:
    """Chunks of a matrix of ``n_rows`` rows as one, in their dtype or in another."""
    matrix, start = np.empty(0), 0
    for chunk in chunks:
        if len(chunk) == n_rows:
            matrix = chunk if dtype is None else chunk.astype(dtype, copy=False)
            continue
        if start == 0:
            matrix = np.empty((n_rows, chunk.shape[1]), dtype or chunk.dtype)
        matrix[start : start + len(chunk)] = chunk
        start += len(chunk)
    return matrix


def check_unique_names(X: pd.DataFrame) -> None:
    """Raise an error if two columns have the same name."""
    if X.columns.has_duplicates:
        names = list(X.columns[X.columns.duplicated()].unique())
        raise ValueError(f"Columns must have different names. Got {names} twice.")


def check_matrix(X: Any, n_features: int, name: str) -> NDArray[np.floating]:
    """Finite numbers in ``n_features`` columns as an array of floats; ``name`` says what they are."""
    try:
        with np.errstate(invalid="ignore"):  # of sums of infinite numbers of both signs
            X = check_array(X, dtype=[np.float64, np.float32], order="C", input_name="X")
    except (TypeError, ValueError) as error:
        raise type(error)(f"`X` must be a matrix of finite numbers, as {name} are. {error}") from None
    matrix: NDArray[np.floating] = X
    if matrix.shape[1] != n_features:
        raise ValueError(f"`X` must have as many columns as {name} ({n_features}). Got {matrix.shape[1]}.")
    return matrix


def missing_mask(table: Table) -> NDArray[np.bool_]:
    """Which cells are missing, (n_samples, n_features)."""
    mask: NDArray[np.bool_] = table.isna().to_numpy() if isinstance(table, pd.DataFrame) else np.isnan(table)
    return mask


def integer_columns(table: Table) -> list[int]:
    """Indices of the columns that may hold integers which floats do not."""
    dtypes = list(table.dtypes) if isinstance(table, pd.DataFrame) else [table.dtype] * table.shape[1]
    return [index for index, dtype in enumerate(dtypes) if dtype.kind in "iuO"]


def of_categories(table: Table) -> list[bool]:
    """Which columns have a dtype of categories."""
    dtypes = table.dtypes if isinstance(table, pd.DataFrame) else [table.dtype] * table.shape[1]
    return [isinstance(dtype, pd.CategoricalDtype) for dtype in dtypes]


def columns_with_missing(table: Table) -> NDArray[np.bool_]:
    """Which columns have missing cells, (n_features,)."""
    return np.asarray(np.any([missing_mask(chunk).any(axis=0) for chunk in iter_chunks(table)], axis=0))


def numeric_columns(table: Table, indices: list[int], dtype: DTypeLike | None = None) -> NDArray[Any]:
    """Some columns as floats, or in another dtype; all of them finite or missing."""
    dtype = dtype or float_dtype(table)
    if isinstance(table, pd.DataFrame):
        return check_numeric(table.iloc[:, indices], dtype)
    return check_numeric(table if len(indices) == table.shape[1] else table[:, indices], dtype)


def float_dtype(table: Table) -> np.dtype[Any]:
    """32-bit floats if all columns are, otherwise 64-bit ones."""
    dtypes = table.dtypes if isinstance(table, pd.DataFrame) else [table.dtype]
    return np.dtype(np.float32 if all(dtype == np.float32 for dtype in dtypes) else np.float64)


def one_hot(indices: Indices, n_categories: int) -> NDArray[np.float64]:
    """Rows of zeros with a 1 at the category's index; zeros only at -1."""
    return np.asarray(indices[:, None] == np.arange(n_categories), np.float64)
