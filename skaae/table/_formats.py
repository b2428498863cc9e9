"""How the cells of a numeric column are written: what makes cells of the training column's type of numbers.

Cells are read as 64-bit floats. These have no integers beyond :math:`2^{53}` one by one, so that a column which has
such integers is read as their distance from the smallest; where that is too large, too, training integers are found
again as the nearest to a float.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from decimal import Decimal
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import DTypeLike, NDArray

__all__ = [
    "MAX_EXACT_INTEGER",
    "NumberFormat",
    "are_whole",
    "cast",
    "check_numeric",
    "clip_decimals",
    "clip_to_dtype",
    "has_large_integers",
    "number_kind",
]

MAX_EXACT_INTEGER = 2**53  # up to which floats are exact
MAX_CHUNK_CELLS = 2**20
ROUNDING_ERROR = 1e-12  # of scaling and its inverse, relative to the largest number


class NumberFormat:
    """Creates the format of one numeric column's training cells.

    Attributes
    ----------
    dtype : dtype
        The dtype of the cells.
    kind : {"decimal", "integer", None}
        What the cells of a column of objects are; None for a dtype of numbers, and for floats.
    n_decimals : int
        Decimals of `decimal.Decimal` cells, all of which have as many as that with the most.
    origin : int
        What integers are read as distances from, 0 where floats are exact.
    """

    def __init__(self, cells: pd.Series) -> None:
        self.dtype = cells.dtype
        self.kind = number_kind(cells)
        self.missing_cell: Any = first_missing(cells) if self.dtype == object else None
        self.n_decimals = count_places(cells) if self.kind == "decimal" else 0
        self.origin, self.integers = 0, np.empty(0, object)
        if has_large_integers(cells):
            integers = exact_integers(cells.dropna())
            self.origin = min(integers)
            distances = sorted({integer - self.origin for integer in integers})
            if any(int(float(distance)) != distance for distance in distances):
                self.integers = np.array(distances, object)

    def read(self, cells: pd.Series) -> NDArray[np.float64]:
        """Cells as floats, NaN where missing."""
        values = check_numeric(cells, np.float64)
        if self.origin:
            present = ~np.isnan(values)
            integers = exact_integers(cells[present])
            values[present] = [float(integer - self.origin) for integer in integers]
        return values

    def write(self, values: NDArray[Any]) -> Any:
        """Cells of floats."""
        if self.origin:
            return self._array([self._integer(value) for value in values.tolist()])
        if self.kind == "decimal":
            return self._array([self._decimal(value) for value in values.tolist()])
        if self.kind == "integer":
            return self._array([None if np.isnan(value) else round(value) for value in values.tolist()])
        return cast(values, self.dtype)

    def _integer(self, value: float) -> Any:
        if np.isnan(value):
            return None
        integer = round(value)
        if len(self.integers):
            index = min(int(np.searchsorted(self.integers, integer)), len(self.integers) - 1)
            nearest = min(self.integers[max(0, index - 1) : index + 1], key=lambda known: abs(known - integer))
            if abs(nearest - integer) <= ROUNDING_ERROR * self.integers[-1]:
                integer = nearest
        return Decimal(integer + self.origin) if self.kind == "decimal" else integer + self.origin

    def _decimal(self, value: float) -> Decimal | None:
        return None if np.isnan(value) else Decimal(f"{value:.{self.n_decimals}f}")

    def _array(self, cells: list[Any]) -> Any:
        """Objects as an array of the dtype, which has integers if it has a range."""
        if self.dtype == object:
            array = np.empty(len(cells), object)
            array[:] = [self.missing_cell if cell is None else cell for cell in cells]
            return array
        if self.dtype.kind in "iu":
            limits = np.iinfo(f"{self.dtype.kind}{getattr(self.dtype, 'subtype', self.dtype).itemsize}")
            cells = [None if cell is None else min(max(cell, int(limits.min)), int(limits.max)) for cell in cells]
        elif hasattr(self.dtype, "pyarrow_dtype"):
            cells = clip_decimals(cells, self.dtype.pyarrow_dtype.precision, self.dtype.pyarrow_dtype.scale)
        return pd.array(cells, dtype=self.dtype)


def first_missing(cells: pd.Series) -> Any:
    """The first missing cell; None if there is none."""
    missing = cells.isna().to_numpy()
    return cells.iloc[int(missing.argmax())] if missing.any() else None


def number_kind(cells: pd.Series) -> Hashable:
    """What the numbers in cells of objects are: "decimal", "integer", "floating"; None if they are none, or a dtype."""
    dtype = cells.dtype
    if dtype.kind != "O" or isinstance(dtype, (pd.CategoricalDtype, pd.StringDtype)):
        return None
    inferred = pd.api.types.infer_dtype(cells, skipna=True)
    if inferred in {"decimal", "integer"}:
        return str(inferred)
    if inferred in {"floating", "mixed-integer-float"}:
        return "floating"
    if inferred in {"mixed", "mixed-integer"}:
        present = cells.dropna()
        if all(isinstance(cell, Number) and not isinstance(cell, (bool, np.bool_, complex)) for cell in present):
            return "decimal"
    return None


def count_places(cells: pd.Series) -> int:
    """How many decimals `decimal.Decimal` cells have: those of their dtype, or of the cell with the most."""
    if hasattr(cells.dtype, "pyarrow_dtype"):
        return int(cells.dtype.pyarrow_dtype.scale)
    exponents = (Decimal(str(cell)).as_tuple().exponent for cell in cells.dropna().unique())
    return max(0, *(-exponent for exponent in exponents if isinstance(exponent, int)), 0)


def has_large_integers(cells: pd.Series) -> bool:
    """Whether cells are integers of which some are no 64-bit floats."""
    if cells.dtype.kind in "iu":
        if getattr(cells.dtype, "itemsize", 8) < 8:
            return False
        low, high = cells.min(), cells.max()
        return bool(pd.notna(high) and (high > MAX_EXACT_INTEGER or low < -MAX_EXACT_INTEGER))
    kind = number_kind(cells)
    if kind not in {"integer", "decimal"}:
        return False
    present = cells.dropna()
    return any(abs(cell) > MAX_EXACT_INTEGER for cell in present) and are_whole(present)


def are_whole(numbers: Iterable[Any]) -> bool:
    """Whether all of some numbers, which are not missing, are whole; infinite ones are not."""
    return all(abs(number) != np.inf and number == int(number) for number in numbers)


def clip_decimals(cells: list[Decimal | None], precision: int, scale: int) -> list[Decimal | None]:
    """Decimals within what so many digits can say, some of them after the point."""
    largest = Decimal(10**precision - 1).scaleb(-scale)
    return [None if cell is None else min(max(cell, -largest), largest) for cell in cells]


def exact_integers(cells: pd.Series) -> list[int]:
    """Numbers, none of them missing, as Python's integers."""
    return [int(cell) for cell in cells.to_numpy(dtype=object)]


