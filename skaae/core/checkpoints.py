"""Checkpoints: a fit consists of one or more trainings, and their results so far are kept in one file.

A fit that was stopped is run again from its beginning. Everything before, between and after its trainings is computed
again, which is cheap; the results of complete trainings are read from the file, and the incomplete training resumes
from its last snapshot. As an epoch is a function of the state at its beginning, the result is the same to the last bit.

The file is a numpy archive of arrays, so that reading it runs no code.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .distributed import barrier, rank
from .hooks import Epoch, TrainingSnapshot
from .tasks import State, TrainingResult, TrainingTask, fingerprint, strip_prefix

__all__ = ["CheckpointingTrainer"]


@dataclass
class Entry:
    """A training in the file: the fingerprint of its task, and its result or last snapshot."""

    fingerprint: str
    progress: TrainingResult | TrainingSnapshot


class CheckpointingTrainer:
    """The trainer that trains with another one, and writes a checkpoint every so many epochs."""

    def __init__(self, path: Path, every: int, trainer: Callable[[TrainingTask], TrainingResult]) -> None:
        self.path, self.every, self.trainer = path, every, trainer
        self.old_entries = read_checkpoint(path) if path.exists() else []
        self.entries: list[Entry] = []
        self.is_interrupted = False

    def __call__(self, task: TrainingTask) -> TrainingResult:
        """Trains a task, or returns its result from the file."""
        if self.is_interrupted:  # the fit ends, and the checkpoint of the interrupted training is kept
            return self.trainer(task)
        digest, progress = fingerprint(task), None
        if len(self.entries) < len(self.old_entries):
            entry = self.old_entries[len(self.entries)]
            if entry.fingerprint != digest:
                raise ValueError(
                    "A checkpoint must be of the same fit: the same rows and parameters, and a `random_state` that is"
                    f" a number. Got {os.fspath(self.path)!r}, which is of another fit: use another path, or remove the"
                    " file."
                )
            progress = entry.progress
        if not isinstance(progress, TrainingResult):
            progress = self._train(task, digest, progress)
        self.entries.append(Entry(digest, progress))
        return progress

    def close(self) -> None:
        """Removes the file at the end of a fit."""
        if self.is_interrupted:
            return
        barrier()  # until all processes have read it
        if rank() == 0:
            self.path.unlink(missing_ok=True)
        barrier()  # until no later fit can find it

    def _train(self, task: TrainingTask, digest: str, snapshot: TrainingSnapshot | None) -> TrainingResult:
        def save(epoch: Epoch) -> None:
            if (epoch.index + 1) % self.every == 0 and not epoch.last:
                write_checkpoint(self.path, [*self.entries, Entry(digest, epoch.snapshot())])

        try:
            result = self.trainer(replace(task, hooks=[*task.hooks, save], snapshot=snapshot))
        except KeyboardInterrupt:
            self.is_interrupted = True
            raise
        write_checkpoint(self.path, [*self.entries, Entry(digest, result)])
        return result


def write_checkpoint(path: Path, entries: list[Entry]) -> None:
    """Replaces the file by the entries; at any time it holds all of the old or all of the new ones."""
    arrays = {f"{i}.{name}": value for i, entry in enumerate(entries) for name, value in entry_to_arrays(entry).items()}
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_checkpoint(path: Path) -> list[Entry]:
    """The entries of a file."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
    except (OSError, ValueError, EOFError) as error:
        raise ValueError(f"A checkpoint must be a file that `Checkpoint` wrote. Got {os.fspath(path)!r}.") from error
    n_entries = len({name.split(".")[0] for name in arrays})
    return [entry_from_arrays(strip_prefix(arrays, f"{index}.")) for index in range(n_entries)]


def entry_to_arrays(entry: Entry) -> State:
    """An entry as arrays by name."""
    arrays: State = {"fingerprint": np.array(entry.fingerprint)}
    progress = entry.progress
    if isinstance(progress, TrainingSnapshot):
        arrays["lr_reductions"] = np.array(progress.lr_reductions)
        for index, state in enumerate(progress.hook_states):
            arrays |= {f"hook.{index}.{name}": value for name, value in state.items()}
    arrays |= {f"state.{name}": value for name, value in progress.state.items()}
    return arrays | {f"curve.{name}": value for name, value in progress.curves.items()}


def entry_from_arrays(arrays: State) -> Entry:
    """The entry of arrays by name."""
    digest = str(arrays["fingerprint"])
    state, curves = strip_prefix(arrays, "state."), strip_prefix(arrays, "curve.")
    if "lr_reductions" not in arrays:
        return Entry(digest, TrainingResult(state, curves))
    n_hooks = 1 + max((int(name.split(".")[1]) for name in arrays if name.startswith("hook.")), default=-1)
    hook_states = [strip_prefix(arrays, f"hook.{index}.") for index in range(n_hooks)]
    return Entry(digest, TrainingSnapshot(state, curves, arrays["lr_reductions"].tolist(), hook_states))
