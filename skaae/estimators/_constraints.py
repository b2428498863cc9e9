"""Constraints: rules that hold in every row, such as ``"start <= end"`` or ``"total == price * number"``.

A rule is a comparison of columns, numbers and texts, which may be joined by ``and``, ``or`` and ``not``; columns may be
added, subtracted, multiplied and divided. It is read as Python and evaluated here, operation by operation, so that no
other code can run. A rule that says what a column equals is kept by construction: the column is computed. The others
are kept by rejection. What a missing cell would be is unknown, and so is what depends on it: only what is false breaks
a rule.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from difflib import get_close_matches
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..table import TableEncoder, count_decimals
from ..table._comparable_dates import comparable_times
from ._constraint_rules import column_names, in_order, is_unique_call, normal, parse, sources_of, target_of
from ._constraint_values import as_floats, evaluate, inverted, truth
from ._requested_values import plain

__all__ = ["Constraints", "Table", "decoded", "named"]

Table: TypeAlias = pd.DataFrame | NDArray[Any]
Draw: TypeAlias = Callable[[NDArray[np.intp]], NDArray[Any]]

MIN_ACCEPTANCE_RATE = 0.01
MAX_ROUNDS = 1000
TOLERANCE = 1e-6  # of sums and products, relative to their terms


class Constraints:
    """Creates the rules of a table, and raises an error where one does not hold in its rows.

    Parameters
    ----------
    rules : list of str
        The rules.
    table : DataFrame
        Training rows, whose names the rules have.

    Attributes
    ----------
    decimals, source_decimals : dict of str to int or None
        How many decimals the columns have that are computed, and those that they are computed from, by their names.
    computed : list of int
        The indices of the columns that are computed.
    times : list of str
        The columns that are dates, times or durations in text or objects, which rules read as such.
    """

    source_decimals: dict[str, int | None] = {}

    def __init__(self, rules: list[str], table: Table) -> None:
        table, self.rules = named(table), [str(rule) for rule in rules]
        for rule in self.rules:
            unknown = sorted(set(column_names(parse(rule))) - set(table.columns))
            if unknown:
                raise ValueError(
                    f"`constraints` must be of columns of `X`. Got {unknown} in {rule!r}: names that are no identifiers"
                    " stand between backticks."
                )
        self.rules = in_order(self.rules)
        used = {name for rule in self.rules for name in column_names(parse(rule))}
        self.times = sorted(name for name in used if comparable_times(table[name]) is not None)
        for rule in self.rules:
            self._check_kinds(rule, table)
        targets = {name for rule in self.rules if (name := target_of(parse(rule))) is not None}
        self.decimals = {name: decimals_of(table[name]) for name in sorted(targets)}
        sources = {name for rule in self.rules for name in sources_of(rule)}
        numbers = [name for name in sorted(sources) if table[name].dtype.kind in "iuf"]
        self.source_decimals = {name: decimals_of(table[name]) for name in numbers}
        self.computed = np.flatnonzero(table.columns.isin(list(self.decimals))).tolist()
        for rule in self.rules:
            holds = self.holds(table, rule)
            if not holds.all():
                raise ValueError(
                    "`constraints` must hold in all training rows, but for missing cells. Got"
                    f" {rule!r}, which fails in {np.count_nonzero(~holds)} of {len(holds)} rows, first in row"
                    f" {int(np.flatnonzero(~holds)[0])}: correct these rows, drop them, or weaken the rule."
                )

    def _check_kinds(self, rule: str, table: pd.DataFrame) -> None:
        """Raise an error where a rule compares what cannot be equal, or puts text in order."""
        for node in ast.walk(parse(rule)):
            if not isinstance(node, ast.Compare):
                continue
            terms = [node.left, *node.comparators]
            for left, op, right in zip(terms, node.ops, terms[1:], strict=False):
                for term, other in ((left, right), (right, left)):
                    if not isinstance(term, ast.Name) or term.id in self.times:
                        continue
                    cells = table[term.id]
                    has_order = isinstance(cells.dtype, pd.CategoricalDtype) and cells.dtype.ordered
                    if not isinstance(op, ast.Eq | ast.NotEq) and not has_order:
                        check_no_text(rule, cells)
                    elif isinstance(other, ast.Constant):
                        check_constant(rule, cells, other.value)

    def check_given(self, table: Table) -> None:
        """Raise an error where given cells break a rule, whatever the missing ones are."""
        table = named(table)
        for rule in self.rules:
            broken = np.flatnonzero(~self.holds(table, rule))
            if len(broken):
                names = sorted(set(column_names(parse(rule))), key=table.columns.get_loc)
                cells = ", ".join(f"{name!r}: {plain(table[name].iloc[broken[0]])!r}" for name in names)
                raise ValueError(
                    "Given cells must keep all `constraints`, because only missing ones are drawn. Got"
                    f" {{{cells}}} in row {broken[0]}, which break {rule!r}, as in {len(broken)} of {len(table)} rows:"
                    " correct them, or leave out those that are wrong, which are drawn then."
                )

    @property
    def is_joint(self) -> bool:
        """Whether a rule is of all rows together."""
        return any(is_unique_call(parse(rule)) for rule in self.rules)

    def acceptance_rate(self, table: Table) -> float:
        """In which share of drawn rows the rules hold; an error where that is hopeless."""
        table = named(table)
        rate = float(self.holds(table).mean())
        if rate < MIN_ACCEPTANCE_RATE:
            shares = {rule: f"{self.holds(table, rule).mean():.1%}" for rule in self.rules}
            raise ValueError(
                f"`constraints` must hold in {MIN_ACCEPTANCE_RATE:.0%} of the draws, because others are drawn again."
                f" Got {rate:.1%}; by rule {shares}: weaken a rule, or compute a column by one ('a == b + c')."
            )
        return rate

    def draw_table(self, draw: Draw, decode: Callable[[NDArray[Any]], Table], n: int) -> Table:
        """A table of n rows in which all rules hold, of encoded rows that are drawn for indices."""
        pending = np.arange(n)
        rows = draw(pending)
        for _ in range(MAX_ROUNDS):
            seen = np.arange(n) if self.is_joint else pending
            pending = seen[~self.holds(decode(rows[seen]))]
            if not len(pending):
                return decode(rows)
            rows[pending] = draw(pending)
        raise ValueError(
            f"Rows are drawn {MAX_ROUNDS} times until all `constraints` hold. Got none in which they do for"
            f" {len(pending)} of {n} rows: ask for other conditions, for fewer rows, or weaken a rule."
        )

    def complete(self, table: Table) -> Table:
        """The table with the columns that rules compute, where what they are computed from is there."""
        completed = self._completed(named(table))
        if isinstance(table, np.ndarray):
            rows: NDArray[Any] = completed.to_numpy(dtype=table.dtype)
            return rows
        return completed.set_axis(table.columns, axis=1)

    def solve(self, table: Table, missing: NDArray[np.bool_]) -> Table:
        """A completed table, in which cells that were missing are what given sums and products ask for."""
        solved = named(table)
        known = pd.DataFrame(~missing, columns=solved.columns)
        for rule in reversed(self.rules):
            target = target_of(parse(rule))
            names = [] if target is None else list(column_names(parse(rule).comparators[0]))
            for name in reversed(names):
                rows = (known[target] & ~known[name]).to_numpy()
                if names.count(name) > 1 or not rows.any():
                    continue
                values = as_floats(inverted(parse(rule).comparators[0], name, as_floats(solved[target]), solved))
                decimals = self.source_decimals.get(name)
                values = values if decimals is None else np.round(values, decimals)
                rows = rows & np.isfinite(values)
                solved = solved.assign(**{name: with_cells(solved[name], values, rows)})
                known.loc[rows, name] = True
        if isinstance(table, np.ndarray):
            return solved.to_numpy(dtype=table.dtype)
        return solved.set_axis(table.columns, axis=1)

    def _completed(self, table: pd.DataFrame) -> pd.DataFrame:
        for rule in self.rules:
            tree = parse(rule)
            name = target_of(tree)
            if name is None:
                continue
            values = as_floats(evaluate(tree.comparators[0], self._with_times(table)))
            decimals = self.decimals[name]
            values = values if decimals is None else np.round(values, decimals)
            present = np.isfinite(values) & table[name].notna().to_numpy()
            table = table.assign(**{name: with_cells(table[name], values, present)})
        return table

    def _with_times(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table whose dates, times and durations can be compared and subtracted."""
        return table.assign(**{name: comparable_times(table[name]) for name in self.times}) if self.times else table

    def holds(self, table: Table, rule: str | None = None) -> NDArray[np.bool_]:
        """In which rows all rules hold, or one."""
        table = named(table)
        masks = [np.ones(len(table), np.bool_)]
        for each in self.rules if rule is None else [rule]:
            try:
                masks.append(self._holds(table, each))
            except (TypeError, OverflowError) as error:
                raise ValueError(
                    f"`constraints` must compare columns with what is of their kind. Got {each!r}: {error}."
                ) from None
        holds: NDArray[np.bool_] = np.logical_and.reduce(masks)
        return holds

    def _holds(self, table: pd.DataFrame, rule: str) -> NDArray[np.bool_]:
        tree, table = parse(rule), self._with_times(table)
        name = target_of(tree)
        if name is None:
            return ~truth(tree, table)[1]
        computed, values = as_floats(evaluate(tree.comparators[0], table)), as_floats(table[name])
        decimals = self.decimals[name]
        rounding = 0.0 if decimals is None else 0.5 * 10.0**-decimals
        size = np.maximum(np.abs(computed), np.abs(values))
        unknown: NDArray[np.bool_] = ~np.isfinite(computed) | np.isnan(values)  # as where a zero divides
        return unknown | (np.abs(computed - values) <= rounding + TOLERANCE * size)


