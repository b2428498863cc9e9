"""Training on a stream of chunks.

What a model is built of (the scales of columns, their categories, classes) is fixed by the first rows that it is fitted
to. So a source is scanned once before training, for a random sample of its rows in which every category occurs.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from ..estimators._base import BaseAAE
from ..estimators._labels import labels_as_array, unique_classes
from ..table._encoder import UNSEEN_MESSAGE
from ._csv_labels import infer_label_kind, label_kind_of_classes
from ._sampling import KnownCategories, ReservoirSample
from ._sources import Chunk, Stream, shuffle_chunks

__all__ = ["fit_stream"]

LR_DECAY_FRACTION, MIN_REMAINING = 0.5, 0.01  # of the rows, the last of which have a learning rate that decays
N_SLICES = 8  # of a chunk, in which an array is read, so that the buffer has rows of many regions


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
    """Train an estimator on rows that are read in chunks.

    The source is read once for a sample of its rows, on which the estimator is initialized, and then once in each
    epoch. In memory are the sample, or `buffer_rows` rows with a few copies of them, however many the source has.
    Over the second half of the rows the learning rate decays, as it does in `fit`.

    Parameters
    ----------
    estimator : estimator object
        One with `partial_fit`: `AAETransformer`, `SemiSupervisedAAEClassifier` or `AAEOutlierDetector`. It is trained
        in place; if it is fitted, training continues, with the same categories and classes, and the same scales of
        columns but for the detector.
    source : path, list of paths, array, DataFrame, iterable or callable
        Files that end in ``.parquet`` (needs the extra "parquet") or ``.csv`` (compressed ones too); an array, such as
        a `numpy.memmap`; an iterable of DataFrames or arrays, or of pairs of these and labels; or a function that
        returns such an iterable. An iterator can be read once only: pass the function that makes it.
    target : str, array-like of shape (n_samples,) or None, default=None
        The column of classes, -1 or missing for unlabelled rows; or the classes of the rows of an array. In a CSV file,
        classes that are not all numbers are names, of which one may be None or NA: leave the cells of unlabelled rows
        empty.
    columns : list of str or None, default=None
        The columns to learn from. None takes all but the target.
    epochs : int, default=1
        Number of passes over all rows.
    batch_rows : int, default=65_536
        Rows in a call of `partial_fit`, and about as many as are read at a time.
    buffer_rows : int, default=262_144
        Rows that are shuffled in a buffer. Files, row groups of Parquet files and slices of arrays come in random
        order; rows within a group, or within a CSV file, do not. If these are sorted, as by class or by date, shuffle
        the file, or write groups of some ten thousand rows.
    sample_rows : int, default=100_000
        Rows that the estimator is initialized on, a uniform sample of the source. Rows in which a category, or a
        missing cell of a column, occurs first are added.
    scan : bool, default=True
        Whether to read the source once before training. Otherwise, and with an iterator, the estimator is initialized
        on the first `buffer_rows` rows, the learning rate does not decay, and a warning names categories that occur
        later. These are encoded as zeros.
    classes : array-like or None, default=None
        All classes, if there is no scan and the first rows may lack some.
    random_state : int, RandomState instance or None, default=None
        Shuffles rows and draws the sample. The model has its own `random_state`.

    Returns
    -------
    estimator : estimator object
        The same, fitted.

    Raises
    ------
    TypeError
        If the estimator has no `partial_fit`, or `source` is no source.
    ValueError
        If the source has no rows, lacks a column, or cannot be read as often as `epochs` says.

    See Also
    --------
    read_chunks : The rows of a source in chunks, to apply a model to.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae import AAETransformer
    >>> from skaae.streaming import fit_stream
    >>> def chunks():
    ...     rng = np.random.default_rng(0)
    ...     for _ in range(5):
    ...         yield np.tanh(rng.normal(size=(1000, 2)) @ np.ones((2, 4)))
    >>> model = fit_stream(AAETransformer(2, random_state=0), chunks, random_state=0)
    >>> model.transform(next(chunks())).shape
    (1000, 2)
    """
    if not (isinstance(estimator, BaseAAE) and hasattr(estimator, "partial_fit")):
        raise TypeError(
            "`estimator` must have `partial_fit`, as `AAETransformer`, `SemiSupervisedAAEClassifier` and"
            f" `AAEOutlierDetector` have. Got {type(estimator).__name__}: fit it to a sample of the rows."
        )
    is_iterator = isinstance(source, Iterator)
    if is_iterator and epochs > 1:
        raise ValueError(f"With an iterator, `epochs` must be 1: pass a function that makes it. Got {epochs}.")
    rng = check_random_state(random_state)
    stream = Stream(source, target, columns, max(1, batch_rows // N_SLICES))
    trainer = StreamTrainer(estimator, classes, stream)
    if trainer.classes is not None:
        stream.label_kind = label_kind_of_classes(labels_as_array(trainer.classes))
    if scan and not is_iterator:
        trainer.scan(sample_rows, epochs, rng)
    whole_first = not trainer.is_initialized
    try:
        for _ in range(epochs):
            for chunk in shuffle_chunks(stream.read(rng), batch_rows, buffer_rows, rng, whole_first=whole_first):
                trainer.train(chunk)
                whole_first = False
    finally:
        estimator.set_params(learning_rate_init=trainer.learning_rate)
    if not trainer.is_initialized:
        raise ValueError("`source` must have rows. Got none.")
    return estimator


class StreamTrainer:
    """Creates what trains an estimator on chunks, with a learning rate that decays if the number of rows is known."""

    def __init__(self, estimator: Any, classes: Any, stream: Stream) -> None:
        self.stream = stream
        self.estimator, self.classes = estimator, getattr(estimator, "classes_", classes)
        self.learning_rate = estimator.get_params()["learning_rate_init"]
        self.n_rows_trained = self.n_rows_total = 0
        self.is_initialized = hasattr(estimator, "table_encoder_")
        if self.is_initialized:
            self.known = KnownCategories.from_encoder(estimator.table_encoder_)

    def scan(self, sample_rows: int, epochs: int, rng: np.random.RandomState) -> None:
        """Count the rows, and initialize the estimator on a sample of them."""
        stream = self.stream
        known = KnownCategories(self.estimator.categorical_features, self.estimator.column_kinds)
        sample = ReservoirSample(sample_rows, known, rng)
        for chunk in stream.read(as_text=True):
            sample.add(chunk)
        self.n_rows_total = epochs * sample.n_rows
        labels = np.array(list(sample.labels), dtype=object)
        stream.label_kind = stream.label_kind or infer_label_kind(labels)
        if sample.n_rows and not self.is_initialized:
            X, y = sample.rows()
            if len(labels) and self.classes is None:
                self.classes = unique_classes(stream.parse_labels(labels))
            self._initialize((X, None if y is None else stream.parse_labels(y)))

    def train(self, chunk: Chunk) -> None:
        """Train on a chunk, or initialize the estimator on the first."""
        if not self.is_initialized:
            self._initialize(chunk)
            return
        self._warn_of_new_categories(chunk[0])
        if self.n_rows_total:
            remaining = max(MIN_REMAINING, 1 - self.n_rows_trained / self.n_rows_total)
            self.estimator.set_params(learning_rate_init=self.learning_rate * min(1.0, remaining / LR_DECAY_FRACTION))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", f".*{UNSEEN_MESSAGE}")  # of which there was a warning
            self.estimator.partial_fit(*chunk)
        self.n_rows_trained += len(chunk[0])

    def _initialize(self, chunk: Chunk) -> None:
        X, y = chunk
        if (frame_format := self.stream.frame_format) is not None:
            X = frame_format.write(X)
        self.estimator.partial_fit(X, y, **({} if self.classes is None else {"classes": self.classes}))
        self.is_initialized, self.known = True, KnownCategories.from_encoder(self.estimator.table_encoder_)

    def _warn_of_new_categories(self, X: Any) -> None:
        new: dict[int, list[str]] = {}
        for index, category, _ in self.known.add(X):
            new.setdefault(index, []).append(str(category))
        for index, categories in new.items():
            column = X.columns[index] if isinstance(X, pd.DataFrame) else index
            warnings.warn(
                f"Column {column!r} has categories that did not occur in the rows that the model was initialized on,"
                f" and that are encoded as zeros: {', '.join(categories[:5])}.",
                UserWarning,
                stacklevel=3,
            )
