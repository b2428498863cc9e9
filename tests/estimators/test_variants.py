"""The paper's variants of the transformer: priors, posteriors, regularizers, cluster heads, images."""

import pickle
import re

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score

from skaae import AAETransformer
from skaae.metrics import sliced_wasserstein


def triangle(n, rng):
    return rng.triangular(-2, 0, 2, (n, 2))


PRIORS = ["normal", "uniform", "mixture", "swiss_roll", "one_hot", triangle]
POSTERIORS = ["deterministic", "gaussian", "universal"]
REGULARIZERS = ["adversarial", "mmd", "sliced_wasserstein"]


def small(**parameters):
    return AAETransformer(2, **{"hidden_layer_sizes": (16,), "max_iter": 5, "random_state": 0, **parameters})


@pytest.fixture(scope="module")
def sheet():
    """A curved sheet in space: rows of two hidden columns, so that codes of any distribution are possible."""
    rng = np.random.default_rng(0)
    hidden = rng.standard_normal((1000, 2))
    return np.tanh(hidden @ rng.standard_normal((2, 6))) + 0.3 * hidden @ rng.standard_normal((2, 6))


@pytest.mark.parametrize("regularizer", REGULARIZERS)
@pytest.mark.parametrize("posterior", POSTERIORS)
@pytest.mark.parametrize("prior", PRIORS)
def test_every_combination_fits_encodes_samples_and_pickles(X, prior, posterior, regularizer):
    model = small(prior=prior, posterior=posterior, regularizer=regularizer).fit(X)
    code = model.transform(X)
    assert code.shape == (len(X), 2)
    np.testing.assert_array_equal(code, model.transform(X))
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.transform(X), code)
    np.testing.assert_array_equal(again.sample(5, random_state=0), model.sample(5, random_state=0))
    assert model.inverse_transform(code).shape == X.shape
    if regularizer != "adversarial":
        assert model.history_[regularizer].shape == (5,)
        assert "generator" not in model.history_


@pytest.mark.parametrize(
    ("prior", "multiple"), [("normal", 6), ("uniform", 3), ("mixture", 3), ("swiss_roll", 4), (triangle, 7)]
)
def test_codes_reach_the_prior(sheet, prior, multiple):
    """The distance from codes to draws, in units of that of two samples of as many draws."""
    model = AAETransformer(2, prior=prior, adversarial_weight=1, max_iter=200, random_state=0).fit(sheet)
    draws, others = (model._model.sample_prior(len(sheet), seed) for seed in (0, 1))
    noise = sliced_wasserstein(draws, others, random_state=0)
    assert sliced_wasserstein(draws, model.transform(sheet), random_state=0) < multiple * noise


def test_a_code_of_categories_is_sure_of_one():
    rng = np.random.default_rng(0)
    blobs = np.repeat(rng.standard_normal((3, 5)), 100, axis=0) + 0.1 * rng.standard_normal((300, 5))
    model = AAETransformer(3, prior="one_hot", adversarial_weight=1, noise=0.1, random_state=0).fit(blobs)
    code = model.transform(blobs)
    np.testing.assert_allclose(code.sum(1), 1, rtol=1e-6)
    assert code.max(1).mean() > 0.9
    assert adjusted_rand_score(np.repeat(range(3), 100), code.argmax(1)) > 0.9


def test_a_prior_must_draw_numbers(X):
    with pytest.raises(ValueError, match=r"`prior` must draw numbers\. Got 'ab'"):
        small(prior=lambda n, rng: "ab").fit(X)


def test_modes_are_as_many_as_asked_for(X):
    draws = small(prior="mixture", n_modes=3, adversarial_weight=0).fit(X)._model.sample_prior(2000, 0)
    angle = np.arctan2(draws[:, 1], draws[:, 0])
    shares = [(np.abs(np.angle(np.exp(1j * (angle - 2 * np.pi * c / 3)))) < np.pi / 3).mean() for c in range(3)]
    np.testing.assert_allclose(shares, 1 / 3, atol=0.05)


@pytest.fixture(scope="module")
def blobs():
    rng = np.random.default_rng(0)
    centres = 2 * rng.standard_normal((4, 8))
    y = np.arange(400) % 4
    return centres[y] + 0.3 * rng.standard_normal((400, 8)), y


