"""The joblib backend of packed searches: collects calls, and lets them take turns, in one process or in several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from joblib import Parallel, delayed, effective_n_jobs
from joblib.parallel import ParallelBackendBase, get_active_backend, parallel_config

from ._turns import take_turns

__all__ = ["PackedBackend"]

ENOUGH = 10_000  # calls that are collected before the first of them runs


class Place:
    """Where a call's result will be."""

    def __init__(self, backend: PackedBackend) -> None:
        self.backend = backend
        self.done = False
        self.result: Any = None

    def get(self) -> Any:
        """The result; all calls that were collected are run, if they have not been."""
        if not self.done:
            self.backend.run()
        return self.result


class PackedBackend(ParallelBackendBase):
    """Creates the backend; with more than one job, calls are dealt out to processes of the backend that was active."""

    supports_sharedmem = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.collected: list[tuple[Place, Callable[[], Any], Callable[[Any], None]]] = []
        self.n_jobs: int | None = 1
        self.outer = get_active_backend()[0]
        self.default_n_jobs = self.outer.default_n_jobs  # where nobody says how many: one, or all of a cluster

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """Says so many that joblib submits all calls before it waits for the first."""
        return ENOUGH

    def configure(self, n_jobs: int | None = 1, parallel: Any = None, **options: Any) -> int:
        """Remembers how many processes were asked for, and wants all calls at once."""
        self.n_jobs = n_jobs
        if parallel is not None:
            parallel.pre_dispatch = "all"
        return super().configure(n_jobs, parallel, **options)

    def submit(self, func: Callable[[], Any], callback: Any = None) -> Place:
        """Collects a call."""
        place = Place(self)
        self.collected.append((place, func, callback))
        return place

    def run(self) -> None:
        """Runs the calls that were collected."""
        collected, self.collected = self.collected, []
        functions = [function for _, function, _ in collected]
        for (place, _, _), result in zip(collected, self._results(functions), strict=True):
            place.result, place.done = result, True
        for _, _, callback in collected:
            callback(None)  # dispatches more, where there were more than enough

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """Forgets the calls that were collected."""
        self.collected = []

    def _results(self, functions: list[Callable[[], Any]]) -> list[Any]:
        with parallel_config(backend=self.outer):
            n_processes = min(effective_n_jobs(self.n_jobs), len(functions))
            if n_processes < 2:
                return take_turns(functions)
            calls = (delayed(take_turns)(functions[start::n_processes]) for start in range(n_processes))
            dealt = Parallel(n_jobs=self.n_jobs)(calls)
        results: list[Any] = [None] * len(functions)
        for start, own in enumerate(dealt):
            results[start::n_processes] = own
        return results
