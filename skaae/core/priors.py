"""Priors: the distributions that a block of the code imitates.

A prior is a module whose ``forward(n, streams)`` draws (members, n, width): no density is needed.
"""

from __future__ import annotations

from torch import Tensor, nn

from .streams import Streams

__all__ = ["PRIORS", "Normal"]


class Normal(nn.Module):
    r"""Creates the standard normal prior, :math:`\mathcal N(0, I)`."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, n: int, streams: Streams) -> Tensor:
        return streams.normal(n, self.width)


PRIORS: dict[str, type[nn.Module]] = {"normal": Normal}
