"""Errors of the columns of a generated table, one by one and in pairs, from 0 to 1."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from ._tables import PairCodes, check_tables, factorize_pair, is_numeric, mean_or_series, to_floats, total_variation
from ._validation import Floats

__all__ = ["column_shape_error", "pair_trend_error"]

N_BINS = 10  # of a numeric column that is paired with a categorical one


def column_shape_error(X_real: Any, X_generated: Any, *, average: bool = True) -> Any:
    """Error of the marginal distributions of columns.

    For numeric columns it is the Kolmogorov-Smirnov statistic of the present cells, or the difference of the fractions
    of missing cells if that is greater; for other columns it is the total variation distance, missing cells being a
    category. Dependences between columns are not measured: shuffled columns have no error.

    Parameters
    ----------
    X_real : DataFrame or array-like of shape (n_real, n_features)
        Real rows.
    X_generated : DataFrame or array-like of shape (n_generated, n_features)
        Generated rows, with the same columns.
    average : bool, default=True
        Whether to return the mean, or the error of each column.

    Returns
    -------
    error : float, or Series of shape (n_features,)
        From 0 to 1.

    References
    ----------
    One minus the score "Column Shapes" of SDMetrics, except for missing cells, which that ignores.

    Examples
    --------
    >>> import pandas as pd
    >>> from skaae.metrics import column_shape_error
    >>> real = pd.DataFrame({"size": [1.0, 2.0, 3.0, 4.0], "kind": ["a", "a", "b", "b"]})
    >>> generated = pd.DataFrame({"size": [3.0, 4.0, 5.0, 6.0], "kind": ["a", "b", "b", "b"]})
    >>> column_shape_error(real, generated)
    0.375
    """
    real, generated = check_tables(X_real, X_generated)
    errors = {name: shape_error(real[name], generated[name]) for name in real}
    return mean_or_series(errors, average)


def shape_error(real: pd.Series, generated: pd.Series) -> float:
    """The error of one column."""
    if not is_numeric(real):
        return total_variation(*factorize_pair(real, generated))
    columns = to_floats(real), to_floats(generated)
    present = [values[~np.isnan(values)] for values in columns]
    missing_error = float(abs(np.isnan(columns[0]).mean() - np.isnan(columns[1]).mean()))
    return max(missing_error, kolmogorov_smirnov(*present)) if all(map(len, present)) else missing_error


def kolmogorov_smirnov(real: Floats, generated: Floats) -> float:
    """The greatest difference of two empirical distribution functions."""
    values = np.concatenate([real, generated])
    cdfs = [np.searchsorted(np.sort(sample), values, side="right") / len(sample) for sample in (real, generated)]
    return float(np.abs(cdfs[0] - cdfs[1]).max())


def pair_trend_error(X_real: Any, X_generated: Any, *, average: bool = True) -> Any:
    """Error of the dependences between pairs of columns.

    For two numeric columns it is half the difference of their correlations, over the rows where both are present, or
    the difference of the fractions of these rows if that is greater; an undefined correlation, of a constant column,
    counts as zero. For other pairs it is the total variation distance of
    the contingency tables, missing cells being a category, and numbers being in ten even bins of the real column's
    range. Correlation measures linear dependence only, and dependences of three columns are not measured. Tables of
    many cells and few rows have errors by chance: compare with the error of held-out rows.

    Parameters
    ----------
    X_real : DataFrame or array-like of shape (n_real, n_features)
        Real rows, two columns at least.
    X_generated : DataFrame or array-like of shape (n_generated, n_features)
        Generated rows, with the same columns.
    average : bool, default=True
        Whether to return the mean, or the error of each pair.

    Returns
    -------
    error : float, or Series of shape (n_pairs,)
        From 0 to 1.

    References
    ----------
    One minus the score "Column Pair Trends" of SDMetrics, which puts a column's largest number into a separate bin.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae.metrics import pair_trend_error
    >>> X = np.random.default_rng(0).standard_normal((1000, 1))
    >>> round(pair_trend_error(np.hstack([X, X]), np.hstack([X, -X])), 6)
    1.0
    """
    real, generated = check_tables(X_real, X_generated)
    if real.shape[1] < 2:
        raise ValueError("There must be two columns at least. Got one.")
    numeric = [name for name in real if is_numeric(real[name])]
    difference = (correlations(real[numeric]) - correlations(generated[numeric])).abs() / 2
    present_difference = (present_fractions(real[numeric]) - present_fractions(generated[numeric])).abs()
    codes = {name: bin_pair(real[name], generated[name]) for name in real}
    errors: dict[Hashable, float] = {}
    for a, b in combinations(real, 2):
        if a in difference and b in difference:
            errors[a, b] = max(difference.at[a, b], present_difference.at[a, b])
        else:
            errors[a, b] = total_variation(*joint_codes(codes[a], codes[b]))
    return mean_or_series(errors, average)


def correlations(table: pd.DataFrame) -> pd.DataFrame:
    """Correlations of numeric columns, 0 where undefined."""
    return pd.DataFrame({name: to_floats(table[name]) for name in table}).corr().fillna(0)


def present_fractions(table: pd.DataFrame) -> pd.DataFrame:
    """The fraction of rows in which both columns of a pair are present."""
    present = table.notna().astype(float)
    return present.T @ present / len(table)


def bin_pair(real: pd.Series, generated: pd.Series) -> PairCodes:
    """Indices of categories, or of bins of the real column's range, 0 being missing."""
    if not is_numeric(real):
        return factorize_pair(real, generated)
    columns = to_floats(real), to_floats(generated)
    present = columns[0][~np.isnan(columns[0])]
    edges = np.linspace(present.min(), present.max(), N_BINS + 1)[1:-1] if len(present) else np.zeros(0)
    real_bins, generated_bins = (np.where(np.isnan(values), 0, 1 + np.digitize(values, edges)) for values in columns)
    return real_bins, generated_bins, len(edges) + 2


def joint_codes(a: PairCodes, b: PairCodes) -> PairCodes:
    """Indices of the pairs of categories that occur."""
    pairs = [first.astype(np.int64) * b[2] + second for first, second in zip(a[:2], b[:2], strict=True)]
    distinct, codes = np.unique(np.concatenate(pairs), return_inverse=True)
    return codes[: len(pairs[0])], codes[len(pairs[0]) :], len(distinct)
