"""Where displays draw: one set of axes or several, new ones or the user's, with titles and legends beside the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Panels", "legend_beside", "one_axes", "panels", "pyplot", "without_frame"]


MOST_IN_LINE, NARROWEST = 8, 1.6  # panels, and inches of one in the user's axes
STRIP = 0.05  # of the user's axes for a title above panels, and as much for a legend below


def pyplot() -> Any:
    """matplotlib.pyplot, which is loaded when something is drawn and not before."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError('Displays need matplotlib, which is not installed: pip install "skaae[plot]"') from error
    return plt


@dataclass
class Panels:
    """Several axes and perhaps one beside them, in a figure of their own or in place of one of the user's axes."""

    figure: Figure
    axes: np.ndarray
    beside: Axes | None = None
    strips: tuple[Axes, Axes] | None = None
    own: bool = False

    def title(self, text: str) -> None:
        """Writes above all of them, where there is a place that belongs to the display."""
        if self.strips is not None:
            self.strips[0].text(0.5, 0.5, text, ha="center", va="center", fontsize="large")
        elif self.own:
            self.figure.suptitle(text)

    def legend(self, handles: list[Any], title: str | None = None) -> None:
        """A legend below all of them; in axes that the user chose one by one, beside the last."""
        style: dict[str, Any] = {"handles": handles, "title": title, "frameon": False}
        n_columns = min(len(handles), 8)
        if self.own:
            self.figure.legend(loc="outside lower center", ncols=n_columns, **style)
        elif self.strips is not None:
            self.strips[1].legend(loc="center", ncols=n_columns, **style)
        else:
            legend_beside(self.axes[-1], **style)


def one_axes(ax: Any, size: tuple[float, float]) -> tuple[Any, Any]:
    """A figure and its axes, new ones where the user gives none."""
    plt = pyplot()
    if ax is None:
        return plt.subplots(figsize=size, layout="constrained")
    if isinstance(ax, (np.ndarray, list, tuple)):
        raise ValueError(f"`ax` must be one set of axes here. Got {len(ax)} of them.")
    return ax.figure, ax


def panels(
    ax: Any, n_panels: int, *, n_columns: int = 4, size: tuple[float, float] = (2.6, 2.0), beside: float = 0.0
) -> Panels:
    """As many axes as asked for, in lines of `n_columns`, and one beside them of `beside` times their width."""
    plt = pyplot()
    n_columns = min(n_columns, n_panels, most_in_line(ax, beside))
    n_lines = -(-n_panels // n_columns)
    if isinstance(ax, (np.ndarray, list, tuple)):
        return given_panels(np.asarray(ax, dtype=object).ravel(), n_panels, beside > 0)
    widths = [1.0, beside] if beside else [1.0]
    strips = None
    if ax is None:
        inches = max(size[0] * n_columns * sum(widths), 4.0), size[1] * n_lines + 0.8
        figure = plt.figure(figsize=inches, layout="constrained")
        grid = figure.add_gridspec(1, len(widths), width_ratios=widths)
    else:
        figure, lines = ax.figure, place_of(ax).subgridspec(3, 1, height_ratios=[STRIP, 1.0, STRIP])
        strips = blank(figure.add_subplot(lines[0])), blank(figure.add_subplot(lines[2]))
        grid = lines[1].subgridspec(1, len(widths), width_ratios=widths)
    cells = grid[0, 0].subgridspec(n_lines, n_columns)
    axes = [figure.add_subplot(cells[divmod(place, n_columns)]) for place in range(n_panels)]
    other = figure.add_subplot(grid[0, 1]) if beside else None
    return Panels(figure, np.array(axes, dtype=object), other, strips, own=ax is None)


def blank(ax: Any) -> Any:
    """Axes that hold a title or a legend only."""
    ax.set_axis_off()
    return ax


def most_in_line(ax: Any, beside: float) -> int:
    """How many panels fit side by side into the user's axes; the more where there are none."""
    if not hasattr(ax, "get_window_extent"):
        return MOST_IN_LINE
    inches = ax.get_window_extent().width / ax.figure.dpi / (1 + beside)
    return int(np.clip(inches / NARROWEST, 1, MOST_IN_LINE))


def given_panels(axes: np.ndarray, n_panels: int, beside: bool) -> Panels:
    """The user's axes, if they are as many as there are panels."""
    wanted = n_panels + beside
    if len(axes) != wanted:
        raise ValueError(f"`ax` must be one set of axes, or as many as there are panels ({wanted}). Got {len(axes)}.")
    return Panels(axes[0].figure, axes[:n_panels], axes[n_panels] if beside else None)


def place_of(ax: Any) -> Any:
    """The place of the user's axes in their figure, which panels take over."""
    if not ax.axison:
        raise ValueError(
            "`ax` must be axes that no other display has divided into panels. Got such ones: give `axes_` of that"
            " display instead."
        )
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError("`ax` must be a subplot where it is divided into panels, as of `plt.subplots`. Got another.")
    ax.set_axis_off()
    return place


def legend_beside(ax: Any, **options: Any) -> Any:
    """A legend at the right of the axes, outside of the data."""
    return ax.legend(
        **{"loc": "upper left", "bbox_to_anchor": (1.02, 1), "borderaxespad": 0.0, "frameon": False, **options}
    )


def without_frame(ax: Any) -> None:
    """Leaves the lines at the left and below only."""
    ax.spines[["top", "right"]].set_visible(False)
