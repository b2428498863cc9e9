"""Threads of OpenMP in scikit-learn's estimators: limited, because those of small fits would wait for each other.

Boosted trees and k-means have thousands of parallel regions, at whose ends threads wait for the last one. Where cores
are busy, each wait is as long as what the system gives to another process: a fit of 500 rows took 195 seconds with two
threads on two cores that other processes shared, and 1.3 with one.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from typing import Any

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

__all__ = ["limit_openmp"]

MIN_THREADED_CELLS = 1_000_000  # below which one thread takes seconds


def limit_openmp(n_cells: float = 0) -> AbstractContextManager[Any]:
    """Limits OpenMP to one thread for fits to few cells, and for others to as many as there are idle cores."""
    controller = ThreadpoolController().select(user_api="openmp")
    n_threads = [idle_cores() if n_cells >= MIN_THREADED_CELLS else 1]
    n_threads += [library.num_threads for library in controller.lib_controllers]  # a limit is never raised
    context: AbstractContextManager[Any] = controller.limit(limits=min(n_threads))
    return context


def idle_cores() -> int:
    """How many of the cores no process used in the last minute, one at least."""
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    n_busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return max(1, int(n_cores - n_busy))
