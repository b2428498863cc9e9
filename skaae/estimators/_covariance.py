"""What keeps covariances invertible: few columns, and a floor under the variances."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA

__all__ = ["PCAReduction", "variance_floor"]

MIN_VARIANCE_FRACTION = 1e-10  # of the largest variance: smaller ones are lost in rounding


def variance_floor(X: NDArray[Any], min_variance: float) -> float:
    """The smallest variance that a covariance of such rows may have."""
    largest_variance: float = X.var(axis=0).max()
    return max(min_variance, MIN_VARIANCE_FRACTION * largest_variance)


class PCAReduction:
    """Principal components of rows that have more columns than so many; other rows stay as they are.

    Parameters
    ----------
    max_columns : int
        Number of columns up to which rows stay as they are, and of components otherwise.
    random_state : int, default=0
        Seed of the randomized solver.

    Attributes
    ----------
    pca_ : PCA or None
        The fitted components, None where rows stay as they are.
    """

    def __init__(self, max_columns: int, random_state: int = 0) -> None:
        self.max_columns = max_columns
        self.random_state = random_state

    def fit(self, X: NDArray[Any]) -> Self:
        """Fit the components."""
        reduces = min(X.shape[1], len(X) - 1) > self.max_columns
        self.pca_ = PCA(self.max_columns, random_state=self.random_state).fit(X) if reduces else None
        return self

    def transform(self, X: NDArray[Any]) -> NDArray[Any]:
        """Rows as components."""
        return X if self.pca_ is None else np.asarray(self.pca_.transform(X))

    def to_columns(self, vectors: NDArray[Any]) -> NDArray[Any]:
        """Differences of components as differences of columns."""
        return vectors if self.pca_ is None else np.asarray(vectors @ self.pca_.components_)
