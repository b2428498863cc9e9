"""Where displays draw: one set of axes or several, new ones or the user's, with titles and legends beside the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Panels", "legend_beside", "one_axes", "panels", "pyplot", "without_frame"]


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
    host: Axes | None = None
    own: bool = False

    def title(self, text: str) -> None:
        """Writes above all of them, where there is a place that belongs to the display."""
        if self.host is not None:
            self.host.set_title(text, pad=22)
        elif self.own:
            self.figure.suptitle(text)

    def legend(self, handles: list[Any], title: str | None = None) -> None:
        """A legend below all of them; in axes that the user chose one by one, beside the last."""
        style: dict[str, Any] = {"handles": handles, "title": title, "frameon": False}
        n_columns = min(len(handles), 8)
        if self.own:
            self.figure.legend(loc="outside lower center", ncols=n_columns, **style)
        elif self.host is not None:
            self.host.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=n_columns, **style)
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
    n_columns = min(n_columns, n_panels)
    n_lines = -(-n_panels // n_columns)
    if isinstance(ax, (np.ndarray, list, tuple)):
        return given_panels(np.asarray(ax, dtype=object).ravel(), n_panels, beside > 0)
    if ax is None:
        width = size[0] * n_columns * (1 + beside)
        figure = plt.figure(figsize=(max(width, 4.0), size[1] * n_lines + 0.8), layout="constrained")
        grid = figure.add_gridspec(1, 2 if beside else 1, width_ratios=[1, beside] if beside else None)
    else:
        figure, grid = (
            ax.figure,
            place_of(ax).subgridspec(1, 2 if beside else 1, width_ratios=[1, beside] if beside else None),
        )
    cells = grid[0, 0].subgridspec(n_lines, n_columns)
    axes = np.array([figure.add_subplot(cells[divmod(place, n_columns)]) for place in range(n_panels)], dtype=object)
    other = figure.add_subplot(grid[0, 1]) if beside else None
    return Panels(figure, axes, other, ax, own=ax is None)


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
