"""What keeps covariances invertible: few columns, and a floor under the variances."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(eq=False)
class PCAReduction:
    """The first `max_columns` principal components of rows that have more columns, and other rows as they are."""

    max_columns: int
    random_state: int = 0

    def fit(self, X: NDArray[Any]) -> Self:
        is_wide = min(X.shape[1], len(X) - 1) > self.max_columns
        self.pca_ = PCA(self.max_columns, random_state=self.random_state).fit(X) if is_wide else None
        return self

    def transform(self, X: NDArray[Any]) -> NDArray[Any]:
        return X if self.pca_ is None else np.asarray(self.pca_.transform(X))

    def to_columns(self, differences: NDArray[Any]) -> NDArray[Any]:
        """Differences between reduced rows as differences in the columns."""
        return differences if self.pca_ is None else np.asarray(differences @ self.pca_.components_)
