"""How much generated rows lean on single training rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

from ._samples import check_count
from ._tables import cells_of, tables_of

__all__ = ["nearest_record_share"]

CHUNK = 4_000_000  # distances at a time: 32 MB


def nearest_record_share(
    X_generated: Any, X_train: Any, X_holdout: Any, *, max_rows: int = 5000, random_state: Any = None
) -> float:
    """Share of generated rows that are nearer to a training row than to any row that was held out.

    Rows of a generator that learned the distribution are as near to the ones as to the others: 0.5. Copies of training
    rows have 1. This tells how much a generator leans on its training rows in the mean; it is no guarantee of
    anybody's privacy, and one copied row does not show.

    Parameters
    ----------
    X_generated : DataFrame or array-like of shape (n_generated, n_features)
        Generated rows: numbers, text, bools and categories, of which some may be missing.
    X_train : DataFrame or array-like of shape (n_train, n_features)
        Rows that the generator was fitted to, with the same columns.
    X_holdout : DataFrame or array-like of shape (n_holdout, n_features)
        Rows of the same distribution that it has not seen.
    max_rows : int, default=5000
        How many rows of each are used at most. Of training and held-out rows equally many are, drawn at random.
    random_state : int, RandomState instance or None, default=None
        Draws them.

    Returns
    -------
    share : float
        From 0 to 1; rows that are as near to both count half. Distances are sums over the columns: of numbers the
        absolute difference in units of the range in training, of other cells that differ 1; a missing cell lies from
        a half to 1 from a number of that range.

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
    check_count("max_rows", max_rows, 1)
    train, generated = tables_of(X_train, X_generated, ("X_train", "X_generated"))
    train, holdout = tables_of(train, X_holdout, ("X_train", "X_holdout"))
    rng = np.random.default_rng(random_state)
    n = min(len(train), len(holdout), max_rows)
    tables = [
        table.iloc[rng.permutation(len(table))[:most]]
        for table, most in ((generated, max_rows), (train, n), (holdout, n))
    ]
    rows, *others = places_of(tables, train)
    to_train, to_holdout = (distances_to_nearest(rows, other) for other in others)
    return float(np.mean(to_train < to_holdout) + np.mean(to_train == to_holdout) / 2)


def places_of(tables: list[pd.DataFrame], train: pd.DataFrame) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows of each table as points, whose distances add up, and codes, of which those that differ count 1 each."""
    n = sum(map(len, tables))
    points, codes = [np.zeros(n)], [np.zeros(n)]
    for numeric, cells, _ in cells_of([*tables, train], train):
        if not numeric:
            codes.append(cells[:n])
            continue
        known, numbers = cells[n:][~np.isnan(cells[n:])], cells[:n]
        lowest, highest = (known.min(), known.max()) if len(known) else (0.0, 1.0)
        missing = np.isnan(numbers)
        points.append(np.where(missing, 0.5, (numbers - lowest) / ((highest - lowest) or 1)))
        points.append(missing / 2)
    bounds = np.cumsum([len(table) for table in tables])[:-1]
    parts = (np.split(np.column_stack(columns).astype(float), bounds) for columns in (points, codes))
    return list(zip(*parts, strict=True))


def distances_to_nearest(rows: tuple[np.ndarray, np.ndarray], others: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Distance of each row to the nearest of others."""
    n_codes = rows[1].shape[1]
    n_chunks = max(1, len(rows[0]) * len(others[0]) // CHUNK)
    nearest = []
    for points, codes in zip(*(np.array_split(part, n_chunks) for part in rows), strict=True):
        distances = cdist(points, others[0], "cityblock")
        if n_codes > 1:
            distances += n_codes * cdist(codes, others[1], "hamming")
        nearest.append(distances.min(axis=1))
    return np.concatenate(nearest)
