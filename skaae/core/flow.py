r"""The flow: the density of the codes, fitted to them after training, because they never match the prior exactly.

A velocity :math:`v(z, t)` moves noise :math:`z_0 \sim \mathcal N(0, I)` at time 0 along :math:`\dot z = v(z, t)` to a
code at time 1. It is learned by regression on straight lines from noise to codes (Lipman, Chen, Ben-Hamu, Nickel and
Le, "Flow matching for generative modeling", 2023, arXiv 2210.02747). The inverse turns codes into noise, which is
standard normal under every condition: what a code says beyond its condition. Velocities are those of standardized
codes, because noise has unit variance.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import silu

from .matmul import affine
from .networks import Linear, Module

__all__ = ["Flow"]

N_FREQUENCIES = 16  # of the sines and cosines that encode the time
N_STEPS = 24  # from noise to code and back, of two velocities each
N_SAMPLE_STEPS = 8  # from noise to code for samples, of one velocity each
N_DENSITY_STEPS = 12  # from code to noise for the density; each costs as much as two for every column
MIN_STD = 1e-6


class Flow(Module):
    """K flows of codes of a width, under conditions of a width."""

    mean: Tensor
    spread: Tensor  # the standard deviation
    drawn_mean: Tensor  # of samples, when they are standardized as codes are
    drawn_spread: Tensor

    def __init__(self, n_members: int, width: int, condition_width: int, layer_sizes: tuple[int, ...]) -> None:
        super().__init__()
        self.first = Linear(n_members, width + 2 * N_FREQUENCIES + condition_width, layer_sizes[0])
        self.hidden = nn.ModuleList(Linear(n_members, *pair) for pair in pairwise(layer_sizes))
        self.has_skip = [a == b for a, b in pairwise(layer_sizes)]
        self.last = Linear(n_members, layer_sizes[-1], width)
        self.register_buffer("mean", torch.zeros(n_members, 1, width))
        self.register_buffer("spread", torch.ones(n_members, 1, width))
        self.register_buffer("drawn_mean", torch.zeros(n_members, 1, width))
        self.register_buffer("drawn_spread", torch.ones(n_members, 1, width))

    @torch.no_grad()
    def fit_standardize(self, code: Tensor) -> Tensor:
        """Sets mean and standard deviation to those of the codes, (K, n, width), and standardizes these."""
        self.drawn_mean.zero_()
        self.drawn_spread.fill_(1)
        self.mean.copy_(code.mean(1, keepdim=True))
        self.spread.copy_(code.std(1, keepdim=True).clamp(min=MIN_STD))
        return self._standardize(code)

    @torch.no_grad()
    def zero_init(self) -> None:
        """Sets the velocity to zero."""
        self.last.zero_init()

    def forward(self, z: Tensor, time: Tensor, condition: Tensor | None = None) -> Tensor:
        """The velocity."""
        inputs = [z, self._encode_time(time)]
        return self._velocity(self.first(torch.cat(inputs if condition is None else [*inputs, condition], -1)))

    def transform(self, z: Tensor, condition: Tensor | None = None, *, inverse: bool = False) -> Tensor:
        """Codes of noise, or with ``inverse`` noise of codes, (K, n, width), by the midpoint rule."""
        if inverse:
            z = self._standardize(z)
        step = (-1 if inverse else 1) / N_STEPS
        time = torch.full_like(z[..., :1], float(inverse))
        for _ in range(N_STEPS):
            middle = z + step / 2 * self(z, time, condition)
            z = z + step * self(middle, time + step / 2, condition)
            time = time + step
        return z if inverse else self.mean + self.spread * z

    def sample(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Codes of noise, (K, n, width), by the method of Adams and Bashforth of second order.

        Its steps cost half as much as those of `transform`, and it is less exact. The mean and the standard deviation
        of samples become those of codes.
        """
        first, width = self.first.weight, z.shape[-1]
        of_code, of_time, of_condition = first.split(
            [width, 2 * N_FREQUENCIES, first.shape[1] - width - 2 * N_FREQUENCIES], 1
        )
        constant = self.first.bias if condition is None else affine(self.first.bias, condition, of_condition)
        velocity, step = z.new_zeros(()), 1 / N_SAMPLE_STEPS
        for i in range(N_SAMPLE_STEPS):
            time = self._encode_time(z.new_full((len(z), 1, 1), i * step))
            previous = velocity
            velocity = self._velocity(affine(constant + torch.bmm(time, of_time), z, of_code))
            z = z + step * (1.5 * velocity - 0.5 * previous if i else velocity)
        return self.mean + self.spread * ((z - self.drawn_mean) / self.drawn_spread)

    def log_density(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Log density of codes, (K, n): that of their noise, minus the log-determinant of the flow there."""
        z = self._standardize(z)
        time, log_det = torch.ones_like(z[..., :1]), self.spread.log().sum(-1).expand(z.shape[:2])
        step = 1 / N_DENSITY_STEPS
        for _ in range(N_DENSITY_STEPS):
            middle, middle_time = z - step / 2 * self(z, time, condition), time - step / 2
            z = z - step * self(middle, middle_time, condition)
            log_det = log_det + step * self._divergence(middle, middle_time, condition)
            time = time - step
        return -0.5 * (z.square().sum(-1) + z.shape[-1] * math.log(2 * math.pi)) - log_det

    def _encode_time(self, time: Tensor) -> Tensor:
        angles = time * (math.pi * torch.arange(1, N_FREQUENCIES + 1, device=time.device, dtype=time.dtype))
        return torch.cat([angles.sin(), angles.cos()], -1)

    def _velocity(self, first: Tensor) -> Tensor:
        """The velocity of the first layer's affine output."""
        h = silu(first)
        for layer, has_skip in zip(self.hidden, self.has_skip, strict=True):
            h = h + silu(layer(h)) if has_skip else silu(layer(h))
        return self.last(h)

    def _standardize(self, code: Tensor) -> Tensor:
        return (code - self.mean) / self.spread

    def _divergence(self, z: Tensor, time: Tensor, condition: Tensor | None) -> Tensor:
        """Divergence of the velocity, (K, n), by central differences."""
        width = z.shape[-1]
        epsilon: float = torch.finfo(z.dtype).eps ** (1 / 3)
        offsets = epsilon * torch.cat([torch.eye(width), -torch.eye(width)]).to(z)
        inputs = [(z[:, :, None] + offsets).flatten(1, 2)]
        inputs += [x.repeat_interleave(2 * width, 1) for x in (time, condition) if x is not None]
        velocity = self(*inputs).view(*z.shape[:2], 2, width, width)
        ahead, behind = velocity.diagonal(dim1=-2, dim2=-1).unbind(2)
        return (ahead - behind).sum(-1) / (2 * epsilon)
