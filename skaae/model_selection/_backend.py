"""The joblib backend of packed searches: collects jobs, and runs them concurrently in one process or in several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from joblib import Parallel, delayed, effective_n_jobs
from joblib.parallel import ParallelBackendBase, get_active_backend, parallel_config

from ._scheduler import run_concurrently

__all__ = ["PackedBackend"]

MAX_PENDING_CALLS = 10_000  # that are collected before the first of them runs


class Future:
    """Creates a handle of a call's result."""

    def __init__(self, backend: PackedBackend) -> None:
        self.backend = backend
        self.done = False
        self.result: Any = None

    def get(self) -> Any:
        """The result; all pending calls are run first."""
        if not self.done:
            self.backend.run()
        return self.result


class PackedBackend(ParallelBackendBase):
    """Creates the backend; with more than one job, calls are distributed to processes of the outer backend."""

    supports_sharedmem = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.pending: list[tuple[Future, Callable[[], Any], Callable[[Any], None]]] = []
        self.n_jobs: int | None = 1
        self.outer_backend = get_active_backend()[0]
        self.default_n_jobs = self.outer_backend.default_n_jobs  # one, or all of a cluster

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """A number so large that joblib submits all calls before it waits for the first."""
        return MAX_PENDING_CALLS

    def configure(self, n_jobs: int | None = 1, parallel: Any = None, **options: Any) -> int:
        """Remember the number of processes, and have joblib submit all calls at once."""
        self.n_jobs = n_jobs
        if parallel is not None:
            parallel.pre_dispatch = "all"
        n_effective: int = super().configure(n_jobs, parallel, **options)
        return n_effective

    def submit(self, func: Callable[[], Any], callback: Any = None) -> Future:
        """Collect a call."""
        future = Future(self)
        self.pending.append((future, func, callback))
        return future

    def run(self) -> None:
        """Run the pending calls."""
        pending, self.pending = self.pending, []
        results = self._run_functions([function for _, function, _ in pending])
        for (future, _, _), result in zip(pending, results, strict=True):
            future.result, future.done = result, True
        for _, _, callback in pending:
            callback(None)  # submits more, if there are more than `MAX_PENDING_CALLS`

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """Drop the pending calls."""
        self.pending = []

    def _run_functions(self, functions: list[Callable[[], Any]]) -> list[Any]:
        with parallel_config(backend=self.outer_backend):
            n_processes = min(effective_n_jobs(self.n_jobs), len(functions))
            if n_processes < 2:
                return run_concurrently(functions)
            calls = (delayed(run_concurrently)(functions[start::n_processes]) for start in range(n_processes))
            results: list[Any] = [None] * len(functions)
            for start, of_process in enumerate(Parallel(n_jobs=self.n_jobs)(calls)):
                results[start::n_processes] = of_process
        return results
