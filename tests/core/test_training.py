from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest
import torch

from skaae._plan import Architecture, Block, TrainingData, TrainingPlan
from skaae.core.inference import encode
from skaae.core.threads import limit_threads
from skaae.core.training import MAX_LR_REDUCTIONS, neighbor_distances, train

ARCHITECTURE = Architecture(6, (Block("style", 2, "normal"),), (16, 16), "relu")
SCHEDULES = ["joint", "alternating"]


@pytest.fixture
def rows(X):
    return ((X - X.mean(0)) / X.std(0)).astype(np.float32)


@pytest.fixture
def data(rows):
    return TrainingData(rows)


def weights_of(state, member):
    return {name: value[member] for name, value in state.items() if name.startswith("model.")}


def assert_same(first, second, **tolerance):
    for name, value in first.items():
        np.testing.assert_allclose(value, second[name], err_msg=name, **tolerance)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_reconstruction_error_falls(data, schedule):
    _, curves = train(ARCHITECTURE, TrainingPlan((0,), 60, 32, learning_rate=3e-3, schedule=schedule), data)
    assert set(curves) == {"reconstruction", "discriminator", "generator"}
    assert curves["reconstruction"].shape == (60, 1)
    assert curves["reconstruction"][-1] < 0.7 * curves["reconstruction"][0]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_packed_member_trains_as_it_does_alone(data, schedule):
    packed, curves = train(ARCHITECTURE, TrainingPlan((3, 1, 4), 5, 32, noise=0.1, schedule=schedule), data)
    for member, seed in enumerate((3, 1, 4)):
        alone, expected = train(ARCHITECTURE, TrainingPlan((seed,), 5, 32, noise=0.1, schedule=schedule), data)
        assert_same(weights_of(packed, member), weights_of(alone, 0), rtol=0, atol=1e-6)
        np.testing.assert_allclose(curves["generator"][:, member], expected["generator"][:, 0], rtol=1e-5)


def test_members_may_differ_in_learning_rate_weights_noise_and_rows(data):
    values = {
        "learning_rate": (1e-3, 5e-3),
        "adversarial_weight": (0.1, 0.5),
        "noise": (0.0, 0.2),
        "weight_decay": (0.01, 0.0),
    }
    member_rows = [np.arange(0, 100), np.arange(50, 120)]
    _, packed = train(ARCHITECTURE, TrainingPlan((0, 1), 8, 32, **values), data, member_rows=member_rows)
    for k in (0, 1):
        plan = TrainingPlan((k,), 8, 32, **{name: value[k] for name, value in values.items()})
        _, alone = train(ARCHITECTURE, plan, data, member_rows=[member_rows[k]])
        for name, curve in alone.items():
            np.testing.assert_allclose(packed[name][:, k], curve[:, 0], rtol=1e-3, err_msg=name)


def test_equal_seeds_give_equal_models_and_others_do_not(data):
    first, again, other = (train(ARCHITECTURE, TrainingPlan((seed,), 3, 32), data).state for seed in (0, 0, 1))
    assert_same(first, again, rtol=0, atol=0)
    assert not np.allclose(first["model.decoder.hidden.layers.0.weight"], other["model.decoder.hidden.layers.0.weight"])


def test_training_continues_from_a_state_as_without_the_break(data):
    whole, half = (TrainingPlan((0, 1), n_epochs, 32, annealed=False) for n_epochs in (6, 3))
    expected, _ = train(ARCHITECTURE, whole, data)
    middle, _ = train(ARCHITECTURE, half, data)
    state, _ = train(ARCHITECTURE, half, data, start=middle)
    assert_same(expected, state, rtol=0, atol=0)


def test_weight_zero_is_a_plain_autoencoder(data):
    state, curves = train(ARCHITECTURE, TrainingPlan((0,), 3, 32, adversarial_weight=0.0), data)
    assert set(curves) == {"reconstruction"}
    after_one_epoch, _ = train(ARCHITECTURE, TrainingPlan((0,), 1, 32, adversarial_weight=0.0), data)
    name = "model.discriminators.0.last.weight"
    np.testing.assert_array_equal(state[name], after_one_epoch[name])


def test_a_hook_stops_the_training(data):
    indices = []

    def hook(epoch):
        indices.append(epoch.index)
        return epoch.index == 2

    _, curves = train(ARCHITECTURE, TrainingPlan((0,), 50, 32), data, hooks=[hook])
    assert indices == [0, 1, 2]
    assert len(curves["reconstruction"]) == 3


def test_the_learning_rate_is_reduced_for_members_that_diverge_only(data):
    _, packed = train(ARCHITECTURE, TrainingPlan((0, 1), 3, 32, learning_rate=(1e-3, 1e3)), data)
    assert np.isfinite(packed["reconstruction"]).all()
    _, alone = train(ARCHITECTURE, TrainingPlan((0,), 3, 32, learning_rate=1e-3), data)
    np.testing.assert_allclose(packed["generator"][:, 0], alone["generator"][:, 0], rtol=1e-3)


