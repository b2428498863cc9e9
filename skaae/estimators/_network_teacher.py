"""PriorFittedTeacher: the prior-fitted network among the teachers of a classifier, on encoded rows."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from ..table._cells import CellLayout
from ._labelled_context import MAX_CLASSES, LabelledContext

__all__ = ["PriorFittedTeacher", "is_for_network"]

MAX_TEACHER_LABELS, MAX_LABELS_OF_CLASS = 500, 50  # of all classes, and of a class in the mean: others are then better
MAX_TEACHER_CELLS = 100_000  # with more it takes too long
N_ORDERS = 1  # of columns


class PriorFittedTeacher(ClassifierMixin, BaseEstimator):
    """Classifier of encoded rows whose context are labelled rows, and others where these are few.

    Parameters
    ----------
    layout : CellLayout
        Where cells are in encoded rows.
    random_state : int
        Seed of what is drawn.
    """

    def __init__(self, layout: CellLayout, random_state: int = 0) -> None:
        self.layout = layout
        self.random_state = random_state

    def fit(self, X: NDArray[Any], y: NDArray[np.intp]) -> Self:
        """Keep a part of the rows; classes are -1 where unknown."""
        labelled = y >= 0
        self.classes_, indices = np.unique(y[labelled], return_inverse=True)
        labels = np.full(len(y), -1)
        labels[labelled] = indices
        self.shares_ = np.bincount(indices) / labelled.sum()
        rows = LabelledContext.choose_rows(labels, self.random_state)
        cells = self.layout.read(X[rows])
        self.context_ = LabelledContext(cells, self.layout.categorical, labels[rows], N_ORDERS, self.random_state)
        return self

    def predict_proba(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Class probabilities, (n_samples, n_classes), for classes as frequent as among the labelled rows."""
        weighted = self.context_.predict_proba(self.layout.read(X)) * self.shares_
        return np.asarray(weighted / weighted.sum(1, keepdims=True))


def is_for_network(y: NDArray[np.intp], layout: CellLayout) -> bool:
    """Whether classes and labels are as few as the network is made for, and cells few enough to be quick."""
    n_labelled, n_classes = int((y >= 0).sum()), int(y.max()) + 1
    is_small = len(y) * len(layout.encoded_columns) <= MAX_TEACHER_CELLS
    max_labels = min(MAX_TEACHER_LABELS, MAX_LABELS_OF_CLASS * n_classes)
    return is_small and n_labelled <= max_labels and n_classes <= MAX_CLASSES
