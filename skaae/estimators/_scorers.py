r"""Scorers of an outlier detector: each gives rows a score, higher for stranger rows.

They look for the three kinds of anomalies of Han, Hu, Huang, Jiang and Zhao ("ADBench: anomaly detection benchmark",
2022). *Local* anomalies differ from the rows near them: `NearestNeighborDistance` (Ramaswamy, Rastogi and Shim, 2000;
relative to the neighbours' own distances as in LOF: Breunig, Kriegel, Ng and Sander, 2000). *Global* anomalies differ
from most rows: `Histograms` (HBOS: Goldstein and Dengel, 2012), `GaussianMixtureDensity`, `IsolationDepth` (Liu, Ting
and Zhou, 2008). *Dependency* anomalies break how columns depend on one another: `RobustCovariance` (Rousseeuw and van
Driessen, 1999). `ReconstructionError`, of the autoencoder, rises with all of them. Most scores can be split into
contributions by column, such as squared differences, which `explain` shows.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn import config_context
from sklearn.covariance import LedoitWolf
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import NearestNeighbors

from ._covariance import PCAReduction, variance_floor

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
]

MIN_SQUARED_ERROR = 1e-3  # of a scaled column
N_BINS = 20
MAX_DUPLICATE_DISTANCE = 1e-6  # of scaled rows that count as one
MIN_DISTANCE_FRACTION = 1e-2  # of the median distance to neighbours, added to all where distances are relative
MAX_BRUTE_FORCE_SIZE = 1e6  # rows times training cells, beyond which neighbours are looked up in an index
MAX_CHUNK_SIZE = 1e7  # differences to neighbours at once
MAX_COVARIANCE_COLUMNS = 100
SUPPORT_FRACTION = 0.6  # of the rows, that a robust covariance is fitted to
MAX_CONCENTRATION_STEPS = 8
MAX_MIXTURE_COMPONENTS = 4
MIN_ROWS_PER_COMPONENT = 5
MIN_VARIANCE = 1e-3
N_TREES = 50


@dataclass
class ScorerInput:
    """Scaled rows, the model's squared errors and the normal scores of ranks, (n_samples, n_features) each."""

    X: NDArray[np.float64]
    errors: NDArray[np.float64]
    ranks: NDArray[np.float64]

    def subset(self, indices: NDArray[Any]) -> ScorerInput:
        """The rows at the indices, or of a mask."""
        return ScorerInput(self.X[indices], self.errors[indices], self.ranks[indices])


class Scorer(Protocol):
    """What every scorer can do."""

    def fit(self, inputs: ScorerInput) -> Self:
        """Fit to training rows."""
        ...

    def score(self, inputs: ScorerInput) -> NDArray[np.float64]:
        """Scores of rows, (n_samples,), higher for stranger ones."""
        ...

    def contributions(self, inputs: ScorerInput) -> NDArray[np.float64] | None:
        """Non-negative contributions of columns to the scores, (n_samples, n_features), or None if there are none."""
        ...


class ReconstructionError:
    """Mean squared reconstruction error, each column relative to its mean error in training rows.

    Attributes
    ----------
    mean_errors_ : ndarray of shape (n_features,)
        Mean squared errors of training rows.
    """

    def fit(self, inputs: ScorerInput) -> Self:
        """Learn the mean errors."""
        self.mean_errors_ = inputs.errors.mean(0) + MIN_SQUARED_ERROR
        return self

    def score(self, inputs: ScorerInput) -> NDArray[np.float64]:
        """Mean relative errors."""
        return np.asarray(self.contributions(inputs).mean(1))

    def contributions(self, inputs: ScorerInput) -> NDArray[np.float64]:
        """Relative errors."""
        return np.asarray(inputs.errors / self.mean_errors_)


class Histograms:
    """How much rarer values are than the commonest, by histograms of the columns.

    Attributes
    ----------
    min_ : ndarray of shape (n_features,)
        Smallest training values.
    bin_width_ : ndarray of shape (n_features,)
        Widths of the bins.
    log_ratios_ : ndarray of shape (n_features, n_bins + 2)
        Logarithm of the count of the fullest bin relative to each; the outermost bins hold no training value.
    """

    def fit(self, inputs: ScorerInput) -> Self:
        """Count training values."""
        self.min_ = inputs.X.min(0)
        value_range = inputs.X.max(0) - self.min_
        self.bin_width_ = np.where(value_range > 0, value_range / N_BINS, 1)
        counts = np.stack([np.bincount(column, minlength=N_BINS + 2) for column in self._bins(inputs.X).T])
        self.log_ratios_ = np.log(counts.max(1, keepdims=True) + 0.5) - np.log(counts + 0.5)
        return self

    def score(self, inputs: ScorerInput) -> NDArray[np.float64]:
        """Sums of the logarithmic ratios."""
        return np.asarray(self.contributions(inputs).sum(1))

    def contributions(self, inputs: ScorerInput) -> NDArray[np.float64]:
        """Logarithmic ratios."""
        return np.asarray(self.log_ratios_[np.arange(inputs.X.shape[1]), self._bins(inputs.X)])

    def _bins(self, X: NDArray[np.float64]) -> NDArray[np.intp]:
        positions = (X - self.min_) / self.bin_width_
        bins = np.where(positions == N_BINS, N_BINS - 1, np.floor(positions))  # the largest value closes its bin
        return bins.clip(-1, N_BINS).astype(int) + 1


