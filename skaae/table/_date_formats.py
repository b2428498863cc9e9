"""How dates, times and durations are written: as a dtype, as objects, or as text in a form of ISO 8601.

Cells are read as whole numbers of micro- or nanoseconds: dates as instants since 1970, in UTC if they have a time zone;
times since midnight. They are written as the training cells were.
"""

from __future__ import annotations

import datetime
import re
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .._time_zones import offset_name, zone_name
from ._date_text import MISSING, Ticks, form_of, match_form, offset_of, parse, write, zone_text
from ._duration_text import DurationForm, is_duration, parse_duration
from ._formats import first_missing

__all__ = ["MISSING", "DateFormat", "Ticks", "date_kind", "dates_as_numbers"]

KINDS = {
    **dict.fromkeys(("date", "datetime", "datetime64", "period"), "date"),
    "time": "time",
    **dict.fromkeys(("timedelta", "timedelta64"), "duration"),
}
N_FIRST_CELLS = 1000  # of text, by which most columns turn out to be no dates
MIN_PARSED_FRACTION = 0.9  # of cells, from which on the others are errors
NANOSECONDS = r"[.,]\d{6}0*[1-9]"  # decimals of seconds beyond microseconds
MAX_YEAR = 200_000  # that microseconds in 64 bits reach, and more


