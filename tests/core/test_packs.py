from dataclasses import replace

import numpy as np
import pytest

from skaae.core import packs
from skaae.core.packs import packs_of, train_packed
from skaae.core.tasks import Task
from skaae.core.training import train_alone
from skaae.plan import Architecture, Block, Training

STYLE = Architecture(6, (Block("style", 2, "normal"),), (16,), "relu")
CLASSES = Architecture(6, (Block("style", 2, "normal"), Block("category", 2, "one_hot", (0.5, 0.5))), (16,), "relu")
PLAN = Training((0,), 4, 32, noise=0.1)


@pytest.fixture
def tasks(X):
    """Fits of different rows, seeds, rates, weights and noise."""
    X = ((X - X.mean(0)) / X.std(0)).astype(np.float32)
    plans = [
        PLAN,
        replace(PLAN, seeds=(5,), learning_rate=4e-3),
        replace(PLAN, adversarial_weight=0.3, noise=0.4),
        replace(PLAN, seeds=(7,), learning_rate=4e-3, weight_decay=0.1),
    ]
    return [Task(STYLE, plan, X[start : start + 100]) for start, plan in enumerate(plans)]


def assert_same(trained, alone):
    for found, expected in zip(trained, alone, strict=True):
        assert found.keys() == expected.keys()
        for name in expected:
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-4, atol=1e-6, err_msg=name)


def test_packed_tasks_come_out_as_they_would_alone(tasks):
    assert packs_of(tasks) == [[0, 2, 1, 3]]  # in the order of their rates
    for task, trained in zip(tasks, train_packed(tasks), strict=True):
        assert_same(trained, train_alone(task))


def test_members_of_a_task_stay_together(tasks):
    tasks = [replace_plan(task, seeds=(place, place + 10)) for place, task in enumerate(tasks)]
    for task, trained in zip(tasks, train_packed(tasks), strict=True):
        assert_same(trained, train_alone(task))


def replace_plan(task, **changes):
    return replace(task, training=replace(task.training, **changes))


def test_what_is_given_beside_rows_goes_along(tasks):
    rng = np.random.default_rng(0)
    tasks = [
        replace_plan(
            replace(
                task,
                architecture=CLASSES,
                labels=rng.permutation(np.repeat([0, 1, -1], [10, 10, 80])),
                guesses=rng.dirichlet([1, 1], 100),
                shown=lambda epoch, X=task.X: X + epoch,
            ),
            certainty=0.1,
            balance=0.2,
        )
        for task in tasks
    ]
    assert len(packs_of(tasks)) == 1
    for task, trained in zip(tasks, train_packed(tasks), strict=True):
        assert_same(trained, train_alone(task))


def test_tasks_go_on_together_from_where_they_were(tasks):
    started = [replace(task, start=train_alone(task)[0]) for task in tasks]
    assert len(packs_of(started)) == 1
    for task, trained in zip(started, train_packed(started), strict=True):
        assert_same(trained, train_alone(task))


def test_what_differs_in_kind_is_apart(tasks):
    first = tasks[0]
    others = [
        replace(first, architecture=replace(STYLE, hidden_layer_sizes=(8,))),
        replace_plan(first, n_epochs=5),
        replace_plan(first, batch_size=16),
        replace_plan(first, adversarial_weight=0.0),
        replace_plan(first, seeds=(0, 1)),
        replace(first, X=first.X[:99]),
        replace(first, hooks=[lambda epoch: None]),
        replace_plan(first, smoothness=1.0),
        replace_plan(first, salt=0.1),
    ]
    assert packs_of([first, *others]) == [[place] for place in range(len(others) + 1)]
    assert packs_of([others[-1]] * 2) == [[0], [1]]


def test_wide_models_make_small_packs(tasks, monkeypatch):
    monkeypatch.setattr(packs, "MOST_NUMBERS", 2 * 64 * 32)  # two members, whose adversaries are the widest
    assert [len(pack) for pack in packs_of(tasks)] == [2, 2]
    pairs = [replace_plan(task, seeds=(0, 1)) for task in tasks]
    assert [len(pack) for pack in packs_of(pairs)] == [1, 1, 1, 1]


@pytest.mark.parametrize("error", [MemoryError, RuntimeError])
def test_a_pack_that_fails_is_trained_one_by_one(tasks, monkeypatch, error):
    def choosy(task):
        if len(task.training.seeds) > 1:
            raise error("too much")
        return train_alone(task)

    monkeypatch.setattr(packs, "train_alone", choosy)
    for task, trained in zip(tasks, train_packed(tasks), strict=True):
        assert_same(trained, train_alone(task))


def test_what_is_known_of_rows_decides_who_goes_together(tasks):
    def labelled(n):
        return np.repeat([0, -1], [n, 100 - n])

    first = replace(tasks[0], architecture=CLASSES, labels=labelled(10))
    others = [
        replace(first, labels=labelled(11)),
        replace(first, labels=None),
        replace(first, guesses=np.full((100, 2), 0.5)),
        replace(first, given=np.zeros((100, 1))),
        replace(first, shown=lambda epoch: first.X),
        replace(first, rows=[np.arange(50)]),
        replace(first, device="meta"),
        replace_plan(first, schedule="transport"),
        replace(first, start={"epoch": np.array(3)}),
        replace(first, start={"epoch": np.array(4)}),
    ]
    assert packs_of([first, *others]) == [[place] for place in range(len(others) + 1)]
    assert packs_of([first, first]) == [[0, 1]]
    assert packs_of([others[5], others[5]]) == [[0], [1]]
    assert packs_of([others[7], others[7]]) == [[0], [1]]


def test_one_that_cannot_be_trained_takes_no_other_with_it(tasks):
    hopeless = replace(tasks[1], X=tasks[1].X * 1e30)
    outcomes = train_packed([tasks[0], hopeless, tasks[2]])
    assert isinstance(outcomes[1], FloatingPointError)
    assert_same(outcomes[0], train_alone(tasks[0]))
    assert_same(outcomes[2], train_alone(tasks[2]))
