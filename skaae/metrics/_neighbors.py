r"""Overlap of two samples: balls around rows, with the distance to the row's :math:`k`-th neighbor as radius.

The union of a sample's balls estimates the support of its distribution. Balls are closed, so that copies of repeated
rows, whose balls have radius zero, are inside. Distances are computed in blocks, so that memory does not grow with the
number of rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.neighbors import NearestNeighbors

from ._validation import Floats, center_both, check_integer, check_samples

__all__ = ["density_coverage", "precision_recall"]

BLOCK_SHAPE = 256, 4096  # rows of the two samples whose distances are computed at once: 8 MiB
ROUNDING_ERROR = 32 * np.finfo(np.float64).eps  # of a squared distance, in units of the squared norms it is made of


def precision_recall(
    X_real: Any, X_generated: Any, *, n_neighbors: int = 3, features: Any = None
) -> tuple[float, float]:
    """Fraction of generated rows in the support of real ones, and of real rows in the support of generated ones.

    The support is the union of balls around rows of the sample, with the distance to the row's `n_neighbors`-th
    neighbor in the sample as radius. Precision measures quality, recall variety. An outlier has a large ball, which
    holds many rows: prefer `density_coverage` if samples have outliers. Neither reaches 1 for two samples of one
    distribution in many dimensions: compare with two real samples. Copies of training rows are not detected (see
    `nearest_record_share`).

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_features)
        Real rows, more than `n_neighbors`.
    X_generated : array-like of shape (n_generated, n_features)
        Generated rows, more than `n_neighbors`; as many as real ones, because balls shrink with their number.
    n_neighbors : int, default=3
        The neighbor whose distance is the radius.
    features : fitted estimator, torch.nn.Module, callable or None, default=None
        Features that rows are compared by, as in `features_of`; None is the rows themselves.

    Returns
    -------
    precision : float
        Fraction of generated rows in a ball of a real row.
    recall : float
        Fraction of real rows in a ball of a generated row.

    Notes
    -----
    Time grows with the product of the numbers of rows; memory is a few copies of the rows, and 8 MiB.

    References
    ----------
    Kynkäänniemi, Karras, Laine, Lehtinen and Aila, "Improved precision and recall metric for assessing generative
    models", 2019, arXiv 1904.06991.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae.metrics import precision_recall
    >>> X = np.random.default_rng(0).standard_normal((1000, 2))
    >>> precision, recall = precision_recall(X, X / 10)  # high quality, little variety
    >>> precision > 0.9, recall < 0.1
    (True, True)
    """
    X_real, X_generated = center_both(*check_samples(X_real, X_generated, features))
    real_radii, generated_radii = squared_radii(X_real, n_neighbors), squared_radii(X_generated, n_neighbors)
    is_precise, is_recalled = np.zeros(len(X_generated), bool), np.zeros(len(X_real), bool)
    for real, generated, distances in distance_blocks(X_real, X_generated):
        is_precise[generated] |= (distances <= real_radii[real, None]).any(axis=0)
        is_recalled[real] |= (distances <= generated_radii[generated]).any(axis=1)
    return float(is_precise.mean()), float(is_recalled.mean())


def density_coverage(
    X_real: Any, X_generated: Any, *, n_neighbors: int = 5, features: Any = None
) -> tuple[float, float]:
    """Density of real rows around generated ones, and the fraction of real rows that have generated rows nearby.

    Each real row has a ball with the distance to its `n_neighbors`-th neighbor as radius. Density counts the balls that
    a generated row is in, so that one ball around an outlier matters little; its expectation is 1 for two samples of
    one distribution, and it is greater if generated rows concentrate in dense regions. Coverage counts the balls that
    hold a generated row; its expectation for two samples of one distribution depends on `n_neighbors` and their sizes:
    0.97 for 5 neighbors and equal sizes. Copies of training rows are not detected (see `nearest_record_share`).

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_features)
        Real rows, more than `n_neighbors`.
    X_generated : array-like of shape (n_generated, n_features)
        Generated rows; as many as real ones, because coverage grows with their number.
    n_neighbors : int, default=5
        The neighbor whose distance is the radius.
    features : fitted estimator, torch.nn.Module, callable or None, default=None
        Features that rows are compared by, as in `features_of`; None is the rows themselves.

    Returns
    -------
    density : float
        Mean number of balls that a generated row is in, divided by `n_neighbors`.
    coverage : float
        Fraction of the balls that hold a generated row.

    Notes
    -----
    Time grows with the product of the numbers of rows; memory is a few copies of the rows, and 8 MiB.

    References
    ----------
    Naeem, Oh, Uh, Choi and Yoo, "Reliable fidelity and diversity metrics for generative models", 2020,
    arXiv 2002.09797. Their code uses open balls.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae.metrics import density_coverage
    >>> X, Y = np.random.default_rng(0).standard_normal((2, 1000, 2))
    >>> density, coverage = density_coverage(X, Y)
    >>> round(density, 1), round(coverage, 2)
    (1.0, 0.98)
    """
    X_real, X_generated = center_both(*check_samples(X_real, X_generated, features))
    radii, is_covered = squared_radii(X_real, n_neighbors), np.zeros(len(X_real), bool)
    n_inside = 0
    for real, _, distances in distance_blocks(X_real, X_generated):
        is_inside = distances <= radii[real, None]
        n_inside += int(np.count_nonzero(is_inside))
        is_covered[real] |= is_inside.any(axis=1)
    return n_inside / (n_neighbors * len(X_generated)), float(is_covered.mean())


def squared_radii(X: Floats, n_neighbors: int) -> Floats:
    """Squared distance of each row to its ``n_neighbors``-th neighbor, itself not counted."""
    check_integer("n_neighbors", n_neighbors, 1, len(X) - 1, ", less than there are rows")
    neighbors = NearestNeighbors(n_neighbors=n_neighbors).fit(X).kneighbors(return_distance=False)[:, -1]
    return np.asarray(np.square(X - X[neighbors]).sum(axis=1))


def distance_blocks(X: Floats, Y: Floats) -> Iterator[tuple[slice, slice, Floats]]:
    """Squared distances of rows of both samples in blocks, rounded down so that a row's copies are at distance 0."""
    squared_norms = [(1 - ROUNDING_ERROR) * np.square(rows).sum(axis=1) for rows in (X, Y)]
    for i in range(0, len(X), BLOCK_SHAPE[0]):
        for j in range(0, len(Y), BLOCK_SHAPE[1]):
            rows, columns = slice(i, i + BLOCK_SHAPE[0]), slice(j, j + BLOCK_SHAPE[1])
            distances = (-2 * X[rows]) @ Y[columns].T
            distances += squared_norms[0][rows, None]
            distances += squared_norms[1][columns]
            yield rows, columns, distances
