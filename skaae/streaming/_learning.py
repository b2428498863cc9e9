"""Learning from a stream.

What a model is built of (the scales of columns, their categories, classes) is fixed by the first rows that it sees. So
a source is gone through once before training, for a fair sample of its rows in which every category occurs.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from ..estimators._base import BaseAAE
from ..estimators._labels import unique_classes
from ._reading import Rows, Stream, mixed
from ._sample import Options, Sample

__all__ = ["fit_stream"]

DECAY = 0.5  # share of the rows, at their end, over which the learning rate falls towards zero
PIECES = 8  # of a batch, in which an array is read, so that a buffer has rows from many places


def fit_stream(
    estimator: Any,
    source: Any,
    *,
    target: Any = None,
    columns: Sequence[str] | None = None,
    epochs: int = 1,
    batch_rows: int = 65_536,
    buffer_rows: int = 262_144,
    sample_rows: int = 100_000,
    scan: bool = True,
    classes: Any = None,
    random_state: Any = None,
) -> Any:
    """Train an estimator on rows that are read a batch at a time.

    The source is gone through once for a sample of its rows, on which the estimator begins, and then once in each
    epoch. In memory are the sample, or `buffer_rows` rows with a few copies of them, however many the source has.
    Over the second half of the rows the learning rate falls, as it does in `fit`.

    Parameters
    ----------
    estimator : estimator object
        One with `partial_fit`: `AAETransformer` or `SemiSupervisedAAEClassifier`. It is trained in place; if it is
        fitted, it goes on from where it is, and nothing of what it is built of changes.
    source : path, list of paths, array, DataFrame, iterable or callable
        Files that end in ``.parquet`` (needs the extra "parquet") or ``.csv`` (compressed ones too); an array, such as
        a `numpy.memmap`; an iterable of DataFrames or arrays, or of pairs of these and labels; or a function that
        returns such an iterable. An iterator can be gone through once only: give the function that makes it.
    target : str, array-like of shape (n_samples,) or None, default=None
        The column of classes, -1 or missing where unknown; or the classes of the rows of an array.
    columns : list of str or None, default=None
        The columns to learn from. None takes all but the target.
    epochs : int, default=1
        How often to go through all rows.
    batch_rows : int, default=65_536
        Rows in a call of `partial_fit`, and about as many as are read at a time.
    buffer_rows : int, default=262_144
        Rows that are shuffled together. Files, groups of rows of Parquet files and pieces of arrays come in random
        order; rows within a group, or within a CSV file, do not. If these are in an order that matters, as by class or
        by date, shuffle the file, or write groups of some ten thousand rows.
    sample_rows : int, default=100_000
        Rows that the estimator begins with, drawn evenly from the source. To these come rows in which a category, or
        a missing cell of a column, occurs first.
    scan : bool, default=True
        Whether to go through the source before training. Otherwise, and with an iterator, the estimator begins with
        the first `buffer_rows` rows, the learning rate does not fall, and a warning names categories that occur later.
        These are encoded as zeros.
    classes : array-like or None, default=None
        All classes, where there is no scan and the first rows may lack some.
    random_state : int, RandomState instance or None, default=None
        Orders rows and draws the sample. What the model draws is up to its own `random_state`.

    Returns
    -------
    estimator : estimator object
        The same, fitted.

    Raises
    ------
    TypeError
        If the estimator has no `partial_fit`, or the source is none.
    ValueError
        If the source has no rows, lacks a column, or cannot be gone through as often as is asked.

    See Also
    --------
    batches_of : The rows of a source, to apply a model to.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae import AAETransformer
    >>> from skaae.streaming import fit_stream
    >>> def batches():
    ...     rng = np.random.default_rng(0)
    ...     for _ in range(5):
    ...         yield np.tanh(rng.normal(size=(1000, 2)) @ np.ones((2, 4)))
    >>> model = fit_stream(AAETransformer(2, random_state=0), batches, random_state=0)
    >>> model.transform(next(batches())).shape
    (1000, 2)
    """
    if not (isinstance(estimator, BaseAAE) and hasattr(estimator, "partial_fit")):
        raise TypeError(
            "`estimator` must have `partial_fit`, as `AAETransformer` and `SemiSupervisedAAEClassifier` have. Got"
            f" {type(estimator).__name__}: fit it to a sample of the rows."
        )
    once = isinstance(source, Iterator)
    if once and epochs > 1:
        raise ValueError(f"With an iterator, `epochs` must be 1: give a function that makes it. Got {epochs}.")
    rng = check_random_state(random_state)
    stream = Stream(source, target, columns, max(1, batch_rows // PIECES))
    learner = Learner(estimator, classes)
    if scan and not once:
        learner.expect(stream, sample_rows, epochs, rng)
    whole_first = not learner.begun
    with learner:
        for _ in range(epochs):
            for rows in mixed(stream.read(rng), batch_rows, buffer_rows, rng, whole_first=whole_first):
                learner.learn(rows)
                whole_first = False
    if not learner.begun:
        raise ValueError("`source` must have rows. Got none.")
    return estimator


class Learner:
    """Creates what trains an estimator batch by batch, at a rate that falls where it knows how many rows there are."""

    def __init__(self, estimator: Any, classes: Any) -> None:
        self.estimator, self.classes = estimator, classes
        self.begun = hasattr(estimator, "table_encoder_")
        self.options = Options.known_to(estimator.table_encoder_) if self.begun else None
        self.rate = estimator.get_params()["learning_rate_init"]
        self.n_done = self.n_expected = 0

    def expect(self, stream: Stream, sample_rows: int, epochs: int, rng: np.random.RandomState) -> None:
        """Counts the rows, and begins with a sample of them."""
        sample = Sample(sample_rows, Options(self.estimator.categorical_features), rng)
        for rows in stream.read():
            sample.add(rows)
        self.n_expected = epochs * sample.n_seen
        if sample.n_seen and not self.begun:
            labels = np.array(list(sample.labels), dtype=object)
            self.classes = unique_classes(labels) if len(labels) and self.classes is None else self.classes
            self._begin(sample.rows())

    def learn(self, rows: Rows) -> None:
        """Trains on some rows."""
        if not self.begun:
            self._begin(rows)
            return
        self._warn_of_news(rows[0])
        if self.n_expected:
            left = max(0.01, 1 - self.n_done / self.n_expected)
            self.estimator.set_params(learning_rate_init=self.rate * min(1.0, left / DECAY))
        self.estimator.partial_fit(*rows)
        self.n_done += len(rows[0])

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        self.estimator.set_params(learning_rate_init=self.rate)

    def _begin(self, rows: Rows) -> None:
        told = {} if self.classes is None else {"classes": self.classes}
        self.estimator.partial_fit(*rows, **told)
        self.begun, self.options = True, Options.known_to(self.estimator.table_encoder_)

    def _warn_of_news(self, X: Any) -> None:
        assert self.options is not None
        found: dict[int, list[str]] = {}
        for place, option, _ in self.options.news(X):
            found.setdefault(place, []).append(str(option))
        for place, names in found.items():
            column = X.columns[place] if isinstance(X, pd.DataFrame) else place
            warnings.warn(
                f"Column {column!r} has what did not occur in the rows that the model began with, and is encoded as"
                f" zeros: {', '.join(names[:5])}.",
                UserWarning,
                stacklevel=3,
            )
