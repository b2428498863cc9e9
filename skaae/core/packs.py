"""Packs: members of several trainings side by side, each as it would be alone.

Trainings go together that build the same, have as many rows, batches and epochs, and weigh the same phases; how much
these weigh, rates, noise, seeds and rows may differ. What is watched by hooks, or depends on all rows of a run at once
(steps of smoothness, extremes for salt and pepper, the codes that a flow learns), is trained by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from .tasks import State, Task, Trained
from .training import per_member, train_alone

__all__ = ["train_packed"]

FREE = ("learning_rate", "weight_decay")  # may differ, whatever they are
WEIGHTS = (
    "adversarial_weight",
    "classification",
    "distillation",
    "certainty",
    "balance",
    "noise",
    "masking",
)  # may differ, but none may be zero where others are not
MOST_NUMBERS = 2**19  # of a layer's output, beyond which it leaves the processor's cache and there is no more to gain


def train_packed(tasks: Sequence[Task]) -> list[Trained | Exception]:
    """Trains all tasks, those in packs that can be; what came of each, or its error."""
    outcomes: dict[int, Trained | Exception] = {}
    for places in packs_of(tasks):
        outcomes |= zip(places, outcomes_of([tasks[place] for place in places]), strict=True)
    return [outcomes[place] for place in range(len(tasks))]


def packs_of(tasks: Sequence[Task]) -> list[list[int]]:
    """Places of the tasks that are trained together, neighbours in the order of their rates."""
    kinds: dict[object, list[int]] = {}
    for place, task in enumerate(tasks):
        kind = kind_of(task) or place
        try:
            kinds.setdefault(kind, []).append(place)
        except TypeError:  # a prior of the user's that has no hash
            kinds[place] = [place]
    packs: list[list[int]] = []
    for places in kinds.values():
        places.sort(key=lambda place: str((tasks[place].training.learning_rate, tasks[place].training.weight_decay)))
        packs += [part.tolist() for part in np.array_split(places, -(-len(places) // most_together(tasks[places[0]])))]
    return packs


def most_together(task: Task) -> int:
    """How many tasks of a kind make a pack."""
    built, plan = task.architecture, task.training
    widest = max(built.n_features, *built.hidden_layer_sizes, *built.adversary_layer_sizes)
    return max(1, MOST_NUMBERS // (widest * plan.batch_size * len(plan.seeds)))


def kind_of(task: Task) -> tuple[object, ...] | None:
    """What tasks must share to be packed; None for one that must be by itself."""
    plan = task.training
    in_memory = isinstance(task.X, np.ndarray)
    alone = not in_memory or task.hooks or task.rows is not None or np.any(plan.smoothness) or np.any(plan.salt)
    if alone or plan.schedule == "transport":
        return None
    weighed = tuple(bool(np.any(getattr(plan, name))) for name in WEIGHTS)
    nothing: dict[str, Any] = dict.fromkeys((*FREE, *WEIGHTS), 0.0)
    same = replace(plan, seeds=(), **nothing)
    n_labelled = None if task.labels is None else int((task.labels >= 0).sum())
    beside = task.guesses is None, task.given is None, task.shown is None
    begun = None if task.start is None else (tuple(task.start), int(task.start["epoch"]))
    n_members = len(plan.seeds)
    return (task.architecture, same, weighed, n_members, task.X.shape, n_labelled, beside, begun, task.device)


def outcomes_of(tasks: Sequence[Task]) -> list[Trained | Exception]:
    """What came of a pack, or of each by itself where one of them has none."""
    if len(tasks) > 1:
        try:
            return list(apart(train_alone(together(tasks)), tasks))
        except Exception:  # of one of them, which takes the others with it, or for want of memory
            pass
    outcomes: list[Trained | Exception] = []
    for task in tasks:
        try:
            outcomes.append(train_alone(task))
        except Exception as error:
            outcomes.append(error)
    return outcomes


def together(tasks: Sequence[Task]) -> Task:
    """One task of all their members, each with the rows of its own."""
    first, n_members = tasks[0], len(tasks[0].training.seeds)
    bounds = pairwise([0, *accumulate(len(task.X) for task in tasks)])
    plans = [task.training for task in tasks]

    def joined(name: str) -> np.ndarray | None:
        return None if getattr(first, name) is None else np.concatenate([getattr(task, name) for task in tasks])

    def values(name: str) -> tuple[float, ...]:
        return tuple(value for plan in plans for value in per_member(getattr(plan, name), n_members))

    varied: dict[str, Any] = {name: values(name) for name in (*FREE, *WEIGHTS)}
    X = joined("X")
    assert X is not None
    return Task(
        first.architecture,
        replace(first.training, seeds=tuple(seed for plan in plans for seed in plan.seeds), **varied),
        X,
        rows=[np.arange(*bound) for bound in bounds for _ in range(n_members)],
        labels=joined("labels"),
        guesses=joined("guesses"),
        given=joined("given"),
        shown=None if first.shown is None else shown_together([task.shown for task in tasks if task.shown is not None]),
        start=None if first.start is None else started([task.start for task in tasks if task.start is not None]),
        device=first.device,
    )


def shown_together(sources: Sequence[Callable[[int], np.ndarray]]) -> Callable[[int], np.ndarray]:
    """What all are shown in an epoch."""
    return lambda epoch: np.concatenate([shown(epoch) for shown in sources])


def started(states: Sequence[State]) -> State:
    """The state of all members."""
    return {
        name: value if name == "epoch" else np.concatenate([state[name] for state in states])
        for name, value in states[0].items()
    }


def apart(trained: Trained, tasks: Sequence[Task]) -> Iterator[Trained]:
    """What came of each task."""
    state, curves = trained
    n = len(tasks[0].training.seeds)
    for place in range(len(tasks)):
        own = slice(n * place, n * (place + 1))
        yield (
            {name: value if name == "epoch" else value[own].copy() for name, value in state.items()},
            {name: curve[:, own].copy() for name, curve in curves.items()},
        )
