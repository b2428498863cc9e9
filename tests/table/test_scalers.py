import numpy as np
import pytest

from skaae.table import ColumnScaler


@pytest.fixture
def X():
    return np.random.default_rng(0).normal(5, 3, (1000, 1))


def test_the_middle_of_a_column_becomes_standard_and_nearly_linear(X):
    scaled = ColumnScaler().fit_transform(X)
    assert abs(np.median(scaled)) < 1e-12
    assert scaled.std() == pytest.approx(0.85, abs=0.05)
    np.testing.assert_allclose(ColumnScaler().fit(X).transform(X[:5] * 0 + 5.3), 0.1, atol=0.1)


def test_folded_tails_can_be_undone(X):
    scaler = ColumnScaler().fit(X)
    wild = np.array([[1e9], [-3e5], [5.0]])
    np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(wild)), wild)


def test_cut_tails_end_at_ten_spreads(X):
    scaler = ColumnScaler(tails="cut").fit(X)
    np.testing.assert_allclose(scaler.transform(np.array([[1e9], [-1e9]])), [[10], [-10]])
    np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(X)), X)


def test_kept_tails_leave_columns_standardised(X):
    scaler = ColumnScaler(tails="keep").fit(X)
    scaled = scaler.transform(X)
    assert abs(scaled.mean()) < 1e-12
    assert scaled.std() == pytest.approx(1)
    np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(np.array([[1e9]]))), [[1e9]])
