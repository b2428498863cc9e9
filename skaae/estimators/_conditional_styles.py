"""Styles of rows: what they hold apart from their conditions; rows of the same style under others, and rows between."""

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_is_fitted

from ..table import check_matrix
from ._base import BaseAAE
from ._codes import CodesMixin
from ._conditions import Conditions, requested_condition
from ._interpolation import lerp, slerp

__all__ = ["ConditionalStylesMixin"]


class ConditionalStylesMixin(CodesMixin, BaseAAE):
    """Encoding into styles, and decoding of styles and conditions, by the flow of a generator."""

    conditions_: Conditions | None

    def transform(self, X: Any, y: Any = None) -> Any:
        """Styles of rows: what they hold apart from their conditions, as draws of a standard normal distribution.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows.
        y : conditions or None, default=None
            Their conditions, as in `sample` but for ranges and sets. Those that are not given, all with None, are those
            that the rows seem to have, by ridge regression.

        Returns
        -------
        styles : ndarray of shape (n_samples, n_components)
            The noise that the fitted density turns into the rows' codes.
        """
        check_is_fitted(self)
        return self._styles_of(*self._rows_and_condition(X, y))

    def inverse_transform(self, X: Any, y: Any = None) -> Any:
        """Rows of styles.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            Styles.
        y : conditions or None, default=None
            The conditions of the rows, as in `sample`; what is drawn is alike in each call.

        Returns
        -------
        X_original : DataFrame or ndarray of shape (n_samples, n_features)
            Rows in the form of the training rows.
        """
        check_is_fitted(self)
        styles = check_matrix(X, self._n_features_out, "styles")
        condition = requested_condition(self.conditions_, y, len(styles), rng=np.random.RandomState(0))
        return self._decode_styles(styles, condition)

    def transfer(self, X: Any, y: Any, *, y_from: Any = None) -> Any:
        """Rows of the same style under another condition.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows.
        y : condition, array-like of shape (n_samples,), DataFrame or dict
            The condition wanted, one for all rows or one for each, as in `sample`. Conditions that are not given stay
            as the rows have them.
        y_from : conditions or None, default=None
            The conditions that the rows have. None takes those that they seem to have, by ridge regression.

        Returns
        -------
        X_transferred : DataFrame or ndarray of shape (n_samples, n_features)
            Rows in the form of the training rows.
        """
        check_is_fitted(self)
        if self.conditions_ is None:
            raise ValueError("`transfer` needs a model that was fitted with conditions. Got one without.")
        if y is None:
            raise ValueError("`y` must be given to a model that was fitted with conditions. Got None.")
        rows, current = self._rows_and_condition(X, y_from)
        rng = np.random.RandomState(0)
        condition = requested_condition(self.conditions_, y, len(rows), rng=rng, current=current)
        return self._decode_styles(self._styles_of(rows, current), condition)

    def interpolate(self, X_from: Any, X_to: Any, n_steps: int = 10, *, y_from: Any = None, y_to: Any = None) -> Any:
        """Rows between pairs of rows.

        Parameters
        ----------
        X_from, X_to : DataFrame or array-like of shape (n_samples, n_features)
            As many rows on either side.
        n_steps : int, default=10
            Rows for each pair, the two themselves among them; two at least.
        y_from, y_to : conditions or None, default=None
            Their conditions. None takes those that the rows seem to have, by ridge regression.

        Returns
        -------
        X : DataFrame or ndarray of shape (n_samples * n_steps, n_features)
            One pair after the other, in the form of the training rows. Styles turn from one to the other on a great
            circle, and conditions change evenly.
        """
        check_is_fitted(self)
        check_scalar(n_steps, "n_steps", Integral, min_val=2)
        start, start_condition = self._rows_and_condition(X_from, y_from)
        end, end_condition = self._rows_and_condition(X_to, y_to)
        if len(start) != len(end):
            raise ValueError(f"`X_from` and `X_to` must have as many rows. Got {len(start)} and {len(end)}.")
        styles = slerp(self._styles_of(start, start_condition), self._styles_of(end, end_condition), n_steps)
        if start_condition is None or end_condition is None:
            return self._decode_styles(styles, None)
        return self._decode_styles(styles, lerp(start_condition, end_condition, n_steps))

    def score_samples(self, X: Any, y: Any = None) -> np.ndarray:
        """Log density of the rows' codes under the density that was fitted to them.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows.
        y : conditions or None, default=None
            Their conditions, as in `transform`.

        Returns
        -------
        log_density : ndarray of shape (n_samples,)
            Natural logarithms, comparable within one model only. A thousand rows of 15 columns take some seconds.
        """
        check_is_fitted(self)
        rows, condition = self._rows_and_condition(X, y)
        return self._model.log_density(self._model.encode(rows)[0], condition)

    def _rows_and_condition(self, X: Any, y: Any) -> tuple[NDArray[Any], NDArray[Any] | None]:
        """Scaled rows and their conditions, as given or as predicted from the rows."""
        rows = self._scale(X)
        current = None if self.conditions_ is None else self.conditions_.predict(rows)
        return rows, requested_condition(self.conditions_, y, len(rows), current=current)

    def _styles_of(self, rows: NDArray[Any], condition: NDArray[Any] | None) -> NDArray[Any]:
        """The noise that the flow turns into the codes of scaled rows."""
        return self._model.apply_flow(self._model.encode(rows)[0], condition, inverse=True)

    def _decode_styles(self, styles: NDArray[Any], condition: NDArray[Any] | None) -> Any:
        """Rows of styles, in the form of the training rows."""
        return self._decode(self._model.apply_flow(styles, condition), condition)
