import gc

import numpy as np
import pytest

from skaae._plan import Architecture, Block, TrainingData, TrainingPlan
from skaae.core.inference import (
    BATCH_SIZE,
    KEPT_MODELS,
    MAX_KEPT_MODELS,
    decode,
    encode,
    load_model,
    resolve_device,
    sample_prior,
    squared_errors,
)
from skaae.core.training import train

ARCHITECTURE = Architecture(6, (Block("style", 2, "normal"),), (16,), "relu")


@pytest.fixture(scope="module")
def state():
    X = np.random.default_rng(0).standard_normal((100, 6)).astype(np.float32)
    return train(ARCHITECTURE, TrainingPlan((0, 1), 2, 32), TrainingData(X)).state


def test_codes_do_not_depend_on_the_batch(state):
    X = np.random.default_rng(1).standard_normal((BATCH_SIZE + 3, 6))
    code = encode(ARCHITECTURE, state, X, "cpu")
    assert code.shape == (2, BATCH_SIZE + 3, 2)
    assert code.dtype == np.float64
    for row in (0, BATCH_SIZE, BATCH_SIZE + 2):
        one = encode(ARCHITECTURE, state, X[row : row + 1], "cpu")
        np.testing.assert_allclose(one[:, 0], code[:, row], rtol=1e-12)
    assert decode(ARCHITECTURE, state, code[0], "cpu").shape == (2, BATCH_SIZE + 3, 6)


def test_the_precision_is_that_of_the_rows(state):
    X = np.zeros((3, 6), dtype=np.float32)
    assert encode(ARCHITECTURE, state, X, "cpu").dtype == np.float32


def test_draws_from_the_prior_depend_on_the_seed():
    np.testing.assert_array_equal(sample_prior(ARCHITECTURE, 5, 0), sample_prior(ARCHITECTURE, 5, 0))
    assert not np.allclose(sample_prior(ARCHITECTURE, 5, 0), sample_prior(ARCHITECTURE, 5, 1))


def test_devices():
    assert resolve_device("cpu") == "cpu"
    assert isinstance(resolve_device("auto"), str)
    with pytest.raises(ValueError, match=r"`device` must be present on this machine. Got 'abacus'"):
        resolve_device("abacus")


def test_squared_errors_are_means_over_members(state):
    X = np.random.default_rng(1).standard_normal((7, 6))
    code = encode(ARCHITECTURE, state, X, "cpu")
    reconstructions = [decode(ARCHITECTURE, state, z, "cpu")[k] for k, z in enumerate(code)]
    np.testing.assert_allclose(squared_errors(ARCHITECTURE, state, X, "cpu"), np.square(reconstructions - X).mean(0))


def test_a_model_is_made_once_and_goes_with_its_weights(state):
    dtype, weight = np.dtype(np.float64), "model.encoder.linear.weight"
    assert load_model(ARCHITECTURE, state, dtype, "cpu") is load_model(ARCHITECTURE, dict(state), dtype, "cpu")
    other = {**state, weight: state[weight] + 1}
    X = np.ones((1, 6))
    before = encode(ARCHITECTURE, state, X, "cpu")
    assert not np.allclose(encode(ARCHITECTURE, other, X, "cpu"), before)
    np.testing.assert_array_equal(encode(ARCHITECTURE, state, X, "cpu"), before)
    copies = [{name: value.copy() for name, value in state.items()} for _ in range(2 * MAX_KEPT_MODELS)]
    for copied in copies:
        np.testing.assert_array_equal(encode(ARCHITECTURE, copied, X, "cpu"), before)
    assert len(KEPT_MODELS) == MAX_KEPT_MODELS
    del copies, copied
    gc.collect()
    assert not KEPT_MODELS
