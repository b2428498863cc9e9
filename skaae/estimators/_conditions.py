"""Conditions of rows: class labels or a table of numbers and categories, encoded as columns that a decoder takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import Ridge
from sklearn.utils.validation import column_or_1d

from ..table import TableEncoder
from ._labels import check_text, to_array

__all__ = ["Conditions"]

MAX_DISTINCT = 100_000  # conditions that `sample` draws from


class Conditions:
    """Encoder and empirical distribution of the conditions of training rows.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or DataFrame of shape (n_samples, n_conditions)
        Class labels or numbers, or a table of both. Numbers in an array are classes if all are whole.

    Attributes
    ----------
    width : int
        Number of columns of an encoded condition.
    names : list of str
        Names of the conditions, ["y"] where they have none.
    encoder : TableEncoder
        The encoder.
    """

    def __init__(self, y: Any) -> None:
        table = self.as_table(y)
        self._check_no_missing(table)
        self.names = list(table)
        from_dtype = isinstance(y, pd.DataFrame) or self._has_fractions(table["y"])
        self.encoder = TableEncoder(categorical_features="from_dtype" if from_dtype else [0]).fit(table)
        numeric = table.columns[self.encoder.source_columns_[: self.encoder.n_numeric_]]
        self.ranges = {name: (table[name].min(), table[name].max()) for name in numeric}
        self.categories = {name: list(pd.unique(table[name])) for name in table.columns.difference(numeric)}
        condition = self.encoder.encode(table)
        self.width = condition.shape[1]
        self.values, self.counts = self._distribution(condition)

    def encode(self, y: Any, n: int) -> NDArray[Any]:
        """Encoded conditions, (n, width), of one condition for all rows or one for each row."""
        table = self.as_table(y)
        if list(table) != self.names:
            raise ValueError(f"`y` must have the columns {self.names}, in the same order. Got {list(table)}.")
        if len(table) == 1:
            table = table.loc[[0] * n]
        if len(table) != n:
            raise ValueError(f"`y` must be one condition, or one for each of {n} rows. Got {len(table)}.")
        self._check_no_missing(table)
        condition = self.encoder.encode(table, warn_of_unseen=False)
        self._check_known(table)
        return condition

    def sample(self, n: int, rng: np.random.RandomState) -> NDArray[Any]:
        """Encoded conditions, (n, width), drawn as often as they occurred in training."""
        return self.values[rng.choice(len(self.values), n, p=self.counts / self.counts.sum())]

    def fit_predictor(self, X: NDArray[Any], condition: NDArray[Any]) -> None:
        """Fit a ridge regression of encoded conditions on scaled rows."""
        ridge = Ridge().fit(X.astype(np.float64, copy=False), condition)
        self.coef, self.intercept = ridge.coef_, ridge.intercept_

    def predict(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Predicted conditions of scaled rows, (n, width): numbers, and the most likely categories as one-hot."""
        predicted = (X @ self.coef.T + self.intercept).reshape(len(X), self.width)
        starts = np.cumsum([self.encoder.n_numeric_, *self.encoder.one_hot_groups_])[:-1]
        numbers, *scores = np.split(predicted, starts, axis=1)
        return np.hstack([numbers, *(np.eye(group.shape[1])[group.argmax(1)] for group in scores)])

    def _distribution(self, condition: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """Distinct encoded conditions, and how often they occurred.

        Of more than `MAX_DISTINCT`, as many rows are drawn at random, about equally many of each combination of
        categories; they count as often as they stand for others.
        """
        starts = np.cumsum([self.encoder.n_numeric_, *self.encoder.one_hot_groups_])[:-1]
        numbers, *groups = np.split(condition, starts, axis=1)
        categories = number_rows([group.argmax(axis=1) for group in groups], len(condition))
        distinct = number_rows([categories, *numbers.T], len(condition))
        first, counts = np.unique(distinct, return_index=True, return_counts=True)[1:]
        weights = counts.astype(np.float64)
        if len(first) > MAX_DISTINCT:
            sizes = np.bincount(categories[first])
            share = np.minimum(1, MAX_DISTINCT / len(sizes) / sizes)[categories[first]]
            is_drawn = np.random.RandomState(0).random_sample(len(first)) < share
            first, weights = first[is_drawn], (weights / share)[is_drawn]
        order = np.lexsort(condition[first].T[::-1])
        return condition[first][order], weights[order]

    @staticmethod
    def as_table(y: Any) -> pd.DataFrame:
        """Conditions of each row, or of all, as a table."""
        if isinstance(y, pd.DataFrame):
            return y.reset_index(drop=True)
        if isinstance(y, dict):
            return pd.DataFrame([y])
        if isinstance(y, pd.Series):
            return pd.DataFrame({"y": y.reset_index(drop=True)})
        y = np.atleast_1d(to_array(y))
        check_text(y)
        return pd.DataFrame({"y": column_or_1d(y, warn=True)}).infer_objects()

    @staticmethod
    def _has_fractions(column: pd.Series) -> bool:
        return column.dtype.kind == "f" and bool((column % 1 != 0).any())

    @staticmethod
    def _check_no_missing(table: pd.DataFrame) -> None:
        if table.isna().any(axis=None):
            raise ValueError("`y` must have a condition for every row. Got some that are missing.")

    def _check_known(self, table: pd.DataFrame) -> None:
        for name, known in self.categories.items():
            if not (is_known := table[name].isin(known)).all():
                raise ValueError(
                    f"`y` must be conditions of training rows ({known}). Got {table[name][~is_known].iloc[0]}."
                )
        for name, (low, high) in self.ranges.items():
            if not (inside := table[name].between(low, high)).all():
                outside = table[name][~inside].iloc[0]
                raise ValueError(f"`y` must be within the range of training rows ({low} to {high}). Got {outside}.")


def number_rows(columns: list[NDArray[Any]], n: int) -> NDArray[np.intp]:
    """A number for each row, equal where all columns are, from 0."""
    numbers = np.zeros(n, np.intp)
    for column in columns:
        codes = np.unique(column, return_inverse=True)[1]
        numbers = np.unique(numbers * (codes.max() + 1) + codes, return_inverse=True)[1]
    return numbers
