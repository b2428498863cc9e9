"""What estimators share that encode rows into codes: names of the codes' columns, and draws of the prior."""

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state, check_scalar
from sklearn.utils.validation import check_is_fitted

__all__ = ["CodesMixin"]


class CodesMixin(ClassNamePrefixFeaturesOutMixin, TransformerMixin):
    """Codes of named columns, and the prior that they should look like."""

    def sample_prior(self, n_samples: int = 1, *, random_state: Any = None) -> Any:
        """Draw codes from the prior, which those of `transform` should look like.

        Parameters
        ----------
        n_samples : int, default=1
            How many.
        random_state : int, RandomState instance or None, default=None
            Pass an int for the same codes in each call.

        Returns
        -------
        codes : ndarray of shape (n_samples, n_components)
            Draws. Where the prior has classes or clusters, of each as often as `sample` has them.
        """
        check_is_fitted(self)
        check_scalar(n_samples, "n_samples", Integral, min_val=1)
        draws = self._draw(n_samples, self._draw_seed(check_random_state(random_state)))
        style, category = np.split(draws, [self._n_features_out], axis=1)
        return style + category @ self.cluster_heads_ if self._architecture.cluster_heads else style
