from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest
import torch

from skaae.core.inference import encode
from skaae.core.training import RATE_CUTS, distances, threads_for, train
from skaae.plan import Architecture, Block, Training

ARCHITECTURE = Architecture(6, (Block("style", 2, "normal"),), (16, 16), "relu")
SCHEDULES = ["joint", "alternating"]


@pytest.fixture
def rows(X):
    return ((X - X.mean(0)) / X.std(0)).astype(np.float32)


def weights(state, member):
    return {name: value[member] for name, value in state.items() if name.startswith("model.")}


def assert_same(first, second, **tolerance):
    for name, value in first.items():
        np.testing.assert_allclose(value, second[name], err_msg=name, **tolerance)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_learning_happens(rows, schedule):
    _, curves = train(ARCHITECTURE, Training((0,), 60, 32, learning_rate=3e-3, schedule=schedule), rows)
    assert set(curves) == {"reconstruction", "imitation", "discrimination"}
    assert curves["reconstruction"].shape == (60, 1)
    assert curves["reconstruction"][-1] < 0.7 * curves["reconstruction"][0]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_packed_member_trains_as_it_would_alone(rows, schedule):
    packed, curves = train(ARCHITECTURE, Training((3, 1, 4), 5, 32, noise=0.1, schedule=schedule), rows)
    for member, seed in enumerate((3, 1, 4)):
        alone, own = train(ARCHITECTURE, Training((seed,), 5, 32, noise=0.1, schedule=schedule), rows)
        assert_same(weights(packed, member), weights(alone, 0), rtol=0, atol=1e-6)
        np.testing.assert_allclose(curves["imitation"][:, member], own["imitation"][:, 0], rtol=1e-5)


def test_a_packed_member_keeps_its_own_rate_weight_noise_and_rows(rows):
    rates, strengths, noises = (1e-3, 5e-3), (0.1, 0.5), (0.0, 0.2)
    own = [np.arange(0, 100), np.arange(50, 120)]
    _, packed = train(ARCHITECTURE, Training((0, 1), 8, 32, rates, strengths, noises, 0.01), rows, rows=own)
    for k in (0, 1):
        plan = Training((k,), 8, 32, rates[k], strengths[k], noises[k], 0.01)
        _, alone = train(ARCHITECTURE, plan, rows, rows=[own[k]])
        for name, curve in alone.items():
            np.testing.assert_allclose(packed[name][:, k], curve[:, 0], rtol=1e-3, err_msg=name)


def test_the_same_seed_gives_the_same_model_and_another_another(rows):
    first, again, other = (train(ARCHITECTURE, Training((seed,), 3, 32), rows)[0] for seed in (0, 0, 1))
    assert_same(first, again, rtol=0, atol=0)
    assert not np.allclose(first["model.decoder.hidden.layers.0.weight"], other["model.decoder.hidden.layers.0.weight"])


def test_a_run_goes_on_from_its_state_as_if_it_had_not_stopped(rows):
    plan = Training((0, 1), 6, 32, annealed=False)
    through, _ = train(ARCHITECTURE, plan, rows)
    half = Training((0, 1), 3, 32, annealed=False)
    middle, _ = train(ARCHITECTURE, half, rows)
    end, _ = train(ARCHITECTURE, half, rows, start=middle)
    assert_same(through, end, rtol=0, atol=0)


def test_weight_zero_is_a_plain_autoencoder(rows):
    state, curves = train(ARCHITECTURE, Training((0,), 3, 32, adversarial_weight=0.0), rows)
    assert set(curves) == {"reconstruction"}
    untouched, _ = train(ARCHITECTURE, Training((0,), 1, 32, adversarial_weight=0.0), rows)
    name = "model.adversaries.0.last.weight"
    np.testing.assert_array_equal(state[name], untouched[name])


def test_a_hook_stops_the_run(rows):
    seen = []

    def hook(epoch):
        seen.append(epoch.index)
        return epoch.index == 2

    _, curves = train(ARCHITECTURE, Training((0,), 50, 32), rows, hooks=[hook])
    assert seen == [0, 1, 2]
    assert len(curves["reconstruction"]) == 3


