"""Columns that say again what a date says: its year, quarter, month, week, day or hour, as numbers or names.

A unit of a date determines a column if equal units go with equal cells in every training row, too many to be so by
chance, as in `_dependences`. In decoded rows the cells are looked up from the decoded date.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ._date_formats import MISSING, DateFormat, Ticks

__all__ = ["CalendarPart", "find_calendar_parts"]

UNITS = (
    "year",
    "quarter",
    "month",
    "week",
    "day",
    "day_of_week",
    "hour",
    "year and month",
)  # the first that fits is taken
MAX_CELLS = 400  # distinct ones of a column that is looked at
N_FIRST_ROWS = 1000  # by which most columns turn out to be independent
MIN_EXPECTED_BREACHES = 20.0  # of rows that would break a rule by chance


@dataclass(eq=False)
class CalendarPart:
    """A map from a unit of a date to the cells of another column.

    Parameters
    ----------
    date, target : int
        Indices of both columns.
    unit : str
        One of `UNITS`.
    keys : ndarray of shape (n_keys,)
        The units of the training rows, in ascending order.
    cells : array of shape (n_keys,)
        The cell that each of them goes with.
    """

    date: int
    target: int
    unit: str
    keys: NDArray[np.int64]
    cells: Any

    def apply(self, ticks: Ticks, form: DateFormat, cells: Any) -> Any:
        """Cells of the target, set to those that dates determine, where both are there."""
        column = pd.Series(cells, copy=True)
        units = units_of(ticks, form, self.unit)
        positions = np.searchsorted(self.keys, units).clip(max=len(self.keys) - 1)
        is_known = (self.keys[positions] == units) & (ticks != MISSING) & column.notna().to_numpy()
        rows = np.flatnonzero(is_known)
        column.iloc[rows] = self.cells.take(positions[rows])
        return column.array


def find_calendar_parts(
    table: pd.DataFrame, ticks: dict[int, Ticks], formats: dict[int, DateFormat]
) -> list[CalendarPart]:
    """What the dates of a table determine of its other columns, each by the first date and unit that does."""
    targets = [index for index in range(table.shape[1]) if index not in formats] if ticks else []
    found = (first_part(table, index, ticks, formats) for index in targets)
    return [part for part in found if part is not None]


def first_part(
    table: pd.DataFrame, target: int, ticks: dict[int, Ticks], formats: dict[int, DateFormat]
) -> CalendarPart | None:
    """The first date and unit that determine a column."""
    try:
        codes, distinct = pd.factorize(table.iloc[:, target])
    except TypeError:  # cells without a hash
        return None
    if not 1 < len(distinct) <= MAX_CELLS:
        return None
    for date, unit, units in units_of_dates(ticks, formats):
        rows = np.flatnonzero((ticks[date] != MISSING) & (codes >= 0))
        if len(rows) and is_map(units[rows[:N_FIRST_ROWS]], codes[rows[:N_FIRST_ROWS]]):
            keys, first = np.unique(units[rows], return_index=True)
            if is_map(units[rows], codes[rows]) and is_no_chance(codes[rows], len(keys)):
                return CalendarPart(date, target, unit, keys, table.iloc[:, target].array.take(rows[first]))
    return None


def units_of_dates(
    ticks: dict[int, Ticks], formats: dict[int, DateFormat]
) -> Iterator[tuple[int, str, NDArray[np.int64]]]:
    """Each date's column, each unit, and the units of the rows."""
    for date, instants in ticks.items():
        for unit in UNITS:
            yield date, unit, units_of(instants, formats[date], unit)


def units_of(ticks: Ticks, form: DateFormat, unit: str) -> NDArray[np.int64]:
    """The year, month, ... of instants where they were written; of missing ones, any."""
    wall = form.to_wall(np.where(ticks == MISSING, 0, ticks)).view(f"M8[{form.unit}]")
    dates = pd.DatetimeIndex(wall)
    if unit == "year and month":
        return np.asarray(12 * dates.year + dates.month, np.int64)
    return np.asarray(dates.isocalendar().week if unit == "week" else getattr(dates, unit), np.int64)


def is_map(units: NDArray[np.int64], codes: NDArray[np.intp]) -> bool:
    """Whether equal units go with equal codes."""
    order = np.lexsort((codes, units))
    same_unit = np.diff(units[order]) == 0
    return bool((np.diff(codes[order])[same_unit] == 0).all())


def is_no_chance(codes: NDArray[np.intp], n_keys: int) -> bool:
    """Whether many rows would break the map if the column were independent of the date."""
    shares = np.bincount(codes) / len(codes)
    return bool((len(codes) - n_keys) * (1 - (shares**2).sum()) >= MIN_EXPECTED_BREACHES)
