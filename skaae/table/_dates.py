"""Columns of dates, times and durations as columns of numbers and categories, their *parts*; and back.

A date is its position in time, which is encoded within the range of the training rows: what comes later is encoded as
their end. What recurs is a part of its own, where it varies and the training rows show it twice at least: the time of
day, the day of the week, the season. Dates of a row after the first are also encoded as the gap to the first.

Decoded dates are days and times that training rows had, or could have had: of those at the decoded time of day and on
the decoded day of the week, that nearest to the decoded position, or to the first date and the gap. Where one date was
never before another in training rows, it is not in decoded ones.
"""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ._date_formats import MISSING, DateFormat, Ticks

__all__ = ["DateColumn", "Gap"]

DAY_NAMES = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
EPOCH_WEEKDAY = 3  # of 1970-01-01, a Thursday
DAY_SECONDS, WEEK_DAYS, YEAR_DAYS = 86_400, 7, 365.2425
MAX_PERIODS = 5  # of coarse positions: of many, the last has too few rows to be like those that follow
MIN_PERIODS = 2  # of the training range, from which on what recurs is a part
MIN_WEEKDAY_ROWS, MIN_WEEKDAY_DATES = 50, 11  # from which on a day of the week that did not occur is strange
MAX_WEEKDAY_SHIFT = 4  # days that a decoded date is moved by to a decoded day of the week
MAX_UNEVENNESS = 0.1  # total variation distance of weekdays from even ones, up to which gaps count for more
MAX_MONTH_DAYS, MIN_MONTH_DATES, MIN_MONTH_SPAN = 3, 6, 62  # by which dates are known to be on few days of months
MIN_MEAN_COUNT = 3  # of distinct days, from which on they are days to round to
MAX_GRID_DAYS = 200_000  # that decoded days are looked for among


