"""Rows on their way to the core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing

__all__ = ["Rows"]


@dataclass
class Rows:
    """Scaled rows, what is known of their classes (positions, -1 where unknown, and guesses), and what is given.

    ``table`` are the rows before scaling, for those who need them so.
    """

    X: np.ndarray
    labels: np.ndarray | None = None
    guesses: np.ndarray | None = None
    given: np.ndarray | None = None
    table: Any = None

    def of(self, places: np.ndarray) -> Rows:
        """Some of them, before there are guesses."""
        labels, given = (None if each is None else each[places] for each in (self.labels, self.given))
        table = None if self.table is None else _safe_indexing(self.table, places)
        return Rows(self.X[places], labels, given=given, table=table)
