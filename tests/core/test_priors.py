import numpy as np
import pytest

from skaae.core.priors import PRIORS
from skaae.core.streams import Streams


@pytest.mark.parametrize("name", PRIORS)
def test_every_prior_draws_its_width_from_the_streams(name):
    prior = PRIORS[name](3)
    draws = prior(500, Streams([0, 1]))
    assert draws.shape == (2, 500, 3)
    assert not np.allclose(draws[0], draws[1])
    np.testing.assert_array_equal(draws[1:], prior(500, Streams([1])))


def test_normal_is_standard():
    draws = PRIORS["normal"](2)(20_000, Streams([0]))[0].numpy()
    np.testing.assert_allclose(draws.mean(0), 0, atol=0.03)
    np.testing.assert_allclose(np.cov(draws.T), np.eye(2), atol=0.03)
