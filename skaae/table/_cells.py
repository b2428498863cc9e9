"""Encoded rows as cells again: numbers, codes of categories, and missing cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ._columns import CategoricalColumn

if TYPE_CHECKING:
    from ._encoder import TableEncoder

__all__ = ["CellLayout", "categories_at"]


@dataclass(frozen=True)
class CellLayout:
    """Where the cells of a table are in its encoded rows."""

    n_numeric: int
    groups: tuple[tuple[int, int, bool, int, bool], ...]  # start, stop, has missing, its value, is a cell

    @classmethod
    def of(cls, encoder: TableEncoder) -> CellLayout:
        """The layout of a fitted encoder."""
        columns = encoder._columns
        positions = {index: position for position, index in enumerate(columns.value_columns)}
        stops = encoder.n_numeric_ + np.cumsum(columns.one_hot_groups, dtype=int)
        groups = []
        for index, stop, width in zip(columns.one_hot_columns, stops.tolist(), columns.one_hot_groups, strict=True):
            column = columns.apart[index]
            n_other = column.has_missing + (not isinstance(column, CategoricalColumn) and column.has_value)
            position = positions.get(index, -1)
            groups.append((stop - width, stop, bool(column.has_missing), position, width > n_other))
        return cls(encoder.n_numeric_, tuple(groups))

    @property
    def encoded_columns(self) -> list[int]:
        """The column of encoded rows that each cell begins at."""
        return [*range(self.n_numeric), *[start for start, _, _, _, is_cell in self.groups if is_cell]]

    @property
    def categorical(self) -> NDArray[np.bool_]:
        """Which cells are codes of categories, (n_cells,)."""
        return np.array(self.encoded_columns, int) >= self.n_numeric

    def read(self, encoded: NDArray[Any]) -> NDArray[np.float64]:
        """Cells (n_samples, n_cells): a category that did not occur is one code more, a missing cell NaN."""
        cells = [np.array(encoded[:, : self.n_numeric], np.float64)]
        for start, stop, has_missing, position, is_cell in self.groups:
            group = encoded[:, start:stop]
            codes = np.where(group.any(1), group.argmax(1), stop - start).astype(np.float64)
            if has_missing:
                codes[codes == stop - start - 1] = np.nan
            if position >= 0:
                cells[0][codes != stop - start - 1 - has_missing, position] = np.nan
            if is_cell:
                cells.append(codes[:, None])
        return np.hstack(cells)


def categories_at(encoder: TableEncoder, encoded: NDArray[Any], column: int) -> pd.Series | None:
    """The cells of encoded rows in the table's column that an encoded column comes from; None for parts of dates."""
    index = int(encoder._columns.sources()[column])
    if encoder._source(index) in encoder._dates.columns:
        return None
    return pd.Series(encoder._columns.decode(encoded)[index])