class DateColumn:
    """Creates the parts of one column's training cells.

    With ``with_cycles``, times of the day are points on a circle; otherwise numbers, which are decoded more exactly.
    With ``seen``, decoded days are those of training rows if these repeat. With ``coarse``, positions are periods of
    time in which all that recurs did, so that rows of the last period are like those that follow.

    Attributes
    ----------
    format : DateFormat
        How cells are written.
    low, high, origin : int
        The range of the cells, in units of the format; and what positions are distances from.
    clock, clock_step : int
        The earliest time of day, and the largest step from it to all others, 0 if there are none.
    weekdays, weekday_shares : ndarray
        The days of the week that occur, from Monday, 0, and how often they do.
    gap : Gap or None
        The gaps to another column.
    """

    def __init__(self, cells: pd.Series, kind: str, with_cycles: bool, seen: bool, coarse: bool) -> None:
        self.format = DateFormat(cells, kind)
        self.with_cycles, self.coarse = with_cycles, coarse
        self.gap: Gap | None = None
        self.day = DAY_SECONDS * (10**6 if self.format.unit == "us" else 10**9)
        ticks = self.format.read(cells)
        present = ticks[ticks != MISSING] if (ticks != MISSING).any() else np.zeros(1, np.int64)
        self.low, self.high = int(present.min()), int(present.max())
        self.origin = self.low
        days, clock = np.divmod(self.format.to_wall(present), self.day)
        self.clock, self.clock_step = int(clock.min()), common_step(clock)
        is_date = kind == "date"
        self.has_clock = is_date and self.clock_step > 0 and self.high - self.low >= MIN_PERIODS * self.day
        in_days = is_date and (self.has_clock or not self.clock_step)
        self.step = self.day if in_days else common_step(present) or 1
        self._set_days(days, is_date, seen)

    def _set_days(self, days: Ticks, is_date: bool, seen: bool) -> None:
        """The days of the week, of the month, or at all, on which dates can be."""
        distinct, counts = np.unique(days, return_counts=True)
        span = int(distinct[-1] - distinct[0])
        weekday_counts = np.bincount(weekday(distinct), counts, minlength=WEEK_DAYS)
        self.weekdays, self.day_step = np.flatnonzero(weekday_counts), common_step(distinct) or 1
        self.weekday_shares = weekday_counts[self.weekdays] / len(days)
        self.is_uneven = float(np.abs(weekday_counts / len(days) - 1 / WEEK_DAYS).sum() / 2) > MAX_UNEVENNESS
        self.has_season = is_date and span >= MIN_PERIODS * YEAR_DAYS
        is_long = len(days) >= MIN_WEEKDAY_ROWS and len(distinct) >= MIN_WEEKDAY_DATES
        self.has_weekday = is_date and is_long and len(self.weekdays) > 1 and span >= MIN_PERIODS * WEEK_DAYS
        self.allowed_days = distinct if seen and len(distinct) <= len(days) / MIN_MEAN_COUNT else np.empty(0, np.int64)
        is_monthly = len(distinct) >= MIN_MONTH_DATES and span >= MIN_MONTH_SPAN
        month_days = np.unique(days_of_month(distinct))
        self.month_days = month_days if is_monthly and len(month_days) <= MAX_MONTH_DAYS else np.empty(0, np.int64)
        self.is_month_end = is_monthly and bool((days_of_month(distinct + 1) == 1).all())

    def names(self) -> list[str]:
        """Names of the parts, each after that of the column; empty for its position."""
        if self.format.kind == "time" and self.with_cycles:
            return ["sin", "cos"]
        clock = ["time_sin", "time_cos"] if self.with_cycles else ["time"]
        return [
            "",
            *(clock if self.has_clock else []),
            *["weekday"] * self.has_weekday,
            *(["season_sin", "season_cos"] if self.has_season else []),
            *["gap"] * (self.gap is not None),
        ]

    def encode(self, cells: pd.Series, first: Ticks | None, within_range: bool) -> list[Any]:
        """The cells of the parts; where one is missing, so are the first part and the day of the week.

        Positions are ``within_range`` of the training rows, or as far off as they are.
        """
        cell_ticks = self.format.read(cells)
        missing = cell_ticks == MISSING
        ticks = np.where(missing, self.low, cell_ticks)
        if self.format.kind == "time" and self.with_cycles:
            sin, cos = cycle(ticks / self.day)
            return [np.where(missing, np.nan, sin), cos]
        is_clipped = within_range and self.format.kind == "date"
        position = (self._within_periods(ticks.clip(self.low, self.high)) if is_clipped else ticks) - self.origin
        parts: list[Any] = [np.where(missing, np.nan, position / self.step)]
        if self.has_clock or self.has_weekday or self.has_season:
            days, clock = np.divmod(self.format.to_wall(ticks), self.day)
            clock[missing] = self.clock
            if self.has_clock:
                steps = (clock - self.clock) / max(1, self.clock_step)
                parts += cycle(clock / self.day) if self.with_cycles else [steps]
            if self.has_weekday:
                parts.append(pd.Categorical.from_codes(np.where(missing, -1, weekday(days)), DAY_NAMES))
            parts += cycle(days / YEAR_DAYS) if self.has_season else []
        if self.gap is not None and first is not None:
            parts.append(self.gap.encode(cell_ticks, first))
        return parts

    def decode(self, parts: list[Any], first: Ticks | None = None) -> Ticks:
        """Dates as the format reads them, of their parts and the first date of each row."""
        of = dict(zip(self.names(), parts, strict=True))
        if self.format.kind == "time" and self.with_cycles:
            clock = self._round_clock(angle(of["sin"], of["cos"]) * self.day) % self.day
            return self._within_range(clock, np.isnan(of["sin"]))
        missing = np.isnan(of[""])
        position = np.where(missing, 0, of[""])
        if self.format.kind != "date":
            return self._within_range(self.origin + rounded(position, self, self.step) * self.step, missing)
        ticks = self.origin + rounded(position * self.step, self)
        has_gap = np.zeros(len(ticks), bool)
        if self.gap is not None and first is not None:
            has_gap = ~np.isnan(of["gap"]) & (first != MISSING)
            ticks = np.where(has_gap, first + self.gap.decode(np.where(has_gap, of["gap"], 0)), ticks)
        return self._within_range(self._place(ticks.clip(self.low, self.high), of, has_gap), missing)

    def with_range_of(self, cells: pd.Series) -> DateColumn:
        """A copy with the range of other cells, if some are not missing."""
        column, ticks = copy(self), self.format.read(cells)
        present = ticks[ticks != MISSING]
        if len(present):
            column.low, column.high = int(present.min()), int(present.max())
            days = weekday(self.format.to_wall(present) // self.day)
            counts = np.bincount(days, minlength=WEEK_DAYS)[self.weekdays]
            column.weekday_shares = counts / max(1, counts.sum())
        return column

    def not_before(self, ticks: Ticks, earliest: Ticks) -> Ticks:
        """Dates, those before the earliest moved to the next that can be, as late in the day as they were."""
        is_early = (ticks != MISSING) & (ticks < earliest)
        if not is_early.any():
            return ticks
        own, least = ticks[is_early], earliest[is_early]
        moved = least
        if self.gap is None or self.gap.spread >= MIN_PERIODS * self.day:
            clock = self.format.to_wall(own) % self.day
            days = -((clock - self.format.to_wall(least)) // self.day)
            grid = self._grid()
            if len(grid):
                days = grid[np.searchsorted(grid, days).clip(max=len(grid) - 1)]
            moved = self.format.from_wall(days * self.day + clock, own)
            moved = np.where((moved < least) | (moved > self.high), least, moved)
        ticks = ticks.copy()
        ticks[is_early] = moved.clip(max=self.high)
        return ticks

    def _within_periods(self, ticks: Ticks) -> Any:
        """The middle of the period of time that each date is in, if positions are coarse."""
        if not self.coarse:
            return ticks
        n_days = YEAR_DAYS if self.has_season else MIN_PERIODS * (WEEK_DAYS if self.has_weekday else self.has_clock)
        n_periods = int((self.high - self.low) / (n_days * self.day)) if n_days else 1
        n_periods = min(max(1, n_periods), MAX_PERIODS)
        width = max(1, self.high - self.low) / n_periods
        return self.low + (((ticks - self.low) // width).clip(max=n_periods - 1) + 0.5) * width

    def _place(self, ticks: Ticks, of: dict[str, Any], has_gap: NDArray[np.bool_]) -> Ticks:
        """The dates nearest to others that have the decoded time of day, and day of the week.

        Where a date follows from a gap that is short, it has the time, or the day, that follows from it.
        """
        wall = self.format.to_wall(ticks)
        clock = self._round_clock(wall % self.day)
        spread = 0 if self.gap is None else self.gap.spread
        if self.has_clock:
            decoded = (
                angle(of["time_sin"], of["time_cos"]) * self.day if self.with_cycles else self._clock_of(of["time"])
            )
            keeps_clock = has_gap & (spread < MIN_PERIODS * self.day)
            clock = np.where(keeps_clock, clock, self._round_clock(decoded) % self.day)
        days = np.rint((wall - clock) / self.day).astype(np.int64)
        grid = self._grid()
        if len(grid):
            days = nearest(grid, days)
        if len(grid) and self.has_weekday and self._is_dense():
            keeps_weekday = has_gap & (spread < MIN_PERIODS * WEEK_DAYS * self.day) & (not self.is_uneven)
            days = self._on_weekdays(days, grid, np.where(keeps_weekday, -1, of["weekday"].codes))
        return self.format.from_wall(days * self.day + clock, ticks)

    def _on_weekdays(self, days: Ticks, grid: Ticks, weekdays: NDArray[Any]) -> Ticks:
        """The nearest days of the grid on these days of the week, where they are near; -1 for none."""
        for code in self.weekdays:
            rows = np.flatnonzero(weekdays == code)
            moved = nearest(grid[weekday(grid) == code], days[rows])
            is_near = np.abs(moved - days[rows]) <= MAX_WEEKDAY_SHIFT
            days[rows[is_near]] = moved[is_near]
        return days

    def _is_dense(self) -> bool:
        """Whether dates can be on any day of the month."""
        return self.day_step == 1 and not self.is_month_end and not len(self.month_days)

    def _grid(self) -> Ticks:
        """The days that decoded dates can be on, in ascending order; none if they are too many."""
        if len(self.allowed_days):
            return self.allowed_days
        low, high = self.format.to_wall(np.array([self.low, self.high])) // self.day
        if high - low > MAX_GRID_DAYS:
            return np.empty(0, np.int64)
        grid = np.arange(low, high + 1, self.day_step)
        if self.is_month_end:
            return np.asarray(grid[days_of_month(grid + 1) == 1])
        if len(self.month_days):
            return np.asarray(grid[np.isin(days_of_month(grid), self.month_days)])
        return np.asarray(grid[np.isin(weekday(grid), self.weekdays)])

    def _clock_of(self, steps: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(self.clock + np.rint(steps) * self.clock_step).clip(0, self.day - 1)

    def _round_clock(self, clock: NDArray[Any]) -> Ticks:
        """Times of the day that are whole steps from the earliest."""
        step = self.clock_step
        return np.asarray(self.clock + (np.rint((clock - self.clock) / step) * step if step else 0 * clock), np.int64)

    def _within_range(self, ticks: Ticks, missing: NDArray[np.bool_]) -> Ticks:
        return np.where(missing, MISSING, ticks.clip(self.low, self.high))


class Gap:
    """Creates the distances of dates from the first date of their rows, in steps of all of them.

    Attributes
    ----------
    low, high : int
        The range of the gaps, in units.
    step : int
        The largest step from the smallest to all others.
    spread : float
        From the 5th to the 95th percentile.
    """

    def __init__(self, gaps: Ticks) -> None:
        self.low, self.high = int(gaps.min()), int(gaps.max())
        self.origin, self.step = self.low, common_step(gaps) or 1
        low, high = np.percentile(gaps, (5, 95))
        self.spread = float(high - low)

    def with_range_of(self, gaps: Ticks) -> Gap:
        """A copy with the range of other gaps, if there are some."""
        gap = copy(self)
        if len(gaps):
            gap.low, gap.high = int(gaps.min()), int(gaps.max())
        return gap

    def encode(self, ticks: Ticks, first: Ticks) -> NDArray[np.float64]:
        """Gaps, NaN where one of the two dates is missing."""
        missing = (ticks == MISSING) | (first == MISSING)
        gaps = np.where(missing, 0, ticks) - np.where(missing, 0, first)
        return np.where(missing, np.nan, (gaps - self.origin) / self.step)

    def decode(self, steps: NDArray[np.float64]) -> Ticks:
        """Gaps in units, within the range of the training rows."""
        return (self.origin + rounded(steps, self, self.step) * self.step).clip(self.low, self.high)


def rounded(position: NDArray[np.float64], column: DateColumn | Gap, step: int = 1) -> Ticks:
    """Positions in steps from the origin as whole numbers, those beyond the range at its ends."""
    low, high = ((end - column.origin) / step for end in (column.low, column.high))
    whole: Ticks = np.rint(position.clip(low, high)).astype(np.int64)
    return whole


def common_step(values: Ticks) -> int:
    """The largest number of which all distances between integers are multiples; 0 if they are equal."""
    return int(np.gcd.reduce(np.unique(values) - values.min()))


def weekday(days: Ticks) -> Ticks:
    """Days of the week of days since 1970, from Monday, 0."""
    return (days + EPOCH_WEEKDAY) % WEEK_DAYS


def days_of_month(days: Ticks) -> Ticks:
    """Days of the month of days since 1970, from 1."""
    dates = days.view("M8[D]")
    return np.asarray((dates - dates.astype("M8[M]").astype("M8[D]")).astype(np.int64) + 1)


def nearest(grid: Ticks, days: Ticks) -> Ticks:
    """The nearest of days in ascending order."""
    return np.asarray(grid[np.searchsorted((grid[1:] + grid[:-1]) / 2, days)])


def cycle(turns: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Sine and cosine of turns of a circle."""
    return [np.sin(2 * np.pi * turns), np.cos(2 * np.pi * turns)]


def angle(sin: NDArray[np.float64], cos: NDArray[np.float64]) -> NDArray[np.float64]:
    """The turn of a circle, from 0 to 1, that sine and cosine have."""
    return np.asarray(np.arctan2(np.nan_to_num(sin), np.nan_to_num(cos)) / (2 * np.pi) % 1)
