"""Matrix products by other methods equal those of torch, up to rounding, and so do their gradients."""

import pytest
import torch
from torch import nn

from skaae.core import matmul
from skaae.core.matmul import affine
from skaae.core.networks import Residual


@pytest.fixture
def onednn(monkeypatch):
    if not (torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")):
        pytest.skip("this torch has no oneDNN")
    monkeypatch.setattr(matmul, "MIN_ONEDNN_MULTIPLICATIONS", 0)
    monkeypatch.setattr(matmul, "MAX_NARROW_COLUMNS", 0)
    monkeypatch.setattr(matmul, "onednn_is_faster", lambda: True)


@pytest.fixture
def transposed(monkeypatch):
    monkeypatch.setattr(matmul, "MIN_TRANSPOSED_NUMBERS", 0)


def operands(n_members, n_biases, dtype=torch.float32, widths=(7, 5)):
    generator = torch.Generator().manual_seed(0)
    n_inputs, n_outputs = widths
    shapes = [(n_members, n_biases, n_outputs), (n_members, 9, n_inputs), (n_members, n_inputs, n_outputs)]
    return [torch.randn(shape, generator=generator, dtype=dtype).requires_grad_() for shape in shapes]


@pytest.mark.parametrize("widths", [(7, 5), (20, 5), (5, 20), (20, 20)])
@pytest.mark.parametrize("n_biases", [1, 9])
@pytest.mark.parametrize("n_members", [1, 3])
@pytest.mark.parametrize("method", ["onednn", "transposed"])
def test_products_and_gradients_are_equal(method, n_members, n_biases, widths, request):
    request.getfixturevalue(method)
    single = operands(n_members, n_biases, widths=widths)
    double = [operand.detach().double().requires_grad_() for operand in single]
    found, expected = affine(*single), torch.baddbmm(*double)
    assert (type(found.grad_fn).__name__ == "AffineBackward") == (method == "onednn" or min(widths) < 16)
    torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-5)
    assert found.is_contiguous()
    gradient = torch.linspace(-1, 1, found.numel()).view_as(found)
    gradients = torch.autograd.grad(found, single, gradient)
    expected_gradients = torch.autograd.grad(expected, double, gradient.double())
    for first, second in zip(gradients, expected_gradients, strict=True):
        torch.testing.assert_close(first.double(), second, rtol=1e-5, atol=1e-5)


@pytest.mark.usefixtures("onednn")
def test_products_in_64_bits_are_computed_by_torch():
    operand = operands(2, 1, torch.float64)
    assert torch.equal(affine(*operand), torch.baddbmm(*operand))


@pytest.mark.usefixtures("onednn")
def test_gradients_pass_activations_in_place():
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


def test_small_products_are_computed_by_torch(monkeypatch):
    monkeypatch.setattr(matmul, "onednn_is_faster", lambda: True)
    assert type(affine(*operands(2, 1)).grad_fn).__name__ == "BaddbmmBackward0"


@pytest.mark.parametrize("method", ["onednn", "transposed"])
def test_products_in_inference_mode(method, request):
    request.getfixturevalue(method)
    operand = operands(2, 1)
    with torch.inference_mode():
        found = torch.relu_(affine(*operand))
    torch.testing.assert_close(found, torch.baddbmm(*operand).relu(), rtol=1e-5, atol=1e-5)
