r"""Consensus clustering: the soft labels that a clusterer learns in place of class labels.

No one clustering is best on most tables. So a sample of the rows is clustered in twelve ways: by k-means, Ward's
method, mixtures of Gaussians and spectral clustering, of columns as they are, of rows of unit length, and of ranks.
Each clustering is weighted by the square of its mean adjusted Rand index with the others, and the consensus is k-means
on their weighted indicator columns (Wu, Liu, Xiong, Cao and Chen, "K-means-based consensus clustering: a unified
view", 2015).

Two of the twelve use shared neighbours. The affinity of a row and one of its nearest neighbours is the square of the
share of neighbours that they have in common (after Jarvis and Patrick, "Clustering using a similarity measure based on
shared near neighbors", 1973). With the eigenvalues and eigenvectors of the normalized affinity, the diffusion map after
:math:`t` steps has the columns :math:`\lambda_1^t v_1, \lambda_2^t v_2, \ldots` (Coifman and Lafon, "Diffusion maps",
2006), its rows scaled to unit length. A decay :math:`c` fixes :math:`t` by :math:`\lambda_{k+1}^t = e^{-c}` for
:math:`k` clusters, so that the number of eigenvectors need not be chosen. On images, where the other ten are poor, the
teacher "neighbors" is better: seven diffusion maps of different decays, and three numbers of eigenvectors.

Soft labels are the mean of the consensus and of the weighted vote of the clusterings for it. Rows beyond the sample
have the mean of their nearest rows in it.

A small cluster that lies far from all other rows is unambiguous, but compressed tails bring it near, and most
of the twelve would rather split a large cluster. So k-means of the columns in their units comes first, scaled by the
spread of the middle of their values, because a far cluster widens standard deviations: each of its clusters that is
small, and has a gap around it that is wider than itself and the nearest cluster (by the root mean square of distances
to their centres) and than the distances between its rows, is one of the clusters; the consensus is of the other rows.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import eigsh
from sklearn import config_context
from sklearn.base import clone
from sklearn.cluster import AgglomerativeClustering, KMeans, SpectralClustering
from sklearn.decomposition import PCA
from sklearn.ensemble._base import _set_random_states
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KNeighborsRegressor, NearestNeighbors
from sklearn.preprocessing import QuantileTransformer, StandardScaler, normalize

from ._covariance import PCAReduction, variance_floor

__all__ = ["cluster_probabilities", "match_clusters"]

MAX_SAMPLES, MAX_SAMPLES_BY_NEIGHBORS = 3_000, 20_000  # rows that are clustered
MAX_COLUMNS = 50  # in which neighbours are looked up and mixtures fitted, else as many principal components
EXPLAINED_VARIANCE = 0.9  # by the principal components of narrower rows
N_NEIGHBORS, N_NEIGHBORS_OF_UNIT_LENGTH = 10, 15
MAX_ROWS_OF_DENSE_EIGH = 300
DECAYS = {"consensus": (0.2, 0.5), "neighbors": (0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4)}  # c, of diffusion maps
N_EXTRA_EIGENVECTORS = 20  # of diffusion maps, beyond the number of clusters
N_EXTRA_OF_EMBEDDINGS = {"consensus": (), "neighbors": (8, 10, 12)}  # of eigenvectors that all count in full
SELF_AFFINITY = 1e-3  # so that no row is isolated
N_NEIGHBORS_OF_EXTENSION = 5
MIN_FAR_ROWS, MAX_FAR_FRACTION = 5, 0.1  # of a small far cluster
MIN_GAP_TO_NEIGHBORS = 2  # of the gap around it, to the median distance of its rows to their nearest neighbours
MIN_GAP_TO_RADIUS = 1.5  # to its radius, and to that of the nearest cluster
SPREAD_PERCENTILES, MAX_SPREAD_RATIO = (16, 50, 84), 3  # a standard deviation on either side, if normal; to all values
MAX_ATOM_FRACTION = 0.1  # most common value of columns that are continuous, in which a cluster can lie far


def cluster_probabilities(
    X: NDArray[Any],
    n_clusters: int,
    teachers: str | Sequence[Any],
    seed: int,
    *,
    standardize: bool,
    n_numeric: int | None = None,
    values: NDArray[Any] | None = None,
) -> NDArray[np.float64]:
    """Soft labels, (n_samples, n_clusters), by "consensus", "neighbors" or a list of clusterers.

    Columns behind the first `n_numeric` are one-hot, and stay zeros and ones. With the values of numeric columns, the
    first clusters are small ones that lie far from the others in these.
    """
    n_numeric = X.shape[1] if n_numeric is None else n_numeric
    far = far_clusters(X[:, :0] if values is None else values, n_clusters, seed)
    n_far, is_other = int(far.max(initial=-1)) + 1, far < 0
    if not n_far:
        return probabilities_of_rows(X, n_clusters, teachers, seed, n_numeric, standardize=standardize)
    probabilities = np.eye(n_clusters)[far]
    others = probabilities_of_rows(X[is_other], n_clusters - n_far, teachers, seed, n_numeric, standardize=standardize)
    probabilities[is_other] = np.hstack([np.zeros((len(others), n_far)), others])
    return probabilities


def far_clusters(values: NDArray[Any], n_clusters: int, seed: int) -> NDArray[np.intp]:
    """The index of the small far cluster of each row, (n_samples,), -1 for all other rows."""
    far = np.full(len(values), -1)
    values = values[:, [is_continuous(column) for column in values.T]]
    if n_clusters < 2 or len(values) <= n_clusters or not values.shape[1]:
        return far
    X = scale_by_spread(values.astype(np.float64))
    sample = np.random.RandomState(seed).permutation(len(X))[:MAX_SAMPLES_BY_NEIGHBORS]
    with config_context(transform_output="default"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about few distinct rows
        n_init = 10 if len(sample) <= MAX_SAMPLES else 3
        clustering = KMeans(n_clusters, n_init=n_init, random_state=seed).fit(X[sample])
    labels = clustering.predict(X)
    found = [
        index for index in range(n_clusters) if is_far(X[sample], labels[sample], clustering.cluster_centers_, index)
    ]
    for position, index in enumerate(found[: n_clusters - 1]):
        far[labels == index] = position
    return far


def scale_by_spread(X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centred columns in units of the middle two thirds of their values, which far clusters do not widen."""
    low, middle, high = np.percentile(X, SPREAD_PERCENTILES, axis=0)
    spread = np.maximum((high - low) / 2, X.std(axis=0) / MAX_SPREAD_RATIO)
    return np.asarray((X - middle) / np.where(spread > 0, spread, 1))


