import numpy as np
import pytest
import torch

from skaae._plan import Architecture, Block, TrainingData, TrainingPlan
from skaae.core.images import Convolution
from skaae.core.model import AdversarialAutoencoder
from skaae.core.random import RandomStreams
from skaae.core.training import train


def make_model(shape, n_members, posterior="deterministic"):
    height, width, channels = shape
    blocks = (Block("style", 2, "normal", posterior=posterior),)
    return AdversarialAutoencoder(
        Architecture(height * width * channels, blocks, (8,), "silu", image_shape=shape), n_members
    )


def initialized(model, x, seeds):
    model.initialize(RandomStreams(seeds), x, None)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.1 * torch.randn(p.shape[1:], generator=torch.Generator().manual_seed(0)))
    return model


@pytest.mark.parametrize("shape", [(8, 8, 1), (5, 7, 3), (1, 1, 1), (3, 2, 2)])
@pytest.mark.parametrize("posterior", ["deterministic", "universal"])
def test_decoded_images_have_the_size_of_the_rows(shape, posterior):
    x = torch.rand(4, torch.Size(shape).numel(), generator=torch.Generator().manual_seed(0))
    model = initialized(make_model(shape, 2, posterior), x, [0, 1])
    code = model.encode(x.expand(2, -1, -1))
    assert code.shape == (2, 4, 2)
    assert model.decode(code).shape == (2, *x.shape)


def test_a_packed_member_computes_what_it_computes_alone():
    x = torch.rand(4, 35, generator=torch.Generator().manual_seed(0))
    both, alone = (initialized(make_model((5, 7, 1), len(seeds)), x, seeds) for seeds in ([0, 1], [1]))
    code = both.encode(x.expand(2, -1, -1))
    assert torch.equal(code[1:], alone.encode(x[None]))
    assert torch.equal(both.decode(code)[1:], alone.decode(code[1:]))


def test_a_convolution_sees_the_neighborhood_of_a_pixel():
    layer = Convolution(1, 1, 1)
    layer.reset_parameters(RandomStreams([0]))
    x = torch.zeros(1, 1, 1, 6, 6)
    x[..., 2, 2] = 1
    found = layer(x)[0, 0, 0]
    assert found.shape == (3, 3)
    assert found[1, 1] == layer.weight[0, 0, 0, 1, 1]
    assert (found != 0).sum() == 1  # of the kernel's positions one covers the pixel


def test_members_of_different_rows_train_as_they_do_alone():
    x = np.random.default_rng(0).random((40, 16)).astype(np.float32)
    architecture = make_model((4, 4, 1), 1).architecture
    member_rows = [np.arange(40), np.arange(23)]
    both, alone = (
        train(architecture, TrainingPlan(seeds, 4, 10, noise=0.1), TrainingData(x), member_rows=rows).state
        for seeds, rows in (((0, 1), member_rows), ((1,), member_rows[1:]))
    )
    for name, value in alone.items():
        if name.startswith("model."):
            np.testing.assert_allclose(both[name][1], value[0], atol=1e-5, err_msg=name)
