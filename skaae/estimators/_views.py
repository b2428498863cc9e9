r"""What an outlier detector sees of rows: views, each with a score that is higher for stranger rows.

A view's score :math:`s` becomes a *surprise*, :math:`-\log P(s)`, where :math:`P(s)` is the share of training rows with
a score as high. Surprises of different views can be added and compared, however their scores are distributed. Views
that look for the same form an *opinion*, the sum of their surprises, and a detector has three:

- *novelty*: nothing like this row was among the training rows, however few;
- *rarity*: this row is not where most training rows are;
- *discord*: the columns of this row do not go together as those of most training rows do.

Rows of which training has seen some, all of them outliers, are rare but not new; rows that are new in a small way are
not rare. So what counts is mostly the opinion that is most surprised, and somewhat the next: a row is strange if any
opinion says so. (Sums of surprises are Fisher's way to combine tests, the greatest is Tippett's.)
"""

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist
from sklearn import config_context
from sklearn.covariance import LedoitWolf
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import NearestNeighbors

__all__ = [
    "Ellipsoid",
    "Forest",
    "Margins",
    "Mixture",
    "Neighbours",
    "Opinion",
    "Reconstruction",
    "Seen",
]

BINS = 20
COMPONENTS, ROWS_OF_COMPONENT, SMALLEST_VARIANCE = 4, 5, 1e-3
TREES = 50
WIDEST = 100  # columns that covariances are taken of; of more, principal components
CORE, CONCENTRATIONS = 0.6, 8  # share of rows that an ellipsoid is fitted to, and how often these are chosen anew
SMALLEST_ERROR = 1e-3  # squared, in units of scaled columns
CLOSEST = 1e-2  # distance that counts as none beside that of neighbours, as a share of the usual
SAME = 1e-6  # distance at which two rows are one, in units of scaled columns
COMMON, HIGH = (0.25, 0.5), 0.95  # quantiles from which the tail of sums of surprises is foretold, and which bounds it
STEEPEST = 1.5  # slope of the foretold tail, in units of the one that is seen, at most
FEW_NUMBERS = 1e6  # of rows times training cells, up to which neighbours are looked for without an index
CHUNK = 1e7  # numbers in a block of differences to neighbours
TIE = 1e-6  # difference of two scores that is rounding, as a share of them
TAIL = 0.05  # share of training rows whose spread tells how far beyond them a score is


@dataclass
class Seen:
    """Scaled rows, (n_samples, n_features), the model's squared errors of them, and normal scores of their ranks."""

    X: np.ndarray
    errors: np.ndarray
    ranks: np.ndarray

    def of(self, places):
        """Some of the rows."""
        return Seen(self.X[places], self.errors[places], self.ranks[places])


class Reconstruction:
    """The model's errors, each column in units of its usual one."""

    def fit(self, seen):
        self.usual_ = seen.errors.mean(0) + SMALLEST_ERROR
        return self

    def score(self, seen):
        return self.parts(seen).mean(1)

    def parts(self, seen):
        return seen.errors / self.usual_


class Margins:
    """How much rarer values are than the commonest, by histograms of the columns with an empty bin on either side."""

    def fit(self, seen):
        self.low_ = seen.X.min(0)
        spread = seen.X.max(0) - self.low_
        self.width_ = np.where(spread > 0, spread / BINS, 1)
        bins = self._bins(seen.X)
        counts = np.stack([np.bincount(column, minlength=BINS + 2) for column in bins.T])
        self.rarity_ = np.log(counts.max(1, keepdims=True) + 0.5) - np.log(counts + 0.5)
        return self

    def score(self, seen):
        return self.parts(seen).sum(1)

    def parts(self, seen):
        return self.rarity_[np.arange(seen.X.shape[1]), self._bins(seen.X)]

    def _bins(self, X):
        places = (X - self.low_) / self.width_
        inner = np.where(places == BINS, BINS - 1, np.floor(places))  # the highest value closes its bin
        return inner.clip(-1, BINS).astype(int) + 1


