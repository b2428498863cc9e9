import numpy as np
import pytest

from skaae.estimators._neighbors import Neighbors
from skaae.estimators._scorers import (
    GaussianMixtureDensity,
    Histograms,
    IsolationDepth,
    NearestNeighborDistance,
    ReconstructionError,
    RobustCovariance,
    ScorerInput,
)


def inputs_of(X, errors=None):
    X = np.asarray(X, dtype=float)
    ranks = np.argsort(np.argsort(X, axis=0), axis=0)
    return ScorerInput(X, X if errors is None else np.asarray(errors, dtype=float), ranks)


@pytest.fixture
def rows():
    return inputs_of(np.random.default_rng(0).standard_normal((200, 3)))


def test_reconstruction_errors_are_relative_to_the_mean_errors():
    scorer = ReconstructionError().fit(inputs_of(np.zeros((2, 2)), [[0.0, 2.0], [2.0, 4.0]]))
    np.testing.assert_allclose(scorer.contributions(inputs_of([[0.0, 0.0]], [[2.0, 3.0]])), [[2.0, 1.0]], rtol=2e-3)


def test_histograms_score_by_logarithms_of_relative_frequencies():
    X = np.r_[np.zeros(90), np.ones(10)][:, None]
    scorer = Histograms().fit(inputs_of(X))
    common, rare, empty, outside = scorer.score(inputs_of([[0.0], [1.0], [0.5], [3.0]]))
    assert common == 0
    assert rare == pytest.approx(np.log(90.5 / 10.5))
    assert empty == outside == pytest.approx(np.log(90.5 / 0.5))
    assert scorer.score(inputs_of([[-1e300]])) == outside


def test_a_training_row_is_not_its_own_neighbour():
    train = inputs_of([[0.0], [1.0], [3.0], [7.0], [8.0], [8.0]])
    scorer = NearestNeighborDistance(Neighbors(2).fit(train.X), 2)
    np.testing.assert_allclose(scorer.score(inputs_of([[0.0], [2.0], [8.0]])), [(1 + 3) / 2, 1, (0 + 1) / 2])


def test_contributions_of_one_neighbour_sum_to_the_squared_distance(rows):
    scorer = NearestNeighborDistance(Neighbors(1).fit(rows.X), 1)
    new = inputs_of([[1.0, 2.0, 3.0], [0.1, 0.2, 0.3]])
    np.testing.assert_allclose(scorer.contributions(new).sum(1), scorer.score(new) ** 2)


def test_relative_distances_do_not_depend_on_density():
    dense, sparse = np.linspace(0, 1, 101), np.linspace(10, 110, 101)
    train = inputs_of(np.r_[dense, sparse][:, None])
    scorer = NearestNeighborDistance(Neighbors(2).fit(train.X), 2, relative=True).fit(train)
    in_dense, in_sparse, outlier = scorer.score(inputs_of([[0.505], [60.5], [1.5]]))
    assert in_dense == pytest.approx(in_sparse, abs=0.5)
    assert outlier > in_dense + 2


def test_a_tenth_of_outliers_does_not_move_the_robust_covariance(rows):
    X = rows.X.copy()
    X[:20] = 8
    scorer = RobustCovariance().fit(inputs_of(X), np.arange(200) >= 40)
    np.testing.assert_allclose(scorer.covariance_.location_, 0, atol=0.3)
    assert scorer.score(inputs_of(X))[:20].min() > 5 * np.quantile(scorer.score(inputs_of(X))[20:], 0.99)
    np.testing.assert_allclose(scorer.contributions(inputs_of([[0.0, 7.0, 0.0]])).argmax(1), 1)


def test_far_rows_are_isolated_early(rows):
    far, near = IsolationDepth().fit(rows).score(inputs_of([[6.0, 6.0, 6.0], [0.0, 0.0, 0.0]]))
    assert far > near + 0.2


@pytest.mark.parametrize("width", [3, 120])
def test_contributions_to_a_mixture_density_show_the_column(width):
    rng = np.random.default_rng(0)
    scorer = GaussianMixtureDensity().fit(inputs_of(rng.standard_normal((300, width))))
    X = np.zeros((1, width))
    X[0, 2] = 8
    assert scorer.contributions(inputs_of(X))[0].argmax() == 2
    assert scorer.score(inputs_of(X)) > scorer.score(inputs_of(np.zeros((1, width)))) + 5


@pytest.mark.parametrize("seed", range(10))
def test_a_robust_covariance_of_two_rows(seed):
    two = inputs_of(np.random.default_rng(seed).standard_normal((2, 6)))
    assert np.isfinite(RobustCovariance().fit(two, np.ones(2, bool)).score(two)).all()


@pytest.mark.parametrize("seed", range(5))
def test_a_mixture_density_of_columns_of_different_scales(seed):
    few = inputs_of(np.random.default_rng(seed).standard_normal((3, 40)) * 10.0 ** (np.arange(40) - 30))
    assert np.isfinite(GaussianMixtureDensity().fit(few).score(few)).all()


def test_neighbours_are_those_of_an_index_also_for_a_row_alone():
    neighbors = Neighbors(5).fit(np.random.default_rng(1).standard_normal((20_000, 4)))
    X = np.random.default_rng(2).standard_normal((100, 4))
    distances, indices = neighbors.nearest(X)
    for row in range(5):
        alone = neighbors.nearest(X[row : row + 1])
        np.testing.assert_allclose(alone[0][0], distances[row])
        np.testing.assert_array_equal(alone[1][0], indices[row])


@pytest.mark.parametrize("width", [3, 200])
def test_far_training_rows_are_known_again(width):
    X = np.random.default_rng(0).normal(size=(1200, width))
    X[:30] += 10  # products of matrices would be inexact here
    X[30] = X[31] + 1e-5
    neighbors = Neighbors(2).fit(X)
    distances, indices = neighbors.nearest(X)
    assert (distances[:, 0] == 0).all()
    assert (indices[:, 0] == np.arange(1200)).all()
    alone = np.concatenate([neighbors.nearest(row[None])[0] for row in X[:40]])
    np.testing.assert_allclose(distances[:40], alone, rtol=1e-9)


def test_isolation_depths_are_those_of_the_forest(rows):
    scorer = IsolationDepth(0).fit(rows)
    np.testing.assert_allclose(scorer.score(rows), -scorer.forest_.score_samples(rows.X))
