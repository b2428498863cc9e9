"""AAEOverSampler: rows of rare classes that a generator draws, with the interface of imbalanced-learn."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any, Self

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.utils import _safe_indexing, check_random_state
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, column_or_1d

from .._doc_links import DocLinkMixin
from ..table import TableEncoder
from ..table._frames import is_frame
from ._base import draw_seed, validated
from ._class_likeness import ClassLikeness
from ._config import auto_batch_size, auto_n_epochs
from ._flow import MAX_AUTO_EPOCHS
from ._generator import AAEGenerator
from ._labels import is_minus_one, to_array, with_common_dtype

__all__ = ["AAEOverSampler"]

N_CANDIDATES = 4  # draws for each that is kept
N_STEPS, N_FLOW_STEPS, FLOW_LAYER_SIZES = 600, 1500, (128, 128)


class AAEOverSampler(DocLinkMixin, BaseEstimator):
    """Draw more rows of rare classes, for a classifier that is fitted to them and to the training rows.

    A generator is fitted to all rows, with their classes as conditions, and draws rows of each class that is to have
    more: four times as many as needed, of which those are kept that are as like their class as its training rows are,
    by a forest. A part of the new rows are training rows once more. The interface is that of imbalanced-learn's
    over-samplers, so that it works in `imblearn.pipeline.Pipeline`; imbalanced-learn is not needed. Tables of numbers,
    text, bools, categories and dates, some of them missing, come back as they were, with the new rows after them. There
    are no weights of rows, as in imbalanced-learn's interface.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        How many rows each class shall have, as in imbalanced-learn. "not majority" and "auto" make all classes as large
        as the largest, "minority" only the smallest, "not minority" all but the smallest, and "all" names them all. A
        float is the ratio of the smaller class to the larger of two. A dict has the number of rows by class, and a
        callable returns one for `y`.
    generator : object or None, default=None
        An unfitted generator with ``fit(X, y)`` and ``sample(n_samples, y)``. None is `AAEGenerator` with a third of
        its steps and a narrower flow, which serve classifiers as well.
    copies : float, default=0.5
        Share of the new rows of each class that are training rows of it, repeated, from 0 to 1. They keep a classifier
        from telling the rare class by what draws of a generator have in common.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same rows in each call; a generator that is passed has its own.

    Attributes
    ----------
    sampling_strategy_ : dict
        How many rows are drawn of each class.
    generator_ : object
        The fitted generator.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where they are all strings.

    Notes
    -----
    A classifier that is fitted to balanced classes overestimates the probability of rare ones. Where the threshold is
    chosen afterwards, or the classifier takes ``class_weight="balanced"``, over-sampling may add nothing.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae import AAEGenerator, AAEOverSampler
    >>> X = np.random.default_rng(0).normal(size=(100, 2))
    >>> y = np.repeat(["common", "rare"], [90, 10])
    >>> generator = AAEGenerator(max_iter=5, flow_max_iter=5, random_state=0)
    >>> X_resampled, y_resampled = AAEOverSampler(generator=generator, random_state=0).fit_resample(X, y)
    >>> np.unique(y_resampled, return_counts=True)[1]
    array([90, 90])
    """

    _parameter_constraints: dict[str, Any] = {
        "sampling_strategy": [
            StrOptions({"auto", "minority", "not minority", "not majority", "all"}),
            Interval(Real, 0, 1, closed="right"),
            dict,
            callable,
        ],
        "generator": [HasMethods(["fit", "sample"]), None],
        "copies": [Interval(Real, 0, 1, closed="both")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        sampling_strategy: float | str | Mapping[Any, int] | Callable[[Any], Mapping[Any, int]] = "auto",
        *,
        generator: Any = None,
        copies: float = 0.5,
        random_state: Any = None,
    ) -> None:
        self.sampling_strategy = sampling_strategy
        self.generator = generator
        self.copies = copies
        self.random_state = random_state

    @validated
    def fit(self, X: Any, y: Any) -> Self:
        """Fit the generator, and count the rows to draw of each class.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Training rows, as `AAEGenerator` takes them.
        y : array-like of shape (n_samples,)
            Their classes, two at least.

        Returns
        -------
        self : object
            The fitted sampler.

        Raises
        ------
        ValueError
            If a parameter, `X` or `y` breaks a rule, which the message states.
        """
        self._fit(X, y, check_random_state(self.random_state))
        return self

    @validated
    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Fit the generator, and return the rows with those that it draws after them.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Training rows, as `AAEGenerator` takes them.
        y : array-like of shape (n_samples,)
            Their classes, two at least.

        Returns
        -------
        X_resampled : DataFrame or ndarray of shape (n_samples_new, n_features)
            The rows and the drawn ones, in the form of the rows.
        y_resampled : array-like of shape (n_samples_new,)
            Their classes, in the form of `y`.
        """
        rng = check_random_state(self.random_state)
        classes = self._fit(X, y, rng)
        X, y = (array if hasattr(array, "shape") else np.asarray(array) for array in (X, y))
        if not self._n_new.any():
            return X, y
        n_copies = np.round(self.copies * self._n_new).astype(int)
        copied = np.concatenate([repeated(np.flatnonzero(classes == c), n, rng) for c, n in enumerate(n_copies)])
        n_drawn = self._n_new - n_copies
        tables = [X, *([self._draw(X, classes, n_drawn, rng)] if n_drawn.any() else []), _safe_indexing(X, copied)]
        of_class = np.unique(classes, return_index=True)[1]
        rows = np.concatenate([np.arange(len(X)), np.repeat(of_class, n_drawn), copied])
        y_resampled = _safe_indexing(y, rows)
        if isinstance(y, pd.Series | pd.DataFrame):
            y_resampled = y_resampled.reset_index(drop=True)
        if isinstance(X, pd.DataFrame):
            return pd.concat([with_missing_integers(table, X) for table in tables], ignore_index=True), y_resampled
        if is_frame(X):
            return nw.concat([nw.from_native(table) for table in tables]).to_native(), y_resampled
        has_missing = any(table.dtype.kind == "f" and np.isnan(table).any() for table in tables)
        return np.concatenate([table if has_missing else table.astype(X.dtype) for table in tables]), y_resampled

    def _draw(self, X: Any, classes: NDArray[np.intp], n_drawn: NDArray[np.intp], rng: np.random.RandomState) -> Any:
        """So many rows of each class, class by class, chosen among more."""
        candidates = np.repeat(np.arange(len(n_drawn)), N_CANDIDATES * n_drawn)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Conditions should have")  # classes are rare here
            draws = self.generator_.sample(len(candidates), candidates, random_state=draw_seed(rng))
        encoder = getattr(self.generator_, "table_encoder_", None) or TableEncoder().fit(X)
        likeness = ClassLikeness(encoder.transform(X), classes, draw_seed(rng))
        chosen = []
        for label in np.flatnonzero(n_drawn).tolist():
            rows = np.flatnonzero(candidates == label)
            encoded = encoder.transform(_safe_indexing(draws, rows))
            chosen.append(rows[likeness.choose(encoded, label, n_drawn[label], rng)])
        return _safe_indexing(draws, np.concatenate(chosen))

    def _fit(self, X: Any, y: Any, rng: np.random.RandomState) -> NDArray[np.intp]:
        """Fit the generator, and return the index of each row's class."""
        if y is None:
            raise ValueError("`fit` requires y to be passed, but the target y is None.")
        check_consistent_length(X, y)
        labels = column_or_1d(to_array(y), warn=True)
        if pd.isna(labels).any():
            raise ValueError("`y` must have a class for every row. Got some that are missing.")
        labels = with_common_dtype(labels)
        check_classification_targets(labels)
        classes, indices, counts = np.unique(labels, return_inverse=True, return_counts=True)
        if len(classes) < 2:
            raise ValueError(f"`y` must have two classes or more. Got {len(classes)} class: {classes.tolist()}.")
        warn_of_unlabelled(classes.tolist())
        self._n_new = self._count_new(labels, classes.tolist(), counts)
        seed = draw_seed(rng)
        generator = quick_generator(len(labels), seed) if self.generator is None else clone(self.generator)
        self.generator_ = generator.fit(X, indices)
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(self.generator_, name):
                setattr(self, name, getattr(self.generator_, name))
        self.sampling_strategy_ = {
            label: int(n)
            for label, n, is_asked in zip(classes.tolist(), self._n_new, self._n_new > 0, strict=True)
            if is_asked
        }
        return np.asarray(indices)

    def _count_new(self, labels: NDArray[Any], classes: list[Any], counts: NDArray[np.intp]) -> NDArray[np.intp]:
        """How many rows of each class to draw."""
        strategy: Any = self.sampling_strategy
        if isinstance(strategy, str):
            n_new = counts.max() - counts
            smallest = np.arange(len(counts)) == counts.argmin()
            return np.asarray(
                n_new * {"minority": smallest, "not minority": ~smallest}.get(strategy, np.ones_like(smallest))
            )
        if isinstance(strategy, Real):
            if len(classes) > 2:
                raise ValueError(
                    f"`sampling_strategy` may be a float with two classes only. Got {len(classes)} classes."
                )
            n_new = np.where(np.arange(2) == counts.argmax(), 0, int(counts.max() * strategy) - counts)
            if n_new.max() <= 0:
                raise ValueError(
                    f"`sampling_strategy` must be above the ratio of the classes ({counts.min() / counts.max():.3g})."
                    f" Got {strategy}."
                )
            return n_new
        wanted = dict(strategy(labels) if callable(strategy) else strategy)
        if unknown := [label for label in wanted if label not in classes]:
            raise ValueError(f"`sampling_strategy` must have classes of `y` ({classes[:5]}). Got {unknown[:5]}.")
        n_new = np.array([wanted.get(label, n) - n for label, n in zip(classes, counts, strict=True)])
        if n_new.min() < 0:
            label = classes[n_new.argmin()]
            raise ValueError(
                "`sampling_strategy` must have no fewer rows of a class than there are. Got"
                f" {wanted[label]} for {label!r}, which has {counts[n_new.argmin()]}."
            )
        return n_new

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.estimator_type = "sampler"
        tags.target_tags.required = True
        tags.input_tags.allow_nan = tags.input_tags.categorical = tags.input_tags.string = True
        return tags


