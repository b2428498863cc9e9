"""Dates and times in text, in forms of ISO 8601.

The form of text is the text with 0 in place of each digit.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["MISSING", "Ticks", "form_of", "match_form", "offset_of", "parse", "zone_text"]

Ticks: TypeAlias = NDArray[np.int64]  # of a micro- or nanosecond each
MISSING = np.iinfo(np.int64).min  # as in numpy's NaT
CLOCK = r"00:00(?::00(?P<{}>[.,]0{{1,9}})?)?"
FORM = re.compile(
    rf"(?P<date>0000-00(?:-00)?|0{{8}})(?:(?P<separator>[T ])(?P<clock>{CLOCK.format('fraction')})"
    rf"(?P<zone>Z|[+-]00(?::?00)?)?)?|(?P<time>{CLOCK.format('time_fraction')})"
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
    elif groups["date"] == "00000000":
        low, high = YEARS_OF_EIGHT_DIGITS
        is_year = [low <= int(part[:4]) <= high for part in parts]
        parts = [f"{p[:4]}-{p[4:6]}-{p[6:]}" if known else "" for p, known in zip(parts, is_year, strict=True)]
    try:
        ticks = np.array(parts, f"M8[{unit}]").astype(np.int64)
    except ValueError:
        if len(texts) == 1:
            return np.array([MISSING])
        return np.concatenate([parse(half, form, unit) for half in np.array_split(texts, 2)])
    offsets = [offset_of(text[len(text) - zone :]) for text in texts] if zone else [0]
    return np.where(ticks == MISSING, MISSING, ticks - np.array(offsets) * (10**6 if unit == "us" else 10**9))


def offset_of(zone: str) -> int:
    """Seconds that a time zone in text is ahead of UTC."""
    if zone in {"", "Z"}:
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    return (-1 if zone[0] == "-" else 1) * (3600 * int(digits[:2]) + 60 * int(digits[2:]))
