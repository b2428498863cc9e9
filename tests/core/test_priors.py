import numpy as np
import pytest
import torch

from skaae.core.priors import PRIORS, prior_of
from skaae.core.streams import Streams
from skaae.plan import Block

CLASSES = (0.5, 0.3, 0.2)


@pytest.mark.parametrize("name", PRIORS)
def test_every_prior_draws_its_width_from_the_streams(name):
    prior = PRIORS[name](3, CLASSES)
    draws = prior(500, Streams([0, 1]))
    assert draws.shape == (2, 500, 3)
    assert not np.allclose(draws[0], draws[1])
    np.testing.assert_array_equal(draws[1:], prior(500, Streams([1])))


def test_normal_is_standard():
    draws = PRIORS["normal"](2)(20_000, Streams([0]))[0].numpy()
    np.testing.assert_allclose(draws.mean(0), 0, atol=0.03)
    np.testing.assert_allclose(np.cov(draws.T), np.eye(2), atol=0.03)


def test_uniform_fills_the_cube_of_unit_variance():
    draws = PRIORS["uniform"](2)(20_000, Streams([0]))[0].numpy()
    assert np.abs(draws).max() <= np.sqrt(3)
    np.testing.assert_allclose(np.quantile(draws, [0.25, 0.5, 0.75], axis=0).T, [[-0.866, 0, 0.866]] * 2, atol=0.03)
    np.testing.assert_allclose(np.cov(draws.T), np.eye(2), atol=0.03)


def test_a_function_draws_with_a_generator_of_each_member():
    prior = prior_of(Block("style", 2, lambda n, rng: rng.exponential(size=(n, 2))))
    draws = prior(20_000, Streams([0, 1]))
    np.testing.assert_allclose(draws.mean(1), 1, atol=0.03)
    assert not torch.equal(draws[0], draws[1])
    assert torch.equal(draws[1:], prior(20_000, Streams([1])))
    streams = Streams([0])
    assert not torch.equal(prior(5, streams), prior(5, streams))


@pytest.mark.parametrize("function", [lambda n, rng: rng.normal(size=n), lambda n, rng: np.full((n, 2), np.nan)])
def test_a_function_must_draw_finite_numbers_of_the_width(function):
    with pytest.raises(ValueError, match=r"`prior` must draw finite numbers of shape .*\(5, 2\)"):
        prior_of(Block("style", 2, function))(5, Streams([0]))


def test_a_category_is_one_class_by_its_probability():
    draws = PRIORS["one_hot"](3, CLASSES)(20_000, Streams([0]))[0].numpy()
    assert set(np.unique(draws)) == {0, 1}
    assert (draws.sum(1) == 1).all()
    np.testing.assert_allclose(draws.mean(0), CLASSES, atol=0.01)


@pytest.mark.parametrize("name", ["mixture", "swiss_roll"])
def test_priors_with_classes_follow_the_labels_that_are_known(name):
    prior = PRIORS[name](2, CLASSES)
    labels = torch.arange(-1, 3).repeat_interleave(5000)[None]
    draws = prior(20_000, Streams([0]), labels)[0].numpy().reshape(4, 5000, 2)
    unknown, *known = draws
    np.testing.assert_allclose(unknown.mean(0), CLASSES @ np.mean(known, axis=1), atol=0.05)
    means = np.mean(known, axis=1)
    for c, own in enumerate(known):
        if name == "mixture":  # on a circle, each point nearest to its own mean
            assert (np.square(own[:, None] - means).sum(-1).argmin(1) == c).mean() > 0.98
        else:  # from the inside out
            radius = np.hypot(*own.T) / 2
            assert np.sqrt(c / 3) - 0.1 < radius.min() < radius.max() < np.sqrt((c + 1) / 3) + 0.1


@pytest.mark.parametrize("name", ["mixture", "swiss_roll"])
def test_priors_with_classes_are_of_about_unit_spread_and_normal_in_further_columns(name):
    draws = PRIORS[name](4, (0.1,) * 10)(20_000, Streams([0]))[0].numpy()
    assert ((draws.std(0) > 0.8) & (draws.std(0) < 1.3)).all()
    np.testing.assert_allclose(np.cov(draws[:, 2:].T), np.eye(2), atol=0.03)
