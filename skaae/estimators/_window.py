"""The latest rows of a stream: what a detector that follows it is fitted to."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..table import TableEncoder
from ..table._tables import Table, take_rows
from ._known_outliers import OUTLIER

__all__ = ["Window"]

MIN_ROWS = 2  # to learn from
MAX_UNKNOWN_FRACTION = 0.1  # of the rows, that go without a warning


@dataclass(frozen=True, eq=False)
class Window:
    """Rows in the order in which they came, and what is known of them.

    Parameters
    ----------
    table : Table
        The rows.
    labels : ndarray of shape (n_samples,)
        -1 for rows known to be outliers.
    """

    table: Table
    labels: NDArray[np.float64]

    @classmethod
    def sample(cls, table: Table, known: NDArray[np.intp], size: int, rng: np.random.RandomState) -> Window:
        """So many rows at random, in their order, or all if there are no more; known outliers have these indices."""
        labels = np.zeros(len(table))
        labels[known] = OUTLIER
        indices = np.arange(len(table)) if len(table) <= size else np.sort(rng.permutation(len(table))[:size])
        return cls(take_rows(table, indices), labels[indices])

    def extended(self, table: Table, labels: NDArray[np.float64], size: int) -> Window:
        """The latest of these rows and those, so many at most."""
        joined = concatenate_rows(self.table, table)
        latest = np.arange(max(0, len(joined) - size), len(joined))
        return Window(take_rows(joined, latest), np.concatenate([self.labels, labels])[latest])

    def learned_by(self, encoder: TableEncoder, told: Collection[int] = ()) -> tuple[Window, tuple[int, ...]]:
        """The rows that scales can be fitted to, without categories that the encoder does not know.

        Beside, the indices of the columns that a warning has told of, which needs no other while they are the same.

        Raises
        ------
        ValueError
            If hardly a row is among them.

        Warns
        -----
        UserWarning
            If many rows are not among them, because of a column that is not among those that were told.
        """
        unknown = encoder.unknown_to_scales(self.table)
        is_known = ~unknown.any(axis=1)
        columns: tuple[int, ...] = ()
        if is_known.mean() < 1 - MAX_UNKNOWN_FRACTION:
            columns = tuple(np.flatnonzero(unknown.any(axis=0)).tolist())
            message = (
                "Chunks must have categories of the first rows, and missing cells only where these had some; other rows"
                f" are not learned from. Got {1 - is_known.mean():.0%} of the latest rows with others, in columns"
                f" {list(pd.DataFrame(self.table[:0]).columns[list(columns)])}: make a new detector, and fit it to"
                " these rows."
            )
            if is_known.sum() < MIN_ROWS:
                raise ValueError(message)
            if not set(columns) <= set(told):
                warnings.warn(message, UserWarning, stacklevel=5)
        indices = np.flatnonzero(is_known)
        return Window(take_rows(self.table, indices), self.labels[indices]), columns


def concatenate_rows(first: Table, second: Table) -> Table:
    """The rows of two tables of the same columns; a frame if one is."""
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        return np.concatenate([first, second])
    names = first.columns if isinstance(first, pd.DataFrame) else pd.DataFrame(second).columns
    frames = [pd.DataFrame(table).set_axis(names, axis=1) for table in (first, second)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of columns without a value, whose dtype says nothing
        return pd.concat(frames, ignore_index=True)
