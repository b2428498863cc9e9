r"""Known outliers: a few rows of which it is known that they are outliers, -1 in ``y``, steer the score of all rows.

Other rows are normal, 1, or of unknown kind, 0 or missing: most are normal, but some are outliers nobody has marked.
So trees learn to tell the known outliers from small random draws of the others, in which hardly an outlier is, and are
averaged (Mordelet and Vert, "A bagging SVM to learn from positive and unlabeled examples", 2014); they see the columns
and what the scorers say of a row (Zhao and Hryniewicki, "XGBOD: improving supervised outlier detection with
unsupervised representation learning", 2018). A logistic regression that is shrunk strongly, and sees the columns only,
needs even fewer outliers. Each classifier's score becomes a negative log p-value among the other rows, as the scorers'
combined score :math:`u` does, and of :math:`n` known outliers the score is

.. math:: (1 - w) \, u + w \, (s_\text{trees} + s_\text{logistic}) / 2, \quad w = \min(n / (n + 2), 0.8),

so that outliers of a kind that is not known are found too.
"""

from __future__ import annotations

import warnings
from numbers import Real
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import column_or_1d

from ._labels import to_array
from ._score_calibration import NegativeLogPValue
from ._scorer_groups import ScoredRows

__all__ = ["OUTLIER", "KnownOutliers", "read_known_outliers", "read_labels"]

PRIOR_OUTLIERS, MAX_WEIGHT = 2, 0.8  # n / (n + 2) is the weight of n known outliers, up to 0.8
N_DRAWS, TREES_PER_DRAW = 20, 5
OTHERS_PER_OUTLIER, MIN_DRAWN_OTHERS = 10, 50
MAX_DRAWN_OUTLIERS = 500
INVERSE_PENALTY = 0.01  # of the logistic regression, C

OUTLIER, UNKNOWN, NORMAL = -1, 0, 1
MIN_OTHERS = 2  # rows that are not known to be outliers
MAX_SHOWN = 5
MEANING = "-1 for rows known to be outliers, 1 for rows known to be normal, 0 or a missing value for others"


