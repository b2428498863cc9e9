"""The number of threads of torch."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import pairwise

import torch

from .._forks import FORKED, limit_threads_of_fork
from .._plan import Architecture
from .images import convolution_cost

__all__ = ["limit_threads", "limit_threads_for"]

MIN_THREADED_OPERATIONS = 3e7  # of a layer's matrix product, below which one thread is faster than two
N_THREADS_BEFORE: dict[int, int] = {}  # torch's threads, by the identifier of the Python thread that limits them
LOCK = threading.Lock()


def limit_threads(architecture: Architecture, n_rows: int) -> AbstractContextManager[None]:
    """Limits torch to one thread where the matrix products of so many rows are too small for more, or after a fork."""
    widths = [architecture.n_features, *architecture.hidden_layer_sizes, sum(b.width for b in architecture.blocks)]
    cost = max(a * b for sizes in (widths, architecture.flow_layer_sizes) for a, b in pairwise(sizes))
    if architecture.image_shape is not None:
        cost = max(cost, convolution_cost(architecture.image_shape))
    return limit_threads_for(2 * n_rows * cost)


@contextmanager
def limit_threads_for(n_operations: float) -> Iterator[None]:
    """Limits torch to one thread for matrix products of few operations, or after a fork."""
    if FORKED:
        limit_threads_of_fork()
        torch.set_num_threads(1)
        yield
        return
    identifier = threading.get_ident()
    with LOCK:
        is_nested = identifier in N_THREADS_BEFORE
        # A new thread starts with the limit of another, so concurrent calls restore what the first one found.
        found = [] if is_nested else list(N_THREADS_BEFORE.values())
        n_before = found[0] if found else torch.get_num_threads()
        N_THREADS_BEFORE.setdefault(identifier, n_before)
    if n_operations < MIN_THREADED_OPERATIONS:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(n_before)
        if not is_nested:
            del N_THREADS_BEFORE[identifier]
