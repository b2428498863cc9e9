"""Shards: where `torch.distributed` is initialised, processes share the rows of each batch.

Every process holds all rows and draws the same batches and the same numbers; then it goes on with the rows of its
shard, every so-many-th. Sums over rows, and gradients, are added up over the processes, so that each takes the step
that one alone would take with the whole batch. A sum that is added up keeps the gradient of its own part: the parts of
the gradient then add up to that of the whole, whatever is made of the sum. Without processes nothing here does
anything.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import torch
from torch import Tensor, distributed

__all__ = ["Shard", "active", "add_up_gradients", "agreed", "own_part", "own_shard", "rank", "ratio", "wait", "whole"]


class Shard:
    """Creates a shard of ``n`` rows, all of them or every so-many-th, for which as much is drawn as for ``size``.

    For a short batch as much is drawn as for a full one, so that padding does not shift a member's stream.
    """

    def __init__(self, n: int, size: int, first: int = 0, step: int = 1) -> None:
        self.n, self.size = n, size
        self.places = slice(first, n, step)

    def of(self, rows: Tensor) -> Tensor:
        """Those of the shard among all rows, or among what was drawn, (K, n or size, ...)."""
        return rows[:, self.places]

    def spread(self, rows: Tensor, filling: float) -> Tensor:
        """The rows of the shard in their places among as many as are drawn, (K, size, ...), and filling elsewhere."""
        every = rows.new_full((len(rows), self.size, *rows.shape[2:]), filling)
        every[:, self.places] = rows
        return every


class Total(torch.autograd.Function):
    """The sum over all processes, which hands its gradient down as it is."""

    @staticmethod
    def forward(context: Any, own: Tensor) -> Tensor:
        total = own.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        return gradient


def own_shard(n: int, size: int) -> Shard:
    """The shard of this process."""
    return Shard(n, size, rank(), n_processes())


def n_processes() -> int:
    """How many processes share a batch."""
    return distributed.get_world_size() if active() else 1


def rank() -> int:
    """The place of this process among them."""
    return distributed.get_rank() if active() else 0


def active() -> bool:
    """Whether there are several."""
    return distributed.is_available() and distributed.is_initialized() and distributed.get_world_size() > 1


def added_up(own: Tensor) -> Tensor:
    """The sum over all processes, with the gradient of this one's part."""
    return Total.apply(own) if active() else own


def ratio(total: Tensor, count: Tensor) -> Tensor:
    """What the processes have in all over how many, at least one, they have in all."""
    return added_up(total) / added_up(count).clamp(min=1)


def own_part(loss: Tensor) -> Tensor:
    """A loss that every process has as a whole, with its part of the gradient."""
    if active():
        loss = loss.view_as(loss)
        loss.register_hook(lambda gradient: gradient / n_processes())
    return loss


def whole(rows: Tensor, shard: Shard) -> Tensor:
    """The rows of all shards, (K, n, ...), with the gradient of this one's."""
    return added_up(shard.spread(rows, 0))[:, : shard.n] if active() else rows


def add_up_gradients(gradients: list[Tensor]) -> list[Tensor]:
    """Gradients summed over all processes, by one message."""
    if not active():
        return gradients
    message = torch.cat([gradient.flatten() for gradient in gradients])
    distributed.all_reduce(message)
    parts = message.split([gradient.numel() for gradient in gradients])
    return [part.view_as(gradient) for part, gradient in zip(parts, gradients, strict=True)]


def wait() -> None:
    """Waits for the other processes."""
    if active():
        distributed.barrier()


def agreed(asked: str, device: str) -> None:
    """Makes sure that all processes train the same.

    Raises
    ------
    ValueError
        In all of them, if they do not.
    """
    if not active():
        return
    number = int.from_bytes(blake2b(asked.encode(), digest_size=6).digest())
    ends = torch.tensor([number, -number], device=device)
    distributed.all_reduce(ends, distributed.ReduceOp.MAX)
    if int(ends[0]) != number or int(ends[1]) != -number:
        raise ValueError(
            "Processes that train together must be asked for the same, with the same rows and a `random_state` that is"
            f" a number. Got something else in one of {n_processes()}."
        )