def warn_of_unlabelled(classes: list[Any]) -> None:
    """Warn if -1 is a class beside two others: elsewhere it marks rows without a label."""
    if len(classes) > 2 and any(is_minus_one(label) for label in classes):
        warnings.warn(
            f"`y` should have the class of every row. Got -1 as one of {len(classes)} classes, of which rows are drawn,"
            " too: if it marks rows without a label, leave them out, as in `X[y != -1], y[y != -1]`.",
            UserWarning,
            stacklevel=5,
        )


def quick_generator(n_samples: int, seed: int) -> AAEGenerator:
    """A generator that is trained in fewer steps."""
    batch_size = auto_batch_size(n_samples)
    max_iter, flow_max_iter = (auto_n_epochs(n_steps, n_samples, batch_size) for n_steps in (N_STEPS, N_FLOW_STEPS))
    return AAEGenerator(
        max_iter=max_iter,
        flow_max_iter=min(flow_max_iter, MAX_AUTO_EPOCHS),
        flow_layer_sizes=FLOW_LAYER_SIZES,
        gibbs_sampling=False,
        random_state=seed,
    )


def repeated(rows: NDArray[np.intp], n: int, rng: np.random.RandomState) -> NDArray[np.intp]:
    """So many of the rows, each as often as the others, to within one."""
    return np.resize(rng.permutation(rows), n)


def with_missing_integers(table: pd.DataFrame, X: pd.DataFrame) -> pd.DataFrame:
    """A table in which columns without cells have dtypes beside which integers and bools of rows stay as they are."""
    kinds = {name: X[name].dtype for name in X if table[name].dtype != X[name].dtype and table[name].isna().all()}
    nullable = {"i": "Int64", "u": "UInt64", "b": "boolean"}
    return table.astype({name: nullable[kind.kind] for name, kind in kinds.items() if kind.kind in nullable})
