"""Cells as a network reads them: ranks and bounded deviations among the cells of a context.

A cell of another row has the rank that it would have if its row alone were one more of the context.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["N_VALUE_FEATURES", "CellReader", "Cells"]

N_FREQUENCIES = 3
N_VALUE_FEATURES = 5 + 2 * N_FREQUENCIES
MAX_DEVIATION = 4.0


@dataclass
class Cells:
    """Cells of several tables of one shape, (tables, columns, rows) each but for the second and the last."""

    rank: Tensor  # from -1 to 1; 0 where missing
    categorical: Tensor  # (tables, columns)
    deviation: Tensor  # from the median, bounded; 0 where missing
    missing: Tensor
    codes: Tensor  # of categories; -1 where missing, 0 for numbers
    features: Tensor  # (tables, columns, rows, N_VALUE_FEATURES)

    def first(self, n: int) -> Cells:
        """Those of the first rows."""
        parts = (self.deviation, self.missing, self.codes, self.features)
        return Cells(self.rank[:, :, :n], self.categorical, *(part[:, :, :n] for part in parts))


class CellReader:
    """Reads cells by their place among those of a context.

    `X` holds numbers, codes of categories, and NaN where missing, (tables, columns, rows); `categorical` is (tables,
    columns).
    """

    def __init__(self, X: NDArray[Any], categorical: NDArray[np.bool_]) -> None:
        self.categorical = categorical
        self.n_known = np.maximum((~np.isnan(X)).sum(2, keepdims=True), 1)
        self.ordered = torch.from_numpy(np.where(np.isnan(X), np.inf, X)).sort(2).values.contiguous()
        center = self._quantile(0.5)
        self.center = np.where(np.isfinite(center), center, 0)
        with np.errstate(invalid="ignore"):  # of columns without cells
            scale = (self._quantile(0.75) - self._quantile(0.25)) / 1.35
        spread = np.sqrt((self._difference(X) ** 2).sum(2, keepdims=True) / self.n_known)
        scale = np.where(np.isfinite(scale) & (scale > 1e-9 * spread), scale, spread)
        self.scale = np.where(scale > 0, scale, 1)

    def read(self, X: NDArray[Any], *, is_context: bool = False) -> Cells:
        """Cells of the context, or of other rows."""
        missing = np.isnan(X)
        filled = torch.from_numpy(np.where(missing, np.inf, X)).contiguous()
        first = torch.searchsorted(self.ordered, filled).numpy()
        n_equal = torch.searchsorted(self.ordered, filled, right=True).numpy() - first + (not is_context)
        n_known = self.n_known + (not is_context)
        rank = (2 * first + n_equal) / n_known - 1
        numeric = [self._bounded_deviation(X), rank]
        for frequency in 2.0 ** np.arange(N_FREQUENCIES):
            numeric += [np.sin(np.pi * frequency * rank), np.cos(np.pi * frequency * rank)]
        ties = np.log(np.maximum(n_equal, 1)) / np.log(n_known + 1)
        is_categorical = np.broadcast_to(self.categorical[:, :, None], X.shape)
        features = np.stack([*numeric, ties, is_categorical, missing], axis=3).astype(np.float32)
        features[is_categorical, : len(numeric)] = 0
        features[missing, : len(numeric) + 1] = 0
        codes = np.where(is_categorical, np.nan_to_num(X, nan=-1), 0).astype(np.int32)
        known = torch.from_numpy(features)
        return Cells(
            known[..., 1].contiguous(),
            torch.from_numpy(self.categorical),
            known[..., 0].contiguous(),
            torch.from_numpy(missing),
            torch.from_numpy(codes),
            known,
        )

    def _quantile(self, fraction: float) -> NDArray[Any]:
        return np.take_along_axis(self.ordered.numpy(), np.round(fraction * (self.n_known - 1)).astype(int), 2)

    def _difference(self, X: NDArray[Any]) -> NDArray[Any]:
        return np.where(np.isnan(X), 0, X - self.center)

    def _bounded_deviation(self, X: NDArray[Any]) -> NDArray[Any]:
        """Deviation from the median in units of the quartiles' distance (or the deviation), bounded."""
        z = self._difference(X) / self.scale
        return np.asarray(z / np.sqrt(1 + (z / MAX_DEVIATION) ** 2))
