"""Cells as a model of completion sees them: categories, and numbers in bins of equally many training rows.

A cell that is drawn is a category, or a bin and a value in it: so its distribution may have any shape. Within a bin
values are drawn between quantiles of the training values there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..table import TableEncoder
from ..table._cells import CellLayout

__all__ = ["Cell", "CellBins"]

MIN_BINS, MAX_BINS, ROWS_PER_BIN = 5, 40, 30
MAX_BIN_COLUMNS = 3000  # of all numbers together
N_POINTS = 9  # quantiles of a bin


@dataclass(frozen=True)
class Cell:
    """Where a cell is: the encoder and the column it comes from, its value in encoded rows or -1, its categories.

    The last of the categories says "another value" where ``has_rest``; "missing" is at ``stop``, if it is one of them.
    """

    encoder: int
    source: int
    value: int
    start: int
    stop: int
    has_rest: bool
    has_missing: bool


class CellBins:
    """Creates the cells of rows that one or more encoders encoded, side by side, and the bins of their numbers.

    Inputs of the model are the values of all numbers, all one-hot groups, and a group of bins for each number.

    Attributes
    ----------
    cells : list of Cell
        The cells, numbers first.
    order : ndarray of shape (width,)
        Columns of the encoded rows in the order of the inputs.
    edges, points : list of ndarray
        For each number what is between its bins, (n_bins - 1,), and quantiles in each, (n_bins, N_POINTS).
    category_values : list of ndarray
        For each number, the values that its categories stand for.
    n_bins : int
        The width of each group of bins.
    """

    def __init__(self, encoders: list[TableEncoder], rows: NDArray[Any]) -> None:
        layouts = [CellLayout.of(encoder) for encoder in encoders]
        widths = [len(encoder.source_columns_) for encoder in encoders]
        starts = np.cumsum([0, *widths])[:-1].tolist()
        is_value = np.zeros(sum(widths), np.bool_)
        for layout, start in zip(layouts, starts, strict=True):
            is_value[start : start + layout.n_numeric] = True
        self.order = np.argsort(~is_value, kind="stable")
        self.n_values, self.n_encoded = int(is_value.sum()), len(is_value)
        self.cells = find_cells(encoders, layouts, starts, np.argsort(self.order))
        most = max(MIN_BINS, MAX_BIN_COLUMNS // max(1, self.n_values))
        self.n_bins = int(min(np.clip(len(rows) // ROWS_PER_BIN, MIN_BINS, MAX_BINS), most))
        ordered = rows[:, self.order]
        numbers = self.cells[: self.n_values]
        self.category_values = [values_of_categories(ordered, cell) for cell in numbers]
        binned = [bins_of(ordered[is_rest(ordered, cell), cell.value], self.n_bins) for cell in numbers]
        self.edges, self.points = [each[0] for each in binned], [each[1] for each in binned]

    @property
    def groups(self) -> list[Cell]:
        """The cells with categories, in the order of these."""
        with_group = (cell for cell in self.cells if cell.stop + cell.has_missing > cell.start)
        return sorted(with_group, key=lambda cell: cell.start)

    @property
    def can_draw(self) -> NDArray[np.bool_]:
        """Which cells some training row had."""
        return np.array([cell.value >= 0 or cell.stop > cell.start for cell in self.cells])

    @property
    def group_widths(self) -> tuple[int, ...]:
        """The widths of all groups, those of bins last."""
        widths = [cell.stop + cell.has_missing - cell.start for cell in self.groups]
        return (*widths, *[self.n_bins] * self.n_values)

    @property
    def mask_indices(self) -> tuple[int, ...]:
        """The index of the cell that each value and each group belongs to."""
        numbers = range(self.n_values)
        return (*numbers, *[self.cells.index(cell) for cell in self.groups], *numbers)

    def inputs(self, rows: NDArray[Any]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Inputs of the model, (n, width), of encoded rows, and which cells are missing in them, (n, n_cells)."""
        ordered = rows[:, self.order]
        bins = np.zeros((len(rows), self.n_values, self.n_bins), np.float32)
        missing = np.zeros((len(rows), len(self.cells)), np.bool_)
        for index, cell in enumerate(self.cells):
            if cell.stop > cell.start:
                missing[:, index] = ~ordered[:, cell.start : cell.stop].any(axis=1)
            ordered[:, cell.stop : cell.stop + cell.has_missing] = 0
        for index, cell in enumerate(self.cells[: self.n_values]):
            kept = np.flatnonzero(is_rest(ordered, cell))
            bins[kept, index, np.searchsorted(self.edges[index], ordered[kept, cell.value], side="right")] = 1
        return np.hstack([ordered.astype(np.float32), bins.reshape(len(rows), -1)]), missing

    def encoded(self, inputs: NDArray[Any]) -> NDArray[np.float64]:
        """The encoded rows of inputs."""
        rows = np.empty((len(inputs), self.n_encoded))
        rows[:, self.order] = inputs[:, : self.n_encoded]
        return rows

    def draw(
        self,
        index: int,
        probabilities: NDArray[Any],
        inputs: NDArray[Any],
        indices: NDArray[np.intp],
        allowed: tuple[NDArray[np.float64], float, float] | None,
        rng: np.random.RandomState,
    ) -> NDArray[np.float64]:
        """Write draws of one cell into some rows of the inputs; the log probability of what is allowed, (n,).

        ``probabilities`` are the model's outputs for these rows. ``allowed`` are weights of the categories, and the
        bounds of the value.
        """
        cell, n = self.cells[index], len(indices)
        weights, low, high = allowed or (np.ones(cell.stop - cell.start), -np.inf, np.inf)
        mass, has_value, value = np.ones(n), np.full(n, cell.value >= 0), np.zeros(n)
        if cell.value >= 0:
            bins = self._bins_of(index)
            of_bins = probabilities[:, bins].astype(np.float64)[:, : len(self.points[index])]
            within, first, last = self._shares_within(index, low, high)
            of_bins /= of_bins.sum(axis=1, keepdims=True)
            mass = (of_bins * within).sum(axis=1)
        if cell.stop > cell.start:
            of_categories = probabilities[:, cell.start : cell.stop].astype(np.float64)
            of_categories = of_categories / of_categories.sum(axis=1, keepdims=True) * weights
            if cell.has_rest:
                of_categories[:, -1] *= mass
            mass = of_categories.sum(axis=1)
            drawn = draw_categories(of_categories, rng)
            inputs[indices, cell.start : cell.stop + cell.has_missing] = 0
            inputs[indices, cell.start + drawn] = 1
            if cell.value >= 0:
                value = np.append(self.category_values[index], 0.0)[drawn]
                has_value = drawn == cell.stop - cell.start - 1 if cell.has_rest else np.zeros(n, np.bool_)
        if cell.value >= 0:
            chosen = draw_categories(of_bins * within, rng)
            share = first[chosen] + (last - first)[chosen] * rng.random_sample(n)
            value = np.where(has_value, interpolate(self.points[index][chosen], share), value)
            inputs[indices, bins] = 0
            inputs[indices[has_value], bins.start + chosen[has_value]] = 1
            inputs[indices, cell.value] = value
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(mass))

    def _bins_of(self, index: int) -> slice:
        start = self.n_encoded + index * self.n_bins
        return slice(start, start + self.n_bins)

    def _shares_within(self, index: int, low: float, high: float) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """What share of each bin is within bounds, and where in the bin it begins and ends."""
        points = self.points[index]
        grid = np.linspace(0, 1, N_POINTS)
        first = np.array([np.interp(low, bin_points, grid, left=0, right=1) for bin_points in points])
        last = np.array([np.interp(high, bin_points, grid, left=0, right=1) for bin_points in points])
        is_point = points[:, 0] == points[:, -1]
        is_inside = (points[:, 0] >= low) & (points[:, 0] <= high)
        first, last = np.where(is_point, 0.0, first), np.where(is_point, is_inside, last)
        return (last - first).clip(min=0), first, last


