"""Interpolation between latent codes (spherical) and between conditions (linear)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["lerp", "slerp"]


def slerp(start: NDArray[Any], end: NDArray[Any], n_steps: int) -> NDArray[Any]:
    """Points on great circles, (n * n_steps, width), with linearly interpolated norms (Shoemake, 1985)."""
    norms = [np.linalg.norm(each, axis=1, keepdims=True) for each in (start, end)]
    cosine = (start * end).sum(1, keepdims=True) / (norms[0] * norms[1]).clip(1e-12)
    angle = np.arccos(cosine.clip(-1, 1)).clip(1e-6, np.pi - 1e-6)[:, None]
    t = np.linspace(0, 1, n_steps)[None, :, None]
    units = [(each / norm.clip(1e-12))[:, None] for each, norm in zip((start, end), norms, strict=True)]
    directions = (np.sin((1 - t) * angle) * units[0] + np.sin(t * angle) * units[1]) / np.sin(angle)
    points: NDArray[Any] = ((1 - t) * norms[0][:, None] + t * norms[1][:, None]) * directions
    return points.reshape(-1, start.shape[1]).astype(start.dtype, copy=False)


def lerp(start: NDArray[Any], end: NDArray[Any], n_steps: int) -> NDArray[Any]:
    """Points on straight lines, (n * n_steps, width)."""
    return np.linspace(start, end, n_steps, axis=1).reshape(-1, start.shape[1])