class NearestNeighborDistance:
    """Mean distance to the nearest training rows; a training row is not its own neighbour.

    Parameters
    ----------
    n_neighbors : int
        Number of neighbours, at most a third of the training rows.
    relative : bool, default=False
        Whether to score by the logarithm of the ratio to the neighbours' own mean distances.
    ranked : bool, default=False
        Whether to take distances between ranks of values, which spread the dense part of a skewed column.

    Attributes
    ----------
    X_train_ : ndarray of shape (n_samples, n_features)
        Training rows, or their ranks.
    n_neighbors_ : int
        Number of neighbours.
    index_ : NearestNeighbors
        Search index of the training rows.
    min_distance_ : float
        What is added to relative distances, so that duplicates do not rule.
    train_distances_ : ndarray of shape (n_samples,)
        Mean distances of training rows to their neighbours, with `relative`.
    """

    def __init__(self, n_neighbors: int, relative: bool = False, ranked: bool = False) -> None:
        self.n_neighbors = n_neighbors
        self.relative = relative
        self.ranked = ranked

    def fit(self, inputs: ScorerInput) -> Self:
        """Store and index training rows."""
        self.X_train_ = self._rows(inputs)
        self.n_neighbors_ = max(1, min(self.n_neighbors, len(self.X_train_) // 3))
        self.index_ = NearestNeighbors(n_neighbors=self.n_neighbors_ + 1).fit(self.X_train_)
        if self.relative:
            distances = self._neighbors(self.X_train_)[0].mean(1)
            self.min_distance_ = MIN_DISTANCE_FRACTION * np.median(distances) + MAX_DUPLICATE_DISTANCE
            self.train_distances_ = distances + self.min_distance_
        return self

    def score(self, inputs: ScorerInput) -> NDArray[np.float64]:
        """Mean distances."""
        distances, neighbors = self._neighbors(self._rows(inputs))
        mean_distances: NDArray[np.float64] = distances.mean(1)
        if not self.relative:
            return mean_distances
        return np.asarray(np.log((mean_distances + self.min_distance_) / self.train_distances_[neighbors].mean(1)))

    def contributions(self, inputs: ScorerInput) -> NDArray[np.float64]:
        """Mean squared differences to the neighbours."""
        X = self._rows(inputs)
        _, neighbors = self._neighbors(X)
        n_rows = max(1, int(MAX_CHUNK_SIZE // (neighbors.shape[1] * X.shape[1])))
        chunks = [slice(start, start + n_rows) for start in range(0, len(X), n_rows)]
        return np.concatenate([np.square(self.X_train_[neighbors[chunk]] - X[chunk, None]).mean(1) for chunk in chunks])

    def _rows(self, inputs: ScorerInput) -> NDArray[np.float64]:
        return inputs.ranks if self.ranked else inputs.X

    def _neighbors(self, X: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Distances and indices of neighbours, (n_samples, n_neighbors_) each, without a row that equals the row."""
        distances, indices = self._search(X)
        has_duplicate = distances[:, :1] < MAX_DUPLICATE_DISTANCE
        return (
            np.where(has_duplicate, distances[:, 1:], distances[:, :-1]),
            np.where(has_duplicate, indices[:, 1:], indices[:, :-1]),
        )

    def _search(self, X: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Distances and indices of one row more, (n_samples, n_neighbors_ + 1) each, nearest first."""
        if len(X) * self.X_train_.size > MAX_BRUTE_FORCE_SIZE:
            distances, indices = self.index_.kneighbors(X)
            return distances, indices
        distances = cdist(X, self.X_train_)  # in one thread: for a row, waking others takes longer
        indices = np.argsort(distances, axis=1, kind="stable")[:, : self.n_neighbors_ + 1]
        return np.take_along_axis(distances, indices, axis=1), indices


class RobustCovariance:
    """Squared Mahalanobis distance by the mean and covariance of a concentrated part of the rows.

    As for the minimum covariance determinant, these are fitted again and again to the rows nearest to them.

    Parameters
    ----------
    random_state : int, default=0
        Seed of the principal components that wide rows are reduced to.

    Attributes
    ----------
    reduction_ : PCAReduction
        Reduction of wide rows.
    covariance_ : LedoitWolf
        The shrunk covariance of the last support.
    """

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(self, inputs: ScorerInput, support: NDArray[np.bool_] | None = None) -> Self:
        """Fit by concentration steps, the first of them to the rows in the support (a mask), or to all."""
        self.reduction_ = PCAReduction(MAX_COVARIANCE_COLUMNS, self.random_state).fit(inputs.X)
        rows = self.reduction_.transform(inputs.X)
        support = np.ones(len(rows), bool) if support is None else support
        for _ in range(MAX_CONCENTRATION_STEPS):
            self.covariance_ = LedoitWolf().fit(rows[support])
            distances = self.covariance_.mahalanobis(rows)
            largest = max(np.quantile(distances, SUPPORT_FRACTION), np.sort(distances)[1])
            previous, support = support, distances <= largest
            if np.array_equal(support, previous):
                break
        return self

    def score(self, inputs: ScorerInput) -> NDArray[np.float64]:
        """Squared distances."""
        return np.asarray(self.covariance_.mahalanobis(self.reduction_.transform(inputs.X)))

    def contributions(self, inputs: ScorerInput) -> NDArray[np.float64]:
        """Parts of the squared distances."""
        deviations = self.reduction_.transform(inputs.X) - self.covariance_.location_
        return mahalanobis_contributions(self.reduction_, deviations, deviations @ self.covariance_.precision_)


class GaussianMixtureDensity:
    """Negative log density of a mixture of Gaussians.

    Parameters
    ----------
    random_state : int, default=0
        Seed of the mixture, and of the principal components that wide rows are reduced to.

    Attributes
    ----------
    reduction_ : PCAReduction
        Reduction of wide rows.
    mixture_ : GaussianMixture
        The mixture, of four components at most.
    """

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(self, inputs: ScorerInput) -> Self:
        """Fit the mixture."""
        self.reduction_ = PCAReduction(MAX_COVARIANCE_COLUMNS, self.random_state).fit(inputs.X)
        n_components = max(1, min(MAX_MIXTURE_COMPONENTS, len(inputs.X) // MIN_ROWS_PER_COMPONENT))
        # Its k-means does not know other arrays than numpy's, whatever the user has set for other estimators.
        with config_context(array_api_dispatch=False), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a user can do nothing about it, and it does no harm
            rows = self.reduction_.transform(inputs.X)
            floor = variance_floor(rows, MIN_VARIANCE)
            self.mixture_ = GaussianMixture(n_components, reg_covar=floor, random_state=self.random_state).fit(rows)
        return self

    def score(self, inputs: ScorerInput) -> NDArray[np.float64]:
        """Negative log densities."""
        return np.asarray(-self.mixture_.score_samples(self.reduction_.transform(inputs.X)))

    def contributions(self, inputs: ScorerInput) -> NDArray[np.float64]:
        """Parts of the squared Mahalanobis distances from the most likely components."""
        rows = self.reduction_.transform(inputs.X)
        component = self.mixture_.predict(rows)
        deviations = rows - self.mixture_.means_[component]
        products = np.einsum("nij,nj->ni", self.mixture_.precisions_[component], deviations)
        return mahalanobis_contributions(self.reduction_, deviations, products)


class IsolationDepth:
    """How few random splits of an isolation forest isolate a row. Its scores have no contributions by column.

    Parameters
    ----------
    random_state : int, default=0
        Seed of the trees.

    Attributes
    ----------
    forest_ : IsolationForest
        The trees.
    """

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(self, inputs: ScorerInput) -> Self:
        """Grow the trees."""
        self.forest_ = IsolationForest(n_estimators=N_TREES, random_state=self.random_state).fit(inputs.X)
        return self

    def score(self, inputs: ScorerInput) -> NDArray[np.float64]:
        """Anomaly scores of the paper."""
        return np.asarray(-self.forest_.score_samples(inputs.X))

    def contributions(self, inputs: ScorerInput) -> None:
        """None."""


def has_common_values(rows: NDArray[Any], trim_fraction: float) -> NDArray[np.bool_]:
    """Which scaled rows are left, two at least if there are, when a fraction with the rarest values is trimmed."""
    inputs = ScorerInput(rows, rows, rows)
    rarity = Histograms().fit(inputs).score(inputs)
    n_left = min(len(rows), max(2, math.ceil((1 - trim_fraction) * len(rows))))
    return np.asarray(rarity <= np.sort(rarity)[n_left - 1])


def mahalanobis_contributions(
    reduction: PCAReduction, deviations: NDArray[np.float64], products: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Parts of squared Mahalanobis distances by column, from deviations and their products with the precision."""
    return np.asarray((reduction.to_columns(deviations) * reduction.to_columns(products)).clip(0))
