"""Ways from some styles and conditions to others."""

from __future__ import annotations

import numpy as np

__all__ = ["arcs", "lines"]


def arcs(start: np.ndarray, end: np.ndarray, n_steps: int) -> np.ndarray:
    """Points on great circles from some to others, (n * n_steps, width), lengths changing evenly."""
    lengths = [np.linalg.norm(each, axis=1, keepdims=True) for each in (start, end)]
    cosine = (start * end).sum(1, keepdims=True) / (lengths[0] * lengths[1]).clip(1e-12)
    angle = np.arccos(cosine.clip(-1, 1)).clip(1e-6, np.pi - 1e-6)[:, None]
    share = np.linspace(0, 1, n_steps)[None, :, None]
    ends = [(each / length.clip(1e-12))[:, None] for each, length in zip((start, end), lengths, strict=True)]
    turned = (np.sin((1 - share) * angle) * ends[0] + np.sin(share * angle) * ends[1]) / np.sin(angle)
    way = ((1 - share) * lengths[0][:, None] + share * lengths[1][:, None]) * turned
    return way.reshape(-1, start.shape[1]).astype(start.dtype, copy=False)


def lines(start: np.ndarray, end: np.ndarray, n_steps: int) -> np.ndarray:
    """Points on straight lines from some to others, (n * n_steps, width)."""
    return np.linspace(start, end, n_steps, axis=1).reshape(-1, start.shape[1])