def named(table: Table) -> pd.DataFrame:
    """A table whose columns have names: their own, as Python reads them, or x0, x1, ..."""
    frame = pd.DataFrame(table, copy=False)
    has_names = all(isinstance(name, str) for name in frame.columns)
    names = [normal(name) if has_names else f"x{index}" for index, name in enumerate(frame.columns)]
    if len(set(names)) < len(names):
        raise ValueError(f"With `constraints`, names must differ as Python reads them. Got {list(frame.columns)}.")
    return frame.set_axis(names, axis=1)


def check_constant(rule: str, cells: pd.Series, constant: Any) -> None:
    """Raise an error where a constant is none of a column's categories, or of another kind than its cells."""
    if cells.dtype.kind in "mM":
        return
    is_category = isinstance(cells.dtype, pd.CategoricalDtype)
    known = (cells.dtype.categories if is_category else pd.Index(pd.unique(cells.dropna()))).tolist()
    is_text = all(isinstance(cell, str) for cell in known)
    if is_text and isinstance(constant, str) and constant not in set(known):
        nearest = get_close_matches(constant, known, n=3, cutoff=0.0)
        raise ValueError(
            f"`constraints` must compare categories with one of the column's. Got {constant!r} in {rule!r}; the nearest"
            f" of column {cells.name!r} are {nearest}."
        )
    if len(known) and is_text != isinstance(constant, str):
        raise ValueError(
            f"`constraints` must compare columns with what is of their kind. Got {constant!r} in {rule!r}, where column"
            f" {cells.name!r} has cells such as {known[0]!r}."
        )


