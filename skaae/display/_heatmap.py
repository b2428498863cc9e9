"""A heat map of a table, with texts in its cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

__all__ = ["draw_heatmap"]


def draw_heatmap(
    ax: Axes,
    values: NDArray[np.float64],
    texts: NDArray[Any] | None,
    row_labels: Sequence[str],
    column_labels: Sequence[str],
    **options: Any,
) -> AxesImage:
    """Draws cells of shape (n_rows, n_columns), NaN without colour; returns the image, for a colour bar."""
    image = ax.imshow(np.ma.masked_invalid(values), aspect="auto", interpolation="nearest", **options)
    ax.set_xticks(range(len(column_labels)), column_labels, rotation=40, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(row_labels)), row_labels)
    ax.tick_params(length=0, labelsize="small")
    ax.spines[:].set_visible(False)
    if texts is not None:
        for row, column in np.ndindex(texts.shape):
            color = text_color(image, float(values[row, column]))
            ax.text(column, row, str(texts[row, column]), ha="center", va="center", fontsize="small", color=color)
    return image


def text_color(image: AxesImage, value: float) -> str:
    """Black or white, whichever has more contrast to the colour of a cell."""
    if not np.isfinite(value):
        return "black"
    red, green, blue = image.to_rgba(np.array([value]))[0, :3]
    return "black" if 0.30 * red + 0.59 * green + 0.11 * blue > 0.5 else "white"
