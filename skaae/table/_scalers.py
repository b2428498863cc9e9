r"""Scaling of numeric columns, as inputs of a network: centred, of like spread, and without extreme values.

A column :math:`x` becomes :math:`\operatorname{arsinh}((x - m) / s)`, where :math:`m` is its median and
:math:`s` the standard deviation of a normal distribution with the same 5th to 95th percentile range. That is nearly
linear for most values and logarithmic in the tails, so that neither outliers nor a rare category outweigh the other
columns; and it can be inverted anywhere. Where it matters how far off a value is, the tails can be linear up to ten
spreads from the median, and clipped there. Where means of values matter, which are no means of transformed ones,
columns are just centred at their mean and divided by their standard deviation.

Or it becomes :math:`\Phi^{-1}(r)`, where :math:`r` is the share of training values below it: normal, whatever it was.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from sklearn.base import BaseEstimator, TransformerMixin

__all__ = ["MAX_SPREADS", "ColumnScaler", "Identity", "RankScaler"]

PERCENTILES = (5, 50, 95)
NORMAL_PERCENTILE_RANGE = 3.2897  # from the 5th to the 95th of a standard normal distribution
MAX_SPREADS = 10.0  # from the median, where tails are clipped
MIN_CHUNK_CELLS, MAX_CHUNKS = 2**21, 16  # of columns whose percentiles are computed at once, to copy little
MAX_KNOTS = 2000  # of the map from values to a normal distribution, but for those in the tails
N_TAIL_KNOTS = 250  # smallest and largest values, each of which is a knot
MIN_GAP_RATIO = 3  # of a gap between two values to the spread, and to how far its inner end is from the median
GAP_EDGE = 1e-9  # of a gap, within which it is left


class ColumnScaler(TransformerMixin, BaseEstimator):
    """Centre columns, divide them by their spread, and compress or clip their tails.

    Parameters
    ----------
    tails : {"arcsinh", "clip", "linear"}, default="arcsinh"
        How values far from the centre are scaled.

    Attributes
    ----------
    center_ : ndarray of shape (n_features,)
        Medians; means if tails are linear.
    scale_ : ndarray of shape (n_features,)
        Spreads: from the range of percentiles, or the standard deviation where that is zero or tails are linear.
        Where all values are equal, their size, or 1 if that is larger or zero.
    """

    def __init__(self, tails: str = "arcsinh") -> None:
        self.tails = tails

    def fit(self, X: NDArray[Any], y: Any = None) -> Self:
        """Learn the centre and the spread of each column of finite numbers."""
        n_columns = max(1, MIN_CHUNK_CELLS // len(X), X.shape[1] // MAX_CHUNKS)
        starts = range(0, max(1, X.shape[1]), n_columns)
        chunks = [self._statistics(X[:, start : start + n_columns]) for start in starts]
        self.center_, self.scale_ = np.concatenate(chunks, axis=1)
        return self

    def transform(self, X: NDArray[Any]) -> NDArray[Any]:
        """Scaled columns."""
        with np.errstate(over="ignore"):
            scaled = clip_infinite((X - self.center_) / self.scale_)
        if self.tails == "linear":
            return scaled
        return np.arcsinh(scaled) if self.tails == "arcsinh" else scaled.clip(-MAX_SPREADS, MAX_SPREADS)

    def inverse_transform(self, X: NDArray[Any]) -> NDArray[Any]:
        """Columns in their units; what is beyond the largest number becomes that."""
        with np.errstate(over="ignore"):
            scaled = clip_infinite(np.sinh(X)) if self.tails == "arcsinh" else X
            return clip_infinite(scaled * self.scale_ + self.center_)

    def is_far(self, X: NDArray[Any]) -> NDArray[np.bool_]:
        """Which values are so far from the training values that scaled ones hardly differ."""
        return np.asarray(np.abs(X - self.center_) > MAX_SPREADS * self.scale_)

    def _statistics(self, X: NDArray[Any]) -> NDArray[np.floating]:
        """Centres and spreads of columns, (2, n_columns), in the dtype of the columns."""
        X = np.asarray(X, X.dtype if X.dtype in (np.float32, np.float64) else np.float64)
        X = X if X.flags.forc else np.asfortranarray(X)
        largest = np.maximum(X.max(axis=0), -X.min(axis=0))
        unit = power_of_two(largest)
        rows = X if (unit == 1).all() else X / unit
        low, center, high = percentiles_of_sorted(np.sort(rows, axis=0)).astype(X.dtype)
        spread, deviation = (high - low) / NORMAL_PERCENTILE_RANGE, rows.std(axis=0, dtype=np.float64)
        smallest = 10 * np.finfo(X.dtype).eps * (largest / unit)
        if self.tails == "linear":
            center, spread = rows.mean(axis=0, dtype=np.float64), deviation
        # Where all values are equal, the unit is their size, but no less than their rounding errors, and 1 at most.
        size = np.where(largest > 0, np.minimum(largest, 1), 1).clip(smallest * unit)
        scale = np.select([spread > smallest, deviation > smallest], [spread * unit, deviation * unit], size)
        return np.stack([center * unit, scale.clip(np.finfo(X.dtype).tiny)]).astype(X.dtype)


class RankScaler(TransformerMixin, BaseEstimator):
    """Map each column to a standard normal distribution by the ranks of its values.

    The map is piecewise linear between training values, and so is its inverse: the smallest and largest 250 of them,
    and 2,000 at most at even ranks. It is constant beyond the smallest and the largest training value, and within wide
    gaps, such as before a gross outlier: its inverse has no values in these, so that a single value stays one.

    Attributes
    ----------
    knots_ : list of pairs of ndarrays
        For each column, training values in ascending order, and their normal quantiles.
    """

    def fit(self, X: NDArray[Any], y: Any = None) -> Self:
        """Learn the ranks of the values of each column of finite numbers."""
        self.knots_ = [find_knots(column) for column in X.T]
        return self

    def transform(self, X: NDArray[Any]) -> NDArray[Any]:
        """Normal quantiles of the values."""
        columns = [np.interp(column, *knots) for column, knots in zip(X.T, self.knots_, strict=True)]
        return np.stack(columns, axis=1).astype(X.dtype, copy=False)

    def inverse_transform(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Values of normal quantiles, in 64 bits."""
        columns = [np.interp(column, *knots[::-1]) for column, knots in zip(X.T, self.knots_, strict=True)]
        return np.stack(columns, axis=1)

    def is_far(self, X: NDArray[Any]) -> NDArray[np.bool_]:
        """Which values are beyond the training values, where scaled ones do not differ."""
        return np.stack([(x < knots[0]) | (x > knots[-1]) for x, (knots, _) in zip(X.T, self.knots_, strict=True)], 1)


