r"""Novelty of single cells: what the training rows never had, and what scaling therefore hides from the scorers.

A missing cell in a column that was complete, a category that did not occur, or a change of a constant column is
encoded as if it were ordinary, or nearly so; and values far beyond the range of the training rows are clipped. So each
such cell adds to the score of its row.

How rare a new category is follows from the training rows: of so many, about as many have another new one as have one
that no other row has (Good, "The population frequencies of species and the estimation of population parameters",
1953). So in a column of names of which each row has another, new ones are common.

How rare a value :math:`x` beyond the largest training value :math:`b` is follows from the tail: if it falls like a
power, :math:`P(X > x) = (b / x)^\alpha P(X > b)`, of distances from the median. The exponent is estimated on each side
from the largest training values (Hill, "A simple general approach to inference about the tail of a distribution",
1975), so that a value in a heavy tail has to be farther off to be as rare. Values that one in twenty of the rows beyond
:math:`b` exceeds add next to nothing.
"""

from __future__ import annotations

import math
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ..table import TableEncoder
from ..table._scalers import MAX_SPREADS
from ..table._tables import Table, columns_with_missing, iter_chunks, missing_mask, take_rows

__all__ = ["CellNovelty"]

MAX_TAIL_ROWS = 10_000  # that tails are estimated from
TAIL_FRACTION = 0.05  # of the values on a side, from which the exponent of its tail is estimated
MIN_EXPONENT, MAX_EXPONENT = 1.0, 10.0
TIME_EXPONENT = 2.0  # of positions in time, which go on: novel is what is two spans of the training rows after them
COMMON_SURPRISE = 3.0  # negative log probability, up to which values beyond the training range are not novel
SURPRISE_WEIGHT = 2.0
MIN_SURPRISE = 0.1  # of a new category, so that it is stranger than the rarest that occurred
TIE_WEIGHT = 0.01  # of the log distance of values that are clipped, so that they do not tie
NORMAL_PERCENTILE_RANGE = 3.2897  # from the 5th to the 95th of a standard normal distribution
LIMITS = np.finfo(np.float64)
N_STATISTICS = 5
CONSTANT_TOLERANCE = 5e-7  # relative change that is a matter of precision, which may be 32 bits in other rows


