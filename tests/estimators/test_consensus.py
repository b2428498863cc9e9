import numpy as np
import pytest
from sklearn.cluster import DBSCAN
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score

from skaae.estimators._consensus import (
    cluster_probabilities,
    consensus_clustering,
    diffusion_map,
    far_clusters,
    k_means,
    shared_neighbor_affinity,
    top_eigenvectors,
)


def test_noise_of_dbscan_is_one_cluster():
    probabilities = cluster_probabilities(np.eye(30), 3, [DBSCAN(0.01)], 0, standardize=True)  # all rows are noise
    assert probabilities.shape == (30, 3)
    np.testing.assert_allclose(probabilities.sum(1), 1)


def test_unscaled_columns_of_different_scales():
    X = np.random.default_rng(0).standard_normal((30, 40)) * np.where(np.arange(40) % 2, 1e8, 1e-8)
    assert np.isfinite(cluster_probabilities(X, 2, "consensus", 0, standardize=False)).all()


def test_unscaled_columns_of_different_scales_in_32_bits():
    rng = np.random.default_rng(7)
    X = rng.normal(size=(120, 2)) @ rng.normal(size=(2, 6)) + 0.1 * rng.normal(size=(120, 6))
    X[:60] += 3
    X = (X * np.tile([1e4, 1e-4], 3)).astype(np.float32)
    assert np.isfinite(cluster_probabilities(X, 3, "consensus", 7, standardize=False)).all()


def test_the_consensus_is_of_clusterings_that_agree():
    y = np.repeat(range(3), 50)
    rng = np.random.default_rng(0)
    clusterings = [(y + shift) % 3 for shift in range(3)] + [rng.integers(3, size=150) for _ in range(4)]
    consensus, vote = consensus_clustering(clusterings, 3, 0)
    assert adjusted_rand_score(y, consensus) == 1
    assert adjusted_rand_score(y, vote.argmax(1)) == 1
    np.testing.assert_allclose(vote.sum(1), 1)


def test_rows_beyond_the_sample(monkeypatch):
    monkeypatch.setattr("skaae.estimators._consensus.MAX_SAMPLES", 100)
    X, y = make_blobs(300, n_features=5, centers=3, random_state=0)
    probabilities = cluster_probabilities(X, 3, "consensus", 0, standardize=True)
    assert adjusted_rand_score(y, probabilities.argmax(1)) > 0.95


@pytest.mark.parametrize("n", [50, 400])
def test_shared_neighbours_of_clusters_that_are_not_connected(n):
    X = np.random.default_rng(0).standard_normal((n, 3)) + np.repeat([0, 20], n // 2)[:, None]
    eigenvalues, eigenvectors = top_eigenvectors(shared_neighbor_affinity(X, 0), 10, 0)
    assert (np.diff(eigenvalues) <= 1e-9).all()
    clusters = k_means(diffusion_map(eigenvalues, eigenvectors, 2, 0.2), 2, 0)
    assert adjusted_rand_score(np.repeat([0, 1], n // 2), clusters) > 0.95


def balls(sizes, centers, n_features=4, seed=0):
    rng = np.random.default_rng(seed)
    X = np.vstack([rng.normal(size=(n, n_features)) + center for n, center in zip(sizes, centers, strict=True)])
    return X, np.repeat(range(len(sizes)), sizes)


@pytest.mark.parametrize(
    ("sizes", "centers", "n_features"),
    [
        ((300, 190, 10), (0, 6, -6), 4),
        ((490, 10), (0, 6), 4),
        ((490, 10), (0, 12), 1),
        ((490, 10), (0, 6), 20),
        ((490, 10), (0, [12, *[0] * 9]), 10),
        ((900, 60, 40), (0, [12, 0, 0, 0, 0], [0, 12, 0, 0, 0]), 5),
        ((300, 180, 10, 10), (0, 6, -6, [20, 0, 0, 0]), 4),
    ],
)
def test_small_clusters_that_lie_far(sizes, centers, n_features):
    X, y = balls(sizes, centers, n_features)
    far = far_clusters(X, len(sizes), 0)
    is_small = np.array(sizes)[y] < 100
    assert np.array_equal(far >= 0, is_small)
    assert adjusted_rand_score(y[is_small], far[is_small]) == 1
    folded = np.arcsinh(X)
    for teachers in ("consensus", "neighbors"):
        probabilities = cluster_probabilities(folded, len(sizes), teachers, 0, standardize=True, values=X)
        np.testing.assert_allclose(probabilities.sum(1), 1)
        assert adjusted_rand_score(y, probabilities.argmax(1)) > 0.95


def test_no_far_clusters_in_a_ball_in_tails_and_in_codes():
    rng = np.random.default_rng(0)
    ball, tails = rng.normal(size=(500, 4)), np.exp(rng.normal(size=(500, 4)))
    outliers = np.vstack([ball[:496], 30 + 20 * rng.normal(size=(4, 4))])
    ages = rng.integers(18, 60, size=(500, 1))
    rare = np.column_stack([rng.random((500, 3)) < 0.02, ball])
    for X in (ball, tails, outliers, ages, rare, rng.integers(3, size=(500, 5)), np.zeros((500, 2)), ball[:3]):
        for n_clusters in (2, 3, 8):
            assert (far_clusters(X, n_clusters, 0) < 0).all()