class TestClusterHeads:
    def test_clusters_have_places_of_their_own(self, blobs):
        X, y = blobs
        labels = np.where(np.arange(400) < 40, y, -1)
        model = AAETransformer(2, n_clusters=4, max_iter=150, random_state=0).fit(X, labels)
        assert model.cluster_heads_.shape == (4, 2)
        gaps = np.linalg.norm(model.cluster_heads_[:, None] - model.cluster_heads_, axis=-1)[np.triu_indices(4, 1)]
        assert gaps.min() > 4
        assert (model.predict(X) == y).mean() > 0.9
        code = model.transform(X)
        assert code.shape == (400, 2)
        nearest = np.linalg.norm(code[:, None] - model.cluster_heads_, axis=-1).argmin(1)
        assert (nearest == y).mean() > 0.9

    def test_samples_of_a_class_are_of_it_and_codes_come_back(self, blobs):
        X, y = blobs
        named = np.array(["a", "b", "c", "d"], dtype=object)[y]
        model = AAETransformer(2, n_clusters=4, max_iter=150, random_state=0).fit(X, named)
        samples = model.sample(100, "c", random_state=0)
        assert (model.predict(samples) == "c").mean() > 0.75
        again = model.inverse_transform(model.transform(X))
        assert np.square(again - X).mean() < 0.5 * X.var(axis=0).mean()

    def test_clusters_may_be_more_than_classes(self, blobs):
        X, y = blobs
        model = small(n_clusters=5).fit(X, np.where(y > 1, -1, y))
        assert set(model.predict(X)) <= {0, 1, -1}

    def test_without_labels(self, blobs):
        model = small(n_clusters=6).fit(blobs[0])
        assert set(model.predict(blobs[0])) <= set(range(6))
        assert model.sample(3, 5, random_state=0).shape == (3, 8)
        assert pickle.loads(pickle.dumps(model)).transform(blobs[0]).shape == (400, 2)
        assert "separation" in model.history_

    def test_early_stopping_and_chunks(self, blobs):
        X, y = blobs
        few = np.where(np.arange(400) < 40, y, -1)
        assert len(small(n_clusters=4, early_stopping=True).fit(X, few).history_["validation"]) == 5
        model = small(n_clusters=4).partial_fit(X[:100], few[:100], classes=[0, 1, 2, 3]).partial_fit(X[100:])
        assert model.predict(X).shape == (400,)

    def test_without_clusters_there_is_nothing_to_predict(self, X):
        assert not hasattr(small(), "predict")

    def test_what_was_fitted_counts(self, blobs):
        model = small(n_clusters=4).fit(blobs[0])
        assert model.set_params(n_clusters=None).transform(blobs[0]).shape == (400, 2)
        assert not hasattr(model.fit(blobs[0]), "cluster_heads_")
        later = small(n_clusters=4).partial_fit(blobs[0], classes=["a", "b"])
        assert set(later.predict(blobs[0])) <= {"a", "b", -1}

    def test_rules(self, blobs):
        X, y = blobs
        assert small(n_clusters=3).fit(X, y).cluster_heads_.shape == (4, 2)  # as many as classes
        with pytest.raises(ValueError, match="`prior` must have one mode"):
            small(n_clusters=3, prior="mixture").fit(X)


class TestImages:
    def test_convolutions_learn(self):
        X = load_digits().data / 8 - 1
        model = AAETransformer(8, image_shape=(8, 8), scaling=None, noise=0, max_iter=20, random_state=0).fit(X)
        pca = PCA(8).fit(X)
        assert -model.score(X) < 0.9 * np.square(pca.inverse_transform(pca.transform(X)) - X).mean()
        assert model.sample(2, random_state=0).shape == (2, 64)
        again = pickle.loads(pickle.dumps(clone(model).fit(X[:50])))
        assert again.transform(X[:3]).shape == (3, 8)

    @pytest.mark.parametrize("shape", [(2, 2), (6,), (2, 3.5), (0, 6), (1, 2, 3, 1)])
    def test_shapes_must_be_those_of_the_rows(self, X, shape):
        with pytest.raises(ValueError, match=re.escape("Got")):
            small(image_shape=shape).fit(X)
        assert small(image_shape=(2, 3)).fit(X).transform(X).shape == (len(X), 2)

    def test_rows_with_missing_cells_are_no_images(self, X):
        X[0, 0] = np.nan
        with pytest.raises(ValueError, match="some of them categories or incomplete"):
            small(image_shape=(2, 3)).fit(X)
