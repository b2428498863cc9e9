"""Estimators whose code has a style and a category: styles within classes, samples, and transfers between classes."""

from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state, check_scalar, gen_batches
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from .._plan import Architecture, Block, TrainingData
from ..table import TableEncoder
from ._base import BaseAAE, draw_seed
from ._calibration import decode_draws
from ._class_styles import ClassStyles
from ._codes import CodesMixin
from ._config import auto_components, build_architecture, check_components, check_resumable
from ._inference import TrainedModel
from ._labels import encode_requested_classes
from ._training_data import CHUNK_ROWS

__all__ = ["BaseCategoryAAE", "build_category_architecture", "category_blocks", "fit_class_styles", "with_class_prior"]


class BaseCategoryAAE(CodesMixin, BaseAAE):
    """Encoding into styles, and decoding of styles and classes, by the first member."""

    n_members: int
    vat_weight: float
    vat_radius: float
    entropy_weight: float
    balance_weight: float
    classes_: NDArray[Any]
    styles_: ClassStyles

    _parameter_constraints: dict[str, Any] = {
        **BaseAAE._parameter_constraints,
        "n_members": [Interval(Integral, 1, None, closed="left")],
        "vat_weight": [Interval(Real, 0, None, closed="left")],
        "vat_radius": [Interval(Real, 0, None, closed="left")],
        "entropy_weight": [Interval(Real, 0, None, closed="left")],
        "balance_weight": [Interval(Real, 0, None, closed="left")],
    }

    def transform(self, X: Any) -> Any:
        """Styles of rows: what their code holds apart from the class.

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
        return self._whitened_styles(self._scale(X))

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
        code = self._model.sample_prior(n_samples, draw_seed(check_random_state(random_state)))
        style, category = self._split_code(code)
        classes = category.argmax(1) if y is None else encode_requested_classes(y, n_samples, self.classes_)

        def draw(n: int) -> NDArray[Any]:
            others, their_category = self._split_code(self._model.sample_prior(n, 0))
            return self._color(others, their_category.argmax(1))

        encoder = self.table_encoder_
        return encoder.inverse_transform(decode_draws(encoder, self._model, self._color(style, classes), draw))

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
        style = self._whitened_styles(self._scale(X))
        return self._decode(self._color(style, encode_requested_classes(y, len(style), self.classes_)))

    def _whitened_styles(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Styles of scaled rows, centred and whitened within classes."""
        return self.styles_.whiten(*self._split_code(self._model.encode(rows)[0])).astype(rows.dtype, copy=False)

    def _color(self, style: NDArray[Any], classes: NDArray[np.intp]) -> NDArray[Any]:
        """Codes of whitened styles and class indices."""
        code = np.hstack([self.styles_.color(style, classes), np.eye(len(self.classes_))[classes]])
        return code.astype(style.dtype, copy=False)

    def _category_weights(self) -> dict[str, float]:
        """Weights of the losses of class probabilities that need no labels, by their names in a plan."""
        names = ("vat_weight", "vat_radius", "entropy_weight", "balance_weight")
        return {name: float(getattr(self, name)) for name in names}


def category_blocks(width: int, class_probabilities: NDArray[np.float64]) -> tuple[Block, Block]:
    """A style, and the probabilities of classes."""
    shares = tuple(class_probabilities.tolist())
    return Block("style", width, "normal"), Block("category", len(shares), "one_hot", shares)


def build_category_architecture(
    estimator: Any, encoder: TableEncoder, class_probabilities: NDArray[np.float64], resumed: TrainedModel | None
) -> Architecture:
    """What to build for encoded rows and classes."""
    width = check_components(estimator.n_components, encoder, auto_components(encoder))
    architecture = build_architecture(estimator, encoder, category_blocks(width, class_probabilities))
    check_resumable(resumed, architecture, estimator.n_members)
    return architecture


def with_class_prior(model: TrainedModel | None, class_probabilities: NDArray[np.float64]) -> TrainedModel | None:
    """A model to go on from, if there is one, with other probabilities of classes."""
    if model is None:
        return None
    blocks = category_blocks(model.architecture.blocks[0].width, class_probabilities)
    return replace(model, architecture=replace(model.architecture, blocks=blocks))


def fit_class_styles(model: TrainedModel, data: TrainingData, before: ClassStyles | None) -> ClassStyles:
    """Moments of the style codes of rows in each class, by weight, after those of rows that were trained on before."""
    width, n_classes = (block.width for block in model.architecture.blocks)
    styles = ClassStyles(n_classes, width) if before is None else copy(before)

    def codes() -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
        for chunk in gen_batches(len(data), CHUNK_ROWS):
            style, category = np.split(model.encode(data.X[chunk])[0], [width], axis=1)
            yield style, category if data.sample_weight is None else category * data.sample_weight[chunk, None]

    styles.add(codes())
    return styles
