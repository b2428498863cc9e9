"""Classifiers of scikit-learn around a classifier whose rows are partly labelled."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_validate,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.utils import shuffle

from skaae import SemiSupervisedAAEClassifier
from skaae.model_selection import SemiSupervisedKFold

X, Y = shuffle(*load_iris(return_X_y=True), random_state=0)
LABELLED = np.arange(150) % 4 == 0
FEW = np.where(LABELLED, Y, -1)
MODEL = SemiSupervisedAAEClassifier(teachers=None, n_members=1, hidden_layer_sizes=16, max_iter=30, random_state=0)

AROUND = {
    "calibrated": lambda model: CalibratedClassifierCV(model, cv=2),
    "calibrated, one": lambda model: CalibratedClassifierCV(model, cv=2, ensemble=False),
    "calibrated, semi-supervised folds": lambda model: CalibratedClassifierCV(model, cv=SemiSupervisedKFold(2)),
    "voting": lambda model: VotingClassifier([("a", model), ("b", model)], voting="soft"),
    "voting, hard": lambda model: VotingClassifier([("a", model), ("b", model)]),
    "bagging": lambda model: BaggingClassifier(model, n_estimators=2, random_state=0),
    "stacking": lambda model: StackingClassifier([("a", model), ("b", model)], cv=2),
    "stacking, prefit": lambda model: StackingClassifier([("a", clone(model).fit(X, FEW))], cv="prefit"),
    "one versus rest": OneVsRestClassifier,
    "one versus one": OneVsOneClassifier,
    "output codes": lambda model: OutputCodeClassifier(model, random_state=0),
}
OF_TWO_CLASSES = {
    "tuned threshold": lambda model: TunedThresholdClassifierCV(model, cv=2),
    "fixed threshold": lambda model: FixedThresholdClassifier(model, threshold=0.4),
}


class WithUnlabelled(ClassifierMixin, BaseEstimator):
    """The guide's classifier, which keeps unlabelled rows inside."""

    def __init__(self, estimator, X_unlabelled):
        self.estimator = estimator
        self.X_unlabelled = X_unlabelled

    def fit(self, X, y):
        rows = np.vstack([X, self.X_unlabelled])
        labels = np.concatenate([y, np.full(len(self.X_unlabelled), -1)])
        self.estimator_ = clone(self.estimator).fit(rows, labels)
        self.classes_ = self.estimator_.classes_
        return self

    def predict(self, X):
        return self.estimator_.predict(X)

    def predict_proba(self, X):
        return self.estimator_.predict_proba(X)


@pytest.mark.parametrize("name", AROUND)
@pytest.mark.parametrize("y", [FEW, np.where(FEW < 0, "-1", np.array(list("abc"))[FEW])], ids=["numbers", "text"])
def test_no_classifier_around_it_takes_minus_one_for_a_class(name, y):
    with pytest.raises(ValueError, match=r"must be fitted to labelled rows only\. Got -1 among the classes of"):
        AROUND[name](MODEL).fit(X, y)


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast:RuntimeWarning")
@pytest.mark.parametrize("unlabelled", [-1, "-1", None, np.nan])
def test_boosting_takes_no_unlabelled_rows(unlabelled):
    classes = Y if unlabelled != "-1" else np.array(list("abc"))[Y]
    with pytest.raises(ValueError, match=r"labelled rows only\. Got others in AdaBoostClassifier|y contains NaN"):
        AdaBoostClassifier(MODEL, n_estimators=2).fit(X, np.where(LABELLED, classes, unlabelled))


@pytest.mark.parametrize("name", ["voting", "bagging", "one versus rest", "one versus one"])
def test_nor_in_other_processes(name):
    with pytest.raises(ValueError, match="Got -1 among the classes of"):
        AROUND[name](MODEL).set_params(n_jobs=2).fit(X, FEW)


@pytest.mark.filterwarnings(
    "ignore:invalid value encountered in cast:RuntimeWarning"
)  # of scikit-learn, before it raises
@pytest.mark.parametrize("missing", [np.nan, None])
@pytest.mark.parametrize("name", AROUND)
def test_missing_labels_raise(name, missing):
    with pytest.raises((ValueError, TypeError), match=r"contains NaN|Unknown label type|instances of 'NoneType'"):
        AROUND[name](MODEL).fit(X, np.where(LABELLED, Y, missing))


def test_within_a_pipeline_and_a_search():
    pipeline = make_pipeline(StandardScaler(), MODEL)
    search = GridSearchCV(VotingClassifier([("a", pipeline)]), {"voting": ["soft"]}, cv=2, error_score="raise")
    with pytest.raises(ValueError, match="Got -1 among the classes of VotingClassifier"):
        search.fit(X, FEW)


def test_calibration_of_a_frozen_model_takes_labelled_rows_only():
    model = clone(MODEL).fit(X, FEW)
    with pytest.raises(ValueError, match="Got -1 among the classes of CalibratedClassifierCV"):
        CalibratedClassifierCV(FrozenEstimator(model)).fit(X, FEW)
    calibrated = CalibratedClassifierCV(FrozenEstimator(model)).fit(X[LABELLED], Y[LABELLED])
    assert (calibrated.predict(X) == Y).mean() > 0.8


@pytest.mark.parametrize("name", OF_TWO_CLASSES)
def test_thresholds_of_partly_labelled_rows_raise(name):
    with pytest.raises(ValueError, match="Only binary classification is supported"):
        OF_TWO_CLASSES[name](MODEL).fit(X, FEW.clip(max=1))


@pytest.mark.parametrize("name", [name for name in AROUND if "folds" not in name and "prefit" not in name])
def test_unlabelled_rows_that_are_kept_inside(name):
    model = AROUND[name](WithUnlabelled(MODEL, X[~LABELLED])).fit(X[LABELLED], Y[LABELLED])
    assert model.classes_.tolist() == [0, 1, 2]
    assert (model.predict(X[~LABELLED]) == Y[~LABELLED]).mean() > 0.6


@pytest.mark.parametrize("name", OF_TWO_CLASSES)
def test_thresholds_with_unlabelled_rows_inside(name):
    y = Y.clip(max=1)
    model = OF_TWO_CLASSES[name](WithUnlabelled(MODEL, X[~LABELLED])).fit(X[LABELLED], y[LABELLED])
    assert (model.predict(X) == y).mean() > 0.8


def test_those_that_know_of_unlabelled_rows():
    assert SelfTrainingClassifier(MODEL, max_iter=1).fit(X, FEW).classes_.tolist() == [0, 1, 2]
    outputs = MultiOutputClassifier(MODEL).fit(X, np.column_stack([FEW, FEW]))
    assert [classes.tolist() for classes in outputs.classes_] == [[0, 1, 2]] * 2


def test_other_classifiers_nearby_do_not_matter():
    signs = RandomForestClassifier(5, random_state=0).fit(X, np.where(Y == 0, -1, 1))
    model = clone(MODEL).fit(X, FEW)
    assert -1 in signs.classes_
    assert cross_validate(MODEL, X, FEW, cv=SemiSupervisedKFold(2), error_score="raise")["test_score"].min() > 0.5
    assert cross_val_predict(MODEL, X, Y, cv=2, method="predict_proba").shape == (150, 3)
    teachers = SemiSupervisedAAEClassifier(teachers=[signs], n_members=1, max_iter=2, random_state=0).fit(X, FEW)
    assert set(teachers.predict(X)) <= set(model.classes_)
