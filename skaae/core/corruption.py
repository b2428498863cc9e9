r"""Corruption: what the encoder is shown of rows in training.

In turn, and each only where its share is above zero,

- normal noise is added to all columns;
- salt and pepper: cells of values become the smallest or the largest value of their column, and those of choices some
  option by chance;
- masking: cells become zero, and the mark of their column 1, in models that are shown marks.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from ..plan import Architecture, PerMember, Training
from .rows import Fetched
from .shards import Shard
from .streams import Streams

__all__ = ["Corruption", "columns_of_marks"]

CHUNK = 2**16  # rows that are looked at together


class Corruption:
    """Creates the corruption of rows like ``x``, (n, columns), by shares of each member, (K,).

    Each kind has streams of its own, so that a member that has one draws all else as beside neighbours that have not.
    """

    def __init__(self, architecture: Architecture, training: Training, x: Tensor | Fetched) -> None:
        n_members = len(training.seeds)

        def share(value: PerMember) -> Tensor:
            values = torch.tensor(value, dtype=x.dtype, device=x.device)
            return values.expand(n_members)[:, None, None]

        shares = (training.noise, training.salt, training.masking)
        self.noisy, self.salty, self.hiding = (bool(np.any(value)) for value in shares)
        self.noise, self.salt, self.masking = (share(value) for value in shares)
        self.streams = [Streams(training.seeds, x.device, purpose=purpose) for purpose in (1, 2, 3)]
        self.graded = training.graded
        self.choices = architecture.choices
        self.n_features = architecture.n_features
        self.n_values = architecture.n_features - sum(architecture.choices)
        self.marks = columns_of_marks(architecture).to(x.device)
        self.n_marks = max(architecture.marks, default=-1) + 1
        assert self.n_marks or not self.hiding, "masking needs marks."
        self.low, self.high = self._extremes(x, training.one_scale)

    def restart(self, number: int) -> None:
        """Begins the draws of an epoch."""
        for streams in self.streams:
            streams.restart(number)

    def __call__(self, x: Tensor, shard: Shard) -> Tensor:
        """What is shown of the rows of a shard, (K, rows, columns)."""
        of_noise, of_salt, of_masking = self.streams
        if self.noisy:
            draws = shard.of(of_noise.normal(shard.size, x.shape[-1]))
            # Levels of a square: most rows keep so much of themselves that there is something to reconstruct.
            level = shard.of(of_noise.uniform(shard.size, 1)).square() if self.graded else 1.0
            noisy = torch.addcmul(x, draws, self.noise * level)
            x = torch.cat([noisy[..., : self.n_features], self._marks_of(x)], -1) if self.n_marks else noisy
        if self.salty:
            x = self._salted(x, of_salt, shard)
        if self.hiding:
            hidden = shard.of(of_masking.uniform(shard.size, self.n_marks)) < self.masking
            x = torch.cat([x[..., : self.n_features], torch.maximum(self._marks_of(x), hidden.to(x.dtype))], -1)
        return self._blanked(x) if self.n_marks else x

    def _extremes(self, x: Tensor | Fetched, one_scale: bool) -> tuple[Tensor, Tensor]:
        """Smallest and largest known value of each column, or of all."""
        parts = [self._extremes_of_columns(part) for part in x.split(CHUNK)]
        low, high = (torch.stack(each) for each in zip(*parts, strict=True))
        low, high = low.amin(0), high.amax(0)
        if one_scale and self.n_values:
            low, high = low.amin(0, keepdim=True), high.amax(0, keepdim=True)
        return torch.where(low.isfinite(), low, 0), torch.where(high.isfinite(), high, 0)

    def _extremes_of_columns(self, x: Tensor) -> tuple[Tensor, Tensor]:
        values = x[:, : self.n_values]
        if not self.n_marks:
            return values.amin(0), values.amax(0)
        unknown = self._marks_of(x)[:, self.marks[: self.n_values]] > 0
        return values.masked_fill(unknown, torch.inf).amin(0), values.masked_fill(unknown, -torch.inf).amax(0)

    def _salted(self, x: Tensor, streams: Streams, shard: Shard) -> Tensor:
        chance = shard.of(streams.uniform(shard.size, self.n_values + len(self.choices)))
        low, high = chance < self.salt / 2, chance < self.salt
        values = x[..., : self.n_values]
        over = high[..., : self.n_values]
        parts = [torch.where(over, torch.where(low[..., : self.n_values], self.low, self.high), values)]
        start = self.n_values
        for place, width in enumerate(self.choices, self.n_values):
            options = (shard.of(streams.uniform(shard.size)) * width).long().clamp(max=width - 1)
            other = one_hot(options, width).to(x.dtype)
            parts.append(torch.where(high[..., place, None], other, x[..., start : start + width]))
            start += width
        return torch.cat([*parts, self._marks_of(x)], -1)

    def _marks_of(self, x: Tensor) -> Tensor:
        return x[..., self.n_features :]

    def _blanked(self, x: Tensor) -> Tensor:
        """Rows whose marked cells are zero."""
        marks = self._marks_of(x)
        return torch.cat([x[..., : self.n_features] * (1 - marks[..., self.marks]), marks], -1)


def columns_of_marks(architecture: Architecture) -> Tensor:
    """The mark of each column of rows, (features,), or of none."""
    if not architecture.marks:
        return torch.empty(0, dtype=torch.long)
    n_values = len(architecture.marks) - len(architecture.choices)
    widths = torch.tensor([*[1] * n_values, *architecture.choices])
    return torch.tensor(architecture.marks).repeat_interleave(widths)
