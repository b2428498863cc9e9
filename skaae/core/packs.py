"""Packs: members of several training tasks side by side, each trained as it would be alone.

Tasks share a pack if they have the same architecture, the same numbers of rows, batches and epochs, and the same losses
with a weight above zero; weights, learning rates, noise, seeds and rows may differ. Tasks with hooks, and those that
depend on all rows of a training at once (the VAT radius, the extremes of salt and pepper, the codes that a flow
learns), are trained alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from .._plan import TrainingData
from .tasks import State, TrainingResult, TrainingTask
from .training import per_member, train_task

__all__ = ["train_packed"]

RATE_FIELDS = ("learning_rate", "weight_decay")  # of the plan, which may differ
WEIGHT_FIELDS = (  # of the plan, which may differ, but must all be zero or all above
    "adversarial_weight",
    "supervised_weight",
    "distillation_weight",
    "entropy_weight",
    "balance_weight",
    "noise",
    "masked_fraction",
)
MAX_LAYER_OUTPUTS = 2**19  # numbers, beyond which the output of a layer leaves the cache and packing gains nothing


def train_packed(tasks: Sequence[TrainingTask]) -> list[TrainingResult | Exception]:
    """Trains all tasks, in packs where possible; the result of each, or its error."""
    results: dict[int, TrainingResult | Exception] = {}
    for indices in group_into_packs(tasks):
        results |= zip(indices, train_pack([tasks[index] for index in indices]), strict=True)
    return [results[index] for index in range(len(tasks))]


def group_into_packs(tasks: Sequence[TrainingTask]) -> list[list[int]]:
    """Indices of the tasks of each pack, in the order of their learning rates."""
    groups: dict[object, list[int]] = {}
    for index, task in enumerate(tasks):
        key = pack_key(task) or index
        try:
            groups.setdefault(key, []).append(index)
        except TypeError:  # a custom prior that is not hashable
            groups[index] = [index]
    packs: list[list[int]] = []
    for indices in groups.values():
        indices.sort(key=lambda index: str((tasks[index].plan.learning_rate, tasks[index].plan.weight_decay)))
        n_packs = -(-len(indices) // max_pack_size(tasks[indices[0]]))
        packs += [part.tolist() for part in np.array_split(indices, n_packs)]
    return packs


def max_pack_size(task: TrainingTask) -> int:
    """The maximum number of such tasks in a pack."""
    architecture, plan = task.architecture, task.plan
    hidden_layer_sizes = (*architecture.hidden_layer_sizes, *architecture.discriminator_layer_sizes)
    width = max(architecture.n_features, *hidden_layer_sizes)
    return max(1, MAX_LAYER_OUTPUTS // (width * plan.batch_size * len(plan.seeds)))


def pack_key(task: TrainingTask) -> tuple[object, ...] | None:
    """What tasks of a pack have in common; None for a task that must be trained alone."""
    plan, data = task.plan, task.data
    depends_on_rows = np.any(plan.vat_weight) or np.any(plan.salt_and_pepper_fraction) or plan.schedule == "flow"
    if not isinstance(data.X, np.ndarray) or task.hooks or task.member_rows is not None or depends_on_rows:
        return None
    is_weighted = tuple(bool(np.any(getattr(plan, name))) for name in WEIGHT_FIELDS)
    zeros: dict[str, Any] = dict.fromkeys((*RATE_FIELDS, *WEIGHT_FIELDS), 0.0)
    common_plan = replace(plan, seeds=(), **zeros)
    n_labelled = None if data.labels is None else int((data.labels >= 0).sum())
    optional = (data.soft_labels, data.targets, data.condition, data.encoder_input, data.sample_weight)
    is_missing = tuple(each is None for each in optional)
    start = None if task.start is None else (tuple(task.start), int(task.start["epoch"]))
    sizes = len(plan.seeds), data.X.shape, n_labelled
    return (task.architecture, common_plan, is_weighted, sizes, is_missing, start, task.device)


def train_pack(tasks: Sequence[TrainingTask]) -> list[TrainingResult | Exception]:
    """The results of a pack; or of each task alone, where the pack fails."""
    if len(tasks) > 1:
        try:
            return list(unstack_results(train_task(stack_tasks(tasks)), tasks))
        except Exception:  # of one task, or for lack of memory
            pass
    results: list[TrainingResult | Exception] = []
    for task in tasks:
        try:
            results.append(train_task(task))
        except Exception as error:
            results.append(error)
    return results


def stack_tasks(tasks: Sequence[TrainingTask]) -> TrainingTask:
    """One task of all members, each on the rows of its task."""
    first, n_members = tasks[0], len(tasks[0].plan.seeds)
    bounds = pairwise([0, *accumulate(len(task.data) for task in tasks)])
    plans = [task.plan for task in tasks]

    def values(name: str) -> tuple[float, ...]:
        return tuple(value for plan in plans for value in per_member(getattr(plan, name), n_members))

    varied: dict[str, Any] = {name: values(name) for name in (*RATE_FIELDS, *WEIGHT_FIELDS)}
    return TrainingTask(
        first.architecture,
        replace(first.plan, seeds=tuple(seed for plan in plans for seed in plan.seeds), **varied),
        stack_data([task.data for task in tasks]),
        member_rows=[np.arange(*bound) for bound in bounds for _ in range(n_members)],
        start=None if first.start is None else stack_states([task.start for task in tasks if task.start is not None]),
        device=first.device,
    )


def stack_data(data: Sequence[TrainingData]) -> TrainingData:
    """The rows of all tasks."""
    arrays = {
        name: np.concatenate([getattr(each, name) for each in data])
        for name in ("X", "labels", "soft_labels", "targets", "condition", "sample_weight")
        if getattr(data[0], name) is not None
    }
    functions = [each.encoder_input for each in data if each.encoder_input is not None]
    encoder_input = (lambda epoch: np.concatenate([each(epoch) for each in functions])) if functions else None
    return TrainingData(**arrays, encoder_input=encoder_input)


def stack_states(states: Sequence[State]) -> State:
    """The state of all members."""
    return {
        name: value if name == "epoch" else np.concatenate([state[name] for state in states])
        for name, value in states[0].items()
    }


def unstack_results(result: TrainingResult, tasks: Sequence[TrainingTask]) -> Iterator[TrainingResult]:
    """The result of each task."""
    n_members = len(tasks[0].plan.seeds)
    for index in range(len(tasks)):
        members = slice(n_members * index, n_members * (index + 1))
        yield TrainingResult(
            {name: value if name == "epoch" else value[members].copy() for name, value in result.state.items()},
            {name: curve[:, members].copy() for name, curve in result.curves.items()},
        )
