import warnings

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.svm import SVC

from skaae.estimators import _teachers
from skaae.estimators._network_teacher import PriorFittedTeacher, is_for_network
from skaae.estimators._teachers import TeacherEnsemble
from skaae.table import TableEncoder
from skaae.table._cells import CellLayout
from skaae.table._scalers import ColumnScaler


@pytest.fixture
def blobs():
    """Three blobs, four labels of each."""
    X, y = make_blobs(300, centers=3, cluster_std=1.0, random_state=0)
    few = np.full(300, -1)
    for label in range(3):
        few[np.flatnonzero(y == label)[:4]] = label
    return X, y, few


def test_default_teachers(blobs):
    X, y, few = blobs
    ensemble = TeacherEnsemble().fit(X, few)
    probabilities = ensemble.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(1), 1)
    assert (probabilities.argmax(1) == y).mean() > 0.8
    np.testing.assert_allclose(ensemble.weights_.sum(), 1)


def test_a_better_teacher_has_more_weight(blobs):
    X, _, few = blobs
    weights = TeacherEnsemble([DummyClassifier(), LogisticRegression()]).fit(X, few).weights_
    assert weights[1] > 0.9


def test_held_out_labels_are_not_learned(blobs):
    """A teacher that overfits the labels has no more weight than one that always predicts the same."""
    X, _, few = blobs
    shuffled = few.copy()
    shuffled[few >= 0] = np.random.default_rng(0).permutation(few[few >= 0])
    overfitted = SelfTrainingClassifier(LogisticRegression(C=1e6))
    weights = TeacherEnsemble([DummyClassifier(), overfitted]).fit(X, shuffled).weights_
    assert weights[0] > 0.9


def test_only_semi_supervised_teachers_learn_from_unlabelled_rows(blobs):
    X, _, few = blobs
    supervised, self_training = (
        TeacherEnsemble([LogisticRegression(), SelfTrainingClassifier(LogisticRegression())]).fit(X, few).teachers_
    )
    assert supervised.classes_.tolist() == [0, 1, 2]
    assert len(self_training.transduction_) == 300


def test_the_scale_of_unlabelled_rows_does_not_change_supervised_teachers(blobs):
    X, _, few = blobs
    X[few < 0] = 30 * X[few < 0] + 7
    labelled = few >= 0
    by_all, by_labelled = (ColumnScaler().fit(rows) for rows in (X, X[labelled]))
    one, other = (TeacherEnsemble([LogisticRegression()], n_folded_columns=2) for _ in range(2))
    one.fit(by_all.transform(X), few)
    other.fit(by_labelled.transform(X[labelled]), few[labelled])
    probabilities = one.predict_proba(by_all.transform(X)), other.predict_proba(by_labelled.transform(X))
    np.testing.assert_allclose(*probabilities, atol=1e-5)


def test_semi_supervised_teachers_have_a_penalty(blobs):
    X, _, few = blobs
    self_training = SelfTrainingClassifier(LogisticRegression(), threshold=0.999999)  # adds no label
    weights = TeacherEnsemble([LogisticRegression(), self_training]).fit(X, few).weights_
    np.testing.assert_allclose(weights, [1 / (1 + np.exp(-2)), 1 / (1 + np.exp(2))], atol=0.02)


class Dull(LogisticRegression):
    """Says the right class, and is hardly sure."""

    def predict_proba(self, X):
        return (super().predict_proba(X) + 2) / (1 + 2 * len(self.classes_))


class Rash(LogisticRegression):
    """Is as good as sure, and often wrong."""

    def predict_proba(self, X):
        return np.eye(len(self.classes_))[super().predict_proba(X).argmax(1)]


def test_held_out_labels_tell_how_sure_to_be(blobs):
    X, y, _ = blobs
    few = np.where(np.arange(300) < 90, y, -1)
    ensembles = [TeacherEnsemble([teacher, teacher]).fit(X, few) for teacher in (Dull(), LogisticRegression(), Rash())]
    temperatures = [ensemble.temperature_ for ensemble in ensembles]
    assert temperatures[0] < 0.6
    assert temperatures[0] < temperatures[1] < temperatures[2]
    assert temperatures[2] > 1.2
    plain = Dull().fit(X[:90], y[:90]).predict_proba(X)
    np.testing.assert_array_equal(ensembles[0].predict_proba(X).argmax(1), plain.argmax(1))
    assert log_loss(y[90:], ensembles[0].predict_proba(X)[90:]) < log_loss(y[90:], plain[90:]) - 0.2