def find_cells(
    encoders: list[TableEncoder], layouts: list[CellLayout], starts: list[int], positions: NDArray[np.intp]
) -> list[Cell]:
    """The cells of encoders whose columns start there in encoded rows, and are at other positions in inputs."""
    numbers, others = [], []
    for number, (encoder, layout, start) in enumerate(zip(encoders, layouts, starts, strict=True)):
        by_value = {value: group for group in layout.groups if (value := group[3]) >= 0}
        for value in range(layout.n_numeric):
            place, source = int(positions[start + value]), int(encoder.source_columns_[value])
            if value not in by_value:
                numbers.append(Cell(number, source, place, 0, 0, False, False))
                continue
            first, last, has_missing, _, _ = by_value[value]
            begin = int(positions[start + first])
            end = begin + last - first - has_missing
            numbers.append(Cell(number, source, place, begin, end, True, has_missing))
        for first, last, has_missing, value, _ in layout.groups:
            if value < 0:
                begin = int(positions[start + first])
                source, end = int(encoder.source_columns_[first]), begin + last - first - has_missing
                others.append(Cell(number, source, -1, begin, end, False, has_missing))
    return [*sorted(numbers, key=lambda cell: cell.value), *others]


def is_rest(ordered: NDArray[Any], cell: Cell) -> NDArray[np.bool_]:
    """In which rows a number is none of its categories."""
    if not cell.has_rest:
        return np.ones(len(ordered), np.bool_)
    return np.asarray(ordered[:, cell.stop - 1] > 0)


def values_of_categories(ordered: NDArray[Any], cell: Cell) -> NDArray[np.float64]:
    """The value of a number where it is each of its categories but the last."""
    is_category = ordered[:, cell.start : max(cell.start, cell.stop - 1)] > 0
    return np.array([ordered[rows, cell.value].mean() for rows in is_category.T], np.float64)


def bins_of(values: NDArray[Any], n_bins: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What is between bins of about equally many values, never within equal ones, and quantiles in each bin."""
    values = np.sort(values.astype(np.float64))
    cuts = np.unique(np.searchsorted(values, values[len(values) * np.arange(1, n_bins) // n_bins]))
    cuts = cuts[cuts > 0]
    edges = (values[cuts - 1] + values[cuts]) / 2
    grid = np.linspace(0, 1, N_POINTS)
    return edges, np.stack([np.quantile(part, grid) for part in np.split(values, cuts)])


def draw_categories(weights: NDArray[np.float64], rng: np.random.RandomState) -> NDArray[np.intp]:
    """A category for each row, (n,), in proportion to weights, (n, n_categories)."""
    cumulated = weights.cumsum(axis=1)
    threshold = rng.random_sample((len(weights), 1)) * cumulated[:, -1:]
    return np.asarray((cumulated <= threshold).sum(axis=1).clip(max=weights.shape[1] - 1))


def interpolate(points: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """What is at a share of the way through each row of points, (n,)."""
    place = share * (points.shape[1] - 1)
    before = np.minimum(place.astype(np.intp), points.shape[1] - 2)
    rows = np.arange(len(points))
    left, right = points[rows, before], points[rows, before + 1]
    return np.asarray(left + (place - before) * (right - left))
