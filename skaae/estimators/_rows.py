"""Rows on their way to the core."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing

__all__ = ["ROWS_AT_ONCE", "Rows", "ScaledRows"]

ROWS_AT_ONCE = 2**15  # for what takes much more memory on the way than is kept of it


class ScaledRows:
    """Creates rows of a file that are scaled when they are asked for; ``places`` are those that count, of all."""

    nbytes = 0  # of memory

    def __init__(self, scale: Callable[[Any], np.ndarray], table: np.ndarray, places: np.ndarray | None = None) -> None:
        self.scale, self.table, self.places = scale, table, places
        first = scale(table[:1])
        self.shape = (len(table) if places is None else len(places), first.shape[1])
        self.dtype = first.dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, places: slice | np.ndarray) -> np.ndarray:
        return self.scale(self.table[places if self.places is None else self.places[places]])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self[:], dtype)

    def of(self, places: np.ndarray) -> ScaledRows:
        """Some of them, in the file still."""
        return ScaledRows(self.scale, self.table, places if self.places is None else self.places[places])


@dataclass
class Rows:
    """Scaled rows, what is known of their classes (positions, -1 where unknown, and guesses), and what is given.

    ``table`` are the rows before scaling, for those who need them so.
    """

    X: np.ndarray | ScaledRows
    labels: np.ndarray | None = None
    guesses: np.ndarray | None = None
    given: np.ndarray | None = None
    table: Any = None

    def of(self, places: np.ndarray) -> Rows:
        """Some of them, before there are guesses."""
        labels, given = (None if each is None else each[places] for each in (self.labels, self.given))
        table = None if self.table is None else _safe_indexing(self.table, places)
        X = self.X.of(places) if isinstance(self.X, ScaledRows) else self.X[places]
        return Rows(X, labels, given=given, table=table)