class DateFormat:
    """Creates the format of the training cells of a column of dates, times or durations.

    Attributes
    ----------
    dtype : dtype
        The dtype of the cells.
    kind : {"date", "time", "duration"}
        What the cells are.
    unit : {"us", "ns"}
        What they are counted in.
    zone, time_zone : str or None
        The time zone of dates that have one; of times of the day that have one.
    form : str or None
        The form of dates and times in text, in which each digit is 0.
    duration_form : DurationForm or None
        The form of durations in text.
    """

    duration_form: DurationForm | None = None
    time_zone: str | None = None

    def __init__(self, cells: pd.Series, kind: str) -> None:
        self.dtype, self.kind = cells.dtype, kind
        self.missing_cell: Any = first_missing(cells) if self.dtype == object else None
        self.form: str | None = None
        zone = only_zone(cells)
        self.zone = None if kind == "time" else zone
        self.time_zone = zone if kind == "time" else None
        self.zone_text, self.omits_zero_fraction = "", False
        present = cells.dropna()
        if len(present) and isinstance(present.iloc[0], str):
            self._set_form(present)
        is_precise = self.form is not None and any(re.search(NANOSECONDS, str(cell)) for cell in present.unique())
        is_precise |= getattr(self.duration_form, "decimals", 0) > 6
        self.is_day = len(present) > 0 and all(type(cell) is datetime.date for cell in present.iloc[:N_FIRST_CELLS])
        self.is_python = len(present) > 0 and not hasattr(present.iloc[0], "as_unit")
        self.unit = "us"
        if has_nanoseconds(cells) or is_precise:
            nanoseconds = to_ticks(cells, "ns", kind)
            self.unit = "ns" if (nanoseconds[nanoseconds != MISSING] % 1000).any() else "us"

    def read(self, cells: pd.Series) -> Ticks:
        """Cells as numbers of units, `MISSING` where missing."""
        ticks = to_ticks(cells, self.unit, self.kind)
        if self.kind == "date" and (ticks != MISSING).any() and (zones_of(cells) == {None}) != (self.zone is None):
            raise ValueError(
                "Dates must have a time zone if those of the training rows have one, and none if these have none. Got"
                f" {cells.dropna().iloc[0]!r} in column {cells.name!r}, of which the training rows had the zone"
                f" {self.zone}."
            )
        if self.kind == "time" and (ticks != MISSING).any() and zones_of(cells) != {self.time_zone}:
            raise ValueError(
                f"Times of the day must have the time zone of the training rows, {self.time_zone}. Got"
                f" {cells.dropna().iloc[0]!r} in column {cells.name!r}."
            )
        return ticks

    def to_wall(self, ticks: Ticks) -> Ticks:
        """Instants as a clock shows them in their time zone."""
        if self.zone is None:
            return ticks
        local = pd.DatetimeIndex(ticks.view(f"M8[{self.unit}]")).tz_localize("UTC").tz_convert(self.zone)
        return as_ticks(local.tz_localize(None).to_numpy(), self.unit)

    def from_wall(self, ticks: Ticks, near: Ticks) -> Ticks:
        """Instants at which a clock shows these times; where it does twice, that nearer to others."""
        if self.zone is None:
            return ticks
        wall = pd.DatetimeIndex(ticks.view(f"M8[{self.unit}]"))
        first, second = (
            as_ticks(
                wall.tz_localize(self.zone, ambiguous=np.full(len(wall), is_dst), nonexistent="shift_forward")
                .tz_convert(None)
                .to_numpy(),
                self.unit,
            )
            for is_dst in (True, False)
        )
        return np.where(np.abs(first - near) <= np.abs(second - near), first, second)

    def write(self, ticks: Ticks) -> Any:
        """Cells of numbers of units."""
        is_missing = ticks == MISSING
        if self.duration_form is not None:
            return self._array(self.duration_form.write(ticks, self.unit), is_missing)
        if self.form is not None:
            wall = self.to_wall(ticks).view(f"M8[{self.unit}]")
            return self._array(write(wall, self.form, self.zone_text, self.omits_zero_fraction), is_missing)
        if self.kind == "time":
            return self._array(as_times(ticks.view(f"m8[{self.unit}]"), self.time_zone), is_missing)
        if self.kind == "duration":
            return self._of_dtype(pd.Series(ticks.view(f"m8[{self.unit}]")), is_missing)
        if self.is_day:
            return self._array(self.to_wall(ticks).view(f"M8[{self.unit}]").astype("M8[D]").astype(object), is_missing)
        dates = pd.Series(ticks.view(f"M8[{self.unit}]"))
        if self.zone is not None:
            dates = dates.dt.tz_localize("UTC").dt.tz_convert(self.zone)
        return self._of_dtype(dates, is_missing)

    @property
    def is_text(self) -> bool:
        """Whether cells are text."""
        return self.form is not None or self.duration_form is not None

    def _set_form(self, present: pd.Series) -> None:
        if self.kind == "duration":
            texts = list(map(str, present.unique()))
            self.duration_form = DurationForm(texts)
            if (other := self.duration_form.other_form(texts)) is not None:
                raise other_form(texts[0], other, present.name, "pd.to_timedelta")
            return
        examples = {(form_of(cell), zone_text(cell)): cell for cell in present.unique()}
        self.form, self.zone_text = max(examples, key=lambda key: len(key[0]))
        without_fraction = re.sub("[.,]0+", "", self.form)
        others = {key: cell for key, cell in examples.items() if key != (self.form, self.zone_text)}
        if any(re.sub("[.,]0+", "", form) != without_fraction or zone != self.zone_text for form, zone in others):
            shown = [examples[self.form, self.zone_text], *others.values()]
            raise other_form(shown[0], shown[1], present.name, "pd.to_datetime")
        self.omits_zero_fraction = any(form == without_fraction for form, _ in others)

    def _of_dtype(self, cells: pd.Series, is_missing: NDArray[np.bool_]) -> Any:
        if self.dtype == object:
            return self._array(np.array([self._of_python(cell) for cell in cells], object), is_missing)
        if isinstance(self.dtype, pd.PeriodDtype):
            return cells.dt.to_period(self.dtype.freq).array
        if hasattr(self.dtype, "pyarrow_dtype"):
            import pyarrow

            array = pyarrow.array(cells).cast(self.dtype.pyarrow_dtype, safe=False)
            return pd.array(array, dtype=self.dtype)
        return cells.astype(self.dtype).array

    def _of_python(self, cell: Any) -> Any:
        """A date or duration of pandas as one of Python, if the training cells were."""
        if not self.is_python or cell is pd.NaT:
            return cell
        return cell.to_pytimedelta() if self.kind == "duration" else cell.to_pydatetime(warn=False)

    def _array(self, objects: NDArray[np.object_], is_missing: NDArray[np.bool_]) -> Any:
        objects = objects.copy()
        objects[is_missing] = self.missing_cell
        return pd.Series(objects, dtype=object) if self.dtype == object else pd.array(objects, dtype=self.dtype)


def date_kind(cells: pd.Series) -> str | None:
    """What cells are: "date", "time", "duration", or None if they are something else.

    Raises
    ------
    ValueError
        If most cells are dates in a form of ISO 8601, and some are not.
    """
    dtype = cells.dtype
    if isinstance(dtype, pd.PeriodDtype) or dtype.kind in "mM":
        return "duration" if dtype.kind == "m" else "date"
    if isinstance(dtype, pd.CategoricalDtype) or not (dtype.kind in "OU" or isinstance(dtype, pd.StringDtype)):
        return None
    inferred = "string" if isinstance(dtype, pd.StringDtype) else pd.api.types.infer_dtype(cells, skipna=True)
    if inferred in {"string", "mixed"}:
        return kind_of_text(cells)
    return KINDS.get(inferred) if cells.notna().any() else None


