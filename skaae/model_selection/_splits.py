"""Splits for cross-validation on partly labelled rows, and on normal rows and outliers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.utils import check_random_state, indexable
from sklearn.utils.validation import column_or_1d

from ..estimators._labels import encode_labels, is_labelled, unique_classes
from ..metrics._outliers import which_are_outliers
from ..metrics._validation import check_integer

__all__ = ["OutlierKFold", "SemiSupervisedKFold"]

Split = tuple[NDArray[np.intp], NDArray[np.intp]]  # indices of training rows and of test rows


class SemiSupervisedKFold(StratifiedKFold):
    """Split the labelled rows into folds, and put the unlabelled ones into every training set.

    `StratifiedKFold` takes -1 for a class: its test sets are mostly unlabelled rows, on which accuracy cannot be
    measured. Here test sets hold labelled rows only, each in one of them, stratified by class; training sets hold the
    other labelled rows, and every unlabelled row. With `groups`, rows of a group, such as those of one person, are all
    on the same side. As test sets do not cover all rows, `cross_val_predict` refuses the splits; `cross_validate` and
    `GridSearchCV` take them.

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

    __metadata_request__split: ClassVar[dict[str, bool]] = {"groups": True}

    def split(self, X: Any, y: Any, groups: Any = None) -> Iterator[Split]:
        """Generate the indices of training and test rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            Their classes, -1 or missing for unlabelled rows.
        groups : array-like of shape (n_samples,) or None, default=None
            What rows belong together, such as the person whose rows they are. None of a group is in a training set
            while another is in the test set, be it labelled or not.

        Yields
        ------
        train : ndarray
            Indices of all unlabelled rows and of the labelled ones of the other folds; with groups, without the rows
            of groups in the test set.
        test : ndarray
            Indices of the fold's labelled rows.
        """
        indexable(X, y, groups)
        mask = is_labelled(y)
        labelled, unlabelled = np.flatnonzero(mask), np.flatnonzero(~mask)
        labels = encode_labels(y, unique_classes(y))[labelled]
        if groups is not None:
            yield from self._split_groups(labelled, labels, encode_groups(groups))
            return
        for train, test in super().split(labelled, labels):
            yield np.sort(np.concatenate([labelled[train], unlabelled])), labelled[test]

    def _split_groups(
        self, labelled: NDArray[np.intp], labels: NDArray[np.intp], groups: NDArray[np.intp]
    ) -> Iterator[Split]:
        """Folds of whole groups; training sets are all rows of the other groups."""
        n_groups = len(np.unique(groups[labelled]))
        if n_groups < self.n_splits:
            raise ValueError(
                f"There must be as many groups with labelled rows as folds ({self.n_splits}) at least. Got {n_groups}."
            )
        folds = StratifiedGroupKFold(self.n_splits, shuffle=self.shuffle, random_state=self.random_state)
        for _, test in folds.split(labelled, labels, groups[labelled]):
            is_tested = np.isin(groups, groups[labelled[test]])
            yield np.flatnonzero(~is_tested), labelled[test]


class OutlierKFold(StratifiedKFold):
    """Split normal rows and outliers into folds, and train on normal rows only.

    Each test set is a fold, with the share of outliers that all rows have; its training set is the normal rows of the
    other folds. So every row is in one test set, and `cross_val_predict` takes the splits too. With `groups`, rows of a
    group, such as those of one person, are all on the same side.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, two at least, and no more than outliers.
    n_repeats : int, default=1
        How many times rows are split into folds, each time otherwise; more than once with `shuffle` only.
    shuffle : bool, default=False
        Whether to shuffle normal rows, and outliers, before they are split.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same folds in each call, with `shuffle`.

    See Also
    --------
    skaae.metrics.scorers : Scorers of outliers.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae.model_selection import OutlierKFold
    >>> y = np.array([1, 1, 1, 1, -1, -1])
    >>> for train, test in OutlierKFold(2).split(y[:, None], y):
    ...     print(train, test)
    [2 3] [0 1 4]
    [0 1] [2 3 5]
    """

    __metadata_request__split: ClassVar[dict[str, bool]] = {"groups": True}

    def __init__(
        self, n_splits: int = 5, *, n_repeats: int = 1, shuffle: bool = False, random_state: Any = None
    ) -> None:
        super().__init__(n_splits, shuffle=shuffle, random_state=random_state)
        check_integer("n_repeats", n_repeats, 1)
        if n_repeats > 1 and not shuffle:
            raise ValueError(f"Folds are repeated with `shuffle=True` only. Got `n_repeats={n_repeats}` without it.")
        self.n_repeats = n_repeats

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Number of splits.

        Parameters
        ----------
        X, y, groups : object
            Ignored, present by convention.

        Returns
        -------
        n_splits : int
            ``n_splits * n_repeats``.
        """
        return int(self.n_splits * self.n_repeats)

    def split(self, X: Any, y: Any, groups: Any = None) -> Iterator[Split]:
        """Generate the indices of training and test rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            -1 for outliers, 1 for normal rows.
        groups : array-like of shape (n_samples,) or None, default=None
            What rows belong together, such as the person whose rows they are. None of a group is in a training set
            while another is in the test set.

        Yields
        ------
        train : ndarray
            Indices of the normal rows of the other folds.
        test : ndarray
            Indices of the fold's normal rows and outliers.
        """
        indexable(X, y, groups)
        is_outlier = which_are_outliers(y)
        groups = None if groups is None else encode_groups(groups)
        for kind, rows in (("outliers", is_outlier), ("normal rows", ~is_outlier)):
            n = rows.sum() if groups is None else len(np.unique(groups[rows]))
            if n < self.n_splits:
                kind = kind if groups is None else f"groups with {kind}"
                raise ValueError(f"There must be as many {kind} as folds ({self.n_splits}) at least. Got {n}.")
        random_state = check_random_state(self.random_state) if self.shuffle else None
        folds = StratifiedKFold if groups is None else StratifiedGroupKFold
        for _ in range(self.n_repeats):
            splitter = folds(self.n_splits, shuffle=self.shuffle, random_state=random_state)
            for train, test in splitter.split(is_outlier, is_outlier, groups):
                if len(np.unique(is_outlier[test])) < 2:
                    raise ValueError(
                        "Every fold must have outliers and normal rows. Got one of a single kind, because groups are"
                        " not divided: use fewer folds, or `shuffle` with another `random_state`."
                    )
                yield train[~is_outlier[train]], test


def encode_groups(groups: Any) -> NDArray[np.intp]:
    """Groups as integers."""
    codes, _ = pd.factorize(column_or_1d(groups))
    if (codes < 0).any():
        raise ValueError(f"`groups` must have a group for every row. Got {int((codes < 0).sum())} that are missing.")
    return np.asarray(codes)
