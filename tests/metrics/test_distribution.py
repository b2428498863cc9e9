import numpy as np
import pytest

from skaae.metrics import sliced_wasserstein


def test_the_same_sample_is_at_no_distance():
    X = np.random.default_rng(0).standard_normal((50, 3))
    assert sliced_wasserstein(X, X[::-1], random_state=0) == 0


def test_a_shift_in_one_dimension_is_its_length():
    X = np.random.default_rng(0).standard_normal((50, 1))
    assert sliced_wasserstein(X, X + 2.5, random_state=0) == pytest.approx(2.5)


def test_a_shift_counts_by_its_mean_projection():
    X = np.random.default_rng(0).standard_normal((40, 3))
    shifted = sliced_wasserstein(X, X + np.array([3.0, 0, 0]), n_projections=20_000, random_state=0)
    assert shifted == pytest.approx(1.5, rel=0.02)  # the mean of |cos| on the sphere is 1/2 in three dimensions


def test_sizes_may_differ():
    X = np.repeat(np.random.default_rng(0).standard_normal((500, 2)), 2, axis=0)
    assert sliced_wasserstein(X, X[::2], random_state=0) < 0.02


def test_bad_input():
    X = np.zeros((4, 2))
    with pytest.raises(ValueError, match="same number of columns"):
        sliced_wasserstein(X, np.zeros((4, 3)))
    with pytest.raises(ValueError, match="finite"):
        sliced_wasserstein(X, np.full((4, 2), np.nan))
    with pytest.raises(ValueError, match="two-dimensional"):
        sliced_wasserstein(X, np.zeros(4))
