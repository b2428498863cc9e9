"""Two tables with the same columns, real and generated: checks, and encoding of their cells."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import issparse

from ..table import to_pandas
from ..table._columns import is_categorical
from ..table._date_formats import date_kind, dates_as_numbers
from ._validation import MAX_VALUE, Floats, column_spreads

__all__ = [
    "PairCodes",
    "check_dataframe",
    "check_tables",
    "encode_columns",
    "factorize_pair",
    "is_numeric",
    "mean_or_series",
    "to_floats",
    "to_points",
    "to_text",
    "total_variation",
]

MAX_CATEGORIES = 200  # of a column that are distinguished; the rarer ones count as one

PairCodes = tuple[NDArray[np.intp], NDArray[np.intp], int]  # indices of categories in two columns, and their number


def check_tables(first: Any, second: Any, names: tuple[str, ...] = ("X_real", "X_generated")) -> list[pd.DataFrame]:
    """Two tables as DataFrames, the columns of the second in the order of the first."""
    real, generated = (check_dataframe(X, name) for X, name in zip((first, second), names, strict=True))
    if set(real) != set(generated):
        missing, extra = [c for c in real if c not in generated], [c for c in generated if c not in real]
        differences = [f"one without {missing}"] * bool(missing) + [f"one with {extra} besides"] * bool(extra)
        raise ValueError(f"Both tables must have the same columns. Got {' and '.join(differences)}.")
    generated = generated[list(real)]
    return dates_to_numbers(bools_as_numbers(real, generated), bools_as_numbers(generated, real))


def dates_to_numbers(real: pd.DataFrame, generated: pd.DataFrame) -> list[pd.DataFrame]:
    """Both tables, the columns that are dates in the first as seconds."""
    kinds = {name: kind for name in real if (kind := date_kind(real[name])) is not None}
    tables = [table.copy(deep=False) for table in (real, generated)]
    for table in tables:
        for name, kind in kinds.items():
            table[name] = dates_as_numbers(table[name], kind)
    return tables


def bools_as_numbers(table: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """The table, its bools as 0 and 1 in columns of which the other has numbers."""
    for name in table:
        if is_bool(table[name]) and is_number(other[name]):
            table = table.copy(deep=False)
            table[name] = table[name].astype("boolean").astype("Float64")
    return table


def is_bool(cells: pd.Series) -> bool:
    """Whether a column's cells are bools, of which some may be missing."""
    if pd.api.types.is_bool_dtype(cells.dtype):
        return not isinstance(cells.dtype, pd.CategoricalDtype)
    return bool(cells.dtype.kind == "O" and pd.api.types.infer_dtype(cells, skipna=True) == "boolean")


def is_number(cells: pd.Series) -> bool:
    """Whether a column's cells are numbers, some of them at least."""
    return not is_bool(cells) and is_numeric(cells)


def check_dataframe(X: Any, name: str) -> pd.DataFrame:
    """A DataFrame of at least one row and column, with unique names of columns."""
    X = to_pandas(X)
    table = X if isinstance(X, pd.DataFrame) else to_dataframe(X, name)
    if not table.size:
        raise ValueError(f"`{name}` must have one row and one column at least. Got shape {table.shape}.")
    if table.columns.has_duplicates:
        raise ValueError(f"Columns must have different names. Got {list(table.columns[table.columns.duplicated()])}.")
    return table.reset_index(drop=True)


def to_dataframe(X: Any, name: str) -> pd.DataFrame:
    """A DataFrame of an array-like."""
    try:
        if issparse(X):
            raise TypeError("it is sparse")
        if isinstance(X, np.ndarray):
            X = X.astype(X.dtype.newbyteorder("="), copy=False)  # pandas needs native byte order
        return pd.DataFrame(X).infer_objects()
    except (TypeError, ValueError) as error:
        raise ValueError(f"`{name}` must be a table, of rows and columns. Got {type(X).__name__}: {error}.") from error


def is_numeric(cells: pd.Series) -> bool:
    """Whether a column's cells are numbers, as `TableEncoder` reads them."""
    return not is_categorical(cells)


