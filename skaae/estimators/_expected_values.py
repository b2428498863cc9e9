"""Expected values: what each cell of a row would usually be, given the other cells of the row.

A cell is compared with those of the training rows that are nearest in all other columns: it is expected to be their
median, or their commonest category. A distance in a column counts up to a bound, so that the other strange cells of a
row do not decide which rows are near.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["expected_values"]

N_NEIGHBORS = 10
MAX_DISTANCE = 1.0  # in a column, in units of its scale; categories that differ are as far
MAX_TRAINING_CELLS = 1e6  # of an even selection of training rows


def expected_values(
    X: NDArray[np.float64], X_train: NDArray[np.float64], sources: NDArray[np.intp], n_numeric: int
) -> NDArray[np.float64]:
    """Expected scaled cells, (n_samples, n_features), by training rows, (n_training_rows, n_features).

    ``sources`` are the columns of the table that features come from; those after the first ``n_numeric`` are one-hot
    encoded, and get the shares of the categories.
    """
    n_features = X.shape[1]
    n_rows = int(min(len(X_train), max(N_NEIGHBORS, MAX_TRAINING_CELLS // n_features)))
    X_train = X_train[np.linspace(0, len(X_train) - 1, n_rows).astype(int)]
    n_neighbors = min(N_NEIGHBORS, n_rows)
    columns, column_of_feature = np.unique(sources, return_inverse=True)
    to_columns = np.eye(len(columns))[column_of_feature]
    expected = np.empty(X.shape)
    for row, cells in zip(expected, X, strict=True):
        distances = np.square(np.abs(X_train - cells).clip(max=MAX_DISTANCE)) @ to_columns
        distances = distances.clip(max=MAX_DISTANCE**2)
        of_others = distances.sum(axis=1, keepdims=True) - distances
        nearest = np.argpartition(of_others, n_neighbors - 1, axis=0)[:n_neighbors]
        neighbors = X_train[nearest[:, column_of_feature], np.arange(n_features)]
        row[:n_numeric] = np.median(neighbors[:, :n_numeric], axis=0)
        row[n_numeric:] = neighbors[:, n_numeric:].mean(axis=0)
    return expected
