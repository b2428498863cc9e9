"""A random sample of rows that come in chunks, in which every category occurs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..table import MAX_CATEGORIES, TableEncoder, categorical_columns, check_kinds, check_table, missing_mask
from ._sources import Chunk, concatenate_chunks, take

__all__ = ["KnownCategories", "ReservoirSample"]


class KnownCategories:
    """Creates a memory of the categories that occurred in each column, and of the columns with missing cells."""

    def __init__(self, categorical_features: Any = "from_dtype", column_kinds: Any = None) -> None:
        self.categorical_features, self.column_kinds = categorical_features, column_kinds
        self.categories: dict[int, set[Any]] = {}
        self.columns_with_missing: set[int] = set()

    @classmethod
    def from_encoder(cls, encoder: TableEncoder) -> KnownCategories:
        """The categories of a fitted encoder."""
        known = cls(categorical_features=None)
        known.categories, known.columns_with_missing = encoder.known_categories()
        return known

    def add(self, X: Any) -> Iterator[tuple[int, Any, int]]:
        """Add the categories in rows; yields each new one: its column, the category, and the first row with it."""
        table = check_table(X if isinstance(X, pd.DataFrame) else np.asarray(X))
        missing = missing_mask(table)
        for column in set(np.flatnonzero(missing.any(axis=0)).tolist()) - self.columns_with_missing:
            self.columns_with_missing.add(column)
            yield column, "missing", int(missing[:, column].argmax())
        for column in self._categorical_columns(table):
            cells = table.iloc[:, column] if isinstance(table, pd.DataFrame) else pd.Series(table[:, column])
            known = self.categories.setdefault(column, set())
            if len(known) > MAX_CATEGORIES:  # the encoder will refuse these
                continue
            codes, categories = pd.factorize(cells)
            for code, category in enumerate(categories):
                if category not in known:
                    known.add(category)
                    yield column, category, int((codes == code).argmax())

    def _categorical_columns(self, table: Any) -> Iterable[int]:
        if self.categorical_features is None:
            return list(self.categories)
        return np.flatnonzero(
            categorical_columns(table, self.categorical_features, check_kinds(table, self.column_kinds))
        ).tolist()


class ReservoirSample:
    """Creates a uniform sample of rows that come in chunks, and of the rows in which a category occurs first.

    Each row has a random key, and those with the lowest keys are kept. Rows with a new category have the key -1.
    """

    def __init__(self, size: int, known: KnownCategories, rng: np.random.RandomState) -> None:
        self.size, self.known, self.rng = size, known, rng
        self.chunks: list[Chunk] = []
        self.keys: list[NDArray[np.float64]] = []
        self.labels: set[Any] = set()
        self.max_key = 1.0
        self.n_rows = 0

    def add(self, chunk: Chunk) -> None:
        """Draw rows from a chunk."""
        X, y = chunk
        keys = self.rng.random_sample(len(X))
        keys[[row for _, _, row in self.known.add(X)]] = -1
        if y is not None:
            self.labels.update(None if pd.isna(label) else label for label in pd.unique(y).tolist())
        self.n_rows += len(keys)
        indices = np.flatnonzero(keys < self.max_key)
        self.chunks.append(take(chunk, indices))
        self.keys.append(keys[indices])
        if sum(map(len, self.keys)) > 2 * self.size:
            self._trim()

    def rows(self) -> Chunk:
        """The sample, in random order."""
        self._trim()
        return take(self.chunks[0], self.rng.permutation(len(self.keys[0])))

    def _trim(self) -> None:
        keys = np.concatenate(self.keys)
        lowest = np.argsort(keys)[: max(self.size, int((keys < 0).sum()))]
        self.chunks, self.keys = [take(concatenate_chunks(self.chunks), lowest)], [keys[lowest]]
        if len(keys) > len(lowest):
            self.max_key = float(keys[lowest[-1]])