def test_trouble_lowers_the_rate_of_the_member_in_trouble_only(rows):
    _, packed = train(ARCHITECTURE, Training((0, 1), 3, 32, learning_rate=(1e-3, 1e3)), rows)
    assert np.isfinite(packed["reconstruction"]).all()
    _, alone = train(ARCHITECTURE, Training((0,), 3, 32, learning_rate=1e-3), rows)
    np.testing.assert_allclose(packed["imitation"][:, 0], alone["imitation"][:, 0], rtol=1e-3)


def test_trouble_that_does_not_end_is_an_error_that_says_so(rows):
    with pytest.raises(FloatingPointError, match=r"must stay finite.*learning_rate_init"):
        train(ARCHITECTURE, Training((0,), 3, 32), rows * 1e30)
    assert RATE_CUTS == 4


def test_the_users_world_is_left_as_it_was(rows):
    random, threads = torch.get_rng_state(), torch.get_num_threads()
    with torch.no_grad():
        train(ARCHITECTURE, Training((0,), 2, 32), rows)
        assert not torch.is_grad_enabled()
    assert torch.equal(random, torch.get_rng_state())
    assert torch.get_num_threads() == threads


def test_calls_at_the_same_time_leave_later_threads_as_they_were():
    entered, leave = Event(), Event()

    def call():
        with threads_for(ARCHITECTURE, 8):
            entered.set()
            leave.wait(10)

    torch.set_num_threads(2)
    try:
        with ThreadPoolExecutor(2) as threads:
            with threads_for(ARCHITECTURE, 8):
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
def few(rows):
    """The sign of the first column, known for twenty rows."""
    truth = (rows[:, 0] > 0).astype(int)
    labels = np.full(len(rows), -1)
    labels[:20] = truth[:20]
    return truth, labels


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_classes_are_learned_from_few_labels(rows, few, schedule):
    truth, labels = few
    plan = Training((0, 1), 60, 32, learning_rate=3e-3, schedule=schedule, smoothness=0.5, certainty=0.1, balance=0.1)
    state, curves = train(CLASSIFIER, plan, rows, labels=labels, guesses=np.eye(2)[truth] * 0.6 + 0.2)
    assert {"classification", "distillation", "smoothness", "certainty", "balance"} < set(curves)
    p = encode(CLASSIFIER, state, rows, "cpu")[..., 2:]
    assert (p.argmax(-1) == truth).mean() > 0.8


def test_a_packed_classifier_trains_as_it_would_alone(rows, few):
    _, labels = few
    weights = {"smoothness": (0.5, 1.0), "certainty": (0.0, 0.1), "classification": (1.0, 0.3)}
    _, packed = train(CLASSIFIER, Training((3, 1), 5, 32, noise=0.1, **weights), rows, labels=labels)
    for k, seed in enumerate((3, 1)):
        own = {name: values[k] for name, values in weights.items()}
        _, alone = train(CLASSIFIER, Training((seed,), 5, 32, noise=0.1, **own), rows, labels=labels)
        for name, curve in alone.items():
            np.testing.assert_allclose(packed[name][:, k], curve[:, 0], rtol=1e-3, atol=1e-6, err_msg=name)


def test_members_have_the_labels_of_their_own_rows(rows, few):
    truth, _ = few
    own = [np.arange(0, 100), np.arange(50, 120)]
    labels = np.where(np.arange(len(rows)) % 5 == 0, truth, -1)
    _, packed = train(CLASSIFIER, Training((0, 1), 8, 32), rows, rows=own, labels=labels)
    _, alone = train(CLASSIFIER, Training((0,), 8, 32), rows, rows=own[:1], labels=labels)
    np.testing.assert_allclose(packed["reconstruction"][:, 0], alone["reconstruction"][:, 0], rtol=0.05)
    assert np.isfinite(packed["classification"]).all()


def test_distances_to_near_rows():
    line = torch.arange(50.0)[:, None]
    found = distances(line)
    assert found[25] == 5  # five neighbours on each side
    assert found[0] == 10
    assert distances(torch.zeros(3, 2)).tolist() == [0, 0, 0]
    far = torch.cat([line, torch.tensor([[1e6]])])
    assert distances(far)[-1] == 2 * distances(far).median()
