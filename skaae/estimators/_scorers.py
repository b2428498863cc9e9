r"""Scorers of an outlier detector: each gives rows a score, higher for stranger rows.

They look for the three kinds of anomalies of Han, Hu, Huang, Jiang and Zhao ("ADBench: anomaly detection benchmark",
2022). *Local* anomalies differ from the rows near them: `NearestNeighborDistance` (Ramaswamy, Rastogi and Shim, 2000;
relative to the neighbours' own distances as in LOF, Breunig, Kriegel, Ng and Sander, 2000). *Global* anomalies differ
from most rows: `Histograms` (HBOS, Goldstein and Dengel, 2012), `GaussianMixtureDensity`, `IsolationDepth` (isolation
forest, Liu, Ting and Zhou, 2008). *Dependency* anomalies break how columns depend on one another: `RobustCovariance`
(Rousseeuw and van Driessen, 1999). The autoencoder's `ReconstructionError` is higher for all three.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.covariance import LedoitWolf
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from .._plan import systematic_sample
from ._covariance import PCAReduction, variance_floor
from ._neighbors import MAX_DUPLICATE_DISTANCE, Neighbors

__all__ = [
    "GaussianMixtureDensity",
    "Histograms",
    "IsolationDepth",
    "NearestNeighborDistance",
    "ReconstructionError",
    "RobustCovariance",
    "Scorer",
    "ScorerInput",
    "has_common_values",
    "repeat_by_weight",
]

MIN_SQUARED_ERROR = 1e-3  # of a scaled column
N_BINS = 20
MIN_DISTANCE_FRACTION = 1e-2  # of the median distance to neighbours, added to all where distances are relative
MAX_CHUNK_SIZE = 1e7  # differences to neighbours at once
MAX_COVARIANCE_COLUMNS = 100
SUPPORT_FRACTION = 0.6  # of the rows, that a robust covariance is fitted to
MAX_CONCENTRATION_STEPS = 8
MAX_MIXTURE_COMPONENTS, MIN_ROWS_PER_COMPONENT, MIN_VARIANCE = 4, 5, 1e-3
N_TREES = 50
MAX_REPEATS, MAX_REPEATED_ROWS = 4, 10_000  # of rows with weights: so many times as many, up to a number


@dataclass
class ScorerInput:
    """Scaled rows, the model's squared errors and normal scores of the ranks, (n_samples, n_features) each."""

    X: NDArray[np.float64]
    errors: NDArray[np.float64]
    ranks: NDArray[np.float64]
    _nearest: dict[int, tuple[Any, ...]] = field(default_factory=dict, init=False, repr=False)

    def nearest(self, neighbors: Neighbors, ranked: bool) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Distances and indices of neighbours, which are looked up once for all scorers that go by them."""
        if id(neighbors) not in self._nearest:
            self._nearest[id(neighbors)] = neighbors, *neighbors.nearest(self.ranks if ranked else self.X)
        _, distances, indices = self._nearest[id(neighbors)]
        return distances, indices

    def subset(self, indices: NDArray[Any]) -> ScorerInput:
        """The rows at the indices, or in the mask."""
        return ScorerInput(self.X[indices], self.errors[indices], self.ranks[indices])


class Scorer(Protocol):
    """A score of rows."""

    def fit(self, inputs: ScorerInput) -> Self:
        """Fit to training rows."""
        ...

    def score(self, inputs: ScorerInput) -> NDArray[np.float64]:
        """Scores of rows, (n_samples,), higher for stranger ones."""
        ...

    def contributions(self, inputs: ScorerInput) -> NDArray[np.float64] | None:
        """Non-negative parts of the scores by column, (n_samples, n_features), None where there are none."""
        ...


class ReconstructionError(Scorer):
    """Mean squared reconstruction error, each column relative to its training error.

    Attributes
    ----------
    mean_errors_ : ndarray of shape (n_features,)
        Mean squared training errors.
    """

    def fit(self, inputs: ScorerInput) -> Self:
        self.mean_errors_: NDArray[np.float64] = inputs.errors.mean(0) + MIN_SQUARED_ERROR
        return self

    def score(self, inputs: ScorerInput) -> NDArray[np.float64]:
        return np.asarray(self.contributions(inputs).mean(1))

    def contributions(self, inputs: ScorerInput) -> NDArray[np.float64]:
        return inputs.errors / self.mean_errors_


class Histograms(Scorer):
    """Sum over the columns of how much rarer a value is than the commonest, in logarithms of bin counts.

    Attributes
    ----------
    min_, bin_width_ : ndarray of shape (n_features,)
        Where the bins of each column begin, and their width.
    rarities_ : ndarray of shape (n_features, n_bins + 2)
        Contribution of each bin. The first and the last bin are empty: they hold values out of range.
    """

    def fit(self, inputs: ScorerInput) -> Self:
        self.min_ = inputs.X.min(0)
        value_range = inputs.X.max(0) - self.min_
        self.bin_width_ = np.where(value_range > 0, value_range / N_BINS, 1)
        counts = np.stack([np.bincount(column, minlength=N_BINS + 2) for column in self._bins(inputs.X).T])
        self.rarities_: NDArray[np.float64] = np.log(counts.max(1, keepdims=True) + 0.5) - np.log(counts + 0.5)
        return self

    def score(self, inputs: ScorerInput) -> NDArray[np.float64]:
        return np.asarray(self.contributions(inputs).sum(1))

    def contributions(self, inputs: ScorerInput) -> NDArray[np.float64]:
        return self.rarities_[np.arange(inputs.X.shape[1]), self._bins(inputs.X)]

    def _bins(self, X: NDArray[np.float64]) -> NDArray[np.intp]:
        positions = (X - self.min_) / self.bin_width_
        bins = np.where(positions == N_BINS, N_BINS - 1, np.floor(positions))  # the largest value closes its bin
        return bins.clip(-1, N_BINS).astype(int) + 1


@dataclass(eq=False)
class NearestNeighborDistance(Scorer):
    """Mean distance to the nearest training rows; a training row is not its own neighbour, nor is a copy of it.

    Parameters
    ----------
    neighbors : Neighbors
        The training rows, or their ranks.
    n_neighbors : int
        Number of neighbours, at most as many as are looked up.
    relative : bool, default=False
        Whether to score by the logarithm of the ratio to the neighbours' own mean distances.
    ranked : bool, default=False
        Whether distances are between ranks, which spread the values that most of a skewed column's rows share.
    unranked : Neighbors or None, default=None
        With `ranked`, the same training rows, where a row is told to be a copy of one by them.

    Attributes
    ----------
    train_distances_ : ndarray of shape (n_samples,)
        With `relative`, mean distances of the training rows; all are `min_distance_` longer, so that none is zero.
    """

    neighbors: Neighbors
    n_neighbors: int
    relative: bool = False
    ranked: bool = False
    unranked: Neighbors | None = None

    def fit(self, inputs: ScorerInput) -> Self:
        """Fit to the rows that neighbours are looked up among."""
        if self.relative:
            distances = self._neighbors(inputs)[0].mean(1)
            self.min_distance_ = MIN_DISTANCE_FRACTION * np.median(distances) + MAX_DUPLICATE_DISTANCE
            self.train_distances_: NDArray[np.float64] = distances + self.min_distance_
        return self

    def score(self, inputs: ScorerInput) -> NDArray[np.float64]:
        distances, neighbors = self._neighbors(inputs)
        score = distances.mean(1)
        if self.relative:
            score = np.log((score + self.min_distance_) / self.train_distances_[neighbors].mean(1))
        return np.asarray(score)

    def contributions(self, inputs: ScorerInput) -> NDArray[np.float64]:
        """Mean squared differences to the neighbours."""
        X, (_, neighbors) = inputs.ranks if self.ranked else inputs.X, self._neighbors(inputs)
        n_rows = max(1, int(MAX_CHUNK_SIZE // (neighbors.shape[1] * X.shape[1])))
        chunks = [slice(start, start + n_rows) for start in range(0, len(X), n_rows)]
        differences = (self.neighbors.X_train_[neighbors[chunk]] - X[chunk, None] for chunk in chunks)
        return np.concatenate([np.square(each).mean(1) for each in differences])

    def _neighbors(self, inputs: ScorerInput) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Distances and indices of neighbours, one duplicate of each row left out."""
        distances, indices = inputs.nearest(self.neighbors, self.ranked)
        n = min(self.n_neighbors, self.neighbors.n_neighbors_)
        is_own = distances[:, :1] < self.neighbors.copy_distance
        if self.unranked is not None:
            distance, copied = inputs.nearest(self.unranked, ranked=False)
            is_own |= (distance[:, :1] < self.unranked.copy_distance) & (copied[:, :1] == indices[:, :1])
        first = is_own + np.arange(n)
        return np.take_along_axis(distances, first, axis=1), np.take_along_axis(indices, first, axis=1)


