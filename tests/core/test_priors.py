import numpy as np
import pytest
import torch

from skaae._plan import Block
from skaae.core.priors import PRIORS, make_prior
from skaae.core.random import RandomStreams

PROBABILITIES = (0.5, 0.3, 0.2)


@pytest.mark.parametrize("name", PRIORS)
def test_every_prior_draws_from_the_random_streams(name):
    prior = PRIORS[name](3, PROBABILITIES)
    draws = prior(500, RandomStreams([0, 1]))
    assert draws.shape == (2, 500, 3)
    assert not np.allclose(draws[0], draws[1])
    np.testing.assert_array_equal(draws[1:], prior(500, RandomStreams([1])))


def test_normal_is_standard():
    draws = PRIORS["normal"](2)(20_000, RandomStreams([0]))[0].numpy()
    np.testing.assert_allclose(draws.mean(0), 0, atol=0.03)
    np.testing.assert_allclose(np.cov(draws.T), np.eye(2), atol=0.03)


def test_uniform_fills_the_cube_of_unit_variance():
    draws = PRIORS["uniform"](2)(20_000, RandomStreams([0]))[0].numpy()
    assert np.abs(draws).max() <= np.sqrt(3)
    np.testing.assert_allclose(np.quantile(draws, [0.25, 0.5, 0.75], axis=0).T, [[-0.866, 0, 0.866]] * 2, atol=0.03)
    np.testing.assert_allclose(np.cov(draws.T), np.eye(2), atol=0.03)


def test_a_custom_prior_draws_with_a_generator_of_each_member():
    prior = make_prior(Block("style", 2, lambda n, rng: rng.exponential(size=(n, 2))))
    draws = prior(20_000, RandomStreams([0, 1]))
    np.testing.assert_allclose(draws.mean(1), 1, atol=0.03)
    assert not torch.equal(draws[0], draws[1])
    assert torch.equal(draws[1:], prior(20_000, RandomStreams([1])))
    streams = RandomStreams([0])
    assert not torch.equal(prior(5, streams), prior(5, streams))


@pytest.mark.parametrize("function", [lambda n, rng: rng.normal(size=n), lambda n, rng: np.full((n, 2), np.nan)])
def test_a_custom_prior_must_draw_finite_numbers_of_the_width(function):
    with pytest.raises(ValueError, match=r"`prior` must draw finite numbers of shape .*\(5, 2\)"):
        make_prior(Block("style", 2, function))(5, RandomStreams([0]))


def test_one_hot_vectors_have_the_probabilities_of_the_classes():
    draws = PRIORS["one_hot"](3, PROBABILITIES)(20_000, RandomStreams([0]))[0].numpy()
    assert set(np.unique(draws)) == {0, 1}
    assert (draws.sum(1) == 1).all()
    np.testing.assert_allclose(draws.mean(0), PROBABILITIES, atol=0.01)


@pytest.mark.parametrize("name", ["mixture", "swiss_roll"])
def test_priors_with_classes_draw_from_the_classes_of_known_labels(name):
    prior = PRIORS[name](2, PROBABILITIES)
    labels = torch.arange(-1, 3).repeat_interleave(5000)[None]
    draws = prior(20_000, RandomStreams([0]), labels)[0].numpy().reshape(4, 5000, 2)
    unknown, *known = draws
    np.testing.assert_allclose(unknown.mean(0), PROBABILITIES @ np.mean(known, axis=1), atol=0.05)
    means = np.mean(known, axis=1)
    for c, draws in enumerate(known):
        if name == "mixture":  # each point is nearest to the mean of its class
            assert (np.square(draws[:, None] - means).sum(-1).argmin(1) == c).mean() > 0.98
        else:  # from the inside out
            radius = np.hypot(*draws.T) / 2
            assert np.sqrt(c / 3) - 0.1 < radius.min() < radius.max() < np.sqrt((c + 1) / 3) + 0.1


@pytest.mark.parametrize("name", ["mixture", "swiss_roll"])
def test_priors_with_classes_have_about_unit_variance_and_are_normal_in_further_columns(name):
    draws = PRIORS[name](4, (0.1,) * 10)(20_000, RandomStreams([0]))[0].numpy()
    assert ((draws.std(0) > 0.8) & (draws.std(0) < 1.3)).all()
    np.testing.assert_allclose(np.cov(draws[:, 2:].T), np.eye(2), atol=0.03)
