import numpy as np
import pandas as pd
import pytest
from known_samples import MADE, REAL
from scipy.stats import wasserstein_distance

from skaae.metrics import frechet_distance, kernel_distance, sliced_wasserstein


def test_distance_of_equal_samples_is_zero():
    X = np.random.default_rng(0).standard_normal((50, 3))
    assert sliced_wasserstein(X, X[::-1], random_state=0) < 1e-15


def test_shift_in_one_dimension():
    X = np.random.default_rng(0).standard_normal((50, 1))
    assert sliced_wasserstein(X, X + 2.5, random_state=0) == pytest.approx(2.5)


def test_shift_in_many_dimensions():
    X = np.random.default_rng(0).standard_normal((40, 3))
    shifted = sliced_wasserstein(X, X + np.array([3.0, 0, 0]), n_projections=20_000, random_state=0)
    assert shifted == pytest.approx(1.5, rel=0.02)  # the mean of |cos| on the sphere is 1/2 in three dimensions


def test_one_dimension_equals_scipy():
    rng = np.random.default_rng(0)
    for n, m in ((2, 3), (30, 37), (500, 40)):
        X, Y = rng.standard_normal((n, 1)), rng.integers(0, 2, (m, 1)).astype(float)
        assert sliced_wasserstein(X, Y) == pytest.approx(wasserstein_distance(X[:, 0], Y[:, 0]))


def test_columns_of_dataframes_are_matched_by_name():
    frame = pd.DataFrame(REAL, columns=list("abcd"))
    assert frechet_distance(frame, frame[list("dcba")]) == pytest.approx(0, abs=1e-9)


def test_sizes_may_differ():
    X = np.repeat(np.random.default_rng(0).standard_normal((500, 2)), 2, axis=0)
    assert sliced_wasserstein(X, X[::2], random_state=0) < 0.02


def test_invalid_input_raises():
    X = np.zeros((4, 2))
    with pytest.raises(ValueError, match="same number of columns"):
        sliced_wasserstein(X, np.zeros((4, 3)))
    with pytest.raises(ValueError, match="finite"):
        sliced_wasserstein(X, np.full((4, 2), np.nan))
    with pytest.raises(ValueError, match="two-dimensional"):
        sliced_wasserstein(X, np.zeros(4))


def torch_fidelity_value(name, **options):
    torch = pytest.importorskip("torch")
    module = pytest.importorskip(f"torch_fidelity.metric_{name}")
    generated, real = torch.tensor(MADE), torch.tensor(REAL)
    if name == "fid":
        statistics = [module.fid_features_to_statistics(part) for part in (generated, real)]
        return module.fid_statistics_to_metric(*statistics, False)["frechet_inception_distance"]
    kernel = {
        "kid_kernel": "poly",
        "kid_kernel_poly_degree": 3,
        "kid_kernel_poly_gamma": None,
        "kid_kernel_poly_coef0": 1,
    }
    found = module.kid_features_to_metric(generated, real, verbose=False, rng_seed=0, **kernel, **options)
    return found["kernel_inception_distance_mean"]


def test_frechet_distance_equals_recorded_torch_fidelity():
    assert frechet_distance(REAL, MADE) == pytest.approx(0.5429785992582907, rel=1e-9)  # torch-fidelity 0.4.0
    assert frechet_distance(MADE, REAL) == pytest.approx(0.5429785992582907, rel=1e-9)


def test_frechet_distance_equals_torch_fidelity():
    assert frechet_distance(REAL, MADE) == pytest.approx(torch_fidelity_value("fid"), rel=1e-9)


def test_frechet_distance_in_closed_form():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((500, 3))
    assert frechet_distance(X, X) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(X, X + np.array([1, 2, 2])) == pytest.approx(9)
    spread = np.linalg.eigvalsh(np.cov(X, rowvar=False)).sum()
    assert frechet_distance(X, 3 * (X - X.mean(0)) + X.mean(0)) == pytest.approx(4 * spread)  # (3 - 1)² of each axis


def test_frechet_distance_of_fewer_rows_than_columns_is_finite_and_warns():
    X = np.random.default_rng(0).standard_normal((5, 8))
    with pytest.warns(UserWarning, match="5 rows in 8 columns"):
        assert frechet_distance(X, X[::-1]) == pytest.approx(0, abs=1e-9)


def test_frechet_distance_of_constant_and_of_single_columns():
    X = np.random.default_rng(0).standard_normal((50, 1))
    assert frechet_distance(X, X + 2) == pytest.approx(4)
    constant = np.hstack([X, np.ones_like(X)])
    assert frechet_distance(constant, constant + 1) == pytest.approx(2)


def test_kernel_distance_equals_recorded_torch_fidelity():
    assert kernel_distance(REAL, MADE) == pytest.approx(0.6187352944079354, rel=1e-9)  # torch-fidelity 0.4.0


def test_kernel_distance_equals_torch_fidelity():
    expected = torch_fidelity_value("kid", kid_subsets=1, kid_subset_size=300)
    assert kernel_distance(REAL, MADE) == pytest.approx(expected, rel=1e-9)


def test_kernel_distance_of_subsets_is_unbiased():
    X, Y = np.random.default_rng(0).standard_normal((2, 4000, 3))
    whole = kernel_distance(X, Y + 0.5)
    few = kernel_distance(X, Y + 0.5, subset_size=50, n_subsets=2000, random_state=0)
    assert few == pytest.approx(whole, rel=0.1)
    same = [kernel_distance(X, Y, subset_size=50, n_subsets=20, random_state=seed) for seed in range(20)]
    assert min(same) < 0 < max(same)


@pytest.mark.parametrize("metric", [frechet_distance, kernel_distance])
def test_one_row_raises(metric):
    with pytest.raises(ValueError, match="2 rows at least"):
        metric(np.zeros((1, 2)), np.zeros((5, 2)))


def test_invalid_subsets_raise():
    with pytest.raises(ValueError, match=r"`n_subsets` must be an integer, 1 at least. Got 0"):
        kernel_distance(REAL, MADE, n_subsets=0)
    with pytest.raises(ValueError, match=r"`subset_size` must be an integer, 2 at least. Got 1"):
        kernel_distance(REAL, MADE, subset_size=1)


def test_non_numeric_rows_raise():
    with pytest.raises(ValueError, match=r"`X_generated` must be numbers.*TableEncoder"):
        frechet_distance(np.zeros((3, 1)), np.array([["a"], ["b"], ["c"]]))
    with pytest.raises(ValueError, match=r"`X_real` must be numbers.*datetime64"):
        frechet_distance(pd.DataFrame({"day": pd.date_range("2026-01-01", periods=3)}), np.zeros((3, 1)))
    with pytest.raises(ValueError, match=r"values up to 1e\+150. Got 1e\+200"):
        frechet_distance(np.full((3, 1), 1e200), np.zeros((3, 1)))
