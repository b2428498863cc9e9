"""How many rows a step has, and how many epochs a fit, where the user leaves it to us."""

from __future__ import annotations

import math

import numpy as np

__all__ = ["auto_batch_size", "epochs_for"]

MIN_EPOCHS = 5


def auto_batch_size(n_samples: int) -> int:
    """An eighth of the rows, at least 32 and at most 256."""
    return int(np.clip(n_samples // 8, 32, 256))


def epochs_for(n_steps: int, n_samples: int, batch_size: int) -> int:
    """As many epochs as make so many steps, and MIN_EPOCHS at least."""
    return max(MIN_EPOCHS, math.ceil(n_steps / math.ceil(n_samples / batch_size)))