def check_numeric(cells: Any, dtype: DTypeLike) -> NDArray[Any]:
    """Cells of a Series, a DataFrame or an array in a dtype of numbers; an error unless they are finite or missing."""
    try:
        if isinstance(cells, np.ndarray):
            values = cells.astype(dtype, copy=False)
        else:
            values = cells.to_numpy(dtype, na_value=np.nan)
    except (TypeError, ValueError) as error:
        columns = columns_of_text(cells) if isinstance(cells, pd.DataFrame) else [getattr(cells, "name", None)]
        raise ValueError(
            f"Columns that were numbers in training must be numbers. Got text or dates in {columns}: {error}"
        ) from None
    if any(np.isinf(chunk).any() for chunk in np.array_split(values, 1 + values.size // MAX_CHUNK_CELLS)):
        raise ValueError("Numeric columns must be finite, or missing. Input X contains infinity.")
    return values


def columns_of_text(frame: pd.DataFrame) -> list[Any]:
    """The names of columns that cannot be converted to numbers."""
    names = []
    for name, cells in zip(frame.columns, (frame.iloc[:, index] for index in range(frame.shape[1])), strict=True):
        try:
            cells.to_numpy(np.float64, na_value=np.nan)
        except (TypeError, ValueError):
            names.append(name)
    return names


def cast(values: NDArray[Any], dtype: Any) -> Any:
    """Values in a dtype of numpy or pandas, NaN as its missing value; as floats if the dtype has none."""
    if dtype.kind in "iuf":
        values = clip_to_dtype(values, np.dtype(f"{dtype.kind}{getattr(dtype, 'subtype', dtype).itemsize}"))
    if isinstance(dtype, np.dtype):
        return values if dtype.kind in "iub" and np.isnan(values).any() else values.astype(dtype)
    return pd.array(values, dtype="Float64").astype(dtype)


def clip_to_dtype(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[np.float64]:
    """Values clipped to the range of a dtype of numbers, and rounded if it is one of integers."""
    limits: Any = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    low, high = float(limits.min), float(limits.max)
    if high > limits.max:
        high = np.nextafter(high, 0)  # the largest 64-bit integer is no float
    values = values.astype(np.float64, copy=False)
    return (values if dtype.kind == "f" else values.round()).clip(low, high)
