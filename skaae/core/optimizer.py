"""Adam for packed parameters: one rate for each member, and members that can sit a step out.

Members with one rate and equal turns are stepped together. Otherwise each is a slice of its own: slices of the
leading axis are contiguous, so the fused kernel serves both.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["PackedAdam"]

BETAS = (0.5, 0.99)


class PackedAdam:
    """Creates the optimizer of packed parameters, with a learning rate and a weight decay for each member."""

    def __init__(
        self, parameters: Sequence[Tensor], rates: Sequence[float], decays: Sequence[float], *, together: bool
    ) -> None:
        self.parameters = list(parameters)
        self.rates = list(rates)
        together = together and len(set(zip(rates, decays, strict=True))) == 1
        self.members = [slice(None)] if together else [slice(k, k + 1) for k in range(len(rates))]
        self.views = [[p.detach()[member] for p in self.parameters] for member in self.members]
        groups = [
            {"params": views, "lr": rate, "weight_decay": decay}
            for views, rate, decay in zip(self.views, rates, decays, strict=False)
        ]
        self.adam = torch.optim.AdamW(groups, betas=BETAS, fused=True)

    def scale(self, factor: float) -> None:
        """Sets every rate to so much of its first value."""
        for group, rate in zip(self.adam.param_groups, self.rates, strict=False):
            group["lr"] = rate * factor

    def step(self, loss: Tensor, active: Sequence[bool]) -> None:
        """Moves the active members down the gradient of their own loss, (K,)."""
        gradients = torch.autograd.grad(loss.sum(), self.parameters)
        for member, views in zip(self.members, self.views, strict=True):
            moves = all(active[member])
            for view, gradient in zip(views, gradients, strict=True):
                view.grad = gradient[member] if moves else None
        self.adam.step()

    def state(self) -> dict[str, Tensor]:
        """Moments and step counts, with the leading axis of members however these are grouped."""
        return {
            f"{index}.{key}": torch.cat([self._read(views[index], key) for views in self.views])
            for index in range(len(self.parameters))
            for key in ("step", "exp_avg", "exp_avg_sq")
        }

    def load(self, state: dict[str, Tensor]) -> None:
        """Takes up moments and step counts where ``state`` left them."""
        for member, views in zip(self.members, self.views, strict=True):
            for index, view in enumerate(views):
                moments = {key: state[f"{index}.{key}"][member].clone() for key in ("exp_avg", "exp_avg_sq")}
                self.adam.state[view] = {"step": state[f"{index}.step"][member][0].clone(), **moments}

    def _read(self, view: Tensor, key: str) -> Tensor:
        value = self.adam.state[view].get(key)
        if key == "step":
            return torch.zeros(len(view), device=view.device) + (0 if value is None else value)
        return torch.zeros_like(view) if value is None else value.clone()
