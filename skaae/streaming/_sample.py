"""A fair sample of rows that come one batch after another, in which every category occurs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from ..estimators._labels import is_labelled
from ..table import MAX_CATEGORIES, TableEncoder, categorical_mask, check_table, missing_mask
from ._reading import Rows, chosen, joined

__all__ = ["Options", "Sample"]


class Options:
    """Creates a memory of what has occurred: categories by their column, and columns with missing cells."""

    def __init__(self, categorical_features: Any = "from_dtype") -> None:
        self.categorical_features = categorical_features
        self.seen: dict[int, set[Any]] = {}
        self.incomplete: set[int] = set()

    @classmethod
    def known_to(cls, encoder: TableEncoder) -> Options:
        """The options of a fitted encoder."""
        options = cls()
        options.seen, options.incomplete = encoder.known_categories()
        options.categorical_features = None
        return options

    def news(self, X: Any) -> Iterator[tuple[int, Any, int]]:
        """Columns, options that occur in them for the first time, and rows in which they do."""
        table = check_table(X if isinstance(X, pd.DataFrame) else np.asarray(X))
        missing = missing_mask(table)
        for place in set(np.flatnonzero(missing.any(axis=0)).tolist()) - self.incomplete:
            self.incomplete.add(place)
            yield place, "missing", int(missing[:, place].argmax())
        for place in self._categorical(table):
            cells = table.iloc[:, place] if isinstance(table, pd.DataFrame) else pd.Series(table[:, place])
            seen = self.seen.setdefault(place, set())
            if len(seen) > MAX_CATEGORIES:  # the encoder will refuse these
                continue
            codes, found = pd.factorize(cells)
            for code, option in enumerate(found):
                if option not in seen:
                    seen.add(option)
                    yield place, option, int((codes == code).argmax())

    def _categorical(self, table: Any) -> Iterable[int]:
        if self.categorical_features is None:
            return list(self.seen)
        return np.flatnonzero(categorical_mask(table, self.categorical_features)).tolist()


class Sample:
    """Creates a sample of rows that come one batch after another: evenly drawn, and those with something new.

    Each row has a number by chance, and those with the lowest are kept. Rows with something new have -1.
    """

    def __init__(self, size: int, options: Options, rng: np.random.RandomState) -> None:
        self.size, self.options, self.rng = size, options, rng
        self.parts: list[Rows] = []
        self.numbers: list[np.ndarray] = []
        self.labels: set[Any] = set()
        self.highest = 1.0
        self.n_seen = 0

    def add(self, rows: Rows) -> None:
        """Takes what belongs to the sample."""
        numbers = self.rng.random_sample(len(rows[0]))
        numbers[[row for _, _, row in self.options.news(rows[0])]] = -1
        if rows[1] is not None:
            self.labels.update(pd.unique(rows[1][is_labelled(rows[1])]).tolist())
        self.n_seen += len(numbers)
        places = np.flatnonzero(numbers < self.highest)
        self.parts.append(chosen(rows, places))
        self.numbers.append(numbers[places])
        if sum(map(len, self.numbers)) > 2 * self.size:
            self._condense()

    def rows(self) -> Rows:
        """The sample, in random order."""
        self._condense()
        return chosen(self.parts[0], self.rng.permutation(len(self.numbers[0])))

    def _condense(self) -> None:
        numbers = np.concatenate(self.numbers)
        lowest = np.argsort(numbers)[: max(self.size, int((numbers < 0).sum()))]
        self.parts, self.numbers = [chosen(joined(self.parts), lowest)], [numbers[lowest]]
        if len(numbers) > len(lowest):
            self.highest = float(numbers[lowest[-1]])
