"""Rows on their way to the core."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Rows"]


@dataclass
class Rows:
    """Scaled rows, what is known of their classes (positions, -1 where unknown, and guesses), and what is given."""

    X: np.ndarray
    labels: np.ndarray | None = None
    guesses: np.ndarray | None = None
    given: np.ndarray | None = None

    def of(self, places: np.ndarray) -> Rows:
        """Some of them, before there are guesses."""
        labels, given = (None if each is None else each[places] for each in (self.labels, self.given))
        return Rows(self.X[places], labels, given=given)
