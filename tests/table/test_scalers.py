import numpy as np
import pytest

from skaae.table import ColumnScaler


@pytest.fixture
def X():
    return np.random.default_rng(0).normal(5, 3, (1000, 1))


def test_center_is_standardized_and_nearly_linear(X):
    scaled = ColumnScaler().fit_transform(X)
    assert abs(np.median(scaled)) < 1e-12
    assert scaled.std() == pytest.approx(0.85, abs=0.05)
    np.testing.assert_allclose(ColumnScaler().fit(X).transform(X[:5] * 0 + 5.3), 0.1, atol=0.1)


def test_arcsinh_tails_are_inverted(X):
    scaler = ColumnScaler().fit(X)
    outliers = np.array([[1e9], [-3e5], [5.0]])
    np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(outliers)), outliers)


def test_clipped_tails(X):
    scaler = ColumnScaler(tails="clip").fit(X)
    np.testing.assert_allclose(scaler.transform(np.array([[1e9], [-1e9]])), [[10], [-10]])
    np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(X)), X)


def test_linear_tails(X):
    scaler = ColumnScaler(tails="linear").fit(X)
    scaled = scaler.transform(X)
    assert abs(scaled.mean()) < 1e-12
    assert scaled.std() == pytest.approx(1)
    np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(np.array([[1e9]]))), [[1e9]])


@pytest.mark.parametrize("tails", ["arcsinh", "linear"])
@pytest.mark.parametrize(("dtype", "scale"), [(np.float64, 1e300), (np.float64, 1e-300), (np.float32, 1e-33)])
def test_scaling_does_not_depend_on_units(X, tails, dtype, scale):
    X = np.hstack([X, np.where(X > 9, X, 0)])  # the middle nine tenths of which are one value
    scaler = ColumnScaler(tails).fit((X * scale).astype(dtype))
    scaled = scaler.transform((X * scale).astype(dtype))
    np.testing.assert_allclose(scaled, ColumnScaler(tails).fit_transform(X), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(scaler.inverse_transform(scaled), X * scale, rtol=1e-3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_outputs_are_finite(X, dtype):
    largest = np.finfo(dtype).max
    scaler = ColumnScaler().fit(1e-3 * X.astype(dtype))
    scaled = scaler.transform(np.array([[largest], [-largest]], dtype))
    assert np.isfinite(scaled).all()
    assert np.isfinite(scaler.inverse_transform(np.array([[1e6]], dtype)))
