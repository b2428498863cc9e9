import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.svm import SVC

from skaae.estimators import _teachers
from skaae.estimators._teachers import Teachers
from skaae.table._scalers import ColumnScaler


@pytest.fixture
def blobs():
    """Three groups, four labels of each."""
    X, y = make_blobs(300, centers=3, cluster_std=1.0, random_state=0)
    few = np.full(300, -1)
    for position in range(3):
        few[np.flatnonzero(y == position)[:4]] = position
    return X, y, few


def test_default_teachers_together(blobs):
    X, y, few = blobs
    teachers = Teachers().fit(X, few)
    guesses = teachers.predict_proba(X)
    np.testing.assert_allclose(guesses.sum(1), 1)
    assert (guesses.argmax(1) == y).mean() > 0.8
    np.testing.assert_allclose(teachers.weights_.sum(), 1)


def test_a_better_teacher_counts_more(blobs):
    X, _, few = blobs
    weights = Teachers([DummyClassifier(), LogisticRegression()]).fit(X, few).weights_
    assert weights[1] > 0.9


def test_held_out_labels_are_not_shown(blobs):
    """A teacher that knows what it was told by heart, and nothing else, counts no more than one that guesses."""
    X, _, few = blobs
    shuffled = few.copy()
    shuffled[few >= 0] = np.random.default_rng(0).permutation(few[few >= 0])
    by_heart = SelfTrainingClassifier(LogisticRegression(C=1e6))
    weights = Teachers([DummyClassifier(), by_heart]).fit(X, shuffled).weights_
    assert weights[0] > 0.9


def test_only_those_who_take_unlabelled_rows_are_shown_them(blobs):
    X, _, few = blobs
    plain, self_training = (
        Teachers([LogisticRegression(), SelfTrainingClassifier(LogisticRegression())]).fit(X, few).teachers_
    )
    assert plain.classes_.tolist() == [0, 1, 2]
    assert len(self_training.transduction_) == 300


def test_unlabelled_rows_do_not_even_scale_what_others_see(blobs):
    X, _, few = blobs
    X[few < 0] = 30 * X[few < 0] + 7
    told = few >= 0
    by_all, by_labelled = (ColumnScaler().fit(rows) for rows in (X, X[told]))
    one, other = (Teachers([LogisticRegression()], n_folded=2) for _ in range(2))
    one.fit(by_all.transform(X), few)
    other.fit(by_labelled.transform(X[told]), few[told])
    guesses = one.predict_proba(by_all.transform(X)), other.predict_proba(by_labelled.transform(X))
    np.testing.assert_allclose(*guesses, atol=1e-5)


def test_who_is_shown_unlabelled_rows_has_to_earn_it(blobs):
    X, _, few = blobs
    one_by_itself = SelfTrainingClassifier(LogisticRegression(), threshold=0.999999)  # labels nothing further
    weights = Teachers([LogisticRegression(), one_by_itself]).fit(X, few).weights_
    np.testing.assert_allclose(weights, [1 / (1 + np.exp(-2)), 1 / (1 + np.exp(2))], atol=0.02)


@pytest.mark.parametrize("labels", [[0, 1, 2], [0, 0, 1, 1, 2], [0, 0, 0, 0, 1, 2], [0, 1] + [2] * 30])
def test_classes_of_one_row(blobs, labels):
    X, _, _ = blobs
    few = np.full(300, -1)
    few[: len(labels)] = labels
    guesses = Teachers().fit(X, few).predict_proba(X)
    assert guesses.shape == (300, 3)
    assert np.isfinite(guesses).all()


@pytest.mark.parametrize("teachers", [[], [LogisticRegression(), SVC()]])
def test_who_cannot_teach(blobs, teachers):
    X, _, few = blobs
    with pytest.raises(ValueError, match="`teachers` must be one classifier or more, with `predict_proba`"):
        Teachers(teachers).fit(X, few)


def test_more_rows_than_teachers_can_take(blobs, monkeypatch):
    X, _, few = blobs
    monkeypatch.setattr(_teachers, "MAX_ROWS", 100)
    (teacher,) = Teachers([SelfTrainingClassifier(LogisticRegression())]).fit(X, few).teachers_
    assert len(teacher.transduction_) == 100
    assert set(few[few >= 0]) <= set(teacher.transduction_)
    monkeypatch.setattr(_teachers, "MAX_HELD_OUT", 6)
    assert np.isfinite(Teachers().fit(X, few).predict_proba(X)).all()
    monkeypatch.setattr(_teachers, "MAX_LABELLED", 9)
    (teacher,) = Teachers([SelfTrainingClassifier(LogisticRegression())]).fit(X, few).teachers_
    assert (teacher.labeled_iter_ == 0).sum() == 9
