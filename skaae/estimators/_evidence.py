"""Evidence: what is known of missing cells, ranges of numbers and sets of values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..table import TableEncoder, categories_at
from ._cell_bins import Cell, CellBins
from ._requested_values import in_range, shown

__all__ = ["Evidence", "read_evidence"]

Allowed = tuple[NDArray[np.float64], float, float]  # weights of categories, bounds of the scaled value


class Evidence:
    """Creates what is known of columns, by their indices, and what that allows cells of a model to be."""

    def __init__(self, columns: dict[int, Any], allowed: dict[int, Allowed]) -> None:
        self.columns, self.allowed = columns, allowed

    def holds(self, table: Any, missing: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """In which rows the cells that were missing are as they should be."""
        frame, holds = pd.DataFrame(table, copy=False), np.ones(len(table), np.bool_)
        for index, option in self.columns.items():
            holds &= is_inside(frame.iloc[:, index], option) | ~missing[:, index]
        return holds


def read_evidence(encoder: TableEncoder, bins: CellBins, within: dict[Any, Any]) -> Evidence:
    """The evidence of ranges and sets by the names of columns."""
    labels = encoder.column_labels
    names = list(range(encoder.n_features_in_)) if labels is None else list(labels)
    if unknown := [name for name in within if name not in names]:
        raise ValueError(f"`within` must have names of columns ({shown(names)}). Got {shown(unknown)}.")
    columns, allowed = {names.index(name): option for name, option in within.items()}, {}
    for index, option in columns.items():
        if not isinstance(option, tuple | set | frozenset) or not option:
            raise ValueError(f"`within` must have ranges (low, high) and sets of values. Got {option!r}.")
        for position, cell in enumerate(bins.cells):
            if not cell.encoder and cell.source == index:
                allowed[position] = allowed_cells(encoder, bins, cell, names[index], option)
        of_column = [allowed[position] for position in allowed if bins.cells[position].source == index]
        if not any(may_be(each) for each in of_column):
            raise ValueError(
                f"A range or set must have cells that training rows allow. Got {option} for {names[index]!r}: ask for a"
                " range of numbers, or for values of training rows."
            )
    return Evidence(columns, allowed)


def may_be(allowed: Allowed) -> bool:
    """Whether something is allowed."""
    weights, low, high = allowed
    return bool(weights.any()) if len(weights) else low <= high


def allowed_cells(encoder: TableEncoder, bins: CellBins, cell: Cell, name: Any, option: Any) -> Allowed:
    """Weights of the categories of a cell, and bounds of its value, by what is known of its column."""
    weights = np.ones(cell.stop - cell.start)
    if cell.stop > cell.start:
        inputs = np.zeros((len(weights), bins.n_encoded))
        inputs[:, cell.start : cell.stop] = np.eye(len(weights))
        width = len(encoder.source_columns_)
        cells = categories_at(encoder, bins.encoded(inputs)[:, :width], int(bins.order[cell.start]))
        if cells is not None:
            is_category = np.arange(len(weights)) < len(weights) - cell.has_rest
            weights = (is_inside(cells, option, name) & is_category).astype(np.float64)
    if cell.value < 0 or not isinstance(option, tuple):
        low, high = (-np.inf, np.inf) if cell.value < 0 else (np.inf, -np.inf)
        return weights, low, high
    in_range(pd.Series(option), option, name)
    low, high = encoder.bounds_of(cell.source, int(bins.order[cell.value]), option)
    if cell.has_rest and low <= high:
        weights[-1] = 1
    return weights, low, high


def is_inside(cells: pd.Series, option: Any, name: Any = None) -> NDArray[np.bool_]:
    """Which cells are in a range, or in a set."""
    if isinstance(option, tuple):
        return in_range(cells, option, name)
    return np.asarray(cells.isin(list(option)))
