"""Adam for packed parameters: one rate for each member, and members that can sit a step out.

Neighbours with one rate and equal turns are stepped together, the others apart: slices of the leading axis are
contiguous, so the fused kernel serves both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, groupby

import torch
from torch import Tensor

from .shards import add_up_gradients

__all__ = ["PackedAdam"]

BETAS = (0.5, 0.99)
EPSILON = 1e-8


class PackedAdam:
    """Creates the optimizer of packed parameters, with a learning rate and a weight decay for each member."""

    def __init__(
        self, parameters: Sequence[Tensor], rates: Sequence[float], decays: Sequence[float], *, together: bool
    ) -> None:
        self.parameters = list(parameters)
        self.rates, self.decays = list(rates), list(decays)
        self.factor = 1.0
        self.first, self.second = ([torch.zeros_like(p) for p in self.parameters] for _ in range(2))
        self.ones = torch.ones(len(self.rates), device=self.parameters[0].device)
        self.steps = torch.zeros(len(self.rates), device=self.parameters[0].device)
        self.members = runs_of(zip(rates, decays, strict=True)) if together else runs_of(range(len(self.rates)))
        self.views = [self._view(member) for member in self.members]

    def step(self, losses: Iterable[Tensor], active: Sequence[bool]) -> None:
        """Moves the active members down the gradient of the sum of their own losses, (K,) each."""
        sources = [loss for loss in losses if loss.requires_grad]
        found = torch.autograd.grad(sources, self.parameters, [self.ones] * len(sources))
        # The fused kernel goes by memory, not by strides.
        gradients = add_up_gradients([gradient.contiguous() for gradient in found])
        for member, (parameters, first, second, steps) in zip(self.members, self.views, strict=True):
            if not all(active[member]):
                continue
            rate, decay = self.rates[member.start], self.decays[member.start]
            steps.add_(1)
            # What torch.optim.AdamW(fused=True) calls, without its bookkeeping, which costs more than small steps.
            torch._fused_adamw_(
                parameters,
                gradients if len(self.members) == 1 else [gradient[member] for gradient in gradients],
                first,
                second,
                [],
                [steps[0]] * len(parameters),
                lr=rate * self.factor,
                beta1=BETAS[0],
                beta2=BETAS[1],
                weight_decay=decay,
                eps=EPSILON,
                amsgrad=False,
                maximize=False,
            )

    def state(self) -> dict[str, Tensor]:
        """A copy of moments and step counts, with the leading axis of members."""
        return {name: value.clone() for name, value in self._state().items()}

    def load(self, state: dict[str, Tensor]) -> None:
        """Takes up moments and step counts where ``state`` left them."""
        for name, value in self._state().items():
            value.copy_(state[name])

    def _view(self, member: slice) -> tuple[list[Tensor], list[Tensor], list[Tensor], Tensor]:
        parameters, first, second = (
            [tensor.detach()[member] for tensor in tensors] for tensors in (self.parameters, self.first, self.second)
        )
        return parameters, first, second, self.steps[member]

    def _state(self) -> dict[str, Tensor]:
        moments = {"first": self.first, "second": self.second}
        numbered = {f"{name}.{i}": tensor for name, tensors in moments.items() for i, tensor in enumerate(tensors)}
        return {"steps": self.steps, **numbered}


def runs_of(values: Iterable[object]) -> list[slice]:
    """Places of neighbours that are equal."""
    lengths = [len(list(run)) for _, run in groupby(values)]
    return [slice(end - length, end) for end, length in zip(accumulate(lengths), lengths, strict=True)]
