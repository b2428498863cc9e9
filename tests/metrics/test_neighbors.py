import numpy as np
import pytest
from known_samples import MADE, REAL
from scipy.spatial.distance import cdist

from skaae.metrics import density_coverage, precision_recall


def by_definition(X_real, X_generated, k):
    """All four, of whole matrices of exact distances."""
    around = [np.sort(cdist(X, X), axis=1)[:, k] for X in (X_real, X_generated)]
    between = cdist(X_real, X_generated)
    in_real, in_generated = between <= around[0][:, None], between <= around[1]
    return in_real.any(0).mean(), in_generated.any(1).mean(), in_real.sum(0).mean() / k, in_real.any(1).mean()


def test_equal_recorded_prdc_and_torch_fidelity():
    assert precision_recall(REAL, MADE) == pytest.approx((0.85333333, 0.97333333))  # torch-fidelity 0.4.0
    assert precision_recall(REAL, MADE, n_neighbors=5) == pytest.approx((0.91666667, 0.99333333))  # prdc 0.2
    assert density_coverage(REAL, MADE) == pytest.approx((0.80933333, 0.9))


def test_equal_prdc():
    prdc = pytest.importorskip("prdc")
    found = prdc.compute_prdc(REAL, MADE, 5)
    assert precision_recall(REAL, MADE, n_neighbors=5) == pytest.approx((found["precision"], found["recall"]))
    assert density_coverage(REAL, MADE) == pytest.approx((found["density"], found["coverage"]))


@pytest.mark.parametrize(("n_real", "n_generated"), [(700, 5000), (5000, 700)])
def test_blocks_and_samples_of_different_sizes(n_real, n_generated):
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((n_real, 2)), rng.standard_normal((n_generated, 2)) / 2 + 100
    X += 100  # far from the origin
    expected = by_definition(X, Y, 4)
    found = *precision_recall(X, Y, n_neighbors=4), *density_coverage(X, Y, n_neighbors=4)
    assert found == pytest.approx(expected, abs=1e-12)


def test_translation_invariance():
    found = [(*precision_recall(X, Y), *density_coverage(X, Y)) for X, Y in ((REAL, MADE), (REAL + 1e9, MADE + 1e9))]
    assert found[0] == pytest.approx(found[1], abs=0.01)


def test_equal_samples():
    assert precision_recall(REAL, REAL[::-1]) == (1, 1)
    density, coverage = density_coverage(REAL, REAL)
    assert coverage == 1
    assert density == pytest.approx(6 / 5)  # a row is in its own ball beside those of five neighbours


@pytest.mark.parametrize("offset", [0.0, 1e3, 0.1])
def test_copies_are_inside_balls_of_radius_zero(offset):
    X = np.repeat(np.array([[0.0, 1], [1, 0], [1 / 3, 1 / 7]]) + offset, 8, axis=0)
    assert precision_recall(X, X[::-1]) == (1, 1)
    assert density_coverage(X, X[::-1])[1] == 1
    assert precision_recall(X, X + 1e-3) == (0, 0)


def test_precision_and_recall_of_subsets():
    X = np.random.default_rng(0).standard_normal((400, 2)) + np.repeat([[0], [50]], 200, axis=0)
    one_mode = X[:200] + 1e-9
    precision, recall = precision_recall(X, one_mode)
    assert precision == 1
    assert recall == pytest.approx(0.5, abs=0.01)
    precision, recall = precision_recall(one_mode, X)
    assert precision == pytest.approx(0.5, abs=0.01)
    assert recall == 1


def test_disjoint_samples():
    assert precision_recall(REAL, MADE + 100) == (0, 0)
    assert density_coverage(REAL, MADE + 100) == (0, 0)


def test_density_is_robust_to_outliers():
    outlier = np.array([50.0, 0, 0, 0])
    X = np.vstack([REAL, outlier])
    far = np.random.default_rng(0).uniform(-5, 5, (300, 4)) + outlier
    assert precision_recall(X, far)[0] == 1  # all in the one wide ball
    assert density_coverage(X, far)[0] == pytest.approx(1 / 5)


@pytest.mark.parametrize("metric", [precision_recall, density_coverage])
@pytest.mark.parametrize("k", [0, 300, 2.5])
def test_invalid_n_neighbors_raises(metric, k):
    with pytest.raises(ValueError, match=rf"`n_neighbors` must be .* 299 at most, less than there are rows. Got {k}"):
        metric(REAL, MADE, n_neighbors=k)