@dataclass(eq=False)
class RobustCovariance(Scorer):
    """Squared Mahalanobis distance by the mean and covariance of a concentrated part of the rows.

    As in the search for the minimum covariance determinant, these are fitted again and again to the rows nearest them.

    Parameters
    ----------
    random_state : int, default=0
        Seed of the principal components of rows of more than 100 columns.

    Attributes
    ----------
    covariance_ : LedoitWolf
        Mean and shrunk covariance of the rows of the last step.
    """

    random_state: int = 0

    def fit(self, inputs: ScorerInput, support: NDArray[np.bool_] | None = None) -> Self:
        """Fit to training rows, at first to those of the mask, or to all."""
        self.reduction_ = PCAReduction(MAX_COVARIANCE_COLUMNS, self.random_state).fit(inputs.X)
        rows = self.reduction_.transform(inputs.X)
        support = np.ones(len(rows), bool) if support is None else support
        for _ in range(MAX_CONCENTRATION_STEPS):
            self.covariance_ = LedoitWolf().fit(rows[support])
            distances = self.covariance_.mahalanobis(rows)
            max_distance = max(np.quantile(distances, SUPPORT_FRACTION), np.sort(distances)[1])
            previous, support = support, distances <= max_distance
            if np.array_equal(support, previous):
                break
        return self

    def score(self, inputs: ScorerInput) -> NDArray[np.float64]:
        deviations, products = self._deviations(inputs)
        return np.asarray((deviations * products).sum(axis=1))

    def contributions(self, inputs: ScorerInput) -> NDArray[np.float64]:
        return mahalanobis_contributions(self.reduction_, *self._deviations(inputs))

    def _deviations(self, inputs: ScorerInput) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Deviations from the mean, and their products with the precision, (n_samples, n_components) each."""
        deviations = self.reduction_.transform(inputs.X) - self.covariance_.location_
        return deviations, deviations @ self.covariance_.precision_


@dataclass(eq=False)
class GaussianMixtureDensity(Scorer):
    """Negative log density of a mixture of at most four Gaussians.

    Parameters
    ----------
    random_state : int, default=0
        Seed of the mixture, and of the principal components of rows of more than 100 columns.

    Attributes
    ----------
    mixture_ : GaussianMixture
        The mixture.
    """

    random_state: int = 0

    def fit(self, inputs: ScorerInput) -> Self:
        self.reduction_ = PCAReduction(MAX_COVARIANCE_COLUMNS, self.random_state).fit(inputs.X)
        n_components = max(1, min(MAX_MIXTURE_COMPONENTS, len(inputs.X) // MIN_ROWS_PER_COMPONENT))
        # Its k-means does not know other arrays than numpy's, whatever the user has set for other estimators.
        with config_context(array_api_dispatch=False), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # nothing a user could do, nor much harm
            rows = self.reduction_.transform(inputs.X)
            floor = variance_floor(rows, MIN_VARIANCE)
            self.mixture_ = GaussianMixture(n_components, reg_covar=floor, random_state=self.random_state).fit(rows)
        return self

    def score(self, inputs: ScorerInput) -> NDArray[np.float64]:
        return np.asarray(-self.mixture_.score_samples(self.reduction_.transform(inputs.X)))

    def contributions(self, inputs: ScorerInput) -> NDArray[np.float64]:
        """Parts of the squared Mahalanobis distances from the most likely components."""
        rows = self.reduction_.transform(inputs.X)
        component = self.mixture_.predict(rows)
        deviations = rows - self.mixture_.means_[component]
        products = np.einsum("nij,nj->ni", self.mixture_.precisions_[component], deviations)
        return mahalanobis_contributions(self.reduction_, deviations, products)


@dataclass(eq=False)
class IsolationDepth(Scorer):
    """How few random splits of an isolation forest isolate a row; there are no contributions by column.

    Parameters
    ----------
    random_state : int, default=0
        Seed of the forest.

    Attributes
    ----------
    forest_ : IsolationForest
        The forest, of 50 trees.
    path_lengths_ : list of ndarray, each of shape (n_nodes,)
        How many splits isolate a row of a leaf of each tree, those expected in the leaf included.
    """

    random_state: int = 0

    def fit(self, inputs: ScorerInput) -> Self:
        self.forest_ = IsolationForest(n_estimators=N_TREES, random_state=self.random_state).fit(inputs.X)
        self.path_lengths_ = [path_lengths(estimator.tree_) for estimator in self.forest_.estimators_]
        return self

    def score(self, inputs: ScorerInput) -> NDArray[np.float64]:
        """As ``-forest_.score_samples``, in one thread: to start others takes longer than a row does."""
        rows = inputs.X.astype(np.float32)
        total = np.zeros(len(rows))
        for estimator, lengths in zip(self.forest_.estimators_, self.path_lengths_, strict=True):
            total += lengths[estimator.tree_.apply(rows)]
        n_trees, expected = len(self.path_lengths_), average_path_length(np.array([self.forest_.max_samples_]))
        return np.asarray(2 ** (-total / (n_trees * expected))) if expected > 0 else np.full(len(rows), 0.5)

    def contributions(self, inputs: ScorerInput) -> None:
        return None


def path_lengths(tree: Any) -> NDArray[np.float64]:
    """The depth of each node of a tree, (n_nodes,), and as many splits as would isolate one of its training rows."""
    return np.asarray(tree.compute_node_depths() - 1 + average_path_length(tree.n_node_samples))


def average_path_length(n: NDArray[Any]) -> NDArray[np.float64]:
    """How many splits isolate one of n rows in the mean (Liu, Ting and Zhou, 2008)."""
    large = n.clip(3).astype(np.float64)
    length = 2 * (np.log(large - 1) + np.euler_gamma) - 2 * (large - 1) / large
    return np.where(n > 2, length, np.where(n == 2, 1.0, 0.0))


def has_common_values(
    rows: NDArray[Any], trim_fraction: float, sample_weight: NDArray[np.float64] | None = None
) -> NDArray[np.bool_]:
    """Which scaled rows are left, two at least if there are, when a fraction with the rarest values is trimmed."""
    repeated = repeat_by_weight(rows, sample_weight)
    histograms = Histograms().fit(ScorerInput(repeated, repeated, repeated))
    rarity = histograms.score(ScorerInput(rows, rows, rows))
    of_repeated = np.sort(repeat_by_weight(rarity, sample_weight))
    n_left = min(len(of_repeated), max(2, math.ceil((1 - trim_fraction) * len(of_repeated))))
    return np.asarray(rarity <= max(of_repeated[n_left - 1], np.sort(rarity)[:2].max()))


def repeat_by_weight(rows: NDArray[Any], sample_weight: NDArray[np.float64] | None) -> NDArray[Any]:
    """Rows repeated as often as their weights say, so often that the lightest is there once, if that is seldom enough.

    So scorers that know no weights learn from rows of whole weights as from as many rows. Others are drawn in
    proportion to their weights.
    """
    if sample_weight is None:
        return rows
    n, n_exact = len(rows), math.ceil(min(sample_weight.sum() / sample_weight.min(), MAX_REPEATED_ROWS + len(rows)))
    return rows[systematic_sample(sample_weight, min(n_exact, max(n, min(MAX_REPEATS * n, MAX_REPEATED_ROWS))))]


def mahalanobis_contributions(
    reduction: PCAReduction, deviations: NDArray[np.float64], products: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Parts of squared Mahalanobis distances by column, from deviations and their products with the precision."""
    return np.asarray((reduction.to_columns(deviations) * reduction.to_columns(products)).clip(0))
