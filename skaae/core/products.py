"""Products of packed rows and weights, each in the quickest way.

torch multiplies by MKL. That leaves half of the vector unit of AMD's processors with AVX-512 unused, all of which
oneDNN uses, another library that torch brings along; but it takes one member at a time, and longer to begin. And MKL
takes three times as long for a product of few columns as for the same one turned round, of few rows. So wide layers go
by oneDNN, and narrow ones are turned round where packs are large enough to pay for the detour through Python; all else
is torch's own. Which way is a function of shapes and of the machine, never of the clock, so that fits can be repeated
to the last bit.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

__all__ = ["affine"]

WIDE = 5e6  # multiplications of one member from which on oneDNN is the quicker
NARROW, PACKED = 16, 2**17  # columns, and numbers on the wide side of all members, from which on a turn pays


def affine(shift: Tensor, x: Tensor, weight: Tensor) -> Tensor:
    """``shift + x @ weight`` of each member: (K, 1 or rows, outputs), (K, rows, inputs) and (K, inputs, outputs)."""
    narrow = min(weight.shape[1:]) <= NARROW and x.shape[0] * x.shape[1] * max(weight.shape[1:]) >= PACKED
    if x.device.type == "cpu" and x.dtype == torch.float32 and (narrow or wide(x, weight)):
        return Affine.apply(shift, x, weight)
    return torch.baddbmm(shift, x, weight)


class Affine(torch.autograd.Function):
    """The same by other ways than torch's own."""

    @staticmethod
    def forward(context: Any, shift: Tensor, x: Tensor, weight: Tensor) -> Tensor:
        context.save_for_backward(x, weight)
        context.shared = shift.shape[1] == 1
        if weight.shape[2] <= NARROW or wide(x, weight):
            return product(x, weight).add_(shift)
        return torch.baddbmm(shift, x, weight)

    @staticmethod
    @once_differentiable
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = context.saved_tensors
        of_shift, of_x, of_weight = context.needs_input_grad
        return (
            (gradient.sum(1, keepdim=True) if context.shared else gradient) if of_shift else None,
            product(gradient, weight.mT) if of_x else None,
            product(x.mT, gradient) if of_weight else None,
        )


def product(a: Tensor, b: Tensor) -> Tensor:
    """``a @ b`` of each member."""
    if b.shape[1] == 1:
        return a * b
    if b.shape[2] <= NARROW:
        return torch.bmm(b.mT, a.mT).mT.contiguous()
    if not wide(a, b):
        return torch.bmm(a, b)
    multiply = torch.ops.mkldnn._linear_pointwise
    parts = [multiply(a[k : k + 1], b[k].mT, None, "none", [], "") for k in range(len(a))]
    # Not a view, because activations change it in place.
    return torch.ops.aten._unsafe_view(parts[0], parts[0].shape) if len(parts) == 1 else torch.cat(parts)


def work(a: Tensor, b: Tensor) -> int:
    """How many multiplications a product takes of one member."""
    return a.shape[1] * b.shape[1] * b.shape[2]


def wide(a: Tensor, b: Tensor) -> bool:
    """Whether a product is oneDNN's."""
    return work(a, b) >= WIDE and by_onednn()


@cache
def by_onednn() -> bool:
    """Whether oneDNN is the quicker on this machine."""
    machine: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()  # older versions of torch do not say
    known = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    return known and bool(machine.get("avx512_f")) and "AMD" in machine.get("cpu_name", "")
