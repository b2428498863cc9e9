"""Distances between the distributions of two samples."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ._validation import Floats, check_integer, check_samples

__all__ = ["frechet_distance", "kernel_distance", "sliced_wasserstein"]


def sliced_wasserstein(
    X_real: Any, X_generated: Any, *, n_projections: int = 128, features: Any = None, random_state: Any = None
) -> float:
    """Mean Wasserstein distance of two samples that are projected onto random directions.

    Zero for equal samples; two samples of one distribution have a distance by chance, which shrinks with the square
    root of their size: compare with that. As directions are few and averaged over, a difference in a few directions of
    a space of many dimensions can be missed.

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_features)
        Real rows.
    X_generated : array-like of shape (n_generated, n_features)
        Generated rows.
    n_projections : int, default=128
        Number of directions.
    features : fitted estimator, torch.nn.Module, callable or None, default=None
        Features that rows are compared by, as in `features_of`; None is the rows themselves.
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
    X_real, X_generated = check_samples(X_real, X_generated, features)
    check_integer("n_projections", n_projections, 1)
    n_features = X_real.shape[1]
    directions = np.random.default_rng(random_state).standard_normal((n_features, n_projections))
    directions /= np.linalg.norm(directions, axis=0)
    real, generated = np.sort(X_real @ directions, axis=0), np.sort(X_generated @ directions, axis=0)
    if len(real) == len(generated):
        return float(np.abs(real - generated).mean())
    # Both quantile functions are constant between two levels at which either has a step.
    levels = np.unique(np.concatenate([np.arange(1, len(rows) + 1) / len(rows) for rows in (real, generated)]))
    widths = np.diff(levels, prepend=0)
    middles = levels - widths / 2
    real, generated = (rows[(middles * len(rows)).astype(int)] for rows in (real, generated))
    return float(widths @ np.abs(real - generated).mean(axis=1))


def frechet_distance(X_real: Any, X_generated: Any, *, features: Any = None) -> float:
    r"""Distance between the normal distributions that have the samples' means and covariances.

    With means :math:`\mu` and covariances :math:`\Sigma` it is
    :math:`|\mu_1 - \mu_2|^2 + \mathrm{tr}(\Sigma_1 + \Sigma_2 - 2 (\Sigma_1 \Sigma_2)^{1/2})`, squared units of the
    columns. With the last pooling layer of Inception as `features` it is the Fréchet inception distance. Two samples
    with the same means and covariances have distance zero, however else they differ, so missing or copied modes may not
    be detected. It is biased upwards, by about the inverse of the number of rows: compare at equal sizes, and state
    them.

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_features)
        Real rows, two at least.
    X_generated : array-like of shape (n_generated, n_features)
        Generated rows, two at least.
    features : fitted estimator, torch.nn.Module, callable or None, default=None
        Features that rows are compared by, as in `features_of`; None is the rows themselves.

    Returns
    -------
    distance : float
        Zero or more.

    Warns
    -----
    UserWarning
        If a sample has no more rows than columns, so that the bias is as large as the distance.

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
    X_real, X_generated = check_samples(X_real, X_generated, features, min_rows=2)
    n_rows, n_features = min(len(X_real), len(X_generated)), X_real.shape[1]
    if n_rows <= n_features:
        warnings.warn(
            f"The Fréchet distance of {n_rows} rows in {n_features} columns depends more on the number of rows than on"
            " the distributions: use more rows than columns, or fewer features.",
            stacklevel=2,
        )
    roots = [covariance_root(rows) for rows in (X_real, X_generated)]
    # The trace of the root of a product of covariances is the sum of the singular values of their roots' product.
    root_trace = np.linalg.svd(roots[0] @ roots[1].T, compute_uv=False).sum()
    traces = sum(np.square(root).sum() for root in roots)
    shift = np.square(X_real.mean(axis=0) - X_generated.mean(axis=0)).sum()
    return float(max(0.0, shift + traces - 2 * root_trace))


def covariance_root(X: Floats) -> Floats:
    """A square matrix whose transpose times itself is the covariance."""
    X = X - X.mean(axis=0)
    eigenvalues, eigenvectors = np.linalg.eigh(X.T @ X / (len(X) - 1))
    return np.asarray(np.sqrt(eigenvalues.clip(0))[:, None] * eigenvectors.T)


def kernel_distance(
    X_real: Any,
    X_generated: Any,
    *,
    n_subsets: int = 100,
    subset_size: int = 1000,
    features: Any = None,
    random_state: Any = None,
) -> float:
    r"""Squared maximum mean discrepancy of two samples, with a cubic kernel.

    The kernel of rows with :math:`d` columns is :math:`(x^\top y / d + 1)^3`, so means, covariances and skewness count.
    Unlike `frechet_distance` it is unbiased at any number of rows, so that it may be negative for samples of one
    distribution. With Inception's `features` it is the kernel inception distance. Columns should have a scale of about
    one.

    Parameters
    ----------
    X_real : array-like of shape (n_real, n_features)
        Real rows, two at least.
    X_generated : array-like of shape (n_generated, n_features)
        Generated rows, two at least.
    n_subsets : int, default=100
        Number of pairs of subsets that the distance is averaged over.
    subset_size : int, default=1000
        Rows in a subset, drawn without replacement; at most all of the smaller sample.
    features : fitted estimator, torch.nn.Module, callable or None, default=None
        Features that rows are compared by, as in `features_of`; None is the rows themselves.
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
    X_real, X_generated = check_samples(X_real, X_generated, features, min_rows=2)
    check_integer("n_subsets", n_subsets, 1)
    check_integer("subset_size", subset_size, 2)
    size = min(subset_size, len(X_real), len(X_generated))
    if size == len(X_real) == len(X_generated):
        return unbiased_mmd(X_real, X_generated)
    rng = np.random.default_rng(random_state)
    distances = [
        unbiased_mmd(*(rows[rng.choice(len(rows), size, replace=False)] for rows in (X_real, X_generated)))
        for _ in range(n_subsets)
    ]
    return float(np.mean(distances))


def unbiased_mmd(X: Floats, Y: Floats) -> float:
    """Unbiased squared maximum mean discrepancy of two samples of one size."""
    n = len(X)
    within = sum(cubic_kernel(rows, rows).sum() - ((np.square(rows).mean(axis=1) + 1) ** 3).sum() for rows in (X, Y))
    return float(within / (n * (n - 1)) - 2 * cubic_kernel(X, Y).mean())


def cubic_kernel(X: Floats, Y: Floats) -> Floats:
    """The kernel of each pair of rows."""
    linear: Floats = X @ Y.T
    linear /= X.shape[1]
    linear += 1
    cubes = linear * linear
    cubes *= linear
    return cubes
