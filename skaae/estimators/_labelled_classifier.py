"""What classifiers of partly labelled rows share: predictions, scores of labelled rows, and rows to label next."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ..table._tables import take_rows
from ._base import TableEstimator
from ._labels import is_labelled, labels_as_array, with_common_dtype
from ._meta_estimators import check_outer_classes
from ._rows_to_label import choose_rows, draw_candidates, margin_uncertainty
from ._training_data import scale, weighted_rows

__all__ = ["LabelledClassifierMixin"]


class LabelledClassifierMixin(ClassifierMixin, TableEstimator):
    """Predictions and scores of a classifier with `predict_proba`, for which -1 marks rows without a label."""

    classes_: NDArray[Any]

    def __sklearn_clone__(self) -> Self:
        """A copy with the same parameters, for `sklearn.base.clone`, by which classifiers around this one begin."""
        check_outer_classes()
        copied: Self = super().__sklearn_clone__()
        return copied

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Logarithms of the probabilities of the classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            In the order of `classes_`.
        """
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.predict_proba(X)))

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Classes.
        """
        probabilities = self.predict_proba(X)
        return np.asarray(self.classes_[probabilities.argmax(1)])

    def rows_to_label(self, X: Any, n_rows: int = 10, *, random_state: Any = None) -> NDArray[np.intp]:
        """Choose the unlabelled rows whose labels would help most.

        They are uncertain, unlike each other, and typical of many: the most uncertain tenth of the rows is clustered by
        weights of uncertainty, and the row nearest to each centre is chosen [a]_. For a start without any label, use
        `AAETransformer.rows_to_label`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows to choose from, without those that have a label. Of more than 5,000, a random part is looked at.
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
        .. [a] Zhdanov, "Diverse mini-batch active learning", 2019, arXiv 1901.05954.
        """
        check_is_fitted(self)
        X = self._validate(X, reset=False)
        rng = check_random_state(random_state)
        candidates = draw_candidates(len(X), n_rows, rng)
        X = take_rows(X, candidates)
        uncertainty = margin_uncertainty(self.predict_proba(X))
        return candidates[choose_rows(scale(self.table_encoder_, X), n_rows, rng, uncertainty)]

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Accuracy.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            Their classes, all known.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows.

        Returns
        -------
        score : float
            Share of rows whose class is predicted, by weight.
        """
        X, y, sample_weight = weighted_rows(X, y, sample_weight)
        if not is_labelled(y).all():
            raise ValueError(
                "`y` must have a label for every row that is scored. Got some that are -1 or missing; to split rows"
                " for validation, use `skaae.model_selection.SemiSupervisedKFold`."
            )
        return float(super().score(X, with_common_dtype(labels_as_array(y)), sample_weight))
