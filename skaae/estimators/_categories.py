"""What estimators share whose code has a category beside the style: styles within classes, samples, transfers."""

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import check_random_state, check_scalar, gen_batches
from sklearn.utils.validation import check_is_fitted

from .._plan import Block
from ._base import BaseAAE
from ._labels import wanted_positions
from ._prior import CodesMixin
from ._rows import ROWS_AT_ONCE
from ._styles import ClassStyles

__all__ = ["BaseCategoricalAAE"]


class BaseCategoricalAAE(CodesMixin, BaseAAE):
    """Encoding into styles, and decoding of styles and classes, by the first member."""

    def transform(self, X: Any) -> Any:
        """Styles of rows: what their code says beside the class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        style : ndarray of shape (n_samples, n_components)
            The style block of the code, centred and whitened within classes. In the dtype of `X`.
        """
        check_is_fitted(self)
        rows = self._scale(self._validate(X, reset=False))
        return self.styles_.apart(*self._parts(rows)).astype(rows.dtype, copy=False)

    def sample(self, n_samples: int = 1, y: Any = None, *, random_state: Any = None) -> Any:
        """Decode draws from the priors into new rows.

        Parameters
        ----------
        n_samples : int, default=1
            How many.
        y : class, array-like of shape (n_samples,) or None, default=None
            The class (or cluster) of all rows, or one for each. None draws them by the prior.
        random_state : int, RandomState instance or None, default=None
            Pass an int for the same rows in each call.

        Returns
        -------
        X : DataFrame or ndarray of shape (n_samples, n_features)
            New rows, in the form of the training rows.
        """
        check_is_fitted(self)
        check_scalar(n_samples, "n_samples", Integral, min_val=1)
        code = self._draw(n_samples, self._draw_seed(check_random_state(random_state)))
        styles, categories = np.split(code, [self._n_features_out], axis=1)
        return self._together(
            styles, categories.argmax(1) if y is None else wanted_positions(y, n_samples, self.classes_)
        )

    def transfer(self, X: Any, y: Any) -> Any:
        """Rows of the same style in another class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : class or array-like of shape (n_samples,)
            The class of all rows, or one for each.

        Returns
        -------
        X_transferred : DataFrame or ndarray of shape (n_samples, n_features)
            What the decoder makes of their styles and the classes.
        """
        check_is_fitted(self)
        rows = self._scale(self._validate(X, reset=False))
        styles = self.styles_.apart(*self._parts(rows)).astype(rows.dtype, copy=False)
        return self._together(styles, wanted_positions(y, len(rows), self.classes_))

    @property
    def _n_features_out(self):
        return self._architecture.blocks[0].width

    def _parts(self, rows):
        """Style codes and class probabilities of scaled rows, by the first member."""
        return np.split(self._encode(rows)[0], [self._n_features_out], axis=1)

    def _together(self, styles, positions):
        """Rows of styles and positions of classes."""
        code = np.hstack([self.styles_.together(styles, positions), np.eye(len(self.classes_))[positions]])
        return self._rows_of(code.astype(styles.dtype, copy=False))

    def _run(self, rows, plan, hooks):
        super()._run(rows, plan, hooks)
        self.styles_.add(self._parts(rows.X[some]) for some in gen_batches(len(rows.X), ROWS_AT_ONCE))

    def _begin(self, X, labels, first):
        super()._begin(X, labels, first)
        if first:
            self.styles_ = ClassStyles(len(self.classes_), self._n_features_out)

    def _blocks(self, width, labels):
        return (*super()._blocks(width, labels), Block("category", len(self.classes_), "one_hot", self._shares(labels)))

    def _weights(self):
        return super()._weights() | {
            "vat_weight": float(self.smoothness),
            "entropy_weight": float(self.certainty),
            "balance_weight": float(self.balance),
            "vat_radius": float(self.radius),
        }

    def _shares(self, labels):
        """The category's prior: as given, or as often as classes have a label."""
        if self.class_prior is None:
            return self._class_shares(labels)
        shares = np.asarray(self.class_prior, dtype=float)
        if shares.shape != self.classes_.shape or (shares < 0).any() or not np.isclose(shares.sum(), 1):
            raise ValueError(
                f"`class_prior` must be {len(self.classes_)} probabilities that sum to 1. Got {self.class_prior!r}."
            )
        self.class_prior_ = shares
        return tuple(shares.tolist())
