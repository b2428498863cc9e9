"""What classifiers of partly labelled rows share: predictions by their probabilities, and scores of labelled rows."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin

from ._labels import is_labelled, labels_as_array, with_common_dtype
from ._meta_estimators import check_outer_classes

__all__ = ["LabelledClassifierMixin"]


class LabelledClassifierMixin(ClassifierMixin):
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
        if not is_labelled(y).all():
            raise ValueError(
                "`y` must have a label for every row that is scored. Got some that are -1 or missing; to split rows"
                " for validation, use `skaae.model_selection.SemiSupervisedKFold`."
            )
        return float(super().score(X, with_common_dtype(labels_as_array(y)), sample_weight))
