"""Images: rows of a table that are flat images, in a grid that is one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._axes import Panels, single_axes
from ._colors import MISSING

__all__ = ["IMAGES_PER_ROW", "ImageGrid", "color_limits", "to_images"]

IMAGES_PER_ROW = 12
IMAGE_INCHES, MAX_GRID_INCHES = 0.62, 7.5  # widths of an image and of all in a row
TAIL_FRACTION = 0.005  # of pixels that may be beyond either end of the colour scale


@dataclass(frozen=True)
class ImageGrid:
    """A grid of images: rows of shape (n_images, height, width, channels), some of which may end early.

    Colours are of the images' own range where `limits` is None. A wider gap follows each `rows_per_group` rows.
    """

    rows: Sequence[NDArray[np.float64]]
    limits: tuple[float, float] | None = None
    row_labels: Sequence[str] = ()
    column_labels: Sequence[str] = ()
    title: str = ""
    cmap: str = "gray_r"
    rows_per_group: int | None = None

    def draw(self, ax: Any) -> Panels:
        """Draws all images as one, into the user's axes or into new ones."""
        height, width = self.rows[0].shape[1:3]
        gap = max(1, round(min(height, width) / 12))
        index = np.arange(len(self.rows))
        tops = index * (height + gap) + 2 * gap * (index // (self.rows_per_group or len(index)))
        lefts = np.arange(max(map(len, self.rows))) * (width + gap)
        picture = self._assemble(tops, lefts)
        inches_per_pixel = min(IMAGE_INCHES * len(lefts), MAX_GRID_INCHES) / picture.shape[1]
        label_inches = 0.9 * bool(self.row_labels)
        title_inches = 0.3 + 0.4 * bool(self.column_labels) + 0.3 * bool(self.title)
        size = picture.shape[1] * inches_per_pixel + label_inches, picture.shape[0] * inches_per_pixel + title_inches
        panels = single_axes(ax, (max(3.2, size[0]), size[1]))
        ax = panels.axes[0]
        ax.set_title(self.title)
        if any(np.isnan(row).any() for row in self.rows):
            ax.set_xlabel("orange pixels are missing", fontsize="small")
        ax.imshow(picture, interpolation="nearest")
        ax.set_xticks(lefts[: len(self.column_labels)] + (width - 1) / 2, self.column_labels)
        ax.set_yticks(tops[: len(self.row_labels)] + (height - 1) / 2, self.row_labels)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        return panels

    def _assemble(self, tops: NDArray[np.int64], lefts: NDArray[np.int64]) -> NDArray[np.float64]:
        height, width = self.rows[0].shape[1:3]
        limits = self.limits or color_limits(np.concatenate(self.rows))
        picture = np.zeros((tops[-1] + height, lefts[-1] + width, 4))
        for top, row in zip(tops, self.rows, strict=True):
            for left, image in zip(lefts, to_rgba(row, limits, self.cmap), strict=False):
                picture[top : top + height, left : left + width] = image
        return picture


def to_images(X: Any, image_shape: Any, name: str = "X") -> NDArray[np.float64]:
    """Rows as images, (n, height, width, channels)."""
    rows = np.asarray(X, dtype=np.float64)
    if rows.ndim != 2 or not len(rows):
        raise ValueError(f"`{name}` must be two-dimensional, with one row at least. Got shape {rows.shape}.")
    return rows.reshape(-1, *check_image_shape(image_shape, rows.shape[1]))


def check_image_shape(image_shape: Any, n_features: int) -> tuple[int, int, int]:
    """Height, width and channels of flat images."""
    shape = tuple(np.ravel(image_shape).tolist())
    positive = all(isinstance(size, int) and size > 0 for size in shape)
    if len(shape) < 2 or not positive or shape[2:] not in ((), (1,), (3,), (4,)):
        raise ValueError(
            "`image_shape` must be a height and a width, and 1, 3 or 4 channels if there are some."
            f" Got {image_shape!r}."
        )
    if np.prod(shape) != n_features:
        raise ValueError(
            f"`image_shape` must multiply to the number of columns ({n_features}). Got {image_shape!r}, which"
            f" multiplies to {np.prod(shape)}."
        )
    return shape[0], shape[1], shape[2] if len(shape) == 3 else 1


def color_limits(images: NDArray[np.float64]) -> tuple[float, float]:
    """The ends of a colour scale: quantiles of the pixels, so that the rarest values do not count."""
    present = images[np.isfinite(images)]
    if not len(present):
        raise ValueError("Images must have a pixel that is not missing. Got none.")
    low, high = np.quantile(present, [TAIL_FRACTION, 1 - TAIL_FRACTION])
    return float(low), float(high)


def to_rgba(images: NDArray[np.float64], limits: tuple[float, float], cmap: str) -> NDArray[np.float64]:
    """Images in red, green, blue and opacity, with a colour for missing pixels."""
    from matplotlib import colormaps, colors

    low, high = limits
    missing = np.isnan(images)
    scaled = ((np.where(missing, low, images) - low) / (high - low or 1.0)).clip(0, 1)
    if images.shape[-1] == 1:
        rgba = np.asarray(colormaps[cmap](scaled[..., 0]))
    else:
        rgba = np.concatenate([scaled, np.ones_like(scaled[..., :1])], axis=-1)[..., :4]
    rgba[missing.any(axis=-1)] = colors.to_rgba(MISSING)
    return rgba
