"""HistoryDisplay: the losses of a fit over its epochs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from ._axes import AxesLike, hide_frame, make_panels
from ._colors import MODEL, NEUTRAL
from ._display import Display
from ._validation import check_method

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["HistoryDisplay"]

MIN_LOG_RATIO = 20  # of a curve's highest to its lowest value, from which its axis is logarithmic


@dataclass(repr=False, eq=False)
class HistoryDisplay(Display):
    """Each loss of a fit over the epochs, in a panel with a scale of its own.

    Losses have different units, and a loss that rises while its adversary's falls is nothing wrong: what counts is
    where curves converge. Curves that fall twentyfold have a logarithmic axis. A point marks the best epoch of the
    validation loss of early stopping.

    Parameters
    ----------
    history : dict of str to array-like of shape (n_epochs,)
        Curves by loss, as in `history_`. NaN is an epoch without the loss.

    Attributes
    ----------
    axes_ : ndarray of Axes
        One for each loss.
    ax_, figure_ : Axes, Figure
        The first of them, and the figure.

    Examples
    --------
    >>> from skaae.display import HistoryDisplay
    >>> display = HistoryDisplay.from_history({"reconstruction": [3.0, 2.0, 1.5]})
    >>> display.ax_.lines[0].get_xdata().tolist()
    [1, 2, 3]
    """

    history: Mapping[str, Any]

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: AxesLike = None, **kwargs: Any) -> Self:
        """Draw the curves of a fitted estimator.

        Parameters
        ----------
        estimator : object
            A fitted estimator with `history_`. Where it has a `flow_curve_`, that is drawn too.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skaae import AAETransformer
        >>> from skaae.display import HistoryDisplay
        >>> model = AAETransformer(2, max_iter=5, random_state=0).fit(load_iris().data)
        >>> HistoryDisplay.from_estimator(model).ax_.get_title()
        'reconstruction'
        """
        check_method(estimator, "history_", cls.__name__)
        history = dict(estimator.history_)
        if hasattr(estimator, "flow_curve_"):
            history["flow"] = estimator.flow_curve_
        return cls.from_history(history, ax=ax, **kwargs)

    @classmethod
    def from_history(cls, history: Mapping[str, Any], *, ax: AxesLike = None, **kwargs: Any) -> Self:
        """Draw curves.

        Parameters
        ----------
        history : dict of str to array-like of shape (n_epochs,)
            As in the constructor.
        """
        return cls({name: check_curve(name, curve) for name, curve in history.items()}).plot(ax=ax, **kwargs)

    def plot(self, *, ax: AxesLike = None, **kwargs: Any) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : Axes, ndarray of Axes or None, default=None
            Axes to divide into panels, or one for each panel. None makes a figure.
        **kwargs : dict
            Passed to matplotlib's `plot`.
        """
        n_curves = len(self.history)
        if not n_curves:
            raise ValueError("`history` must have one curve at least. Got none.")
        panels = make_panels(ax, n_curves, n_columns=3 if n_curves in (3, 5, 6, 9) else 4, size=(3.0, 2.4))
        for panel, (name, curve) in zip(panels.axes, self.history.items(), strict=True):
            draw_curve(panel, name, np.asarray(curve, dtype=np.float64), kwargs)
        panels.title("Losses by phase")
        return self._keep(panels)


def check_curve(name: str, curve: Any) -> NDArray[np.float64]:
    values = np.asarray(curve, dtype=np.float64)
    if values.ndim != 1 or not np.isfinite(values).any():
        raise ValueError(
            f"Curves must be one-dimensional, with one finite number at least. Got shape {values.shape} and"
            f" {int(np.isfinite(values).sum())} finite numbers in {name!r}."
        )
    return values


def draw_curve(ax: Axes, name: str, curve: NDArray[np.float64], options: dict[str, Any]) -> None:
    epochs = np.arange(1, len(curve) + 1)
    ax.plot(epochs, curve, **{"color": MODEL, "linewidth": 1.5, "marker": "." if len(curve) < 3 else None, **options})
    finite = curve[np.isfinite(curve)]
    if finite.min() > 0 and finite.max() > MIN_LOG_RATIO * finite.min():
        ax.set_yscale("log")
    if name == "validation":
        best = int(np.nanargmin(curve))
        ax.plot(epochs[best], curve[best], "o", color=NEUTRAL)
        name = f"validation, best epoch {best + 1}"
    ax.set(title=name, xlabel="epoch", ylabel="loss")
    ax.locator_params(axis="x", integer=True)
    hide_frame(ax)