class Neighbours:
    """Mean distance to so many training rows; a row that is one of them is not its own neighbour.

    Relative distances are in units of those that the neighbours have to theirs. Ranked ones are between the ranks of
    values, which part those that most of a skewed column's rows share.
    """

    def __init__(self, n_neighbors, relative=False, ranked=False):
        self.n_neighbors = n_neighbors
        self.relative = relative
        self.ranked = ranked

    def fit(self, seen):
        self.rows_ = self._rows(seen)
        self.n_neighbors_ = max(1, min(self.n_neighbors, len(self.rows_) // 3))
        self.index_ = NearestNeighbors(n_neighbors=self.n_neighbors_ + 1).fit(self.rows_)
        if self.relative:
            own = self._near(self.rows_)[0].mean(1)
            self.closest_ = CLOSEST * np.median(own) + SAME
            self.own_ = own + self.closest_
        return self

    def score(self, seen):
        distances, near = self._near(self._rows(seen))
        if not self.relative:
            return distances.mean(1)
        return np.log((distances.mean(1) + self.closest_) / self.own_[near].mean(1))

    def parts(self, seen):
        X = self._rows(seen)
        _, near = self._near(X)
        rows = max(1, int(CHUNK // (near.shape[1] * X.shape[1])))
        blocks = [slice(start, start + rows) for start in range(0, len(near), rows)]
        return np.concatenate([np.square(self.rows_[near[block]] - X[block, None]).mean(1) for block in blocks])

    def _rows(self, seen):
        return seen.ranks if self.ranked else seen.X

    def _near(self, X):
        """Distances and places of the neighbours, (n_samples, n_neighbors_) each."""
        distances, near = self._nearest(X)
        itself = distances[:, :1] < SAME
        return tuple(np.where(itself, each[:, 1:], each[:, :-1]) for each in (distances, near))

    def _nearest(self, X):
        """Distances and places of one row more, (n_samples, n_neighbors_ + 1) each, nearest first."""
        if len(X) * self.rows_.size > FEW_NUMBERS:
            return self.index_.kneighbors(X)
        distances = cdist(X, self.rows_)  # in one thread: for a row, waking others takes longer
        near = np.argsort(distances, axis=1, kind="stable")[:, : self.n_neighbors_ + 1]
        return np.take_along_axis(distances, near, axis=1), near


class Narrow:
    """Rows of many columns as principal components, and what is due to components as due to columns."""

    def __init__(self, X, seed):
        self.components_ = PCA(WIDEST, random_state=seed).fit(X) if min(X.shape[1], len(X) - 1) > WIDEST else None

    def of(self, X):
        return X if self.components_ is None else self.components_.transform(X)

    def parts(self, away, pull):
        """Parts of squared Mahalanobis distances, from differences and their products with a precision matrix."""
        if self.components_ is not None:
            away, pull = away @ self.components_.components_, pull @ self.components_.components_
        return (away * pull).clip(0)


class Ellipsoid:
    """Mahalanobis distance from a core of the rows, after Rousseeuw's minimum covariance determinant.

    The core begins as the given rows, and again and again becomes those that are nearest to it.
    """

    def __init__(self, seed):
        self.seed = seed

    def fit(self, seen, core):
        self.narrow_ = Narrow(seen.X, self.seed)
        rows = self.narrow_.of(seen.X)
        for _ in range(CONCENTRATIONS):
            self.covariance_ = LedoitWolf().fit(rows[core])
            distances = self.covariance_.mahalanobis(rows)
            before, core = core, distances <= np.quantile(distances, CORE)
            if (core == before).all():
                break
        return self

    def score(self, seen):
        return self.covariance_.mahalanobis(self.narrow_.of(seen.X))

    def parts(self, seen):
        away = self.narrow_.of(seen.X) - self.covariance_.location_
        return self.narrow_.parts(away, away @ self.covariance_.precision_)


class Mixture:
    """How thinly a mixture of Gaussians covers a row."""

    def __init__(self, seed):
        self.seed = seed

    def fit(self, seen):
        self.narrow_ = Narrow(seen.X, self.seed)
        n_components = max(1, min(COMPONENTS, len(seen.X) // ROWS_OF_COMPONENT))
        # Its k-means does not know other arrays than numpy's, whatever the user has set for other estimators.
        with config_context(array_api_dispatch=False), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # nothing a user could do, nor much harm
            self.mixture_ = GaussianMixture(n_components, reg_covar=SMALLEST_VARIANCE, random_state=self.seed).fit(
                self.narrow_.of(seen.X)
            )
        return self

    def score(self, seen):
        return -self.mixture_.score_samples(self.narrow_.of(seen.X))

    def parts(self, seen):
        narrow = self.narrow_.of(seen.X)
        own = self.mixture_.predict(narrow)
        away = narrow - self.mixture_.means_[own]
        pull = np.einsum("nij,nj->ni", self.mixture_.precisions_[own], away)
        return self.narrow_.parts(away, pull)


class Forest:
    """How few random cuts set a row apart. It has no parts by column."""

    def __init__(self, seed):
        self.seed = seed

    def fit(self, seen):
        self.forest_ = IsolationForest(n_estimators=TREES, random_state=self.seed).fit(seen.X)
        return self

    def score(self, seen):
        return -self.forest_.score_samples(seen.X)


class Surprise:
    """Minus the logarithm of the share of training rows with as high a score, growing on beyond the highest."""

    def fit(self, scores):
        ordered, n = np.sort(scores), len(scores)
        first = np.flatnonzero(np.diff(ordered, prepend=-np.inf) > TIE * np.abs(ordered))
        self.scores_ = ordered[first]
        self.surprises_ = np.log(n + 1) - np.log(n - first + 0.5)
        self.unit_ = max(ordered[-1] - np.quantile(ordered, 1 - TAIL), 1e-9 * max(1.0, abs(ordered[-1])))
        return self

    def of(self, scores):
        beyond = (scores - self.scores_[-1]).clip(0) / self.unit_
        return np.interp(scores, self.scores_, self.surprises_) + np.log1p(beyond)


class Foretold:
    """Minus the logarithm of the share of rows with as high a sum of surprises, were its tail as common rows foretell.

    Outliers among the training rows fatten the tail of what is rare, and so hide one another. But the sum of k
    surprises has a nearly exponential tail: of slope 1 if they have nothing to do with each other, and 1 / k if all
    are the same. The slope is read off between the lower quartile and the median.
    """

    def __init__(self, n_surprises):
        self.n_surprises = n_surprises

    def fit(self, sums):
        low, self.median_, high = np.quantile(sums, [*COMMON, HIGH])
        fall = np.log((1 - COMMON[0]) / (1 - COMMON[1]))
        seen = np.log((1 - COMMON[1]) / (1 - HIGH)) / max(high - self.median_, 1e-9)
        self.slope_ = min(fall / np.clip(self.median_ - low, fall, fall * self.n_surprises), STEEPEST * seen)
        return self

    def of(self, sums):
        return -np.log(1 - COMMON[1]) + self.slope_ * (sums - self.median_)


class Opinion:
    """The surprise of several views, weighed beside others, its tail counted among training rows or foretold."""

    def __init__(self, views, weight=1.0, foretold=False):
        self.views = views
        self.weight = weight
        self.foretold = foretold

    def fit(self, seen):
        """Learns how surprising each view's scores are, and how surprising their sum is."""
        scores = [view.score(seen) for view in self.views]
        self.surprises_ = [Surprise().fit(own) for own in scores]
        self.surprise_ = (Foretold(len(self.views)) if self.foretold else Surprise()).fit(self._total(scores))
        return self

    def of(self, seen):
        """Surprise of each row."""
        return self.weight * self.surprise_.of(self._total([view.score(seen) for view in self.views]))

    def parts(self, seen):
        """Share of each column in it, (n_samples, n_features), by the views that can tell."""
        total = np.full(seen.X.shape, 1e-9)
        for view, surprise in zip(self.views, self.surprises_, strict=True):
            if not hasattr(view, "parts"):
                continue
            parts = view.parts(seen)
            total += surprise.of(view.score(seen))[:, None] * parts / (parts.sum(1, keepdims=True) + 1e-12)
        return total / total.sum(1, keepdims=True)

    def _total(self, scores):
        return np.sum([surprise.of(own) for surprise, own in zip(self.surprises_, scores, strict=True)], axis=0)
