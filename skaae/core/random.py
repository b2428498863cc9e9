"""Random streams, one for each member of a pack.

The draws of a member depend on its seed, the epoch and its earlier draws, never on the other members, and never on
torch's global generator. Numbers are drawn ahead into growing buffers, because a call for each member and batch would
cost more than the numbers; and once for members with equal streams, such as candidates of a search with one seed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

__all__ = ["RandomStreams"]

MIN_BUFFER_SIZE, MAX_BUFFER_SIZE = 2**12, 2**18  # numbers of each member


class RandomStreams:
    """The random streams of members with the given seeds. Streams of another purpose are independent."""

    def __init__(self, seeds: Sequence[int], device: torch.device | str = "cpu", *, purpose: int = 0) -> None:
        self.seeds = tuple(seeds)
        self.purpose = purpose
        self.device = torch.device(device)
        self.generators = [torch.Generator(self.device) for _ in self.seeds]
        self.restart(0)

    def restart(self, *keys: int) -> None:
        """Starts the streams anew from the seeds and the keys, whatever was drawn before."""
        self.buffers: dict[str, Tensor] = {}
        # The numbers of a member depend on its seed and on the lengths of its permutations.
        self.histories: list[tuple[int, ...]] = [(seed,) for seed in self.seeds]
        self.buffer_size = MIN_BUFFER_SIZE
        for seed, generator in zip(self.seeds, self.generators, strict=True):
            state = np.random.SeedSequence((seed, self.purpose, *keys)).generate_state(1, np.uint64)
            generator.manual_seed(int(state[0] >> np.uint64(1)))

    def normal(self, *shape: int) -> Tensor:
        """Draws standard normal numbers, (K, *shape)."""
        return self._take("normal_", shape)

    def uniform(self, *shape: int) -> Tensor:
        """Draws uniform numbers in [0, 1), (K, *shape)."""
        return self._take("uniform_", shape)

    def permutations(self, lengths: Sequence[int]) -> list[Tensor]:
        """Draws a permutation of each length, one for each member, before any numbers are drawn."""
        assert not self.buffers, "permutations must be drawn before numbers."
        self.histories = [(*history, length) for history, length in zip(self.histories, lengths, strict=True)]
        return [
            torch.randperm(length, generator=generator, device=self.device)
            for length, generator in zip(lengths, self.generators, strict=True)
        ]

    def offset(self, member: int) -> float:
        """Draws a uniform number in [0, 1) for a member, before any numbers are drawn for all."""
        assert not self.buffers, "offsets must be drawn before numbers."
        return float(torch.rand((), generator=self.generators[member], device=self.device))

    def _take(self, distribution: str, shape: tuple[int, ...]) -> Tensor:
        n = math.prod(shape)
        buffer = self.buffers.get(distribution)
        if buffer is None or buffer.shape[1] < n:
            buffer = self._draw(distribution, max(n, self.buffer_size))
            self.buffer_size = min(2 * self.buffer_size, MAX_BUFFER_SIZE)
        self.buffers[distribution] = buffer[:, n:]
        return buffer[:, :n].view(len(self.seeds), *shape)

    def _draw(self, distribution: str, n: int) -> Tensor:
        unique = list(dict.fromkeys(self.histories))
        numbers = torch.empty(len(unique), n, dtype=torch.float32, device=self.device)
        for row, history in zip(numbers, unique, strict=True):
            getattr(row, distribution)(generator=self.generators[self.histories.index(history)])
        if len(unique) == len(self.histories):
            return numbers
        return numbers[[unique.index(history) for history in self.histories]]
