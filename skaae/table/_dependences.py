r"""Columns that another column determines, such as the name of a month and its number, or a charge and its minutes.

A column determines another if equal cells of the one go with equal cells of the other in every training row, too many
to be so by chance: of :math:`n` rows with :math:`m` distinct cells, :math:`(n - m)(1 - \sum_k p_k^2)` would break
the rule if the other column, with frequencies :math:`p_k`, were independent. What a column determines is looked up
from it. A whole number that determines a category in no order is a code, and so a category itself; in order, such as
years of age that determine an age group, or if its ranks go with those of another number, it stays a number.

Where several columns determine the same one, it is looked up from the first, categories before numbers. A cell of the
others that would determine another cell is replaced: a number by the nearest, a category by the most frequent of those
that determine what was looked up.

A number whose cells hardly repeat determines another if both lie on a line, but for what the other is rounded by.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ._columns import repeats
from ._lines import Line, find_lines

__all__ = ["Dependence", "FurtherSource", "Rule", "find_dependences"]

MIN_EXPECTED_BREACHES = 20.0  # of rows that would break a rule by chance
MAX_COLUMNS = 1000  # of tables in which numbers are looked at
N_FIRST_ROWS = 1000  # by which most pairs turn out to be independent
N_PAIRED_ROWS = 60  # of these, whose pairs tell it for all columns at once
MAX_FIRST_DISTINCT = 0.75  # of the cells of the first rows; a column of a third in all rows has .64
MIN_RANK_CORRELATION, MIN_DEVIATIONS = 0.3, 4  # of a number that is no code with another one, and by chance
MAX_ORDERED_RUNS = 0.5  # of runs of equal cells in the order of a number, relative to those by chance

Codes = NDArray[np.intp]


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

    def of(self, table: pd.DataFrame) -> Dependence | None:
        """The map of other rows, if equal cells of the source go with equal cells of the target there too."""
        both = table.iloc[:, [self.source, self.target]].dropna()
        is_kept = is_map(*(pd.factorize(both.iloc[:, column])[0] for column in (0, 1)))
        return Dependence(self.source, self.target, table) if is_kept else None

    def apply(self, columns: list[Any]) -> None:
        """Set cells of the target to those that the cells of the source determine, where both are there."""
        source, target = pd.Series(columns[self.source]), pd.Series(columns[self.target])
        indices = self.keys.get_indexer(as_objects(source))
        rows = np.flatnonzero((indices >= 0) & source.notna().to_numpy() & target.notna().to_numpy())
        target = target.copy()
        target.iloc[rows] = self.cells.take(indices[rows])
        columns[self.target] = target.array


class FurtherSource:
    """Creates the choice of cells of a column that determines others, which are looked up from other columns.

    Attributes
    ----------
    source : int
        Index of the column.
    targets : list of int
        Indices of the columns that it determines.
    cells : array
        Its distinct cells, frequent ones first.
    keys : list of Index
        The cells of each target that they go with.
    numbers : array or None
        The cells as numbers, where they are no categories.
    """

    def __init__(self, source: int, targets: list[int], table: pd.DataFrame, is_category: bool) -> None:
        self.source, self.targets = source, targets
        rows = table.iloc[:, [source, *targets]].dropna()
        codes = pd.factorize(rows.iloc[:, 0])[0]
        first = np.unique(codes, return_index=True)[1][np.argsort(-np.bincount(codes), kind="stable")]
        self.cells = rows.iloc[:, 0].array.take(first)
        self.keys = [
            pd.Index(rows.iloc[first, 1 + i].to_numpy(dtype=object), dtype=object) for i in range(len(targets))
        ]
        self.numbers = None if is_category else np.asarray(self.cells, dtype=np.float64)

    def of(self, table: pd.DataFrame) -> FurtherSource:
        """The choice among cells of other rows."""
        return FurtherSource(self.source, self.targets, table, self.numbers is None)

    def apply(self, columns: list[Any]) -> None:
        """Replace cells of the column that determine other cells than the targets have."""
        source = pd.Series(columns[self.source])
        kept = pd.Index(np.asarray(self.cells, dtype=object), dtype=object).get_indexer(as_objects(source))
        wanted, found = np.zeros(len(self.cells), np.intp), np.zeros(len(source), np.intp)
        is_known = (kept >= 0) & source.notna().to_numpy()
        for target, keys in zip(self.targets, self.keys, strict=True):
            distinct = keys.unique()
            indices = distinct.get_indexer(as_objects(pd.Series(columns[target])))
            is_known &= indices >= 0
            wanted = wanted * len(distinct) + distinct.get_indexer(keys)
            found = found * len(distinct) + indices
        rows = np.flatnonzero(is_known & (wanted[kept] != found))
        if not len(rows):
            return
        source = source.copy()
        for combination in np.unique(found[rows]):
            if len(among := np.flatnonzero(wanted == combination)):
                replaced = rows[found[rows] == combination]
                source.iloc[replaced] = self.cells.take(self._nearest(kept[replaced], among))
        columns[self.source] = source.array

    def _nearest(self, cells: Codes, among: Codes) -> Codes:
        """Some cells that come nearest to others, the most frequent of categories."""
        if self.numbers is None:
            return np.full(len(cells), among[0])
        order = among[np.argsort(self.numbers[among])]
        middles = (self.numbers[order[1:]] + self.numbers[order[:-1]]) / 2
        return order[np.searchsorted(middles, self.numbers[cells])]


Rule: TypeAlias = Dependence | FurtherSource | Line


def find_dependences(
    table: pd.DataFrame, categorical: NDArray[np.bool_], among: list[int]
) -> tuple[list[Rule], list[int]]:
    """The rules by which columns depend on others, in order, and the indices of numeric columns that are codes."""
    among = [index for index in among if has_hash(table.dtypes.iloc[index])]
    if len(among) > MAX_COLUMNS:
        among = [index for index in among if categorical[index]]
    candidates = may_determine(table, among)
    columns = {index: table.iloc[:, index] for pair in candidates for index in pair}
    codes = {index: pd.factorize(cells)[0] for index, cells in columns.items() if repeats(cells)}

    def preference(index: int) -> tuple[bool, int, int]:
        return not categorical[index], -codes[index].max(), index

    sources: dict[int, list[int]] = {}  # columns that no other determines, and what each does
    for target in sorted(codes, key=lambda index: (-codes[index].max(), *preference(index))):
        determining = [s for s in sources if (s, target) in candidates and determines(codes[s], codes[target])]
        for source in determining:
            sources[source].append(target)
        if not determining:
            sources[target] = []
    rules: list[Rule] = [*find_lines(table, [i for i in among if not categorical[i] and i not in determined(sources)])]
    on_lines = {rule.target for rule in rules if isinstance(rule, Line)}
    looked_up: set[int] = set()
    new_codes: list[int] = []
    for source in sorted(sources, key=preference):
        first = [target for target in sources[source] if target not in looked_up]
        further = [target for target in sources[source] if target in looked_up]
        if further and source not in on_lines:
            rules.append(FurtherSource(source, further, table, bool(categorical[source])))
        rules += [Dependence(source, target, table) for target in first]
        looked_up.update(first)
        names = [target for target in first if categorical[target]]
        if not categorical[source] and is_whole(columns[source]):
            is_code = any(not is_ordered(columns[source], codes[target]) for target in names)
            others = [index for index in among if not categorical[index] and index not in [source, *sources[source]]]
            new_codes += [source] * (is_code and not is_quantity(table, source, others))
    return rules, new_codes


def has_hash(dtype: Any) -> bool:
    """Whether pandas tells equal cells apart, as it does not for bytes in another order."""
    return not isinstance(dtype, np.dtype) or dtype.isnative


def determined(sources: dict[int, list[int]]) -> set[int]:
    """The columns that another determines."""
    return {target for targets in sources.values() for target in targets}


def may_determine(table: pd.DataFrame, among: list[int]) -> set[tuple[int, int]]:
    """Pairs of columns of which the first determines the second in the first rows."""
    first = table.iloc[:N_FIRST_ROWS]
    codes = {index: pd.factorize(first.iloc[:, index])[0] for index in among}
    all_repeat = len(table) <= len(first)  # or else `repeats` tells, of all rows
    largest = len(first) if all_repeat else MAX_FIRST_DISTINCT * len(first)
    codes = {index: column for index, column in codes.items() if 0 < column.max(initial=-1) < largest}
    if not codes:
        return set()
    of_rows = np.stack(list(codes.values()))
    indices = np.array(list(codes))
    a, b = np.triu_indices(min(N_PAIRED_ROWS, len(first)), 1)
    are_equal, present = of_rows[:, a] == of_rows[:, b], (of_rows[:, a] >= 0) & (of_rows[:, b] >= 0)
    n_breaches = count(are_equal & present, ~are_equal & present)
    modes = np.array([np.bincount(row[row >= 0], minlength=1).argmax() for row in of_rows])[:, None]
    of_mode = of_rows == modes
    n_breaches += np.minimum(count(of_mode, of_mode), count(of_mode, (of_rows >= 0) & ~of_mode))
    np.fill_diagonal(n_breaches, 1)
    pairs = [(indices[i].item(), indices[j].item()) for i, j in np.argwhere(n_breaches == 0)]
    return {(i, j) for i, j in pairs if is_map(*present_in_both(codes[i], codes[j]))}


def count(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> NDArray[np.float32]:
    """In how many columns a row of the one and a row of the other are true, (n_rows, n_rows)."""
    return np.asarray(a.astype(np.float32) @ b.T.astype(np.float32))


def determines(source: Codes, target: Codes) -> bool:
    """Whether rows with the same code in one column have the same in the other, and would not by chance."""
    source, target = present_in_both(source, target)
    if not len(source) or not is_map(source, target):
        return False
    n_repeated = len(source) - len(np.unique(source))
    frequencies = np.bincount(target) / len(target)
    return bool(n_repeated * (1 - np.square(frequencies).sum()) >= MIN_EXPECTED_BREACHES)


def present_in_both(source: Codes, target: Codes) -> tuple[Codes, Codes]:
    """The codes of rows in which neither cell is missing."""
    present = (source >= 0) & (target >= 0)
    return source[present], target[present]


def as_objects(cells: pd.Series) -> pd.Index:
    """Cells to look up."""
    return pd.Index(cells.to_numpy(dtype=object), dtype=object)


def is_map(source: NDArray[np.intp], target: NDArray[np.intp]) -> bool:
    """Whether equal codes go with equal codes."""
    image = np.zeros(source.max(initial=0) + 1, np.intp)
    image[source] = target
    return np.array_equal(image[source], target)


def is_whole(cells: pd.Series) -> bool:
    """Whether cells that are not missing are whole numbers."""
    values = cells.dropna().to_numpy(dtype=np.float64)
    return bool((values == np.floor(values)).all())


def is_quantity(table: pd.DataFrame, source: int, others: list[int]) -> bool:
    """Whether the ranks of a number go with those of another, in the first rows."""
    first = table.iloc[:N_FIRST_ROWS]
    ranks = first.iloc[:, source].rank()
    least = max(MIN_RANK_CORRELATION, MIN_DEVIATIONS / np.sqrt(max(1, len(first))))
    with np.errstate(all="ignore"):  # of constant columns
        return any(abs(ranks.corr(first.iloc[:, index].rank())) >= least for index in others)


def is_ordered(numbers: pd.Series, target: NDArray[np.intp]) -> bool:
    """Whether equal cells of the target lie side by side in the order of the numbers that determine them."""
    present = (target >= 0) & numbers.notna().to_numpy()
    _, rows = np.unique(numbers[present].to_numpy(dtype=np.float64), return_index=True)
    in_order = target[present][rows]
    frequencies = np.bincount(in_order) / len(in_order)
    n_runs = 1 + np.count_nonzero(np.diff(in_order))
    n_runs_by_chance = 1 + (len(in_order) - 1) * (1 - np.square(frequencies).sum())
    return bool(n_runs <= max(len(np.unique(in_order)), MAX_ORDERED_RUNS * n_runs_by_chance))