def check_no_text(rule: str, cells: pd.Series) -> None:
    """Raise an error where cells that are put in order are text, which is compared letter by letter."""
    known = pd.unique(cells.dropna()).tolist()
    if any(isinstance(cell, str) for cell in known):
        text = next(cell for cell in known if isinstance(cell, str))
        raise ValueError(
            "`constraints` must put numbers, dates, durations or ordered categories in order, not text. Got"
            f" {rule!r}, where column {cells.name!r} has text such as {text!r}: convert it by `pd.to_numeric` or"
            " `pd.to_datetime`, or make it an ordered category."
        )


def decimals_of(cells: pd.Series) -> int | None:
    """How many decimals the cells of a column have that is computed."""
    if cells.dtype.kind not in "iuf":
        raise ValueError(f"`constraints` compute columns of numbers. Got {cells.dtype} in column {cells.name!r}.")
    return count_decimals(as_floats(cells.dropna()), cells.dtype)


def with_cells(cells: pd.Series, values: NDArray[np.float64], present: NDArray[np.bool_]) -> pd.Series:
    """Cells with numbers in some rows, in their own dtype."""
    new = pd.Series(values[present], index=cells.index[present])
    convert = partial(pd.Series.astype, dtype=cells.dtype)
    cells = cells.copy()
    cells.loc[present] = convert(new.round() if cells.dtype.kind in "iu" else new).array
    return cells


def decoded(encoder: TableEncoder, constraints: Constraints | None, rows: NDArray[Any]) -> Table:
    """The table of encoded rows, with the columns that constraints compute, and those that these determine."""
    table = encoder.decode(rows)
    if constraints is None:
        return table
    table = encoder.follow_dependences(constraints.complete(table), constraints.computed)
    return constraints.complete(table)
