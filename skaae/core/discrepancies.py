r"""Discrepancies: how far draws of a prior and codes are apart, told without an adversary.

Of draws :math:`z` and codes :math:`q`, rows of equal number,

- "mmd" is the squared maximum mean discrepancy
  :math:`\overline{k(z, z')} + \overline{k(q, q')} - 2 \overline{k(z, q)}`, means over different rows, with a mean of
  inverse multiquadratic kernels :math:`k(a, b) = C / (C + \lVert a - b \rVert^2)` (Tolstikhin, Bousquet, Gelly and
  Schoelkopf, "Wasserstein auto-encoders", 2018, arXiv 1711.01558);
- "sliced_wasserstein" is the squared distance of their projections in ascending order, a mean over rows and random
  directions, times the number of columns (Kolouri, Pope, Martin and Rohde, "Sliced-Wasserstein autoencoder", 2018,
  arXiv 1804.01947).

``weight``, (K, rows), is zero for rows that are padding; those of a member do not depend on its neighbours.
"""

from __future__ import annotations

from functools import reduce

import torch
from torch import Tensor
from torch.nn.functional import normalize

from .streams import Streams

__all__ = ["DISCREPANCIES", "maximum_mean", "sliced_wasserstein"]

SCALES = (0.1, 0.5, 2.0, 10.0)  # of kernels, in units of twice the number of columns
DIRECTIONS = 32
FARTHEST = 1e30  # where padding goes, so that it comes last in every order


def maximum_mean(draws: Tensor, codes: Tensor, weight: Tensor, streams: Streams) -> Tensor:
    """Squared maximum mean discrepancy, (K,), without bias: it may be below zero."""
    n = weight.sum(1)
    pairs = weight[:, :, None] * weight[:, None]
    others = pairs * (1 - torch.eye(weight.shape[1], device=weight.device))
    among = (kernel(draws, draws) + kernel(codes, codes)) * others
    across = kernel(draws, codes) * pairs
    return among.sum((1, 2)) / (n * (n - 1)).clamp(min=1) - 2 * across.sum((1, 2)) / (n * n).clamp(min=1)


def kernel(a: Tensor, b: Tensor) -> Tensor:
    """Likeness of all rows of two samples, (K, n, m), a mean over the scales."""
    squares = a.square().sum(-1).unsqueeze(2) + b.square().sum(-1).unsqueeze(1)
    squared = (squares - 2 * a @ b.mT).clamp(min=0)
    scales = [2 * a.shape[-1] * scale for scale in SCALES]
    return reduce(torch.add, (scale / len(SCALES) / (scale + squared) for scale in scales))


def sliced_wasserstein(draws: Tensor, codes: Tensor, weight: Tensor, streams: Streams) -> Tensor:
    """Squared sliced Wasserstein distance, (K,), a sum over the columns."""
    width = codes.shape[-1]
    directions = normalize(streams.normal(width, DIRECTIONS), dim=1)
    padding = weight.unsqueeze(-1) == 0
    ordered = [(rows @ directions).masked_fill(padding, FARTHEST).sort(1).values for rows in (draws, codes)]
    squared = (ordered[0] - ordered[1]).square().sum((1, 2)) / DIRECTIONS
    return width * squared / weight.sum(1).clamp(min=1)


DISCREPANCIES = {"mmd": maximum_mean, "sliced_wasserstein": sliced_wasserstein}
