"""What a fitted transformer makes of rows and codes: clusters, rows to label, rows decoded from codes, and new rows."""

from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state, check_scalar
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ..table import check_matrix
from ..table._tables import take_rows
from ._base import BaseAAE, draw_seed
from ._calibration import decode_draws
from ._codes import CodesMixin
from ._labels import decode_labels, encode_requested_classes
from ._rows_to_label import choose_rows, draw_candidates
from ._training_data import scale, weighted_rows

__all__ = ["CLUSTER_WEIGHTS", "BaseTransformer"]

# With cluster heads: without these all rows may end in one cluster (MNIST, no labels: 89 % errors instead of 27).
CLUSTER_WEIGHTS = {"vat_weight": 1.0, "entropy_weight": 0.1, "balance_weight": 0.4}


class BaseTransformer(CodesMixin, BaseAAE):
    """Rows of codes, and codes that are the head of a cluster plus a style, where there are `n_clusters`."""

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

    def rows_to_label(self, X: Any, n_rows: int = 10, *, random_state: Any = None) -> NDArray[np.intp]:
        """Choose rows to label first, where no label is known yet.

        They are unlike each other and typical of many rows: codes are clustered, and the row nearest to each centre is
        chosen [a]_. Once two classes are known, use `SemiSupervisedAAEClassifier.rows_to_label`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to choose from. Of more than 5,000, a random part is looked at.
        n_rows : int, default=10
            How many to choose.
        random_state : int, RandomState instance or None, default=None
            Pass an int for the same rows in each call.

        Returns
        -------
        indices : ndarray of shape (n_rows,)
            Positions of the rows in `X`, all different; those that stand for most come first.

        References
        ----------
        .. [a] Hacohen, Dekel and Weinshall, "Active learning on a budget: opposite strategies suit high and low
           budgets", 2022, arXiv 2202.02794.
        """
        check_is_fitted(self)
        X = self._validate(X, reset=False)
        rng = check_random_state(random_state)
        candidates = draw_candidates(len(X), n_rows, rng)
        rows = scale(self.table_encoder_, take_rows(X, candidates))
        return candidates[choose_rows(self._latent_code(self._model.encode(rows)[0]), n_rows, rng)]

    def inverse_transform(self, X: Any) -> Any:
        """Decode codes into rows, in the units of the training rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            Codes.

        Returns
        -------
        X_original : DataFrame or ndarray of shape (n_samples, n_features)
            The rows that the decoder makes of them, in the form of the training rows.
        """
        check_is_fitted(self)
        style = check_matrix(X, self._n_features_out, "codes")
        n_clusters = sum(block.width for block in self._model.architecture.blocks[1:])
        return self._decode(np.pad(style, [(0, 0), (0, n_clusters)]))

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Minus the mean squared error of reconstruction, so that higher is better.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : None
            Ignored, present by convention.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows.

        Returns
        -------
        score : float
            Minus the mean over rows, by weight, and columns, in units of the scaled columns: with standard scaling, 0
            is perfect and -1 is what the column means would reach.
        """
        check_is_fitted(self)
        X, _, weights = weighted_rows(X, None, sample_weight)
        errors = self._model.squared_errors(self._scale(X))
        return -float(errors.mean() if weights is None else np.average(errors.mean(1), weights=weights))

    def sample(self, n_samples: int = 1, y: Any = None, *, random_state: Any = None) -> Any:
        """Decode draws from the prior into new rows.

        Parameters
        ----------
        n_samples : int, default=1
            How many.
        y : class, array-like of shape (n_samples,) or None, default=None
            The class or the cluster of all rows, or one for each, for a model that was fitted with labels, or with
            `n_clusters`. None draws classes as often as they occurred, and clusters equally often.
        random_state : int, RandomState instance or None, default=None
            Pass an int for the same rows in each call.

        Returns
        -------
        X : DataFrame or ndarray of shape (n_samples, n_features)
            New rows, in the form of the training rows.
        """
        check_is_fitted(self)
        check_scalar(n_samples, "n_samples", Integral, min_val=1)
        if y is not None and not hasattr(self, "classes_"):
            raise ValueError(f"`y` must be None for a model whose prior has no classes. Got {y!r}.")
        classes = None if y is None else encode_requested_classes(y, n_samples, self.classes_)
        code = self._model.sample_prior(n_samples, draw_seed(check_random_state(random_state)), classes)
        if classes is not None and self._model.architecture.cluster_heads:
            code[:, self._n_features_out :] = np.eye(len(self.cluster_heads_), dtype=code.dtype)[classes]
        encoder, draw = self.table_encoder_, partial(self._model.sample_prior, seed=0)
        return encoder.inverse_transform(decode_draws(encoder, self._model, code, draw))

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
