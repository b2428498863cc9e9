import numpy as np
import pytest
from scipy.special import ndtri

from skaae.table import ColumnScaler, RankScaler


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


@pytest.mark.parametrize("n", [500, 3000, 100_000])
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_gross_outlier_is_not_smeared_over_draws(n, sign):
    rng = np.random.default_rng(0)
    salary = rng.normal(50_000, 9_000, n)
    salary[7] = sign * 48e6
    scaler = RankScaler().fit(salary[:, None])
    quantiles = ndtri((np.arange(n) + 0.5) / n)[:, None]
    decoded = scaler.inverse_transform(quantiles)
    assert np.sum(abs(decoded) > 2e5) == 1
    np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(salary[:, None])), salary[:, None], rtol=0.01)


@pytest.mark.parametrize("n", [2000, 100_000])
def test_tails_are_as_heavy_as_they_were(n):
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.pareto(1.5, n), rng.lognormal(0, 2, n), rng.standard_t(2, n)])
    decoded = RankScaler().fit(X).inverse_transform(ndtri((np.arange(n) + 0.5) / n)[:, None].repeat(3, axis=1))
    shares = [0.0001, 0.001, 0.01, 0.5, 0.99, 0.999, 0.9999]
    np.testing.assert_allclose(
        np.quantile(decoded, shares, axis=0), np.quantile(X, shares, axis=0), rtol=0.1, atol=1e-3
    )


def test_values_in_a_wide_gap_become_its_ends():
    X = np.r_[np.arange(100.0), 1e6][:, None]
    scaler = RankScaler().fit(X)
    between = scaler.transform(np.array([[5e3], [9e5]]))
    assert between[0] == between[1]
    assert np.ptp(scaler.transform(X)[-2:, 0]) > 0
    decoded = scaler.inverse_transform(np.linspace(0, 4, 999)[:, None])
    assert set(decoded[decoded > 99.1]) <= {1e6, *decoded[decoded > 9.9e5]}


def test_zeros_and_constant_columns_have_ranks():
    for column in (np.r_[np.zeros(97), 1, 2, 300], np.full(5, 7.0), np.r_[0, 0, 5.0]):
        scaler = RankScaler().fit(column[:, None])
        np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(column[:, None]))[:, 0], column)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [1, 2, 20, 21, 500])
def test_centres_and_spreads_are_those_of_percentiles(dtype, n):
    X = (np.random.default_rng(n).normal(size=(n, 5)) * [1, 10, 1e20, 1e-20, 3]).astype(dtype)
    low, center, high = np.percentile(X, [5, 50, 95], axis=0).astype(dtype)
    scaler = ColumnScaler().fit(X)
    np.testing.assert_array_equal(scaler.center_, center)
    if n > 1:
        np.testing.assert_array_equal(scaler.scale_, (high - low) / 3.2897)
