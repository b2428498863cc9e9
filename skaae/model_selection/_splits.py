"""Splits for cross-validation on partly labelled rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold
from sklearn.utils import indexable

from ..estimators._labels import encode_labels, is_labelled, unique_classes

__all__ = ["SemiSupervisedKFold"]


class SemiSupervisedKFold(StratifiedKFold):
    """Split the labelled rows into folds, and put the unlabelled ones into every training set.

    `StratifiedKFold` takes -1 for a class: its test sets are mostly unlabelled rows, on which accuracy cannot be
    measured. Here test sets hold labelled rows only, each in one of them, stratified by class; training sets hold the
    other labelled rows, and every unlabelled row. As test sets do not cover all rows, `cross_val_predict` refuses the
    splits; `cross_validate` and `GridSearchCV` take them.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, two at least.
    shuffle : bool, default=False
        Whether to shuffle each class's labelled rows before they are split.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same folds in each call, with `shuffle`.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae.model_selection import SemiSupervisedKFold
    >>> y = np.array([0, 1, -1, -1, 0, 1])
    >>> for train, test in SemiSupervisedKFold(2).split(y[:, None], y):
    ...     print(train, test)
    [2 3 4 5] [0 1]
    [0 1 2 3] [4 5]
    """

    def split(self, X: Any, y: Any, groups: Any = None) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Generate the indices of training and test rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            Their classes, -1 or missing for unlabelled rows.
        groups : None
            Ignored, present by convention.

        Yields
        ------
        train : ndarray
            Indices of all unlabelled rows and of the labelled ones of the other folds.
        test : ndarray
            Indices of the fold's labelled rows.
        """
        indexable(X, y)
        mask = is_labelled(y)
        labelled, unlabelled = np.flatnonzero(mask), np.flatnonzero(~mask)
        labels = encode_labels(y, unique_classes(y))[labelled]
        for train, test in super().split(labelled, labels):
            yield np.sort(np.concatenate([labelled[train], unlabelled])), labelled[test]
