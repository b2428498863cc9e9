import pytest
import torch

from skaae._plan import Architecture, Block
from skaae.core.latent import BLOCKS, MIN_HEAD_DISTANCE, ClusterHeads
from skaae.core.model import AdversarialAutoencoder
from skaae.core.random import RandomStreams


def ones(width):
    return torch.ones(1, 4, width)


def test_a_gaussian_posterior_draws_around_its_mean():
    block = BLOCKS["style"](Block("style", 2, "normal", posterior="gaussian"))
    assert block.n_encoder_outputs == 4
    h = torch.tensor([1.0, 2.0, 0.0, 100.0]).expand(1, 4, 4)
    torch.testing.assert_close(block(h), h[..., :2])
    difference = block(h, ones) - h[..., :2]
    torch.testing.assert_close(difference[0, 0], torch.tensor([-2.0, 2.0]).exp())


def test_a_universal_posterior_depends_on_noise_in_training_only(X):
    model = AdversarialAutoencoder(
        Architecture(6, (Block("style", 2, "normal", posterior="universal"),), (8,), "relu"), 1
    )
    x = torch.tensor(X[:4], dtype=torch.float32)[None]
    model.initialize(RandomStreams([0]), x[0], None)
    with torch.no_grad():
        model.encoder.weight.fill_(1)
    assert torch.equal(model.encode(x), model.encode(x))
    assert not torch.equal(model.to_code(model.encoder_output(x, ones)), model.encode(x))
    without_noise = model.encoder_output(x, lambda width: torch.zeros(1, 4, width))
    assert torch.equal(model.to_code(without_noise), model.encode(x))


@pytest.mark.parametrize(("n_classes", "width"), [(2, 1), (10, 2), (30, 2), (20, 10)])
def test_cluster_heads_start_apart(n_classes, width):
    heads = ClusterHeads(2, n_classes, width)
    heads.reset_parameters(RandomStreams([0, 1]))
    assert (heads.separation_loss() < 0.02 * MIN_HEAD_DISTANCE**2).all()


def test_the_separation_loss_is_that_of_heads_that_are_too_near():
    heads = ClusterHeads(1, 3, 2)
    with torch.no_grad():
        heads.weight.copy_(torch.tensor([[0.0, 0.0], [3.0, 0.0], [0.0, 40.0]]))
    torch.testing.assert_close(heads.separation_loss(), torch.tensor([(MIN_HEAD_DISTANCE - 3) ** 2 / 3]))


def test_the_decoder_input_is_the_style_plus_the_head_of_the_category():
    heads = ClusterHeads(1, 3, 2)
    with torch.no_grad():
        heads.weight.copy_(torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    code = torch.tensor([[[0.5, -0.5, 0.0, 1.0, 0.0], [0.0, 0.0, 0.5, 0.0, 0.5]]])
    torch.testing.assert_close(heads(code), torch.tensor([[[3.5, 3.5], [3.0, 4.0]]]))
