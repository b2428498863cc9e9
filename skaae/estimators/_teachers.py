r"""An ensemble of classifiers that learn from the labelled rows, whose class probabilities are soft labels of all rows.

With few labels no one classifier is best on most tables, and too few labelled rows are left to select one. So each of
:math:`M` teachers has a weight proportional to :math:`\exp(L_m / \tau)`, where :math:`L_m` is its log likelihood of the
labels in cross-validation (a posterior over models, after Hoeting, Madigan, Raftery and Volinsky, "Bayesian model
averaging: a tutorial", 1999), and the temperature :math:`\tau` allows for folds of one small sample that are not
independent.

Semi-supervised teachers, which also learn from unlabelled rows, have a penalty on :math:`L_m`: they are right where
classes are clusters and badly wrong elsewhere, and with few labels they can look right by chance. The prior-fitted
network has none, because it reads unlabelled rows only where there are hardly any labels. Supervised teachers do not
depend on unlabelled rows, not even by the scale of columns: where most rows are of one class, the scale of all rows
squashes the tails in which the rare classes lie.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.semi_supervised import LabelPropagation, LabelSpreading, SelfTrainingClassifier
from sklearn.utils import gen_batches
from sklearn.utils.validation import has_fit_parameter

from .._plan import RowSource, TrainingData
from ..table import TableEncoder
from ..table._cells import CellLayout
from ..table._scalers import ColumnScaler
from ._class_prior import label_shares, reweight_classes
from ._network_teacher import PriorFittedTeacher, is_for_network
from ._training_data import CHUNK_ROWS

__all__ = ["TeacherEnsemble", "fit_teachers"]

N_FOLDS = 5
TEMPERATURE = 3.0
SEMI_SUPERVISED_PENALTY = 6.0  # of log likelihood
LOG_TEMPERATURE_MEAN, LOG_TEMPERATURE_SPREAD = 0.0, 0.3  # of a normal prior
ONE_LABEL_TEMPERATURE = 1.5  # of several teachers, where no class has a label that could be held out
MIN_PROBABILITY = 1e-3  # of a class: no teacher may rule one out
MAX_ROWS = 5_000  # with unlabelled ones, whose neighbours are looked up
MAX_LABELLED_ROWS = 10_000
MAX_CROSS_VALIDATION_ROWS = 1_000  # labelled ones
ASSUMING_CLUSTERS = (LabelPropagation, LabelSpreading, SelfTrainingClassifier)


def default_teachers(n_rows: int, seed: int, layout: CellLayout | None = None) -> list[Any]:
    """Linear models of two strengths, two kinds of forests, a network, and a semi-supervised graph of neighbours.

    And the prior-fitted network, where the layout of the rows is given.
    """
    prior_fitted = [] if layout is None else [PriorFittedTeacher(layout, seed)]
    return [
        LogisticRegression(max_iter=1000),
        LogisticRegression(C=0.03, max_iter=1000),
        RandomForestClassifier(random_state=seed),
        ExtraTreesClassifier(random_state=seed),
        MLPClassifier((64,), solver="lbfgs", alpha=1.0, max_iter=50, random_state=seed),
        LabelSpreading(kernel="knn", n_neighbors=min(10, n_rows)),
        *prior_fitted,
    ]


class HeldOut(NamedTuple):
    """Class probabilities of labelled rows by teachers that were fitted to other rows."""

    probabilities: NDArray[np.float64]  # (n_teachers, n_samples, n_classes)
    labels: NDArray[np.intp]
    weight: NDArray[np.float64] | None

    def log_likelihoods(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of the labels by probabilities (..., n_samples, n_classes), summed over the rows."""
        of_rows = np.log(probabilities[..., np.arange(len(self.labels)), self.labels])
        return np.asarray((of_rows if self.weight is None else of_rows * self.weight).sum(-1))


class TeacherInputs(NamedTuple):
    """Rows for teachers that learn from unlabelled rows too, and the same rows for supervised ones, (n, n_columns)."""

    semi_supervised: NDArray[Any]
    supervised: NDArray[Any]

    def of(self, teacher: Any) -> NDArray[Any]:
        """The rows for a teacher."""
        return self.semi_supervised if is_semi_supervised(teacher) else self.supervised

    def take(self, rows: NDArray[np.intp]) -> TeacherInputs:
        """Some of the rows."""
        return TeacherInputs(self.semi_supervised[rows], self.supervised[rows])


