import pytest
import torch

from skaae.core.latent import APART, BLOCKS, Heads
from skaae.core.model import AdversarialAutoencoder
from skaae.core.streams import Streams
from skaae.plan import Architecture, Block


def chance(width):
    return torch.ones(1, 4, width)


def test_a_gaussian_posterior_draws_around_its_mean():
    block = BLOCKS["style"](Block("style", 2, "normal", posterior="gaussian"))
    assert block.n_inputs == 4
    h = torch.tensor([1.0, 2.0, 0.0, 100.0]).expand(1, 4, 4)
    torch.testing.assert_close(block(h), h[..., :2])
    drawn = block(h, chance) - h[..., :2]
    torch.testing.assert_close(drawn[0, 0], torch.tensor([-2.0, 2.0]).exp())  # spreads at their start, and at most


def test_a_universal_posterior_is_shown_noise_in_training_only(X):
    model = AdversarialAutoencoder(
        Architecture(6, (Block("style", 2, "normal", posterior="universal"),), (8,), "relu"), 1
    )
    x = torch.tensor(X[:4], dtype=torch.float32)[None]
    model.initialise(Streams([0]), [x[0]])
    with torch.no_grad():
        model.encoder.weight.fill_(1)
    assert torch.equal(model.encode(x), model.encode(x))
    assert not torch.equal(model.code_of(model.outputs(x, chance)), model.encode(x))
    silent = model.outputs(x, lambda width: torch.zeros(1, 4, width))
    assert torch.equal(model.code_of(silent), model.encode(x))


@pytest.mark.parametrize(("n_classes", "width"), [(2, 1), (10, 2), (30, 2), (20, 10)])
def test_heads_begin_apart(n_classes, width):
    heads = Heads(2, n_classes, width)
    heads.initialise(Streams([0, 1]))
    assert (heads.crowding() < 0.02 * APART**2).all()


def test_heads_that_are_too_near_are_crowded():
    heads = Heads(1, 3, 2)
    with torch.no_grad():
        heads.weight.copy_(torch.tensor([[0.0, 0.0], [3.0, 0.0], [0.0, 40.0]]))
    torch.testing.assert_close(heads.crowding(), torch.tensor([(APART - 3) ** 2 / 3]))


def test_a_row_is_represented_by_the_head_of_its_category_and_its_style():
    heads = Heads(1, 3, 2)
    with torch.no_grad():
        heads.weight.copy_(torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    code = torch.tensor([[[0.5, -0.5, 0.0, 1.0, 0.0], [0.0, 0.0, 0.5, 0.0, 0.5]]])
    torch.testing.assert_close(heads(code), torch.tensor([[[3.5, 3.5], [3.0, 4.0]]]))
