"""PriorFittedClassifier: classes from few labels, by a network that was fitted to synthetic tables in advance."""

from __future__ import annotations

import warnings
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state, gen_batches
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from ..table._cells import CellLayout
from ..table._tables import Table, missing_mask, take_rows
from ._base import TableEstimator, draw_seed, validated
from ._class_prior import check_class_prior
from ._labelled_classifier import LabelledClassifierMixin
from ._labelled_context import MAX_CLASSES, LabelledContext
from ._labels import check_labels, class_shares, encode_labels, unique_classes
from ._meta_estimators import check_outer_classes
from ._training_data import CHUNK_ROWS, scale

__all__ = ["PriorFittedClassifier"]


class PriorFittedClassifier(LabelledClassifierMixin, TableEstimator):
    """Classify rows from few labels by a network that was fitted to synthetic tables in advance.

    The network [1]_ comes with the package. It was fitted to synthetic tables, never to a real one, and reads labelled
    and unlabelled rows together, the *context*, to classify others: `fit` trains nothing, it keeps the context. It was
    made for 1 to 25 labels of each of 2 to 26 classes. Of more labelled rows, 512 are kept (as many of each class as
    can be), so with many labels use something else; fewer than 32 are filled up with unlabelled ones. More than 64
    columns are read in groups of 64 whose answers are averaged, 8 groups or `n_orders` at most: columns beyond these
    are not read, and a warning says so. There are no weights of rows (`sample_weight`), because the network reads each
    row once; pass the shares of the classes as `class_prior`.

    Rows without a label have -1, or a missing value (None, NaN, NA), in `y`; classes may be strings or numbers. At
    least two classes must have a label; one row of a class will do.

    Parameters
    ----------
    n_orders : int, default=4
        How many orders of the columns predictions are averaged over. Fewer are quicker and less accurate.
    class_prior : array-like of shape (n_classes,) or None, default=None
        Probabilities of the classes among all rows, in the order of `classes_`; predictions follow them by Bayes' rule.
        None takes their frequencies among the labelled rows.
    categorical_features : "from_dtype", array-like of str, int or bool, or None, default="from_dtype"
        Which columns are categories, as in `TableEncoder`.
    column_kinds : dict or None, default=None
        Kinds of columns by their names or indices, as in `TableEncoder`.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same result in each fit.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes among the labels.
    class_prior_ : ndarray of shape (n_classes,)
        Their probabilities.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where they are all strings.
    table_encoder_ : TableEncoder
        What reads the columns.

    Notes
    -----
    The order and the names of classes make no difference, and a row has the same result by itself and among others. A
    missing cell is read as such, and a category that no training row had as one that is unlike all others.

    References
    ----------
    .. [1] Hollmann, Müller, Eggensperger and Hutter, "TabPFN: a transformer that solves small tabular classification
       problems in a second", 2022, arXiv 2207.01848, is the idea; network, prior and weights are our own.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from skaae import PriorFittedClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> few = np.where(np.arange(150) % 10 == 0, y, -1)  # 15 labels
    >>> PriorFittedClassifier(random_state=0).fit(X, few).score(X, y) > 0.85
    True
    """

    n_orders: int
    class_prior: ArrayLike | None
    random_state: Any
    classes_: NDArray[Any]
    class_prior_: NDArray[np.float64]
    _layout: CellLayout
    _context: LabelledContext

    _parameter_constraints: dict[str, Any] = {
        **TableEstimator._parameter_constraints,
        "n_orders": [Interval(Integral, 1, None, closed="left")],
        "class_prior": ["array-like", None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_orders: int = 4,
        *,
        class_prior: ArrayLike | None = None,
        categorical_features: Any = "from_dtype",
        column_kinds: dict[Any, str] | None = None,
        random_state: Any = None,
    ) -> None:
        self._store_parameters(locals())

    @validated
    def fit(self, X: Any, y: Any) -> Self:
        """Keep rows, of which some have labels, to classify others by.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Training rows, two at least: numbers, text, bools and categories, of which some may be missing.
        y : array-like of shape (n_samples,)
            Their classes, -1 or missing where unknown.

        Returns
        -------
        self : object
            The fitted estimator. Where fitting fails or is interrupted, it is left as it was before.

        Raises
        ------
        ValueError
            If a parameter, `X` or `y` breaks a rule, which the message states; such as that there are at most 26
            classes.

        Warns
        -----
        UserWarning
            If there are more columns than are read.
        """
        with self._all_or_nothing():
            X = self._validate(X, reset=True, ensure_min_samples=2)
            check_labels(X, y)
            self.classes_ = unique_classes(y)
            check_n_classes(len(self.classes_))
            labels = encode_labels(y, self.classes_)
            self.class_prior_ = (
                class_shares(labels, len(self.classes_))
                if self.class_prior is None
                else check_class_prior(self.class_prior, len(self.classes_))
            )
            self.table_encoder_ = self._fit_encoder(X, "standard")
            self._layout = CellLayout.of(self.table_encoder_)
            warn_of_unread_columns(len(self._layout.categorical), self.n_orders)
            seed = draw_seed(check_random_state(self.random_state))
            rows = LabelledContext.choose_rows(labels, seed)
            cells = self._cells(take_rows(X, rows))
            self._context = LabelledContext(cells, self._layout.categorical, labels[rows], self.n_orders, seed)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities of the classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            In the order of `classes_`, in 32-bit floats, as the network computes.
        """
        check_is_fitted(self)
        check_outer_classes()
        X = self._validate(X, reset=False)
        chunks = (X[rows] for rows in gen_batches(len(X), CHUNK_ROWS))
        equal = np.concatenate([self._context.predict_proba(self._cells(chunk)) for chunk in chunks])
        weighted = equal * self.class_prior_.astype(np.float32)
        return np.asarray(weighted / weighted.sum(1, keepdims=True))

    def _cells(self, table: Table) -> NDArray[np.float64]:
        """Cells of validated rows, as the network reads them."""
        encoder = self.table_encoder_
        cells = self._layout.read(scale(encoder, table))
        cells[missing_mask(table)[:, encoder.source_columns_[self._layout.encoded_columns]]] = np.nan  # also new ones
        return cells


def warn_of_unread_columns(n_columns: int, n_orders: int) -> None:
    """Tell that the network reads a part of the columns only."""
    from ..prior_fitted._inference import count_read_columns

    n_read = count_read_columns(n_columns, n_orders)
    if n_read < n_columns:
        warnings.warn(
            f"With `n_orders={n_orders}` the network reads {n_read} of {n_columns} columns, drawn by chance. Pass fewer"
            " columns, or a higher `n_orders`, 64 columns each, which takes longer.",
            stacklevel=2,
        )


def check_n_classes(n_classes: int) -> None:
    """Raise an error for more classes than the network was made for."""
    if n_classes > MAX_CLASSES:
        raise ValueError(
            f"`y` must have at most {MAX_CLASSES} classes, as the tables that the network was fitted to. Got"
            f" {n_classes}: use `SemiSupervisedAAEClassifier`, which takes any number."
        )