class TeacherEnsemble(ClassifierMixin, BaseEstimator):
    """Weighted ensemble of classifiers for partly labelled rows.

    Parameters
    ----------
    teachers : list of classifiers or None, default=None
        Classifiers with `predict_proba`. Those of `sklearn.semi_supervised` are fitted to unlabelled rows too. None is
        a default choice.
    random_state : int, default=0
        Seed of the folds, of subsamples of many rows, and of the default teachers.
    n_folded_columns : int, default=0
        Number of leading columns that a `ColumnScaler` has folded. For supervised teachers, they are scaled anew by
        the labelled rows alone.
    layout : CellLayout or None, default=None
        Where the cells of a table are in the rows. With it, the default teachers have the prior-fitted network among
        them where rows, columns, classes and labels are few.

    Attributes
    ----------
    teachers_ : list of classifiers
        Teachers, fitted to all labelled rows.
    weights_ : ndarray of shape (n_teachers,)
        Weights of the teachers, which sum to 1.
    temperature_ : float
        Temperature of the class probabilities.
    scaler_ : ColumnScaler
        Scaler of the folded columns, fitted to the labelled rows.
    n_classes_ : int
        Number of classes.
    weight_ratios_ : ndarray of shape (n_classes,) or None
        Shares of the classes by weight over those by number, by which the probabilities of teachers without weights are
        multiplied (Bayes' rule).
    """

    temperature_ = 1.0  # of files of earlier versions
    weight_ratios_: NDArray[np.float64] | None = None

    def __init__(
        self,
        teachers: Sequence[Any] | None = None,
        random_state: int = 0,
        n_folded_columns: int = 0,
        layout: CellLayout | None = None,
    ) -> None:
        self.teachers = teachers
        self.random_state = random_state
        self.n_folded_columns = n_folded_columns
        self.layout = layout

    def fit(
        self,
        X: NDArray[Any] | RowSource,
        y: NDArray[np.intp],
        n_classes: int | None = None,
        sample_weight: NDArray[np.float64] | None = None,
    ) -> Self:
        """Fit the teachers to scaled rows and class indices, -1 where unknown, and weigh them.

        Weights are those of labelled rows: supervised teachers with `sample_weight` are fitted by them, and the log
        likelihood sums by them.
        """
        self.n_classes_ = int(y.max()) + 1 if n_classes is None else n_classes
        layout = self.layout if self.layout is not None and is_for_network(y, self.layout) else None
        weight = None if sample_weight is None else sample_weight / sample_weight[y >= 0].mean()
        X, y, weight = self._subsample(X, y, weight, MAX_LABELLED_ROWS)
        teachers = default_teachers(len(X), self.random_state, layout) if self.teachers is None else self.teachers
        unfit = [teacher for teacher in teachers if not hasattr(teacher, "predict_proba")]
        if not teachers or unfit:
            raise ValueError(f"`teachers` must be one classifier or more, with `predict_proba`. Got {unfit}.")
        self.weight_ratios_ = None
        if weight is not None:
            counts = [np.bincount(y[y >= 0], each, self.n_classes_) for each in (weight[y >= 0], None)]
            self.weight_ratios_ = label_shares(counts[0]) / label_shares(counts[1])
        self.scaler_ = ColumnScaler().fit(self._unfold(X[y >= 0]))
        held_out = self._cross_validate(teachers, *self._subsample(X, y, weight, MAX_CROSS_VALIDATION_ROWS))
        log_likelihoods = held_out.log_likelihoods(held_out.probabilities)
        log_likelihoods -= [SEMI_SUPERVISED_PENALTY * isinstance(teacher, ASSUMING_CLUSTERS) for teacher in teachers]
        weights = np.exp((log_likelihoods - log_likelihoods.max()) / TEMPERATURE)
        self.weights_ = weights / weights.sum()
        self.temperature_ = fit_temperature(held_out, self.weights_)
        inputs = self._inputs(X)
        self.teachers_ = [fit_teacher(teacher, inputs.of(teacher), y, weight) for teacher in teachers]
        return self

    def predict_proba(self, X: NDArray[Any] | RowSource) -> NDArray[np.float64]:
        """Weighted mean of the teachers' class probabilities, at their temperature, (n_samples, n_classes)."""
        probabilities = np.empty((len(X), self.n_classes_))
        for batch in gen_batches(len(X), CHUNK_ROWS):
            pairs, inputs = zip(self.teachers_, self.weights_, strict=True), self._inputs(X[batch])
            probabilities[batch] = sum(weight * self._teacher_proba(teacher, inputs) for teacher, weight in pairs)
        return temper(probabilities, self.temperature_)

    def _subsample(
        self, X: NDArray[Any] | RowSource, y: NDArray[np.intp], weight: NDArray[np.float64] | None, max_labelled: int
    ) -> tuple[NDArray[Any], NDArray[np.intp], NDArray[np.float64] | None]:
        """A random part of the rows, labelled ones first."""
        order = np.random.RandomState(self.random_state).permutation(len(y))
        labelled, unlabelled = order[y[order] >= 0][:max_labelled], order[y[order] < 0]
        rows = np.sort(np.concatenate([labelled, unlabelled[: max(0, MAX_ROWS - len(labelled))]]))
        return X[rows], y[rows], None if weight is None else weight[rows]

    def _cross_validate(
        self, teachers: Sequence[Any], X: NDArray[Any], y: NDArray[np.intp], weight: NDArray[np.float64] | None
    ) -> HeldOut:
        """What each teacher says of labelled rows that it was not fitted to; nothing of a single one."""
        indices, probabilities = [np.zeros(0, np.intp)], [np.zeros((len(teachers), 0, self.n_classes_))]
        inputs = self._inputs(X)
        for y_train, held_out in self._folds(y) if len(teachers) > 1 else ():
            indices.append(held_out)
            of_fold, inputs_of_fold = [], inputs.take(held_out)
            for teacher in teachers:
                fitted = fit_teacher(teacher, inputs.of(teacher), y_train, weight)
                of_fold.append(self._teacher_proba(fitted, inputs_of_fold))
            probabilities.append(np.stack(of_fold))
        rows = np.concatenate(indices)
        return HeldOut(np.concatenate(probabilities, 1), y[rows], None if weight is None else weight[rows])

    def _folds(self, y: NDArray[np.intp]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Labels of two classes or more, those of a fold held out, and the indices of the fold."""
        labelled = np.flatnonzero(y >= 0)
        n_folds = min(N_FOLDS, np.bincount(y[labelled]).max())
        if n_folds < 2:
            return
        folds = StratifiedKFold(n_folds, shuffle=True, random_state=self.random_state)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The (least populated class|number of unique classes)")
            splits = list(folds.split(labelled, y[labelled]))
        for train, test in splits:
            if len(np.unique(y[labelled[train]])) > 1:
                y_train = y.copy()
                y_train[labelled[test]] = -1
                yield y_train, labelled[test]

    def _inputs(self, X: NDArray[Any]) -> TeacherInputs:
        """Rows for teachers: the folded columns of those for supervised ones are scaled by the labelled rows."""
        if not self.n_folded_columns:
            return TeacherInputs(X, X)
        rescaled = np.hstack([self.scaler_.transform(self._unfold(X)), X[:, self.n_folded_columns :]])
        return TeacherInputs(X, rescaled)

    def _unfold(self, X: NDArray[Any]) -> NDArray[np.float64]:
        return np.asarray(np.sinh(X[:, : self.n_folded_columns].astype(np.float64)))

    def _teacher_proba(self, teacher: Any, inputs: TeacherInputs) -> NDArray[np.float64]:
        """Class probabilities by one teacher, none of them zero."""
        with np.errstate(invalid="ignore"):  # rows that no label has spread to
            known = np.nan_to_num(teacher.predict_proba(inputs.of(teacher)))
        probabilities = np.zeros((len(known), self.n_classes_))
        probabilities[:, teacher.classes_] = known
        if not takes_weight(teacher):
            probabilities = reweight_classes(probabilities.clip(MIN_PROBABILITY), self.weight_ratios_)
        probabilities = probabilities.clip(MIN_PROBABILITY)
        return np.asarray(probabilities / probabilities.sum(1, keepdims=True))


def temper(probabilities: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Class probabilities at a temperature: below 1 they are surer."""
    powers = probabilities ** (1 / temperature)
    return np.asarray(powers / powers.sum(-1, keepdims=True))


def fit_temperature(held_out: HeldOut, weights: NDArray[np.float64]) -> float:
    """The temperature of a weighted mean that is most probable by held-out labels."""
    if not len(held_out.labels):
        return ONE_LABEL_TEMPERATURE if len(weights) > 1 else 1.0
    probabilities = np.tensordot(weights, held_out.probabilities, 1)

    def loss(log_temperature: float) -> float:
        distance = (log_temperature - LOG_TEMPERATURE_MEAN) / LOG_TEMPERATURE_SPREAD
        return 0.5 * distance**2 - float(held_out.log_likelihoods(temper(probabilities, np.exp(log_temperature))))

    return float(np.exp(minimize_scalar(loss, bounds=(-2, 2), method="bounded").x))


def is_semi_supervised(teacher: Any) -> bool:
    """Whether a teacher learns from unlabelled rows too."""
    return isinstance(teacher, (*ASSUMING_CLUSTERS, PriorFittedTeacher))


def takes_weight(teacher: Any) -> bool:
    """Whether a teacher is fitted by the weights of rows."""
    return not is_semi_supervised(teacher) and has_fit_parameter(teacher, "sample_weight")


def fit_teachers(
    estimator: Any, encoder: TableEncoder, data: TrainingData, fitted: dict[str, Any], seed: int
) -> TeacherEnsemble:
    """The teachers of a classifier, fitted to the rows to train on."""
    is_auto = isinstance(estimator.teachers, str)
    n_folded_columns = encoder.n_numeric_ if is_auto and estimator.scaling == "standard" else 0
    assert data.labels is not None
    layout = CellLayout.of(encoder) if is_auto else None
    ensemble = TeacherEnsemble(None if is_auto else estimator.teachers, seed, n_folded_columns, layout)
    return ensemble.fit(data.X, data.labels, len(fitted["classes_"]), data.sample_weight)


def fit_teacher(teacher: Any, X: NDArray[Any], y: NDArray[np.intp], weight: NDArray[np.float64] | None = None) -> Any:
    """A copy of a teacher, fitted to the labelled rows, and if it is semi-supervised to the others too."""
    rows = np.ones(len(y), bool) if is_semi_supervised(teacher) else y >= 0
    of_rows = {"sample_weight": weight[rows]} if weight is not None and takes_weight(teacher) else {}
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "The number of unique classes")  # of few labels of many classes
        return clone(teacher).fit(X[rows], y[rows], **of_rows)
