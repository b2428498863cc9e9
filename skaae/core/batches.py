"""Rows on the device, in shuffled batches: one order an epoch, the last short batch kept, no loader.

Members may own different rows. Where one has fewer than its neighbours, its part of a batch is padded with rows of
weight zero, so that it sees just the batches that it would see alone.

Where few rows have a label, labelled rows are also drawn in a stream of their own, and stand at the end of every batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from .corruption import Corruption
from .model import AdversarialAutoencoder
from .rows import Fetched
from .shards import Shard, active, own_shard, ratio
from .streams import Streams

__all__ = ["Batch", "Batches", "Supervision"]

FEW = 0.5  # share of rows with a label below which these have a stream of their own


@dataclass
class Supervision:
    """What is known of the classes of rows: labels, -1 where unknown, and a teacher's guesses, (n, classes)."""

    labels: Tensor
    guesses: Tensor | None = None


@dataclass
class Batch:
    """Rows of one step: clean ``x``, what the encoder is shown, and the weights of the rows if some are padding.

    With them goes what is known of their classes, what is given beside the code, how far the run is, from 0 to 1, with
    its ramps, whether guesses count still, codes that are settled, and what phases tell each other: the encoder's
    outputs, the code, and the reconstruction error.
    """

    x: Tensor
    corrupted: Tensor
    weight: Tensor | None
    active: list[bool]
    shard: Shard
    streams: Streams
    ramp: float
    labels: Tensor | None = None
    guesses: Tensor | None = None
    radius: Tensor | None = None
    given: Tensor | None = None
    settled: Tensor | None = None
    error: Tensor | float = 1.0
    outputs: Tensor | None = None
    code: Tensor | None = None
    taught: bool = True

    def encode(self, model: AdversarialAutoencoder) -> Tensor:
        """The code of the batch, computed once until it is forgotten."""
        if self.code is None:
            self.outputs = model.outputs(self.corrupted, self.normal)
            self.code = model.code_of(self.outputs, self.normal)
        return self.code

    def normal(self, width: int) -> Tensor:
        """Standard normal numbers beside the rows, (K, rows, width)."""
        return self.shard.of(self.streams.normal(self.shard.size, width))

    def uniform(self) -> Tensor:
        """A uniform number beside each row, (K, rows, 1)."""
        return self.shard.of(self.streams.uniform(self.shard.size, 1))

    def draw(self, model: AdversarialAutoencoder) -> Tensor:
        """As many codes from the prior as there are rows, of their classes where these are known."""
        labels = None if self.labels is None else self.shard.spread(self.labels, -1)
        return self.shard.of(model.draw(self.shard.size, self.streams, labels))

    def classify(self, model: AdversarialAutoencoder) -> Tensor:
        """Log probabilities of the classes, (K, rows, classes), from the same pass through the encoder."""
        self.encode(model)
        assert self.outputs is not None
        return model.log_probabilities_of(self.outputs)

    def forget(self) -> None:
        """Forgets the code, because the encoder is about to change or has changed."""
        self.outputs = self.code = None

    def mean(self, values: Tensor, among: Tensor | None = None) -> Tensor:
        """Mean over the rows of each member, or over some of them, and their columns: (K, rows, ...) to (K,)."""
        if self.weight is None and among is None and not active():
            return values.mean(tuple(range(1, values.ndim)))
        of_rows = values.flatten(2).mean(-1) if values.ndim > 2 else values
        weight = self.weights if among is None else self.weights * among
        return ratio((of_rows * weight).sum(-1), weight.sum(-1))

    @property
    def weights(self) -> Tensor:
        """The weight of each row, (K, rows)."""
        return self.x.new_ones(self.x.shape[:2]) if self.weight is None else self.weight