def test_a_member_that_diverges_at_all_learning_rates_is_an_error(rows):
    with pytest.raises(FloatingPointError, match=r"must stay finite.*learning_rate_init"):
        train(ARCHITECTURE, TrainingPlan((0,), 3, 32), TrainingData(rows * 1e30))
    assert MAX_LR_REDUCTIONS == 4


def test_global_state_is_left_unchanged(data):
    random_state, n_threads = torch.get_rng_state(), torch.get_num_threads()
    with torch.no_grad():
        train(ARCHITECTURE, TrainingPlan((0,), 2, 32), data)
        assert not torch.is_grad_enabled()
    assert torch.equal(random_state, torch.get_rng_state())
    assert torch.get_num_threads() == n_threads


def test_concurrent_calls_restore_the_number_of_threads():
    entered, leave = Event(), Event()

    def call():
        with limit_threads(ARCHITECTURE, 8):
            entered.set()
            leave.wait(10)

    torch.set_num_threads(2)
    try:
        with ThreadPoolExecutor(2) as threads:
            with limit_threads(ARCHITECTURE, 8):
                assert torch.get_num_threads() == 1
                other = threads.submit(call)
                entered.wait(10)
            leave.set()
            other.result(10)
        with ThreadPoolExecutor(1) as threads:
            assert threads.submit(torch.get_num_threads).result() == torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)


BLOCKS = (Block("style", 2, "normal"), Block("category", 2, "one_hot", (0.5, 0.5)))
CLASSIFIER = Architecture(6, BLOCKS, (16,), "relu")


@pytest.fixture
def classes(rows):
    """The sign of the first column."""
    return (rows[:, 0] > 0).astype(int)


@pytest.fixture
def labels(classes):
    """The classes of twenty rows."""
    return np.where(np.arange(len(classes)) < 20, classes, -1)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_classes_are_learned_from_few_labels(rows, classes, labels, schedule):
    weights = {"vat_weight": 0.5, "entropy_weight": 0.1, "balance_weight": 0.1}
    plan = TrainingPlan((0, 1), 60, 32, learning_rate=3e-3, schedule=schedule, **weights)
    state, curves = train(CLASSIFIER, plan, TrainingData(rows, labels, np.eye(2)[classes] * 0.6 + 0.2))
    assert {"supervised", "distillation", "vat", "entropy", "balance"} < set(curves)
    p = encode(CLASSIFIER, state, rows, "cpu")[..., 2:]
    assert (p.argmax(-1) == classes).mean() > 0.8


def test_classes_are_learned_from_soft_labels_alone(rows, classes):
    data = TrainingData(rows, soft_labels=np.eye(2)[classes] * 0.6 + 0.2)
    state, curves = train(CLASSIFIER, TrainingPlan((0,), 60, 32, learning_rate=3e-3), data)
    assert "supervised" not in curves
    assert (encode(CLASSIFIER, state, rows, "cpu")[..., 2:].argmax(-1) == classes).mean() > 0.8


def test_a_packed_classifier_trains_as_it_does_alone(rows, labels):
    data = TrainingData(rows, labels)
    weights = {"vat_weight": (0.5, 1.0), "entropy_weight": (0.0, 0.1), "supervised_weight": (1.0, 0.3)}
    _, packed = train(CLASSIFIER, TrainingPlan((3, 1), 5, 32, noise=0.1, **weights), data)
    for k, seed in enumerate((3, 1)):
        member_weights = {name: values[k] for name, values in weights.items()}
        _, alone = train(CLASSIFIER, TrainingPlan((seed,), 5, 32, noise=0.1, **member_weights), data)
        for name, curve in alone.items():
            np.testing.assert_allclose(packed[name][:, k], curve[:, 0], rtol=1e-3, atol=1e-6, err_msg=name)


def test_members_train_on_the_labels_of_their_rows(rows, classes):
    member_rows = [np.arange(0, 100), np.arange(50, 120)]
    data = TrainingData(rows, np.where(np.arange(len(rows)) % 5 == 0, classes, -1))
    _, packed = train(CLASSIFIER, TrainingPlan((0, 1), 8, 32), data, member_rows=member_rows)
    _, alone = train(CLASSIFIER, TrainingPlan((0,), 8, 32), data, member_rows=member_rows[:1])
    np.testing.assert_allclose(packed["reconstruction"][:, 0], alone["reconstruction"][:, 0], rtol=0.05)
    assert np.isfinite(packed["supervised"]).all()


def test_neighbor_distances():
    line = torch.arange(50.0)[:, None]
    distances = neighbor_distances(line)
    assert distances[25] == 5  # five neighbors on each side
    assert distances[0] == 10
    assert neighbor_distances(torch.zeros(3, 2)).tolist() == [0, 0, 0]
    with_outlier = neighbor_distances(torch.cat([line, torch.tensor([[1e6]])]))
    assert with_outlier[-1] == 2 * with_outlier.median()
