"""Blocks of the code: how each is read off the encoder, and the prior it imitates."""

from __future__ import annotations

from torch import Tensor, nn

from ..plan import Block
from .priors import PRIORS

__all__ = ["BLOCKS", "Category", "Style"]


class Style(nn.Module):
    """Creates a continuous block with a deterministic posterior: the code is the encoder's output."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.width = block.width
        self.n_inputs = block.width
        self.prior = PRIORS[block.prior](block.width, block.classes)

    def forward(self, h: Tensor) -> Tensor:
        return h


class Category(Style):
    """Creates a block of class probabilities: the code is the softmax of the encoder's output."""

    def forward(self, h: Tensor) -> Tensor:
        return h.softmax(-1)


BLOCKS: dict[str, type[Style]] = {"style": Style, "category": Category}
