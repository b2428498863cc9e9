"""Data-parallel training: where `torch.distributed` is initialized, processes share the rows of each batch.

Every process holds all rows, draws the same batches and the same random numbers, and goes on with its shard of the
batch: every n-th row, of n processes. Sums over rows and gradients are summed over the processes, so that each takes
the step that a single process would take with the whole batch. The gradient of an all-reduced sum is that of the local
summand: local gradients then sum to the gradient of the whole batch. Without processes nothing here has an effect.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import torch
from torch import Tensor, distributed

__all__ = [
    "Shard",
    "all_gather",
    "all_reduce_gradients",
    "all_reduce_mean",
    "all_reduce_sum",
    "barrier",
    "check_same_task",
    "is_distributed",
    "local_shard",
    "rank",
    "scale_gradient",
]


class Shard:
    """A shard of a batch of ``n_rows`` rows, for which random numbers are drawn as for ``n_draws`` rows.

    A short batch draws as many numbers as a full one, so that padding does not shift the stream of a member.
    """

    def __init__(self, n_rows: int, n_draws: int, first: int = 0, step: int = 1) -> None:
        self.n_rows, self.n_draws = n_rows, n_draws
        self.indices = slice(first, n_rows, step)

    def select(self, x: Tensor) -> Tensor:
        """The rows of the shard, from all rows or all draws, (K, n_rows or n_draws, ...)."""
        return x[:, self.indices]

    def scatter(self, x: Tensor, fill_value: float) -> Tensor:
        """The rows of the shard at their indices among all draws, (K, n_draws, ...), and the fill value elsewhere."""
        scattered = x.new_full((len(x), self.n_draws, *x.shape[2:]), fill_value)
        scattered[:, self.indices] = x
        return scattered


class AllReduceSum(torch.autograd.Function):
    """The sum over all processes, with the gradient of the local summand."""

    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        total = x.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        return gradient


def local_shard(n_rows: int, n_draws: int) -> Shard:
    """The shard of this process."""
    return Shard(n_rows, n_draws, rank(), n_processes())


def n_processes() -> int:
    """The number of processes that share a batch."""
    return distributed.get_world_size() if is_distributed() else 1


def rank() -> int:
    """The index of this process."""
    return distributed.get_rank() if is_distributed() else 0


def is_distributed() -> bool:
    """Whether there are several processes."""
    return distributed.is_available() and distributed.is_initialized() and distributed.get_world_size() > 1


def all_reduce_sum(x: Tensor) -> Tensor:
    """The sum over all processes, with the gradient of the local summand."""
    apply: Callable[[Tensor], Tensor] = AllReduceSum.apply
    return apply(x) if is_distributed() else x


def all_reduce_mean(total: Tensor, count: Tensor) -> Tensor:
    """The mean over all processes, from local sums and counts; counts of 0 are taken as 1."""
    return all_reduce_sum(total) / all_reduce_sum(count).clamp(min=1)


def scale_gradient(loss: Tensor) -> Tensor:
    """A loss that is equal in all processes, with its gradient divided by their number."""
    if is_distributed():
        loss = loss.view_as(loss)
        loss.register_hook(lambda gradient: gradient / n_processes())
    return loss


def all_gather(x: Tensor, shard: Shard) -> Tensor:
    """The rows of all shards, (K, n_rows, ...), with the gradient of the local ones."""
    return all_reduce_sum(shard.scatter(x, 0))[:, : shard.n_rows] if is_distributed() else x


def all_reduce_gradients(gradients: list[Tensor]) -> list[Tensor]:
    """Gradients summed over all processes, in one message."""
    if not is_distributed():
        return gradients
    message = torch.cat([gradient.flatten() for gradient in gradients])
    distributed.all_reduce(message)
    parts = message.split([gradient.numel() for gradient in gradients])
    return [part.view_as(gradient) for part, gradient in zip(parts, gradients, strict=True)]


def barrier() -> None:
    """Waits for the other processes."""
    if is_distributed():
        distributed.barrier()


def check_same_task(fingerprint: str, device: str) -> None:
    """Checks that all processes have the same training task.

    Raises
    ------
    ValueError
        In all processes, if they do not.
    """
    if not is_distributed():
        return
    number = int.from_bytes(blake2b(fingerprint.encode(), digest_size=6).digest())
    extremes = torch.tensor([number, -number], device=device)
    distributed.all_reduce(extremes, distributed.ReduceOp.MAX)
    if int(extremes[0]) != number or int(extremes[1]) != -number:
        raise ValueError(
            "Processes that train together must have the same parameters and rows, and a `random_state` that is a"
            f" number. Got a different one in one of {n_processes()}."
        )
