"""Tables with columns of dates, in whose place are their parts; and back. Tables without dates stay as they are."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ._calendar import find_calendar_parts
from ._date_formats import MISSING, DateFormat, Ticks, date_kind
from ._dates import DateColumn, Gap

__all__ = ["DateParts"]


class DateParts:
    """Creates what takes a table's dates apart, and puts them together.

    Parameters
    ----------
    table : DataFrame, or ndarray without dates
        Training rows.
    kinds : dict of int to {"date", "time", "duration"}
        What the columns at some indices are.
    with_cycles, seen, coarse : bool
        How dates are encoded and decoded, as `DateColumn` says.
    with_gaps : bool
        Whether dates after the first are also encoded as gaps.

    Attributes
    ----------
    columns : dict of int to DateColumn
        The columns of dates, times and durations by their indices.
    first : dict of int to int
        The column that the gaps of another are to.
    orders : list of tuple of three ints
        The columns of dates that were never before another, that other, and the least gap between both.
    calendar : list of CalendarPart
        What dates determine of columns that are no dates.
    sources : list of int
        The column that each column of the table with parts comes from.
    """

    def __init__(
        self, table: pd.DataFrame, kinds: dict[int, str], with_cycles: bool, seen: bool, coarse: bool, with_gaps: bool
    ) -> None:
        self.columns = {
            index: DateColumn(table.iloc[:, index], kind, with_cycles, seen, coarse) for index, kind in kinds.items()
        }
        self.first: dict[int, int] = {}
        ticks = self._read(table)
        for position, index in enumerate(ticks):
            for first in list(ticks)[:position] if with_gaps else ():
                gaps = differences(ticks[index], ticks[first])
                if first not in self.first and self._is_comparable(first, index) and len(gaps):
                    self.columns[index].gap, self.first[index] = Gap(gaps), first
                    break
        self.orders = self._find_orders(ticks)
        self.calendar = find_calendar_parts(table, ticks, self._formats())
        names = {index: column.names() for index, column in self.columns.items()}
        self.sources = [index for index in range(table.shape[1]) for _ in names.get(index, [""])]
        self.names = [name for index in range(table.shape[1]) for name in names.get(index, [""])]

    @classmethod
    def find(
        cls, table: Any, among: NDArray[np.bool_], scaling: str | None, rounding: bool | str, keep_missing: bool
    ) -> DateParts:
        """The dates among some columns of a table. Parameters are those of `TableEncoder`."""
        indices = np.flatnonzero(among).tolist() if isinstance(table, pd.DataFrame) else []
        kinds = {index: date_kind(table.iloc[:, index]) for index in indices}
        dates = {index: kind for index, kind in kinds.items() if kind is not None}
        with_cycles, seen, coarse = scaling != "quantile", rounding == "seen", scaling == "clip"
        return cls(table, dates, with_cycles, seen, coarse, with_gaps=keep_missing)

    def expand(self, table: pd.DataFrame, within_range: bool = True) -> pd.DataFrame:
        """The table with parts in the place of dates, positions within the range of the training rows, or not."""
        if not self.columns:
            return table
        ticks = self._read(table)
        columns: list[pd.Series] = []
        for index in range(table.shape[1]):
            cells = table.iloc[:, index]
            if index not in self.columns:
                columns.append(cells)
                continue
            parts = self.columns[index].encode(cells, ticks.get(self.first.get(index, -1)), within_range)
            columns += [pd.Series(part, index=table.index, copy=False) for part in parts]
        labels = pd.Index(self.labels(table.columns), dtype=object, tupleize_cols=False)
        return pd.concat(columns, axis=1).set_axis(labels, axis=1)

    def collapse(self, columns: list[Any]) -> list[Any]:
        """Columns of a decoded table, dates put together from their parts."""
        parts: dict[int, list[Any]] = {}
        for index, cells in zip(self.sources, columns, strict=True):
            parts.setdefault(index, []).append(cells)
        ticks: dict[int, Ticks] = {}
        for index, column in self.columns.items():
            first = ticks.get(self.first.get(index, -1))
            ticks[index] = column.decode(parts[index], first)
        for index in sorted(self.columns, key=lambda later: sum(later == order[1] for order in self.orders)):
            for earlier, later, least in self.orders:
                if later == index:
                    is_known = ticks[earlier] != MISSING
                    earliest = np.where(is_known, ticks[earlier] + least, MISSING)
                    ticks[later] = self.columns[later].not_before(ticks[later], earliest)
        written = {index: cells[0] for index, cells in parts.items()}
        written |= {index: column.format.write(ticks[index]) for index, column in self.columns.items()}
        for part in self.calendar:
            form = self.columns[part.date].format
            written[part.target] = part.apply(ticks[part.date], form, written[part.target])
        return [written[index] for index in sorted(written)]

    def follow_dates(self, table: pd.DataFrame, kept: list[int]) -> dict[int, Any]:
        """The cells, by column, that the dates of a table determine, but for columns that are kept."""
        ticks, parts = self._read(table), [part for part in self.calendar if part.target not in kept]
        return {
            part.target: part.apply(ticks[part.date], self.columns[part.date].format, table.iloc[:, part.target].array)
            for part in parts
        }

    def put_in_order(self, table: pd.DataFrame, movable: NDArray[np.bool_]) -> pd.DataFrame:
        """A table in which dates that were never before others are not, if one of both may be moved."""
        ticks = self._read(table) if self.orders else {}
        moved = {index: np.zeros(len(table), np.bool_) for index in ticks}
        for earlier, later, least in self.orders:
            both = (ticks[earlier] != MISSING) & (ticks[later] != MISSING)
            wrong = both & (ticks[later] - least < ticks[earlier])
            for index, limit, is_moved in (
                (later, ticks[earlier] + least, wrong & movable[:, later]),
                (earlier, ticks[later] - least, wrong & movable[:, earlier] & ~movable[:, later]),
            ):
                ticks[index] = np.where(is_moved, limit, ticks[index])
                moved[index] |= is_moved
        if not any(rows.any() for rows in moved.values()):
            return table
        frame = table.copy()
        for index, rows in moved.items():
            cells, written = frame.iloc[:, index].copy(), pd.Series(self.columns[index].format.write(ticks[index]))
            cells.iloc[np.flatnonzero(rows)] = written.to_numpy(dtype=object)[rows]
            frame.isetitem(index, cells)
        return frame

    def in_order(self, table: pd.DataFrame) -> NDArray[np.bool_]:
        """In which rows of a table no date is before another that it never was before."""
        ticks, holds = self._read(table) if self.orders else {}, np.ones(len(table), np.bool_)
        for earlier, later, least in self.orders:
            both = (ticks[earlier] != MISSING) & (ticks[later] != MISSING)
            holds &= ~both | (ticks[later] - least >= ticks[earlier])
        return holds

    def with_ranges_of(self, table: pd.DataFrame) -> DateParts:
        """A copy with the ranges of other rows."""
        dates, ticks = copy(self), self._read(table)
        dates.columns = {index: column.with_range_of(table.iloc[:, index]) for index, column in self.columns.items()}
        for index, first in self.first.items():
            gap = self.columns[index].gap
            assert gap is not None
            dates.columns[index].gap = gap.with_range_of(differences(ticks[index], ticks[first]))
        dates.calendar = find_calendar_parts(table, ticks, self._formats())
        dates.orders = [
            order for order in self._find_orders(ticks) if order[:2] in {known[:2] for known in self.orders}
        ]
        return dates

    def labels(self, names: Any) -> list[Any]:
        """Names of the columns of a table with parts: those of the table, followed by those of the parts."""
        pairs = zip(self.sources, self.names, strict=True)
        return [f"{names[index]}_{name}" if name else names[index] for index, name in pairs]

    def is_part(self) -> NDArray[np.bool_]:
        """Which columns of a table with parts are parts."""
        return np.isin(self.sources, list(self.columns))

    def any_part(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Cells of which a part is in a mask; gaps do not count, which are missing where another date is."""
        if not self.columns:
            return mask
        n_columns = self.sources[-1] + 1
        counted = np.array(self.names) != "gap"
        return np.asarray(mask[:, counted] @ np.eye(n_columns, dtype=np.bool_)[np.array(self.sources)[counted]])

    def weekday_shares(self) -> dict[int, NDArray[np.float64]]:
        """How often training rows had each day of the week, by the columns of a table with parts."""
        parts = enumerate(zip(self.sources, self.names, strict=True))
        return {part: self.columns[index].weekday_shares for part, (index, name) in parts if name == "weekday"}

    def positions(self) -> NDArray[np.bool_]:
        """Which columns of a table with parts are positions in time."""
        is_date = [index in self.columns and self.columns[index].format.kind == "date" for index in self.sources]
        return np.asarray(np.array(is_date) & (np.array(self.names) == ""))

    def _read(self, table: pd.DataFrame) -> dict[int, Ticks]:
        """The instants of the columns of dates."""
        return {index: form.read(table.iloc[:, index]) for index, form in self._formats().items()}

    def _formats(self) -> dict[int, DateFormat]:
        """How the columns of dates are written, times and durations aside."""
        return {index: column.format for index, column in self.columns.items() if column.format.kind == "date"}

    def _is_comparable(self, index: int, other: int) -> bool:
        """Whether instants of both columns are counted alike."""
        formats = self.columns[index].format, self.columns[other].format
        return formats[0].unit == formats[1].unit and (formats[0].zone is None) == (formats[1].zone is None)

    def _find_orders(self, ticks: dict[int, Ticks]) -> list[tuple[int, int, int]]:
        orders = []
        for earlier in ticks:
            for later in ticks:
                if earlier != later and self._is_comparable(earlier, later):
                    gaps = differences(ticks[later], ticks[earlier])
                    if len(gaps) and gaps.min() >= 0 and (gaps.any() or earlier < later):
                        orders.append((earlier, later, int(gaps.min())))
        return orders


def differences(ticks: Ticks, first: Ticks) -> Ticks:
    """The distances of dates from others, where both are there."""
    present = (ticks != MISSING) & (first != MISSING)
    return np.asarray(ticks[present] - first[present])
