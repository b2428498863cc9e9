r"""Columns that another column determines, such as the name of a month and its number, or a town and its country.

A column determines another if equal cells of the one go with equal cells of the other in every training row, too many
to be so by chance: of :math:`n` rows with :math:`m` distinct cells, :math:`(n - m)(1 - \sum_k p_k^2)` would break
the rule if the other column, with frequencies :math:`p_k`, were independent.

What a category determines is looked up from it. A whole number that determines a category in no order is a code, and so
a category itself; in order, such as years of age that determine an age group, it stays a number, and the category is
looked up from it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ._columns import repeats

__all__ = ["Dependence", "find_dependences"]

MIN_EXPECTED_BREACHES = 20.0  # of rows that would break a rule by chance
N_FIRST_ROWS = 1000  # that most pairs are told to be independent by
MAX_ORDERED_RUNS = 0.5  # of runs of equal cells in the order of a number, relative to those by chance


class Dependence:
    """Creates the map from the cells of one column to those of another that they determine.

    Attributes
    ----------
    source, target : int
        Indices of both columns.
    keys : Index
        The distinct cells of the source.
    cells : array
        The cell of the target that each of them goes with.
    """

    def __init__(self, source: int, target: int, table: pd.DataFrame) -> None:
        self.source, self.target = source, target
        both = table.iloc[:, [source, target]].dropna()
        rows = np.flatnonzero(~both.iloc[:, 0].duplicated().to_numpy())
        self.keys = pd.Index(both.iloc[rows, 0].to_numpy(dtype=object), dtype=object)
        self.cells = both.iloc[:, 1].array.take(rows)

    def holds(self, table: pd.DataFrame) -> bool:
        """Whether equal cells of the source go with equal cells of the target in other rows too."""
        both = table.iloc[:, [self.source, self.target]].dropna()
        return is_map(*(pd.factorize(both.iloc[:, column])[0] for column in (0, 1)))

    def look_up(self, source: Any, target: Any) -> Any:
        """Cells of the target with those that the cells of the source determine, where both are there."""
        source, target = pd.Series(source), pd.Series(target)
        indices = self.keys.get_indexer(pd.Index(source.to_numpy(dtype=object), dtype=object))
        rows = np.flatnonzero((indices >= 0) & source.notna().to_numpy() & target.notna().to_numpy())
        target = target.copy()
        target.iloc[rows] = self.cells.take(indices[rows])
        return target.array


def find_dependences(
    table: pd.DataFrame, categorical: NDArray[np.bool_], among: list[int]
) -> tuple[list[Dependence], list[int]]:
    """What is looked up from what among some columns, and the indices of numeric columns that are codes."""
    columns = {index: table.iloc[:, index] for index in among if repeats(table.iloc[:, index])}
    codes = {index: pd.factorize(cells)[0] for index, cells in columns.items()}
    n_distinct = {index: int(cell_codes.max()) + 1 for index, cell_codes in codes.items()}
    order = sorted(codes, key=lambda index: (-n_distinct[index], not categorical[index], index))
    roots: list[int] = []
    dependences: list[Dependence] = []
    new_codes: list[int] = []
    for target in order:
        sources = (root for root in roots if categorical[root] or (categorical[target] and is_whole(columns[root])))
        source = next((root for root in sources if determines(codes[root], codes[target])), None)
        if source is None:
            roots.append(target)
            continue
        dependences.append(Dependence(source, target, table))
        if not categorical[source] and not is_ordered(columns[source], codes[target]):
            new_codes.append(source)
    return dependences, sorted(set(new_codes))


def determines(source: NDArray[np.intp], target: NDArray[np.intp]) -> bool:
    """Whether rows with the same code in one column have the same in the other, and would not by chance."""
    present = (source >= 0) & (target >= 0)
    source, target = source[present], target[present]
    if not len(source) or (len(source) > N_FIRST_ROWS and not is_map(source[:N_FIRST_ROWS], target[:N_FIRST_ROWS])):
        return False
    if not is_map(source, target):
        return False
    n_repeated = len(source) - len(np.unique(source))
    frequencies = np.bincount(target) / len(target)
    return bool(n_repeated * (1 - np.square(frequencies).sum()) >= MIN_EXPECTED_BREACHES)


def is_map(source: NDArray[np.intp], target: NDArray[np.intp]) -> bool:
    """Whether equal codes go with equal codes."""
    image = np.zeros(source.max(initial=0) + 1, np.intp)
    image[source] = target
    return np.array_equal(image[source], target)


def is_whole(cells: pd.Series) -> bool:
    """Whether cells that are not missing are whole numbers."""
    values = cells.dropna().to_numpy(dtype=np.float64)
    return bool((values == np.floor(values)).all())


def is_ordered(numbers: pd.Series, target: NDArray[np.intp]) -> bool:
    """Whether equal cells of the target lie side by side in the order of the numbers that determine them."""
    present = (target >= 0) & numbers.notna().to_numpy()
    _, rows = np.unique(numbers[present].to_numpy(dtype=np.float64), return_index=True)
    in_order = target[present][rows]
    frequencies = np.bincount(in_order) / len(in_order)
    n_runs = 1 + np.count_nonzero(np.diff(in_order))
    n_runs_by_chance = 1 + (len(in_order) - 1) * (1 - np.square(frequencies).sum())
    return bool(n_runs <= max(len(np.unique(in_order)), MAX_ORDERED_RUNS * n_runs_by_chance))
