"""How far the columns of a generated table are off, one by one and in pairs, as fractions."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from ._tables import Codes, by_name, codes_of, is_number, numbers_of, tables_of, total_variation

__all__ = ["column_shape_error", "pair_trend_error"]

N_BINS = 10  # of numbers that meet categories


def column_shape_error(X_real: Any, X_generated: Any, *, average: bool = True) -> Any:
    """How far the columns' distributions are off, each by itself.

    For numbers it is the Kolmogorov-Smirnov distance of the cells that are there, or the difference of the shares of
    missing cells where that is greater; for other columns it is the total variation distance, a missing cell being a
    category of its own. Nothing is said of what columns have to do with one another: shuffled columns have no error.

    Parameters
    ----------
    X_real : DataFrame or array-like of shape (n_real, n_features)
        Real rows.
    X_generated : DataFrame or array-like of shape (n_generated, n_features)
        Generated rows, with the same columns.
    average : bool, default=True
        Whether the mean is returned, or the error of each column.

    Returns
    -------
    error : float, or Series of shape (n_features,)
        From 0 to 1.

    References
    ----------
    One minus the score "Column Shapes" of SDMetrics, but for missing cells, which that leaves out.

    Examples
    --------
    >>> import pandas as pd
    >>> from skaae.metrics import column_shape_error
    >>> real = pd.DataFrame({"size": [1.0, 2.0, 3.0, 4.0], "kind": ["a", "a", "b", "b"]})
    >>> made = pd.DataFrame({"size": [3.0, 4.0, 5.0, 6.0], "kind": ["a", "b", "b", "b"]})
    >>> column_shape_error(real, made)
    0.375
    """
    real, generated = tables_of(X_real, X_generated)
    errors = {name: shape_error(real[name], generated[name]) for name in real}
    return by_name(errors, average)


def shape_error(real: pd.Series, generated: pd.Series) -> float:
    """The error of one column."""
    if not is_number(real):
        return total_variation(*codes_of(real, generated))
    cells = numbers_of(real), numbers_of(generated)
    present = [own[~np.isnan(own)] for own in cells]
    missing = abs(np.isnan(cells[0]).mean() - np.isnan(cells[1]).mean())
    if not all(map(len, present)):
        return float(missing)
    return float(max(missing, largest_gap(*present)))


def largest_gap(real: np.ndarray, generated: np.ndarray) -> float:
    """The Kolmogorov-Smirnov distance: how far two distribution functions are apart at most."""
    places = np.concatenate([real, generated])
    shares = [np.searchsorted(np.sort(own), places, side="right") / len(own) for own in (real, generated)]
    return float(np.abs(shares[0] - shares[1]).max())


def pair_trend_error(X_real: Any, X_generated: Any, *, average: bool = True) -> Any:
    """How far pairs of columns are off.

    For two columns of numbers it is half the difference of their correlations, over the rows where both are there; a
    correlation that is not defined, of a constant column, counts as none. For other pairs it is the total variation
    distance of the contingency tables, a missing cell being a category, and numbers being in ten even bins of the
    real column's range. Correlation sees straight lines only, and no more than two columns are looked at together.
    Tables of many cells and few rows are off by chance: judge by what held-out rows have.

    Parameters
    ----------
    X_real : DataFrame or array-like of shape (n_real, n_features)
        Real rows, two columns at least.
    X_generated : DataFrame or array-like of shape (n_generated, n_features)
        Generated rows, with the same columns.
    average : bool, default=True
        Whether the mean is returned, or the error of each pair.

    Returns
    -------
    error : float, or Series of shape (n_pairs,)
        From 0 to 1.

    References
    ----------
    One minus the score "Column Pair Trends" of SDMetrics, which puts a column's largest number into a bin of its own.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae.metrics import pair_trend_error
    >>> X = np.random.default_rng(0).standard_normal((1000, 1))
    >>> round(pair_trend_error(np.hstack([X, X]), np.hstack([X, -X])), 6)
    1.0
    """
    real, generated = tables_of(X_real, X_generated)
    if real.shape[1] < 2:
        raise ValueError("There must be two columns at least. Got one.")
    numeric = [name for name in real if is_number(real[name])]
    correlations = [correlations_of(table[numeric]) for table in (real, generated)]
    codes = {name: binned(real[name], generated[name]) for name in real}
    errors: dict[Hashable, float] = {}
    for a, b in combinations(real, 2):
        if a in correlations[0] and b in correlations[0]:
            errors[a, b] = abs(correlations[0].at[a, b] - correlations[1].at[a, b]) / 2
        else:
            errors[a, b] = total_variation(*joint(codes[a], codes[b]))
    return by_name(errors, average)


def correlations_of(table: pd.DataFrame) -> pd.DataFrame:
    """Correlations of columns of numbers, 0 where there is none."""
    return pd.DataFrame({name: numbers_of(table[name]) for name in table}).corr().fillna(0)


def binned(real: pd.Series, generated: pd.Series) -> Codes:
    """Cells as positions: of categories, or of bins of the real column's range, missing ones first."""
    if not is_number(real):
        return codes_of(real, generated)
    cells = numbers_of(real), numbers_of(generated)
    if np.isnan(cells[0]).all():
        edges = np.zeros(0)
    else:
        edges = np.linspace(np.nanmin(cells[0]), np.nanmax(cells[0]), N_BINS + 1)[1:-1]
    real_bins, generated_bins = (np.where(np.isnan(own), 0, 1 + np.digitize(own, edges)) for own in cells)
    return real_bins, generated_bins, len(edges) + 2


def joint(a: Codes, b: Codes) -> Codes:
    """Positions of pairs, numbered anew, so that a table of many categories needs no more room than rows."""
    pairs = [own.astype(np.int64) * b[2] + other for own, other in zip(a[:2], b[:2], strict=True)]
    found, codes = np.unique(np.concatenate(pairs), return_inverse=True)
    return codes[: len(pairs[0])], codes[len(pairs[0]) :], len(found)