class Identity(TransformerMixin, BaseEstimator):
    """Leave columns as they are."""

    def fit(self, X: NDArray[Any], y: Any = None) -> Self:
        """Learn nothing."""
        return self

    def transform(self, X: NDArray[Any]) -> NDArray[Any]:
        """The same columns."""
        return X

    def inverse_transform(self, X: NDArray[Any]) -> NDArray[Any]:
        """A copy, which decoding changes."""
        return X.copy()

    def is_far(self, X: NDArray[Any]) -> NDArray[np.bool_]:
        """No value is."""
        return np.zeros(X.shape, np.bool_)


def percentiles_of_sorted(rows: NDArray[Any]) -> NDArray[Any]:
    """`PERCENTILES` of each column, (3, n_columns), as numpy has them, which does not sort and so takes longer."""
    positions = (len(rows) - 1) * (np.array(PERCENTILES) / rows.dtype.type(100))
    below = positions.astype(np.intp)
    fractions = (positions - below)[:, None]
    low, high = rows[below], rows[np.minimum(below + 1, len(rows) - 1)]
    difference = high - low
    return np.asarray(np.where(fractions < 0.5, low + difference * fractions, high - difference * (1 - fractions)))


def power_of_two(largest: NDArray[Any]) -> NDArray[Any]:
    """A factor for each column, 1 unless squares of its values would overflow or become zero."""
    limits = np.finfo(largest.dtype)
    exponents = np.frexp(largest)[1]
    is_extreme = (largest > 0) & (2 * np.abs(exponents) > limits.maxexp // 2)
    exponents = np.where(is_extreme, exponents.clip(limits.minexp, limits.maxexp - 1), 0)
    return np.asarray(np.ldexp(largest.dtype.type(1), exponents))


def clip_infinite(values: NDArray[Any]) -> NDArray[Any]:
    """The same array, infinite numbers replaced by the largest finite one."""
    limits = np.finfo(values.dtype)
    return np.clip(values, limits.min, limits.max, out=values)


def find_knots(column: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values in ascending order, and the normal quantiles of their ranks, ties in the middle."""
    values, counts = np.unique(column.astype(np.float64), return_counts=True)
    ranks = (counts.cumsum() - counts / 2) / len(column)
    gaps = wide_gaps(values, np.percentile(column, PERCENTILES))
    indices = np.arange(len(values))
    if len(values) > MAX_KNOTS:
        even = np.searchsorted(ranks, np.linspace(ranks[0], ranks[-1], MAX_KNOTS))
        indices = np.unique(np.concatenate([even, gaps, gaps + 1, indices[:N_TAIL_KNOTS], indices[-N_TAIL_KNOTS:]]))
    edges, edge_ranks = edges_of_gaps(values, gaps), np.tile(counts.cumsum()[gaps] / len(column), 2)
    knots = np.concatenate([values[indices], edges])
    order = np.argsort(knots)
    return knots[order], ndtri(np.concatenate([ranks[indices], edge_ranks])[order])


def edges_of_gaps(values: NDArray[np.float64], gaps: NDArray[np.intp]) -> NDArray[np.float64]:
    """Values at the lower ends of gaps, followed by those at the upper ends, but within the gaps."""
    low, high = values[gaps], values[gaps + 1]
    width = GAP_EDGE * (high - low)
    return np.concatenate(
        [low + np.fmax(width, 4 * np.spacing(abs(low))), high - np.fmax(width, 4 * np.spacing(abs(high)))]
    )


def wide_gaps(values: NDArray[np.float64], percentiles: NDArray[np.float64]) -> NDArray[np.intp]:
    """Indices of the values, in ascending order, after which there is a gap as wide as before a gross outlier."""
    low, median, high = percentiles
    distances = np.abs(values - median)
    inner = np.maximum(np.minimum(distances[:-1], distances[1:]), high - low)
    return np.flatnonzero(np.diff(values) > MIN_GAP_RATIO * inner)
