import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.neighbors import KernelDensity

from skaae.metrics import parzen_log_likelihood


def test_equals_kernel_density():
    rng = np.random.default_rng(0)
    X_real, X_generated = rng.normal(size=(1200, 3)), rng.normal(size=(50, 3))
    expected = KernelDensity(bandwidth=0.4).fit(X_generated).score_samples(X_real)
    value, error = parzen_log_likelihood(X_real, X_generated, bandwidth=0.4)
    assert value == pytest.approx(expected.mean(), rel=1e-9)
    assert error == pytest.approx(expected.std() / np.sqrt(1200), rel=1e-9)


def test_one_generated_row():
    value, _ = parzen_log_likelihood([[1.0, 2.0]], [[0.0, 0.0]], bandwidth=2.0)
    assert value == pytest.approx(multivariate_normal([0, 0], 4 * np.eye(2)).logpdf([1, 2]))


def test_translation_invariance():
    X, Y = np.random.default_rng(0).normal(size=(2, 100, 3))
    expected = parzen_log_likelihood(X, Y, bandwidth=0.5)
    assert parzen_log_likelihood(X + 1e8, Y + 1e8, bandwidth=0.5) == pytest.approx(expected, rel=1e-6)


def test_far_rows_do_not_underflow():
    assert np.isfinite(parzen_log_likelihood([[1e4]], [[0.0]], bandwidth=1.0)[0])


@pytest.mark.parametrize(
    ("rows", "bandwidth", "message"), [([[1.0]], 0, "above zero. Got 0"), ([[1.0, 2.0]], 1, "number of columns")]
)
def test_invalid_input_raises(rows, bandwidth, message):
    with pytest.raises(ValueError, match=message):
        parzen_log_likelihood(rows, [[1.0]], bandwidth=bandwidth)
