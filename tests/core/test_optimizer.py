import pytest
import torch

from skaae.core.optimizer import BETAS, PackedAdam


def make(lr, weight_decay=(0.0, 0.0, 0.0), can_skip=False):
    generator = torch.Generator().manual_seed(0)
    parameters = [torch.randn(s, generator=generator).requires_grad_() for s in [(3, 4, 2), (3, 1, 2)]]
    return parameters, PackedAdam(parameters, lr, weight_decay, can_skip=can_skip)


def loss_of(parameters):
    return sum(p.square().flatten(1).sum(1) for p in parameters)


@pytest.mark.parametrize("can_skip", [True, False])
@pytest.mark.parametrize("lr", [(1e-2, 1e-2, 1e-2), (1e-2, 1e-3, 0.1)])
def test_each_member_is_updated_as_by_torch(lr, can_skip):
    weight_decay = (0.0, 0.1, 0.1)
    parameters, packed = make(lr, weight_decay, can_skip)
    alone = [[p.detach()[k].clone().requires_grad_() for p in parameters] for k in range(3)]
    references = [
        torch.optim.AdamW(parameters_alone, lr=lr[k], betas=BETAS, weight_decay=weight_decay[k], fused=True)
        for k, parameters_alone in enumerate(alone)
    ]
    for _ in range(5):
        packed.step([loss_of(parameters)], [True] * 3)
        for parameters_alone, reference in zip(alone, references, strict=True):
            reference.zero_grad()
            sum(p.square().sum() for p in parameters_alone).backward()
            reference.step()
    for k, parameters_alone in enumerate(alone):
        for p, q in zip(parameters, parameters_alone, strict=True):
            torch.testing.assert_close(p.detach()[k], q.detach(), rtol=0, atol=1e-7)


def test_a_member_that_skips_a_step_is_not_updated():
    parameters, packed = make((1e-2,) * 3, can_skip=True)
    packed.step([loss_of(parameters)], [True] * 3)
    before = parameters[0].detach().clone()
    packed.step([loss_of(parameters)], [True, False, True])
    updated = (parameters[0].detach() != before).flatten(1).any(1)
    assert updated.tolist() == [True, False, True]


@pytest.mark.parametrize("can_skip", [True, False])
def test_the_optimizer_continues_from_a_state(can_skip):
    parameters, packed = make((1e-2,) * 3)
    packed.step([loss_of(parameters)], [True] * 3)
    state, copies = packed.state_dict(), [p.detach().clone().requires_grad_() for p in parameters]
    other = PackedAdam(copies, (1e-2,) * 3, (0.0,) * 3, can_skip=can_skip)
    other.load_state_dict(state)
    for _ in range(3):
        packed.step([loss_of(parameters)], [True] * 3)
        other.step([loss_of(copies)], [True] * 3)
    for p, q in zip(parameters, copies, strict=True):
        torch.testing.assert_close(p, q, rtol=0, atol=1e-7)


def test_the_factor_scales_every_learning_rate():
    parameters, packed = make((1e-2, 1e-3, 0.1))
    before = parameters[0].detach().clone()
    packed.lr_factor = 0.5
    packed.step([loss_of(parameters)], [True] * 3)
    changes = (parameters[0].detach() - before).abs().flatten(1).max(1).values
    torch.testing.assert_close(changes, torch.tensor([5e-3, 5e-4, 5e-2]), rtol=1e-3, atol=0)  # Adam's first step