def to_floats(cells: pd.Series) -> Floats:
    """Cells as 64-bit floats, NaN where missing."""
    name = cells.name.item() if isinstance(cells.name, np.generic) else cells.name
    try:
        floats: Floats = as_numbers(cells).to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"A column of numbers must be numbers in both tables. Got others in column {name!r}: {error}."
        ) from None
    if np.isinf(floats).any():
        raise ValueError(f"Numbers must be finite. Got infinity in column {name!r}.")
    if (np.abs(floats) > MAX_VALUE).any():
        raise ValueError(f"Numbers must be at most {MAX_VALUE}. Got greater ones in column {name!r}.")
    return floats


def as_numbers(cells: pd.Series) -> pd.Series:
    """Cells in a dtype of numbers, or as they are if they can be read as floats; text is parsed."""
    if cells.dtype.kind in "iufb":
        return cells
    present = cells.notna()
    objects = cells.astype(object)
    is_text = objects.map(lambda cell: isinstance(cell, str)) & present
    return objects.mask(is_text, pd.to_numeric(objects.where(is_text))) if is_text.any() else objects


def factorize_pair(real: pd.Series, generated: pd.Series) -> PairCodes:
    """Indices of the categories of both columns, missing cells being one of them; and their number."""
    both = pd.concat([categories_as_text(real), categories_as_text(generated)], ignore_index=True)
    codes, categories = pd.factorize(both, use_na_sentinel=False)
    return codes[: len(real)], codes[len(real) :], len(categories)


def categories_as_text(cells: pd.Series) -> pd.Series:
    """Categories as text, so that two dtypes can be compared; missing cells stay."""
    return cells.astype(object).where(cells.notna(), None).map(to_text, na_action="ignore")


def to_text(cell: Any) -> str:
    """A cell as text, integers without a decimal point."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def total_variation(real: NDArray[np.intp], generated: NDArray[np.intp], n_codes: int) -> float:
    """Half the sum of the differences of the categories' frequencies."""
    frequencies = [np.bincount(codes, minlength=n_codes) / len(codes) for codes in (real, generated)]
    return min(1.0, float(np.abs(frequencies[0] - frequencies[1]).sum() / 2))


def encode_columns(tables: list[pd.DataFrame], like: pd.DataFrame) -> Iterator[tuple[NDArray[Any], int]]:
    """The cells of each column in all tables, encoded, and the number of categories, 0 for numeric columns.

    Numbers are floats, NaN where missing. Categories are indices in the order of their frequencies, missing cells being
    one; those beyond `MAX_CATEGORIES` share the last index.
    """
    for name, cells in pd.concat(tables, ignore_index=True).items():
        if is_numeric(like[name]):
            yield to_floats(cells), 0
            continue
        codes, _, n_codes = factorize_pair(cells, cells[:0])
        ranks = np.empty(n_codes, int)
        ranks[np.argsort(-np.bincount(codes, minlength=n_codes), kind="stable")] = np.arange(n_codes)
        yield ranks[codes].clip(max=MAX_CATEGORIES), min(n_codes, MAX_CATEGORIES + 1)


def to_points(tables: list[pd.DataFrame], weights: Floats | None = None) -> list[Floats]:
    """Rows as points: numbers standardized by the first table and its rows' weights, categories one-hot encoded."""
    columns: list[NDArray[Any]] = []
    n = len(tables[0])
    for cells, n_codes in encode_columns(tables, tables[0]):
        if n_codes:
            columns += [cells == code for code in range(n_codes)]
            continue
        missing = np.isnan(cells)
        known = ~missing[:n]
        present, of_present = cells[:n][known], None if weights is None else weights[known]
        center = np.average(present, weights=of_present) if len(present) else 0.0
        spread = column_spreads(present, of_present) if len(present) else 1.0
        columns.append(np.where(missing, 0, (cells - center) / spread))
        columns += [missing] if missing.any() else []
    return np.split(np.column_stack(columns).astype(float), np.cumsum([len(table) for table in tables])[:-1])


def mean_or_series(values: dict[Hashable, float], average: bool) -> Any:
    """The mean of errors, or all of them as a Series."""
    return float(np.mean(list(values.values()))) if average else pd.Series(values, dtype=float)
