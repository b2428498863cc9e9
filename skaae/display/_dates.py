"""Dates, times and durations in pictures: as numbers on axes that say them as dates."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..table import date_kind, dates_as_numbers
from ._format import format_tick

if TYPE_CHECKING:
    from matplotlib.axis import Axis

__all__ = ["date_kind_of", "dates_as_floats", "format_axis", "number_format"]

SECONDS = {"date": 86_400.0, "time": 3600.0, "duration": 3600.0}  # of a unit on an axis: days, hours, hours
FIRST_YEAR = 1970  # from which numpy counts
LONG_HOURS = 72  # from which on durations are in days
MIN_TICKS, MAX_STEPS = 2, 100
STEPS: dict[str, list[int]] = {  # between ticks, the largest first
    "Y": [5 * 10**n for n in range(6, -1, -1)] + [2, 1],
    "M": [6, 3, 1],
    "D": [14, 7, 2, 1],
    "h": [12, 6, 1],
    "m": [30, 10, 1],
    "s": [30, 10, 1],
}


def date_kind_of(cells: pd.Series) -> str | None:
    """What cells are: "date", "time", "duration", or None if they are numbers or categories."""
    try:
        return date_kind(cells)
    except ValueError:  # of text of which some is no date
        return None


def dates_as_floats(cells: pd.Series, kind: str) -> NDArray[np.float64]:
    """Dates as days since 1970, times and durations as hours; NaN where they are missing."""
    return np.asarray(dates_as_numbers(cells, kind)) / SECONDS[kind]


def number_format(kind: str | None, values: NDArray[np.float64]) -> Callable[..., str]:
    """What writes numbers of a kind like some others, on an axis or beside a bar."""
    if kind == "date":
        whole = np.array_equal(values, values.round())
        return lambda days, _=None: format_date(days, with_time=not whole)
    if kind == "time":
        return lambda hours, _=None: f"{int(hours) % 24:02d}:{round(hours % 1 * 60) % 60:02d}"
    if kind == "duration":
        in_days = bool(np.abs(values).max(initial=0.0) >= LONG_HOURS)
        return lambda hours, _=None: f"{hours / 24:.3g} d" if in_days else f"{hours:.3g} h"
    return format_tick


def format_date(days: float, *, with_time: bool) -> str:
    """Days since 1970 as a date, and a time of the day where others have one."""
    second = np.datetime64(round(days * SECONDS["date"]), "s")
    return str(second)[:-3].replace("T", " ") if with_time else str(second.astype("M8[D]"))


def format_axis(axis: Axis, kind: str | None, values: NDArray[np.float64]) -> None:
    """Has an axis of numbers of a kind, which some are on, written as such."""
    if kind == "date":
        ticks = date_ticks(float(values.min()), float(values.max()))
        axis.set_ticks(list(ticks), labels=list(ticks.values()))
    else:
        axis.set_major_formatter(number_format(kind, values))


def date_ticks(low: float, high: float) -> dict[float, str]:
    """Round dates between two, in days since 1970, and how they are written."""
    ends = np.rint(np.array([low, high]) * SECONDS["date"]).astype(np.int64).view("M8[s]")
    ticks: dict[float, str] = {}
    for unit, steps in STEPS.items():
        origin = FIRST_YEAR * (unit == "Y")
        first, last = ends.astype(f"M8[{unit}]").astype(np.int64) + origin
        for step in steps:
            if last - first > MAX_STEPS * step:
                continue
            dates = (np.arange(-(-first // step) * step, last + 1, step) - origin).view(f"M8[{unit}]")
            days = [float(date.astype("M8[s]").astype(np.int64) / SECONDS["date"]) for date in dates]
            texts = [str(date).replace("T", " ") for date in dates]
            ticks = {day: text for day, text in zip(days, texts, strict=True) if low <= day <= high}
            if len(ticks) >= MIN_TICKS:
                return ticks
    return ticks or {low: format_date(low, with_time=low != round(low))}
