"""Conditions of rows: class labels, or a table of numbers and categories, as numbers that a decoder is given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.utils.validation import column_or_1d

from ..table import TableEncoder

__all__ = ["Conditions"]

MOST_KEPT = 10_000  # conditions of training rows, to draw from


class Conditions:
    """Creates the conditions of training rows.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or DataFrame of shape (n_samples, n_conditions)
        Class labels or numbers, or a table of both. Numbers in an array are classes unless some are not whole.

    Attributes
    ----------
    width : int
        How many numbers a condition becomes.
    """

    def __init__(self, y: Any) -> None:
        table = self._table(y)
        self._refuse_missing(table)
        self.names = list(table)
        by_dtype = isinstance(y, pd.DataFrame) or self._has_fractions(table["y"])
        self.encoder = TableEncoder(categorical_features="from_dtype" if by_dtype else [0]).fit(table)
        numbers = table.columns[self.encoder.source_columns_[: self.encoder.n_numeric_]]
        self.ranges = {name: (table[name].min(), table[name].max()) for name in numbers}
        self.known = {name: list(pd.unique(table[name])) for name in table.columns.difference(numbers)}
        given = self.encoder.encode(table)
        self.width = given.shape[1]
        kept = np.linspace(0, len(given) - 1, min(len(given), MOST_KEPT)).astype(int)
        self.kept, self.counts = np.unique(given[kept], axis=0, return_counts=True)

    def learn_to_tell(self, rows: np.ndarray, given: np.ndarray) -> None:
        """Learns which conditions scaled rows have."""
        teller = Ridge().fit(rows.astype(np.float64, copy=False), given)
        self.slopes, self.intercepts = teller.coef_, teller.intercept_

    def encode(self, y: Any, n: int) -> np.ndarray:
        """Given numbers, (n, width), of one condition for all rows or of one for each."""
        table = self._table(y)
        if list(table) != self.names:
            raise ValueError(f"`y` must have the columns {self.names}, in the same order. Got {list(table)}.")
        if len(table) == 1:
            table = table.loc[[0] * n]
        if len(table) != n:
            raise ValueError(f"`y` must be one condition, or one for each of {n} rows. Got {len(table)}.")
        self._refuse_missing(table)
        given = self.encoder.encode(table)
        self._refuse_unseen(table)
        return given

    def draw(self, n: int, rng: np.random.RandomState) -> np.ndarray:
        """Conditions as often as they occurred, (n, width)."""
        return self.kept[rng.choice(len(self.kept), n, p=self.counts / self.counts.sum())]

    def tell(self, rows: np.ndarray) -> np.ndarray:
        """The conditions that scaled rows seem to have, (n, width)."""
        told = (rows @ self.slopes.T + self.intercepts).reshape(len(rows), self.width)
        parts = np.split(told, np.cumsum([self.encoder.n_numeric_, *self.encoder.one_hot_groups_])[:-1], axis=1)
        groups = [np.eye(part.shape[1])[part.argmax(1)] for part in parts[1:]]
        return np.hstack([parts[0], *groups])

    @staticmethod
    def _table(y: Any) -> pd.DataFrame:
        if isinstance(y, pd.DataFrame):
            return y.reset_index(drop=True)
        if isinstance(y, dict):
            return pd.DataFrame([y])
        if isinstance(y, pd.Series):
            return pd.DataFrame({"y": y.reset_index(drop=True)})
        y = np.asarray(y)
        return pd.DataFrame({"y": y[None] if y.ndim == 0 else column_or_1d(y, warn=True)})

    @staticmethod
    def _has_fractions(cells: pd.Series) -> bool:
        return cells.dtype.kind == "f" and bool((cells % 1 != 0).any())

    @staticmethod
    def _refuse_missing(table: pd.DataFrame) -> None:
        if table.isna().any(axis=None):
            raise ValueError("`y` must have a condition for every row. Got some that are missing.")

    def _refuse_unseen(self, table: pd.DataFrame) -> None:
        for name, known in self.known.items():
            if not (seen := table[name].isin(known)).all():
                raise ValueError(
                    f"`y` must be conditions of training rows ({known}). Got {table[name][~seen].iloc[0]}."
                )
        for name, (low, high) in self.ranges.items():
            if not (inside := table[name].between(low, high)).all():
                strange = table[name][~inside].iloc[0]
                raise ValueError(f"`y` must be within the range of training rows ({low} to {high}). Got {strange}.")
