"""Which rows to label: uncertain ones, unlike each other, and each typical of many.

The most uncertain rows are clustered, by weights of their uncertainty, into as many clusters as rows are asked for, and
the row nearest to each centre is chosen (Zhdanov, "Diverse mini-batch active learning", 2019). Before any label is
known all rows are clustered, and those chosen are typical of all regions (Hacohen, Dekel and Weinshall, "Active
learning on a budget: opposite strategies suit high and low budgets", 2022).
"""

from __future__ import annotations

import warnings
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import pairwise_distances
from sklearn.utils import check_scalar

__all__ = ["choose_rows", "draw_candidates", "margin_uncertainty"]

MAX_CANDIDATES = 5_000  # rows that are clustered
MIN_UNCERTAIN_FRACTION, MIN_UNCERTAIN_FACTOR = 0.1, 10  # of candidates, and of the rows asked for, that are clustered
MIN_UNCERTAINTY = 1e-6


def draw_candidates(n_samples: int, n_rows: Any, rng: np.random.RandomState) -> NDArray[np.intp]:
    """Indices of the rows to choose so many from: all of few, a random part of many."""
    check_scalar(n_rows, "n_rows", Integral, min_val=1)
    if n_rows > n_samples:
        raise ValueError(f"`n_rows` must be at most the number of rows in `X` ({n_samples}). Got {n_rows}.")
    return np.sort(rng.permutation(n_samples)[: max(MAX_CANDIDATES, n_rows)])


def choose_rows(
    features: NDArray[Any], n_rows: int, rng: np.random.RandomState, uncertainty: NDArray[np.float64] | None = None
) -> NDArray[np.intp]:
    """Indices of distinct rows, (n_rows,), those of the clusters of most weight first."""
    if uncertainty is not None:
        n_uncertain = max(MIN_UNCERTAIN_FACTOR * n_rows, int(MIN_UNCERTAIN_FRACTION * len(features)))
        uncertain = np.sort(np.argsort(-uncertainty, kind="stable")[:n_uncertain])
        return uncertain[typical_rows(features[uncertain], n_rows, rng, uncertainty[uncertain].clip(MIN_UNCERTAINTY))]
    return typical_rows(features, n_rows, rng, np.ones(len(features)))


def typical_rows(
    features: NDArray[Any], n_rows: int, rng: np.random.RandomState, weight: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Indices of the rows nearest to the centres of clusters, those of most weight first."""
    rows = features.astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different rows than are asked for
        clusters = KMeans(n_rows, n_init=3, random_state=rng).fit(rows, sample_weight=weight)
    distances = pairwise_distances(clusters.cluster_centers_, rows)
    chosen: list[int] = []
    for cluster in np.argsort(-np.bincount(clusters.labels_, weight, minlength=n_rows), kind="stable"):
        distances[:, chosen] = np.inf
        chosen.append(int(distances[cluster].argmin()))
    return np.array(chosen)


def margin_uncertainty(probabilities: NDArray[Any]) -> NDArray[np.float64]:
    """1 where the two most probable classes are equally so, 0 where one is certain, (n_samples,)."""
    second, first = np.sort(probabilities.astype(np.float64), axis=1)[:, -2:].T
    return np.asarray(1 - (first - second))
