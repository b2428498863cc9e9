import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn.utils.estimator_checks as checks
from sklearn.datasets import load_iris, load_wine

from skaae import PriorFittedClassifier
from skaae.estimators._labelled_context import LabelledContext


def hidden(y, n_labels, seed=0):
    """Labels of so many rows of each class, the others -1."""
    order = np.random.default_rng(seed).permutation(len(y))
    few = np.full(len(y), -1)
    for label in np.unique(y):
        shown = order[y[order] == label][:n_labels]
        few[shown] = label
    return few


@pytest.fixture(scope="module")
def wine():
    X, y = load_wine(return_X_y=True)
    return X, y, hidden(y, 3)


@pytest.fixture(scope="module")
def on_wine(wine):
    X, _, few = wine
    return PriorFittedClassifier(2, random_state=0).fit(X, few)


@pytest.mark.parametrize("load", [load_iris, load_wine])
def test_three_labels_of_each_class_are_enough(load):
    X, y = load(return_X_y=True)
    few = hidden(y, 3)
    model = PriorFittedClassifier(random_state=0).fit(X, few)
    assert model.score(X[few < 0], y[few < 0]) > 0.8


def test_one_label_of_each_class_will_do(wine):
    X, y, _ = wine
    assert PriorFittedClassifier(1, random_state=0).fit(X, hidden(y, 1)).score(X, y) > 0.6


