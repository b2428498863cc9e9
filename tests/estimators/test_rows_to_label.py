import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression

from skaae import AAETransformer, PriorFittedClassifier, SemiSupervisedAAEClassifier
from skaae.estimators import _rows_to_label
from skaae.estimators._rows_to_label import choose_rows, margin_uncertainty


@pytest.fixture(scope="module")
def blobs():
    """Six blobs of one size in the plane, of two classes in turn."""
    X, blob = make_blobs(
        300, centers=[(6 * column, 6 * row) for row in range(2) for column in range(3)], random_state=0
    )
    return X, blob, blob % 2


@pytest.fixture(scope="module")
def classifier(blobs):
    X, _, y = blobs
    few = np.where(np.arange(300) < 12, y, -1)
    return SemiSupervisedAAEClassifier(teachers=[LogisticRegression()], n_members=1, max_iter=5, random_state=0).fit(
        X, few
    )


@pytest.fixture(scope="module")
def transformer(blobs):
    return AAETransformer(2, max_iter=20, random_state=0).fit(blobs[0])


def test_rows_to_begin_with_are_of_all_clusters(blobs, transformer):
    X, blob, _ = blobs
    rows = transformer.rows_to_label(X, 6, random_state=0)
    assert len(np.unique(blob[rows])) == 6
    centers = np.stack([X[blob == index].mean(0) for index in range(6)])
    assert np.linalg.norm(X[rows] - centers[blob[rows]], axis=1).max() < 1.2  # typical ones


def test_uncertain_rows_are_chosen_and_unlike_each_other():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2))
    uncertainty = np.exp(-np.square(3 * X[:, 0]))
    rows = choose_rows(X, 5, np.random.RandomState(0), uncertainty)
    assert np.abs(X[rows, 0]).max() < 0.5
    gaps = np.diff(np.sort(X[rows, 1]))
    assert gaps.min() > 0.3
    assert len(choose_rows(X, 5, np.random.RandomState(0), np.zeros(400))) == 5


def test_uncertainty_is_that_of_two_classes():
    probabilities = np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [0.5, 0.25, 0.25]])
    np.testing.assert_allclose(margin_uncertainty(probabilities), [1, 0, 0.75])


@pytest.mark.parametrize("n_rows", [1, 7, 300])
def test_as_many_different_rows_as_asked_for(blobs, classifier, transformer, n_rows):
    for model in (classifier, transformer):
        rows = model.rows_to_label(blobs[0], n_rows, random_state=0)
        assert len(np.unique(rows)) == n_rows
        assert rows.max() < 300
        np.testing.assert_array_equal(model.rows_to_label(blobs[0], n_rows, random_state=0), rows)


def test_copies_of_rows(blobs, classifier):
    same = np.repeat(blobs[0][:2], 20, axis=0)
    assert len(np.unique(classifier.rows_to_label(same, 5, random_state=0))) == 5


def test_a_part_of_many_rows_is_looked_at(blobs, classifier, monkeypatch):
    monkeypatch.setattr(_rows_to_label, "MAX_CANDIDATES", 20)
    chosen = [classifier.rows_to_label(blobs[0], 5, random_state=seed) for seed in range(8)]
    assert max(rows.max() for rows in chosen) > 100
    assert len(np.unique(classifier.rows_to_label(blobs[0], 30, random_state=0))) == 30


@pytest.mark.parametrize("n_rows", [0, 301, 2.5])
def test_numbers_of_rows_that_cannot_be_chosen(blobs, classifier, transformer, n_rows):
    for model in (classifier, transformer):
        with pytest.raises((ValueError, TypeError), match="n_rows"):
            model.rows_to_label(blobs[0], n_rows)


def test_data_frames_with_categories_and_missing_cells(blobs):
    X, _, y = blobs
    table = pd.DataFrame(X, columns=["x", "y"], index=np.arange(300) + 1000).assign(kind=np.array(["a", "b"])[y])
    table.loc[1003, "x"] = np.nan
    few = np.where(np.arange(300) < 12, y, -1)
    model = PriorFittedClassifier(1, random_state=0).fit(table, few)
    rows = model.rows_to_label(table[12:], 4, random_state=0)
    assert table[12:].iloc[rows].shape == (4, 3)
