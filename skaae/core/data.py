"""Training data on the device, in shuffled batches: one permutation an epoch, the last short batch kept, no loader.

Members may train on different rows. The batches of a member with fewer rows are padded with rows of weight zero, so
that it trains on exactly the batches that it would have alone.

Where few rows have a label, labelled rows are also drawn in a stream of their own and appended to every batch.

Rows with weights are drawn in proportion to them, anew in each epoch, and then shuffled. With weighted losses in place
of that, a heavy row would still be in one batch of an epoch only, whose step the optimizer brings to the size of all
others; and sorted codes, which a sliced Wasserstein distance compares with as many draws, would need weights too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from .._plan import TrainingData, systematic_sample
from .corruption import Corruption
from .distributed import Shard, all_reduce_mean, is_distributed, local_shard
from .lazy_rows import LazyRows, rows_to_device
from .model import AdversarialAutoencoder
from .random import RandomStreams

__all__ = ["Batch", "Batches", "TensorData", "to_device"]

MIN_LABELLED_FRACTION = 0.5  # of rows, below which labelled rows are appended to every batch


@dataclass
class TensorData:
    """`TrainingData` as tensors, with what a training computes from it.

    That is the radius of each row's virtual adversarial perturbation, (n,), and for a flow the standardized codes,
    (K, n, width). Weights stay on the CPU, in 64 bits.
    """

    x: Tensor | LazyRows
    labels: Tensor | None = None
    soft_labels: Tensor | None = None
    targets: Tensor | None = None
    condition: Tensor | None = None
    encoder_input: Callable[[int], Tensor] | None = None
    vat_radius: Tensor | None = None
    target_codes: Tensor | None = None
    sample_weight: NDArray[np.float64] | None = None


def to_device(data: TrainingData, device: str) -> TensorData:
    """Training data as tensors on a device."""

    def to_float(array: NDArray[Any]) -> Tensor:
        return torch.tensor(array, dtype=torch.float32, device=device)

    encoder_input = data.encoder_input
    return TensorData(
        x=rows_to_device(data.X, device),
        labels=None if data.labels is None else torch.tensor(data.labels, device=device),
        soft_labels=None if data.soft_labels is None else to_float(data.soft_labels),
        targets=None if data.targets is None else to_float(data.targets),
        condition=None if data.condition is None else to_float(data.condition),
        encoder_input=None if encoder_input is None else lambda epoch: to_float(encoder_input(epoch)),
        sample_weight=data.sample_weight,
    )


@dataclass
class Batch:
    """The rows of one step, (K, rows, ...), from the training data, and what the losses share.

    ``encoder_input`` is ``x`` with corruption. ``row_weight`` is 0 for padding, and None without padding. ``active``
    says of each member whether it has any rows. The losses share the encoder's output and the code, computed once, and
    the reconstruction error. The training loop sets ``ramp``, which rises from 0 to 1 in the first epochs.
    """

    x: Tensor
    encoder_input: Tensor
    row_weight: Tensor | None
    active: list[bool]
    shard: Shard
    streams: RandomStreams
    labels: Tensor | None = None
    soft_labels: Tensor | None = None
    targets: Tensor | None = None
    condition: Tensor | None = None
    vat_radius: Tensor | None = None
    target_codes: Tensor | None = None
    ramp: float = 1.0
    uses_soft_labels: bool = True
    reconstruction_error: Tensor | float = 1.0
    encoder_output: Tensor | None = None
    code: Tensor | None = None

    def encode(self, model: AdversarialAutoencoder) -> Tensor:
        """The code, computed once until it is cleared."""
        if self.code is None:
            self.encoder_output = model.encoder_output(self.encoder_input, self.normal)
            self.code = model.to_code(self.encoder_output, self.normal)
        return self.code

    def clear_code(self) -> None:
        """Clears the code, because the encoder changes."""
        self.encoder_output = self.code = None

    def predict_log_proba(self, model: AdversarialAutoencoder) -> Tensor:
        """Log probabilities of the classes, (K, rows, classes), from the same pass through the encoder."""
        self.encode(model)
        assert self.encoder_output is not None
        return model.to_log_proba(self.encoder_output)

    def sample_prior(self, model: AdversarialAutoencoder) -> Tensor:
        """A draw from the prior for each row, of its class where that is known."""
        labels = None if self.labels is None else self.shard.scatter(self.labels, -1)
        return self.shard.select(model.sample_prior(self.shard.n_draws, self.streams, labels))

    def normal(self, width: int) -> Tensor:
        """Standard normal numbers for each row, (K, rows, width)."""
        return self.shard.select(self.streams.normal(self.shard.n_draws, width))

    def uniform(self) -> Tensor:
        """A uniform number for each row, (K, rows, 1)."""
        return self.shard.select(self.streams.uniform(self.shard.n_draws, 1))

    def mean(self, values: Tensor, where: Tensor | None = None) -> Tensor:
        """Mean of each member over rows, or over some of them, and columns: (K, rows, ...) to (K,)."""
        if self.row_weight is None and where is None and not is_distributed():
            return values.mean(tuple(range(1, values.ndim)))
        row_means = values.flatten(2).mean(-1) if values.ndim > 2 else values
        weight = self.row_weight_or_ones if where is None else self.row_weight_or_ones * where
        return all_reduce_mean((row_means * weight).sum(-1), weight.sum(-1))

    @property
    def row_weight_or_ones(self) -> Tensor:
        """The weight of each row, (K, rows)."""
        return self.x.new_ones(self.x.shape[:2]) if self.row_weight is None else self.row_weight


class Batches:
    """The batches of training data; member k trains on the rows ``member_rows[k]``, or on all."""

    def __init__(
        self,
        data: TensorData,
        batch_size: int,
        streams: RandomStreams,
        corruption: Corruption | None = None,
        member_rows: Sequence[NDArray[np.intp]] | None = None,
    ) -> None:
        self.data, self.batch_size, self.streams, self.corruption = data, batch_size, streams, corruption
        self.member_rows, self.n_rows = None, [len(data.x)] * len(streams.seeds)
        if member_rows is not None:
            self.member_rows = [torch.tensor(rows, device=data.x.device) for rows in member_rows]
            self.n_rows = [len(rows) for rows in member_rows]
        self.n_batches = torch.tensor([-(-n // batch_size) for n in self.n_rows], device=data.x.device)
        self.n_steps = int(self.n_batches.max())
        self.sizes_are_equal = len(set(self.n_rows)) == 1
        self.labelled_rows = [] if data.labels is None else self._labelled_rows(data.labels)
        self.n_labelled = [len(rows) for rows in self.labelled_rows]
        are_few = any(n / m < MIN_LABELLED_FRACTION for n, m in zip(self.n_labelled, self.n_rows, strict=False))
        self.n_appended = min(max(self.n_labelled), max(1, batch_size // 2)) if are_few else 0

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of an epoch, a function of its number."""
        self.streams.restart(number)
        if self.corruption is not None:
            self.corruption.restart(number)
        encoder_input = self.data.x if self.data.encoder_input is None else self.data.encoder_input(number)
        padded = pad_sequence(self._shuffle(self.member_rows, self.n_rows), batch_first=True)
        appended = self._draw_appended(-(-padded.shape[1] // self.batch_size))
        for step, start in enumerate(range(0, padded.shape[1], self.batch_size)):
            indices = padded[:, start : start + self.batch_size]
            row_weight = None if self.sizes_are_equal else self._row_weight(start, indices.shape[1])
            if appended is not None:
                indices = torch.cat([indices, appended[:, step]], 1)
            yield self._batch(indices, encoder_input, row_weight, [n > start for n in self.n_rows])

    def _batch(
        self, indices: Tensor, encoder_input: Tensor | LazyRows, row_weight: Tensor | None, active: list[bool]
    ) -> Batch:
        shard = local_shard(indices.shape[1], self.batch_size + self.n_appended)
        indices, data, codes = shard.select(indices), self.data, self.data.target_codes
        row_weight = None if row_weight is None else shard.select(row_weight)
        x = take_rows(data.x, indices)
        corrupted = x if encoder_input is data.x else take_rows(encoder_input, indices)
        if self.corruption is not None:
            corrupted = self.corruption(corrupted, shard)

        def take(values: Tensor | None) -> Tensor | None:
            return None if values is None else take_rows(values, indices)

        return Batch(
            x,
            corrupted,
            row_weight,
            active,
            shard,
            self.streams,
            labels=take(data.labels),
            soft_labels=take(data.soft_labels),
            targets=take(data.targets),
            condition=take(data.condition),
            vat_radius=take(data.vat_radius),
            target_codes=None if codes is None else codes.take_along_dim(indices.unsqueeze(-1), 1),
        )

    def _draw_appended(self, n_batches: int) -> Tensor | None:
        """Indices of labelled rows for each batch, (K, batches, n_appended), from one permutation after another."""
        if not self.n_appended:
            return None
        n = n_batches * self.n_appended
        passes = [self._shuffle(self.labelled_rows, self.n_labelled) for _ in range(-(-n // min(self.n_labelled)))]
        appended = [torch.cat(rows)[:n] for rows in zip(*passes, strict=True)]
        return torch.stack(appended).view(len(appended), n_batches, self.n_appended)

    def _shuffle(self, member_rows: list[Tensor] | None, n_rows: list[int]) -> list[Tensor]:
        """Indices of each member's rows in random order; with weights, of as many rows drawn in proportion to them."""
        shuffled = self.streams.permutations(n_rows)
        if member_rows is not None:
            shuffled = [rows[order] for rows, order in zip(member_rows, shuffled, strict=True)]
        weight = self.data.sample_weight
        if weight is None:
            return shuffled
        drawn = [
            systematic_sample(weight[rows.cpu().numpy()], len(rows), self.streams.offset(member))
            for member, rows in enumerate(shuffled)
        ]
        orders = self.streams.permutations(n_rows)
        return [
            rows[torch.from_numpy(indices).to(rows.device)[order]]
            for rows, indices, order in zip(shuffled, drawn, orders, strict=True)
        ]

    def _labelled_rows(self, labels: Tensor) -> list[Tensor]:
        is_labelled = labels >= 0
        if self.member_rows is None:
            return [is_labelled.nonzero()[:, 0]] * len(self.n_rows)
        return [rows[is_labelled[rows]] for rows in self.member_rows]

    def _row_weight(self, start: int, n: int) -> Tensor:
        n_left = torch.tensor(self.n_rows, device=self.data.x.device) - start
        weight = (torch.arange(n, device=n_left.device) < n_left[:, None]).to(self.data.x.dtype)
        return torch.cat([weight, (n_left > 0).to(weight.dtype)[:, None].expand(-1, self.n_appended)], 1)


def take_rows(x: Tensor | LazyRows, indices: Tensor) -> Tensor:
    """The rows at the indices, (K, rows, ...)."""
    return x.index_select(0, indices.flatten()).view(*indices.shape, *x.shape[1:])
