from dataclasses import replace

import numpy as np
import pytest

from skaae._plan import Architecture, Block, TrainingData, TrainingPlan
from skaae.core import packs
from skaae.core.packs import group_into_packs, train_packed
from skaae.core.tasks import TrainingTask
from skaae.core.training import train_task

STYLE = Architecture(6, (Block("style", 2, "normal"),), (16,), "relu")
CLASSES = Architecture(6, (Block("style", 2, "normal"), Block("category", 2, "one_hot", (0.5, 0.5))), (16,), "relu")
PLAN = TrainingPlan((0,), 4, 32, noise=0.1)


@pytest.fixture
def tasks(X):
    """Trainings with different rows, seeds, learning rates, weights and noise."""
    X = ((X - X.mean(0)) / X.std(0)).astype(np.float32)
    plans = [
        PLAN,
        replace(PLAN, seeds=(5,), learning_rate=4e-3),
        replace(PLAN, adversarial_weight=0.3, noise=0.4),
        replace(PLAN, seeds=(7,), learning_rate=4e-3, weight_decay=0.1),
    ]
    return [TrainingTask(STYLE, plan, TrainingData(X[start : start + 100])) for start, plan in enumerate(plans)]


def replace_plan(task, **changes):
    return replace(task, plan=replace(task.plan, **changes))


def replace_data(task, **changes):
    return replace(task, data=replace(task.data, **changes))


def assert_same(result, expected):
    for found, wanted in zip(result, expected, strict=True):
        assert found.keys() == wanted.keys()
        for name in wanted:
            np.testing.assert_allclose(found[name], wanted[name], rtol=1e-4, atol=1e-6, err_msg=name)


def assert_packed_as_alone(tasks):
    for task, result in zip(tasks, train_packed(tasks), strict=True):
        assert_same(result, train_task(task))


def test_packed_tasks_have_the_results_that_they_have_alone(tasks):
    assert group_into_packs(tasks) == [[0, 2, 1, 3]]  # in the order of their learning rates
    assert_packed_as_alone(tasks)


def test_members_of_a_task_stay_together(tasks):
    assert_packed_as_alone([replace_plan(task, seeds=(k, k + 10)) for k, task in enumerate(tasks)])


def test_rows_with_weights_are_drawn_as_alone(tasks):
    rng = np.random.default_rng(0)
    weighted = [
        replace_data(
            replace(task, architecture=CLASSES),
            sample_weight=rng.random(100) + 0.1,
            labels=rng.permutation(np.repeat([0, 1, -1], [10, 10, 80])),
        )
        for task in tasks
    ]
    assert len(group_into_packs(weighted)) == 1
    assert_packed_as_alone(weighted)
    assert len(group_into_packs([*tasks, replace_data(tasks[0], sample_weight=np.arange(1.0, 101))])) == 2


def test_labels_soft_labels_conditions_and_encoder_inputs_are_stacked(tasks):
    rng = np.random.default_rng(0)
    tasks = [
        replace_data(
            replace_plan(
                replace(task, architecture=replace(CLASSES, condition_width=1)), entropy_weight=0.1, balance_weight=0.2
            ),
            labels=rng.permutation(np.repeat([0, 1, -1], [10, 10, 80])),
            soft_labels=rng.dirichlet([1, 1], 100),
            condition=rng.random((100, 1)),
            encoder_input=lambda epoch, X=task.data.X: X + epoch,
        )
        for task in tasks
    ]
    assert len(group_into_packs(tasks)) == 1
    assert_packed_as_alone(tasks)


def test_tasks_with_a_start_share_a_pack(tasks):
    started = [replace(task, start=train_task(task).state) for task in tasks]
    assert len(group_into_packs(started)) == 1
    assert_packed_as_alone(started)


def test_tasks_of_different_shape_do_not_share_a_pack(tasks):
    first = tasks[0]
    others = [
        replace(first, architecture=replace(STYLE, hidden_layer_sizes=(8,))),
        replace_plan(first, n_epochs=5),
        replace_plan(first, batch_size=16),
        replace_plan(first, adversarial_weight=0.0),
        replace_plan(first, seeds=(0, 1)),
        replace_data(first, X=first.data.X[:99]),
        replace(first, hooks=[lambda epoch: None]),
        replace_plan(first, vat_weight=1.0),
        replace_plan(first, salt_and_pepper_fraction=0.1),
    ]
    assert group_into_packs([first, *others]) == [[index] for index in range(len(others) + 1)]
    assert group_into_packs([others[-1]] * 2) == [[0], [1]]


def test_wide_models_make_small_packs(tasks, monkeypatch):
    # Two members, whose discriminators have the widest layer.
    monkeypatch.setattr(packs, "MAX_LAYER_OUTPUTS", 2 * 64 * 32)
    assert [len(pack) for pack in group_into_packs(tasks)] == [2, 2]
    pairs = [replace_plan(task, seeds=(0, 1)) for task in tasks]
    assert [len(pack) for pack in group_into_packs(pairs)] == [1, 1, 1, 1]


@pytest.mark.parametrize("error", [MemoryError, RuntimeError])
def test_tasks_of_a_pack_that_fails_are_trained_alone(tasks, monkeypatch, error):
    def fail_if_packed(task):
        if len(task.plan.seeds) > 1:
            raise error("too much")
        return train_task(task)

    monkeypatch.setattr(packs, "train_task", fail_if_packed)
    assert_packed_as_alone(tasks)


def test_tasks_of_different_data_or_start_do_not_share_a_pack(tasks):
    def make_labels(n):
        return np.repeat([0, -1], [n, 100 - n])

    first = replace_data(replace(tasks[0], architecture=CLASSES), labels=make_labels(10))
    others = [
        replace_data(first, labels=make_labels(11)),
        replace_data(first, labels=None),
        replace_data(first, soft_labels=np.full((100, 2), 0.5)),
        replace_data(first, condition=np.zeros((100, 1))),
        replace_data(first, encoder_input=lambda epoch: first.data.X),
        replace(first, member_rows=[np.arange(50)]),
        replace(first, device="meta"),
        replace_plan(first, schedule="flow"),
        replace(first, start={"epoch": np.array(3)}),
        replace(first, start={"epoch": np.array(4)}),
    ]
    assert group_into_packs([first, *others]) == [[index] for index in range(len(others) + 1)]
    assert group_into_packs([first, first]) == [[0, 1]]
    assert group_into_packs([others[5], others[5]]) == [[0], [1]]
    assert group_into_packs([others[7], others[7]]) == [[0], [1]]


def test_a_task_that_fails_does_not_affect_the_others(tasks):
    diverging = replace_data(tasks[1], X=tasks[1].data.X * 1e30)
    results = train_packed([tasks[0], diverging, tasks[2]])
    assert isinstance(results[1], FloatingPointError)
    assert_same(results[0], train_task(tasks[0]))
    assert_same(results[2], train_task(tasks[2]))
