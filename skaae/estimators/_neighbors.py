"""Nearest training rows of other rows, by an index, or for few rows one by one, which is quicker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors

__all__ = ["MAX_DUPLICATE_DISTANCE", "Neighbors"]

MAX_DUPLICATE_DISTANCE = 1e-6  # of scaled rows that count as one
MAX_BRUTE_FORCE_SIZE = 1e6  # rows times training cells, beyond which neighbours are looked up in an index


@dataclass(eq=False)
class Neighbors:
    """Training rows among which neighbours are looked up, one more than asked for: a row may be one of them.

    Parameters
    ----------
    n_neighbors : int
        Number of neighbours, at most a third of the training rows.

    Attributes
    ----------
    X_train_ : ndarray of shape (n_samples, n_features)
        Training rows.
    n_neighbors_ : int
        Number of neighbours.
    """

    n_neighbors: int

    def fit(self, X: NDArray[np.float64]) -> Self:
        """Take training rows."""
        self.X_train_ = X
        self.n_neighbors_ = max(1, min(self.n_neighbors, len(X) // 3))
        self.nearest_neighbors_ = NearestNeighbors(n_neighbors=self.n_neighbors_ + 1).fit(X)
        return self

    def nearest(self, X: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Distances and indices, nearest first, (n_samples, n_neighbors_ + 1) each."""
        if len(X) * self.X_train_.size > MAX_BRUTE_FORCE_SIZE:
            distances, indices = self.nearest_neighbors_.kneighbors(X)
            return distances, indices
        distances = cdist(X, self.X_train_)  # in one thread: for a row, waking others takes longer
        n = self.n_neighbors_ + 1
        nearest = np.sort(np.argpartition(distances, n - 1, axis=1)[:, :n], axis=1)
        order = np.argsort(np.take_along_axis(distances, nearest, axis=1), axis=1, kind="stable")
        indices = np.take_along_axis(nearest, order, axis=1)
        return np.take_along_axis(distances, indices, axis=1), indices
