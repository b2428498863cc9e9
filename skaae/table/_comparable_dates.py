"""Dates, times and durations as dtypes that can be compared and subtracted, however they are written."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from ._date_formats import date_kind, only_zone, to_ticks
from ._date_text import form_of, match_form, parse
from ._duration_text import is_duration, parse_duration

__all__ = ["comparable_times", "duration_of", "with_order"]


def comparable_times(cells: pd.Series) -> pd.Series | None:
    """Dates, times and durations in a dtype of dates or durations, which can be subtracted; None of other cells."""
    if isinstance(cells.dtype, np.dtype | pd.DatetimeTZDtype) and cells.dtype.kind in "mM":
        return cells
    try:
        kind = date_kind(cells)
    except ValueError:  # of text of which some is no date
        return None
    if kind is None:
        return None
    ticks = to_ticks(cells, "us", kind)
    times = pd.Series(ticks.view("M8[us]" if kind == "date" else "m8[us]"), index=cells.index, name=cells.name)
    zone = only_zone(cells) if kind == "date" else None
    return times if zone is None else times.dt.tz_localize("UTC").dt.tz_convert(zone)


def with_order(cells: pd.Series) -> pd.Series:
    """Dates, times and durations in a dtype in which they can be compared; other cells as they are."""
    times = comparable_times(cells)
    return cells if times is None else times


def duration_of(text: str) -> pd.Timedelta:
    """Text as a duration: one of ISO 8601 or of pandas with its unit, weeks, months or years, or a time of the day."""
    if match := re.fullmatch(r"\s*(\d+)\s*(year|month|week)s?\s*", text):  # which pandas does not know
        text = f"P{match[1]}{match[2][0].upper()}"
    if is_duration(text):
        return pd.Timedelta(parse_duration(text, "us"), "us")
    if match_form(form_of(text)).get("time"):
        return pd.Timedelta(int(parse(np.array([text], object), form_of(text), "us")[0]), "us")
    if not any(letter.isalpha() or letter == ":" for letter in text):
        raise ValueError(f"{text!r} has no unit.")
    return pd.Timedelta(text)
