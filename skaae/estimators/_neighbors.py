"""Nearest training rows of other rows, by scikit-learn, or for few rows one by one, which is quicker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors

__all__ = ["MAX_DUPLICATE_DISTANCE", "Neighbors"]

MAX_DUPLICATE_DISTANCE = 1e-6  # of scaled rows that count as one
MAX_BRUTE_FORCE_SIZE = 1e6  # rows times training cells, beyond which neighbours are looked up by scikit-learn
MAX_TREE_COLUMNS = 8  # beyond which a tree passes over few rows, and all distances are computed, by all cores
MAX_ROUGH_DISTANCE = 1e-3  # up to which distances by products of matrices, whose rounding grows with rows, are rough
MAX_CHUNK_SIZE = 1e6  # differences at once


@dataclass(eq=False)
class Neighbors:
    """Training rows among which neighbours are looked up, one more than asked for: a row may be one of them.

    Parameters
    ----------
    n_neighbors : int
        Number of neighbours, at most a third of the training rows.
    copy_distance : float, default=1e-6
        Distance of scaled rows below which they count as one.

    Attributes
    ----------
    X_train_ : ndarray of shape (n_samples, n_features)
        Training rows.
    n_neighbors_ : int
        Number of neighbours.
    """

    n_neighbors: int
    copy_distance: float = MAX_DUPLICATE_DISTANCE

    def fit(self, X: NDArray[np.float64]) -> Self:
        """Take training rows."""
        self.X_train_ = X
        self.n_neighbors_ = max(1, min(self.n_neighbors, len(X) // 3))
        algorithm = "auto" if X.shape[1] <= MAX_TREE_COLUMNS else "brute"
        self.nearest_neighbors_ = NearestNeighbors(n_neighbors=self.n_neighbors_ + 1, algorithm=algorithm).fit(X)
        return self

    def nearest(self, X: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Distances and indices, nearest first, (n_samples, n_neighbors_ + 1) each."""
        if len(X) * self.X_train_.size > MAX_BRUTE_FORCE_SIZE:
            return self._with_exact_distances(X, *self.nearest_neighbors_.kneighbors(X))
        distances = cdist(X, self.X_train_)  # in one thread: for a row, waking others takes longer
        n = self.n_neighbors_ + 1
        nearest = np.sort(np.argpartition(distances, n - 1, axis=1)[:, :n], axis=1)
        order = np.argsort(np.take_along_axis(distances, nearest, axis=1), axis=1, kind="stable")
        indices = np.take_along_axis(nearest, order, axis=1)
        return np.take_along_axis(distances, indices, axis=1), indices

    def _with_exact_distances(
        self, X: NDArray[np.float64], distances: NDArray[np.float64], indices: NDArray[np.intp]
    ) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Neighbours whose short distances are computed anew, by which training rows are known again."""
        rows, places = np.nonzero(distances < MAX_ROUGH_DISTANCE)
        n_at_once = max(1, int(MAX_CHUNK_SIZE // X.shape[1]))
        for start in range(0, len(rows), n_at_once):
            row, place = rows[start : start + n_at_once], places[start : start + n_at_once]
            distances[row, place] = np.linalg.norm(X[row] - self.X_train_[indices[row, place]], axis=1)
        changed = np.unique(rows)
        order = np.argsort(distances[changed], axis=1, kind="stable")
        for values in (distances, indices):
            values[changed] = np.take_along_axis(values[changed], order, axis=1)
        return distances, indices
