"""What estimators share that encode rows into codes: names of the codes' columns, and draws of the prior."""

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state, check_scalar
from sklearn.utils.validation import check_is_fitted

from ._base import draw_seed
from ._inference import TrainedModel

__all__ = ["CodesMixin"]


class CodesMixin(ClassNamePrefixFeaturesOutMixin, TransformerMixin):
    """Codes with named columns, and the prior that they should look like."""

    _model: TrainedModel

    def sample_prior(self, n_samples: int = 1, *, random_state: Any = None) -> NDArray[Any]:
        """Draw codes from the prior, which those of `transform` should look like.

        Parameters
        ----------
        n_samples : int, default=1
            Number of codes.
        random_state : int, RandomState instance or None, default=None
            Pass an int for the same codes in each call.

        Returns
        -------
        codes : ndarray of shape (n_samples, n_components)
            Draws. Where the prior has classes or clusters, of each as often as `sample` has them.
        """
        check_is_fitted(self)
        check_scalar(n_samples, "n_samples", Integral, min_val=1)
        return self._latent_code(self._model.sample_prior(n_samples, draw_seed(check_random_state(random_state))))

    @property
    def _n_features_out(self) -> int:
        return self._model.architecture.blocks[0].width

    def _split_code(self, code: NDArray[Any]) -> list[NDArray[Any]]:
        """The style, and the category behind it."""
        return np.split(code, [self._n_features_out], axis=-1)

    def _latent_code(self, code: NDArray[Any]) -> NDArray[Any]:
        """The columns of codes that users see: the style."""
        return self._split_code(code)[0]
