"""Rows on the device, in shuffled batches: one order an epoch, the last short batch kept, no loader.

Members may own different rows. Where one has fewer than its neighbours, its part of a batch is padded with rows of
weight zero, so that it sees just the batches that it would see alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from .model import AdversarialAutoencoder
from .streams import Streams

__all__ = ["Batch", "Batches"]


@dataclass
class Batch:
    """Rows of one step: clean ``x``, what the encoder is shown, and the weights of the rows if some are padding.

    With them goes what phases tell each other: the code, the reconstruction error, and how strong the adversary is.
    """

    x: Tensor
    corrupted: Tensor
    weight: Tensor | None
    active: list[bool]
    size: int
    streams: Streams
    strength: Tensor
    error: Tensor | float = 1.0
    code: Tensor | None = None

    def encode(self, model: AdversarialAutoencoder) -> Tensor:
        """The code of the batch, computed once until it is forgotten."""
        if self.code is None:
            self.code = model.encode(self.corrupted)
        return self.code

    def mean(self, values: Tensor) -> Tensor:
        """Mean over the rows of each member, and their columns: (K, rows, ...) to (K,)."""
        if self.weight is None:
            return values.mean(tuple(range(1, values.ndim)))
        of_rows = values.flatten(2).mean(-1) if values.ndim > 2 else values
        return (of_rows * self.weight).sum(-1) / self.weight.sum(-1).clamp(min=1)


class Batches:
    """Creates the supply of batches from rows ``x``, (n, features), of which member k owns ``rows[k]``."""

    def __init__(
        self, x: Tensor, rows: Sequence[Tensor] | None, batch_size: int, noise: Tensor, streams: Streams
    ) -> None:
        self.x, self.rows, self.batch_size, self.streams = x, rows, batch_size, streams
        self.noise, self.noisy = noise[:, None, None], bool(noise.any())
        # Of its own, so that a member without noise draws all else as beside neighbours with noise.
        self.corruption = Streams(streams.seeds, x.device, purpose=1)
        n_members = len(streams.seeds)
        self.lengths = [len(x)] * n_members if rows is None else [len(r) for r in rows]
        self.n_batches = torch.tensor([-(-length // self.batch_size) for length in self.lengths], device=x.device)
        self.even = len(set(self.lengths)) == 1

    def epoch(self, number: int, strength: Tensor) -> Iterator[Batch]:
        """The batches of an epoch, a function of its number."""
        self.strength = strength
        self.streams.restart(number)
        self.corruption.restart(number)
        orders = self.streams.permutations(self.lengths)
        if self.rows is not None:
            orders = [own[order] for own, order in zip(self.rows, orders, strict=True)]
        padded = pad_sequence(orders, batch_first=True)
        for start in range(0, padded.shape[1], self.batch_size):
            yield self._batch(padded[:, start : start + self.batch_size], start)

    def _batch(self, rows: Tensor, start: int) -> Batch:
        n_members, n = rows.shape
        x = self.x.index_select(0, rows.flatten()).view(n_members, n, -1)
        active = [length > start for length in self.lengths]
        weight = None if self.even else self._weight(start, n)
        batch = Batch(x, x, weight, active, self.batch_size, self.streams, self.strength)
        if self.noisy:
            # As many for a short batch as for a full one, so that padding does not shift a member's stream.
            draws = self.corruption.normal(self.batch_size, x.shape[-1])[:, :n]
            batch.corrupted = torch.addcmul(x, draws, self.noise)
        return batch

    def _weight(self, start: int, n: int) -> Tensor:
        left = torch.tensor(self.lengths, device=self.x.device) - start
        return (torch.arange(n, device=self.x.device) < left[:, None]).to(self.x.dtype)
