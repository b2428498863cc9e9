"""Columns that identify rows, such as row numbers, keys and names: no model can learn from them.

Values that are drawn from a distribution coincide: of :math:`n` draws from :math:`m` equally likely values,
:math:`n (n - 1) / 2 m` pairs are expected to, and more from any other distribution. Where ten pairs would, and
hardly any does, values were given out one by one. So were those that all occur equally often, a few times each.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import kstest

from ._date_formats import date_kind

__all__ = ["identifier_columns"]

KINDS_OF_NUMBERS = {"integer", "floating", "mixed-integer-float", "decimal"}  # of objects
MIN_ROWS = 20  # of which less can be said than by chance
N_FIRST_ROWS = 256  # that most columns of measurements are recognized by
MIN_EXPECTED_PAIRS, MAX_PAIRS_RATIO = 9.0, 0.1  # of equal values, and of those that there are to those expected
MIN_CORRELATION = 0.985  # of numbers that ascend with their row numbers; of sorted normal values it is 0.977
MIN_KEY_DIGITS, MIN_UNIFORM_KEY_DIGITS = 8, 6  # of integers that are keys, and that are if they are spread evenly
MIN_UNIFORM_P_VALUE = 0.01
MIN_DISTINCT_FRACTION = 0.9  # of the cells of a column that identifies rows
MAX_REPEATS, MIN_REPEATED_KEYS = 5, 30  # of keys that all occur equally often
MIN_REPEATED_CODES = 8  # of such keys that look like no treatments of an experiment, which do so too
LONG_CODE = re.compile(r"@|[0-9]{5}")


def identifier_columns(table: Any, decided: Collection[int] = ()) -> list[Any]:
    """The names of columns of a DataFrame, or indices of those of an array, that identify rows.

    These are integers, or text, of which all or nearly all are distinct and could not be so by chance: consecutive
    integers, in any order; integers that ascend evenly with the rows; integers of equally many digits, eight or more,
    or evenly spread ones of six or more; distinct text; and keys that all occur equally often, five times at most.
    Missing cells do not count, and dates identify nothing, nor do columns at indices
    that are decided.
    """
    if isinstance(table, pd.DataFrame):
        columns = enumerate(table.iloc[:, index] for index in range(table.shape[1]))
        return [table.columns[i] for i, cells in columns if i not in decided and identifies_rows(cells)]
    array = np.asarray(table)
    among = [index for index in may_be_keys(array) if index not in decided]
    return [index for index in among if identifies_rows(pd.Series(array[:, index], copy=False))]


def may_be_keys(table: NDArray[Any]) -> list[int]:
    """The columns of an array whose first cells are whole numbers of which none is frequent: those of `are_keys`."""
    if table.dtype.kind not in "iuf":
        return list(range(table.shape[1]))
    first = np.sort(table[:N_FIRST_ROWS], axis=0)  # missing cells last
    is_whole = ((first == np.floor(first)) | np.isnan(first)).all(axis=0)
    is_frequent = (first[MAX_REPEATS:] == first[:-MAX_REPEATS]).any(axis=0) & ~np.isnan(first[-1])
    return np.flatnonzero(is_whole & ~(is_frequent & (len(first) == N_FIRST_ROWS))).tolist()


def identifies_rows(cells: pd.Series) -> bool:
    """Whether the cells of a column identify rows."""
    if len(cells) < MIN_ROWS or pd.api.types.is_bool_dtype(cells.dtype):
        return False
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return cells.dtype.kind in "iufO" and are_keys(cells)
    if isinstance(cells.dtype, pd.CategoricalDtype) and pd.api.types.is_numeric_dtype(cells.dtype.categories.dtype):
        return are_keys(cells.astype(cells.dtype.categories.dtype)) if not cells.hasnans else False
    if date_kind(cells) is not None:
        return False
    try:
        kind = pd.api.types.infer_dtype(cells, skipna=True)
        return (
            is_distinct_text(cells)
            if kind in {"string", "bytes", "categorical", "mixed"}
            else (kind in KINDS_OF_NUMBERS and are_keys(cells))
        )
    except TypeError:  # cells without a hash
        return False


def are_keys(cells: pd.Series) -> bool:
    """Whether whole numbers are given out one by one rather than counted or measured."""
    first = whole_numbers(cells.iloc[:N_FIRST_ROWS])
    if first is None or (len(first) == N_FIRST_ROWS and not equally_often(first)):
        return False
    numbers = whole_numbers(cells)
    if numbers is None or len(numbers) < MIN_ROWS:
        return False
    distinct, counts = np.unique(numbers, return_counts=True)
    if are_repeated_keys(counts):
        return True
    if len(distinct) < MIN_DISTINCT_FRACTION * len(numbers):
        return False
    value_range = float(distinct[-1]) - float(distinct[0]) + 1
    expected_pairs = len(numbers) * (len(numbers) - 1) / 2 / value_range
    n_pairs = int((counts * (counts - 1) // 2).sum())
    has_no_coincidence = expected_pairs >= MIN_EXPECTED_PAIRS and n_pairs <= MAX_PAIRS_RATIO * expected_pairs
    return has_no_coincidence or ascend_with_rows(numbers) or (n_pairs == 0 and have_equal_digits(distinct))


def ascend_with_rows(numbers: NDArray[Any]) -> bool:
    """Whether numbers ascend or descend, and evenly, as sorted measurements do not."""
    ascends, descends = numbers[1:] >= numbers[:-1], numbers[1:] <= numbers[:-1]
    if not (ascends.all() or descends.all()) or (ascends & descends).all():
        return False
    correlation = np.corrcoef(numbers.astype(np.float64), np.arange(len(numbers)))[0, 1]
    return bool(abs(correlation) >= MIN_CORRELATION)


def whole_numbers(cells: pd.Series) -> NDArray[Any] | None:
    """The cells that are not missing, as integers; None if some have a fraction or are too large."""
    if isinstance(cells.dtype, np.dtype) and cells.dtype.kind in "iu":
        integers: NDArray[Any] = cells.to_numpy()
        return integers
    present = cells.dropna()
    if cells.dtype.kind in "iuO":
        objects = present.to_numpy(dtype=object)
        return objects.astype(np.int64) if all(abs(cell) < 2**63 and cell == int(cell) for cell in objects) else None
    values: NDArray[np.float64] = present.to_numpy(np.float64)
    if not (np.abs(values) < 2**53).all() or (values != np.floor(values)).any():
        return None
    return values.astype(np.int64)


def equally_often(numbers: NDArray[Any]) -> bool:
    """Whether no number is among the first ones more often than keys are."""
    return bool(np.unique(numbers, return_counts=True)[1].max() <= MAX_REPEATS)


def are_repeated_keys(counts: NDArray[np.intp]) -> bool:
    """Whether distinct values all occur equally often, a few times."""
    return len(counts) >= MIN_REPEATED_KEYS and 1 < counts.min() == counts.max() <= MAX_REPEATS


def have_equal_digits(distinct: NDArray[Any]) -> bool:
    """Whether distinct integers in ascending order have as many digits as keys, all of them equally many."""
    if distinct[0] <= 0:
        return False
    n_digits = len(str(distinct[0]))
    if n_digits != len(str(distinct[-1])) or n_digits < MIN_UNIFORM_KEY_DIGITS or not (distinct % 10).any():
        return False
    value_range = (float(distinct[0]), max(1.0, float(distinct[-1]) - float(distinct[0])))
    is_uniform = kstest(distinct.astype(np.float64), "uniform", args=value_range).pvalue >= MIN_UNIFORM_P_VALUE
    return n_digits >= MIN_KEY_DIGITS or bool(is_uniform)


def is_distinct_text(cells: pd.Series) -> bool:
    """Whether nearly all cells that are text are distinct, or occur equally often."""
    counts = cells.value_counts(dropna=True).to_numpy()
    counts = counts[counts > 0]
    n_cells = int(counts.sum())
    if n_cells < MIN_ROWS:
        return False
    return len(counts) >= MIN_DISTINCT_FRACTION * n_cells or are_repeated_keys(counts) or are_repeated_codes(cells)


def are_repeated_codes(cells: pd.Series) -> bool:
    """Whether text is addresses or long numbers that all but one occur equally often, a few times, however few."""
    counts = cells.value_counts(dropna=True)
    counts = counts[counts > 0]
    often = int(counts.max())
    return (
        len(counts) >= MIN_REPEATED_CODES
        and 1 < often <= MAX_REPEATS
        and int((counts == often).sum()) >= len(counts) - 1
        and all(LONG_CODE.search(str(cell)) for cell in counts.index)
    )
