"""How strongly columns of any kind are associated, pair by pair."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ._tables import split_columns, to_floats, to_texts

__all__ = ["associations"]

MAX_CATEGORIES = 100


def associations(table: pd.DataFrame, numeric: list[bool]) -> NDArray[np.float64]:
    """A measure for each pair of columns, (n_columns, n_columns), NaN where one of them is constant.

    Spearman's correlation of two numbers, from -1 to 1; Cramér's V of two categories and the correlation ratio of ranks
    within categories, from 0 to 1. Missing cells are a category, and are left out of numbers.
    """
    cells = zip(split_columns(table), numeric, strict=True)
    columns = [ranks(column) if is_number else category_codes(column) for column, is_number in cells]
    matrix = np.eye(len(columns))
    for pair in combinations(reversed(range(len(columns))), 2):
        i, j = sorted(pair, key=lambda index: numeric[index])  # categories first
        matrix[i, j] = matrix[j, i] = MEASURES[numeric[i] + numeric[j]](columns[i], columns[j])
    return matrix


def ranks(cells: pd.Series) -> NDArray[np.float64]:
    return np.asarray(pd.Series(to_floats(cells)).rank())


def category_codes(cells: pd.Series) -> NDArray[np.int64]:
    """Categories as integers, the most frequent first; the rarest of very many share one."""
    codes = pd.factorize(to_texts(cells), use_na_sentinel=False)[0]
    order = np.argsort(np.argsort(-np.bincount(codes), kind="stable"))
    return np.asarray(order[codes].clip(max=MAX_CATEGORIES - 1))


def rank_correlation(ranks: NDArray[Any], other: NDArray[Any]) -> float:
    """Pearson's correlation of ranks, where both are present."""
    return float(pd.Series(ranks).corr(pd.Series(other)))


def correlation_ratio(codes: NDArray[Any], ranks: NDArray[Any]) -> float:
    """The root of the fraction of variance that categories explain."""
    present = ~np.isnan(ranks)
    codes, ranks = codes[present], ranks[present]
    if len(ranks) < 2 or ranks.std() == 0 or len(np.unique(codes)) < 2:
        return np.nan
    counts = np.bincount(codes)
    means = np.bincount(codes, ranks) / counts.clip(1)
    between = (counts * np.square(means - ranks.mean())).sum() / len(ranks)
    return float(np.sqrt(between / ranks.var()))


def cramers_v(codes: NDArray[Any], other: NDArray[Any]) -> float:
    """The root of chi squared over its largest value."""
    counts = np.zeros((codes.max() + 1, other.max() + 1))
    np.add.at(counts, (codes, other), 1)
    if 1 in counts.shape:
        return np.nan
    expected = np.outer(counts.sum(1), counts.sum(0)) / len(codes)
    return float(np.sqrt((np.square(counts - expected) / expected).sum() / len(codes) / (min(counts.shape) - 1)))


MEASURES = (cramers_v, correlation_ratio, rank_correlation)  # by how many of the two columns are numbers
