r"""Priors: the distributions that a block of the code imitates.

A prior is a module whose ``forward(n, streams, labels)`` draws (members, n, width): no density is needed. Priors with
classes draw the class first, by its probability, or are told it: ``labels`` are (members, n) positions of classes, -1
where unknown.

The uniform prior fills the cube of unit variance, :math:`[-\sqrt 3, \sqrt 3]^d`. A prior of the user's own is a
function of the number of draws and a generator of numpy's, one for each member and batch.

The mixture and the Swiss roll are laid out in the first two columns, with overall variances near one; further columns
are standard normal. Of :math:`C` classes, class :math:`c` of the mixture is a Gaussian around the point at angle
:math:`2 \pi c / C` of a circle; of the Swiss roll it is the part of the spiral :math:`r = \sqrt{(c + u) / C}`, with
:math:`u` uniform in [0, 1). Both after Makhzani, Shlens, Jaitly, Goodfellow and Frey, "Adversarial autoencoders", 2015,
arXiv 1511.05644.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from ..plan import Block
from .streams import Streams

__all__ = ["PRIORS", "Custom", "Mixture", "Normal", "OneHot", "SwissRoll", "Uniform", "prior_of"]

CIRCLE = 1.5  # radius of the mixture
LONGEST_AXIS = 0.35  # standard deviation of its Gaussians along the radius
SEPARATION = 2.5  # standard deviations of a Gaussian from its mean to half way to its neighbour's
TURNS, ROLL, ROLL_WIDTH = 2, 2.0, 0.05  # of the Swiss roll: turns, outer radius, standard deviation


class Normal(nn.Module):
    r"""Creates the standard normal prior, :math:`\mathcal N(0, I)`."""

    def __init__(self, width: int, classes: tuple[float, ...] = ()) -> None:
        super().__init__()
        self.width = width

    def forward(self, n: int, streams: Streams, labels: Tensor | None = None) -> Tensor:
        return streams.normal(n, self.width)


class Uniform(Normal):
    r"""Creates the uniform prior on the cube of unit variance, :math:`[-\sqrt 3, \sqrt 3]^d`."""

    def forward(self, n: int, streams: Streams, labels: Tensor | None = None) -> Tensor:
        return math.sqrt(3) * (2 * streams.uniform(n, self.width) - 1)


class Custom(nn.Module):
    """Creates the prior that a function draws: ``function(n, rng)`` gives (n, width)."""

    def __init__(self, function: Callable[..., Any], width: int) -> None:
        super().__init__()
        self.function, self.width = function, width

    def forward(self, n: int, streams: Streams, labels: Tensor | None = None) -> Tensor:
        seeds = (streams.uniform(4) * 2**16).long().tolist()
        draws = np.stack([self._drawn(n, seed) for seed in seeds])
        if draws.shape[1:] != (n, self.width) or not np.isfinite(draws).all():
            raise ValueError(
                f"`prior` must draw finite numbers of shape (n, n_components), here {(n, self.width)}. Got an array of"
                f" shape {draws.shape[1:]}{'' if np.isfinite(draws).all() else ' with NaN or infinity'}."
            )
        return torch.tensor(draws, dtype=torch.float32, device=streams.device)

    def _drawn(self, n: int, seed: list[int]) -> np.ndarray:
        drawn = self.function(n, np.random.default_rng(seed))
        try:
            return np.asarray(drawn, dtype=np.float64)
        except (TypeError, ValueError):
            raise ValueError(f"`prior` must draw numbers. Got {drawn!r:.100}.") from None


class OneHot(nn.Module):
    """Creates the prior of a category: one column is 1, by the classes' probabilities, and the others are 0."""

    def __init__(self, width: int, classes: tuple[float, ...]) -> None:
        super().__init__()
        self.classes = classes

    def forward(self, n: int, streams: Streams, labels: Tensor | None = None) -> Tensor:
        return one_hot(drawn_classes(n, streams, self.classes, labels), len(self.classes)).to(torch.float32)


class Mixture(nn.Module):
    """Creates the mixture of Gaussians on a circle, one for each class, longer along the radius than across."""

    def __init__(self, width: int, classes: tuple[float, ...]) -> None:
        super().__init__()
        self.width, self.classes = width, classes

    def forward(self, n: int, streams: Streams, labels: Tensor | None = None) -> Tensor:
        angle = drawn_classes(n, streams, self.classes, labels) * (2 * math.pi / len(self.classes))
        draws = streams.normal(n, self.width)
        radius = CIRCLE + LONGEST_AXIS * draws[..., 0]
        across = min(LONGEST_AXIS, math.pi * CIRCLE / len(self.classes) / SEPARATION) * draws[..., 1]
        cosine, sine = angle.cos(), angle.sin()
        plane = torch.stack([radius * cosine - across * sine, radius * sine + across * cosine], -1)
        return torch.cat([plane, draws[..., 2:]], -1)


class SwissRoll(nn.Module):
    """Creates the Swiss roll, an arm of it for each class, from the inside out."""

    def __init__(self, width: int, classes: tuple[float, ...]) -> None:
        super().__init__()
        self.width, self.classes = width, classes

    def forward(self, n: int, streams: Streams, labels: Tensor | None = None) -> Tensor:
        drawn = drawn_classes(n, streams, self.classes, labels)
        along = ((drawn + streams.uniform(n)) / len(self.classes)).sqrt()
        angle = 2 * math.pi * TURNS * along
        plane = ROLL * along.unsqueeze(-1) * torch.stack([angle.cos(), angle.sin()], -1)
        draws = streams.normal(n, self.width)
        return torch.cat([plane + ROLL_WIDTH * draws[..., :2], draws[..., 2:]], -1)


def drawn_classes(n: int, streams: Streams, classes: tuple[float, ...], labels: Tensor | None) -> Tensor:
    """Classes drawn by their probabilities, (members, n), but for those that are known."""
    edges = torch.tensor(classes, dtype=torch.float64).cumsum(0)[:-1].to(streams.device, torch.float32)
    drawn = torch.bucketize(streams.uniform(n).contiguous(), edges, right=True)
    return drawn if labels is None else torch.where(labels < 0, drawn, labels)


def prior_of(block: Block) -> nn.Module:
    """The prior that a block imitates."""
    if callable(block.prior):
        return Custom(block.prior, block.width)
    return PRIORS[block.prior](block.width, block.classes)


PRIORS: dict[str, type[nn.Module]] = {
    "normal": Normal,
    "uniform": Uniform,
    "one_hot": OneHot,
    "mixture": Mixture,
    "swiss_roll": SwissRoll,
}
