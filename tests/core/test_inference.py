import numpy as np
import pytest

from skaae.core.inference import BATCH_SIZE, decode, draw, encode, errors, resolve_device
from skaae.core.training import train
from skaae.plan import Architecture, Block, Training

ARCHITECTURE = Architecture(6, (Block("style", 2, "normal"),), (16,), "relu")


@pytest.fixture(scope="module")
def state():
    X = np.random.default_rng(0).standard_normal((100, 6)).astype(np.float32)
    return train(ARCHITECTURE, Training((0, 1), 2, 32), X)[0]


def test_rows_in_batches_are_rows_one_by_one(state):
    X = np.random.default_rng(1).standard_normal((BATCH_SIZE + 3, 6))
    code = encode(ARCHITECTURE, state, X, "cpu")
    assert code.shape == (2, BATCH_SIZE + 3, 2)
    assert code.dtype == np.float64
    for row in (0, BATCH_SIZE, BATCH_SIZE + 2):
        one = encode(ARCHITECTURE, state, X[row : row + 1], "cpu")
        np.testing.assert_allclose(one[:, 0], code[:, row], rtol=1e-12)
    assert decode(ARCHITECTURE, state, code[0], "cpu").shape == (2, BATCH_SIZE + 3, 6)


def test_arithmetic_follows_the_dtype_of_the_rows(state):
    X = np.zeros((3, 6), dtype=np.float32)
    assert encode(ARCHITECTURE, state, X, "cpu").dtype == np.float32


def test_draws_follow_the_seed():
    np.testing.assert_array_equal(draw(ARCHITECTURE, 5, 0), draw(ARCHITECTURE, 5, 0))
    assert not np.allclose(draw(ARCHITECTURE, 5, 0), draw(ARCHITECTURE, 5, 1))


def test_devices():
    assert resolve_device("cpu") == "cpu"
    assert isinstance(resolve_device("auto"), str)
    with pytest.raises(ValueError, match=r"`device` must be present on this machine. Got 'abacus'"):
        resolve_device("abacus")


def test_errors_are_means_over_members(state):
    X = np.random.default_rng(1).standard_normal((7, 6))
    code = encode(ARCHITECTURE, state, X, "cpu")
    by_member = [decode(ARCHITECTURE, state, each, "cpu")[k] for k, each in enumerate(code)]
    np.testing.assert_allclose(errors(ARCHITECTURE, state, X, "cpu"), np.square(by_member - X).mean(0))
