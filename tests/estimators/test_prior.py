"""Draws of the prior, as codes."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skaae import AAEClusterer, AAEGenerator, AAETransformer, SemiSupervisedAAEClassifier

SMALL = {"hidden_layer_sizes": (8,), "max_iter": 1, "random_state": 0}


@pytest.mark.parametrize("prior", ["normal", "mixture", "swiss_roll", "one_hot"])
def test_samples_are_decoded_draws(X, prior):
    model = AAETransformer(3, prior=prior, **SMALL).fit(X)
    codes = model.sample_prior(20, random_state=1)
    np.testing.assert_allclose(model.inverse_transform(codes), model.sample(20, random_state=1), rtol=1e-6)


def test_draws_have_the_distribution_of_the_prior(X):
    one_hot = AAETransformer(3, prior="one_hot", **SMALL).fit(X).sample_prior(300, random_state=0)
    np.testing.assert_array_equal(np.sort(one_hot, axis=1), [[0, 0, 1]] * 300)
    uniform = AAETransformer(3, prior="uniform", **SMALL).fit(X).sample_prior(5000, random_state=0)
    assert np.abs(uniform).max() == pytest.approx(np.sqrt(3), rel=1e-2)


def test_draws_of_clusters_are_around_their_heads(X):
    model = AAETransformer(2, n_clusters=2, **SMALL).fit(X)
    model.cluster_heads_[:] = [[100.0, 0.0], [-100.0, 0.0]]
    codes = model.sample_prior(400, random_state=0)
    at = codes[:, 0] > 0
    assert 0.4 < at.mean() < 0.6
    np.testing.assert_allclose(np.abs(codes[:, 0]).mean(), 100, atol=0.5)
    assert np.abs(codes[:, 1]).max() < 6


@pytest.mark.parametrize("kind", [SemiSupervisedAAEClassifier, AAEClusterer, AAEGenerator])
def test_styles_have_a_standard_normal_prior(X, kind):
    extra = {"flow_max_iter": 1} if kind is AAEGenerator else {"n_members": 1, "teachers": None}
    model = kind(n_components=2, **SMALL, **extra).fit(X, np.arange(len(X)) % 2)
    codes = model.sample_prior(4000, random_state=0)
    assert codes.shape == (4000, 2) == (4000, model.transform(X).shape[1])
    np.testing.assert_allclose(np.cov(codes.T), np.eye(2), atol=0.1)
    np.testing.assert_allclose(codes.mean(0), 0, atol=0.1)


def test_draws_follow_the_random_state(X):
    model = AAETransformer(2, **SMALL).fit(X)
    first = model.sample_prior(5, random_state=0)
    np.testing.assert_array_equal(first, model.sample_prior(5, random_state=0))
    assert (first != model.sample_prior(5, random_state=1)).all()


def test_what_cannot_be_drawn(X):
    with pytest.raises(NotFittedError):
        AAETransformer(2).sample_prior(5)
    with pytest.raises(ValueError, match="n_samples"):
        AAETransformer(2, **SMALL).fit(X).sample_prior(0)
