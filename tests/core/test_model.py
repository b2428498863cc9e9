import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from skaae._plan import Architecture, Block
from skaae.core.model import AdversarialAutoencoder
from skaae.core.random import RandomStreams

ARCHITECTURE = Architecture(6, (Block("style", 2, "normal"), Block("style", 1, "normal")), (8, 7), "relu")


@pytest.fixture
def model(X):
    x = torch.tensor(X, dtype=torch.float32)
    model = AdversarialAutoencoder(ARCHITECTURE, 2)
    model.initialize(RandomStreams([0, 1]), x, [torch.arange(len(x)), torch.arange(50)])
    return model


def test_shapes(model):
    x = torch.randn(2, 5, 6)
    code = model.encode(x)
    assert code.shape == (2, 5, 3)
    assert model.decode(code).shape == x.shape
    assert model.sample_prior(9, RandomStreams([0, 1])).shape == (2, 9, 3)
    assert [logit.shape for logit in model.discriminate(code, None, None)] == [(2, 5), (2, 5)]


def test_training_starts_from_whitened_principal_components(X):
    one_block = Architecture(6, (Block("style", 3, "normal"),), (8,), "relu")
    x = torch.tensor(X, dtype=torch.float32)
    model = AdversarialAutoencoder(one_block, 1)
    model.initialize(RandomStreams([0]), x, None)
    code = model.encode(x[None]).detach()[0].numpy()
    pca = PCA(3, whiten=True).fit(X)
    np.testing.assert_allclose(np.abs(code), np.abs(pca.transform(X)), atol=1e-3)
    rows = model.decode(torch.tensor(code)[None]).detach()[0].numpy()
    np.testing.assert_allclose(rows, pca.inverse_transform(pca.transform(X)), atol=1e-2)


def test_codes_are_finite_for_fewer_rows_than_columns_and_for_constant_rows():
    wide = Architecture(6, (Block("style", 5, "normal"),), (8,), "relu")
    for x in (torch.randn(2, 6), torch.zeros(10, 6)):
        model = AdversarialAutoencoder(wide, 1)
        model.initialize(RandomStreams([0]), x, None)
        assert torch.isfinite(model.decode(model.encode(x[None]))).all()


def test_a_category_is_a_vector_of_class_probabilities(X):
    blocks = (Block("style", 2, "normal"), Block("category", 3, "one_hot", (0.5, 0.3, 0.2)))
    model = AdversarialAutoencoder(Architecture(6, blocks, (8,), "relu"), 2)
    x = torch.tensor(X, dtype=torch.float32)
    model.initialize(RandomStreams([0, 1]), x, None)
    h = model.encoder(x.expand(2, -1, -1)) + torch.arange(5.0)
    category = model.to_code(h)[..., 2:]
    torch.testing.assert_close(category.sum(-1), torch.ones(2, len(x)))
    torch.testing.assert_close(model.to_log_proba(h).exp(), category)
    draws = model.sample_prior(50, RandomStreams([0, 1]))
    assert draws.shape == (2, 50, 5)
    assert (draws[..., 2:].sum(-1) == 1).all()
