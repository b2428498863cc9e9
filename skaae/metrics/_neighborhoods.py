r"""How samples cover one another: balls around their rows, each as wide as its row's :math:`k`-th neighbour is far.

A sample's balls stand for where its distribution has mass. Rows at the rim count as inside, so that of repeated rows,
whose balls have no width, copies are inside. Distances are computed in blocks, so that memory does not grow with the
number of rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.neighbors import NearestNeighbors

from ._samples import centred, check_count, pair_of

__all__ = ["density_coverage", "precision_recall"]

BLOCK = 256, 4096  # rows of the two samples whose distances are held at once: 8 MiB
ROUNDING = 32 * np.finfo(np.float64).eps  # of a squared distance, in units of the squared norms it is made of


def precision_recall(
    X_real: Any, X_generated: Any, *, n_neighbors: int = 3, features: Any = None
) -> tuple[float, float]:
    """Share of generated rows that are near real ones, and of real rows that are near generated ones.

    A row is near a sample if it lies in the ball around one of its rows that reaches to that row's `n_neighbors`-th
    neighbour in the sample. Precision is about quality, recall about variety. One outlier makes a large ball, in which
    much is near: prefer `density_coverage` where samples have outliers. Neither reaches 1 for two samples of one
    distribution in wide spaces, so judge by what two real samples have. Copies of training rows are not told from new
    rows (see `nearest_record_share`).

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_features)
        Real rows, more than `n_neighbors`.
    X_generated : array-like of shape (n_generated, n_features)
        Generated rows, more than `n_neighbors`; as many as real ones, for balls shrink with their number.
    n_neighbors : int, default=3
        Which neighbour a ball reaches to.
    features : fitted estimator, torch.nn.Module, callable or None, default=None
        What rows are compared by, as in `features_of`; None is the rows as they are.

    Returns
    -------
    precision : float
        Share of generated rows in a ball of a real row.
    recall : float
        Share of real rows in a ball of a generated row.

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
    >>> precision, recall = precision_recall(X, X / 10)  # nothing that is wrong, and little of the variety
    >>> precision > 0.9, recall < 0.1
    (True, True)
    """
    X_real, X_generated = centred(*pair_of(X_real, X_generated, features))
    around_real, around_generated = radii(X_real, n_neighbors), radii(X_generated, n_neighbors)
    near_real, near_generated = np.zeros(len(X_generated), bool), np.zeros(len(X_real), bool)
    for real, generated, distances in blocks(X_real, X_generated):
        near_real[generated] |= (distances <= around_real[real, None]).any(axis=0)
        near_generated[real] |= (distances <= around_generated[generated]).any(axis=1)
    return float(near_real.mean()), float(near_generated.mean())


def density_coverage(
    X_real: Any, X_generated: Any, *, n_neighbors: int = 5, features: Any = None
) -> tuple[float, float]:
    """How densely generated rows lie among real ones, and the share of real rows that they come near.

    Around each real row is a ball that reaches to its `n_neighbors`-th neighbour. Density counts the balls that a
    generated row is in, so that one ball around an outlier weighs little; it is 1 in the mean for two samples of one
    distribution, and above where generated rows crowd. Coverage counts the balls that hold a generated row; its value
    for two samples of one distribution is known from `n_neighbors` and their size, 0.97 for 5 neighbours and equal
    sizes. Copies of training rows are not told from new rows (see `nearest_record_share`).

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_features)
        Real rows, more than `n_neighbors`.
    X_generated : array-like of shape (n_generated, n_features)
        Generated rows; as many as real ones, for coverage grows with their number.
    n_neighbors : int, default=5
        Which neighbour a ball reaches to.
    features : fitted estimator, torch.nn.Module, callable or None, default=None
        What rows are compared by, as in `features_of`; None is the rows as they are.

    Returns
    -------
    density : float
        Mean number of balls around a generated row, over `n_neighbors`.
    coverage : float
        Share of the balls that hold a generated row.

    Notes
    -----
    Time grows with the product of the numbers of rows; memory is a few copies of the rows, and 8 MiB.

    References
    ----------
    Naeem, Oh, Uh, Choi and Yoo, "Reliable fidelity and diversity metrics for generative models", 2020,
    arXiv 2002.09797. Their code leaves rows at the rim of a ball out.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae.metrics import density_coverage
    >>> X, Y = np.random.default_rng(0).standard_normal((2, 1000, 2))
    >>> density, coverage = density_coverage(X, Y)
    >>> round(density, 1), round(coverage, 2)
    (1.0, 0.98)
    """
    X_real, X_generated = centred(*pair_of(X_real, X_generated, features))
    around, reached = radii(X_real, n_neighbors), np.zeros(len(X_real), bool)
    n_inside = 0
    for real, _, distances in blocks(X_real, X_generated):
        inside = distances <= around[real, None]
        n_inside += int(np.count_nonzero(inside))
        reached[real] |= inside.any(axis=1)
    return n_inside / (n_neighbors * len(X_generated)), float(reached.mean())


def radii(X: np.ndarray, n_neighbors: int) -> np.ndarray:
    """Squared distance of each row to so near a neighbour, itself not counted."""
    check_count("n_neighbors", n_neighbors, 1, len(X) - 1, ", less than there are rows")
    near = NearestNeighbors(n_neighbors=n_neighbors).fit(X).kneighbors(return_distance=False)[:, -1]
    return np.square(X - X[near]).sum(axis=1)


def blocks(X: np.ndarray, Y: np.ndarray) -> Iterator[tuple[slice, slice, np.ndarray]]:
    """Squared distances of all rows to all others, in blocks, each rounded down so that a row's copies are at none."""
    squares = [(1 - ROUNDING) * np.square(rows).sum(axis=1) for rows in (X, Y)]
    for i in range(0, len(X), BLOCK[0]):
        for j in range(0, len(Y), BLOCK[1]):
            rows, columns = slice(i, i + BLOCK[0]), slice(j, j + BLOCK[1])
            distances = (-2 * X[rows]) @ Y[columns].T
            distances += squares[0][rows, None]
            distances += squares[1][columns]
            yield rows, columns, distances
