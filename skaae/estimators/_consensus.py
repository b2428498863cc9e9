r"""The consensus of many clusterings: what a clusterer is taught in place of labels.

No one clustering is best on most tables. Twelve of a sample of the rows are taken, by k-means, Ward's method, mixtures
of Gaussians and spectral clustering, of columns as they are, of rows of unit length, and of ranks. Each counts by the
square of its mean adjusted Rand index with the others, and the consensus is k-means on their indicator columns side by
side (Wu, Liu, Xiong, Cao and Chen, "K-means-based consensus clustering: a unified view", 2015).

Two of the twelve go by shared neighbours. Rows are linked that are among the nearest of one another, by the square of
the share of neighbours that they have in common (after Jarvis and Patrick, "Clustering using a similarity measure
based on shared near neighbors", 1973). With the eigenvalues and vectors of the normalised links, rows are at the places
:math:`\lambda_1^t v_1, \lambda_2^t v_2, \ldots`, at length one, after a walk of :math:`t` steps (Coifman and Lafon,
"Diffusion maps", 2006), such that :math:`\lambda_{k+1}^t = e^{-c}` for :math:`k` clusters: no hard choice of how many
eigenvectors count. On images, where the other ten say little, ten of these alone are the better teacher: seven walks of
different lengths, and three with a hard choice.

Guesses are half the consensus and half the vote of the clusterings for it; other rows follow their nearest in the
sample.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sparse
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

__all__ = ["aligned", "clusters_of", "guesses_of"]

SAMPLE, SAMPLE_OF_NEIGHBORS = 3_000, 20_000  # rows that are clustered, at most
WIDEST = 50  # columns of what neighbours and mixtures are found in, else as many principal components
VARIANCE = 0.9  # that principal components keep of narrower rows
NEAR, NEAR_ON_SPHERE = 10, 15
FEW_ROWS = 300  # up to which all eigenvectors are found at once
FADED = (0.2, 0.5)  # c, how much the first eigenvector beyond as many as clusters has faded
ALL_FADED = (0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4)  # where neighbours are the only teacher
BEYOND = 20  # eigenvectors that count beside as many as clusters
CUT_BEYOND = (8, 10, 12)  # or that count in full, and no others
LEAST_LINK = 1e-3  # of a row to itself, so that none is alone
SMALLEST_SHARE = 1e-10  # of the largest variance, below which another is lost in rounding
FOLLOWED = 5  # rows of the sample that another row follows


def guesses_of(X: np.ndarray, n_clusters: int, teachers: Any, seed: int, *, standardise: bool) -> np.ndarray:
    """Probabilities of clusters, (n_samples, n_clusters), by the named teachers or by clusterers of the user's."""
    with config_context(transform_output="default"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few distinct rows, and of graphs in several parts
        return followed(X, n_clusters, teachers, seed, standardise)


def followed(X: np.ndarray, n_clusters: int, teachers: Any, seed: int, standardise: bool) -> np.ndarray:
    """Guesses of a sample of the rows, and of those that follow them."""
    if len(X) <= n_clusters:
        return np.eye(n_clusters)[: len(X)]
    largest = SAMPLE_OF_NEIGHBORS if teachers == "neighbors" else SAMPLE
    sample = np.random.RandomState(seed).permutation(len(X))[:largest]
    rows = StandardScaler().fit_transform(X) if standardise else X
    consensus, vote = agreed([*clusterings(rows[sample], n_clusters, teachers, seed)], n_clusters, seed)
    own = (np.eye(n_clusters)[consensus] + vote) / 2
    if len(sample) == len(X):
        return own[np.argsort(sample)]
    components = PCA(WIDEST, random_state=seed).fit(rows[sample]) if rows.shape[1] > WIDEST else None
    near = [part if components is None else components.transform(part) for part in (rows[sample], rows)]
    guesses = KNeighborsRegressor(min(FOLLOWED, len(sample))).fit(near[0], own).predict(near[1])
    guesses[sample] = own
    return guesses


def clusterings(X: np.ndarray, k: int, teachers: Any, seed: int) -> Iterator[np.ndarray]:
    """Clusters of rows by each teacher, (n_samples,)."""
    if not isinstance(teachers, str):
        for teacher in map(clone, teachers):
            _set_random_states(teacher, np.random.RandomState(seed))
            yield np.asarray(teacher.fit_predict(X))
        return
    values, vectors = shared_neighbors(X, k + BEYOND, seed)
    walks = [walked(values, vectors, k, faded) for faded in (ALL_FADED if teachers == "neighbors" else FADED)]
    if teachers == "neighbors":
        walks += [normalize(vectors[:, : k + beyond]) for beyond in CUT_BEYOND]
    yield from (clusters_of(places, k, seed) for places in walks)
    if teachers == "neighbors":
        return
    n_near = min(len(X) - 1, NEAR)
    components = PCA(VARIANCE, svd_solver="full").fit_transform(X)[:, :WIDEST]
    narrow = X if X.shape[1] <= WIDEST else components
    ranks = QuantileTransformer(n_quantiles=min(200, len(X))).fit_transform(X)
    views = [X, normalize(X), ranks / ranks.std(axis=0).clip(1e-9)]
    yield from (clusters_of(view, k, seed) for view in views)
    yield from (AgglomerativeClustering(k).fit_predict(view) for view in views)
    smallest = SMALLEST_SHARE * X.var(axis=0).max()
    full = GaussianMixture(k, reg_covar=max(1e-6, smallest), random_state=seed)
    tied = GaussianMixture(k, covariance_type="tied", n_init=3, reg_covar=max(1e-3, smallest), random_state=seed)
    yield full.fit_predict(narrow)
    yield tied.fit_predict(components)
    for view, n_neighbors in ((X, n_near), (normalize(components), min(len(X) - 1, NEAR_ON_SPHERE))):
        links = SpectralClustering(k, affinity="nearest_neighbors", n_neighbors=n_neighbors, random_state=seed)
        yield links.fit_predict(view)


def clusters_of(X: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Clusters of rows by k-means."""
    return KMeans(k, n_init=10, random_state=seed).fit_predict(X)


def shared_neighbors(X: np.ndarray, n_vectors: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Largest eigenvalues of the links of rows that share neighbours, falling, and vectors, (n_samples, n_vectors)."""
    n = len(X)
    if X.shape[1] > WIDEST:
        X = PCA(min(WIDEST, n), random_state=seed).fit_transform(X)
    n_near = min(NEAR, n - 1)
    near = NearestNeighbors(n_neighbors=n_near).fit(X).kneighbors_graph()
    linked = near.maximum(near.T)
    near = near + sparse.eye(n)
    shares = (near @ near.T).multiply(linked > 0).tocsr()
    shares.data = (shares.data / (n_near + 1)) ** 2
    shares = shares + LEAST_LINK * sparse.eye(n)
    scale = sparse.diags(np.asarray(shares.sum(1)).ravel() ** -0.5)
    links = (scale @ shares @ scale).tocsr()
    # Of links in several parts, whose largest eigenvalues are all 1, one search would find but some.
    n_parts, part = connected_components(links)
    places = [np.flatnonzero(part == p) for p in range(n_parts)]
    found = [leading(links[own][:, own], n_vectors, seed) for own in places]
    values = np.concatenate([own[0] for own in found])
    of_part = np.repeat(range(n_parts), [len(own[0]) for own in found])
    in_part = np.concatenate([np.arange(len(own[0])) for own in found])
    largest = np.argsort(-values, kind="stable")[:n_vectors]
    vectors = np.zeros((n, len(largest)))
    for column, place in enumerate(largest):
        p = of_part[place]
        vectors[places[p], column] = found[p][1][:, in_part[place]]
    return values[largest], vectors


def leading(links: Any, n_vectors: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Largest eigenvalues of connected links, falling, and their vectors."""
    n = links.shape[0]
    if n <= max(FEW_ROWS, n_vectors + 1):
        values, vectors = np.linalg.eigh(links.toarray())
    else:
        start = np.random.RandomState(seed).uniform(-1, 1, n)
        values, vectors = eigsh(links, n_vectors, which="LA", tol=1e-4, maxiter=3000, v0=start)
    return values[::-1][:n_vectors], vectors[:, ::-1][:, :n_vectors]


def walked(values: np.ndarray, vectors: np.ndarray, k: int, faded: float) -> np.ndarray:
    """Places of rows after a walk along their links, of unit length."""
    values = values.clip(1e-12, 1 - 1e-6)
    n_steps = faded / -np.log(values[min(k, len(values) - 1)])
    return normalize(vectors * values**n_steps)


def agreed(found: Sequence[np.ndarray], k: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The consensus of clusterings, (n_samples,), and their vote for its clusters, (n_samples, k)."""
    indicators = [(clusters[:, None] == np.unique(clusters)).astype(float) for clusters in found]
    likeness = np.array([[adjusted_rand_score(one, other) for other in found] for one in found])
    others = (likeness.sum(1) - 1) / max(1, len(found) - 1) if len(found) > 1 else np.ones(1)
    weights = others.clip(0) ** 2 + 1e-9
    weighted = [np.sqrt(weight) * own for weight, own in zip(weights, indicators, strict=True)]
    consensus = clusters_of(np.hstack(weighted), k, seed)
    wanted = np.eye(k)[consensus]
    votes = [weight * own @ aligned(own.T @ wanted) for weight, own in zip(weights, indicators, strict=True)]
    vote = np.sum(votes, axis=0)
    total = vote.sum(1, keepdims=True)
    return consensus, np.where(total > 0, vote / total.clip(1e-12), wanted)


def aligned(shared: np.ndarray) -> np.ndarray:
    """Which cluster is which, by how much they share, (n_clusters, k): a matrix of zeros and ones of that shape."""
    matches = np.zeros_like(shared)
    matches[linear_sum_assignment(-shared)] = 1
    return matches
