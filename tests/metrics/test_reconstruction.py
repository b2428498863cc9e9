import numpy as np
import pytest
from known_samples import MADE, REAL
from sklearn.metrics import mean_squared_error, r2_score

from skaae.metrics import reconstruction_error


def test_equals_mean_squared_error():
    assert reconstruction_error(REAL, MADE) == pytest.approx(mean_squared_error(REAL, MADE))


def test_standardized_error_is_unexplained_variance():
    own, left = REAL * [1, 10, 100, 1000], MADE * [1, 10, 100, 1000]
    assert reconstruction_error(own, left, standardize=True) == pytest.approx(1 - r2_score(own, left))


def test_constant_columns_are_not_standardized():
    for n in range(2, 30):  # of many of which 0.1 has a variance, by rounding
        assert reconstruction_error(np.full((n, 1), 0.1), np.full((n, 1), 3.1), standardize=True) == pytest.approx(9)


@pytest.mark.parametrize("standardize", [False, True])
def test_weights_are_numbers_of_rows(standardize):
    weights = np.random.default_rng(0).integers(0, 4, len(REAL))
    repeated = reconstruction_error(REAL.repeat(weights, 0), MADE.repeat(weights, 0), standardize=standardize)
    weighted = reconstruction_error(REAL, MADE, standardize=standardize, sample_weight=weights)
    assert weighted == pytest.approx(repeated)
    with pytest.raises(ValueError, match="zero"):
        reconstruction_error(REAL, MADE, sample_weight=0 * weights)


def test_invalid_input_raises():
    with pytest.raises(ValueError, match=r"one reconstruction \(300\). Got 299"):
        reconstruction_error(REAL, MADE[1:])
    with pytest.raises(ValueError, match="`X_reconstructed` must be finite"):
        reconstruction_error([[1.0]], [[np.nan]])


@pytest.mark.parametrize("scale", [1e-300, 1e-170, 1e140])
def test_standardized_error_does_not_depend_on_units(scale):
    X = np.random.default_rng(0).standard_normal((50, 3))
    expected = reconstruction_error(X, X[::-1], standardize=True)
    assert reconstruction_error(scale * X, scale * X[::-1], standardize=True) == pytest.approx(expected)
