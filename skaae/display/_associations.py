"""How strongly columns of any kind go together, pair by pair."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ._tables import numbers_of, texts_of

__all__ = ["associations"]

MOST_CATEGORIES = 100


def associations(table: pd.DataFrame, of_numbers: list[bool]) -> np.ndarray:
    """A measure for each pair of columns, (n_columns, n_columns), NaN where one of them is constant.

    Spearman's correlation of two numbers, from -1 to 1; Cramér's V of two categories and the correlation ratio of ranks
    within categories, from 0 to 1. Missing cells are a category, and are left out of numbers.
    """
    columns = [table.iloc[:, place] for place in range(table.shape[1])]
    read = [
        pd.Series(numbers_of(cells)).rank().to_numpy() if number else codes_of(cells)
        for cells, number in zip(columns, of_numbers, strict=True)
    ]
    measures = np.eye(len(read))
    for one in range(len(read)):
        for other in range(one):
            kinds = of_numbers[one], of_numbers[other]
            pair = (read[one], read[other]) if kinds != (True, False) else (read[other], read[one])
            measures[one, other] = measures[other, one] = MEASURES[sum(kinds)](*pair)
    return measures


def codes_of(cells: pd.Series) -> np.ndarray:
    """Positions of categories by how frequent they are, the rarest of very many taken for one."""
    codes = pd.factorize(texts_of(cells), use_na_sentinel=False)[0]
    rank = np.argsort(np.argsort(-np.bincount(codes), kind="stable"))
    return rank[codes].clip(max=MOST_CATEGORIES - 1)


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson's correlation of ranks, where both are known."""
    known = ~(np.isnan(one) | np.isnan(other))
    one, other = one[known], other[known]
    if len(one) < 2 or one.std() == 0 or other.std() == 0:
        return np.nan
    return float(np.corrcoef(one, other)[0, 1])


def correlation_ratio(groups: np.ndarray, values: np.ndarray) -> float:
    """The root of the share of variance that groups explain."""
    known = ~np.isnan(values)
    groups, values = groups[known], values[known]
    if len(values) < 2 or values.std() == 0 or len(np.unique(groups)) < 2:
        return np.nan
    counts = np.bincount(groups)
    means = np.bincount(groups, values) / counts.clip(1)
    between = (counts * np.square(means - values.mean())).sum() / len(values)
    return float(np.sqrt(between / values.var()))


def cramers_v(one: np.ndarray, other: np.ndarray) -> float:
    """The root of chi squared over its largest value."""
    n_others = other.max() + 1
    counts = np.bincount(one * n_others + other, minlength=(one.max() + 1) * n_others).reshape(-1, n_others)
    least = min(counts.shape) - 1
    if least == 0:
        return np.nan
    expected = np.outer(counts.sum(1), counts.sum(0)) / len(one)
    return float(np.sqrt((np.square(counts - expected) / expected).sum() / len(one) / least))


MEASURES = (cramers_v, correlation_ratio, correlation)  # by how many of the two columns are numbers
