"""Relations between the columns of a table: columns that follow from others, and dates that are never before others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ._cell_values import CellValuesMixin
from ._dependences import Rule
from ._tables import Table

__all__ = ["RelationsMixin"]


class RelationsMixin(CellValuesMixin):
    """Tables changed in some cells, in which a fitted encoder has the others follow."""

    _dependences: list[Rule]

    @property
    def has_dependences(self) -> bool:
        """Whether some columns determine others."""
        return bool(self._dependences or self._dates.calendar)

    def follow_dependences(self, table: Table, kept: list[int]) -> Table:
        """A decoded table, of which some columns were changed, and are kept, and those follow that they determine."""
        inner: Any = pd.DataFrame(self._expand(table), copy=False)
        before = [inner.iloc[:, index].array for index in range(inner.shape[1])]
        columns, kept_inner = list(before), [index for index in range(len(before)) if self._source(index) in kept]
        for rule in self._dependences:
            rule.apply(columns)
            for index in kept_inner:
                columns[index] = before[index]
        frame: Any = pd.DataFrame(table, copy=True)
        for index in range(len(before)):
            if columns[index] is not before[index] and self._source(index) not in self._dates.columns:
                cells = pd.Series(columns[index], dtype=frame.dtypes.iloc[self._source(index)], index=frame.index)
                frame.isetitem(self._source(index), cells)
        for index, cells in self._dates.follow_dates(frame, kept).items():
            frame.isetitem(index, pd.Series(cells, dtype=frame.dtypes.iloc[index], index=frame.index))
        return frame if isinstance(table, pd.DataFrame) else frame.to_numpy(dtype=table.dtype)

    def dates_in_order(self, table: Table) -> NDArray[np.bool_]:
        """In which rows of a table no date is before another that it never was before in training."""
        return self._dates.in_order(pd.DataFrame(table, copy=False))

    def put_dates_in_order(self, table: Table, movable: NDArray[np.bool_]) -> Table:
        """A table in which such dates are moved to their limits, where they may be."""
        return self._dates.put_in_order(table, movable) if isinstance(table, pd.DataFrame) else table
