"""How much generated rows lean on single training rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.spatial.distance import cdist

from ._distribution import rows_of

__all__ = ["share_nearer_to_train"]

CHUNK = 1e7  # distances at a time


def share_nearer_to_train(
    X_generated: Any, X_train: Any, X_test: Any, *, max_rows: int = 5000, random_state: Any = None
) -> float:
    """Share of generated rows that are nearer to a training row than to any row that was held out.

    Rows of a generator that learned the distribution are as near to the ones as to the others: 0.5. Copies of training
    rows have 1. This tells how much a generator leans on its training rows in the mean; it is no guarantee of
    anybody's privacy, and one copied row does not show.

    Parameters
    ----------
    X_generated : array-like of shape (n_generated, n_features)
        Generated rows, as numbers: encode a table first, for instance with `skaae.TableEncoder`.
    X_train : array-like of shape (n_train, n_features)
        Rows that the generator was fitted to.
    X_test : array-like of shape (n_test, n_features)
        Rows of the same distribution that it has not seen.
    max_rows : int, default=5000
        How many rows of each are used at most. Of training and held-out rows equally many are, drawn at random.
    random_state : int, RandomState instance or None, default=None
        Draws them.

    Returns
    -------
    share : float
        From 0 to 1; rows that are as near to both count half. Distances are sums over the columns of absolute
        differences, in units of a column's range in training.

    References
    ----------
    Zhang, Zhang, Shen, Srinivasan, Qin, Faloutsos, Rangwala and Karypis, "Mixed-type tabular data synthesis with
    score-based diffusion in latent space", 2024, arXiv 2310.09656, where it is called distance to closest record.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae.metrics import share_nearer_to_train
    >>> train, test, new = np.random.default_rng(0).normal(size=(3, 2000, 2))
    >>> abs(share_nearer_to_train(new, train, test) - 0.5) < 0.03
    True
    >>> share_nearer_to_train(train, train, test)
    1.0
    """
    named = {"X_generated": X_generated, "X_train": X_train, "X_test": X_test}
    generated, train, test = (rows_of(rows, name) for name, rows in named.items())
    if not generated.shape[1] == train.shape[1] == test.shape[1]:
        raise ValueError(
            f"All rows must have the same number of columns ({train.shape[1]})."
            f" Got {generated.shape[1]} and {test.shape[1]}."
        )
    rng = np.random.default_rng(random_state)
    n = min(len(train), len(test), max_rows)
    spread = np.ptp(train, axis=0)
    spread[spread == 0] = 1
    generated, train, test = (
        rng.permutation(rows)[:most] / spread for rows, most in ((generated, max_rows), (train, n), (test, n))
    )
    chunks = np.array_split(generated, max(1, int(len(generated) * n // CHUNK)))
    to_train, to_test = (
        np.concatenate([cdist(chunk, rows, "cityblock").min(1) for chunk in chunks]) for rows in (train, test)
    )
    return float(np.mean(to_train < to_test) + np.mean(to_train == to_test) / 2)
