r"""Blocks of the code: how each is read off the encoder, and the prior it imitates; and the heads of categories.

A posterior says what of a row's code is chance. The deterministic one is the encoder's output; the Gaussian one reads
a mean and a spread off the encoder and draws, :math:`z = \mu(x) + \sigma(x) \eta`; for the universal one the encoder
is shown noise beside the row, :math:`z = f(x, \eta)`, and so can give the code of a row any distribution. Where no
noise is shown, as when rows are encoded after training, they stand at :math:`\eta = 0`.

With heads, a row is represented by its style moved to the head of its category, :math:`z + W^\top y`: clusters have
places of their own in a space of few dimensions (Makhzani, Shlens, Jaitly, Goodfellow and Frey, "Adversarial
autoencoders", 2015, arXiv 1511.05644, section 6).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..plan import Block
from .priors import prior_of
from .streams import Streams

__all__ = ["BLOCKS", "Category", "Chance", "Heads", "Style"]

Chance = Callable[[int], Tensor]  # so many columns of standard normal numbers, (K, rows, columns)

START = -2.0  # logarithm of a Gaussian posterior's spread at the start of training, in units of the prior's
LOG_SPREADS = (-8.0, 2.0)
APART = 5.0  # spreads of a style's prior between two heads
PUSHES = 100


class Style(nn.Module):
    """Creates a continuous block."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.width = block.width
        self.gaussian = block.posterior == "gaussian"
        self.n_inputs = (1 + self.gaussian) * block.width
        self.n_noise = block.width if block.posterior == "universal" else 0
        self.prior = prior_of(block)

    def forward(self, h: Tensor, chance: Chance | None = None) -> Tensor:
        mean = h[..., : self.width]
        if not self.gaussian or chance is None:
            return mean
        return mean + chance(self.width) * (START + h[..., self.width :]).clamp(*LOG_SPREADS).exp()


class Category(Style):
    """Creates a block of class probabilities: the code is the softmax of the encoder's output."""

    def forward(self, h: Tensor, chance: Chance | None = None) -> Tensor:
        return super().forward(h, chance).softmax(-1)


class Heads(nn.Module):
    """Creates K sets of heads, a point of the style's space for each class."""

    def __init__(self, n_members: int, n_classes: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_members, n_classes, width, dtype=torch.float32))

    @torch.no_grad()
    def initialise(self, streams: Streams) -> None:
        """Draws heads, and pushes them as far apart as they should be."""
        heads = streams.normal(*self.weight.shape[1:])
        for _ in range(PUSHES):
            ways = heads.unsqueeze(2) - heads.unsqueeze(1)
            lengths = ways.norm(dim=-1, keepdim=True).clamp(min=1e-6)
            heads = heads + ((APART - lengths).relu() / lengths * ways).mean(2)
        self.weight.copy_(heads)

    def forward(self, code: Tensor) -> Tensor:
        style, category = code.split([self.weight.shape[2], self.weight.shape[1]], -1)
        return torch.baddbmm(style, category, self.weight.to(style.dtype))

    def crowding(self) -> Tensor:
        """How much nearer heads are to each other than they should be, squared, (K,): a mean over pairs."""
        distances = (self.weight.unsqueeze(1) - self.weight.unsqueeze(2)).square().sum(-1)
        above = torch.triu(torch.ones_like(distances[0], dtype=torch.bool), 1)
        gaps = (distances[:, above] + 1e-12).sqrt()
        return (APART - gaps).relu().square().sum(1) / max(1, gaps.shape[1])


BLOCKS: dict[str, type[Style]] = {"style": Style, "category": Category}