class KnownOutliers:
    """Creates a score that rows like known outliers have more of.

    Parameters
    ----------
    seed : int
        Seed of the draws and of the trees.

    Attributes
    ----------
    weight_ : float
        Weight of the classifiers.
    trees_ : ExtraTreesClassifier
        Trees, each fitted to a draw of known outliers and of others.
    scaler_, logistic_ : StandardScaler, LogisticRegression
        The other classifier.
    calibrations_ : list of NegativeLogPValue
        Calibrations of the combined score, the trees and the logistic regression by rows that are not known outliers.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def fit(self, others: ScoredRows, outliers: ScoredRows) -> Self:
        """Learn what tells known outliers from other rows."""
        n = len(outliers.X)
        self.weight_ = min(n / (n + PRIOR_OUTLIERS), MAX_WEIGHT)
        by_trees = self._fit_trees(inputs_of_trees(others), inputs_of_trees(outliers))
        X, is_outlier = np.concatenate([others.X, outliers.X]), np.repeat([False, True], [len(others.X), n])
        self.scaler_ = StandardScaler().fit(X)
        self.logistic_ = LogisticRegression(C=INVERSE_PENALTY, class_weight="balanced")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # nothing a user could do, nor much harm
            self.logistic_.fit(self.scaler_.transform(X), is_outlier)
        scores = [others.combined, by_trees, self._score_by_logistic(others)]
        self.calibrations_ = [NegativeLogPValue().fit(each) for each in scores]
        return self

    def steer(self, scored: ScoredRows) -> NDArray[np.float64]:
        """Scores of rows, (n_samples,)."""
        by_trees = self.trees_.predict_proba(inputs_of_trees(scored))[:, 1]
        scores = [scored.combined, by_trees, self._score_by_logistic(scored)]
        pairs = zip(self.calibrations_, scores, strict=True)
        combined, *by_classifiers = (calibration.transform(each) for calibration, each in pairs)
        return np.asarray((1 - self.weight_) * combined + self.weight_ * np.mean(by_classifiers, axis=0))

    def steer_shares(self, shares: NDArray[np.float64], scored: ScoredRows) -> NDArray[np.float64]:
        """Shares of the columns, (n_samples, n_features): those in the combined score, and in the logistic one."""
        parts = (self.scaler_.transform(scored.X) * self.logistic_.coef_).clip(0)
        total = parts.sum(axis=1, keepdims=True)
        by_logistic = np.divide(parts, total, where=total > 0, out=shares.copy())
        return np.asarray((1 - self.weight_) * shares + self.weight_ * by_logistic)

    def _fit_trees(self, others: NDArray[np.float32], outliers: NDArray[np.float32]) -> NDArray[np.float64]:
        """Fit trees draw by draw; the probabilities of the other rows, (n_others,), by trees that did not see them."""
        rng = np.random.RandomState(self.seed)
        n_outliers = min(len(outliers), MAX_DRAWN_OUTLIERS)
        n_others = min(len(others), max(OTHERS_PER_OUTLIER * n_outliers, MIN_DRAWN_OTHERS))
        is_outlier = np.repeat([False, True], [n_others, n_outliers])
        sample_weight = np.where(is_outlier, n_others / n_outliers, 1.0)
        self.trees_ = ExtraTreesClassifier(0, warm_start=True, random_state=self.seed)
        sums, counts = np.zeros(len(others)), np.zeros(len(others))
        for _ in range(N_DRAWS):
            drawn = rng.choice(len(others), n_others, replace=False)
            X = np.concatenate([others[drawn], outliers[rng.choice(len(outliers), n_outliers)]])
            self.trees_.set_params(n_estimators=self.trees_.n_estimators + TREES_PER_DRAW)
            self.trees_.fit(X, is_outlier, sample_weight)
            unseen = np.setdiff1d(np.arange(len(others)), drawn)
            unseen = unseen if len(unseen) else drawn
            for tree in self.trees_.estimators_[-TREES_PER_DRAW:]:
                sums[unseen] += tree.predict_proba(others[unseen])[:, 1]
            counts[unseen] += TREES_PER_DRAW
        return np.asarray(sums / counts.clip(1))

    def _score_by_logistic(self, scored: ScoredRows) -> NDArray[np.float64]:
        return np.asarray(self.logistic_.decision_function(self.scaler_.transform(scored.X)))


def inputs_of_trees(scored: ScoredRows) -> NDArray[np.float32]:
    """The columns and the scores of rows, (n_samples, n_inputs)."""
    inputs = np.column_stack([scored.X, scored.log_p_values, scored.groups, scored.combined])
    return inputs.astype(np.float32)


def read_known_outliers(y: Any, n_samples: int) -> NDArray[np.intp]:
    """Indices of the rows that are known to be outliers, (n_outliers,), none if there are no labels.

    Raises
    ------
    ValueError
        If the labels are not -1, 1, and 0 or missing, or if hardly a row is left to compare outliers with.

    Warns
    -----
    UserWarning
        If labels might mean something else: they are 0 and 1, as those of PyOD are, or most are -1.
    """
    labels = read_labels(y, n_samples)
    outliers, distinct = np.flatnonzero(labels == OUTLIER), np.unique(labels)
    if not len(outliers):  # classes, say, which searches pass on
        if distinct.tolist() == [0, 1]:
            warnings.warn(
                "`y` must have -1 for rows known to be outliers. Got 0 and 1, which change nothing: PyOD's labels, 1"
                " for outliers, become these by `np.where(y == 1, -1, 1)`.",
                UserWarning,
                stacklevel=5,
            )
        return outliers
    if others := np.setdiff1d(distinct, (OUTLIER, UNKNOWN, NORMAL)).tolist():
        raise ValueError(f"`y` must have numbers: {MEANING}. Got {others[:MAX_SHOWN]} too.")
    n_others = n_samples - len(outliers)
    if n_others < MIN_OTHERS:
        raise ValueError(
            f"{MIN_OTHERS} rows at least must not be known to be outliers, -1 in `y`, because outliers are found by how"
            f" they differ from others. Got {n_others} of {n_samples} rows."
        )
    if len(outliers) > n_others:
        warnings.warn(
            f"Outliers should be fewer than other rows. Got {len(outliers)} of {n_samples} rows that are known to be"
            " outliers, -1 in `y`: rows without a label must have 0 or a missing value here.",
            UserWarning,
            stacklevel=5,
        )
    return outliers


def read_labels(y: Any, n_samples: int) -> NDArray[np.float64]:
    """Labels of rows as numbers, 0 where they are missing.

    Raises
    ------
    ValueError
        If there is not one number for each row.
    """
    labels = np.zeros(n_samples) if y is None else as_numbers(y)
    if len(labels) != n_samples:
        raise ValueError(f"`y` must have a label for each row. Got {len(labels)} labels and {n_samples} rows.")
    return labels


def as_numbers(y: Any) -> NDArray[np.float64]:
    """Labels as numbers, 0 where they are missing."""
    labels = column_or_1d(to_array(y), warn=True)
    missing = np.asarray(pd.isna(labels))
    if labels.dtype.kind not in "iuf":
        present = labels[~missing].tolist()
        wrong = next((label for label in present if not isinstance(label, Real) or isinstance(label, bool)), None)
        if wrong is not None:
            advice = " If True marks outliers, `np.where(y, -1, 0)` says so." if isinstance(wrong, bool) else ""
            raise ValueError(f"`y` must have numbers: {MEANING}. Got {wrong!r:.80}.{advice}")
    return np.where(missing, UNKNOWN, labels).astype(np.float64)
