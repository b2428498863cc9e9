"""Durations in text: those of ISO 8601, such as P3DT4H and PT15M, and pandas' own, such as 1 days 02:00:00.

A year has 365.2425 days and a month a twelfth of that, so that durations of months come back as such.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ._date_text import MISSING, Ticks

__all__ = ["DurationForm", "is_duration", "parse_duration"]

NUMBER = r"-?\d+(?:[.,]\d{1,9})?"
ISO = re.compile(
    rf"(?P<sign>-?)P(?=.*\d)(?:(?P<years>{NUMBER})Y)?(?:(?P<months>{NUMBER})M)?(?:(?P<weeks>{NUMBER})W)?"
    rf"(?:(?P<days>{NUMBER})D)?(?:T(?=.*\d)(?:(?P<hours>{NUMBER})H)?(?:(?P<minutes>{NUMBER})M)?"
    rf"(?:(?P<seconds>{NUMBER})S)?)?"
)
WORDS = re.compile(r"(?P<days>-?\d+) days?(?: \+?(?P<hours>\d\d):(?P<minutes>\d\d):(?P<seconds>\d\d(?:\.\d{1,9})?))?")
UNITS = {  # seconds, and the letter that follows the number
    "years": (31_556_952, "Y"),
    "months": (2_629_746, "M"),
    "weeks": (604_800, "W"),
    "days": (86_400, "D"),
    "hours": (3600, "H"),
    "minutes": (60, "M"),
    "seconds": (1, "S"),
}
CLOCK_UNITS = ("hours", "minutes", "seconds")


def is_duration(text: str) -> bool:
    """Whether text is one duration."""
    return match_duration(text) is not None


def match_duration(text: str) -> re.Match[str] | None:
    """The parts of a duration in text."""
    return ISO.fullmatch(text) or WORDS.fullmatch(text)


def parse_duration(text: str, unit: str) -> int:
    """A duration in text as a number of units."""
    match = match_duration(text)
    assert match is not None
    numbers = {name: number for name, number in match.groupdict().items() if name in UNITS and number}
    seconds = sum(Fraction(number.replace(",", ".")) * UNITS[name][0] for name, number in numbers.items())
    ticks = round(seconds * ticks_of_second(unit))
    if abs(ticks) >= -MISSING:
        raise ValueError(
            f"Durations must be shorter than {-MISSING // ticks_of_second(unit) // UNITS['years'][0]:,} years"
            f"{' if some have nanoseconds' if unit == 'ns' else ''}. Got {text!r}."
        )
    return -ticks if match.groupdict().get("sign") else ticks


def ticks_of_second(unit: str) -> int:
    """How many units a second has."""
    return 10**6 if unit == "us" else 10**9


class DurationForm:
    """Creates the form of durations in text: which units they are in, and whether those that are zero are left out.

    Attributes
    ----------
    in_words : bool
        Whether they are written as pandas does, in days and a clock.
    units : list of str
        Names of the units, the longest first.
    omits_zero : bool
        Whether units that are zero are left out.
    zero : str
        How no time at all is written.
    decimals : int
        Of the number of the shortest unit.
    omits_zero_fraction : bool
        Whether cells without a fraction have no decimals.
    comma : bool
        Whether decimals stand after a comma.
    signs_days : bool
        Whether a negative duration has negative days and a positive clock, as pandas has, and no sign of its own.
    """

    def __init__(self, texts: list[str]) -> None:
        matches = [match for text in texts if (match := match_duration(text)) is not None]
        parts = [{name: number for name, number in match.groupdict().items() if number} for match in matches]
        self.in_words = WORDS.fullmatch(texts[0]) is not None
        self.units = [name for name in UNITS if any(name in part for part in parts)]
        self.omits_zero = any(name not in part for part in parts for name in self.units)
        fractions = [re.search(r"[.,]\d+", text) for text in texts]
        self.decimals = max(len(found.group()) - 1 if found else 0 for found in fractions)
        self.omits_zero_fraction = len({len(found.group()) if found else 0 for found in fractions}) > 1
        self.comma = any(found is not None and found.group()[0] == "," for found in fractions)
        self.signs_days = any(part.get("days", "").startswith("-") for part in parts)
        is_zero = [not any(float(part[name].replace(",", ".")) for name in part if name in UNITS) for part in parts]
        first = is_zero.index(True) if any(is_zero) else None
        shortest = self.units[-1]
        default = f"P{'T' * (shortest in CLOCK_UNITS)}0{UNITS[shortest][1]}"
        self.zero = texts[first] if first is not None else default

    def other_form(self, texts: list[str]) -> str | None:
        """The first text that is in words where the first is not, or not where that is."""
        return next((text for text in texts if (WORDS.fullmatch(text) is not None) != self.in_words), None)

    def write(self, ticks: Ticks, unit: str) -> NDArray[np.object_]:
        """Durations as text."""
        written = {tick: "" if tick == MISSING else self._text(tick, unit) for tick in np.unique(ticks).tolist()}
        return np.array([written[tick] for tick in ticks.tolist()], object)

    def _text(self, ticks: int, unit: str) -> str:
        is_signed = ticks < 0 and not (self.in_words or self.signs_days)
        numbers = self._numbers(Fraction(abs(ticks) if is_signed else ticks), unit)
        sign = "-" if is_signed and any(numbers.values()) else ""
        if self.in_words:
            return self._in_words(numbers)
        if self.omits_zero:
            numbers = {name: number for name, number in numbers.items() if number}
        if not numbers:
            return self.zero
        shown = {name: self._number(name, number) + UNITS[name][1] for name, number in numbers.items()}
        clock = "".join(text for name, text in shown.items() if name in CLOCK_UNITS)
        date = "".join(text for name, text in shown.items() if name not in CLOCK_UNITS)
        return f"{sign}P{date}{'T' * bool(clock)}{clock}"

    def _numbers(self, ticks: Fraction, unit: str) -> dict[str, Fraction]:
        """How many of each unit, the longest first, in whole decimals of the shortest."""
        sizes = {name: Fraction(UNITS[name][0] * ticks_of_second(unit)) for name in self.units}
        numbers, rest = {}, ticks
        for name, size in sizes.items():
            numbers[name] = Fraction(rest // size)
            rest -= numbers[name] * size
        shortest = self.units[-1]
        step = sizes[shortest] / 10**self.decimals
        rounded = numbers[shortest] * sizes[shortest] + round(rest / step) * step
        if len(sizes) > 1 and rounded >= sizes[self.units[-2]]:  # as 59.9 minutes are an hour
            return self._numbers(ticks - rest + round(rest / step) * step, unit)
        return {**numbers, shortest: rounded / sizes[shortest]}

    def _in_words(self, numbers: dict[str, Fraction]) -> str:
        days = int(numbers["days"])
        if self.units == ["days"]:
            return f"{days} days"
        clock = ":".join(self._number(name, numbers[name]).rjust(2, "0") for name in CLOCK_UNITS[:2])
        seconds = self._number("seconds", numbers["seconds"])
        whole, point, fraction = seconds.partition(".")
        return f"{days} days {'+' * (days < 0)}{clock}:{whole.rjust(2, '0')}{point}{fraction}"

    def _number(self, name: str, number: Fraction) -> str:
        decimals = self.decimals if name == self.units[-1] else 0
        text = f"{Decimal(int(number * 10**decimals)).scaleb(-decimals):.{decimals}f}"
        if decimals and self.omits_zero_fraction and not (self.in_words and number % 1):
            text = text.rstrip("0").rstrip(".")
        return text.replace(".", ",") if self.comma else text
