"""Batched matrix products of rows and packed weights, each by the fastest method.

torch multiplies by MKL, which uses half of the vector units of AMD processors with AVX-512. oneDNN, which torch ships
too, uses all of them, but takes one member at a time and has a higher overhead. And MKL takes three times as long for a
product with few columns as for its transpose, with few rows. So products of wide layers use oneDNN, and products of
narrow layers are transposed where the pack is large enough to pay for the overhead in Python; all others are torch's.
The method depends on shapes and on the machine, never on the clock, so that fits are reproducible to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

__all__ = ["affine", "product"]

MIN_ONEDNN_MULTIPLICATIONS = 5e6  # of one member, from which oneDNN is faster
MAX_NARROW_COLUMNS = 16
MIN_TRANSPOSED_NUMBERS = 2**17  # on the wide side of all members, from which transposing pays


def affine(bias: Tensor, x: Tensor, weight: Tensor) -> Tensor:
    """``bias + x @ weight`` of each member: (K, 1 or rows, outputs), (K, rows, inputs) and (K, inputs, outputs)."""
    if is_torchs(x, weight):
        return torch.baddbmm(bias, x, weight)
    apply: Callable[..., Tensor] = Affine.apply
    return apply(bias, x, weight)


def product(a: Tensor, b: Tensor) -> Tensor:
    """``a @ b`` of each member, without a graph."""
    return torch.bmm(a, b) if is_torchs(a, b) else matmul(a, b)


def is_torchs(a: Tensor, b: Tensor) -> bool:
    """Whether a product is left to torch."""
    n_numbers = a.shape[0] * a.shape[1] * max(b.shape[1:])
    transposes = min(b.shape[1:]) <= MAX_NARROW_COLUMNS and n_numbers >= MIN_TRANSPOSED_NUMBERS
    return a.device.type != "cpu" or a.dtype != torch.float32 or not (transposes or uses_onednn(a, b))


class Affine(torch.autograd.Function):
    """`affine` by other methods than torch's."""

    @staticmethod
    def forward(context: Any, bias: Tensor, x: Tensor, weight: Tensor) -> Tensor:
        context.save_for_backward(x, weight)
        context.shares_bias = bias.shape[1] == 1
        if weight.shape[2] <= MAX_NARROW_COLUMNS or uses_onednn(x, weight):
            return matmul(x, weight).add_(bias)
        return torch.baddbmm(bias, x, weight)

    @staticmethod
    @once_differentiable
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = context.saved_tensors
        needs_bias, needs_x, needs_weight = context.needs_input_grad
        return (
            (gradient.sum(1, keepdim=True) if context.shares_bias else gradient) if needs_bias else None,
            matmul(gradient, weight.mT) if needs_x else None,
            matmul(x.mT, gradient) if needs_weight else None,
        )


def matmul(a: Tensor, b: Tensor) -> Tensor:
    """``a @ b`` of each member."""
    if b.shape[1] == 1:
        return a * b
    if b.shape[2] <= MAX_NARROW_COLUMNS:
        return torch.bmm(b.mT, a.mT).mT.contiguous()
    if not uses_onednn(a, b):
        return torch.bmm(a, b)
    multiply = torch.ops.mkldnn._linear_pointwise
    products = [multiply(a[k : k + 1], b[k].mT, None, "none", [], "") for k in range(len(a))]
    # Not a view, because activations change it in place.
    return torch.ops.aten._unsafe_view(products[0], products[0].shape) if len(products) == 1 else torch.cat(products)


def uses_onednn(a: Tensor, b: Tensor) -> bool:
    """Whether a product is computed by oneDNN."""
    return a.shape[1] * b.shape[1] * b.shape[2] >= MIN_ONEDNN_MULTIPLICATIONS and onednn_is_faster()


@cache
def onednn_is_faster() -> bool:
    """Whether oneDNN is faster than MKL on this machine."""
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()  # missing in older versions of torch
    available = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    return available and bool(capabilities.get("avx512_f")) and "AMD" in capabilities.get("cpu_name", "")
