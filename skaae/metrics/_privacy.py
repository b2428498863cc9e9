"""Whether generated rows are copies of training rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

from ._tables import check_tables, encode_columns
from ._validation import Floats, check_integer

__all__ = ["nearest_record_share"]

Encoded = tuple[Floats, Floats]  # points and codes

CHUNK_DISTANCES = 4_000_000  # that are computed at once: 32 MB


def nearest_record_share(
    X_generated: Any, X_train: Any, X_holdout: Any, *, max_rows: int = 5000, random_state: Any = None
) -> float:
    """Fraction of generated rows that are nearer to a training row than to any held-out row.

    Rows of a generator that learned the distribution are as near to both: 0.5. Copies of training rows have 1. This
    measures memorization in the mean; it is no guarantee of privacy, and single copied rows are not detected.

    Parameters
    ----------
    X_generated : DataFrame or array-like of shape (n_generated, n_features)
        Generated rows: numbers, text, bools and categories, of which some may be missing.
    X_train : DataFrame or array-like of shape (n_train, n_features)
        Rows that the generator was fitted to, with the same columns.
    X_holdout : DataFrame or array-like of shape (n_holdout, n_features)
        Rows of the same distribution that it was not fitted to.
    max_rows : int, default=5000
        Maximum number of rows of each table. As many training as held-out rows are used.
    random_state : int, RandomState instance or None, default=None
        Draws the rows.

    Returns
    -------
    share : float
        From 0 to 1; rows that are as near to both count half. Distances are sums over the columns: of numbers the
        absolute difference divided by the range of the training rows, of different categories 1; a missing cell is
        at a distance of 0.5 to 1 from a number of that range.

    References
    ----------
    Zhang, Zhang, Shen, Srinivasan, Qin, Faloutsos, Rangwala and Karypis, "Mixed-type tabular data synthesis with
    score-based diffusion in latent space", 2024, arXiv 2310.09656, where it is called distance to closest record.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae.metrics import nearest_record_share
    >>> train, test, new = np.random.default_rng(0).normal(size=(3, 2000, 2))
    >>> abs(nearest_record_share(new, train, test) - 0.5) < 0.03
    True
    >>> nearest_record_share(train, train, test)
    1.0
    """
    check_integer("max_rows", max_rows, 1)
    train, generated = check_tables(X_train, X_generated, ("X_train", "X_generated"))
    train, holdout = check_tables(X_train, X_holdout, ("X_train", "X_holdout"))
    rng = np.random.default_rng(random_state)
    n = min(len(train), len(holdout), max_rows)
    tables = [
        table.iloc[rng.permutation(len(table))[:n_rows]]
        for table, n_rows in ((generated, max_rows), (train, n), (holdout, n))
    ]
    encoded, *others = encode_for_distances(tables, train)
    to_train, to_holdout = (nearest_distances(encoded, other) for other in others)
    return float(np.mean(to_train < to_holdout) + np.mean(to_train == to_holdout) / 2)


def encode_for_distances(tables: list[pd.DataFrame], train: pd.DataFrame) -> list[Encoded]:
    """Rows of each table as points, for Manhattan distances, and codes of categories, for Hamming distances."""
    n = sum(map(len, tables))
    points, codes = [np.zeros(n)], [np.zeros(n)]
    for cells, n_codes in encode_columns([*tables, train], train):
        if n_codes:
            codes.append(cells[:n])
            continue
        present, numbers = cells[n:][~np.isnan(cells[n:])], cells[:n]
        low, high = (present.min(), present.max()) if len(present) else (0.0, 1.0)
        missing = np.isnan(numbers)
        points.append(np.where(missing, 0.5, (numbers - low) / ((high - low) or 1)))
        points.append(missing / 2)
    bounds = np.cumsum([len(table) for table in tables])[:-1]
    encoded = (np.split(np.column_stack(columns).astype(float), bounds) for columns in (points, codes))
    return list(zip(*encoded, strict=True))


def nearest_distances(rows: Encoded, others: Encoded) -> Floats:
    """Distance of each row to the nearest of others."""
    n_codes = rows[1].shape[1]
    n_chunks = max(1, len(rows[0]) * len(others[0]) // CHUNK_DISTANCES)
    nearest = []
    for points, codes in zip(*(np.array_split(array, n_chunks) for array in rows), strict=True):
        distances = cdist(points, others[0], "cityblock")
        if n_codes > 1:
            distances += n_codes * cdist(codes, others[1], "hamming")
        nearest.append(distances.min(axis=1))
    return np.concatenate(nearest)
