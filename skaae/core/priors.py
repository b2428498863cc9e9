r"""Priors: the distributions that the blocks of the latent code should have.

A prior is a module whose ``forward(n, streams, labels)`` draws (K, n, width); no density is needed. Priors with classes
draw the class first, by its probability, unless it is known: ``labels`` are (K, n) class indices, -1 where unknown.

The uniform prior fills the cube of unit variance, :math:`[-\sqrt 3, \sqrt 3]^d`. A custom prior is a function of the
number of draws and of a numpy generator; it is called once for each member and batch.

The mixture and the Swiss roll lie in the first two columns, with overall variances near one; further columns are
standard normal. Of :math:`C` classes, class :math:`c` of the mixture is a Gaussian around the point at angle
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
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import one_hot

from .._plan import Block
from .networks import Module
from .random import RandomStreams

__all__ = ["PRIORS", "Custom", "Mixture", "Normal", "OneHot", "SwissRoll", "Uniform", "make_prior"]

MIXTURE_RADIUS = 1.5  # of the circle of means
RADIAL_STD = 0.35  # of the mixture's Gaussians along the radius, and the largest one across
MIN_HALF_GAP_STDS = 2.5  # standard deviations across, from a mean to half way to the next one
SWISS_ROLL_TURNS, SWISS_ROLL_RADIUS, SWISS_ROLL_STD = 2, 2.0, 0.05


class Normal(Module):
    r"""The standard normal prior, :math:`\mathcal N(0, I)`."""

    def __init__(self, width: int, class_probabilities: tuple[float, ...] = ()) -> None:
        super().__init__()
        self.width, self.class_probabilities = width, class_probabilities

    def forward(self, n: int, streams: RandomStreams, labels: Tensor | None = None) -> Tensor:
        return streams.normal(n, self.width)


class Uniform(Normal):
    r"""The uniform prior on the cube of unit variance, :math:`[-\sqrt 3, \sqrt 3]^d`."""

    def forward(self, n: int, streams: RandomStreams, labels: Tensor | None = None) -> Tensor:
        return math.sqrt(3) * (2 * streams.uniform(n, self.width) - 1)


class Custom(Module):
    """The prior that a function draws: ``function(n, rng)`` returns (n, width)."""

    def __init__(self, function: Callable[..., Any], width: int) -> None:
        super().__init__()
        self.function, self.width = function, width

    def forward(self, n: int, streams: RandomStreams, labels: Tensor | None = None) -> Tensor:
        seeds = (streams.uniform(4) * 2**16).long().tolist()
        draws = np.stack([self._draw(n, seed) for seed in seeds])
        if draws.shape[1:] != (n, self.width) or not np.isfinite(draws).all():
            raise ValueError(
                f"`prior` must draw finite numbers of shape (n, n_components), here {(n, self.width)}. Got an array of"
                f" shape {draws.shape[1:]}{'' if np.isfinite(draws).all() else ' with NaN or infinity'}."
            )
        return torch.tensor(draws, dtype=torch.float32, device=streams.device)

    def _draw(self, n: int, seed: list[int]) -> NDArray[np.float64]:
        draws = self.function(n, np.random.default_rng(seed))
        try:
            return np.asarray(draws, dtype=np.float64)
        except (TypeError, ValueError):
            raise ValueError(f"`prior` must draw numbers. Got {draws!r:.100}.") from None


class OneHot(Normal):
    """The prior of a category: a one-hot vector, drawn by the probabilities of the classes."""

    def forward(self, n: int, streams: RandomStreams, labels: Tensor | None = None) -> Tensor:
        classes = sample_classes(n, streams, self.class_probabilities, labels)
        return one_hot(classes, len(self.class_probabilities)).to(torch.float32)


class Mixture(Normal):
    """The mixture of Gaussians on a circle, one for each class, longer along the radius than across."""

    def forward(self, n: int, streams: RandomStreams, labels: Tensor | None = None) -> Tensor:
        n_classes = len(self.class_probabilities)
        angle = sample_classes(n, streams, self.class_probabilities, labels) * (2 * math.pi / n_classes)
        draws = streams.normal(n, self.width)
        radius = MIXTURE_RADIUS + RADIAL_STD * draws[..., 0]
        across = min(RADIAL_STD, math.pi * MIXTURE_RADIUS / n_classes / MIN_HALF_GAP_STDS) * draws[..., 1]
        cosine, sine = angle.cos(), angle.sin()
        plane = torch.stack([radius * cosine - across * sine, radius * sine + across * cosine], -1)
        return torch.cat([plane, draws[..., 2:]], -1)


class SwissRoll(Normal):
    """The Swiss roll, a segment of it for each class, from the inside out."""

    def forward(self, n: int, streams: RandomStreams, labels: Tensor | None = None) -> Tensor:
        classes = sample_classes(n, streams, self.class_probabilities, labels)
        along = ((classes + streams.uniform(n)) / len(self.class_probabilities)).sqrt()
        angle = 2 * math.pi * SWISS_ROLL_TURNS * along
        plane = SWISS_ROLL_RADIUS * along.unsqueeze(-1) * torch.stack([angle.cos(), angle.sin()], -1)
        draws = streams.normal(n, self.width)
        return torch.cat([plane + SWISS_ROLL_STD * draws[..., :2], draws[..., 2:]], -1)


def sample_classes(n: int, streams: RandomStreams, probabilities: tuple[float, ...], labels: Tensor | None) -> Tensor:
    """Class indices, (K, n): the labels where known, otherwise drawn by the probabilities of the classes."""
    edges = torch.tensor(probabilities, dtype=torch.float64).cumsum(0)[:-1].to(streams.device, torch.float32)
    classes = torch.bucketize(streams.uniform(n).contiguous(), edges, right=True)
    return classes if labels is None else torch.where(labels < 0, classes, labels)


def make_prior(block: Block) -> Module:
    """The prior of a block."""
    if callable(block.prior):
        return Custom(block.prior, block.width)
    return PRIORS[block.prior](block.width, block.class_probabilities)


PRIORS: dict[str, type[Normal]] = {
    "normal": Normal,
    "uniform": Uniform,
    "one_hot": OneHot,
    "mixture": Mixture,
    "swiss_roll": SwissRoll,
}