def test_without_held_out_labels_teachers_are_less_sure(blobs):
    X, _, _ = blobs
    few = np.full(300, -1)
    few[:3] = [0, 1, 2]
    assert TeacherEnsemble([LogisticRegression(), Dull()]).fit(X, few).temperature_ == 1.5
    one = TeacherEnsemble([LogisticRegression()]).fit(X, few)
    np.testing.assert_allclose(one.predict_proba(X), one.teachers_[0].predict_proba(X).clip(1e-3), atol=2e-3)


@pytest.mark.parametrize("labels", [[0, 1, 2], [0, 0, 1, 1, 2], [0, 0, 0, 0, 1, 2], [0, 1] + [2] * 30])
def test_classes_of_one_row(blobs, labels):
    X, _, _ = blobs
    few = np.full(300, -1)
    few[: len(labels)] = labels
    probabilities = TeacherEnsemble().fit(X, few).predict_proba(X)
    assert probabilities.shape == (300, 3)
    assert np.isfinite(probabilities).all()


def test_one_label_of_many_classes_gives_no_warning():
    X, y = make_blobs(120, centers=40, random_state=0)
    few = np.where(np.arange(120) < 80, y, -1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ensemble = TeacherEnsemble([LogisticRegression(), GaussianNB(var_smoothing=1e-2)]).fit(X, few)
    assert ensemble.predict_proba(X).shape == (120, 40)


@pytest.mark.parametrize("teachers", [[], [LogisticRegression(), SVC()]])
def test_teachers_must_predict_probabilities(blobs, teachers):
    X, _, few = blobs
    with pytest.raises(ValueError, match="`teachers` must be one classifier or more, with `predict_proba`"):
        TeacherEnsemble(teachers).fit(X, few)


def test_subsamples_of_many_rows(blobs, monkeypatch):
    X, _, few = blobs
    monkeypatch.setattr(_teachers, "MAX_ROWS", 100)
    (teacher,) = TeacherEnsemble([SelfTrainingClassifier(LogisticRegression())]).fit(X, few).teachers_
    assert len(teacher.transduction_) == 100
    assert set(few[few >= 0]) <= set(teacher.transduction_)
    monkeypatch.setattr(_teachers, "MAX_CROSS_VALIDATION_ROWS", 6)
    assert np.isfinite(TeacherEnsemble().fit(X, few).predict_proba(X)).all()
    monkeypatch.setattr(_teachers, "MAX_LABELLED_ROWS", 9)
    (teacher,) = TeacherEnsemble([SelfTrainingClassifier(LogisticRegression())]).fit(X, few).teachers_
    assert (teacher.labeled_iter_ == 0).sum() == 9


def has_network(ensemble):
    return any(isinstance(teacher, PriorFittedTeacher) for teacher in ensemble.teachers_)


def test_the_prior_fitted_network_is_one_of_them(blobs):
    X, y, few = blobs
    encoder = TableEncoder().fit(X)
    ensemble = TeacherEnsemble(n_folded_columns=2, layout=CellLayout.of(encoder)).fit(encoder.transform(X), few)
    assert has_network(ensemble)
    assert ensemble.weights_[-1] > 0.05
    alone = PriorFittedTeacher(CellLayout.of(encoder)).fit(encoder.transform(X), few)
    assert (alone.predict_proba(encoder.transform(X)).argmax(1) == y).mean() > 0.8


def test_the_prior_fitted_network_steps_aside():
    layout, rows = CellLayout(4, ()), np.full(25_001, -1)
    rows[:4] = [0, 1, 0, 1]
    assert is_for_network(rows[:25_000], layout)
    assert not is_for_network(rows, layout)
    assert not is_for_network(rows[:100], CellLayout(1_001, ()))
    assert is_for_network(np.arange(100) % 2, layout)
    assert not is_for_network(np.arange(101) % 2, layout)
    assert not is_for_network(np.arange(501) % 20, layout)
    assert not is_for_network(np.arange(54) % 27, layout)


@pytest.mark.parametrize(
    "teacher", [LogisticRegression(), KNeighborsClassifier(50), make_pipeline(LogisticRegression())]
)
def test_teachers_without_weights_know_how_often_classes_are_by_weight(teacher):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 600)
    X = rng.normal(size=(600, 2)) + y[:, None]
    weighted = TeacherEnsemble([teacher]).fit(X, y, sample_weight=np.where(y == 1, 5.0, 1.0)).predict_proba(X)
    rows = np.repeat(np.arange(600), np.where(y == 1, 5, 1))
    repeated = TeacherEnsemble([teacher]).fit(X[rows], y[rows]).predict_proba(X)
    unweighted = TeacherEnsemble([teacher]).fit(X, y).predict_proba(X)
    assert abs(weighted[:, 1].mean() - repeated[:, 1].mean()) < 0.08
    assert repeated[:, 1].mean() - unweighted[:, 1].mean() > 0.2
