"""Calls that take turns: one at a time, until each waits for a training or is over; then all trainings are packed.

Each call has a thread of its own, of which one runs at any time, so that nothing happens in another order than it would
one after another: calls that draw from a shared generator draw what they would have drawn.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..core.training import Task, Trained

__all__ = ["take_turns"]

MOST_BYTES = 2**29  # of rows that wait for training at once
MOST_CALLS = 200  # that wait at once


class Dismissed(BaseException):
    """Ends a call that nobody waits for any more."""


class Call(threading.Thread):
    """Creates a call that runs when it has its turn, and gives it back when it needs a training."""

    def __init__(self, function: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self.function = function
        self.turn, self.back = threading.Semaphore(0), threading.Semaphore(0)
        self.task: Task | None = None
        self.answer: Trained | BaseException | None = None
        self.outcome: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        """Runs the function with its trainings handed over; for the thread, not to be called."""
        from ..core.training import TRAINER

        TRAINER.set(self._ask)
        self.turn.acquire()
        try:
            if not isinstance(self.answer, Dismissed):
                self.outcome = self.function()
        except BaseException as error:
            self.error = error
        self.back.release()

    def go_on(self, answer: Trained | BaseException | None = None) -> bool:
        """Gives the call its turn, and what came of its training; whether it waits for another."""
        self.task, self.answer = None, answer
        self.turn.release()
        self.back.acquire()
        return self.task is not None

    def result(self) -> Any:
        """What the function has returned, or its error."""
        self.join()
        if self.error is not None:
            raise self.error
        return self.outcome

    def _ask(self, task: Task) -> Trained:
        self.task = task
        self.back.release()
        self.turn.acquire()
        if isinstance(self.answer, BaseException):
            raise self.answer
        assert self.answer is not None
        return self.answer


def take_turns(functions: Iterable[Callable[[], Any]]) -> list[Any]:
    """What the functions return, in their order; the first error of one of them is raised."""
    calls, waiting = [], []
    with warnings.catch_warnings():  # which each call may have changed while others were under way
        try:
            for function in functions:
                calls.append(Call(function))
                calls[-1].start()
                if calls[-1].go_on():
                    waiting.append(calls[-1])
                if len(waiting) == MOST_CALLS or bytes_of(waiting) > MOST_BYTES:
                    waiting = settled(waiting)
            settled(waiting)
        except BaseException:
            for call in calls:
                if call.is_alive():
                    call.go_on(Dismissed())
            raise
    return [call.result() for call in calls]


def settled(waiting: Sequence[Call]) -> list[Call]:
    """Trains until no call waits."""
    from ..core.packs import train_packed

    while waiting:
        answers = train_packed([call.task for call in waiting if call.task is not None])
        waiting = [call for call, answer in zip(waiting, answers, strict=True) if call.go_on(answer)]
    return []


def bytes_of(waiting: Sequence[Call]) -> int:
    """How much room the rows take that wait."""
    return sum(call.task.X.nbytes for call in waiting if call.task is not None)
