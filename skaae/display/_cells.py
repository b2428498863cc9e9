"""Tables of cells with values in them, coloured by something else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["draw_cells"]


def draw_cells(
    ax: Any,
    strength: np.ndarray,
    texts: np.ndarray | None,
    line_names: Sequence[str],
    column_names: Sequence[str],
    **look: Any,
) -> Any:
    """Draws cells of (n_lines, n_columns), NaN ones without colour; returns the image, for a colour bar."""
    image = ax.imshow(np.ma.masked_invalid(strength), aspect="auto", interpolation="nearest", **look)
    ax.set_xticks(range(len(column_names)), column_names, rotation=40, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(line_names)), line_names)
    ax.tick_params(length=0, labelsize="small")
    ax.spines[:].set_visible(False)
    if texts is not None:
        for line, column in np.ndindex(texts.shape):
            color = ink_on(image, float(strength[line, column]))
            ax.text(column, line, texts[line, column], ha="center", va="center", fontsize="small", color=color)
    return image


def ink_on(image: Any, strength: float) -> str:
    """Black or white, whichever is read on the colour of a cell."""
    if not np.isfinite(strength):
        return "black"
    red, green, blue = image.cmap(image.norm(strength))[:3]
    return "black" if 0.30 * red + 0.59 * green + 0.11 * blue > 0.5 else "white"
