import pytest
import torch

from skaae.core.optimizer import BETAS, PackedAdam


def make(rates, decays=(0.0, 0.0, 0.0), together=True):
    generator = torch.Generator().manual_seed(0)
    parameters = [torch.randn(s, generator=generator).requires_grad_() for s in [(3, 4, 2), (3, 1, 2)]]
    return parameters, PackedAdam(parameters, rates, decays, together=together)


def loss_of(parameters):
    return sum(p.square().flatten(1).sum(1) for p in parameters)


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("rates", [(1e-2, 1e-2, 1e-2), (1e-2, 1e-3, 0.1)])
def test_each_member_moves_as_under_torchs_own_adam(rates, together):
    parameters, packed = make(rates, (0.0, 0.1, 0.1), together)
    alone = [[p.detach()[k].clone().requires_grad_() for p in parameters] for k in range(3)]
    decays = (0.0, 0.1, 0.1)
    references = [
        torch.optim.AdamW(own, lr=rate, betas=BETAS, weight_decay=decay, fused=True)
        for own, rate, decay in zip(alone, rates, decays, strict=True)
    ]
    for _ in range(5):
        packed.step([loss_of(parameters)], [True] * 3)
        for own, reference in zip(alone, references, strict=True):
            reference.zero_grad()
            sum(p.square().sum() for p in own).backward()
            reference.step()
    for k, own in enumerate(alone):
        for p, q in zip(parameters, own, strict=True):
            torch.testing.assert_close(p.detach()[k], q.detach(), rtol=0, atol=1e-7)


def test_an_idle_member_stands_still_and_is_not_disturbed():
    parameters, packed = make((1e-2,) * 3, together=False)
    packed.step([loss_of(parameters)], [True] * 3)
    before = parameters[0].detach().clone()
    packed.step([loss_of(parameters)], [True, False, True])
    moved = (parameters[0].detach() != before).flatten(1).any(1)
    assert moved.tolist() == [True, False, True]


@pytest.mark.parametrize("together", [True, False])
def test_state_goes_on_where_it_was(together):
    parameters, packed = make((1e-2,) * 3)
    packed.step([loss_of(parameters)], [True] * 3)
    state, copies = packed.state(), [p.detach().clone().requires_grad_() for p in parameters]
    other = PackedAdam(copies, (1e-2,) * 3, (0.0,) * 3, together=together)
    other.load(state)
    for _ in range(3):
        packed.step([loss_of(parameters)], [True] * 3)
        other.step([loss_of(copies)], [True] * 3)
    for p, q in zip(parameters, copies, strict=True):
        torch.testing.assert_close(p, q, rtol=0, atol=1e-7)


def test_the_factor_scales_every_rate():
    parameters, packed = make((1e-2, 1e-3, 0.1))
    before = parameters[0].detach().clone()
    packed.factor = 0.5
    packed.step([loss_of(parameters)], [True] * 3)
    moved = (parameters[0].detach() - before).abs().flatten(1).max(1).values
    torch.testing.assert_close(moved, torch.tensor([5e-3, 5e-4, 5e-2]), rtol=1e-3, atol=0)  # Adam's first step
