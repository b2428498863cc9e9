"""AAETransformer: features, their inverse, and samples."""

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_array, check_is_fitted

from ._base import BaseAAE

__all__ = ["AAETransformer"]


class AAETransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseAAE):
    """docs"""

    def transform(self, X):
        """Encode rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        code : ndarray of shape (n_samples, n_components)
            Their codes, in the dtype of `X`.
        """
        check_is_fitted(self)
        X = self._validate(X, reset=False)
        return self._encode(self._scale(X))[0].astype(X.dtype, copy=False)

    def inverse_transform(self, X):
        """Decode codes into rows, in the units of the training rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            Codes.

        Returns
        -------
        X_original : ndarray of shape (n_samples, n_features)
            The rows that the decoder makes of them.
        """
        check_is_fitted(self)
        code = check_array(X, dtype=[np.float64, np.float32], input_name="X")
        if code.shape[1] != self._n_features_out:
            raise ValueError(f"`X` must have as many columns as codes ({self._n_features_out}). Got {code.shape[1]}.")
        return self.scaler_.inverse_transform(self._decode(code)[0]).astype(code.dtype, copy=False)

    def score(self, X, y=None):
        """Minus the mean squared error of reconstruction, so that higher is better.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : None
            Ignored, present by convention.

        Returns
        -------
        score : float
            Minus the mean over rows and columns, in units of the scaled columns: with standard scaling, 0 is
            perfect and -1 is what the column means would reach.
        """
        check_is_fitted(self)
        rows = self._scale(self._validate(X, reset=False))
        return -float(np.square(self._decode(self._encode(rows)[0])[0] - rows).mean())

    def sample(self, n_samples=1, y=None, *, random_state=None):
        """Decode draws from the prior into new rows.

        Parameters
        ----------
        n_samples : int, default=1
            How many.
        y : None
            Must be None: this model was fitted without labels.
        random_state : int, RandomState instance or None, default=None
            Pass an int for the same rows in each call.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            New rows, in the units of the training rows.
        """
        check_is_fitted(self)
        if y is not None:
            raise ValueError(f"`y` must be None for a model that was fitted without labels. Got {y!r}.")
        code = self._draw(n_samples, self._draw_seed(check_random_state(random_state)))
        return self.scaler_.inverse_transform(self._decode(code)[0])

    @property
    def _n_features_out(self):
        return sum(block.width for block in self._architecture.blocks)
