"""Checkpoints: a fit is a few trainings in turn, and what came of them so far is kept in one file.

A fit that was stopped is begun again. What it does before, between and after its trainings it does anew, which takes
little; trainings that are in the file are taken from there, and the one that was under way goes on where its last
bookmark lies. As an epoch is a function of the state at its beginning, the end is the same to the last bit.

The file is a numpy archive of arrays, so that reading it runs no code.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .hooks import Bookmark, Epoch
from .shards import rank, wait
from .tasks import State, Task, Trained, fingerprint, part_of

__all__ = ["Recorder"]


@dataclass
class Entry:
    """A training in the file: a fingerprint of what was asked for, and how far it came."""

    asked: str
    reached: Trained | Bookmark


class Recorder:
    """Creates the trainer that has other trainers train, and keeps what came of it every so many epochs."""

    def __init__(self, path: Path, every: int, trainer: Callable[[Task], Trained]) -> None:
        self.path, self.every, self.trainer = path, every, trainer
        self.found = entries_of(path) if path.exists() else []
        self.kept: list[Entry] = []
        self.interrupted = False

    def __call__(self, task: Task) -> Trained:
        """Trains, or takes from the file what was trained already."""
        if self.interrupted:  # by a person, and what comes now is only to make the best of what there is
            return self.trainer(task)
        asked, reached = fingerprint(task), None
        if len(self.kept) < len(self.found):
            entry = self.found[len(self.kept)]
            if entry.asked != asked:
                raise ValueError(
                    "A checkpoint must be of the same fit: the same rows and parameters, and a"
                    f" `random_state` that is a number. Got {os.fspath(self.path)!r}, which is of another: give another"
                    " path, or remove the file."
                )
            reached = entry.reached
        if reached is None or isinstance(reached, Bookmark):
            reached = self._train(task, asked, reached)
        self.kept.append(Entry(asked, reached))
        return reached

    def close(self) -> None:
        """Removes the file, once the fit is done."""
        if self.interrupted:
            return
        wait()  # until all have read it
        if rank() == 0:
            self.path.unlink(missing_ok=True)
        wait()  # until no next fit can find it

    def _train(self, task: Task, asked: str, bookmark: Bookmark | None) -> Trained:
        def keep(epoch: Epoch) -> None:
            if (epoch.index + 1) % self.every == 0 and not epoch.last:
                write(self.path, [*self.kept, Entry(asked, epoch.bookmark())])

        try:
            trained = self.trainer(replace(task, hooks=[*task.hooks, keep], bookmark=bookmark))
        except KeyboardInterrupt:
            self.interrupted = True
            raise
        write(self.path, [*self.kept, Entry(asked, trained)])
        return trained


def write(path: Path, entries: list[Entry]) -> None:
    """Puts the entries in the file's place, which holds the last ones or these, whatever happens."""
    arrays = {
        f"{place}.{name}": value for place, entry in enumerate(entries) for name, value in arrays_of(entry).items()
    }
    being_written = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with being_written.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        being_written.replace(path)
    finally:
        being_written.unlink(missing_ok=True)


def arrays_of(entry: Entry) -> State:
    """An entry as arrays by name."""
    arrays: State = {"asked": np.array(entry.asked)}
    if isinstance(entry.reached, Bookmark):
        state, curves = entry.reached.state, entry.reached.curves
        arrays["cuts"] = np.array(entry.reached.cuts)
        for place, remembered in enumerate(entry.reached.hooks):
            arrays |= {f"hook.{place}.{name}": value for name, value in remembered.items()}
    else:
        state, curves = entry.reached
    arrays |= {f"state.{name}": value for name, value in state.items()}
    return arrays | {f"curve.{name}": value for name, value in curves.items()}


def entries_of(path: Path) -> list[Entry]:
    """The entries in a file."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
    except (OSError, ValueError, EOFError) as error:
        raise ValueError(f"A checkpoint must be a file that `Checkpoint` wrote. Got {os.fspath(path)!r}.") from error
    n_entries = len({name.split(".")[0] for name in arrays})
    return [entry_of(part_of(arrays, f"{place}.")) for place in range(n_entries)]


def entry_of(arrays: State) -> Entry:
    """The entry that arrays stand for."""
    asked = str(arrays["asked"])
    state, curves = part_of(arrays, "state."), part_of(arrays, "curve.")
    if "cuts" not in arrays:
        return Entry(asked, (state, curves))
    n_hooks = 1 + max((int(name.split(".")[1]) for name in arrays if name.startswith("hook.")), default=-1)
    hooks = [part_of(arrays, f"hook.{place}.") for place in range(n_hooks)]
    return Entry(asked, Bookmark(state, curves, arrays["cuts"].tolist(), hooks))
