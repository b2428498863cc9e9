"""Cells of a table as others than networks take them: numbers in their own units, categories by index and number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ._columns import CategoricalColumn
from ._date_parts import DateParts
from ._encoded_columns import EncodedColumns
from ._tables import Table, iter_chunks, missing_mask, numeric_columns

__all__ = ["CellValuesMixin"]

MAX_FAR_FRACTION = 0.25  # of the cells of a column that has not drifted


class CellValuesMixin:
    """What a fitted encoder knows of the cells of a table, by the table's columns."""

    keep_missing: bool
    _columns: EncodedColumns
    _dates: DateParts

    def far_columns(self, table: Table) -> list[int]:
        """Indices of numeric columns where more than a quarter of the cells are far from those of training."""
        far = self._columns.is_far(self._expand(next(iter_chunks(table))))
        return sorted({self._source(index) for index, cells in far.items() if cells.mean() > MAX_FAR_FRACTION})

    def numeric_sources(self) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """The table's columns that `numeric_values` come from, and which of these are positions in time."""
        indices = np.array(self._columns.numeric_indices(), np.intp)
        return np.array(self._dates.sources)[indices], self._dates.positions()[indices]

    def numeric_values(self, table: Table) -> NDArray[np.float64]:
        """The cells of numeric columns and parts of dates in their own units, NaN where they are missing."""
        return numeric_columns(self._expand(table, within_range=False), self._columns.numeric_indices(), np.float64)

    def ordinal(self, table: Table) -> NDArray[np.float64]:
        """Cells as trees take them, (n, n_columns): numbers in their own units, or NaN, and indices of categories."""
        return self._columns.ordinal(self._expand(table))

    def categorical_sources(self) -> NDArray[np.intp]:
        """The table's columns that `category_indices` come from."""
        return np.array([self._source(index) for index in self._columns.categorical_apart()], np.intp)

    def category_indices(self, table: Table) -> NDArray[np.intp]:
        """Indices of categories, (n, n_categorical), those encoded as one, too; -1 and -2 as of `CategoricalColumn`."""
        return self._columns.category_indices(self._expand(table))

    def category_counts(self, table: Table) -> list[NDArray[np.intp]]:
        """How often each category occurs, and missing cells, which come last, by column."""
        sizes = [len(column.categories) + 1 for column in self._columns.categorical_apart().values()]
        chunks = [self.category_indices(chunk).T for chunk in iter_chunks(table)]
        return [
            np.sum([np.bincount(of[of >= 0], minlength=size) for of in columns], axis=0)
            for size, *columns in zip(sizes, *chunks, strict=True)
        ]

    def unknown_cells(self, table: Table) -> NDArray[np.bool_]:
        """Which cells have no encoding: categories that did not occur, and missing cells of complete columns."""
        return self._dates.any_part(self._columns.is_unknown(self._expand(table)))

    def unknown_to_scales(self, table: Table) -> NDArray[np.bool_]:
        """Cells that scales cannot be fitted to: unknown ones, but for missing ones where these are zeros, and numbers
        where training had few, or none.
        """
        unknown, others = self.unknown_cells(table), list({self._source(index) for index in self._columns.apart})
        if not self.keep_missing:
            unknown[:, others] &= ~missing_mask(table)[:, others]
        frame: Any = pd.DataFrame(self._expand(table, within_range=False), copy=False)
        for index, column in self._columns.numeric_apart().items():
            if not column.has_value:
                unknown[:, self._source(index)] |= column.is_far(frame.iloc[:, index])
        return unknown

    def known_categories(self) -> tuple[dict[int, set[Any]], set[int]]:
        """The categories of columns by their indices, and the indices of columns that had missing cells."""
        categories = {
            self._source(index): set(column.categories)
            for index, column in self._columns.apart.items()
            if isinstance(column, CategoricalColumn)
        }
        with_missing = {self._source(index) for index, column in self._columns.apart.items() if column.has_missing}
        return {index: known for index, known in categories.items() if index not in self._dates.columns}, with_missing

    def _expand(self, table: Table, within_range: bool = True) -> Table:
        """The table with the parts of dates in their place."""
        return self._dates.expand(table, within_range)

    def _source(self, index: int) -> int:
        """The table's column that a column of the table with parts comes from."""
        return self._dates.sources[index]
