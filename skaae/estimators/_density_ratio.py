r"""The density ratio of training rows and draws of a generator, and samples by rejection of draws.

A classifier that tells training rows from draws, with densities :math:`p` and :math:`q`, has the log odds
:math:`\log p(x) / q(x)` (Sugiyama, Suzuki and Kanamori, "Density ratio estimation in machine learning", 2012, chapter
4). A draw that is accepted with probability :math:`\min(1, p(x) / (M q(x)))`, and otherwise drawn again, follows
:math:`p` wherever the ratio is below the bound :math:`M`: discriminator rejection sampling (Azadi, Olsson, Darrell,
Goodfellow and Odena, 2019, arXiv 1810.06758). It is the adversary of the autoencoder once more, where it sees decoded
cells, with classifiers that see tables best: boosted trees on numbers in their own units and categories.

That no training row is favoured for its own sake, each classifier is fitted to a part of the rows and draws, and the
mean of their log odds is multiplied by the factor that is most likely on the parts held out (Platt, "Probabilistic
outputs for support vector machines", 1999), which is below 1 where they have overfitted. Without a gain in likelihood
there, there is no ratio. Where most rows have copies, these are one row of more weight: else a copy of nearly every
row would stand on the other side.

What is above the bound is missing among accepted draws, and margins that the draws had go with it. So a second ratio,
of training rows and accepted draws, has trees of one split: each sees one column, and their sum the margins of all. A
draw is accepted if both accept it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.tree._tree import Tree

from .._openmp import limit_openmp
from .._serialization import make_tree
from ..table import TableEncoder
from ._base import draw_seed
from ._conditions import Conditions

__all__ = ["DensityRatio", "fit_density_ratios", "rejection_sampling", "to_cells"]

MIN_ROWS, MAX_ROWS = 200, 50_000
N_DRAWS_PER_ROW = 4
N_FOLDS = 2
N_TREES, LEARNING_RATE, MIN_SAMPLES_LEAF = 100, 0.1, 20
N_LEAVES = (8, 2)  # of the trees of the first ratio and of the second
N_NEWTON_STEPS = 20
MIN_GAIN = 3.0  # of held-out log likelihood, in standard errors
MAX_CLIPPED_FRACTION = 0.01  # of the density of training rows, lost where the ratio is above the bound
MIN_ACCEPTANCE_RATE = 0.4
MAX_ATTEMPTS = 30  # at a row, of which the last is kept
MAX_BINS = 255  # of the trees' columns
MAX_CELL = float(np.finfo(np.float32).max)


class DensityRatio:
    """Creates the log density ratio of trees, and the bound of ratios, as accepted draws are of some held-out ones.

    Parameters
    ----------
    trees : list of Tree
        Whose sum, with the intercept, is the log ratio of rows of cells.
    intercept : float
        What is added to it.
    held_out_log_ratio : ndarray of shape (n_draws,)
        Of draws, by trees that were not fitted to them.
    """

    def __init__(self, trees: list[Tree], intercept: float, held_out_log_ratio: NDArray[np.float64]) -> None:
        self.trees, self.intercept = trees, intercept
        ratio = np.sort(np.exp(held_out_log_ratio))
        clipped = (np.cumsum(ratio) + ratio * np.arange(len(ratio))[::-1]) / len(ratio)  # means, with each as bound
        is_exact = clipped >= (1 - MAX_CLIPPED_FRACTION) * ratio.mean()
        is_slow = clipped < MIN_ACCEPTANCE_RATE * ratio
        index = np.argmax(is_exact | np.append(is_slow[1:], True))
        self.log_bound = float(np.log(ratio[index]))
        self.acceptance_rate = float(clipped[index] / ratio[index])

    def log_ratio(self, cells: NDArray[np.float32]) -> NDArray[np.float64]:
        """Log density ratio of rows, (n,)."""
        log_ratio = np.full(len(cells), self.intercept)
        for tree in self.trees:
            log_ratio += tree.predict(cells)[:, 0]
        return log_ratio

    def acceptance_probability(self, log_ratio: NDArray[np.float64]) -> NDArray[np.float64]:
        """The probability to accept draws of log ratios, (n,)."""
        return np.asarray(np.exp(np.minimum(0, log_ratio - self.log_bound)))


def fit_density_ratios(
    rows: NDArray[np.float64],
    draws: NDArray[np.float64],
    rng: np.random.RandomState,
    row_weight: NDArray[np.float64] | None = None,
) -> list[DensityRatio]:
    """The ratio of training rows to draws, both as cells, (n, n_columns), and of margins of rows and accepted draws.

    There are fewer where there is none to be learned. Rows that are copies are one, whose weight says how many.
    """
    weight = np.ones(len(rows)) if row_weight is None else row_weight
    if len(rows) > MAX_ROWS:
        chosen = rng.choice(len(rows), MAX_ROWS, replace=False)
        rows, weight = rows[chosen], weight[chosen]
    row_inputs, draw_inputs = to_tree_inputs(rows), to_tree_inputs(draws[: N_DRAWS_PER_ROW * len(rows)])
    ratios: list[DensityRatio] = []
    for n_leaves in N_LEAVES:
        if min(len(row_inputs), len(draw_inputs)) < MIN_ROWS:
            break
        ratio, log_ratio = fit_density_ratio(row_inputs, draw_inputs, n_leaves, rng, weight)
        if ratio is None:
            break
        ratios.append(ratio)
        draw_inputs = draw_inputs[rng.random_sample(len(draw_inputs)) < ratio.acceptance_probability(log_ratio)]
    return ratios


def fit_density_ratio(
    rows: NDArray[np.float32],
    draws: NDArray[np.float32],
    n_leaves: int,
    rng: np.random.RandomState,
    row_weight: NDArray[np.float64],
) -> tuple[DensityRatio | None, NDArray[np.float64]]:
    """One ratio, None if there is none to be learned; and the log ratio of the draws by trees not fitted to them."""
    cells = np.concatenate([rows, draws])
    binned = to_quantiles(cells)
    is_row = np.repeat([1.0, 0.0], [len(rows), len(draws)])
    weight = np.concatenate([row_weight, np.full(len(draws), row_weight.sum() / len(draws))])
    log_odds, classifiers, seed = np.empty(len(cells)), [], draw_seed(rng)
    for train, test in StratifiedKFold(N_FOLDS, shuffle=True, random_state=seed).split(cells, is_row):
        classifier = HistGradientBoostingClassifier(
            learning_rate=LEARNING_RATE,
            max_iter=N_TREES,
            max_leaf_nodes=n_leaves,
            min_samples_leaf=MIN_SAMPLES_LEAF,
            early_stopping=False,
            random_state=seed,
        )
        with limit_openmp():
            classifier.fit(binned[train], is_row[train], sample_weight=weight[train])
            log_odds[test] = classifier.decision_function(binned[test])
        classifiers.append(classifier)
    factor = most_likely_factor(log_odds, is_row, weight)
    log_ratio = factor * log_odds[is_row == 0]
    if factor <= 0 or not is_better_than_chance(factor * log_odds, is_row, weight):
        return None, log_ratio
    trees = [tree for each in classifiers for tree in to_trees(each, factor / N_FOLDS)]
    intercept = sum(float(each._baseline_prediction.item()) for each in classifiers) * factor / N_FOLDS
    return DensityRatio(trees, intercept, log_ratio), log_ratio


def rejection_sampling(
    draw: Callable[[NDArray[np.intp]], NDArray[Any]],
    cells: Callable[[NDArray[Any], NDArray[np.intp]], NDArray[np.float64]],
    ratios: Sequence[DensityRatio],
    n: int,
    rng: np.random.RandomState,
) -> NDArray[Any]:
    """Rows of n indices, (n, width), each drawn until it is accepted by its cells, `MAX_ATTEMPTS` times at most."""
    pending = np.arange(n)
    rows = drawn = draw(pending)
    for _ in range(MAX_ATTEMPTS - 1):
        inputs = to_tree_inputs(cells(drawn, pending))
        probabilities = [ratio.acceptance_probability(ratio.log_ratio(inputs)) for ratio in ratios]
        is_rejected = rng.random_sample(len(pending)) >= np.prod(probabilities, axis=0)
        pending = pending[is_rejected]
        if not len(pending):
            break
        drawn = draw(pending)
        rows[pending] = drawn
    return rows


def most_likely_factor(log_odds: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    """By which log odds are multiplied for the greatest likelihood of classes y, 0 or 1."""
    factor = 0.0
    for _ in range(N_NEWTON_STEPS):
        p = expit(factor * log_odds)
        curvature = (weight * p * (1 - p) * log_odds**2).sum()
        factor += (weight * (y - p) * log_odds).sum() / max(curvature, np.finfo(float).tiny)
    return float(factor)


def is_better_than_chance(log_odds: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]) -> bool:
    """Whether the log likelihood of classes y, 0 or 1, is above that of even odds by more than its noise."""
    gain = weight * (np.log(2) - np.logaddexp(0, np.where(y == 1, -log_odds, log_odds)))
    return bool(gain.sum() > MIN_GAIN * np.sqrt((gain**2).sum()))


def to_tree_inputs(cells: NDArray[np.float64]) -> NDArray[np.float32]:
    """Cells in 32 bits, the missing ones below all others."""
    return np.asarray(np.nan_to_num(cells, nan=-MAX_CELL).clip(-MAX_CELL, MAX_CELL).astype(np.float32))


def to_quantiles(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """The quantile of its column that is nearest to each cell, so many that trees of bins lose nothing by it.

    scikit-learn would look for quantiles of weighted rows one by one, each in sorted cells, longer than all trees take.
    """
    binned = cells.copy()
    for column in binned.T:
        if len(np.unique(column)) > MAX_BINS:
            values = np.unique(np.quantile(column, np.linspace(0, 1, MAX_BINS), method="inverted_cdf"))
            column[:] = values[np.searchsorted(values[1:] / 2 + values[:-1] / 2, column)]
    return binned


def to_trees(classifier: Any, factor: float) -> list[Tree]:
    """The trees of a fitted classifier, their values multiplied by a factor, as those of decision trees."""
    return [
        to_tree(nodes, factor, classifier.n_features_in_)
        for nodes in (predictor.nodes for (predictor,) in classifier._predictors)
    ]


def to_tree(nodes: NDArray[Any], factor: float, n_columns: int) -> Tree:
    is_leaf = nodes["is_leaf"] == 1
    known = np.zeros(len(nodes), Tree(n_columns, np.ones(1, np.intp), 1).__getstate__()["nodes"].dtype)
    for name, child in (("left_child", "left"), ("right_child", "right")):
        known[name] = np.where(is_leaf, -1, nodes[child].astype(np.intp))
    known["feature"] = np.where(is_leaf, -2, nodes["feature_idx"])
    known["threshold"] = np.where(is_leaf, -2, nodes["num_threshold"])
    known["n_node_samples"] = known["weighted_n_node_samples"] = nodes["count"]
    values = (factor * np.where(is_leaf, nodes["value"], 0))[:, None, None]
    return make_tree(n_columns, np.ones(1, np.intp), 1, int(nodes["depth"].max()), known, values)


def to_cells(
    encoder: TableEncoder, table: Any, conditions: Conditions | None, condition: NDArray[Any] | None
) -> NDArray[np.float64]:
    """Cells of rows and of their conditions as trees take them, (n, n_columns + n_conditions)."""
    cells = encoder.ordinal(table)
    if conditions is None or condition is None:
        return cells
    return np.hstack([cells, conditions.ordinal(condition)])
