"""Threads: as many as pay."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import torch

from ..plan import Architecture
from .images import work_of

__all__ = ["threads_for"]

SHARED_WORK = 3e7  # operations of a layer's product below which one thread does it sooner than two
BEFORE: dict[int, int] = {}  # how many threads torch had, by those of Python in which it is at work
LOCK = threading.Lock()


@contextmanager
def threads_for(architecture: Architecture, n_rows: int) -> Iterator[None]:
    """Leaves products with so many rows to one thread where they are too small to share: more would mostly wait."""
    widths = [architecture.n_features, *architecture.hidden_layer_sizes, sum(b.width for b in architecture.blocks)]
    largest = max(a * b for own in (widths, architecture.flow_layer_sizes) for a, b in pairwise(own))
    if architecture.image_shape is not None:
        largest = max(largest, work_of(architecture.image_shape))
    own = threading.get_ident()
    with LOCK:
        nested = own in BEFORE
        # A thread begins with what another has set, so calls at the same time go back to what the first one found.
        found = [] if nested else list(BEFORE.values())
        before = found[0] if found else torch.get_num_threads()
        BEFORE.setdefault(own, before)
    if 2 * n_rows * largest < SHARED_WORK:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        if not nested:
            del BEFORE[own]
