"""Rows that are images, side by side in one picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ._canvas import one_axes
from ._checks import shape_of_images
from ._colors import MISSING

__all__ = ["draw_mosaic", "images_of", "limits_of"]

TILE, WIDEST = 0.62, 7.5  # inches of an image, and of all in a line
FAINT = 0.005  # share of pixels at either end of the scale that may be beyond it


def images_of(X: Any, image_shape: Any, name: str = "X") -> np.ndarray:
    """Rows as images, (n, height, width, channels)."""
    rows = np.asarray(X, dtype=np.float64)
    if rows.ndim != 2 or not len(rows):
        raise ValueError(f"`{name}` must be two-dimensional, with one row at least. Got shape {rows.shape}.")
    return rows.reshape(-1, *shape_of_images(image_shape, rows.shape[1]))


def limits_of(images: np.ndarray) -> tuple[float, float]:
    """The ends of a colour scale for images, but for the rarest values."""
    known = images[np.isfinite(images)]
    if not len(known):
        raise ValueError("Images must have a pixel that is not missing. Got none.")
    low, high = np.quantile(known, [FAINT, 1 - FAINT])
    return float(low), float(high)


def draw_mosaic(
    ax: Any,
    lines: Sequence[np.ndarray],
    *,
    limits: tuple[float, float],
    line_names: Sequence[str] = (),
    column_names: Sequence[str] = (),
    title: str = "",
    cmap: str = "gray_r",
    gap_after: int = 0,
) -> tuple[Any, Any]:
    """Draws lines of images, each (n, height, width, channels); those that are shorter end early.

    After each `gap_after` lines there is a wider gap. Returns the figure and the axes.
    """
    painted = [paint(line, limits, cmap) for line in lines]
    n_columns = max(map(len, painted))
    height, width = painted[0].shape[1:3]
    gap = max(1, round(min(height, width) / 12))
    tops = [
        place * (height + gap) + (2 * gap * (place // gap_after) if gap_after else 0) for place in range(len(lines))
    ]
    canvas = np.zeros((tops[-1] + height, n_columns * (width + gap) - gap, 4))
    for top, line in zip(tops, painted, strict=True):
        for place, image in enumerate(line):
            left = place * (width + gap)
            canvas[top : top + height, left : left + width] = image
    inch = min(TILE * n_columns, WIDEST) / canvas.shape[1]
    beside = 0.9 * bool(line_names), 0.3 + 0.4 * bool(column_names) + 0.3 * bool(title)
    figure, ax = one_axes(ax, (max(3.2, inch * canvas.shape[1] + beside[0]), inch * canvas.shape[0] + beside[1]))
    ax.set_title(title)
    if any(np.isnan(line).any() for line in lines):
        ax.set_xlabel("orange pixels are missing", fontsize="small")
    ax.imshow(canvas, interpolation="nearest")
    ax.set_xticks([place * (width + gap) + (width - 1) / 2 for place in range(len(column_names))], column_names)
    ax.set_yticks([top + (height - 1) / 2 for top in tops[: len(line_names)]], line_names)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return figure, ax


def paint(images: np.ndarray, limits: tuple[float, float], cmap: str) -> np.ndarray:
    """Images in red, green, blue and opacity; missing pixels in a colour of their own."""
    low, high = limits
    missing = np.isnan(images).any(axis=-1)
    scaled = (np.where(np.isnan(images), low, images) - low) / (high - low or 1.0)
    scaled = scaled.clip(0, 1)
    if images.shape[-1] == 1:
        from matplotlib import colormaps

        painted = np.asarray(colormaps[cmap](scaled[..., 0]))
    else:
        opaque = np.ones((*scaled.shape[:-1], 1))
        painted = np.concatenate([scaled, opaque], axis=-1)[..., :4].copy()
    if missing.any():
        from matplotlib.colors import to_rgba

        painted[missing] = to_rgba(MISSING)
    return painted
