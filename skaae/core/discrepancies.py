r"""Discrepancies: distances between draws from a prior and codes that need no discriminator.

Of draws :math:`z` and as many codes :math:`q`,

- "mmd" is the squared maximum mean discrepancy
  :math:`\overline{k(z, z')} + \overline{k(q, q')} - 2 \overline{k(z, q)}`, means over different rows, with a mean of
  inverse multiquadratic kernels :math:`k(a, b) = C / (C + \lVert a - b \rVert^2)` (Tolstikhin, Bousquet, Gelly and
  Schoelkopf, "Wasserstein auto-encoders", 2018, arXiv 1711.01558);
- "sliced_wasserstein" is the squared distance of their sorted projections, a mean over rows and random directions,
  times the number of columns (Kolouri, Pope, Martin and Rohde, "Sliced-Wasserstein autoencoder", 2018,
  arXiv 1804.01947).

``row_weight``, (K, rows), is zero for padding. The discrepancy of a member does not depend on the other members.
"""

from __future__ import annotations

from functools import reduce

import torch
from torch import Tensor
from torch.nn.functional import normalize

from .random import RandomStreams

__all__ = ["DISCREPANCIES", "maximum_mean_discrepancy", "sliced_wasserstein"]

KERNEL_SCALES = (0.1, 0.5, 2.0, 10.0)  # in units of twice the number of columns
N_DIRECTIONS = 32
PADDING_VALUE = 1e30  # sorts padding last


def maximum_mean_discrepancy(draws: Tensor, codes: Tensor, row_weight: Tensor, streams: RandomStreams) -> Tensor:
    """Squared maximum mean discrepancy, (K,), without bias: it may be below zero."""
    n = row_weight.sum(1)
    pairs = row_weight[:, :, None] * row_weight[:, None]
    different = pairs * (1 - torch.eye(row_weight.shape[1], device=row_weight.device))
    within = (kernel(draws, draws) + kernel(codes, codes)) * different
    between = kernel(draws, codes) * pairs
    return within.sum((1, 2)) / (n * (n - 1)).clamp(min=1) - 2 * between.sum((1, 2)) / (n * n).clamp(min=1)


def kernel(a: Tensor, b: Tensor) -> Tensor:
    """Kernel matrix of two samples, (K, n, m), a mean over the scales."""
    squared_norms = a.square().sum(-1).unsqueeze(2) + b.square().sum(-1).unsqueeze(1)
    squared_distances = (squared_norms - 2 * a @ b.mT).clamp(min=0)
    scales = [2 * a.shape[-1] * scale for scale in KERNEL_SCALES]
    return reduce(torch.add, (scale / len(KERNEL_SCALES) / (scale + squared_distances) for scale in scales))


def sliced_wasserstein(draws: Tensor, codes: Tensor, row_weight: Tensor, streams: RandomStreams) -> Tensor:
    """Squared sliced Wasserstein distance, (K,), a sum over the columns."""
    width = codes.shape[-1]
    directions = normalize(streams.normal(width, N_DIRECTIONS), dim=1)
    is_padding = row_weight.unsqueeze(-1) == 0
    ordered = [(x @ directions).masked_fill(is_padding, PADDING_VALUE).sort(1).values for x in (draws, codes)]
    squared = (ordered[0] - ordered[1]).square().sum((1, 2)) / N_DIRECTIONS
    return width * squared / row_weight.sum(1).clamp(min=1)


DISCREPANCIES = {"mmd": maximum_mean_discrepancy, "sliced_wasserstein": sliced_wasserstein}
