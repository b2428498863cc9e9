"""Distances between two samples."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ._samples import check_count, pair_of

__all__ = ["frechet_distance", "kernel_distance", "sliced_wasserstein"]


def sliced_wasserstein(
    X_real: Any, X_generated: Any, *, n_projections: int = 128, features: Any = None, random_state: Any = None
) -> float:
    """Mean distance that mass has to move between two samples, seen along random directions.

    Zero for equal samples; two fresh samples of one distribution are apart by the noise of sampling, which shrinks with
    the square root of their size and is the unit to judge a value by. Directions are few and averages hide: a
    difference that shows in a handful of directions of a wide space can stay unseen.

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_features)
        Real rows.
    X_generated : array-like of shape (n_generated, n_features)
        Generated rows.
    n_projections : int, default=128
        How many directions.
    features : fitted estimator, torch.nn.Module, callable or None, default=None
        What rows are compared by, as in `features_of`; None is the rows as they are.
    random_state : int, RandomState instance or None, default=None
        Draws the directions.

    Returns
    -------
    distance : float
        Mean over directions of the one-dimensional Wasserstein-1 distance, in units of the columns.

    Notes
    -----
    Memory is a few times `n_projections` numbers for each row.

    References
    ----------
    Bonneel, Rabin, Peyre and Pfister, "Sliced and Radon Wasserstein barycenters of measures", 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae.metrics import sliced_wasserstein
    >>> X = np.random.default_rng(0).standard_normal((1000, 1))
    >>> round(sliced_wasserstein(X, X + 2, random_state=0), 6)
    2.0
    """
    X_real, X_generated = pair_of(X_real, X_generated, features)
    check_count("n_projections", n_projections, 1)
    n_features = X_real.shape[1]
    directions = np.random.default_rng(random_state).standard_normal((n_features, n_projections))
    directions /= np.linalg.norm(directions, axis=0)
    real, generated = np.sort(X_real @ directions, axis=0), np.sort(X_generated @ directions, axis=0)
    if len(real) == len(generated):
        return float(np.abs(real - generated).mean())
    # Between two ends of steps of either, both distributions' quantiles are constant.
    ends = np.unique(np.concatenate([np.arange(1, len(p) + 1) / len(p) for p in (real, generated)]))
    shares = np.diff(ends, prepend=0)
    middles = ends - shares / 2
    real, generated = (p[(middles * len(p)).astype(int)] for p in (real, generated))
    return float(shares @ np.abs(real - generated).mean(axis=1))


def frechet_distance(X_real: Any, X_generated: Any, *, features: Any = None) -> float:
    r"""Distance between the normal distributions that have the samples' means and covariances.

    With means :math:`\mu` and covariances :math:`\Sigma` it is
    :math:`|\mu_1 - \mu_2|^2 + \mathrm{tr}(\Sigma_1 + \Sigma_2 - 2 (\Sigma_1 \Sigma_2)^{1/2})`, squared units of the
    columns. With the last pooling layer of Inception as `features` it is the Fréchet inception distance. Two samples
    with the same means and covariances are at zero, whatever else tells them apart, so it cannot see which modes are
    missing or copied. It is biased upwards, by about the inverse of the number of rows: compare at equal sizes, and
    state them.

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_features)
        Real rows, two at least.
    X_generated : array-like of shape (n_generated, n_features)
        Generated rows, two at least.
    features : fitted estimator, torch.nn.Module, callable or None, default=None
        What rows are compared by, as in `features_of`; None is the rows as they are.

    Returns
    -------
    distance : float
        Not below zero.

    Warns
    -----
    UserWarning
        If a sample has no more rows than columns, where the bias is as large as what is measured.

    References
    ----------
    Heusel, Ramsauer, Unterthiner, Nessler and Hochreiter, "GANs trained by a two time-scale update rule converge to a
    local Nash equilibrium", 2017, arXiv 1706.08500.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae.metrics import frechet_distance
    >>> X = np.random.default_rng(0).standard_normal((1000, 3))
    >>> round(frechet_distance(X, X + 2), 6)
    12.0
    """
    X_real, X_generated = pair_of(X_real, X_generated, features)
    fewest, n_features = min(len(X_real), len(X_generated)), X_real.shape[1]
    if fewest < 2:
        raise ValueError("Both samples must have two rows at least. Got one.")
    if fewest <= n_features:
        warnings.warn(
            f"The Fréchet distance of {fewest} rows in {n_features} columns says more of the number of rows than of"
            " the distributions: take more rows than columns, or fewer features.",
            stacklevel=2,
        )
    roots = [root_of_covariance(rows) for rows in (X_real, X_generated)]
    # The trace of the root of a product of covariances is the sum of the singular values of their roots' product.
    shared = np.linalg.svd(roots[0] @ roots[1].T, compute_uv=False).sum()
    spread = sum(np.square(root).sum() for root in roots)
    shift = np.square(X_real.mean(axis=0) - X_generated.mean(axis=0)).sum()
    return float(max(0.0, shift + spread - 2 * shared))


def root_of_covariance(X: np.ndarray) -> np.ndarray:
    """A square matrix whose transpose times itself is the covariance."""
    X = X - X.mean(axis=0)
    values, vectors = np.linalg.eigh(X.T @ X / (len(X) - 1))
    return np.sqrt(values.clip(0))[:, None] * vectors.T


def kernel_distance(
    X_real: Any,
    X_generated: Any,
    *,
    n_subsets: int = 100,
    subset_size: int = 1000,
    features: Any = None,
    random_state: Any = None,
) -> float:
    r"""Squared maximum mean discrepancy of two samples, under a cubic kernel.

    The kernel of rows with :math:`d` columns is :math:`(x^\top y / d + 1)^3`, so means, covariances and skewness count.
    Unlike `frechet_distance` it is not biased, at any number of rows, so it scatters around zero for samples of one
    distribution, and may be below. With Inception's `features` it is the kernel inception distance. Columns should
    have one scale of about one.

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_features)
        Real rows, two at least.
    X_generated : array-like of shape (n_generated, n_features)
        Generated rows, two at least.
    n_subsets : int, default=100
        How many pairs of subsets the distance is a mean over.
    subset_size : int, default=1000
        Rows in a subset, drawn without replacement; all of the smaller sample where it has fewer.
    features : fitted estimator, torch.nn.Module, callable or None, default=None
        What rows are compared by, as in `features_of`; None is the rows as they are.
    random_state : int, RandomState instance or None, default=None
        Draws the subsets.

    Returns
    -------
    distance : float
        Mean over the subsets.

    Notes
    -----
    Memory is three matrices of `subset_size` squared.

    References
    ----------
    Bińkowski, Sutherland, Arbel and Gretton, "Demystifying MMD GANs", 2018, arXiv 1801.01401.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae.metrics import kernel_distance
    >>> X, Y = np.random.default_rng(0).standard_normal((2, 2000, 3))
    >>> abs(kernel_distance(X, Y, random_state=0)) < 0.02 < kernel_distance(X, Y + 1, random_state=0)
    True
    """
    X_real, X_generated = pair_of(X_real, X_generated, features)
    check_count("n_subsets", n_subsets, 1)
    check_count("subset_size", subset_size, 2)
    size = min(subset_size, len(X_real), len(X_generated))
    if size < 2:
        raise ValueError("Both samples must have two rows at least. Got one.")
    if size == len(X_real) == len(X_generated):
        return discrepancy(X_real, X_generated)
    rng = np.random.default_rng(random_state)
    found = [
        discrepancy(*(rows[rng.choice(len(rows), size, replace=False)] for rows in (X_real, X_generated)))
        for _ in range(n_subsets)
    ]
    return float(np.mean(found))


def discrepancy(X: np.ndarray, Y: np.ndarray) -> float:
    """Unbiased squared maximum mean discrepancy of two samples of one size."""
    n = len(X)
    own = sum(cubic(rows, rows).sum() - ((np.square(rows).mean(axis=1) + 1) ** 3).sum() for rows in (X, Y))
    return float(own / (n * (n - 1)) - 2 * cubic(X, Y).mean())


def cubic(X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """The kernel of each pair of rows."""
    linear = X @ Y.T
    linear /= X.shape[1]
    linear += 1
    cubes = linear * linear
    cubes *= linear
    return cubes
