r"""Corruption: what the encoder is shown of rows in training.

In turn, and each only where its share is above zero,

- normal noise is added to all columns;
- salt and pepper: cells of values become the smallest or the largest value of their column, and those of choices some
  option by chance;
- masking: cells become zero, and the mark of their column 1, in models that are shown marks.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..plan import Architecture, PerMember, Training
from .streams import Streams

__all__ = ["Corruption", "columns_of_marks"]


class Corruption:
    """Creates the corruption of rows ``x``, (n, columns), and of their like, by shares of each member, (K,)."""

    def __init__(self, architecture: Architecture, training: Training, x: Tensor) -> None:
        n_members = len(training.seeds)

        def share(value: PerMember) -> Tensor:
            values = torch.tensor(value, dtype=x.dtype, device=x.device)
            return values.expand(n_members)[:, None, None]

        self.noise, self.salt, self.masking = (share(s) for s in (training.noise, training.salt, training.masking))
        self.graded = training.graded
        self.choices = architecture.choices
        self.n_features = architecture.n_features
        self.n_values = architecture.n_features - sum(architecture.choices)
        values = x[:, : self.n_values]
        values = values.flatten().unsqueeze(1) if training.one_scale else values
        self.low, self.high = values.amin(0), values.amax(0)
        self.marks = columns_of_marks(architecture).to(x.device)
        assert len(self.marks) or not self.masking.any(), "masking needs marks."

    def __call__(self, x: Tensor, streams: Streams, size: int) -> Tensor:
        """What is shown of rows, (K, rows, columns).

        As much is drawn as for ``size`` rows, so that padding does not shift a member's stream.
        """
        n = x.shape[1]
        if self.noise.any():
            draws = streams.normal(size, x.shape[-1])[:, :n]
            # Levels of a square: most rows keep so much of themselves that there is something to reconstruct.
            level = streams.uniform(size, 1)[:, :n].square() if self.graded else 1.0
            noisy = torch.addcmul(x, draws, self.noise * level)
            x = noisy if not len(self.marks) else torch.cat([noisy[..., : self.n_features], self._marks_of(x)], -1)
        if self.salt.any():
            x = self._salted(x, streams, size)
        if self.masking.any():
            hidden = streams.uniform(size, int(self.marks.max()) + 1)[:, :n] < self.masking
            x = torch.cat([x[..., : self.n_features], torch.maximum(self._marks_of(x), hidden.to(x.dtype))], -1)
        return self._blanked(x) if len(self.marks) else x

    def _salted(self, x: Tensor, streams: Streams, size: int) -> Tensor:
        n = x.shape[1]
        chance = streams.uniform(size, self.n_values + len(self.choices))[:, :n]
        low, high = chance < self.salt / 2, chance < self.salt
        values = x[..., : self.n_values]
        over = high[..., : self.n_values]
        parts = [torch.where(over, torch.where(low[..., : self.n_values], self.low, self.high), values)]
        start = self.n_values
        for place, width in enumerate(self.choices, self.n_values):
            options = (streams.uniform(size)[:, :n] * width).long().clamp(max=width - 1)
            other = torch.nn.functional.one_hot(options, width).to(x.dtype)
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
