r"""Sweeps of Gibbs sampling over decoded draws: each cell is drawn again, given the others of its row.

A decoder says of each column what the code knows of it, and no code of few components knows amounts that repeat from
month to month. Gibbs sampling (Geman and Geman, "Stochastic relaxation, Gibbs distributions, and the Bayesian
restoration of images", 1984) draws one column after another from its distribution given the others as they are by
then, here that of training cells in the leaf of a decision tree (as Reiter, "Using CART to generate partially synthetic
public use microdata", 2005, draws columns after each other). It starts from draws of the autoencoder, so that one or
two sweeps are enough, and rows are not pieced together from training rows.

Each column has two trees, of which each has seen one half of the rows and has cells of both in its leaves: else a leaf
would be made for few cells, which came back. A number that occurs once is drawn between its neighbours. Dates of many
parts, and columns of many categories, stay as they were decoded.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeRegressor
from sklearn.tree._tree import Tree

from .._serialization import make_tree
from ..table import TableEncoder
from ..table._cells import CellLayout
from ._base import draw_seed
from ._conditions import Conditions
from ._density_ratio import to_tree_inputs

__all__ = ["GibbsSweep"]

MAX_ROWS = 50_000
MIN_CONDITION_ROWS = 1_000  # with the categories of a condition, whose draws are swept
MAX_ENCODED_WIDTH = 50  # of a column that is drawn
N_TREES, MIN_SAMPLES_LEAF = 2, 10
MAX_SPLITS = 5e7  # rows, inputs and outputs, multiplied, that trees of all columns may look at
KEPT_PROBABILITY = 1e-3  # of decoded categories beside the drawn one, for those that do not go together


class Leaves:
    """Creates the leaves of a tree, with training cells and their weights in each.

    Parameters
    ----------
    tree : Tree
        That sees other columns.
    inputs : ndarray of shape (n, n_inputs)
        Those of training rows.
    weight : ndarray of shape (n,)
        Of training rows.
    """

    def __init__(self, tree: Tree, inputs: NDArray[np.float32], weight: NDArray[np.float64]) -> None:
        leaf = tree.apply(inputs)
        self.tree, self.order = tree, np.argsort(leaf, kind="stable").astype(np.int32)
        self.cumulative = np.append(0, np.cumsum(weight[self.order]))
        self.starts = np.searchsorted(leaf[self.order], np.arange(tree.node_count + 1)).astype(np.int32)

    def draw(self, inputs: NDArray[np.float32], rng: np.random.RandomState) -> NDArray[np.intp]:
        """Indices of training rows, one of the leaf of each row."""
        leaf = self.tree.apply(inputs)
        low, high = self.cumulative[self.starts[leaf]], self.cumulative[self.starts[leaf + 1]]
        position = np.searchsorted(self.cumulative, low + rng.random_sample(len(leaf)) * (high - low), side="right") - 1
        return np.asarray(self.order[position.clip(self.starts[leaf], self.starts[leaf + 1] - 1)], np.intp)


class ColumnDraws:
    """Creates what draws one column of encoded rows, given the inputs that the others are.

    Parameters
    ----------
    columns : ndarray
        Columns of encoded rows that are the column's: its value, its one-hot group, or both.
    n_numeric : int
        How many columns of encoded rows are values.
    own : ndarray
        Which columns of the inputs are the column's.
    rows, inputs : ndarray
        Training rows, encoded, and as trees see them.
    """

    def __init__(
        self,
        columns: NDArray[np.intp],
        n_numeric: int,
        own: NDArray[np.intp],
        rows: NDArray[Any],
        inputs: NDArray[np.float32],
    ) -> None:
        self.value, self.group = columns[columns < n_numeric], columns[columns >= n_numeric]
        self.own, self.own_inputs = own, inputs[:, own]
        self.codes = rows[:, self.group].argmax(axis=1).astype(np.int16) if len(self.group) else None
        self.bounds = gaps(rows[:, self.value[0]]) if len(self.value) else None
        self.leaves: list[Leaves] = []

    def fit(
        self, rows: NDArray[Any], inputs: NDArray[np.float32], weight: NDArray[np.float64], n_split: int, seed: int
    ) -> None:
        """Fit a tree to each half of the rows, or to so many of them as may be looked at."""
        others, outputs = inputs.copy(), rows[:, np.append(self.value, self.group)]
        others[:, self.own] = 0  # by which no tree splits
        order = np.random.RandomState(seed).permutation(len(rows))
        for half in range(N_TREES):
            chosen = order[half::N_TREES][:n_split]
            tree = DecisionTreeRegressor(min_samples_leaf=MIN_SAMPLES_LEAF, random_state=seed)
            tree.fit(others[chosen], outputs[chosen], weight[chosen])
            self.leaves.append(Leaves(without_values(tree.tree_), others, weight))

    def draw(self, rows: NDArray[Any], inputs: NDArray[np.float32], rng: np.random.RandomState) -> None:
        """Draw the column of encoded rows again, in place, and what trees see of it."""
        drawn, which = np.empty(len(rows), np.intp), rng.randint(N_TREES, size=len(rows))
        for number, leaves in enumerate(self.leaves):
            drawn[which == number] = leaves.draw(inputs[which == number], rng)
        inputs[:, self.own] = self.own_inputs[drawn]
        if self.bounds is not None:
            low, high = (bound[drawn] for bound in self.bounds)
            rows[:, self.value[0]] = low + rng.random_sample(len(rows)) * (high - low)
        if self.codes is not None:
            rows[:, self.group] *= KEPT_PROBABILITY
            rows[np.arange(len(rows)), self.group[0] + self.codes[drawn]] += 1


class GibbsSweep:
    """Creates the trees of all columns of training rows.

    Parameters
    ----------
    encoder : TableEncoder
        Of the rows.
    encoded : ndarray of shape (n, width + condition_width)
        Training rows, once each where most have copies, and their conditions.
    weight : ndarray of shape (n,) or None
        Of the rows.
    conditions : Conditions or None
        Of the rows, which are inputs of all trees.
    rng : RandomState
        What the trees are drawn by.
    """

    def __init__(
        self,
        encoder: TableEncoder,
        encoded: NDArray[Any],
        weight: NDArray[np.float64] | None,
        conditions: Conditions | None,
        rng: np.random.RandomState,
    ) -> None:
        self.layout = CellLayout.of(encoder)
        chosen = rng.permutation(len(encoded))[:MAX_ROWS]
        weight = np.ones(len(chosen)) if weight is None else weight[chosen]
        rows, condition = np.split(encoded[chosen], [len(encoder.source_columns_)], axis=1)
        self.dtype, self.common = rows.dtype, common_categories(conditions, condition)
        inputs = self._inputs(rows, conditions, condition)
        cells = np.array(self.layout.encoded_columns, np.intp)  # the column of encoded rows of each of the first inputs
        self.columns = [
            ColumnDraws(columns, self.layout.n_numeric, np.flatnonzero(np.isin(cells, columns)), rows, inputs)
            for columns in self._drawn_columns(encoder)
            if self.common is None or len(self.common)
        ]
        width = sum(len(column.value) + len(column.group) for column in self.columns)
        n_split = max(MIN_SAMPLES_LEAF, int(MAX_SPLITS / max(1, width * inputs.shape[1])))
        for column in self.columns:
            column.fit(rows, inputs, weight, n_split, draw_seed(rng))

    def sample(
        self,
        rows: NDArray[Any],
        conditions: Conditions | None,
        condition: NDArray[Any] | None,
        rng: np.random.RandomState,
        n_sweeps: int = 1,
    ) -> NDArray[Any]:
        """Encoded rows, the columns of which are drawn again one after another, in an order by chance.

        Rows of rare conditions are left: leaves would give them cells of common ones.
        """
        rows = rows.astype(self.dtype)
        if conditions is not None and condition is not None and self.common is not None:
            categories = conditions.ordinal(condition)[:, None, conditions.encoder.n_numeric_ :]
            is_common = (categories == self.common).all(axis=2).any(axis=1)
            rows[is_common] = self._swept(rows[is_common], conditions, condition[is_common], rng, n_sweeps)
            return rows
        return self._swept(rows, conditions, condition, rng, n_sweeps)

    def _swept(
        self,
        rows: NDArray[Any],
        conditions: Conditions | None,
        condition: NDArray[Any] | None,
        rng: np.random.RandomState,
        n_sweeps: int,
    ) -> NDArray[Any]:
        inputs = self._inputs(rows, conditions, condition)
        for _ in range(n_sweeps):
            for index in rng.permutation(len(self.columns)):
                self.columns[index].draw(rows, inputs, rng)
        return rows

    def _inputs(
        self, rows: NDArray[Any], conditions: Conditions | None, condition: NDArray[Any] | None
    ) -> NDArray[np.float32]:
        """Encoded rows and their conditions as trees take them: numbers, and indices of categories."""
        cells = self.layout.read(rows)
        if conditions is not None and condition is not None:
            cells = np.hstack([cells, conditions.ordinal(condition)])
        return to_tree_inputs(cells)

    def _drawn_columns(self, encoder: TableEncoder) -> list[NDArray[np.intp]]:
        """The encoded columns of each column that is drawn: a value, a one-hot group, or one of each."""
        starts = np.array([start for start, *_ in self.layout.groups], np.intp)
        sources = encoder.source_columns_
        return [
            columns
            for columns in (np.flatnonzero(sources == source) for source in np.unique(sources))
            if (columns < self.layout.n_numeric).sum() <= 1
            and np.isin(starts, columns).sum() <= 1
            and len(columns) <= MAX_ENCODED_WIDTH
        ]


def common_categories(conditions: Conditions | None, condition: NDArray[Any] | None) -> NDArray[Any] | None:
    """The categories of conditions, (n, n_categorical), that many rows have; None if there are none."""
    if conditions is None or condition is None or not conditions.encoder.one_hot_groups_:
        return None
    categories = conditions.ordinal(condition)[:, conditions.encoder.n_numeric_ :]
    distinct, counts = np.unique(categories, axis=0, return_counts=True)
    return np.asarray(distinct[counts >= MIN_CONDITION_ROWS])


def without_values(tree: Tree) -> Tree:
    """A tree of the same splits that predicts nothing."""
    state = tree.__getstate__()
    values = np.zeros((tree.node_count, 1, 1))
    return make_tree(tree.n_features, np.ones(1, np.intp), 1, tree.max_depth, state["nodes"], values)


def gaps(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Bounds within which each value may be drawn, (n,): half of the way to its neighbours if it occurs once."""
    distinct, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    between = distinct[1:] / 2 + distinct[:-1] / 2
    low, high = np.append(distinct[:1], between), np.append(between, distinct[-1:])
    return np.where(counts > 1, distinct, low)[inverse], np.where(counts > 1, distinct, high)[inverse]
