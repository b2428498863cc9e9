"""How the columns of a table are read: kinds that a user asks for, and a table of those that were found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ._columns import CategoricalColumn, IdentifierColumn, IgnoredColumn
from ._date_formats import date_kind, dates_as_numbers
from ._formats import are_whole, number_kind
from ._tables import Table, categorical_mask
from ._unread_text import conversion

__all__ = ["NOT_ENCODED", "categorical_columns", "check_kinds", "column_table", "summaries"]

CATEGORIES, NUMBERS = ("category", "ordered category", "flag"), ("number", "whole number")
NOT_ENCODED = ("identifier", "text", "ignore")
KINDS = (*NUMBERS, *CATEGORIES, "date", "time", "duration", *NOT_ENCODED)
MIN_SUMMARY_ROWS, MAX_SUMMARY_ROWS, MAX_SUMMARY_CELLS = 1000, 10_000, 2**18  # the first, which are counted
MAX_SHOWN = 5  # categories
ADVICE = {
    "date": " Convert them before, as `pd.to_datetime({column}, format='%d/%m/%Y')` does with such days.",
    "duration": " Convert them before, as `pd.to_timedelta` does.",
    "number": " `pd.to_numeric({column}, errors='coerce')` has those that are no numbers missing.",
    "whole number": " `pd.to_numeric({column}, errors='coerce')` has those that are no numbers missing.",
}  # what to do where cells cannot be of a kind


def check_kinds(table: Table, column_kinds: Any) -> dict[int, str]:
    """The kind of columns by their indices, as asked for by name or index; an error if cells cannot be of a kind."""
    kinds: dict[int, str] = {}
    frame: Any = pd.DataFrame(table, copy=False) if column_kinds else None
    for name, kind in (column_kinds or {}).items():
        if kind not in KINDS:
            raise ValueError(
                f"A kind in `column_kinds` must be one of {', '.join(KINDS)}. Got {kind!r} for column {name!r}."
            )
        is_index = isinstance(name, (int, np.integer)) and not isinstance(name, bool)
        index = name if is_index and name not in frame.columns else None
        if index is None and name in frame.columns:
            index = frame.columns.get_loc(name)
        if index is None or not 0 <= index < frame.shape[1]:
            raise ValueError(f"`column_kinds` must have names of columns, or their indices. Got {name!r}.")
        kinds[int(index)] = str(kind)
        if not can_be(frame.iloc[:, index], kind):
            shown = frame.iloc[:, index].dropna().unique()[:MAX_SHOWN].tolist()
            convert = conversion(frame.iloc[:, index], kind) if kind in ADVICE else None
            advice = ADVICE.get(kind, "").format(column=f"X[{name!r}]") if convert is None else f" Try `{convert}`."
            raise ValueError(f"Column {name!r} must have cells that can be of the kind {kind!r}. Got {shown}.{advice}")
    return kinds


def can_be(cells: pd.Series, kind: str) -> bool:
    """Whether cells can be of a kind, as they are."""
    if kind in NUMBERS:
        is_number = pd.api.types.is_numeric_dtype(cells.dtype) and not pd.api.types.is_bool_dtype(cells.dtype)
        if not (is_number or number_kind(cells) is not None) or isinstance(cells.dtype, pd.CategoricalDtype):
            return False
        return kind == "number" or are_whole(cells.dropna().unique())
    if kind == "flag":
        return bool(cells.nunique() <= 2)
    if kind in {"date", "time", "duration"}:
        return date_kind(cells) == kind
    if kind == "text":
        return cells.dtype.kind not in "iufbmM" and all(isinstance(cell, str) for cell in cells.dropna().unique())
    return kind != "identifier" or cells.dtype.kind not in "mM"


def categorical_columns(table: Table, categorical_features: Any, kinds: dict[int, str]) -> NDArray[np.bool_]:
    """Which columns are categorical: by their kind, or their dtype, or because they are listed: (n_features,)."""
    mask = categorical_mask(table, categorical_features, decided=kinds)
    for index, kind in kinds.items():
        if mask[index] and kind not in CATEGORIES:
            raise ValueError(
                "A column in both `categorical_features` and `column_kinds` must be a category in both. Got"
                f" {kind!r} for column {index}."
            )
        mask[index] = kind in CATEGORIES
    return mask


def identifier_mask(table: Table, identifiers: Any, kinds: dict[int, str]) -> NDArray[np.bool_]:
    """Which columns are not encoded, because they are listed as identifiers, or by their kind: (n_features,)."""
    mask = np.array([kinds.get(index) in NOT_ENCODED for index in range(table.shape[1])], np.bool_)
    if identifiers is None or not len(identifiers):
        return mask
    names = table.columns if isinstance(table, pd.DataFrame) else pd.RangeIndex(table.shape[1])
    is_listed = np.asarray(names.isin(list(identifiers)))
    if is_listed.sum() < len(identifiers):
        raise ValueError(f"`identifiers` must be names of columns. Got {list(identifiers)}.")
    return is_listed | mask


def summaries(table: Table, hidden: NDArray[np.bool_]) -> list[tuple[Any, ...]]:
    """Of each column the number of distinct cells, of missing ones, and the ends of its range, if that is not hidden.

    They are those of the first rows, so that this takes little time.
    """
    n_rows = min(len(table), MAX_SUMMARY_ROWS, max(MIN_SUMMARY_ROWS, MAX_SUMMARY_CELLS // table.shape[1]))
    rows = table.iloc[:n_rows] if isinstance(table, pd.DataFrame) else table[:n_rows]
    if isinstance(rows, pd.DataFrame):
        columns = (rows.iloc[:, index] for index in range(rows.shape[1]))
        return [summary(cells, is_hidden) for cells, is_hidden in zip(columns, hidden, strict=True)]
    ordered = np.sort(np.asfortranarray(rows, np.float64), axis=0)
    n_missing = np.isnan(ordered).sum(axis=0)
    n_distinct = np.count_nonzero(ordered[1:] > ordered[:-1], axis=0) + (n_missing < len(ordered))
    ends = zip(ordered[0].tolist(), np.fmax.reduce(ordered).tolist(), strict=True)
    known = zip(n_distinct.tolist(), n_missing.tolist(), ends, hidden, strict=True)
    return [
        (n, k, *((None, None) if is_hidden else map("{:g}".format, low_high))) for n, k, low_high, is_hidden in known
    ]


def summary(cells: pd.Series, is_hidden: bool) -> tuple[Any, ...]:
    """What `summaries` has of one column."""
    present = cells.dropna()
    try:
        codes = pd.factorize(present)[0]
    except (TypeError, ValueError):  # of cells that are not encoded, and have no hash
        codes = pd.factorize(present.astype(str))[0]
    ends: tuple[Any, Any] = (None, None)
    kind = date_kind(cells)
    if len(present) and not is_hidden and kind is not None:
        order = dates_as_numbers(present, kind).to_numpy()  # of objects of several types, too
        ends = (str(present.iloc[int(order.argmin())]), str(present.iloc[int(order.argmax())]))
    elif len(present) and not is_hidden and can_be(cells, "number"):
        ends = (str(present.min()), str(present.max()))
    return (int(codes.max(initial=-1)) + 1, len(cells) - len(present), *ends)


def column_table(encoder: Any) -> pd.DataFrame:
    """How a fitted encoder has read the columns of its training rows."""
    names = getattr(encoder, "feature_names_in_", encoder.column_labels)
    names = range(encoder.n_features_in_) if names is None else names
    rows = [describe(encoder, index, *encoder._summaries[index]) for index in range(encoder.n_features_in_)]
    columns = ["kind", "why", "n_distinct", "n_missing", "values", "decimals"]
    return pd.DataFrame(rows, columns=columns, index=pd.Index(names, name="column", tupleize_cols=False))


def describe(encoder: Any, index: int, n_distinct: int, n_missing: int, low: Any, high: Any) -> tuple[Any, ...]:
    """The kind of a column, why it is that, its distinct and missing cells, values, and decimals."""
    inner = encoder._dates.sources.index(index)
    column, is_asked = encoder._columns.apart.get(inner), index in encoder._kinds
    values, decimals = "" if low is None else f"{low} to {high}", None
    if index in encoder._dates.columns:
        date_format = encoder._dates.columns[index].format
        kind = date_format.kind
        why = "text that is parsed" if date_format.is_text else str(encoder._format.dtype_of(index))
    elif isinstance(column, IgnoredColumn):
        kind, why = encoder._kinds[index], ""
    elif isinstance(column, IdentifierColumn):
        kind, why = "identifier", "`identifiers`"
    elif isinstance(column, CategoricalColumn):
        dtype = column.training_cells.dtype
        shown = column.category_names()
        values = ", ".join(shown[:MAX_SHOWN]) + (", ..." if len(shown) > MAX_SHOWN else "")
        is_ordered = isinstance(dtype, pd.CategoricalDtype) and dtype.ordered
        kind = "ordered category" if is_ordered else "flag" if pd.api.types.is_bool_dtype(dtype) else "category"
        kind = "text" if column.is_free_text else kind
        kind = encoder._kinds.get(index, kind)
        is_number = pd.api.types.is_numeric_dtype(dtype) and kind != "flag"
        why = "listed, or a code" if is_number else str(dtype)
    else:
        decimals = encoder._columns.decimals_of(inner)
        kind, why = "whole number" if decimals == 0 else "number", str(encoder._format.dtype_of(index))
    if n_distinct <= 1 and kind not in NOT_ENCODED:
        kind = "constant"
    return kind, "`column_kinds`" if is_asked else why, n_distinct, n_missing, values, decimals
