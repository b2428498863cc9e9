"""Blocks of the code: how each is read off the encoder, and the prior it imitates."""

from __future__ import annotations

from torch import Tensor, nn

from .priors import PRIORS

__all__ = ["BLOCKS", "Style"]


class Style(nn.Module):
    """Creates a continuous block with a deterministic posterior: the code is the encoder's output."""

    def __init__(self, width: int, prior: str) -> None:
        super().__init__()
        self.width = width
        self.n_inputs = width
        self.prior = PRIORS[prior](width)

    def forward(self, h: Tensor) -> Tensor:
        return h


BLOCKS: dict[str, type[Style]] = {"style": Style}
