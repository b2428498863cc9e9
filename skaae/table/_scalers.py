r"""Numeric columns as columns of a network: centred, of like spread, and without far-off values.

A column :math:`x` becomes :math:`\operatorname{arsinh}((x - m) / s)`, where :math:`m` is its median and
:math:`s` the standard deviation of a normal distribution with the same middle nine tenths. That is nearly linear where
most values are and logarithmic in the tails, so that neither a few wild values nor a rare category outweigh the
other columns; and it can be undone anywhere. Where it matters how far off a value is, the tails can be left as they
are up to ten spreads from the median, and cut there. Where means of values matter, which are no means of folded ones,
columns are just centred at their mean and divided by their standard deviation.

Or it becomes :math:`\Phi^{-1}(r)`, where :math:`r` is the share of training values below it: normal, whatever it was.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri
from sklearn.base import BaseEstimator, TransformerMixin

__all__ = ["ColumnScaler", "Identity", "RankScaler"]

MIDDLE = (5, 95)  # percentiles
MIDDLE_OF_NORMAL = 3.2897  # their distance in a standard normal distribution
FARTHEST = 10.0  # spreads from the median, where tails are cut
FEW_NUMBERS, PARTS = 2**21, 16  # beyond so many numbers, columns are sorted in so many parts, whose copies are small
MOST_KNOTS = 2000  # of the map from values to a normal distribution


class ColumnScaler(TransformerMixin, BaseEstimator):
    """Centre columns, give them like spreads, and fold or cut their tails.

    Parameters
    ----------
    tails : {"fold", "cut", "keep"}, default="fold"
        What becomes of values far off.

    Attributes
    ----------
    center_ : ndarray of shape (n_features,)
        Medians; means where tails are kept.
    scale_ : ndarray of shape (n_features,)
        Spreads: from the middle nine tenths, or the standard deviation where these are one value or tails are kept, or
        1 where all values are one.
    """

    def __init__(self, tails="fold"):
        self.tails = tails

    def fit(self, X, y=None):
        """Learn the centre and the spread of each column of a finite float array."""
        n_together = max(1, FEW_NUMBERS // len(X), X.shape[1] // PARTS)
        parts = [self._measured(X[:, start : start + n_together]) for start in range(0, max(1, X.shape[1]), n_together)]
        self.center_, self.scale_ = np.concatenate(parts, axis=1)
        return self

    def transform(self, X):
        """Scale, and fold or cut."""
        with np.errstate(over="ignore"):
            scaled = finite((X - self.center_) / self.scale_)
        if self.tails == "keep":
            return scaled
        return np.arcsinh(scaled) if self.tails == "fold" else scaled.clip(-FARTHEST, FARTHEST)

    def _measured(self, X):
        """Centres and spreads of some columns, (2, n_columns), in the dtype of the columns."""
        X = np.asarray(X, X.dtype if X.dtype in (np.float32, np.float64) else np.float64)
        X = X if X.flags.forc else np.asfortranarray(X)
        largest = np.maximum(X.max(axis=0), -X.min(axis=0))
        unit = unit_of(largest)
        rows = X if (unit == 1).all() else X / unit
        low, center, high = np.percentile(rows, [MIDDLE[0], 50, MIDDLE[1]], axis=0).astype(X.dtype)
        middle, deviation = (high - low) / MIDDLE_OF_NORMAL, rows.std(axis=0, dtype=np.float64)
        smallest = 10 * np.finfo(X.dtype).eps * (largest / unit)
        if self.tails == "keep":
            center, middle = rows.mean(axis=0, dtype=np.float64), deviation
        spread = np.select([middle > smallest, deviation > smallest], [middle * unit, deviation * unit], 1)
        return np.stack([center * unit, spread.clip(np.finfo(X.dtype).tiny)]).astype(X.dtype)

    def inverse_transform(self, X):
        """Unfold and put back into units; what is beyond the largest number becomes that."""
        with np.errstate(over="ignore"):
            unfolded = finite(np.sinh(X)) if self.tails == "fold" else X
            return finite(unfolded * self.scale_ + self.center_)


class RankScaler(TransformerMixin, BaseEstimator):
    """Map each column to a standard normal distribution by the ranks of its values.

    The map is linear between training values (2,000 of them at most, at even ranks), and so is its inverse: what comes
    back is what went in. Beyond the smallest and the largest training value it stands still.

    Attributes
    ----------
    knots_ : list of pairs of ndarrays
        For each column, training values in ascending order, and what they become.
    """

    def fit(self, X, y=None):
        """Learn the ranks of the values of each column of a finite float array."""
        self.knots_ = [knots(column) for column in X.T]
        return self

    def transform(self, X):
        """Values as normal ones."""
        columns = (np.interp(column, values, normal) for column, (values, normal) in zip(X.T, self.knots_, strict=True))
        return np.stack(list(columns), axis=1).astype(X.dtype, copy=False)

    def inverse_transform(self, X):
        """Normal values as those of the columns, in 64 bits."""
        columns = (np.interp(column, normal, values) for column, (values, normal) in zip(X.T, self.knots_, strict=True))
        return np.stack(list(columns), axis=1)


def unit_of(largest: np.ndarray) -> np.ndarray:
    """A power of two for each column, 1 but for columns whose squares would be no numbers or zero."""
    limits = np.finfo(largest.dtype)
    exponents = np.frexp(largest)[1]
    extreme = (largest > 0) & (2 * np.abs(exponents) > limits.maxexp // 2)
    return np.ldexp(largest.dtype.type(1), np.where(extreme, exponents.clip(limits.minexp, limits.maxexp - 1), 0))


def finite(values: np.ndarray) -> np.ndarray:
    """The same array, with the largest number where there was infinity."""
    limits = np.finfo(values.dtype)
    return np.clip(values, limits.min, limits.max, out=values)


class Identity(TransformerMixin, BaseEstimator):
    """Leave columns as they are."""

    def fit(self, X, y=None):
        """Learn nothing."""
        return self

    def transform(self, X):
        """The same columns."""
        return X

    def inverse_transform(self, X):
        """The same columns."""
        return X


def knots(column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Some of the values in ascending order, and the normal quantiles of their ranks, ties in the middle."""
    values, counts = np.unique(column.astype(np.float64), return_counts=True)
    ranks = (counts.cumsum() - counts / 2) / len(column)
    if len(values) > MOST_KNOTS:
        even = np.searchsorted(ranks, np.linspace(ranks[0], ranks[-1], MOST_KNOTS))
        values, ranks = values[np.unique(even)], ranks[np.unique(even)]
    return values, ndtri(ranks)
