"""Threads: as many as pay."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import torch

from ..plan import Architecture
from .images import work_of

__all__ = ["threads_for"]

SHARED_WORK = 3e7  # operations of a layer's product below which one thread does it sooner than two


@contextmanager
def threads_for(architecture: Architecture, n_rows: int) -> Iterator[None]:
    """Leaves products with so many rows to one thread where they are too small to share: more would mostly wait."""
    widths = [architecture.n_features, *architecture.hidden_layer_sizes, sum(b.width for b in architecture.blocks)]
    largest = max(a * b for own in (widths, architecture.flow_layer_sizes) for a, b in pairwise(own))
    before = torch.get_num_threads()
    if architecture.image_shape is not None:
        largest = max(largest, work_of(architecture.image_shape))
    if 2 * n_rows * largest < SHARED_WORK:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
