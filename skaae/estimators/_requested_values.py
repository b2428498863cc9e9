"""Values that users ask for, single ones and ranges (low, high): read as cells, compared in their order, and shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..table._comparable_dates import with_order
from ._labels import to_array

__all__ = ["as_cells", "check_within", "in_range", "shown"]

MAX_SHOWN = 5  # values in a message


def in_range(cells: pd.Series, option: tuple[Any, ...], name: Any) -> NDArray[np.bool_]:
    """Which cells are in a range (low, high)."""
    bounds = pd.Series(option)
    if isinstance(cells.dtype, pd.CategoricalDtype) and cells.dtype.ordered:
        bounds = pd.Series(cells.dtype.categories.get_indexer(bounds)).replace(-1, np.nan)
        cells = cells.cat.codes
    else:
        cells = with_order(cells)
        bounds = in_zone_of(bounds, cells) if cells.dtype.kind in "mM" else bounds
    try:
        if is_unordered(cells):
            raise TypeError
        is_range = len(bounds) == 2 and bounds.notna().all() and bounds[0] <= bounds[1]
        inside = np.asarray(cells.between(*bounds), np.bool_) if is_range else np.zeros(len(cells), np.bool_)
    except TypeError:
        raise ValueError(
            "A range must be of numbers, dates or durations, as in training, or of categories in an order. Got"
            f" {option} for {name!r}: ask for a set of values."
        ) from None
    if not is_range:
        raise ValueError(
            f"A tuple must be a range (low, high), low <= high. Got {option} for {name!r}: a set is drawn from, a"
            " list has a value for each row."
        )
    return inside


def check_within(cells: pd.Series, low: Any, high: Any) -> None:
    """Raise an error where a condition is beyond the range of training rows."""
    low, high = plain(low), plain(high)  # with which a decimal can be compared
    try:
        ends = pd.Series([low, high])
        inside = (in_zone_of(cells, ends) if ends.dtype.kind in "mM" else cells).between(low, high)
    except (TypeError, ValueError):
        raise ValueError(
            f"Condition {cells.name!r} must be numbers or dates as in training ({low} to {high})."
            f" Got {shown(cells.tolist())}."
        ) from None
    if not inside.all():
        raise ValueError(
            f"Condition {cells.name!r} must be within the range of training rows ({low} to {high})."
            f" Got {shown(cells[~inside].unique().tolist())}."
        )


def in_zone_of(times: pd.Series, others: pd.Series) -> pd.Series:
    """Dates and durations in a dtype in which they can be compared, in the time zone of others if they have none."""
    times, zone = with_order(times), getattr(others.dtype, "tz", None)
    is_naive = isinstance(times.dtype, np.dtype) and times.dtype.kind == "M"
    return times.dt.tz_localize(zone, ambiguous=True, nonexistent="shift_forward") if zone and is_naive else times


def as_cells(value: Any) -> pd.Series:
    """A value, or one for each row, as a column."""
    if isinstance(value, pd.Series):
        return value.reset_index(drop=True)
    is_array = np.ndim(value) > 0 or isinstance(value, np.ndarray)
    return pd.Series(np.atleast_1d(to_array(value)) if is_array else [value]).infer_objects()


def is_unordered(cells: pd.Series) -> bool:
    """Whether cells are text, or categories without an order."""
    return isinstance(cells.dtype, pd.CategoricalDtype) or any(isinstance(cell, str) for cell in cells.unique())


def shown(values: list[Any]) -> str:
    """The first values, for a message."""
    first = [repr(plain(value)) for value in values[:MAX_SHOWN]]
    return ", ".join([*first, *["..."] * (len(values) > MAX_SHOWN)])


def plain(value: Any) -> Any:
    """A value as Python's, where it was numpy's."""
    return value.item() if isinstance(value, np.generic) else value
