import numpy as np
import pytest
import torch

from skaae.core.batches import Batches
from skaae.core.model import AdversarialAutoencoder
from skaae.core.optimizer import PackedAdam
from skaae.core.phases import Contest, Discrimination, Imitation, Reconstruction
from skaae.core.streams import Streams
from skaae.core.training import Turn
from skaae.plan import Architecture, Block

PHASES = [Reconstruction(), Discrimination(), Imitation(), Contest()]


@pytest.fixture
def model(X):
    model = AdversarialAutoencoder(Architecture(6, (Block("style", 2, "normal"),), (8,), "silu"), 2)
    x = torch.tensor(X, dtype=torch.float32)
    model.initialise(Streams([0, 1]), [x, x])
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.1 * torch.randn(p.shape, generator=torch.Generator().manual_seed(0)))
    return model


@pytest.fixture
def batch(X):
    x = torch.tensor((X - X.mean(0)) / X.std(0), dtype=torch.float32)
    return next(Batches(x, None, 64, torch.zeros(2), Streams([0, 1])).epoch(1, torch.ones(2)))


@pytest.mark.parametrize("phase", PHASES, ids=lambda phase: type(phase).__name__)
def test_a_phase_moves_all_of_its_parts_and_nothing_else(model, batch, phase):
    turn = Turn((phase,))
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer = PackedAdam(turn.parameters(model), [1e-2, 1e-2], [0, 0], together=True)
    losses = phase(model, batch).values()
    assert all(loss.shape == (2,) for loss in losses)
    optimizer.step(losses, batch.active)
    for name, p in model.named_parameters():
        mine = name.split(".")[0] in phase.parts
        moved = (p != before[name]).flatten(1).any(1)
        assert moved.all() if mine else not moved.any(), name


def test_reconstruction_is_the_mean_squared_error(model, batch):
    expected = (model.decode(model.encode(batch.x)) - batch.x).square().mean((1, 2))
    torch.testing.assert_close(Reconstruction()(model, batch)["reconstruction"], expected)


def test_a_blind_adversary_is_at_its_known_losses(model, batch):
    with torch.no_grad():
        for p in model.adversaries.parameters():
            p.zero_()
    both = Contest()(model, batch)
    for losses in (Discrimination()(model, batch), both):
        np.testing.assert_allclose(losses["discrimination"].detach(), 2 * np.log(2), rtol=1e-6)
    for losses in (Imitation()(model, batch), both):
        np.testing.assert_allclose(losses["imitation"].detach(), np.log(2), rtol=1e-6)


def test_the_contest_has_the_gradients_of_discrimination_and_of_imitation(model, batch):
    encoder, adversary = list(model.encoder.parameters()), list(model.adversaries.parameters())
    batch.streams.restart(0)
    losses = Contest()(model, batch)
    contest = torch.autograd.grad(sum(losses.values()).sum(), encoder + adversary)
    batch.streams.restart(0)
    batch.code = None
    imitation = torch.autograd.grad(Imitation()(model, batch)["imitation"].sum(), encoder)
    batch.streams.restart(0)
    discrimination = torch.autograd.grad(Discrimination()(model, batch)["discrimination"].sum(), adversary)
    for mine, expected in zip(contest, (*imitation, *discrimination), strict=True):
        torch.testing.assert_close(mine, expected, rtol=1e-4, atol=1e-6)


def test_the_contest_weighs_imitation_by_strength_and_error(model, batch):
    encoder = list(model.encoder.parameters())
    batch.streams.restart(0)
    plain = torch.autograd.grad(Contest()(model, batch)["discrimination"].sum(), encoder)
    batch.streams.restart(0)
    batch.code, batch.strength, batch.error = None, torch.tensor([0.5, 2.0]), torch.tensor([1.0, 3.0])
    weighted = torch.autograd.grad(Contest()(model, batch)["discrimination"].sum(), encoder)
    for one, other in zip(plain, weighted, strict=True):
        torch.testing.assert_close(other, one * torch.tensor([0.5, 6.0])[:, None, None], rtol=1e-4, atol=1e-7)


def test_codes_are_encoded_once_until_forgotten(model, batch):
    code = batch.encode(model)
    Reconstruction()(model, batch), Imitation()(model, batch), Discrimination()(model, batch)
    assert batch.code is code
    Turn((Imitation(),)).losses(model, batch)
    assert batch.code is not code
