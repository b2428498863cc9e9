"""Rows on a device: a tensor of all rows, or, for rows in a file, a stand-in that reads those of each batch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from .._plan import RowSource

__all__ = ["LazyRows", "rows_to_device"]


class LazyRows:
    """A stand-in for the tensor of a source's rows, which reads rows when they are indexed."""

    dtype = torch.float32

    def __init__(self, source: RowSource, device: torch.device) -> None:
        self.source, self.device, self.shape = source, device, source.shape

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, indices: slice | Tensor) -> Tensor:
        rows = self.source[indices.cpu().numpy() if isinstance(indices, Tensor) else indices]
        return torch.tensor(rows, dtype=self.dtype, device=self.device)

    def index_select(self, dim: int, indices: Tensor) -> Tensor:
        """The rows at the indices; ``dim`` is 0."""
        return self[indices]

    def split(self, n_rows: int) -> Iterator[Tensor]:
        """Consecutive chunks of ``n_rows`` rows."""
        return (self[start : start + n_rows] for start in range(0, len(self), n_rows))


def rows_to_device(X: RowSource, device: str) -> Tensor | LazyRows:
    """Rows on a device; contiguous 32-bit arrays are not copied on the CPU."""
    if isinstance(X, np.ndarray):
        return torch.from_numpy(np.require(X, np.float32, ["C", "W"])).to(device)
    return LazyRows(X, torch.device(device))
