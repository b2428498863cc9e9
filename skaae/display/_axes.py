"""Axes to draw into: new ones or the user's, one or several with a title and a legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.gridspec import SubplotSpec

__all__ = ["AxesLike", "Panels", "hide_frame", "legend_outside", "make_panels", "single_axes"]

AxesLike: TypeAlias = "Axes | NDArray[Any] | None"  # None makes a figure

MAX_PANELS_PER_ROW = 8
MIN_PANEL_INCHES = 1.6  # in the user's axes
MARGIN_FRACTION = 0.05  # of the user's axes, for a title above panels and as much for a legend below


def pyplot() -> ModuleType:
    """matplotlib.pyplot, imported when something is drawn and not before."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError('Displays need matplotlib, which is not installed: pip install "skaae[plot]"') from error
    return plt


@dataclass
class Panels:
    """Axes in a new figure or in place of the user's axes, perhaps with one at the right, a title and a legend."""

    axes: NDArray[Any]
    side_ax: Axes | None = None
    margins: tuple[Axes, Axes] | None = None
    in_new_figure: bool = False
    columns: list[Any] | None = None  # names of those that are drawn

    @property
    def figure(self) -> Figure:
        figure: Figure = self.axes[0].figure
        return figure

    def title(self, text: str) -> None:
        """Writes above the panels; not in axes that the user passed one by one."""
        if self.margins is not None:
            self.margins[0].text(0.5, 0.5, text, ha="center", va="center", fontsize="large")
        elif self.in_new_figure:
            self.figure.suptitle(text)

    def legend(self, handles: Sequence[Artist]) -> None:
        """A legend below the panels; at the right of axes that the user passed one by one."""
        options: dict[str, Any] = {"handles": handles, "frameon": False}
        n_columns = min(len(handles), 8)
        if self.in_new_figure:
            self.figure.legend(loc="outside lower center", ncols=n_columns, **options)
        elif self.margins is not None:
            self.margins[1].legend(loc="center", ncols=n_columns, **options)
        else:
            legend_outside(self.axes[-1], **options)


def single_axes(ax: Any, size: tuple[float, float]) -> Panels:
    """The user's axes, or those of a new figure."""
    plt = pyplot()
    if isinstance(ax, (np.ndarray, list, tuple)):
        raise ValueError(f"`ax` must be one set of axes here. Got {len(ax)} of them.")
    if ax is None:
        _, ax = plt.subplots(figsize=size, layout="constrained")
    return Panels(np.array([ax], dtype=object))


def make_panels(
    ax: Any, n_panels: int, *, n_columns: int = 4, size: tuple[float, float] = (2.6, 2.0), side_width: float = 0.0
) -> Panels:
    """Panels in rows of `n_columns`, and one at their right of `side_width` times their width."""
    plt = pyplot()
    if isinstance(ax, (np.ndarray, list, tuple)):
        return user_panels(np.asarray(ax, dtype=object).ravel(), n_panels, side_width > 0)
    n_columns = min(n_columns, n_panels, max_panels_per_row(ax, side_width))
    n_rows = -(-n_panels // n_columns)
    widths = [1.0, side_width] if side_width else [1.0]
    margins = None
    if ax is None:
        inches = max(size[0] * n_columns * sum(widths), 4.0), size[1] * n_rows + 0.8
        figure = plt.figure(figsize=inches, layout="constrained")
        outer = figure.add_gridspec(1, len(widths), width_ratios=widths)
    else:
        figure = ax.figure
        rows = take_place(ax).subgridspec(3, 1, height_ratios=[MARGIN_FRACTION, 1.0, MARGIN_FRACTION])
        margins = figure.add_subplot(rows[0]), figure.add_subplot(rows[2])
        for margin in margins:
            margin.set_axis_off()
        outer = rows[1].subgridspec(1, len(widths), width_ratios=widths)
    grid = outer[0, 0].subgridspec(n_rows, n_columns)
    axes = [figure.add_subplot(grid[divmod(index, n_columns)]) for index in range(n_panels)]
    side_ax = figure.add_subplot(outer[0, 1]) if side_width else None
    return Panels(np.array(axes, dtype=object), side_ax, margins, in_new_figure=ax is None)


def user_panels(axes: NDArray[Any], n_panels: int, has_side_ax: bool) -> Panels:
    """The user's axes, if they are as many as there are panels."""
    n_axes = n_panels + has_side_ax
    if len(axes) != n_axes:
        raise ValueError(f"`ax` must be one set of axes, or as many as there are panels ({n_axes}). Got {len(axes)}.")
    return Panels(axes[:n_panels], axes[n_panels] if has_side_ax else None)


def max_panels_per_row(ax: Any, side_width: float) -> int:
    """How many panels fit side by side into the user's axes."""
    if ax is None:
        return MAX_PANELS_PER_ROW
    inches = ax.get_window_extent().width / ax.figure.dpi / (1 + side_width)
    return int(np.clip(inches / MIN_PANEL_INCHES, 1, MAX_PANELS_PER_ROW))


def take_place(ax: Axes) -> SubplotSpec:
    """Hides the user's axes, and returns their place in the figure."""
    if not ax.axison:
        raise ValueError(
            "`ax` must be axes that no other display has divided into panels. Got such ones: pass `axes_` of that"
            " display instead."
        )
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError("`ax` must be a subplot where it is divided into panels, as of `plt.subplots`. Got another.")
    ax.set_axis_off()
    return place


def legend_outside(ax: Axes, **options: Any) -> None:
    """A legend at the right of the axes."""
    ax.legend(**{"loc": "upper left", "bbox_to_anchor": (1.02, 1), "borderaxespad": 0.0, "frameon": False, **options})


def hide_frame(ax: Axes) -> None:
    """Leaves the lines at the left and at the bottom only."""
    ax.spines[["top", "right"]].set_visible(False)
