"""Functions that run concurrently, one at a time, until each needs a training or returns; trainings are packed.

Each function runs in a thread, of which one is active at any time. Up to their trainings functions run in their order,
so what they draw from a shared generator is what they would draw one after another; what they draw afterwards, as a
scorer may, comes after all that was drawn before the trainings.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..core.tasks import TrainingResult, TrainingTask

__all__ = ["run_concurrently"]

MAX_PENDING_BYTES = 2**29  # of rows whose trainings are pending at once
N_COPIES = 4  # of a job's encoded rows: themselves, what they were split from (twice as wide), and those of the pack
MAX_PENDING_JOBS = 200


class Cancelled(BaseException):
    """Ends a job whose result is no longer needed."""


class Job(threading.Thread):
    """Creates a thread that runs a function when it is resumed, and is suspended when that needs a training."""

    def __init__(self, function: Callable[[], Any], context: Context) -> None:
        super().__init__(daemon=True)
        self.function: Callable[[], Any] | None = function
        self.context = context
        self.resumed, self.suspended = threading.Semaphore(0), threading.Semaphore(0)
        self.warning_state = warnings.filters, warnings.showwarning
        self.task: TrainingTask | None = None
        self.training_result: TrainingResult | BaseException | None = None
        self.return_value: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        """Run the function with `TRAINER` replaced; the thread's entry point, not to be called."""
        self.context.run(self._call_function)
        self.function = None
        self.suspended.release()

    def resume(self, training_result: TrainingResult | BaseException | None = None) -> bool:
        """Run, with the result of the last training, until the next or to the end; whether a training is pending."""
        self.task, self.training_result = None, training_result
        outer_state = warnings.filters, warnings.showwarning
        warnings.filters, warnings.showwarning = self.warning_state
        try:
            self.resumed.release()
            self.suspended.acquire()
        finally:
            self.warning_state = warnings.filters, warnings.showwarning
            warnings.filters, warnings.showwarning = outer_state
        if self.error is not None:
            raise self.error
        return self.task is not None

    def cancel(self) -> None:
        """End the job where it is suspended, without waiting for its end."""
        self.task, self.training_result = None, Cancelled()
        self.resumed.release()

    def _call_function(self) -> None:
        from ..core.training import TRAINER

        TRAINER.set(self._train)
        self.resumed.acquire()
        try:
            if not isinstance(self.training_result, Cancelled) and self.function is not None:
                self.return_value = self.function()
        except BaseException as error:
            self.error = error

    def _train(self, task: TrainingTask) -> TrainingResult:
        self.task = task
        self.suspended.release()
        self.resumed.acquire()
        result, self.training_result = self.training_result, None
        if isinstance(result, BaseException):
            raise result
        assert result is not None
        return result


def run_concurrently(functions: Iterable[Callable[[], Any]]) -> list[Any]:
    """What the functions return, in their order; an error of one of them ends all, as soon as it is raised."""
    jobs: list[Job] = []
    pending: list[Job] = []
    try:
        for function in functions:
            jobs.append(Job(function, copy_context()))
            jobs[-1].start()
            if jobs[-1].resume():
                pending.append(jobs[-1])
            if len(pending) == MAX_PENDING_JOBS or pending_bytes(pending) > MAX_PENDING_BYTES:
                run_to_end(pending)
                pending = []
        run_to_end(pending)
    except BaseException:
        for job in jobs:
            job.cancel()
        raise
    return [job.return_value for job in jobs]


def run_to_end(pending: Sequence[Job]) -> None:
    """Train packs of the pending tasks until all jobs have ended."""
    from ..core.packs import train_packed

    while pending:
        results = train_packed([job.task for job in pending if job.task is not None])
        pending = [job for job, result in zip(pending, results, strict=True) if job.resume(result)]


def pending_bytes(pending: Sequence[Job]) -> int:
    """Memory that the rows of pending trainings take."""
    return N_COPIES * sum(job.task.data.X.nbytes for job in pending if job.task is not None)
