"""Structural zeros: categories that never go together, such as no internet and online security.

Two categories do not go together if no training row has both, and twenty would if their columns were independent. Where
all rows of a category have the same one in another column, it goes with none of the others there, if twenty rows would
have one of these by chance (Bishop, Fienberg and Holland, "Discrete multivariate analysis", 1975, chapter 5, on tables
with cells that must be empty). Atoms of numbers, and missing cells, are categories here.

A decoded row has the most probable category of each column. Where some of these do not go together, categories are
changed one by one, each time the one that costs the least log probability for each such pair that it ends.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["StructuralZeros"]

MIN_EXPECTED = 20  # rows with both categories, by chance
MAX_PRODUCTS = 2e10  # of counts of pairs of categories, for which the first rows are taken
MIN_FIRST_ROWS, N_CHUNK_ROWS = 1000, 10_000
MAX_CATEGORIES = 4000  # of all columns together; of more, none are looked for
MIN_PROBABILITY = 1e-12

Codes = NDArray[np.intp]


class StructuralZeros:
    """Creates the pairs of categories that do not go together in training rows.

    Parameters
    ----------
    codes : ndarray of shape (n_rows, n_groups)
        The category of each row in each one-hot group.
    widths : tuple of int
        How many categories each group has.
    with_missing : list of bool
        In which groups the last category is a missing cell.

    Attributes
    ----------
    pairs : ndarray of shape (2, n_pairs)
        Categories that do not go together, numbered over all groups.
    """

    def __init__(self, codes: Codes, widths: tuple[int, ...], with_missing: list[bool]) -> None:
        self.widths, self.with_missing = widths, with_missing
        self.pairs = np.empty((2, 0), np.intp)
        if sum(widths) <= MAX_CATEGORIES:
            starts = first_categories(widths)
            never = find_zeros(codes, widths, with_missing)
            for a, b in group_pairs(never, starts):
                never[starts[a] + codes[:, a], starts[b] + codes[:, b]] = False
            self.pairs = np.stack(np.nonzero(never))

    def of(self, codes: Codes) -> StructuralZeros:
        """The pairs that do not go together in other rows either."""
        return StructuralZeros(codes, self.widths, self.with_missing)

    def most_probable(self, probabilities: list[NDArray[Any]], codes: list[Codes]) -> list[Codes]:
        """The most probable categories of rows, one in each group, that go together; those of each group are given."""
        if not self.pairs.size:
            return codes
        starts, never = first_categories(self.widths), np.zeros((sum(self.widths),) * 2, np.bool_)
        never[tuple(self.pairs)] = True
        never |= never.T
        broken = np.zeros(len(codes[0]), np.bool_)
        for a, b in group_pairs(never, starts):
            broken |= never[starts[a] + codes[a], starts[b] + codes[b]]
        chosen = np.stack(codes, axis=1)
        rows = np.flatnonzero(broken & (chosen >= 0).all(axis=1))
        for part in np.array_split(rows, 1 + len(rows) * never.size // 10**8) if len(rows) else ():
            logits = np.log(np.concatenate([group[part] for group in probabilities], axis=1).clip(MIN_PROBABILITY))
            chosen[part] = changed(starts + chosen[part], logits, never, starts) - starts
        return list(chosen.T)


def first_categories(widths: tuple[int, ...]) -> NDArray[np.intp]:
    """The number of the first category of each group."""
    return np.cumsum([0, *widths])[:-1]


def group_pairs(never: NDArray[np.bool_], starts: NDArray[np.intp]) -> list[tuple[int, int]]:
    """Pairs of groups with categories that do not go together."""
    some = np.logical_or.reduceat(np.logical_or.reduceat(never, starts, axis=0), starts, axis=1)
    return [(a, b) for a, b in combinations(range(len(starts)), 2) if some[a, b]]


def find_zeros(codes: Codes, widths: tuple[int, ...], with_missing: list[bool]) -> NDArray[np.bool_]:
    """Which categories do not go together in the first rows, each with those of later groups."""
    starts, group_of = first_categories(widths), np.repeat(np.arange(len(widths)), widths)
    first = codes[: max(MIN_FIRST_ROWS, int(MAX_PRODUCTS / sum(widths) ** 2))]
    counts = np.zeros((sum(widths),) * 2, np.float32)
    for chunk in np.array_split(first, 1 + len(first) // N_CHUNK_ROWS):
        one_hot = np.zeros((len(chunk), sum(widths)), np.float32)
        one_hot[np.arange(len(chunk))[:, None], starts + chunk] = 1
        counts += one_hot.T @ one_hot
    n_rows = counts.diagonal()
    unseen = counts == 0
    never = unseen & (np.outer(n_rows, n_rows) >= MIN_EXPECTED * len(first))
    n_seen = np.add.reduceat(~unseen, starts, axis=1)
    for other, (start, width) in enumerate(zip(starts, widths, strict=True)):
        group = slice(start, start + width)
        n_present = width - with_missing[other]
        share = n_rows[group] / len(first)
        for category in np.flatnonzero((n_seen[:, other] <= 2) & (n_rows >= MIN_EXPECTED) & (group_of != other)):
            row, others = counts[category, group], unseen[category, group]
            expected = n_rows[category] * share[others].sum()
            if n_seen[category, other] == 2:  # one of them, or a missing cell
                present = row[:n_present].sum()
                is_one = with_missing[other] and 0 < present < row.sum()
                expected = present * share[:n_present][others[:n_present]].sum() / share[:n_present].sum() * is_one
            never[category, group] |= others & (expected >= MIN_EXPECTED)
    between: NDArray[np.bool_] = np.triu(never | never.T) & (group_of != group_of[:, None])
    return between


def changed(chosen: Codes, logits: NDArray[Any], never: NDArray[np.bool_], starts: NDArray[np.intp]) -> Codes:
    """Categories of rows, (n, n_groups), changed one by one until they go together."""
    group_of = np.repeat(np.arange(len(starts)), np.diff([*starts, len(never)]))
    rows = np.arange(len(chosen))
    for _ in range(2 * len(starts)):
        conflicts = never[chosen].sum(axis=1)
        n_ended = conflicts[rows[:, None], chosen][:, group_of] - conflicts
        lost = logits[rows[:, None], chosen][:, group_of] - logits
        cost = np.where(n_ended > 0, lost / n_ended.clip(1), np.inf)
        best = cost.argmin(axis=1)
        to_change = np.flatnonzero(np.isfinite(cost[rows, best]))
        if not len(to_change):
            break
        chosen[to_change, group_of[best[to_change]]] = best[to_change]
    return chosen
