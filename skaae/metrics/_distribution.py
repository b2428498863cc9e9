"""Distances between two samples."""

import numpy as np

__all__ = ["sliced_wasserstein"]


def sliced_wasserstein(X_real, X_generated, *, n_projections=128, random_state=None):
    """Mean distance that mass moves between two samples, over random directions."""
    rng = np.random.default_rng(random_state)
    X_real, X_generated = (np.asarray(X, dtype=np.float64) for X in (X_real, X_generated))
    directions = rng.standard_normal((X_real.shape[1], n_projections))
    directions /= np.linalg.norm(directions, axis=0)
    real, generated = np.sort(X_real @ directions, axis=0), np.sort(X_generated @ directions, axis=0)
    if len(real) != len(generated):
        at = (np.arange(max(len(real), len(generated))) + 0.5) / max(len(real), len(generated))
        real, generated = (np.quantile(p, at, axis=0, method="hazen") for p in (real, generated))
    return float(np.abs(real - generated).mean())
