"""Processes that were forked: they compute with one thread, because threads of the parent are not forked with it.

A child would wait for ever for the threads of OpenMP, by which torch and scikit-learn compute, if its parent has used
them before.
"""

from __future__ import annotations

import os

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

__all__ = ["FORKED", "limit_threads_of_fork"]

FORKED: list[int] = []  # the process, if it was forked after this module was imported

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: FORKED.append(os.getpid()))


def limit_threads_of_fork() -> None:
    """Has OpenMP use one thread from now on."""
    threadpool_limits(limits=1, user_api="openmp")
