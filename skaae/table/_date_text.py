"""Dates and times in text, in forms of ISO 8601.

The form of text is the text with 0 in place of each digit. Ordinal dates, such as 2024-366, are not read, because they
look like codes.
"""

from __future__ import annotations

import datetime
import re
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["MISSING", "Ticks", "form_of", "match_form", "offset_of", "parse", "write", "zone_text"]

Ticks: TypeAlias = NDArray[np.int64]  # of a micro- or nanosecond each
MISSING = np.iinfo(np.int64).min  # as in numpy's NaT
FORM = re.compile(
    r"(?P<date>0000-00(?:-00)?|0{8}|0000(?P<dash>-?)W00(?:(?P=dash)0)?)"
    r"(?:(?P<separator>[T ])(?P<clock>00(?:(?P<colon>:?)00(?:(?P=colon)00(?P<fraction>[.,]0{1,9})?)?)?)"
    r"(?P<zone>Z|[+-]00(?::?00)?)?)?|(?P<time>00:00(?::00(?P<time_fraction>[.,]0{1,9})?)?)"
)
DIGITS = str.maketrans("0123456789", "0" * 10)
YEARS_OF_EIGHT_DIGITS = (1900, 2100)  # in which text of eight digits is a date


def form_of(text: Any) -> str:
    """The text with 0 in place of each digit."""
    return str(text).translate(DIGITS)


@lru_cache(maxsize=256)
def match_form(form: str) -> dict[str, str | None]:
    """The parts of a form; none if it is none of ISO 8601."""
    match = FORM.fullmatch(form)
    return {} if match is None else match.groupdict()


def zone_text(cell: Any) -> str:
    """The time zone at the end of text, empty if there is none."""
    groups = match_form(form_of(cell))
    return str(cell)[-len(groups["zone"]) :] if groups and groups["zone"] else ""


def parse(texts: NDArray[np.object_], form: str, unit: str) -> Ticks:
    """Text in one form as numbers of units, `MISSING` where there is no such day or time."""
    groups = match_form(form)
    zone = len(groups["zone"] or "")
    parts = [text[: len(text) - zone].replace(",", ".") for text in texts]
    if groups["time"]:
        parts = [f"1970-01-01T{part}" for part in parts]
    elif groups["colon"] == "" or not (groups["date"] or "").startswith("0000-00"):
        parts = [extended(part, groups) for part in parts]
    try:
        dates = np.array(parts, f"M8[{unit}]")
    except ValueError:
        if len(texts) == 1:
            return np.array([MISSING])
        return np.concatenate([parse(half, form, unit) for half in np.array_split(texts, 2)])
    if unit == "ns":
        wrapped = (dates.astype("M8[s]") != np.array(parts, "M8[s]")) & ~np.isnat(dates)
        if wrapped.any():
            raise ValueError(
                f"Dates with nanoseconds must be between the years 1678 and 2262. Got {texts[int(wrapped.argmax())]!r}:"
                " have them in microseconds."
            )
    ticks = dates.astype(np.int64)
    offsets = [offset_of(text[len(text) - zone :]) for text in texts] if zone else [0]
    return np.where(ticks == MISSING, MISSING, ticks - np.array(offsets) * (10**6 if unit == "us" else 10**9))


def extended(text: str, groups: dict[str, str | None]) -> str:
    """A date, and its time if it has one, as numpy reads it; empty if there is no such day."""
    width = len(groups["date"] or "")
    date, clock = text[:width], text[width:]
    if "W" in date:
        digits = date.replace("-", "")
        year, week, weekday = int(digits[:4]), int(digits[5:7]), int(digits[7:] or 1)
        try:
            date = datetime.date.fromisocalendar(year, week, weekday).isoformat()
        except ValueError:
            return ""
    elif groups["date"] == "00000000":
        low, high = YEARS_OF_EIGHT_DIGITS
        if not low <= int(date[:4]) <= high:
            return ""
        date = f"{date[:4]}-{date[4:6]}-{date[6:]}"
    if groups["colon"] == "":
        clock = f"{clock[:3]}:{clock[3:5]}:{clock[5:]}".rstrip(":")
    return date + clock


def write(wall: NDArray[np.datetime64], form: str, zone: str, omits_zero_fraction: bool) -> NDArray[np.object_]:
    """Times that a clock shows as text in a form, followed by a time zone; those that are missing as any text."""
    groups = match_form(form)
    text = pd.Series(np.datetime_as_string(wall, unit="ns"), dtype=object)
    date, clock, date_form = text.str[:-19], text.str[-18:], groups["date"] or ""
    if "W" in date_form:
        date = pd.Series(week_dates(wall, date_form), dtype=object)
    elif date_form == "0000-00":
        date = date.str[:-3]
    elif date_form == "00000000":
        date = date.str.replace("-", "")
    pattern = groups["clock"] or groups["time"] or ""
    if not pattern:
        return np.asarray(date, object)
    fraction = groups["fraction"] or groups["time_fraction"] or ""
    n_digits = pattern.count("0") - fraction.count("0")
    shown = clock.str[: n_digits + n_digits // 2 - 1]
    shown = shown.str.replace(":", "") if groups["colon"] == "" else shown
    shown = shown + fraction[0] + clock.str[9 : 8 + len(fraction)] if fraction else shown
    if omits_zero_fraction:
        shown = shown.str.replace(r"[.,]0+$", "", regex=True)
    return np.asarray(shown if groups["time"] else date + groups["separator"] + shown + zone, object)


def week_dates(wall: NDArray[np.datetime64], form: str) -> list[str]:
    """Days as a year, its week, and the day of that if the form has one."""
    dash, has_day = "-" * form.startswith("0000-"), form.replace("-", "").endswith("W000")
    present = np.where(np.isnat(wall), np.datetime64(0, "us"), wall)  # what is missing is written as such later
    days = [day.isocalendar() for day in present.astype("M8[D]").astype(object)]
    return [f"{day.year:04d}{dash}W{day.week:02d}" + f"{dash}{day.weekday}" * has_day for day in days]


def offset_of(zone: str) -> int:
    """Seconds that a time zone in text is ahead of UTC."""
    if zone in {"", "Z"}:
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    return (-1 if zone[0] == "-" else 1) * (3600 * int(digits[:2]) + 60 * int(digits[2:]))
