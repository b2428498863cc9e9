r"""Corruption: noise on the encoder's input in training.

In this order, each only where its level is above zero,

- normal noise is added to all columns;
- salt and pepper: numeric cells become the minimum or the maximum of their column, and one-hot groups a random
  category;
- masking: cells become zero, and 1 in the missing-value mask, in models with such a mask.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from .._plan import Architecture, PerMember, TrainingPlan
from .distributed import Shard
from .lazy_rows import LazyRows
from .random import RandomStreams

__all__ = ["Corruption", "make_corruption", "mask_index_of_columns"]

CHUNK_SIZE = 2**16  # rows


class Corruption:
    """The corruption of rows like ``x``, (n, columns), with a level for each member.

    Each kind has its own random streams, so that the draws of a member do not depend on the levels of the others.
    """

    def __init__(self, architecture: Architecture, plan: TrainingPlan, x: Tensor | LazyRows) -> None:
        def per_member(level: PerMember) -> Tensor:
            return torch.tensor(level, dtype=x.dtype, device=x.device).expand(len(plan.seeds))[:, None, None]

        levels = (plan.noise, plan.salt_and_pepper_fraction, plan.masked_fraction)
        self.adds_noise, self.adds_salt_and_pepper, self.masks = (bool(np.any(level)) for level in levels)
        self.noise, self.salt_and_pepper_fraction, self.masked_fraction = map(per_member, levels)
        self.streams = [RandomStreams(plan.seeds, x.device, purpose=purpose) for purpose in (1, 2, 3)]
        self.random_noise_level, self.random_masked_fraction = plan.random_noise_level, plan.any_order
        self.one_hot_groups = architecture.one_hot_groups
        self.n_features, self.n_numeric = architecture.n_features, architecture.n_numeric
        self.n_mask_columns = architecture.n_mask_columns
        self.mask_index_of_columns = mask_index_of_columns(architecture).to(x.device)
        assert self.n_mask_columns or not self.masks, "masking needs a missing-value mask."
        self.low, self.high = self._extremes(x, plan.shared_extremes)

    def restart(self, epoch: int) -> None:
        """Starts the random streams of an epoch."""
        for streams in self.streams:
            streams.restart(epoch)

    def __call__(self, x: Tensor, shard: Shard) -> Tensor:
        """Corrupted rows of a shard, (K, rows, columns)."""
        noise_streams, salt_and_pepper_streams, mask_streams = self.streams
        if self.adds_noise:
            x = self._add_noise(x, noise_streams, shard)
        if self.adds_salt_and_pepper:
            x = self._add_salt_and_pepper(x, salt_and_pepper_streams, shard)
        if self.masks:
            fraction = self.masked_fraction
            if self.random_masked_fraction:
                fraction = fraction * shard.select(mask_streams.uniform(shard.n_draws, 1))
            masked = shard.select(mask_streams.uniform(shard.n_draws, self.n_mask_columns)) < fraction
            x = torch.cat([x[..., : self.n_features], torch.maximum(self._mask(x), masked.to(x.dtype))], -1)
        return self._zero_missing(x) if self.n_mask_columns else x

    def _extremes(self, x: Tensor | LazyRows, shared: bool) -> tuple[Tensor, Tensor]:
        """Minimum and maximum of the known cells of each numeric column, or of all of them."""
        chunks = [self._extremes_of_columns(chunk) for chunk in x.split(CHUNK_SIZE)]
        low, high = (torch.stack(each) for each in zip(*chunks, strict=True))
        low, high = low.amin(0), high.amax(0)
        if shared and self.n_numeric:
            low, high = low.amin(0, keepdim=True), high.amax(0, keepdim=True)
        return torch.where(low.isfinite(), low, 0), torch.where(high.isfinite(), high, 0)

    def _extremes_of_columns(self, x: Tensor) -> tuple[Tensor, Tensor]:
        numeric = x[:, : self.n_numeric]
        if not self.n_mask_columns:
            return numeric.amin(0), numeric.amax(0)
        missing = self._mask(x)[:, self.mask_index_of_columns[: self.n_numeric]] > 0
        return numeric.masked_fill(missing, torch.inf).amin(0), numeric.masked_fill(missing, -torch.inf).amax(0)

    def _add_noise(self, x: Tensor, streams: RandomStreams, shard: Shard) -> Tensor:
        draws = shard.select(streams.normal(shard.n_draws, x.shape[-1]))
        # Squares of uniform numbers: most rows keep enough of themselves to be reconstructed from.
        level = shard.select(streams.uniform(shard.n_draws, 1)).square() if self.random_noise_level else 1.0
        noisy = torch.addcmul(x, draws, self.noise * level)
        return torch.cat([noisy[..., : self.n_features], self._mask(x)], -1) if self.n_mask_columns else noisy

    def _add_salt_and_pepper(self, x: Tensor, streams: RandomStreams, shard: Shard) -> Tensor:
        draws = shard.select(streams.uniform(shard.n_draws, self.n_numeric + len(self.one_hot_groups)))
        is_low, is_replaced = draws < self.salt_and_pepper_fraction / 2, draws < self.salt_and_pepper_fraction
        extremes = torch.where(is_low[..., : self.n_numeric], self.low, self.high)
        parts = [torch.where(is_replaced[..., : self.n_numeric], extremes, x[..., : self.n_numeric])]
        start = self.n_numeric
        for index, width in enumerate(self.one_hot_groups, self.n_numeric):
            categories = (shard.select(streams.uniform(shard.n_draws)) * width).long().clamp(max=width - 1)
            replacement = one_hot(categories, width).to(x.dtype)
            parts.append(torch.where(is_replaced[..., index, None], replacement, x[..., start : start + width]))
            start += width
        return torch.cat([*parts, self._mask(x)], -1)

    def _mask(self, x: Tensor) -> Tensor:
        """The missing-value mask of rows."""
        return x[..., self.n_features :]

    def _zero_missing(self, x: Tensor) -> Tensor:
        mask = self._mask(x)
        return torch.cat([x[..., : self.n_features] * (1 - mask[..., self.mask_index_of_columns]), mask], -1)


def make_corruption(architecture: Architecture, plan: TrainingPlan, x: Tensor | LazyRows) -> Corruption | None:
    """The corruption of a training, if there is any."""
    levels = (plan.noise, plan.salt_and_pepper_fraction, plan.masked_fraction)
    corrupts = architecture.mask_indices or any(np.any(level) for level in levels)
    return Corruption(architecture, plan, x) if corrupts else None


def mask_index_of_columns(architecture: Architecture) -> Tensor:
    """For each column of the features, the index of its column of the missing-value mask; empty without a mask."""
    if not architecture.mask_indices:
        return torch.empty(0, dtype=torch.long)
    widths = torch.tensor([*[1] * architecture.n_numeric, *architecture.one_hot_groups])
    return torch.tensor(architecture.mask_indices).repeat_interleave(widths)
