"""Random streams, one for each member of a pack.

What a member draws depends on its seed, the epoch, and its own earlier draws: never on its neighbours, and never on
the generators of the user. Numbers are drawn ahead in growing chunks, because one call for each member and batch would
cost more than the numbers; and once for members that draw the same, as candidates of a search do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

__all__ = ["Streams"]

FIRST_CHUNK, LARGEST_CHUNK = 2**12, 2**18


class Streams:
    """Creates the random streams of members with the given seeds; streams for another purpose are other streams."""

    def __init__(self, seeds: Sequence[int], device: torch.device | str = "cpu", *, purpose: int = 0) -> None:
        self.seeds = tuple(seeds)
        self.purpose = purpose
        self.device = torch.device(device)
        self.generators = [torch.Generator(self.device) for _ in self.seeds]
        self.restart(0)

    def restart(self, *keys: int) -> None:
        """Begins again at the place that the keys name, whatever was drawn before."""
        self.ahead: dict[str, Tensor] = {}
        # What a member has drawn orders of, on which its numbers depend: where paths are equal, so are numbers.
        self.paths: list[tuple[int, ...]] = [(seed,) for seed in self.seeds]
        self.chunk = FIRST_CHUNK
        for seed, generator in zip(self.seeds, self.generators, strict=True):
            state = np.random.SeedSequence((seed, self.purpose, *keys)).generate_state(1, np.uint64)
            generator.manual_seed(int(state[0] >> np.uint64(1)))

    def normal(self, *shape: int) -> Tensor:
        """Draws standard normal numbers, (members, *shape)."""
        return self._take("normal_", shape)

    def uniform(self, *shape: int) -> Tensor:
        """Draws uniform numbers in [0, 1), (members, *shape)."""
        return self._take("uniform_", shape)

    def permutations(self, lengths: Sequence[int]) -> list[Tensor]:
        """Draws an order of so many rows for each member, before any numbers are drawn."""
        assert not self.ahead, "orders come before numbers."
        self.paths = [(*path, length) for path, length in zip(self.paths, lengths, strict=True)]
        return [
            torch.randperm(length, generator=generator, device=self.device)
            for length, generator in zip(lengths, self.generators, strict=True)
        ]

    def _take(self, distribution: str, shape: tuple[int, ...]) -> Tensor:
        n = math.prod(shape)
        left = self.ahead.get(distribution)
        if left is None or left.shape[1] < n:
            left = self._draw(distribution, max(n, self.chunk))
            self.chunk = min(2 * self.chunk, LARGEST_CHUNK)
        self.ahead[distribution] = left[:, n:]
        return left[:, :n].view(len(self.seeds), *shape)

    def _draw(self, distribution: str, n: int) -> Tensor:
        paths = list(dict.fromkeys(self.paths))
        numbers = torch.empty(len(paths), n, dtype=torch.float32, device=self.device)
        for row, path in zip(numbers, paths, strict=True):
            getattr(row, distribution)(generator=self.generators[self.paths.index(path)])
        if len(paths) == len(self.paths):
            return numbers
        return numbers[[paths.index(path) for path in self.paths]]
