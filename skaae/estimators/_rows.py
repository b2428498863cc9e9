"""Rows on their way to the core."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Rows"]


@dataclass
class Rows:
    """Scaled rows, and what is known of their classes: positions, -1 where unknown, and guesses."""

    X: np.ndarray
    labels: np.ndarray | None = None
    guesses: np.ndarray | None = None

    def of(self, places: np.ndarray) -> Rows:
        """Some of them, before there are guesses."""
        return Rows(self.X[places], None if self.labels is None else self.labels[places])
