"""Calls that take turns: one at a time, until each waits for a training or is over; then all trainings are packed.

Each call has a thread of its own, of which one runs at any time. Up to their trainings calls run in their order, so
what they draw from a shared generator is what they would draw one after another; what they draw afterwards, as a scorer
may, comes after all that was drawn before the trainings.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..core.tasks import TrainingResult, TrainingTask

__all__ = ["take_turns"]

MOST_BYTES = 2**29  # that rows take which wait for training at once
COPIES = 4  # of a call's scaled rows: themselves, what they were split from (twice as wide), and those of the pack
MOST_CALLS = 200  # that wait at once


class Dismissed(BaseException):
    """Ends a call that nobody waits for any more."""


class Call(threading.Thread):
    """Creates a call that runs when it has its turn, and gives it back when it needs a training."""

    def __init__(self, function: Callable[[], Any], context: Context) -> None:
        super().__init__(daemon=True)
        self.function: Callable[[], Any] | None = function
        self.context = context
        self.turn, self.back = threading.Semaphore(0), threading.Semaphore(0)
        self.warned = warnings.filters, warnings.showwarning
        self.task: TrainingTask | None = None
        self.answer: TrainingResult | BaseException | None = None
        self.outcome: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        """Runs the function with its trainings handed over; for the thread, not to be called."""
        self.context.run(self._play)
        self.function = None
        self.back.release()

    def go_on(self, answer: TrainingResult | BaseException | None = None) -> bool:
        """Gives the call its turn, and what came of its training; whether it waits for another.

        Raises
        ------
        BaseException
            What the call has raised.
        """
        self.task, self.answer = None, answer
        before = warnings.filters, warnings.showwarning
        warnings.filters, warnings.showwarning = self.warned
        try:
            self.turn.release()
            self.back.acquire()
        finally:
            self.warned = warnings.filters, warnings.showwarning
            warnings.filters, warnings.showwarning = before
        if self.error is not None:
            raise self.error
        return self.task is not None

    def dismiss(self) -> None:
        """Ends the call where it waits; it is not waited for."""
        self.task, self.answer = None, Dismissed()
        self.turn.release()

    def _play(self) -> None:
        from ..core.training import TRAINER

        TRAINER.set(self._ask)
        self.turn.acquire()
        try:
            if not isinstance(self.answer, Dismissed) and self.function is not None:
                self.outcome = self.function()
        except BaseException as error:
            self.error = error

    def _ask(self, task: TrainingTask) -> TrainingResult:
        self.task = task
        self.back.release()
        self.turn.acquire()
        answer, self.answer = self.answer, None
        if isinstance(answer, BaseException):
            raise answer
        assert answer is not None
        return answer


def take_turns(functions: Iterable[Callable[[], Any]]) -> list[Any]:
    """What the functions return, in their order; an error of one of them ends all, as soon as it is raised."""
    calls: list[Call] = []
    waiting: list[Call] = []
    try:
        for function in functions:
            calls.append(Call(function, copy_context()))
            calls[-1].start()
            if calls[-1].go_on():
                waiting.append(calls[-1])
            if len(waiting) == MOST_CALLS or bytes_of(waiting) > MOST_BYTES:
                waiting = settled(waiting)
        settled(waiting)
    except BaseException:
        for call in calls:
            call.dismiss()
        raise
    return [call.outcome for call in calls]


def settled(waiting: Sequence[Call]) -> list[Call]:
    """Trains until no call waits."""
    from ..core.packs import train_packed

    while waiting:
        answers = train_packed([call.task for call in waiting if call.task is not None])
        waiting = [call for call, answer in zip(waiting, answers, strict=True) if call.go_on(answer)]
    return []


def bytes_of(waiting: Sequence[Call]) -> int:
    """How much room the rows take that wait."""
    return COPIES * sum(call.task.data.X.nbytes for call in waiting if call.task is not None)
