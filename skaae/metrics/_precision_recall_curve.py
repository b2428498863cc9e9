"""Precision and recall of distributions as a curve, over clusters of both samples."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.cluster import MiniBatchKMeans

from .._openmp import limit_openmp
from ._validation import Floats, check_integer, check_samples

__all__ = ["distribution_precision_recall_curve", "make_curve"]


def distribution_precision_recall_curve(
    X_real: Any,
    X_generated: Any,
    *,
    n_clusters: int = 20,
    n_angles: int = 1001,
    n_runs: int = 10,
    features: Any = None,
    random_state: Any = None,
) -> tuple[Floats, Floats]:
    r"""Pairs of precision and recall of a generator, from all weight on recall to all weight on precision.

    The union of both samples is clustered, and the fractions :math:`p` of real and :math:`q` of generated rows in the
    clusters compared: for each slope :math:`\lambda`, precision is :math:`\sum_i \min(\lambda p_i, q_i)`, and recall
    precision over :math:`\lambda`. Generated rows outside of real modes lower precision, real modes without generated
    rows lower recall. Differences within a cluster are not measured. This is not the curve of a classifier's thresholds
    (`sklearn.metrics.precision_recall_curve`).

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_features)
        Real rows.
    X_generated : array-like of shape (n_generated, n_features)
        Generated rows. Each sample has the same weight in the clustering, whatever its size.
    n_clusters : int, default=20
        Number of clusters.
    n_angles : int, default=1001
        Number of slopes, at even angles between 0 and 90 degrees.
    n_runs : int, default=10
        Number of clusterings that the curve is averaged over.
    features : fitted estimator, torch.nn.Module, callable or None, default=None
        Features that rows are compared by, as in `features_of`; None is the rows themselves.
    random_state : int, RandomState instance or None, default=None
        Seeds the clusterings.

    Returns
    -------
    precision : ndarray of shape (n_angles,)
        Rising.
    recall : ndarray of shape (n_angles,)
        Falling.

    References
    ----------
    Sajjadi, Bachem, Lucic, Bousquet and Gelly, "Assessing generative models via precision and recall", 2018,
    arXiv 1806.00035.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae.metrics import distribution_precision_recall_curve
    >>> X = np.random.default_rng(0).standard_normal((500, 2)) + np.repeat([[0], [20]], 250, axis=0)
    >>> precision, recall = distribution_precision_recall_curve(X, X[:250], n_clusters=4, random_state=0)
    >>> float(precision.max().round(2)), float(recall.max().round(2))  # half of the modes are missing
    (1.0, 0.5)
    """
    X_real, X_generated = check_samples(X_real, X_generated, features)
    X = np.concatenate([X_real, X_generated])
    check_integer("n_clusters", n_clusters, 1, len(X), ", as many as there are rows")
    check_integer("n_angles", n_angles, 3)
    check_integer("n_runs", n_runs, 1)
    weights = np.repeat([len(X) / len(X_real) / 2, len(X) / len(X_generated) / 2], [len(X_real), len(X_generated)])
    rng = np.random.default_rng(random_state)
    curves = []
    for _ in range(n_runs):
        k_means = MiniBatchKMeans(n_clusters, n_init=10, random_state=int(rng.integers(2**31)))
        with limit_openmp():  # batches are small
            clusters = k_means.fit(X, sample_weight=weights).predict(X)
        real, generated = (
            np.bincount(labels, minlength=n_clusters) / len(labels) for labels in np.split(clusters, [len(X_real)])
        )
        curves.append(make_curve(real, generated, n_angles))
    precision, recall = np.mean(curves, axis=0)
    return precision, recall


def make_curve(real: Floats, generated: Floats, n_angles: int) -> tuple[Floats, Floats]:
    """Precision and recall, each (n_angles,), of the fractions of rows in clusters."""
    min_angle = 1e-6  # so that slopes are neither zero nor infinite
    slopes = np.tan(np.linspace(min_angle, np.pi / 2 - min_angle, n_angles))[:, None]
    precision = np.minimum(slopes * real, generated).sum(axis=1)
    return precision.clip(0, 1), (precision / slopes[:, 0]).clip(0, 1)
