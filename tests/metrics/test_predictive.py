from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from known_samples import MADE_TABLE, REAL_TABLE
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import r2_score, roc_auc_score

from skaae.metrics import detection_score, utility_score


def test_samples_of_one_distribution_are_not_detected():
    first, second = (
        pd.DataFrame({"a": np.random.default_rng(seed).standard_normal(600)}).assign(
            b=lambda rows: (rows.a > 0).map({True: "yes", False: None})
        )
        for seed in (0, 1)
    )
    assert detection_score(first, second, random_state=0) == pytest.approx(0.5, abs=0.07)


def test_dependences_of_columns_are_detected():
    rng = np.random.default_rng(0)
    real = rng.choice([-1.0, 1.0], 800)[:, None] * np.abs(rng.standard_normal((800, 2)))  # of one sign in each row
    shuffled = np.column_stack([rng.permutation(column) for column in real.T])
    assert detection_score(real, shuffled, random_state=0) > 0.65
    linear = detection_score(real, shuffled, estimator=LogisticRegression(), random_state=0)
    assert linear == pytest.approx(0.5, abs=0.08)


def test_new_category_is_detected():
    real = pd.DataFrame({"a": ["x", "y"] * 200})
    score = detection_score(real, real.replace("y", "z"), random_state=0)
    assert score == pytest.approx(7 / 8, abs=0.02)  # half of the rows are told for sure


def test_columns_are_matched_by_name():
    rng = np.random.default_rng(0)
    real = pd.DataFrame({1: rng.standard_normal(200), "1": rng.standard_normal(200), "kind": ["(other)", "b"] * 100})
    assert detection_score(real, real.assign(**{"1": real["1"] + 9}), random_state=0) > 0.99


def test_folds_are_shuffled():
    sorted_rows = np.sort(np.random.default_rng(0).standard_normal((300, 1)), axis=0)
    assert detection_score(sorted_rows, sorted_rows, random_state=0) < 0.6


def test_more_categories_than_gradient_boosting_supports():
    names = pd.DataFrame({"a": [f"name {i}" for i in range(600)], "b": 1.0})
    assert detection_score(names, names.assign(b=2.0), random_state=0) == 1


@pytest.mark.parametrize("seed", [lambda: 3, lambda: np.random.RandomState(3), lambda: np.random.default_rng(3)])
def test_same_random_state_gives_the_same_score(seed):
    scores = {detection_score(REAL_TABLE, MADE_TABLE, random_state=seed()) for _ in range(2)}
    assert len(scores) == 1


def test_utility_score_of_classifiers():
    X, y = load_iris(return_X_y=True)
    model = LogisticRegression(max_iter=1000)
    expected = roc_auc_score(y[::2], model.fit(X[1::2], y[1::2]).predict_proba(X[::2]), multi_class="ovr")
    assert utility_score(X[::2], y[::2], X[1::2], y[1::2], estimator=model) == pytest.approx(expected)
    accuracy = utility_score(
        X[::2], y[::2].astype(str), X[1::2], y[1::2].astype(str), estimator=model, scoring="accuracy"
    )
    assert accuracy == pytest.approx(model.score(X[::2], y[::2]))
    two = y > 0
    expected = roc_auc_score(y[two][::2], model.fit(X[two][1::2], y[two][1::2]).predict_proba(X[two][::2])[:, 1])
    assert utility_score(X[two][::2], y[two][::2], X[two][1::2], y[two][1::2], estimator=model) == pytest.approx(
        expected
    )


def test_utility_score_of_regression_is_r2():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 2))
    y = X @ [1.0, 2.0] + 0.1
    expected = r2_score(y[:200], LinearRegression().fit(X[200:], y[200:]).predict(X[:200]))
    assert utility_score(X[:200], y[:200], X[200:], y[200:], estimator=LinearRegression()) == pytest.approx(expected)
    assert 0.9 < utility_score(X[:200], y[:200], X[200:], y[200:], random_state=0) < 1


def test_utility_score_of_tables():
    real, made = (table.assign(kind=table.kind.replace("a", None)) for table in (REAL_TABLE, MADE_TABLE))
    targets = [table.number.gt(0).map({True: "up", False: "down"}) for table in (real, made)]
    assert utility_score(real, targets[0], made, targets[1], random_state=0) > 0.98


def test_class_without_generated_rows():
    X, y = load_iris(return_X_y=True)
    known = y < 2
    without = utility_score(X, y, X[known], y[known], random_state=0)
    assert 0.6 < without < utility_score(X, y, X, y, random_state=0)
    assert utility_score(X, y, X, y, estimator=DummyClassifier()) == 0.5
    assert utility_score(X, y, X[:50], y[:50], random_state=0) == 0.5


def test_classes_of_different_dtypes():
    X, y = load_iris(return_X_y=True)
    X, y = X[y > 0], y[y > 0]
    for other in (y.astype(float), y.astype(str), pd.Series(y).astype("category")):
        assert utility_score(X, y, X, other, random_state=0) > 0.99
        assert utility_score(X, y, X, other, scoring="accuracy", random_state=0) > 0.95
    assert utility_score(X, y - 1, X, y - 1, scoring="f1", random_state=0) > 0.95
    with pytest.raises(ValueError, match=r"must be the same. Got \['a', 'b'\] for \['1', '2'\]"):
        utility_score(X, y, X, np.where(y == 1, "a", "b"))


def test_invalid_input_raises():
    with pytest.raises(ValueError, match=r"`n_folds` must be .* 300 at most.* Got 1"):
        detection_score(REAL_TABLE, MADE_TABLE, n_folds=1)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        utility_score(REAL_TABLE, [0, 1], MADE_TABLE, [0, 1])
    with pytest.raises(ValueError, match="two classes at least"):
        utility_score(REAL_TABLE, ["a"] * 300, MADE_TABLE, ["a", "b"] * 150)


def test_columns_with_few_present_cells():
    rng = np.random.default_rng(0)
    X = np.where(rng.random((40, 3)) < [0, 1, 0.95], np.nan, rng.standard_normal((40, 3)))
    assert 0.2 < detection_score(X, X, n_folds=5, random_state=0) < 0.8
    assert utility_score(X, X[:, 0] > 0, np.where(X > 9, 0, X), X[:, 0] > 0, random_state=0) > 0.9


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([0.0, 1.0, np.nan], "`y_real` must have a label for every row"),
        ([0.0, 1.0, np.inf], "`y_real` must have a label for every row, and finite ones"),
        (np.array(["a", 1, 2], dtype=object), "`y_real` must be all text or all numbers"),
    ],
)
def test_invalid_targets_raise(y, message):
    with pytest.raises(ValueError, match=message):
        utility_score(np.eye(3), y, np.eye(3), y)


def test_classes_as_bools_and_as_zeros_and_ones():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    y = X[:, 0] > 0
    expected = utility_score(X, y, X, y, random_state=0)
    for labels in (y.astype(int), y.astype(float), y.astype(object)):
        assert (
            utility_score(X, y, X, labels, random_state=0) == utility_score(X, labels, X, y, random_state=0) == expected
        )


@pytest.mark.parametrize("metric", [detection_score])
def test_equal_tables_in_other_dtypes_are_not_detected(metric):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"flag": rng.random(300) < 0.5, "x": rng.normal(size=300).round(2)})
    other = X.assign(flag=X.flag.astype(int), x=[Decimal(str(x)) for x in X.x])
    assert metric(X, other, random_state=0) < 0.6
    assert metric(other, X, random_state=0) < 0.6
