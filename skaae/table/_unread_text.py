"""Text of numbers and dates that are written otherwise than they are read, such as "1,5", "12 %" or "31/12/2024".

As categories they have no order, nor have numbers among which some cells are "n/a" or "?". But codes look like numbers,
too: "01234", "A12", "10-20", "3.10". So text is told of only where it can hardly be codes: where it has decimal commas,
a currency or a per cent sign; or many distinct numbers among marks of missing cells.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from typing import Any, NamedTuple

import pandas as pd

from ._date_text import form_of, match_form

__all__ = ["conversion", "warn_of_unread_text"]

N_FIRST_TEXTS, MIN_WITH_DIGITS = 20, 0.5  # by which most columns turn out to hold neither numbers nor dates
MAX_REFUSED_CELLS = 1000  # that are looked at, of a column that is refused
MIN_FRACTION = 0.9  # of the cells that are no marks of missing ones, which have to be numbers, or dates
MAX_TYPOS_FRACTION = 0.01  # of the cells, that are other text among plain numbers
MIN_DATES, MIN_NUMBERS = 2, 4  # distinct ones, if most are written otherwise
MIN_MANY, MIN_DECIMALS = 11, 20  # distinct numbers, if some cells are written otherwise, and if none is
SOME, MOST = 0.05, 0.5  # of the numbers, that are written otherwise
MIN_CODE_DIGITS, YEARS = 4, (1800, 2100)  # of whole numbers of equally many digits, which are codes if not years
MAX_SHOWN = 5  # columns

MARKS = {
    *("", "-", "--", "---", "\u2013", "\u2014", ".", "..", "...", "?", "??", "*", "x", "na", "n/a", "#n/a", "n.a."),
    *("nan", "nd", "n.d.", "k.a.", "none", "null", "nil", "missing", "unknown", "unbekannt", "not available"),
    *("not applicable", "inf", "-inf", "error", "#value!", "#div/0!", "#ref!", "tbd"),
}
PLAIN = r"[0-9]+\.?[0-9]*|\.[0-9]+"
PLAIN_TEXT = re.compile(rf"[-+]?(?:{PLAIN})(?:[eE][-+]?[0-9]+)?")
GROUPED = r"[0-9]{1,3}(?:[,' ][0-9]{3})+(?:\.[0-9]+)?|[0-9]{1,3}(?:[.' ][0-9]{3})+(?:,[0-9]+)?"
NUMBER = rf"{GROUPED}|[0-9]+,[0-9]+|{PLAIN}"
MONEY = r"(?:US|R|A|C|NZ|HK)?[$€£¥₹]|EUR|USD|GBP|CHF|JPY|INR|CNY|BRL|AUD|CAD"
NUMBER_TEXT = re.compile(
    rf"[-+]?(?P<before>{MONEY}|[<>≤≥~]=?)?\s?[-+]?(?P<number>{NUMBER})(?:[eE][-+]?[0-9]+)?"
    rf"\s?(?P<after>[%‰+]|{MONEY}|(?P<unit>°?[^\W\d_]{{1,12}}[.²³]?(?:/[^\W\d_]{{1,4}})?))?"
)
MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
YEAR = r"(?:1[5-9]|2[01])\d{2}"
DATE_TEXT = re.compile(
    rf"(?:(?P<first>\d{{1,2}})[/.-](?P<second>\d{{1,2}})(?:[/.-]{YEAR}|/\d{{2}})"
    rf"|\d{{1,2}}[ .-]+{MONTH}[ ,.-]+(?:{YEAR}|\d{{2}})|{MONTH}\.? \d{{1,2}},? {YEAR}|{YEAR}[/.]\d{{1,2}}[/.]\d{{1,2}})"
    r"(?:[T ,]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[ap]\.?m\.?)?)?"
    rf"|{YEAR}-\d{{2}}-\d{{2}}[T ]\d{{2}}:\d{{2}}(?::\d{{2}}(?:\.\d+)?)?(?: UTC| ?Z)?",
    re.IGNORECASE,
)
DURATION_TEXT = re.compile(r"(?:-?\d+ days?, )?\d{1,4}:[0-5]\d:[0-5]\d(?:\.\d+)?")  # as Python and spreadsheets have


class Reading(NamedTuple):
    """Which of some distinct texts are numbers or dates, one that is written otherwise, and how all are converted."""

    kind: str
    is_read: list[bool]
    example: str
    convert: str


class UnreadText(NamedTuple):
    """Numbers or dates in a column of text: in how many of its cells, examples of them and others, and a conversion."""

    kind: str
    n_cells: int
    n_present: int
    example: str
    other: str | None
    convert: str

    def told(self, name: Any) -> str:
        """The column, its cells and what to do, as a part of a message."""
        others = "" if self.other is None else f" and others not, such as {self.other!r}"
        cells = f"{self.n_cells:,} of {self.n_present:,} cells are {self.kind}, such as {self.example!r}{others}"
        return f"{name!r} ({cells}): `{self.convert.format(column=f'X[{name!r}]')}`"


def warn_of_unread_text(table: Any, among: Iterable[int]) -> None:
    """Warn once of the columns of a table, among some, that hold numbers or dates in text."""
    columns = ((table.columns[index], table.iloc[:, index]) for index in among)
    found = {name: unread for name, cells in columns if (unread := unread_text(cells)) is not None}
    if not found:
        return
    names = list(found)[:MAX_SHOWN]
    more = f"; and {len(found) - len(names)} more" if len(found) > len(names) else ""
    warnings.warn(
        "Numbers and dates in text should be converted: as categories, they have no order. Got them in column"
        f" {'; column '.join(found[name].told(name) for name in names)}{more}. If they are categories,"
        f" `column_kinds={dict.fromkeys(names, 'category')}` says so.",
        UserWarning,
        stacklevel=3,
    )


def conversion(cells: pd.Series, kind: str | None = None) -> str | None:
    """What makes numbers or dates of a column that is refused as it is; None if it holds none, or none of a kind."""
    if cells.dtype.kind in "iufbmM":
        return None
    first = cells.dropna().iloc[:MAX_REFUSED_CELLS].astype(str)
    unread = unread_text(first, is_refused=True)
    if unread is None or (kind is not None and not unread.kind.startswith(kind.split()[-1])):
        return None
    return unread.convert.format(column=f"X[{cells.name!r}]")


def unread_text(cells: pd.Series, is_refused: bool = False) -> UnreadText | None:
    """The numbers or dates that a column holds in text; few of them count, too, if it is refused in any case."""
    if isinstance(cells.dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(cells.dtype):
        return None
    first = cells.iloc[:: max(1, len(cells) // (5 * N_FIRST_TEXTS))].dropna().unique()[:N_FIRST_TEXTS]
    texts = [text for text in first if str(text).strip().lower() not in MARKS]
    if sum(any(map(str.isdigit, str(text))) for text in texts) < MIN_WITH_DIGITS * len(texts):
        return None
    counts = cells.value_counts()
    present = pd.Series(counts.to_numpy(), [re.sub(r"\s", " ", str(text)).strip() for text in counts.index])
    present = present.groupby(level=0, sort=False).sum()  # text that differs by spaces is one
    values = present[[text.lower() not in MARKS for text in present.index]]
    reading = (
        read_dates(values)
        or read_durations(values)
        or read_numbers(values, n_present=int(present.sum()), is_refused=is_refused)
    )
    if reading is None:
        return None
    read = values[reading.is_read]
    others = present[~present.index.isin(read.index)]
    other, errors = (others.index[0], ", errors='coerce'") if len(others) else (None, "")
    convert = f"{reading.convert}{errors})"
    return UnreadText(reading.kind, int(read.sum()), int(present.sum()), reading.example, other, convert)


def read_dates(values: pd.Series) -> Reading | None:
    """The dates among distinct texts and their counts, None if most are none."""
    matches = {text: DATE_TEXT.fullmatch(text) for text in values.index}
    is_read = [is_date(text, match) for text, match in matches.items()]
    if sum(is_read) < MIN_DATES or values[is_read].sum() < MIN_FRACTION * values.sum():
        return None
    in_order = [match for match in matches.values() if match and match["first"]]
    days_first = all(int(match["second"]) <= 12 for match in in_order)  # unless a second number can be no month
    order = f", dayfirst={days_first}" if in_order else ""
    return Reading("dates", is_read, values.index[is_read][0], f"pd.to_datetime({{column}}, format='mixed'{order}")


def read_durations(values: pd.Series) -> Reading | None:
    """The durations among distinct texts and their counts, None if most are none."""
    is_read = [DURATION_TEXT.fullmatch(text) is not None for text in values.index]
    if sum(is_read) < MIN_DATES or values[is_read].sum() < MIN_FRACTION * values.sum():
        return None
    return Reading("durations", is_read, values.index[is_read][0], "pd.to_timedelta({column}")


def is_date(text: str, match: re.Match[str] | None) -> bool:
    """Whether text is a date: in a form of ISO 8601, or in another, whose day and month are possible."""
    if match is None:
        return len(match_form(form_of(text)).get("date") or "") == len("0000-00-00")
    if match["first"] is None:
        return True
    low, high = sorted((int(match["first"]), int(match["second"])))
    return 1 <= low <= 12 and high <= 31


def read_numbers(values: pd.Series, n_present: int, is_refused: bool) -> Reading | None:
    """The numbers among distinct texts and their counts, None if they are few, or may be codes."""
    matches = [NUMBER_TEXT.fullmatch(text) for text in values.index]
    is_read = [match is not None for match in matches]
    found = [match for match in matches if match is not None]
    counts = values[is_read]
    if counts.sum() < MIN_FRACTION * values.sum() or may_be_codes(found):
        return None
    is_otherwise = [not PLAIN_TEXT.fullmatch(match[0]) for match in found]
    share = counts[is_otherwise].sum() / max(1, counts.sum())
    n_typos = values.sum() - counts.sum()
    if is_refused or share >= MOST:
        min_numbers = MIN_DECIMALS if any(match["unit"] for match in found) else MIN_NUMBERS
    elif share >= SOME or (counts.sum() < n_present and n_typos <= max(1, MAX_TYPOS_FRACTION * n_present)):
        min_numbers = MIN_MANY
    else:
        has_decimals = sum("." in match["number"] for match in found) > MOST * len(found)
        min_numbers = MIN_DECIMALS if has_decimals else len(found) + 1
    if len(found) < min_numbers:
        return None
    example = counts.index[is_otherwise if share >= SOME else slice(None)][0]
    return Reading("numbers", is_read, example, conversion_of(found, any(is_otherwise)))


def may_be_codes(numbers: list[re.Match[str]]) -> bool:
    """Whether numbers may be codes, versions or seats: units, zeros before or after them, or as many digits tell."""
    units = {match["unit"] for match in numbers}
    if len(units) > 1 or any(unit and len(unit) == 1 and f" {unit}" not in numbers[0][0] for unit in units):
        return True
    plain = [match["number"] for match in numbers if not match["before"] and not match["after"]]
    plain = [re.sub("[ ']", "", text) for text in plain if "," not in text]
    if any(text[0] == "0" and text[1:2].isdigit() for text in plain):
        return True
    whole = [text for text in plain if text.isdigit()]
    fractions = [text.partition(".")[2] for text in plain if "." in text]
    if len({*map(len, fractions)}) > 1 and any(len(text) > 1 and text.endswith("0") for text in fractions):
        return True
    n_digits = {*map(len, whole)}
    is_year = all(YEARS[0] <= int(text) <= YEARS[1] for text in whole)
    return len(whole) == len(numbers) and len(n_digits) == 1 and max(n_digits) >= MIN_CODE_DIGITS and not is_year


def conversion_of(numbers: list[re.Match[str]], is_otherwise: bool) -> str:
    """How text is converted to numbers, but for what ends the call."""
    cells = "{column}"
    if any(has_decimal_comma(match["number"]) for match in numbers):
        cells += ".str.replace('[^0-9,-]', '', regex=True).str.replace(',', '.')"
    elif is_otherwise:
        cells += ".str.replace('[^0-9.-]', '', regex=True)"
    return f"pd.to_numeric({cells}"


def has_decimal_comma(number: str) -> bool:
    """Whether a number has a comma before its decimals, or points between its thousands."""
    head, comma, tail = number.rpartition(",")
    if not comma:
        return number.count(".") > 1
    return "." in head or ("," not in head and tail.isdigit() and (len(tail) != 3 or head in {"", "0"}))
