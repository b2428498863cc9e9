"""Numbers rounded: to the precision of a dtype, to decimals, and to known values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["count_decimals", "round_decimals", "round_to_nearest", "rounding_error", "snap", "to_precision"]

MAX_DECIMALS = 6
N_FIRST_CELLS = 20
MAX_UNITS_OFF = 16  # in the last place


def to_precision(values: NDArray[np.float64], dtype: Any) -> NDArray[np.float64]:
    """Values rounded to those of a dtype, where that has fewer bits."""
    dtype = getattr(dtype, "numpy_dtype", dtype)
    return values.astype(dtype).astype(np.float64) if dtype in (np.float16, np.float32) else values


def count_decimals(values: NDArray[Any], dtype: Any) -> int | None:
    """How many decimals values have in the precision of their dtype; None if more than `MAX_DECIMALS`."""
    values = values.astype(np.float64, copy=False)

    def have(cells: NDArray[np.float64], n: int) -> bool:
        return np.array_equal(to_precision(round_decimals(cells, n), dtype), cells)

    first = values[:N_FIRST_CELLS]  # which tell it of most columns
    return next((n for n in range(MAX_DECIMALS + 1) if have(first, n) and have(values, n)), None)


def round_decimals(values: NDArray[Any], decimals: int | None) -> NDArray[Any]:
    """Values with so many decimals; those too large to be rounded as they are."""
    if decimals is None:
        return values
    with np.errstate(over="ignore"):
        rounded = values.round(decimals)
    return np.where(np.isinf(rounded), values, rounded)


def round_to_nearest(values: NDArray[np.float64], allowed: NDArray[np.float64]) -> NDArray[np.float64]:
    """The nearest of the allowed values, which are in ascending order."""
    return allowed[np.searchsorted((allowed[1:] + allowed[:-1]) / 2, values)]


def rounding_error(dtype: Any) -> float:
    """How far values of a dtype that were scaled and decoded again may be from what they were, relative to them."""
    dtype = getattr(dtype, "numpy_dtype", dtype)
    return MAX_UNITS_OFF * float(np.finfo(dtype if dtype in (np.float16, np.float32) else np.float64).eps)


def snap(values: NDArray[np.float64], known: NDArray[np.float64], tolerance: float) -> NDArray[np.float64]:
    """Values that differ from known ones, which are in ascending order, by rounding errors only are these."""
    nearest = round_to_nearest(values, known)
    return np.where(np.abs(values - nearest) <= tolerance * np.abs(nearest), nearest, values)
