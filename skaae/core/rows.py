"""Rows on the device: all of them at once, or, where they are in a file, those of a batch when its turn comes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

__all__ = ["Fetched", "Source", "placed"]


class Source(Protocol):
    """Rows of numbers, (n, features), that are arrays once they are asked for. An array is one of them."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def nbytes(self) -> int:
        """What they take of memory."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, places: Any, /) -> np.ndarray: ...


class Fetched:
    """Creates what stands for a tensor of a source's rows on a device, and fetches those that are asked for."""

    dtype = torch.float32

    def __init__(self, source: Source, device: torch.device) -> None:
        self.source, self.device, self.shape = source, device, source.shape

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, places: slice | Tensor) -> Tensor:
        rows = self.source[places.cpu().numpy() if isinstance(places, Tensor) else places]
        return torch.tensor(rows, dtype=self.dtype, device=self.device)

    def index_select(self, dim: int, places: Tensor) -> Tensor:
        """The rows at some places; ``dim`` is 0."""
        return self[places]

    def split(self, n: int) -> Iterator[Tensor]:
        """So many rows in turn."""
        return (self[start : start + n] for start in range(0, len(self), n))


def placed(X: Source, device: str) -> Tensor | Fetched:
    """Rows where a training can take them from; arrays that are ready are not copied."""
    if isinstance(X, np.ndarray):
        return torch.from_numpy(np.require(X, np.float32, ["C", "W"])).to(device)
    return Fetched(X, torch.device(device))
