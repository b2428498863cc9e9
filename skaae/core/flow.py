r"""The flow: the density of codes, fitted to them after training, because they are never exactly draws of the prior.

A velocity :math:`v(z, t)` moves noise :math:`z_0 \sim \mathcal N(0, I)` at time 0 along :math:`\dot z = v(z, t)` to a
code at time 1. It is learned by regression on straight ways from noise to codes (Lipman, Chen, Ben-Hamu, Nickel and Le,
"Flow matching for generative modeling", 2023, arXiv 2210.02747). The way back turns codes into noise, which has one
normal distribution whatever is given beside the code: it is what a code says apart from that. Velocities are those of
standardised codes, because noise has unit spread.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import silu

from .networks import Linear

__all__ = ["Flow"]

FREQUENCIES = 16  # of the sines and cosines that tell the time
STEPS = 24  # from noise to code
DENSITY_STEPS = 12  # on the way back that the density is told on, each as dear as two for every column
SMALLEST_SPREAD = 1e-6


class Flow(nn.Module):
    """Creates K velocities of codes of a width, beside which so many numbers are given."""

    mean: Tensor
    spread: Tensor

    def __init__(self, n_members: int, width: int, n_given: int, layer_sizes: tuple[int, ...]) -> None:
        super().__init__()
        self.first = Linear(n_members, width + 2 * FREQUENCIES + n_given, layer_sizes[0])
        self.hidden = nn.ModuleList(Linear(n_members, *pair) for pair in pairwise(layer_sizes))
        self.passing = [a == b for a, b in pairwise(layer_sizes)]
        self.last = Linear(n_members, layer_sizes[-1], width)
        self.register_buffer("mean", torch.zeros(n_members, 1, width))
        self.register_buffer("spread", torch.ones(n_members, 1, width))

    @torch.no_grad()
    def standardise(self, code: Tensor) -> Tensor:
        """Takes over the mean and the spread of codes, (K, n, width), which come back standardised."""
        self.mean.copy_(code.mean(1, keepdim=True))
        self.spread.copy_(code.std(1, keepdim=True).clamp(min=SMALLEST_SPREAD))
        return self._standard(code)

    @torch.no_grad()
    def clear(self) -> None:
        """Sets the velocity to zero."""
        self.last.clear()

    def forward(self, z: Tensor, time: Tensor, given: Tensor | None = None) -> Tensor:
        angles = time * (math.pi * torch.arange(1, FREQUENCIES + 1, device=z.device, dtype=z.dtype))
        told = [z, angles.sin(), angles.cos()]
        h = silu(self.first(torch.cat(told if given is None else [*told, given], -1)))
        for layer, passing in zip(self.hidden, self.passing, strict=True):
            h = h + silu(layer(h)) if passing else silu(layer(h))
        return self.last(h)

    def move(self, z: Tensor, given: Tensor | None = None, *, back: bool = False) -> Tensor:
        """Codes of noise, or with ``back`` noise of codes, (K, n, width), by the midpoint rule."""
        if back:
            z = self._standard(z)
        step = (-1 if back else 1) / STEPS
        time = torch.full_like(z[..., :1], float(back))
        for _ in range(STEPS):
            half = z + step / 2 * self(z, time, given)
            z = z + step * self(half, time + step / 2, given)
            time = time + step
        return z if back else self.mean + self.spread * z

    def log_density(self, z: Tensor, given: Tensor | None = None) -> Tensor:
        """Log density of codes, (K, n): that of their noise, and how much the way from there has thinned it."""
        z = self._standard(z)
        time, thinned = torch.ones_like(z[..., :1]), self.spread.log().sum(-1).expand(z.shape[:2])
        step = 1 / DENSITY_STEPS
        for _ in range(DENSITY_STEPS):
            half, between = z - step / 2 * self(z, time, given), time - step / 2
            z = z - step * self(half, between, given)
            thinned = thinned + step * self._divergence(half, between, given)
            time = time - step
        return -0.5 * (z.square().sum(-1) + z.shape[-1] * math.log(2 * math.pi)) - thinned

    def _standard(self, code: Tensor) -> Tensor:
        return (code - self.mean) / self.spread

    def _divergence(self, z: Tensor, time: Tensor, given: Tensor | None) -> Tensor:
        """Sum of the velocity's derivatives along the columns, (K, n), from differences on either side."""
        width = z.shape[-1]
        gap = torch.finfo(z.dtype).eps ** (1 / 3)
        sides = gap * torch.cat([torch.eye(width), -torch.eye(width)]).to(z)
        around = [(z[:, :, None] + sides).flatten(1, 2)]
        around += [told.repeat_interleave(2 * width, 1) for told in (time, given) if told is not None]
        velocity = self(*around).unflatten(1, (-1, 2, width))
        ahead, behind = velocity.diagonal(dim1=-2, dim2=-1).unbind(2)
        return (ahead - behind).sum(-1) / (2 * gap)
