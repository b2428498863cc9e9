"""Cluster heads of a transformer: the cluster of each row, and codes that are the head of the cluster plus a style."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ._base import BaseAAE
from ._codes import CodesMixin
from ._labels import decode_labels

__all__ = ["CLUSTER_WEIGHTS", "ClusterHeadsMixin"]

# With cluster heads: without these all rows may end in one cluster (MNIST, no labels: 89 % errors instead of 27).
CLUSTER_WEIGHTS = {"vat_weight": 1.0, "entropy_weight": 0.1, "balance_weight": 0.4}


class ClusterHeadsMixin(CodesMixin, BaseAAE):
    """Codes with cluster heads, where there are `n_clusters`."""

    n_clusters: int | None
    classes_: NDArray[Any]

    @available_if(lambda self: self.n_clusters is not None)  # type: ignore[untyped-decorator]
    def predict(self, X: Any) -> np.ndarray:
        """The cluster of each row, for a model with `n_clusters`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Positions of clusters among `cluster_heads_`; or classes for a model that was fitted with labels, and -1 for
            the clusters beyond these.
        """
        check_is_fitted(self)
        category = self._split_code(self._model.encode(self._scale(X))[0])[1]
        return decode_labels(category.argmax(1), self.classes_)

    @property
    def cluster_heads_(self) -> NDArray[Any]:
        """The points of the code's space around which the clusters lie, with `n_clusters`."""
        if not self._model.architecture.cluster_heads:
            raise AttributeError("Only a model with `n_clusters` has `cluster_heads_`.")
        heads: NDArray[Any] = self._model.state["model.cluster_heads.weight"][0]
        return heads

    def _latent_code(self, code: NDArray[Any]) -> NDArray[Any]:
        style, category = self._split_code(code)
        return style + category @ self.cluster_heads_ if self._model.architecture.cluster_heads else style
