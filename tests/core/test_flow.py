import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from skaae._plan import Architecture, Block, TrainingData, TrainingPlan
from skaae.core.flow import Flow
from skaae.core.inference import apply_flow, encode, log_density, sample_flow
from skaae.core.random import RandomStreams
from skaae.core.training import train

ARCHITECTURE = Architecture(
    2, (Block("style", 2, "normal"),), (16,), "relu", condition_width=1, flow_layer_sizes=(64, 64)
)
PLAN = TrainingPlan((0,), 40, 64, adversarial_weight=0.0)


@pytest.fixture(scope="module")
def fitted():
    """A model whose codes lie on two arcs, one for each condition, and its flow."""
    rng = np.random.default_rng(0)
    condition = rng.integers(0, 2, (2000, 1)).astype(float)
    angle = math.pi * (rng.random(2000) + condition[:, 0])
    X = np.stack([np.cos(angle), np.sin(angle)], 1) + 0.1 * rng.standard_normal((2000, 2))
    data = TrainingData(X, condition=condition)
    state, _ = train(ARCHITECTURE, PLAN, data)
    weights = {name: value for name, value in state.items() if not name.startswith("optimizer")}
    plan = replace(PLAN, schedule="flow", learning_rate=2e-3)
    state, curves = train(ARCHITECTURE, plan, data, start=weights)
    return X, condition, weights, state, curves["flow"]


def test_flow_matching_learns_and_does_not_change_the_codes(fitted):
    X, _, weights, state, curve = fitted
    assert curve[-1] < 0.8 * curve[0]
    np.testing.assert_array_equal(encode(ARCHITECTURE, weights, X, "cpu"), encode(ARCHITECTURE, state, X, "cpu"))


def test_noise_becomes_codes_of_the_condition(fitted):
    X, condition, _, state, _ = fitted
    noise = np.random.default_rng(1).standard_normal((1000, 2))
    for value in (0.0, 1.0):
        codes = apply_flow(ARCHITECTURE, state, noise, "cpu", np.full((1000, 1), value))[0]
        real = encode(ARCHITECTURE, state, X[condition[:, 0] == value], "cpu")[0]
        np.testing.assert_allclose(codes.mean(0), real.mean(0), atol=0.15)
        np.testing.assert_allclose(np.cov(codes.T), np.cov(real.T), atol=0.15)


def test_the_inverse_undoes_the_flow(fitted):
    X, condition, _, state, _ = fitted
    codes = encode(ARCHITECTURE, state, X, "cpu")[0]
    noise = apply_flow(ARCHITECTURE, state, codes, "cpu", condition, inverse=True)[0]
    np.testing.assert_allclose(noise.std(0), 1, atol=0.15)
    np.testing.assert_allclose(apply_flow(ARCHITECTURE, state, noise, "cpu", condition)[0], codes, atol=0.02)


def test_the_density_integrates_to_one(fitted):
    X, _, _, state, _ = fitted
    codes = encode(ARCHITECTURE, state, X, "cpu")[0]
    axes = [np.linspace(low - 2, high + 2, 120) for low, high in zip(codes.min(0), codes.max(0), strict=True)]
    grid = np.stack(np.meshgrid(*axes), -1).reshape(-1, 2)
    density = np.exp(log_density(ARCHITECTURE, state, grid, "cpu", np.zeros((len(grid), 1)))[0])
    cell = np.prod([axis[1] - axis[0] for axis in axes])
    assert density.sum() * cell == pytest.approx(1, abs=0.05)


def test_a_flow_of_zero_velocity_has_the_density_of_scaled_noise():
    flow = Flow(2, 3, 0, (8,))
    for layer in (flow.first, flow.last):
        layer.reset_parameters(RandomStreams([0, 1]))
    flow.zero_init()
    code = 5 + 2 * torch.randn(2, 4000, 3, generator=torch.Generator().manual_seed(0))
    flow.fit_standardize(code)
    with torch.no_grad():
        torch.testing.assert_close(flow.transform(flow.transform(code, inverse=True)), code)
        expected = torch.distributions.Normal(flow.mean, flow.spread).log_prob(code).sum(-1)
        torch.testing.assert_close(flow.log_density(code), expected, rtol=1e-4, atol=1e-4)


def test_samples_take_fewer_steps_to_nearly_the_same_codes(fitted):
    _, _, _, state, _ = fitted
    noise = np.random.default_rng(1).standard_normal((1000, 2))
    condition = np.arange(1000)[:, None] % 2
    exact, quick = (function(ARCHITECTURE, state, noise, "cpu", condition)[0] for function in (apply_flow, sample_flow))
    assert np.sqrt(((quick - exact) ** 2).sum(1)).mean() < 0.1