def is_continuous(column: NDArray[Any]) -> bool:
    """Whether no value of a column is common."""
    return bool(np.unique(column, return_counts=True)[1].max() <= MAX_ATOM_FRACTION * len(column))


def is_far(X: NDArray[Any], labels: NDArray[np.intp], centers: NDArray[Any], index: int) -> bool:
    """Whether a cluster is small, with a gap around it that is wider than itself and the nearest cluster."""
    members = labels == index
    if not MIN_FAR_ROWS <= members.sum() <= MAX_FAR_FRACTION * len(X):
        return False
    distances = np.linalg.norm(centers - centers[index], axis=1)
    distances[index] = np.inf
    nearest = int(distances.argmin())
    radius = max(rms_distance(X[labels == each], centers[each]) for each in (index, nearest))
    to_neighbors = NearestNeighbors(n_neighbors=1).fit(X[members]).kneighbors()[0]
    gap = NearestNeighbors(n_neighbors=1).fit(X[~members]).kneighbors(X[members])[0].min()
    return bool(gap > max(MIN_GAP_TO_NEIGHBORS * np.median(to_neighbors), MIN_GAP_TO_RADIUS * radius))


def rms_distance(X: NDArray[Any], center: NDArray[Any]) -> float:
    """Root mean square of the distances of rows to a centre."""
    return float(np.sqrt(((X - center) ** 2).sum(1).mean()))


