"""Products of packed rows and weights, by the quicker of the two libraries that torch brings.

torch multiplies by MKL, which leaves half of the vector unit of AMD's processors with AVX-512 unused. oneDNN, which
comes with torch for other work, uses all of it, but takes one member at a time and longer to begin; so wide layers go
by oneDNN there, and everything else by MKL. Which one is a function of shapes and of the machine, never of the clock,
so that fits can be repeated to the last bit.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

__all__ = ["affine"]

LEAST_WORK = 5e6  # multiplications for each member from which on oneDNN is the quicker


def affine(shift: Tensor, x: Tensor, weight: Tensor) -> Tensor:
    """``shift + x @ weight`` of each member: (K, 1 or rows, outputs), (K, rows, inputs) and (K, inputs, outputs)."""
    wide = x.shape[1] * weight.shape[1] * weight.shape[2] >= LEAST_WORK
    if wide and x.device.type == "cpu" and x.dtype == torch.float32 and by_onednn():
        return Wide.apply(shift, x, weight)
    return torch.baddbmm(shift, x, weight)


class Wide(torch.autograd.Function):
    """The same by oneDNN, member by member."""

    @staticmethod
    def forward(context: Any, shift: Tensor, x: Tensor, weight: Tensor) -> Tensor:
        context.save_for_backward(x, weight)
        context.shared = shift.shape[1] == 1
        if context.shared:
            return product(x, weight, shift)
        return product(x, weight).add_(shift)

    @staticmethod
    @once_differentiable
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = context.saved_tensors
        of_shift, of_x, of_weight = context.needs_input_grad
        own = gradient.sum(1, keepdim=True) if context.shared else gradient
        return (
            own if of_shift else None,
            product(gradient, weight.mT) if of_x else None,
            product(x.mT, gradient) if of_weight else None,
        )


def product(a: Tensor, b: Tensor, shift: Tensor | None = None) -> Tensor:
    """``a @ b`` of each member, and one row on top."""
    multiply = torch.ops.mkldnn._linear_pointwise
    parts = [
        multiply(a[k : k + 1], b[k].mT, None if shift is None else shift[k, 0], "none", [], "") for k in range(len(a))
    ]
    return torch.ops.aten._unsafe_view(parts[0], parts[0].shape) if len(parts) == 1 else torch.cat(parts)


@cache
def by_onednn() -> bool:
    """Whether oneDNN is the quicker on this machine."""
    machine: dict[str, Any] = getattr(
        torch.cpu, "get_capabilities", dict
    )()  # which older versions of torch do not know
    known = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    return known and bool(machine.get("avx512_f")) and "AMD" in machine.get("cpu_name", "")