def test_a_row_alone_is_classified_as_among_others(wine, on_wine):
    X = wine[0]
    together = on_wine.predict_proba(X)
    alone = np.vstack([on_wine.predict_proba(X[row : row + 1]) for row in range(5)])
    np.testing.assert_allclose(alone, together[:5], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(on_wine.predict_proba(X[::-1]), together[::-1], rtol=1e-4, atol=1e-6)


def test_the_order_and_names_of_classes_do_not_count(wine, on_wine):
    X, _, few = wine
    order = np.array([2, 0, 1])
    other = PriorFittedClassifier(2, random_state=0).fit(X, np.where(few < 0, -1, order[few]))
    np.testing.assert_allclose(other.predict_proba(X)[:, order], on_wine.predict_proba(X), rtol=1e-4, atol=1e-6)
    named = np.where(few < 0, None, np.array(["a", "b", "c"])[few])
    model = PriorFittedClassifier(2, random_state=0).fit(X, named)
    assert (model.predict(X) == np.array(["a", "b", "c"])[on_wine.predict(X)]).all()


def test_the_scale_of_columns_hardly_counts(wine, on_wine):
    X, _, few = wine
    other = PriorFittedClassifier(2, random_state=0).fit(7 * X - 3, few)
    np.testing.assert_allclose(other.predict_proba(X * 7 - 3), on_wine.predict_proba(X), atol=1e-3)


@pytest.fixture(scope="module")
def people():
    """Rows whose class shows in one category, one number with gaps and one date."""
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    table = pd.DataFrame(
        {
            "job": np.where(rng.random(200) < 0.8, np.array(["nurse", "smith"])[y], "cook"),
            "age": np.where(rng.random(200) < 0.3, np.nan, rng.normal(size=200) + y),
            "born": pd.Timestamp("2000-01-01") + pd.to_timedelta(rng.integers(9000, size=200), "D"),
            "member": rng.random(200) < 0.5,
        }
    )
    return table, y, np.where(np.arange(200) < 30, y, -1)


def test_tables_with_categories_dates_and_missing_cells(people):
    table, y, few = people
    model = PriorFittedClassifier(2, random_state=0).fit(table, few)
    assert model.score(table[30:], y[30:]) > 0.7


def test_missing_cells_and_new_categories_are_read_as_such(people):
    table, _, few = people
    model = PriorFittedClassifier(1, random_state=0).fit(table, few)
    rows = table[:3].copy()
    rows.loc[0, "job"] = "judge"
    rows.loc[1, "job"] = None
    rows.loc[2, "born"] = pd.NaT
    with pytest.warns(UserWarning, match="judge"):
        probabilities = model.predict_proba(rows)
    assert np.isfinite(probabilities).all()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cells = model._cells(rows)
    sources = model.table_encoder_.source_columns_[model._layout.encoded_columns].tolist()
    codes = cells[:, sources.index(0)]
    assert codes[0] == 3  # one more than the categories of training
    assert np.isnan(codes[1])
    assert np.isnan(cells[2]).any()


def test_more_classes_than_it_was_made_for_are_an_error():
    X = np.random.default_rng(0).normal(size=(60, 3))
    with pytest.raises(ValueError, match=r"at most 26 classes.* Got 30: use `SemiSupervisedAAEClassifier`"):
        PriorFittedClassifier().fit(X, np.arange(60) % 30)
    y = np.arange(60) % 26
    assert PriorFittedClassifier(1).fit(X, y).predict_proba(X[:2]).shape == (2, 26)


def test_many_columns_and_rows():
    rng = np.random.default_rng(0)
    y = np.arange(1500) % 2
    X = rng.normal(size=(1500, 100)) + y[:, None] * (np.arange(100) < 30)
    model = PriorFittedClassifier(1, random_state=0).fit(X, np.where(np.arange(1500) < 600, y, -1))
    assert np.bincount(model._context.labels + 1).tolist() == [0, 256, 256]
    assert model.score(X[1400:], y[1400:]) > 0.9


def test_columns_that_are_not_read_are_told():
    X, y = np.zeros((4, 600)) + np.arange(4)[:, None], [0, 1, 0, 1]
    with pytest.warns(UserWarning, match=r"`n_orders=4` the network reads 512 of 600 columns"):
        PriorFittedClassifier(random_state=0).fit(X, y)
    PriorFittedClassifier(10, random_state=0).fit(X, y)  # reads all, without a warning


def test_labelled_rows_are_chosen_class_by_class():
    labels = np.repeat([0, 1, 2, -1], [2000, 100, 20, 50])
    rows = LabelledContext.choose_rows(labels, 0)
    assert np.bincount(labels[rows] + 1).tolist() == [0, 392, 100, 20]


def test_few_labelled_rows_are_followed_by_others():
    labels = np.repeat([-1, 0, 1], [50, 10, 2])
    rows = LabelledContext.choose_rows(labels, 0)
    assert np.bincount(labels[rows] + 1).tolist() == [20, 10, 2]
    assert (labels[rows[:12]] >= 0).all()


def test_class_prior_follows_the_rule_of_bayes(wine, on_wine):
    X, y, _ = wine
    unequal = np.where(np.arange(len(y)) % 3 == 0, y, -1)
    shares = (np.bincount(y[::3]) + 1) / (len(y[::3]) + 3)
    model = PriorFittedClassifier(1, random_state=0).fit(X, unequal)
    np.testing.assert_allclose(model.class_prior_, shares)
    prior = np.array([0.2, 0.7, 0.1])
    other = PriorFittedClassifier(1, class_prior=prior, random_state=0).fit(X, unequal)
    ratio = other.predict_proba(X) / model.predict_proba(X) * shares / prior
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[:, :1], ratio.shape), rtol=1e-3)
    with pytest.raises(ValueError, match="`class_prior` must be 3 probabilities"):
        PriorFittedClassifier(class_prior=[0.5, 0.5]).fit(X, unequal)


def test_a_saved_one_is_small_and_answers_alike(wine, on_wine):
    saved = pickle.dumps(on_wine)
    assert len(saved) < 60_000  # without the weights
    np.testing.assert_array_equal(pickle.loads(saved).predict_proba(wine[0]), on_wine.predict_proba(wine[0]))


def test_a_fit_that_fails_leaves_the_estimator_as_it_was(wine):
    X, _, few = wine
    model = PriorFittedClassifier(1, random_state=0).fit(X, few)
    before = model.predict_proba(X[:3])
    with pytest.raises(ValueError, match="at least two classes"):
        model.fit(X[:, :2], np.zeros(len(X)))
    np.testing.assert_array_equal(model.predict_proba(X[:3]), before)


def test_the_check_that_uses_minus_one_passes_with_other_classes(monkeypatch):
    run = checks.check_classifiers_predictions

    def recoded(X, y, name, estimator):
        run(X, np.where(y == -1, 0, y) if y.dtype.kind == "i" else y, name, estimator)

    monkeypatch.setattr(checks, "check_classifiers_predictions", recoded)
    checks.check_classifiers_classes("PriorFittedClassifier", PriorFittedClassifier(1, random_state=0))