def probabilities_of_rows(
    X: NDArray[Any], n_clusters: int, teachers: str | Sequence[Any], seed: int, n_numeric: int, *, standardize: bool
) -> NDArray[np.float64]:
    """Soft labels by the clusterings, (n_samples, n_clusters)."""
    if len(X) <= n_clusters:
        return np.eye(n_clusters)[: len(X)]
    if n_clusters == 1:
        return np.ones((len(X), 1))
    n_samples = MAX_SAMPLES_BY_NEIGHBORS if teachers == "neighbors" else MAX_SAMPLES
    sample = np.random.RandomState(seed).permutation(len(X))[:n_samples]
    with config_context(transform_output="default"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about few distinct rows, and graphs of several components
        rows = with_numeric(X, StandardScaler(), n_numeric) if standardize else X
        clusterings = [*base_clusterings(rows[sample], n_clusters, teachers, seed, n_numeric)]
        consensus, vote = consensus_clustering(clusterings, n_clusters, seed)
        return extend_to_all_rows(rows, sample, (np.eye(n_clusters)[consensus] + vote) / 2, seed)


def with_numeric(X: NDArray[Any], transformer: Any, n_numeric: int) -> NDArray[Any]:
    """Columns, of which the numeric ones, which come first, are transformed."""
    return np.hstack([transformer.fit_transform(X[:, :n_numeric]), X[:, n_numeric:]]) if n_numeric else X


def base_clusterings(
    X: NDArray[Any], n_clusters: int, teachers: str | Sequence[Any], seed: int, n_numeric: int
) -> Iterator[NDArray[np.intp]]:
    """Cluster labels by each of the teachers, (n_samples,)."""
    if isinstance(teachers, str):
        yield from shared_neighbor_clusterings(X, n_clusters, teachers, seed)
        if teachers == "consensus":
            yield from varied_clusterings(X, n_clusters, seed, n_numeric)
        return
    for teacher in map(clone, teachers):
        _set_random_states(teacher, np.random.RandomState(seed))
        yield np.asarray(teacher.fit_predict(X))


def shared_neighbor_clusterings(
    X: NDArray[Any], n_clusters: int, teachers: str, seed: int
) -> Iterator[NDArray[np.intp]]:
    """Cluster labels from eigenvectors of the affinity by shared neighbours, as they are or as a diffusion map."""
    affinity = shared_neighbor_affinity(X, seed)
    eigenvalues, eigenvectors = top_eigenvectors(affinity, n_clusters + N_EXTRA_EIGENVECTORS, seed)
    for decay in DECAYS[teachers]:
        yield k_means(diffusion_map(eigenvalues, eigenvectors, n_clusters, decay), n_clusters, seed)
    for n_extra in N_EXTRA_OF_EMBEDDINGS[teachers]:
        yield k_means(normalize(eigenvectors[:, : n_clusters + n_extra]), n_clusters, seed)


def varied_clusterings(X: NDArray[Any], n_clusters: int, seed: int, n_numeric: int) -> Iterator[NDArray[np.intp]]:
    """Cluster labels by other methods, of several representations of rows."""
    components = PCA(EXPLAINED_VARIANCE, svd_solver="full").fit_transform(X)[:, :MAX_COLUMNS]
    ranks = with_numeric(X, QuantileTransformer(n_quantiles=min(200, len(X))), n_numeric)
    ranks[:, :n_numeric] /= ranks[:, :n_numeric].std(axis=0).clip(1e-9)
    representations = [X, normalize(X), ranks]
    yield from (k_means(rows, n_clusters, seed) for rows in representations)
    yield from (AgglomerativeClustering(n_clusters).fit_predict(rows) for rows in representations)
    narrow = X if X.shape[1] <= MAX_COLUMNS else components
    full = GaussianMixture(n_clusters, reg_covar=variance_floor(X, 1e-6), random_state=seed)
    yield full.fit_predict(narrow.astype(np.float64))  # 32 bits do not hold covariances of columns of different scales
    tied = {"covariance_type": "tied", "n_init": 3, "reg_covar": variance_floor(X, 1e-3)}
    yield GaussianMixture(n_clusters, **tied, random_state=seed).fit_predict(components.astype(np.float64))
    for rows, n_neighbors in ((X, N_NEIGHBORS), (normalize(components), N_NEIGHBORS_OF_UNIT_LENGTH)):
        graph = {"affinity": "nearest_neighbors", "n_neighbors": min(len(X) - 1, n_neighbors)}
        yield SpectralClustering(n_clusters, **graph, random_state=seed).fit_predict(rows)


def k_means(X: NDArray[Any], n_clusters: int, seed: int) -> NDArray[np.intp]:
    """Cluster labels by k-means."""
    return np.asarray(KMeans(n_clusters, n_init=10, random_state=seed).fit_predict(X))


def shared_neighbor_affinity(X: NDArray[Any], seed: int) -> Any:
    """The symmetrically normalized affinity of rows that share neighbours, a sparse matrix."""
    n = len(X)
    if X.shape[1] > MAX_COLUMNS:
        X = PCA(min(MAX_COLUMNS, n), random_state=seed).fit_transform(X)
    n_neighbors = min(N_NEIGHBORS, n - 1)
    neighbors = NearestNeighbors(n_neighbors=n_neighbors).fit(X).kneighbors_graph()
    is_linked = neighbors.maximum(neighbors.T) > 0
    neighbors = neighbors + sparse.eye(n)
    affinity = (neighbors @ neighbors.T).multiply(is_linked).tocsr()
    affinity.data = (affinity.data / (n_neighbors + 1)) ** 2
    affinity = affinity + SELF_AFFINITY * sparse.eye(n)
    scale = sparse.diags(np.asarray(affinity.sum(1)).ravel() ** -0.5)
    return (scale @ affinity @ scale).tocsr()


def top_eigenvectors(affinity: Any, n_vectors: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Largest eigenvalues, descending, and their eigenvectors, (n_samples, n_vectors).

    Each connected component has an eigenvalue of 1: one search in all of them would miss some, so each has its own.
    """
    n_components, component_of_row = connected_components(affinity)
    pairs = []
    for component in range(n_components):
        rows = np.flatnonzero(component_of_row == component)
        values, vectors = top_eigenvectors_of_component(affinity[rows][:, rows], n_vectors, seed)
        pairs += [(value, vector, rows) for value, vector in zip(values, vectors.T, strict=True)]
    pairs = sorted(pairs, key=lambda pair: -pair[0])[:n_vectors]
    eigenvectors = np.zeros((affinity.shape[0], len(pairs)))
    for column, (_, vector, rows) in enumerate(pairs):
        eigenvectors[rows, column] = vector
    return np.array([value for value, _, _ in pairs]), eigenvectors


def top_eigenvectors_of_component(
    affinity: Any, n_vectors: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Largest eigenvalues, descending, and eigenvectors of a connected affinity."""
    n = affinity.shape[0]
    if n <= max(MAX_ROWS_OF_DENSE_EIGH, n_vectors + 1):
        values, vectors = np.linalg.eigh(affinity.toarray())
    else:
        start = np.random.RandomState(seed).uniform(-1, 1, n)
        values, vectors = eigsh(affinity, n_vectors, which="LA", tol=1e-4, maxiter=3000, v0=start)
    return values[::-1][:n_vectors], vectors[:, ::-1][:, :n_vectors]


def diffusion_map(
    eigenvalues: NDArray[np.float64], eigenvectors: NDArray[np.float64], n_clusters: int, decay: float
) -> NDArray[np.float64]:
    """The diffusion map at which the first eigenvalue beyond the clusters has the decay, rows of unit length."""
    eigenvalues = eigenvalues.clip(1e-12, 1 - 1e-6)
    n_steps = decay / -np.log(eigenvalues[min(n_clusters, len(eigenvalues) - 1)])
    return np.asarray(normalize(eigenvectors * eigenvalues**n_steps))


def consensus_clustering(
    clusterings: Sequence[NDArray[np.intp]], n_clusters: int, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Cluster labels of the consensus, (n_samples,), and the vote of the clusterings, (n_samples, n_clusters)."""
    weights = agreement(clusterings).clip(0) ** 2 + 1e-9
    indicators = [(labels[:, None] == np.unique(labels)).astype(float) for labels in clusterings]
    weighted = [np.sqrt(weight) * each for weight, each in zip(weights, indicators, strict=True)]
    consensus = k_means(np.hstack(weighted), n_clusters, seed)
    one_hot = np.eye(n_clusters)[consensus]
    matched = [each @ match_clusters(each.T @ one_hot) for each in indicators]
    votes = np.sum([weight * each for weight, each in zip(weights, matched, strict=True)], axis=0)
    total = votes.sum(1, keepdims=True)
    return consensus, np.where(total > 0, votes / total.clip(1e-12), one_hot)


def agreement(clusterings: Sequence[NDArray[np.intp]]) -> NDArray[np.float64]:
    """Mean adjusted Rand index of each clustering with the others, (n_clusterings,)."""
    if len(clusterings) == 1:
        return np.ones(1)
    scores = np.eye(len(clusterings))
    for i, j in combinations(range(len(clusterings)), 2):
        scores[i, j] = scores[j, i] = adjusted_rand_score(clusterings[i], clusterings[j])
    return np.asarray((scores.sum(1) - 1) / (len(clusterings) - 1))


def match_clusters(shared: NDArray[Any]) -> NDArray[Any]:
    """A one-to-one matching that maximizes what clusters share: a matrix of zeros and ones of the same shape."""
    matches = np.zeros_like(shared)
    matches[linear_sum_assignment(-shared)] = 1
    return matches


def extend_to_all_rows(
    X: NDArray[Any], sample: NDArray[np.intp], probabilities: NDArray[np.float64], seed: int
) -> NDArray[np.float64]:
    """Probabilities of a sample of the rows, and of other rows as the mean of their nearest ones in it."""
    if len(sample) == len(X):
        return probabilities[np.argsort(sample)]
    reduction = PCAReduction(MAX_COLUMNS, seed).fit(X[sample])
    regressor = KNeighborsRegressor(min(N_NEIGHBORS_OF_EXTENSION, len(sample)))
    regressor.fit(reduction.transform(X[sample]), probabilities)
    extended = np.asarray(regressor.predict(reduction.transform(X)))
    extended[sample] = probabilities
    return extended