def dates_as_numbers(cells: pd.Series, kind: str) -> pd.Series:
    """Dates as seconds since 1970, times as seconds since midnight and durations as seconds, NaN where missing."""
    ticks = to_ticks(cells, "us", kind)
    return pd.Series(np.where(ticks == MISSING, np.nan, ticks / 1e6), index=cells.index, name=cells.name)


def kind_of_text(cells: pd.Series) -> str | None:
    """What cells are, some of which are text at least."""
    first = cells.iloc[:N_FIRST_CELLS].dropna()
    first = first if len(first) else cells.dropna()
    if not len(first) or np.mean([is_date_like(cell) for cell in first.iloc[:20]]) < 0.5:
        return None
    counts = cells.value_counts(dropna=True)
    kinds = read_cells(counts.index.to_numpy(dtype=object), "us")[1]
    fractions = {kind: counts.to_numpy()[kinds == kind].sum() / counts.sum() for kind in {*kinds} - {""}}
    kind = max(fractions, key=lambda kind: fractions[kind], default=None)
    if kind is None or fractions[kind] < MIN_PARSED_FRACTION:
        return None
    if (kinds != kind).any():
        raise wrong_cell(cells, counts.index[int((kinds != kind).argmax())], kind)
    return str(kind)


def is_date_like(cell: Any) -> bool:
    """Whether a cell is a date, or text in the form of one."""
    if not isinstance(cell, str):
        return isinstance(cell, datetime.date)
    return bool(match_form(form_of(cell))) or is_duration(cell)


def read_cells(cells: NDArray[np.object_], unit: str) -> tuple[Ticks, NDArray[np.object_]]:
    """Objects and text as numbers of units, and the kind of each, "" where it is none."""
    ticks, kinds = np.full(len(cells), MISSING), np.full(len(cells), "", object)
    forms: dict[str, list[int]] = {}
    for index, cell in enumerate(cells):
        if isinstance(cell, str):
            forms.setdefault(form_of(cell), []).append(index)
            continue
        kinds[index] = "time" if isinstance(cell, datetime.time) else "date" if isinstance(cell, datetime.date) else ""
        if kinds[index]:
            ticks[index] = ticks_of_object(cell, unit)
    for form, indices in forms.items():
        if match_form(form):
            ticks[indices] = parse(cells[indices], form, unit)
            kinds[indices] = "time" if match_form(form)["time"] else "date"
            kinds[[index for index in indices if ticks[index] == MISSING]] = ""
        elif is_duration(cells[indices[0]]):
            of_duration = [index for index in indices if is_duration(cells[index])]
            ticks[of_duration] = [parse_duration(cells[index], unit) for index in of_duration]
            kinds[of_duration] = "duration"
    return ticks, kinds


def only_zone(cells: pd.Series) -> str | None:
    """The time zone of dates; None if they have none.

    Raises
    ------
    ValueError
        If they have several.
    """
    zones = zones_of(cells)
    if len(zones) > 1:
        shown = sorted(map(str, zones))[:2]
        raise ValueError(
            f"Dates of a column must all have the same time zone, or none. Got {shown[0]} and {shown[1]} in column"
            f" {cells.name!r}: convert them, for instance by `pd.to_datetime(X[{cells.name!r}], utc=True)`."
        )
    return zones.pop()


def zones_of(cells: pd.Series) -> set[str | None]:
    """The time zones of dates, of which one may be None."""
    dtype = cells.dtype
    if isinstance(dtype, pd.DatetimeTZDtype):
        return {zone_name(dtype.tz)}
    if hasattr(dtype, "pyarrow_dtype") and dtype.kind in "mM":
        return {getattr(dtype.pyarrow_dtype, "tz", None)}
    if (isinstance(dtype, np.dtype) and dtype.kind in "mM") or str(dtype).startswith("time"):
        return {None}
    return {zone_of_cell(cell) for cell in cells.dropna().unique()} or {None}


def zone_of_cell(cell: Any) -> str | None:
    """The time zone of a cell."""
    if isinstance(cell, str):
        text = zone_text(cell)
        return offset_name(offset_of(text)) if text else None
    zone = getattr(cell, "tzinfo", None)
    return None if zone is None else zone_name(zone)


def has_nanoseconds(cells: pd.Series) -> bool:
    """Whether cells are in a dtype of nanoseconds, or objects of such."""
    dtype = cells.infer_objects().dtype if isinstance(cells.dtype, np.dtype) else cells.dtype
    return "[ns" in str(dtype)


