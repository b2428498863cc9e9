"""Products by other ways are torch's own, to rounding, and so are their gradients."""

import pytest
import torch
from torch import nn

from skaae.core import products
from skaae.core.networks import Residual
from skaae.core.products import affine


@pytest.fixture
def by_onednn(monkeypatch):
    if not (torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")):
        pytest.skip("this torch has no oneDNN")
    monkeypatch.setattr(products, "WIDE", 0)
    monkeypatch.setattr(products, "NARROW", 0)
    monkeypatch.setattr(products, "by_onednn", lambda: True)


@pytest.fixture
def turned(monkeypatch):
    monkeypatch.setattr(products, "PACKED", 0)


def operands(n_members, n_shifts, dtype=torch.float32, widths=(7, 5)):
    generator = torch.Generator().manual_seed(0)
    n_inputs, n_outputs = widths
    shapes = [(n_members, n_shifts, n_outputs), (n_members, 9, n_inputs), (n_members, n_inputs, n_outputs)]
    return [torch.randn(shape, generator=generator, dtype=dtype).requires_grad_() for shape in shapes]


@pytest.mark.parametrize("widths", [(7, 5), (20, 5), (5, 20), (20, 20)])
@pytest.mark.parametrize("n_shifts", [1, 9])
@pytest.mark.parametrize("n_members", [1, 3])
@pytest.mark.parametrize("way", ["by_onednn", "turned"])
def test_products_and_gradients_are_the_same(way, n_members, n_shifts, widths, request):
    request.getfixturevalue(way)
    other_way = operands(n_members, n_shifts, widths=widths)
    plain = [operand.detach().double().requires_grad_() for operand in other_way]
    found, expected = affine(*other_way), torch.baddbmm(*plain)
    assert (type(found.grad_fn).__name__ == "AffineBackward") == (way == "by_onednn" or min(widths) < 16)
    torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-5)
    assert found.is_contiguous()
    gradient = torch.linspace(-1, 1, found.numel()).view_as(found)
    gradients = torch.autograd.grad(found, other_way, gradient)
    wanted = torch.autograd.grad(expected, plain, gradient.double())
    for own, other in zip(gradients, wanted, strict=True):
        torch.testing.assert_close(own.double(), other, rtol=1e-5, atol=1e-5)


@pytest.mark.usefixtures("by_onednn")
def test_rows_in_64_bits_keep_them():
    operand = operands(2, 1, torch.float64)
    assert torch.equal(affine(*operand), torch.baddbmm(*operand))


@pytest.mark.usefixtures("by_onednn")
def test_a_network_learns_through_activations_in_place():
    torch.manual_seed(0)

    class Squashed(nn.Module):
        width = 7

        def forward(self, x):
            return torch.relu_(affine(x.new_zeros(2, 1, 7), x, weight))

    weight = torch.randn(2, 7, 7, requires_grad=True)
    network = Residual(2, 7, Squashed(), 5)
    for parameter in network.parameters():
        nn.init.normal_(parameter)
    x = torch.randn(2, 9, 7)
    (found,) = torch.autograd.grad(network(x).sum(), weight)
    slope = (x @ weight > 0).float() * network.weight.sum(-1)[:, None]
    torch.testing.assert_close(found, x.mT @ slope, rtol=1e-4, atol=1e-4)


def test_small_products_are_torchs_own(monkeypatch):
    monkeypatch.setattr(products, "by_onednn", lambda: True)
    assert type(affine(*operands(2, 1)).grad_fn).__name__ == "BaddbmmBackward0"


@pytest.mark.parametrize("way", ["by_onednn", "turned"])
def test_products_of_rows_that_are_not_learnt_from(way, request):
    request.getfixturevalue(way)
    operand = operands(2, 1)
    with torch.inference_mode():
        found = torch.relu_(affine(*operand))
    torch.testing.assert_close(found, torch.baddbmm(*operand).relu(), rtol=1e-5, atol=1e-5)
