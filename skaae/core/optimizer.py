"""Adam for packed parameters: a learning rate for each member, and members that can skip a step.

Adjacent members with equal learning rates and equal numbers of steps are updated together, others apart: slices of the
leading axis are contiguous, so the fused kernel serves both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, groupby

import torch
from torch import Tensor

from .distributed import all_reduce_gradients

__all__ = ["PackedAdam"]

BETAS = (0.5, 0.99)
EPS = 1e-8


class PackedAdam:
    """Adam with decoupled weight decay, with an ``lr`` and a ``weight_decay`` for each member.

    With ``can_skip`` members may skip steps, and each is updated apart.
    """

    def __init__(
        self, parameters: Sequence[Tensor], lr: Sequence[float], weight_decay: Sequence[float], *, can_skip: bool
    ) -> None:
        self.parameters = list(parameters)
        self.lr, self.weight_decay = list(lr), list(weight_decay)
        self.lr_factor = 1.0
        self.exp_avg, self.exp_avg_sq = ([torch.zeros_like(p) for p in self.parameters] for _ in range(2))
        self.steps = torch.zeros(len(self.lr), device=self.parameters[0].device)
        self.members = equal_runs(range(len(self.lr)) if can_skip else zip(lr, weight_decay, strict=True))
        self.views = [self._view(members) for members in self.members]

    def step(self, losses: Iterable[Tensor], active: Sequence[bool]) -> None:
        """Updates the active members by the gradient of the sum of their losses, (K,) each."""
        sums = [loss.sum() for loss in losses if loss.requires_grad]
        self.descend(torch.autograd.grad(sums, self.parameters), active)

    def descend(self, gradients: Iterable[Tensor], active: Sequence[bool]) -> None:
        """Updates the active members by the gradient of each parameter."""
        # The fused kernel ignores strides.
        reduced = all_reduce_gradients([gradient.contiguous() for gradient in gradients])
        for members, (parameters, exp_avg, exp_avg_sq, steps) in zip(self.members, self.views, strict=True):
            if not all(active[members]):
                continue
            steps.add_(1)
            # What torch.optim.AdamW(fused=True) calls, without its bookkeeping, which costs more than small steps.
            torch._fused_adamw_(
                parameters,
                reduced if len(self.members) == 1 else [gradient[members] for gradient in reduced],
                exp_avg,
                exp_avg_sq,
                [],
                [steps[0]] * len(parameters),
                lr=self.lr[members.start] * self.lr_factor,
                beta1=BETAS[0],
                beta2=BETAS[1],
                weight_decay=self.weight_decay[members.start],
                eps=EPS,
                amsgrad=False,
                maximize=False,
            )

    def state_dict(self) -> dict[str, Tensor]:
        """A copy of moments and numbers of steps, with the leading axis of members."""
        return {name: value.clone() for name, value in self._state().items()}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Sets moments and numbers of steps."""
        for name, value in self._state().items():
            value.copy_(state[name])

    def _view(self, members: slice) -> tuple[list[Tensor], list[Tensor], list[Tensor], Tensor]:
        parameters, exp_avg, exp_avg_sq = (
            [tensor.detach()[members] for tensor in tensors]
            for tensors in (self.parameters, self.exp_avg, self.exp_avg_sq)
        )
        return parameters, exp_avg, exp_avg_sq, self.steps[members]

    def _state(self) -> dict[str, Tensor]:
        moments = {"exp_avg": self.exp_avg, "exp_avg_sq": self.exp_avg_sq}
        numbered = {f"{name}.{i}": tensor for name, tensors in moments.items() for i, tensor in enumerate(tensors)}
        return {"step": self.steps, **numbered}


def equal_runs(values: Iterable[object]) -> list[slice]:
    """Slices of adjacent values that are equal."""
    lengths = [len(list(run)) for _, run in groupby(values)]
    return [slice(end - length, end) for end, length in zip(accumulate(lengths), lengths, strict=True)]
