"""Two tables of the same columns, real and generated: which columns are numbers, and how cells compare."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import issparse

from ..table._columns import is_categorical
from ._samples import LARGEST, spread_of

__all__ = [
    "Codes",
    "by_name",
    "cells_of",
    "codes_of",
    "is_number",
    "numbers_of",
    "points_of",
    "tables_of",
    "text_of",
    "total_variation",
]

MOST_CATEGORIES = 200  # of a column that learners or distances look at; the others count as one


Codes = tuple[np.ndarray, np.ndarray, int]  # of two columns, from 0, and how many there can be


def tables_of(X_real: Any, X_generated: Any, names: tuple[str, ...] = ("X_real", "X_generated")) -> list[pd.DataFrame]:
    """Both as DataFrames, the columns of the second in the order of the first."""
    real, generated = (table_of(X, name) for X, name in zip((X_real, X_generated), names, strict=True))
    if set(real) != set(generated):
        lacking, beyond = [c for c in real if c not in generated], [c for c in generated if c not in real]
        raise ValueError(f"Both tables must have the same columns. Got one without {lacking}, or with {beyond} beside.")
    return [real, generated[list(real)]]


def table_of(X: Any, name: str) -> pd.DataFrame:
    """A DataFrame of at least one row and column, with columns told apart by their names."""
    table = X if isinstance(X, pd.DataFrame) else frame_of(X, name)
    if not table.size:
        raise ValueError(f"`{name}` must have one row and one column at least. Got shape {table.shape}.")
    if table.columns.has_duplicates:
        raise ValueError(f"Columns must have different names. Got {list(table.columns[table.columns.duplicated()])}.")
    return table.reset_index(drop=True)


def frame_of(X: Any, name: str) -> pd.DataFrame:
    """A DataFrame of what is none."""
    try:
        if issparse(X):
            raise TypeError("it is sparse")
        if isinstance(X, np.ndarray):
            X = X.astype(X.dtype.newbyteorder("="), copy=False)  # pandas knows no other
        return pd.DataFrame(X).infer_objects()
    except (TypeError, ValueError) as error:
        raise ValueError(f"`{name}` must be a table, of rows and columns. Got {type(X).__name__}: {error}.") from error


def is_number(cells: pd.Series) -> bool:
    """Whether a column's cells are numbers, as `TableEncoder` reads them; dates are refused."""
    return not is_categorical(cells)


def numbers_of(cells: pd.Series) -> np.ndarray:
    """Cells as 64-bit floats, NaN where missing or no number at all."""
    numbers = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    name = cells.name.item() if isinstance(cells.name, np.generic) else cells.name
    if np.isinf(numbers).any():
        raise ValueError(f"Numbers must be finite. Got infinity in column {name!r}.")
    if (np.abs(numbers) > LARGEST).any():
        raise ValueError(f"Numbers must be at most {LARGEST}. Got greater ones in column {name!r}.")
    return numbers


def codes_of(real: pd.Series, generated: pd.Series) -> Codes:
    """Cells as positions in the categories of both, missing cells being one of them; and how many there are."""
    both = pd.concat([as_text(real), as_text(generated)], ignore_index=True)
    codes, categories = pd.factorize(both, use_na_sentinel=False)
    return codes[: len(real)], codes[len(real) :], len(categories)


def as_text(cells: pd.Series) -> pd.Series:
    """Categories as text, so that those of two dtypes compare; missing cells stay."""
    return cells.astype(object).where(cells.notna(), None).map(text_of, na_action="ignore")


def text_of(cell: Any) -> str:
    """A cell as text, a whole number without its point."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def total_variation(real: np.ndarray, generated: np.ndarray, n_codes: int) -> float:
    """Half the sum of the differences of how often codes are."""
    shares = [np.bincount(codes, minlength=n_codes) / len(codes) for codes in (real, generated)]
    return min(1.0, float(np.abs(shares[0] - shares[1]).sum() / 2))


def cells_of(tables: list[pd.DataFrame], like: pd.DataFrame) -> Iterator[tuple[bool, np.ndarray, int]]:
    """For each column whether it is of numbers, its cells in all tables, and how many categories there are.

    Numbers are floats, NaN where missing. Of categories the most frequent have positions of their own, a missing cell
    being one, and all others share the last.
    """
    together = pd.concat(tables, ignore_index=True)
    for name, cells in together.items():
        if is_number(like[name]):
            yield True, numbers_of(cells), 0
            continue
        codes, _, n_codes = codes_of(cells, cells[:0])
        ranks = np.empty(n_codes, int)
        ranks[np.argsort(-np.bincount(codes, minlength=n_codes), kind="stable")] = np.arange(n_codes)
        yield False, ranks[codes].clip(max=MOST_CATEGORIES), min(n_codes, MOST_CATEGORIES + 1)


def points_of(tables: list[pd.DataFrame]) -> list[np.ndarray]:
    """Rows as points: numbers in units of their standard deviation in the first table, categories as 0 and 1."""
    columns: list[np.ndarray] = []
    n = len(tables[0])
    for numeric, cells, n_codes in cells_of(tables, tables[0]):
        if not numeric:
            columns += [cells == code for code in range(n_codes)]
            continue
        missing = np.isnan(cells)
        known = cells[:n][~missing[:n]]
        centre, spread = (known.mean(), spread_of(known)) if len(known) else (0.0, 1.0)
        columns.append(np.where(missing, 0, (cells - centre) / spread))
        columns += [missing] if missing.any() else []
    return np.split(np.column_stack(columns).astype(float), np.cumsum([len(table) for table in tables])[:-1])


def by_name(values: dict[Hashable, float], average: bool) -> Any:
    """The mean of errors, or all of them by name."""
    return float(np.mean(list(values.values()))) if average else pd.Series(values, dtype=float)
