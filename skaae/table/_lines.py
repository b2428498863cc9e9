"""Columns of numbers that lie on a line with another, such as a charge and its minutes, or degrees of two scales.

:math:`y = a x + b` holds in every training row, but for what :math:`y` is rounded by. The slope and the intercept are
those of fewest digits with which it holds, so that draws of :math:`x` are rounded as training rows are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ._rounding import count_decimals, round_decimals

__all__ = ["Line", "find_lines"]

MIN_ROWS, N_FIRST_ROWS = 20, 200
MIN_CORRELATION = 0.999  # in the first rows
MIN_STEPS = 10  # between the least and the greatest number of a column that is rounded
FLOAT_ERROR = 8.0  # of the least difference of floats of the target's dtype at the largest number
MAX_DIGITS = 8
MIN_LARGEST, MAX_LARGEST = 1e-100, 1e100  # whose squares are numbers
TIE = 1e-4  # of the last decimal, by which ties are moved up or down


class Line:
    """Creates the line that two columns lie on.

    Attributes
    ----------
    source, target : int
        Indices of both columns.
    slope, intercept : float
        What the source is multiplied by, and what is added.
    decimals : int or None
        To how many decimals the target is rounded.
    ties : tuple of two arrays
        Values of the source whose target is in the middle of two decimals and rounded the other way, and that target.
    """

    def __init__(self, source: int, target: int, table: pd.DataFrame, line: tuple[float, float, int | None]) -> None:
        self.source, self.target = source, target
        self.slope, self.intercept, self.decimals = line
        x, y = present_values(table.iloc[:, source], table.iloc[:, target])
        step = np.inf if self.decimals is None else TIE * 10.0**-self.decimals
        off = np.flatnonzero(np.abs(self._at(x) - y) > step + float_error(x, y, self.slope, table.dtypes.iloc[target]))
        first = np.unique(x[off], return_index=True)[1]
        self.ties = (x[off][first], y[off][first])

    def of(self, table: pd.DataFrame) -> Line | None:
        """The line of other rows, if they lie on one."""
        line = fit_line(*(table.iloc[:, index] for index in (self.source, self.target)))
        return None if line is None else Line(self.source, self.target, table, line)

    def apply(self, columns: list[Any]) -> None:
        """Set cells of the target to those on the line, where both are there."""
        source, target = pd.Series(columns[self.source]), pd.Series(columns[self.target])
        rows = np.flatnonzero((source.notna() & target.notna()).to_numpy())
        values = self._at(x := source.iloc[rows].to_numpy(dtype=np.float64))
        among, at_ties = self.ties
        if len(among):
            nearest = np.searchsorted(among, x).clip(max=len(among) - 1)
            values = np.where(among[nearest] == x, at_ties[nearest], values)
        target = target.copy()
        target.iloc[rows] = values.astype(getattr(target.dtype, "numpy_dtype", target.dtype))
        columns[self.target] = target.array

    def _at(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        return round_decimals(self.slope * x + self.intercept, self.decimals)


def find_lines(table: pd.DataFrame, among: list[int]) -> list[Line]:
    """The lines among columns of numbers, from the one of most distinct cells."""
    among = [index for index in among if is_plain_number(table.dtypes.iloc[index])]
    if len(among) < 2 or len(table) < MIN_ROWS:
        return []
    values = table.iloc[:N_FIRST_ROWS, among].to_numpy(dtype=np.float64, na_value=np.nan)
    pairs = np.argwhere(np.triu(np.abs(correlations(values)) > MIN_CORRELATION, 1))
    lines: list[Line] = []
    n_distinct = {index: table.iloc[:, index].nunique() for index in {among[i] for i in pairs.ravel()}}
    for i, j in pairs:
        source, target = sorted((among[i], among[j]), key=lambda index: -n_distinct[index])
        if target in {line.target for line in lines} or source in {line.target for line in lines}:
            continue
        if (line := fit_line(table.iloc[:, source], table.iloc[:, target])) is not None:
            lines.append(Line(source, target, table, line))
    return lines


def is_plain_number(dtype: Any) -> bool:
    """Whether a dtype is of integers or floats."""
    return bool(dtype.kind in "iuf") and not isinstance(dtype, pd.ArrowDtype)


def correlations(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlation of each pair of columns in the rows where both are present, (n_columns, n_columns); 0 without any."""
    present = ~np.isnan(values)
    with np.errstate(all="ignore"):
        scale = np.nanmax(np.abs(values), axis=0, initial=0)
    x = np.where(present, values / np.where(scale > 0, scale, 1), 0)
    x = np.where(present, x - x.sum(0) / present.sum(0).clip(1), 0)
    weights = present.astype(np.float64)
    n = (weights.T @ weights).clip(1)
    sums, squares = x.T @ weights, np.square(x).T @ weights
    variances = squares / n - np.square(sums / n)
    products = x.T @ x / n - sums * sums.T / n**2
    spread = np.sqrt(variances * variances.T)
    return np.asarray(np.divide(products, spread, out=np.zeros_like(products), where=spread > 0))