def to_ticks(cells: pd.Series, unit: str, kind: str) -> Ticks:
    """Cells as numbers of units, `MISSING` where missing; an error if some are of another kind."""
    dtype = cells.dtype
    if dtype.kind == "O" and not isinstance(dtype, (pd.CategoricalDtype, pd.StringDtype, pd.PeriodDtype)):
        cells = cells.infer_objects()
        dtype = cells.dtype
    is_arrow_time = hasattr(dtype, "pyarrow_dtype") and str(dtype).startswith("time")
    if is_arrow_time or dtype.kind in "mM" or isinstance(dtype, pd.PeriodDtype):
        own_kind = "time" if dtype.kind == "O" and is_arrow_time else "duration" if dtype.kind == "m" else "date"
        if own_kind != kind:
            if not cells.notna().any():
                return np.full(len(cells), MISSING)
            raise wrong_cell(cells, cells.dropna().iloc[0], kind)
        if hasattr(dtype, "pyarrow_dtype"):
            return arrow_ticks(cells, unit)
        if isinstance(dtype, pd.PeriodDtype):
            cells = cells.dt.to_timestamp()
        return as_ticks(
            (cells.dt.tz_convert(None) if isinstance(dtype, pd.DatetimeTZDtype) else cells).to_numpy(), unit
        )
    present = cells.notna().to_numpy()
    codes, distinct = pd.factorize(cells.to_numpy(dtype=object)[present])
    distinct_ticks, kinds = read_cells(distinct, unit)
    if (kinds != kind).any():
        raise wrong_cell(cells, distinct[int((kinds != kind).argmax())], kind)
    ticks = np.full(len(cells), MISSING)
    ticks[present] = distinct_ticks[codes]
    return ticks


def ticks_of_object(cell: Any, unit: str) -> int:
    """A date or a time as a number of units."""
    if isinstance(cell, datetime.time):
        ticks = ((cell.hour * 60 + cell.minute) * 60 + cell.second) * 10**6 + cell.microsecond
        return ticks if unit == "us" else 1000 * ticks
    if isinstance(cell, datetime.datetime):
        time = pd.Timestamp(cell)
        return int((time if time.tz is None else time.tz_convert(None)).as_unit(unit).asm8.astype(np.int64))
    return int(as_ticks(np.array([cell], "M8[D]"), unit)[0])


def arrow_ticks(cells: pd.Series, unit: str) -> Ticks:
    """Cells of a dtype of Arrow as numbers of units."""
    import pyarrow

    kind = cells.dtype.pyarrow_dtype
    target: Any = pyarrow.timestamp(unit, getattr(kind, "tz", None))
    if pyarrow.types.is_time(kind):
        target = pyarrow.time64(unit)
    elif pyarrow.types.is_duration(kind):
        target = pyarrow.duration(unit)
    ticks = pyarrow.array(cells.array)
    return np.array(ticks.cast(target, safe=False).cast(pyarrow.int64()).fill_null(MISSING), np.int64)


def as_ticks(values: NDArray[Any], unit: str) -> Ticks:
    """Dates or durations of numpy as numbers of units."""
    ticks = values.astype(f"{values.dtype.kind}8[{unit}]")
    in_seconds, back = values.astype(f"{values.dtype.kind}8[s]"), ticks.astype(f"{values.dtype.kind}8[s]")
    if not ((in_seconds == back) | np.isnat(values)).all():
        years = f"-{MAX_YEAR} and {MAX_YEAR}" if unit == "us" else "1678 and 2262, as those with nanoseconds"
        raise ValueError(f"Dates must be between the years {years}. Got {values[in_seconds != back][0]}.")
    return ticks.astype(np.int64)


def as_times(ticks: NDArray[np.timedelta64], zone: str | None) -> NDArray[np.object_]:
    """Times of the day, in a time zone if they have one, of times since midnight."""
    times, tzinfo = np.empty(len(ticks), object), None if zone is None else pd.Timestamp(0, tz=zone).tzinfo
    microseconds = ticks.astype("m8[us]").astype(np.int64)
    times[:] = [
        None
        if tick == MISSING
        else (datetime.datetime.min + datetime.timedelta(microseconds=tick)).time().replace(tzinfo=tzinfo)
        for tick in microseconds.tolist()
    ]
    return times


def other_form(cell: str, other: str, name: Any, function: str) -> ValueError:
    """The error of text that is in several forms."""
    return ValueError(
        f"Dates and durations in text must all have one form. Got {cell!r} and {other!r} in column {name!r}: convert"
        f" them, for instance by `{function}`."
    )


def wrong_cell(cells: pd.Series, cell: Any, kind: str) -> ValueError:
    """The error of a cell that is none of what the others are."""
    return ValueError(
        f"Cells of a column of {kind}s must all be {kind}s, in text in a form of ISO 8601, or be missing. Got {cell!r}"
        f" in column {cells.name!r}: correct it, or make it missing."
    )
