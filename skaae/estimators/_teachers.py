r"""Teachers: classifiers that learn from the labelled rows, and whose guesses about all rows a model is taught.

With few labels no one classifier is best on most tables, and too few labelled rows are left to choose one. So each
of :math:`M` counts by :math:`\exp(L_m / \tau)`, where :math:`L_m` is the log likelihood of labels that were held out
in turn (a posterior over models, after Hoeting, Madigan, Raftery and Volinsky, "Bayesian model averaging: a
tutorial", 1999), tempered by :math:`\tau`, because held-out rows of one small sample are no independent witnesses.
Teachers that go by unlabelled rows have to earn it: they are right where classes are clusters and badly wrong
elsewhere, and a handful of labels lets them look right by chance. The others know nothing of unlabelled rows, not even
through the scale of columns: where most rows are of one class, the scale of all rows squashes the tails in which the
rare classes lie. So what they say is what they would say without these rows.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.semi_supervised import LabelPropagation, LabelSpreading, SelfTrainingClassifier
from sklearn.utils import gen_batches

from ..table._scalers import ColumnScaler
from ._rows import ROWS_AT_ONCE

__all__ = ["Teachers"]

FOLDS = 5
TEMPERATURE = 3.0
HANDICAP = 6.0  # of log likelihood, for teachers that go by unlabelled rows
LEAST = 1e-3  # probability of a class below which a teacher is not believed
MAX_LABELLED = 10_000  # labelled rows that teachers learn from
MAX_HELD_OUT = 1_000  # labelled rows that they are weighed by
MAX_ROWS = 5_000  # rows whose neighbours are looked up
TAKE_UNLABELLED = (LabelPropagation, LabelSpreading, SelfTrainingClassifier)


def default_teachers(seed: int, n_rows: int) -> list[Any]:
    """Linear, with two strengths; trees, of two kinds; a network; and neighbours."""
    return [
        LogisticRegression(max_iter=1000),
        LogisticRegression(C=0.03, max_iter=1000),
        RandomForestClassifier(random_state=seed),
        ExtraTreesClassifier(random_state=seed),
        MLPClassifier((64,), solver="lbfgs", alpha=1.0, max_iter=50, random_state=seed),
        LabelSpreading(kernel="knn", n_neighbors=min(10, n_rows)),
    ]


class Teachers(ClassifierMixin, BaseEstimator):
    """Fit teachers to labels of which some are -1, and weigh them.

    Parameters
    ----------
    teachers : list of classifiers or None, default=None
        With `predict_proba`. Those of `sklearn.semi_supervised` are shown unlabelled rows too.
    seed : int, default=0
        For the folds, the choice of rows where there are many, and the default teachers.
    n_folded : int, default=0
        How many columns, from the first on, a `ColumnScaler` has folded. Teachers that go by labelled rows see these
        by the scale of the labelled rows.

    Attributes
    ----------
    teachers_ : list of classifiers
        As fitted to all labelled rows.
    weights_ : ndarray of shape (n_teachers,)
        How much each counts; they sum to 1.
    scaler_ : ColumnScaler
        The scale of the labelled rows.
    """

    def __init__(self, teachers=None, seed=0, n_folded=0):
        self.teachers = teachers
        self.seed = seed
        self.n_folded = n_folded

    def fit(self, X, y, n_classes=None):
        """Fit and weigh the teachers: `X` scaled rows, `y` positions of classes, of which some may lack, or -1."""
        self.n_classes_ = int(y.max()) + 1 if n_classes is None else n_classes
        X, y = self._some(X, y, MAX_LABELLED)
        teachers = default_teachers(self.seed, len(X)) if self.teachers is None else self.teachers
        unfit = [teacher for teacher in teachers if not hasattr(teacher, "predict_proba")]
        if not teachers or unfit:
            raise ValueError(f"`teachers` must be one classifier or more, with `predict_proba`. Got {unfit}.")
        self.scaler_ = ColumnScaler().fit(self._unfolded(X[y >= 0]))
        likelihoods = self._held_out_likelihoods(teachers, *self._some(X, y, MAX_HELD_OUT))
        likelihoods -= [HANDICAP * isinstance(teacher, TAKE_UNLABELLED) for teacher in teachers]
        weights = np.exp((likelihoods - likelihoods.max()) / TEMPERATURE)
        self.weights_ = weights / weights.sum()
        self.teachers_ = [taught(teacher, self._seen(teacher, X), y) for teacher in teachers]
        return self

    def predict_proba(self, X):
        """Class probabilities of rows, (n_samples, n_classes)."""
        probabilities = np.empty((len(X), self.n_classes_))
        for rows in gen_batches(len(X), ROWS_AT_ONCE):
            part = X[rows]
            pairs = zip(self.teachers_, self.weights_, strict=True)
            probabilities[rows] = sum(weight * self._asked(teacher, part) for teacher, weight in pairs)
        return probabilities

    def _some(self, X, y, max_labelled):
        """As many rows as teachers can take: labelled ones before others."""
        order = np.random.RandomState(self.seed).permutation(len(y))
        labelled, others = order[y[order] >= 0][:max_labelled], order[y[order] < 0]
        rows = np.sort(np.concatenate([labelled, others[: max(0, MAX_ROWS - len(labelled))]]))
        return X[rows], y[rows]

    def _held_out_likelihoods(self, teachers, X, y):
        """Log likelihood of labels that each teacher has not seen, summed over the labelled rows."""
        likelihoods = np.zeros(len(teachers))
        labelled = np.flatnonzero(y >= 0)
        n_folds = min(FOLDS, np.bincount(y[labelled]).max())
        if len(teachers) == 1 or n_folds < 2:
            return likelihoods
        folds = StratifiedKFold(n_folds, shuffle=True, random_state=self.seed)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The least populated class")
            splits = list(folds.split(labelled, y[labelled]))
        for shown, held_out in splits:
            if len(np.unique(y[labelled[shown]])) < 2:
                continue
            told, asked = y.copy(), labelled[held_out]
            told[asked] = -1
            for i, teacher in enumerate(teachers):
                guesses = self._asked(taught(teacher, self._seen(teacher, X), told), X[asked])
                likelihoods[i] += np.log(guesses[np.arange(len(asked)), y[asked]]).sum()
        return likelihoods

    def _seen(self, teacher, X):
        """Rows as a teacher sees them: unfolded, and folded by the scale of labelled rows, if it goes by these."""
        if isinstance(teacher, TAKE_UNLABELLED) or not self.n_folded:
            return X
        return np.hstack([self.scaler_.transform(self._unfolded(X)), X[:, self.n_folded :]])

    def _unfolded(self, X):
        return np.sinh(X[:, : self.n_folded].astype(np.float64))

    def _asked(self, teacher, X):
        """What one teacher believes; nothing is held impossible."""
        with np.errstate(invalid="ignore"):  # rows that no label has spread to
            guesses = np.nan_to_num(teacher.predict_proba(self._seen(teacher, X)))
        probabilities = np.zeros((len(X), self.n_classes_))
        probabilities[:, teacher.classes_] = guesses
        probabilities = probabilities.clip(LEAST)
        return probabilities / probabilities.sum(1, keepdims=True)


def taught(teacher: Any, X: np.ndarray, y: np.ndarray) -> Any:
    """A fitted copy of a teacher, which is shown unlabelled rows if it takes them."""
    shown = np.ones(len(y), bool) if isinstance(teacher, TAKE_UNLABELLED) else y >= 0
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.simplefilter("ignore", ConvergenceWarning)
        return clone(teacher).fit(X[shown], y[shown])
