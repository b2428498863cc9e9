"""Rows of a file are fetched batch by batch, and teach what they teach in memory."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from skaae import AAEClusterer, AAEOutlierDetector, AAETransformer, SemiSupervisedAAEClassifier
from skaae.callbacks import Checkpoint
from skaae.estimators._training_data import LazyScaledRows
from skaae.model_selection import PackedGridSearchCV
from skaae.table import _tables

N = 300


@pytest.fixture(autouse=True)
def any_file(monkeypatch):
    monkeypatch.setattr(_tables, "MIN_MAPPED_CELLS", 1)


@pytest.fixture
def mapped(tmp_path):
    def map_rows(X):
        np.save(tmp_path / "rows.npy", X)
        return np.load(tmp_path / "rows.npy", mmap_mode="r")

    return map_rows


def rows(kind="float64"):
    rng = np.random.default_rng(0)
    X = 20 * rng.standard_normal((N, 2)) @ rng.standard_normal((2, 5)) + rng.standard_normal((N, 5)) + 100
    if kind == "missing":
        X[rng.random(X.shape) < 0.1] = np.nan
    return X.clip(0, 255).astype(kind if kind != "missing" else float)


def transformer(**parameters):
    return AAETransformer(
        2, hidden_layer_sizes=16, **{"max_iter": 3, "batch_size": 64, "random_state": 0, **parameters}
    )


def classifier(**parameters):
    small = {"teachers": [LogisticRegression()], "hidden_layer_sizes": 16, "max_iter": 3, "batch_size": 64}
    return SemiSupervisedAAEClassifier(**{**small, "random_state": 0, **parameters})


@pytest.mark.parametrize("kind", ["float32", "float64", "missing", "float16", "uint8", "int64", "bool"])
def test_a_fit_is_the_same_whatever_numbers_are(mapped, kind):
    X = rows(kind)
    model, expected = (transformer().fit(each) for each in (mapped(X), X))
    np.testing.assert_array_equal(model.loss_curve_, expected.loss_curve_)
    np.testing.assert_array_equal(model.transform(X), expected.transform(X))
    np.testing.assert_array_equal(model.transform(mapped(X)), expected.transform(X))
    np.testing.assert_array_equal(
        model.inverse_transform(model.transform(X)), expected.inverse_transform(model.transform(X))
    )


@pytest.mark.parametrize(
    "parameters",
    [
        {"scaling": "quantile"},
        {"scaling": None},
        {"early_stopping": True},
        {"categorical_features": [0]},
        {"adversarial_weight": "auto"},
    ],
    ids=str,
)
def test_a_fit_is_the_same_whatever_is_asked(mapped, parameters):
    X = rows().round()[:, :4]
    X[:, 0] %= 5
    model, expected = (transformer(**parameters).fit(each) for each in (mapped(X), X))
    np.testing.assert_array_equal(model.transform(X), expected.transform(X))


@pytest.mark.parametrize("parameters", [{}, {"teachers": None, "vat_weight": 1.0}, {"early_stopping": True}], ids=str)
@pytest.mark.parametrize("kind", ["float64", "uint8"])
def test_a_classifier_learns_the_same(mapped, parameters, kind):
    X = rows(kind)
    y = np.where(np.arange(N) % 10 == 0, X[:, 0] > 100, -1)
    model, expected = (classifier(**parameters).fit(each, y) for each in (mapped(X), X))
    np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(X))


def test_only_batches_are_scaled(mapped, monkeypatch):
    X, most = mapped(rows()), []
    getitem = LazyScaledRows.__getitem__

    def watched(self, places):
        found = getitem(self, places)
        most.append(len(found))
        return found

    monkeypatch.setattr(LazyScaledRows, "__getitem__", watched)
    transformer(batch_size=10).fit(X)
    assert sum(most) >= 3 * N
    assert max(most[-30:]) == 10


def test_a_file_is_gone_on_with(mapped, tmp_path):
    X = rows()
    expected = transformer(warm_start=True).fit(X).fit(X)
    model = transformer(warm_start=True).set_callbacks(Checkpoint(tmp_path / "checkpoint", every=1))
    model.fit(mapped(X)).fit(mapped(X))
    np.testing.assert_array_equal(model.transform(X), expected.transform(X))
    chunks = [transformer().partial_fit(each).partial_fit(each) for each in (mapped(X), X)]
    np.testing.assert_array_equal(chunks[0].transform(X), chunks[1].transform(X))


def test_searches_take_files(mapped):
    X, grid = rows(), {"learning_rate_init": [1e-3, 1e-2]}
    scores = [
        search(transformer(), grid, cv=2).fit(each).cv_results_["mean_test_score"]
        for search in (GridSearchCV, PackedGridSearchCV)
        for each in (X, mapped(X))
    ]
    np.testing.assert_allclose(scores, [scores[0]] * 4, rtol=1e-4)


@pytest.mark.parametrize("estimator", [AAEClusterer(2, max_iter=2), AAEOutlierDetector(max_iter=2)], ids=type)
def test_estimators_that_look_at_all_rows_take_files(mapped, estimator):
    X = rows("uint8")
    one, other = (estimator.set_params(random_state=0).fit(each).predict(each) for each in (mapped(X), X))
    np.testing.assert_array_equal(one, other)


def test_values_that_cannot_be_scaled_are_refused_in_the_middle(mapped):
    X = rows().astype(np.float64)
    X[-1, 0] = 1e300
    model = transformer(scaling=None, batch_size=16)
    with pytest.raises(ValueError, match="32-bit floats"):
        model.fit(mapped(X))
    assert not hasattr(model, "table_encoder_")
