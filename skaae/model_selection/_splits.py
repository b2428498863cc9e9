"""Splits for validation where some rows have no label."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedKFold
from sklearn.utils import indexable

from ..estimators._labels import encode_labels, is_labelled, unique_classes

__all__ = ["SemiSupervisedKFold"]


class SemiSupervisedKFold(StratifiedKFold):
    """Split the labelled rows into folds, and give the others to every training part.

    A plain stratified split takes -1 for a class: its test parts are mostly rows whose label nobody knows, and what
    is measured on them is not accuracy. Here test parts hold labelled rows only, each in one of them, classes as
    evenly spread as in `StratifiedKFold`; training parts hold the other labelled rows, and every row without a label.
    As test parts do not cover all rows, `cross_val_predict` refuses the splits; `cross_validate` and `GridSearchCV`
    take them.

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

    def split(self, X: Any, y: Any, groups: Any = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Generate the places of training and test rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            Their classes, -1 or missing where unknown.
        groups : None
            Ignored, present by convention.

        Yields
        ------
        train : ndarray
            Places of all unlabelled rows and of the labelled ones of the other folds.
        test : ndarray
            Places of the fold's labelled rows.
        """
        indexable(X, y)
        known = is_labelled(y)
        labelled, others = np.flatnonzero(known), np.flatnonzero(~known)
        positions = encode_labels(y, unique_classes(y))[labelled]
        for train, test in super().split(labelled, positions):
            yield np.sort(np.concatenate([labelled[train], others])), labelled[test]