def present_values(source: pd.Series, target: pd.Series) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The numbers of both columns in rows where both are there."""
    present = (source.notna() & target.notna()).to_numpy()
    x, y = (cells[present].to_numpy(dtype=np.float64) for cells in (source, target))
    return x, y


def fit_line(source: pd.Series, target: pd.Series) -> tuple[float, float, int | None] | None:
    """Slope, intercept and decimals, or None where rows are off the line."""
    x, y = present_values(source, target)
    if len(y) < MIN_ROWS or not all(MIN_LARGEST < np.abs(values).max() < MAX_LARGEST for values in (x, y)):
        return None
    if min(np.ptp(x), np.ptp(y)) == 0:
        return None
    decimals = count_decimals(y, target.dtype)
    center = x.mean()
    slope = float((x - center) @ (y - y.mean()) / np.square(x - center).sum())
    allowed = float_error(x, y, slope, target.dtype) + (0 if decimals is None else 0.5 * 10.0**-decimals)
    if decimals is not None and np.ptp(y) < MIN_STEPS * 10.0**-decimals:
        return None
    if not is_on_line(x, y, slope, float(y.mean() - slope * center), 1.1 * allowed):
        return None
    return (*fewest_digits(x, y, slope, allowed, decimals), decimals)


def float_error(x: NDArray[np.float64], y: NDArray[np.float64], slope: float, dtype: Any) -> float:
    """By how much numbers are off their line because floats of a dtype are as exact as they are."""
    dtype = getattr(dtype, "numpy_dtype", dtype)
    epsilon = np.finfo(dtype if dtype.kind == "f" else np.float64).eps
    return float(FLOAT_ERROR * epsilon * max(np.abs(y).max(), np.abs(slope * x).max()))


def is_on_line(x: NDArray[np.float64], y: NDArray[np.float64], slope: float, intercept: float, allowed: float) -> bool:
    """Whether no value is further from the line than allowed."""
    return bool(np.abs(y - slope * x - intercept).max() <= allowed)


def fewest_digits(
    x: NDArray[np.float64], y: NDArray[np.float64], slope: float, allowed: float, decimals: int | None
) -> tuple[float, float]:
    """Slope and intercept of few digits with which values are on the line, and ties rounded as they are."""
    for digits in range(1, MAX_DIGITS + 1):
        a = significant(slope, digits)
        rest = y - a * x
        middle = float(rest.min() + rest.max()) / 2
        for intercept in (0.0, *(significant(middle, n) for n in range(1, MAX_DIGITS + 1))):
            if is_on_line(x, y, a, intercept, allowed):
                return a, intercept + tie_shift(x, y, a, intercept, decimals)
    return slope, float((y - slope * x).mean())


def significant(value: float, digits: int) -> float:
    """A number of so many digits."""
    return float(f"{value:.{digits}g}")


def tie_shift(
    x: NDArray[np.float64], y: NDArray[np.float64], slope: float, intercept: float, decimals: int | None
) -> float:
    """What to add, or nothing, so that values in the middle of two decimals are rounded as most of them are."""
    if decimals is None:
        return 0.0
    step = TIE * 10.0**-decimals

    def n_wrong(shift: float) -> int:
        rounded = round_decimals(slope * x + intercept + shift, decimals)
        return int((np.abs(rounded - y) > step).sum())

    return min((0.0, step, -step), key=n_wrong)