class Batches:
    """Creates the supply of batches from rows ``x``, (n, features), of which member k owns ``rows[k]``.

    What the encoder is shown are these rows, or what ``shown`` gives for an epoch, corrupted.
    """

    def __init__(
        self,
        x: Tensor | Fetched,
        rows: Sequence[Tensor] | None,
        batch_size: int,
        streams: Streams,
        supervision: Supervision | None = None,
        radius: Tensor | None = None,
        given: Tensor | None = None,
        corruption: Corruption | None = None,
        shown: Callable[[int], np.ndarray] | None = None,
    ) -> None:
        self.x, self.rows, self.batch_size, self.streams = x, rows, batch_size, streams
        self.corruption, self.shown = corruption, shown
        self.supervision, self.radius, self.given = supervision, radius, given
        self.settled: Tensor | None = None  # standardised codes of all rows, (K, n, width), once encoders stand
        n_members = len(streams.seeds)
        self.lengths = [len(x)] * n_members if rows is None else [len(r) for r in rows]
        self.n_batches = torch.tensor([-(-length // self.batch_size) for length in self.lengths], device=x.device)
        self.n_steps = int(self.n_batches.max())
        self.even = len(set(self.lengths)) == 1
        self.labelled = [] if supervision is None else self._labelled(supervision.labels)
        few = [len(own) < FEW * length for own, length in zip(self.labelled, self.lengths, strict=False)]
        most = max((len(own) for own in self.labelled), default=0)
        self.n_labelled = min(most, max(1, batch_size // 2)) if any(few) else 0

    def epoch(self, number: int, ramp: float = 1.0) -> Iterator[Batch]:
        """The batches of an epoch, a function of its number."""
        self.streams.restart(number)
        if self.corruption is not None:
            self.corruption.restart(number)
        if self.shown is not None:
            self.sources = torch.tensor(self.shown(number), dtype=self.x.dtype, device=self.x.device)
        orders = self.streams.permutations(self.lengths)
        if self.rows is not None:
            orders = [own[order] for own, order in zip(self.rows, orders, strict=True)]
        padded = pad_sequence(orders, batch_first=True)
        supply = self._supply(-(-padded.shape[1] // self.batch_size))
        for step, start in enumerate(range(0, padded.shape[1], self.batch_size)):
            rows = padded[:, start : start + self.batch_size]
            weight = None if self.even else self._weight(start, rows.shape[1])
            active = [length > start for length in self.lengths]
            if supply is not None:
                rows = torch.cat([rows, supply[:, step]], 1)
            yield self._batch(rows, weight, active, ramp)

    def _batch(self, rows: Tensor, weight: Tensor | None, active: list[bool], ramp: float) -> Batch:
        shard = own_shard(rows.shape[1], self.batch_size + self.n_labelled)
        rows, weight = shard.of(rows), None if weight is None else shard.of(weight)
        x = self._of(self.x, rows)
        batch = Batch(x, x, weight, active, shard, self.streams, ramp)
        if self.shown is not None:
            batch.corrupted = self._of(self.sources, rows)
        if self.corruption is not None:
            batch.corrupted = self.corruption(batch.corrupted, shard)
        if self.supervision is not None:
            batch.labels = self.supervision.labels[rows]
            if self.supervision.guesses is not None:
                batch.guesses = self._of(self.supervision.guesses, rows)
        if self.given is not None:
            batch.given = self._of(self.given, rows)
        if self.settled is not None:
            batch.settled = torch.stack([own[places] for own, places in zip(self.settled, rows, strict=True)])
        if self.radius is not None:
            batch.radius = self.radius[rows]
        return batch

    def _supply(self, n_batches: int) -> Tensor | None:
        """Labelled rows for the batches of an epoch, (K, batches, n_labelled): each member's in order after order."""
        if not self.n_labelled:
            return None
        n = n_batches * self.n_labelled
        rounds = -(-n // min(len(own) for own in self.labelled))
        orders = [self.streams.permutations([len(own) for own in self.labelled]) for _ in range(rounds)]
        supply = [torch.cat([own[order[k]] for order in orders])[:n] for k, own in enumerate(self.labelled)]
        return torch.stack(supply).view(len(supply), n_batches, self.n_labelled)

    def _labelled(self, labels: Tensor) -> list[Tensor]:
        known = labels >= 0
        every = known.nonzero()[:, 0]
        return [every] * len(self.lengths) if self.rows is None else [own[known[own]] for own in self.rows]

    def _weight(self, start: int, n: int) -> Tensor:
        left = torch.tensor(self.lengths, device=self.x.device) - start
        weight = (torch.arange(n, device=self.x.device) < left[:, None]).to(self.x.dtype)
        return torch.cat([weight, (left > 0).to(weight.dtype)[:, None].expand(-1, self.n_labelled)], 1)

    @staticmethod
    def _of(values: Tensor | Fetched, rows: Tensor) -> Tensor:
        return values.index_select(0, rows.flatten()).view(*rows.shape, values.shape[-1])
