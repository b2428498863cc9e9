"""What displays share: where they are drawn, how rows are drawn as images or by their columns, and docstrings."""

from __future__ import annotations

import inspect
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, Self

from numpy.typing import NDArray

from ._axes import AxesLike, Panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Display", "RowsDisplay"]


class Display:
    """A picture of one or several axes, which `from_...` computes and `plot` draws.

    Docstrings of these methods are completed here with what they all end in: axes and options that are passed on to
    `plot`, and the display that they return.
    """

    ax_: Axes
    axes_: NDArray[Any]
    figure_: Figure
    columns_: list[Any]

    def __init_subclass__(cls) -> None:
        for name, member in vars(cls).items():
            if name.startswith("from_") or name == "plot":
                function = getattr(member, "__func__", member)
                function.__doc__ = complete_docstring(function, cls.__name__)

    def _keep(self, panels: Panels) -> Self:
        """Sets the attributes; returns the display."""
        self.axes_, self.ax_, self.figure_ = panels.axes, panels.axes[0], panels.figure
        if panels.columns is not None:
            self.columns_ = panels.columns
        return self


def complete_docstring(function: Any, display: str) -> str:
    """The docstring of a method that draws, with parameters that go to `plot` and with what is returned."""
    text, _, examples = inspect.cleandoc(function.__doc__ or "").partition("\n\nExamples\n")
    names = {"ax": "ax", "kwargs": "**kwargs"}
    passed_on = [names[name] for name in inspect.signature(function).parameters if name in names]
    if "ax" in passed_on and function.__name__ != "plot":
        text += f"\n{', '.join(passed_on)}\n    Passed to `plot`."
    returned = "self : object" if function.__name__ == "plot" else f"display : {display}"
    text += f"\n\nReturns\n-------\n{returned}\n    The display, drawn."
    return f"{text}\n\nExamples\n{examples}" if examples else text


@dataclass(repr=False, eq=False)
class RowsDisplay(Display):
    """Rows, which are images if they have a shape, and have columns otherwise."""

    _: KW_ONLY
    image_shape: Any = None
    max_columns: int = 12

    def plot(self, *, ax: AxesLike = None, cmap: str | None = None, limits: tuple[float, float] | None = None) -> Self:
        """Draw the rows.

        Parameters
        ----------
        ax : Axes, ndarray of Axes or None, default=None
            Where to draw images, or a table of cells; axes to divide into panels of columns, or one for each. None
            makes a figure.
        cmap : str or None, default=None
            The colours of images of one channel, of numbers over a code, or of changes by a transfer. None is "gray_r",
            "viridis" or "RdBu_r".
        limits : tuple of float or None, default=None
            The values at the ends of the colour scale of images. None takes those of the rows, but for the rarest.
        """
        if self.image_shape is None:
            return self._keep(self._draw_columns(ax, cmap))
        return self._keep(self._draw_images(ax, cmap or "gray_r", limits))

    def _draw_columns(self, ax: Any, cmap: str | None) -> Panels:
        raise NotImplementedError

    def _draw_images(self, ax: Any, cmap: str, limits: tuple[float, float] | None) -> Panels:
        raise NotImplementedError
