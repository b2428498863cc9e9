import numpy as np
import pytest
import torch

from skaae.core.images import Convolution
from skaae.core.model import AdversarialAutoencoder
from skaae.core.streams import Streams
from skaae.core.training import train
from skaae.plan import Architecture, Block, Training


def model_of(shape, n_members, posterior="deterministic"):
    height, width, channels = shape
    blocks = (Block("style", 2, "normal", posterior=posterior),)
    return AdversarialAutoencoder(
        Architecture(height * width * channels, blocks, (8,), "silu", image_shape=shape), n_members
    )


def shaken(model, x, seeds):
    model.initialise(Streams(seeds), [x] * len(seeds))
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.1 * torch.randn(p.shape[1:], generator=torch.Generator().manual_seed(0)))
    return model


@pytest.mark.parametrize("shape", [(8, 8, 1), (5, 7, 3), (1, 1, 1), (3, 2, 2)])
@pytest.mark.parametrize("posterior", ["deterministic", "universal"])
def test_images_of_any_size_come_back(shape, posterior):
    x = torch.rand(4, torch.Size(shape).numel(), generator=torch.Generator().manual_seed(0))
    model = shaken(model_of(shape, 2, posterior), x, [0, 1])
    code = model.encode(x.expand(2, -1, -1))
    assert code.shape == (2, 4, 2)
    assert model.decode(code).shape == (2, *x.shape)


def test_a_packed_member_computes_what_it_would_alone():
    x = torch.rand(4, 35, generator=torch.Generator().manual_seed(0))
    both, alone = (shaken(model_of((5, 7, 1), len(seeds)), x, seeds) for seeds in ([0, 1], [1]))
    code = both.encode(x.expand(2, -1, -1))
    assert torch.equal(code[1:], alone.encode(x[None]))
    assert torch.equal(both.decode(code)[1:], alone.decode(code[1:]))


def test_neighbours_matter():
    layer = Convolution(1, 1, 1)
    layer.initialise(Streams([0]))
    x = torch.zeros(1, 1, 1, 6, 6)
    x[..., 2, 2] = 1
    found = layer(x)[0, 0, 0]
    assert found.shape == (3, 3)
    assert found[1, 1] == layer.weight[0, 0, 0, 1, 1]
    assert (found != 0).sum() == 1  # of the places that are looked at, just one sees it


def test_members_of_unlike_rows_train_as_they_would_alone():
    x = np.random.default_rng(0).random((40, 16)).astype(np.float32)
    architecture = model_of((4, 4, 1), 1).architecture
    rows = [np.arange(40), np.arange(23)]
    both, alone = (
        train(architecture, Training(seeds, 4, 10, noise=0.1), x, rows=own)[0]
        for seeds, own in (((0, 1), rows), ((1,), rows[1:]))
    )
    for name, value in alone.items():
        if name.startswith("model."):
            np.testing.assert_allclose(both[name][1], value[0], atol=1e-5, err_msg=name)
