"""Values and truth of a rule's expressions in the rows of a table; what depends on a missing cell is unknown."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..table._comparable_dates import duration_of
from ..table._date_text import form_of, match_form
from ._constraint_rules import ARITHMETIC, COMPARISONS, column_names

__all__ = ["as_floats", "evaluate", "inverted", "truth"]

Truth: TypeAlias = tuple[NDArray[np.bool_], NDArray[np.bool_]]


def evaluate(term: ast.expr, table: pd.DataFrame) -> Any:
    """A sum's or product's values in the rows of a table."""
    if isinstance(term, ast.Name):
        return widened(table[term.id])
    if isinstance(term, ast.Constant):
        return term.value
    if isinstance(term, ast.UnaryOp):
        return -evaluate(term.operand, table)
    assert isinstance(term, ast.BinOp)
    left, right = of_like_kinds(evaluate(term.left, table), evaluate(term.right, table), in_sum=True)
    return ARITHMETIC[type(term.op)](left, right)


def inverted(term: ast.expr, name: str, value: Any, table: pd.DataFrame) -> Any:
    """What a column has to be in the rows of a table for a sum or product to have a value."""
    if isinstance(term, ast.Name):
        return value
    if isinstance(term, ast.UnaryOp):
        return inverted(term.operand, name, -value, table)
    assert isinstance(term, ast.BinOp)
    is_left = name in column_names(term.left)
    mine, other = (term.left, term.right) if is_left else (term.right, term.left)
    operand = as_floats(evaluate(other, table)) if any(column_names(other)) else evaluate(other, table)
    with np.errstate(divide="ignore", invalid="ignore"):
        if isinstance(term.op, ast.Add | ast.Mult):
            value = value - operand if isinstance(term.op, ast.Add) else value / operand
        elif isinstance(term.op, ast.Sub):
            value = value + operand if is_left else operand - value
        else:
            value = value * operand if is_left else operand / value
    return inverted(mine, name, value, table)


def truth(tree: ast.expr, table: pd.DataFrame) -> Truth:
    """Where an expression is true, and where it is false; neither, where that depends on a missing cell."""
    if isinstance(tree, ast.UnaryOp):
        is_true, is_false = truth(tree.operand, table)
        return is_false, is_true
    if isinstance(tree, ast.Call):
        names = [name.id for name in tree.args if isinstance(name, ast.Name)]
        known = table[names].notna().all(axis=1).to_numpy()
        repeats = table.duplicated(names).to_numpy()
        return known & ~repeats, known & repeats
    if isinstance(tree, ast.BoolOp):
        parts = [truth(value, table) for value in tree.values]
        return joined(parts) if isinstance(tree.op, ast.And) else joined([part[::-1] for part in parts])[::-1]
    assert isinstance(tree, ast.Compare)
    terms = [evaluate(term, table) for term in (tree.left, *tree.comparators)]
    steps = zip(tree.ops, terms, terms[1:], strict=False)
    return joined([compare(COMPARISONS[type(op)], left, right, len(table)) for op, left, right in steps])


def joined(parts: list[Truth]) -> Truth:
    """Where all of several expressions are true, and where one is false."""
    are_true, are_false = zip(*parts, strict=True)
    return np.logical_and.reduce(are_true), np.logical_or.reduce(are_false)


def compare(compared: Callable[[Any, Any], Any], left: Any, right: Any, n: int) -> Truth:
    """Where a comparison is true and where it is false."""
    left, right = of_like_kinds(left, right)
    known = ~(np.zeros(n, np.bool_) | pd.isna(left) | pd.isna(right))
    cells = [term[known] if isinstance(term, pd.Series) else term for term in map(plain, (left, right))]
    is_true = np.zeros(n, np.bool_)
    is_true[known] = np.asarray(compared(*cells), np.bool_)
    return is_true, known & ~is_true


def of_like_kinds(left: Any, right: Any, *, in_sum: bool = False) -> tuple[Any, Any]:
    """Two terms, text as a duration beside durations, and as a date beside dates, to which sums add durations."""
    kinds = [getattr(getattr(term, "dtype", None), "kind", "") for term in (left, right)]
    terms = []
    for term, other_kind, other in ((left, kinds[1], right), (right, kinds[0], left)):
        if not isinstance(term, str) or other_kind not in ("m", "M"):
            terms.append(term)
            continue
        try:
            is_duration = other_kind == "m" or in_sum
            terms.append(duration_of(term) if is_duration else date_of(term, getattr(other.dtype, "tz", None)))
        except ValueError:
            kind = "duration, such as '30 days'" if is_duration else "date, such as '2024-05-01'"
            raise TypeError(f"{term!r} is no {kind}") from None
    return terms[0], terms[1]


def date_of(text: str, zone: Any) -> pd.Timestamp:
    """Text in a form of ISO 8601 as a date, of a time zone if it names none."""
    if not match_form(form_of(text)).get("date"):
        raise ValueError(f"{text!r} is not in a form of ISO 8601.")
    time = pd.Timestamp(text)
    return time.tz_localize(zone) if zone is not None and time.tz is None else time


def widened(cells: pd.Series) -> pd.Series:
    """Integers and bools in 64 bits, in which sums and differences do not wrap around."""
    if isinstance(cells.dtype, pd.ArrowDtype | pd.CategoricalDtype) or cells.dtype.kind not in "iub":
        return cells
    if cells.dtype.kind == "u" and cells.dtype.itemsize == 8:
        return cells.astype("Float64" if pd.api.types.is_extension_array_dtype(cells.dtype) else np.float64)
    return cells.astype("Int64" if pd.api.types.is_extension_array_dtype(cells.dtype) else np.int64)


def plain(term: Any) -> Any:
    """A column of categories as its cells, which can be compared with any other."""
    if isinstance(term, pd.Series) and isinstance(term.dtype, pd.CategoricalDtype) and not term.dtype.ordered:
        return term.astype(term.dtype.categories.dtype)
    return term


def as_floats(cells: Any) -> NDArray[np.float64]:
    """Cells as 64-bit floats, NaN where missing."""
    if getattr(cells, "dtype", np.dtype(float)).kind in "mM":
        raise ValueError("`constraints` compute columns of numbers. Got dates or durations.")
    try:
        return np.asarray(pd.Series(cells).to_numpy(dtype=np.float64, na_value=np.nan))
    except (TypeError, ValueError) as error:
        raise ValueError(f"`constraints` compute columns of numbers. Got others: {error}.") from None