class CellNovelty:
    """Creates a measure of how novel cells are, each column by itself.

    Parameters
    ----------
    seed : int
        Seed of the sample of rows that tails are estimated from, if there are many.
    never_seen : float
        Novelty of a cell that is missing, of a category that is new where no category was rare, or of a constant that
        has changed.

    Attributes
    ----------
    numeric_, categorical_ : ndarray of shape (n_numeric,), ndarray of shape (n_categorical,)
        Indices of the columns of numbers, and of categories.
    categories_ : list of ndarray, each of shape (n_categories + 3,)
        Novelty of the categories of each column by their indices, that of new ones last.
    complete_ : ndarray of bool of shape (n_features,)
        Columns without missing cells.
    center_, tolerance_ : ndarray of shape (n_numeric,)
        Their medians, and the distance from the median that is no change where all training values are equal, 0 for
        other columns.
    extreme_, exponent_, tie_start_ : ndarray of shape (2, n_numeric)
        Below and above the median: the largest distance of a training value, the exponent of the tail, and the
        distance beyond which scaled values may tie.
    """

    def __init__(self, seed: int, never_seen: float) -> None:
        self.seed, self.never_seen = seed, never_seen

    def fit(self, encoder: TableEncoder, table: Table) -> Self:
        """Learn the range and the tails of the columns of the training rows."""
        self.numeric_, is_time = encoder.numeric_sources()
        chunks = [encoder.numeric_values(chunk) for chunk in iter_chunks(table)]
        self.categorical_ = encoder.categorical_sources()
        self.categories_ = [category_novelty(counts, self.never_seen) for counts in encoder.category_counts(table)]
        self.complete_ = ~columns_with_missing(table)
        low = np.fmin.reduce([np.fmin.reduce(chunk) for chunk in chunks])  # minima of what is not missing
        high = np.fmax.reduce([np.fmax.reduce(chunk) for chunk in chunks])
        values = encoder.numeric_values(sample_rows(table, self.seed))
        columns = [column_statistics(*column) for column in zip(values.T, low, high, strict=True)]
        statistics = np.reshape(columns, (-1, N_STATISTICS)).T
        self.center_, self.tolerance_, scale = statistics[:3]
        extreme = np.stack([self.center_ - low, high - self.center_])
        self.extreme_ = np.where(extreme > 0, extreme, scale)
        self.exponent_ = np.where(is_time, TIME_EXPONENT, statistics[3:])
        self.tie_start_ = np.minimum(self.extreme_, MAX_SPREADS * scale)
        return self

    def score(self, encoder: TableEncoder, table: Table) -> NDArray[np.float64]:
        """Novelty of the cells of a table, (n_samples, n_features): 0 for what training rows had, or nearly."""
        unknown, missing = encoder.unknown_cells(table), missing_mask(table)
        unknown[:, self.categorical_] &= missing[:, self.categorical_]
        novelty = self.never_seen * (unknown | (missing & self.complete_)).astype(np.float64)
        indices = encoder.category_indices(table)
        for index, of_categories, cells in zip(self.categorical_, self.categories_, indices.T, strict=True):
            novelty[:, index] = np.maximum(novelty[:, index], of_categories[cells])
        for index, values in zip(self.numeric_, self._of_values(encoder.numeric_values(table)).T, strict=True):
            novelty[:, index] += values
        return novelty

    def _of_values(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        with np.errstate(over="ignore"):
            deviation = np.where(np.isnan(values), self.center_, values) - self.center_
        sides = (self.extreme_, self.exponent_, self.tie_start_)
        extreme, exponent, tie_start = (np.where(deviation > 0, above, below) for below, above in sides)
        distance = np.abs(deviation).clip(LIMITS.tiny, LIMITS.max)
        surprise = exponent * (np.log(distance) - np.log(extreme)).clip(0)
        novelty = SURPRISE_WEIGHT * (surprise - COMMON_SURPRISE).clip(0)
        novelty += TIE_WEIGHT * (np.log(distance) - np.log(tie_start)).clip(0)
        has_changed = (self.tolerance_ > 0) & (distance > self.tolerance_)
        return np.asarray(novelty + self.never_seen * has_changed)


def sample_rows(table: Table, seed: int) -> Table:
    """The rows, or a random sample of them."""
    if len(table) <= MAX_TAIL_ROWS:
        return table
    indices = np.sort(np.random.RandomState(seed).randint(len(table), size=MAX_TAIL_ROWS))
    return take_rows(table, indices)


def category_novelty(counts: NDArray[np.intp], never_seen: float) -> NDArray[np.float64]:
    """Novelty of the categories of a column by their indices, from their counts and that of missing cells, at the end.

    That of missing cells is 0, because it is no matter of categories; so is that of those where none were, at -2.
    """
    rate = (counts[:-1] == 1).sum() / max(1, counts.sum())
    surprise = np.inf if rate == 0 else -np.log(rate)
    of_new = min(never_seen, MIN_SURPRISE + SURPRISE_WEIGHT * max(surprise - COMMON_SURPRISE, 0))
    return np.concatenate([np.where(counts[:-1] > 0, 0, of_new), [0, 0, of_new]])


def column_statistics(values: NDArray[np.float64], low: float, high: float) -> tuple[float, ...]:
    """The median of a column, the tolerance of a constant, its scale, and the exponents of its lower and upper tail."""
    values = values[~np.isnan(values)]
    if not len(values):  # in the rows of a later fit
        return float(np.nan_to_num(low)), 0.0, float(np.nan_to_num(high - low)) or 1.0, MIN_EXPONENT, MIN_EXPONENT
    center = float(np.median(values))
    size = max(abs(low), abs(high))
    if high - low <= 10 * LIMITS.eps * size:
        tolerance = max(min(CONSTANT_TOLERANCE * size, 0.5 if center == round(center) else np.inf), LIMITS.tiny)
        return center, tolerance, size or 1.0, MIN_EXPONENT, MIN_EXPONENT
    low_percentile, high_percentile = np.percentile(values, (5, 95))
    scale = (high_percentile - low_percentile) / NORMAL_PERCENTILE_RANGE or values.std() or high - low
    return center, 0.0, float(scale), tail_exponent(center - values), tail_exponent(values - center)


def tail_exponent(distances: NDArray[np.float64]) -> float:
    """Hill's estimate of the exponent of a tail, from the largest of the positive distances from the median."""
    distances = np.sort(distances[distances > 0])
    n_tail = math.ceil(TAIL_FRACTION * len(distances))
    if n_tail < 2:
        return MIN_EXPONENT
    mean_excess = float(np.log(distances[-n_tail:]).mean() - np.log(distances[-n_tail - 1]))
    return float(np.clip(1 / max(mean_excess, LIMITS.tiny), MIN_EXPONENT, MAX_EXPONENT))
