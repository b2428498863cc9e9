"""HistoryDisplay: how a fit went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ._canvas import panels, without_frame
from ._checks import check_methods
from ._colors import OTHERS, SECOND

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["HistoryDisplay"]

WIDE = 20  # times that a curve's highest value may be its lowest before its axis is logarithmic


class HistoryDisplay:
    """The loss of each phase of training over the epochs, each in a panel of its own scale.

    Losses are of different units, and a phase that gets worse while its adversary gets better is nothing wrong: what
    counts is where curves settle. Curves that fall twentyfold have a logarithmic axis. A curve that was watched for
    early stopping has a mark at its best epoch.

    Parameters
    ----------
    history : dict of str to array-like of shape (n_epochs,)
        Curves by phase, as of `history_`. NaN is an epoch without the phase.

    Attributes
    ----------
    axes_ : ndarray of Axes
        One for each phase.
    ax_ : Axes
        The first of them.
    figure_ : Figure
        The figure that they are in.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skaae import AAETransformer
    >>> from skaae.display import HistoryDisplay
    >>> model = AAETransformer(2, max_iter=5, random_state=0).fit(load_iris().data)
    >>> display = HistoryDisplay.from_estimator(model)
    >>> [axes.get_title() for axes in display.axes_]
    ['reconstruction', 'discriminator', 'generator']
    """

    def __init__(self, history: Mapping[str, Any]) -> None:
        self.history = history

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Axes | np.ndarray | None = None, **kwargs: Any) -> HistoryDisplay:
        """Draw the curves of a fitted estimator.

        Parameters
        ----------
        estimator : object
            A fitted estimator with `history_`. Where it has a `flow_curve_`, that is drawn too.
        ax : Axes, ndarray of Axes or None, default=None
            Axes to divide into panels, or one for each panel. None makes a figure.
        **kwargs : dict
            What matplotlib's `plot` is given, as `color` or `linewidth`.

        Returns
        -------
        display : HistoryDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If the estimator has no `history_`.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skaae import AAETransformer
        >>> from skaae.display import HistoryDisplay
        >>> model = AAETransformer(2, max_iter=5, random_state=0).fit(load_iris().data)
        >>> HistoryDisplay.from_estimator(model).ax_.get_xlabel()
        'epoch'
        """
        check_methods(estimator, "history_", cls.__name__)
        history = dict(estimator.history_)
        if hasattr(estimator, "flow_curve_"):
            history["flow"] = estimator.flow_curve_
        return cls.from_history(history, ax=ax, **kwargs)

    @classmethod
    def from_history(
        cls, history: Mapping[str, Any], *, ax: Axes | np.ndarray | None = None, **kwargs: Any
    ) -> HistoryDisplay:
        """Draw curves.

        Parameters
        ----------
        history : dict of str to array-like of shape (n_epochs,)
            Curves by phase.
        ax : Axes, ndarray of Axes or None, default=None
            Axes to divide into panels, or one for each panel. None makes a figure.
        **kwargs : dict
            What matplotlib's `plot` is given.

        Returns
        -------
        display : HistoryDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If there is no curve, or one is not one-dimensional or has no number.

        Examples
        --------
        >>> from skaae.display import HistoryDisplay
        >>> display = HistoryDisplay.from_history({"reconstruction": [3.0, 2.0, 1.5]})
        >>> display.ax_.lines[0].get_xdata().tolist()
        [1, 2, 3]
        """
        return cls({name: curve_of(name, curve) for name, curve in dict(history).items()}).plot(ax=ax, **kwargs)

    def plot(self, *, ax: Axes | np.ndarray | None = None, **kwargs: Any) -> HistoryDisplay:
        """Draw the curves.

        Parameters
        ----------
        ax : Axes, ndarray of Axes or None, default=None
            Axes to divide into panels, or one for each panel. None makes a figure.
        **kwargs : dict
            What matplotlib's `plot` is given.

        Returns
        -------
        display : HistoryDisplay
            The display.

        Raises
        ------
        ValueError
            If there is no curve, or `ax` are not as many axes as curves.
        """
        if not self.history:
            raise ValueError("`history` must have one curve at least. Got none.")
        n_curves = len(self.history)
        frame = panels(ax, n_curves, n_columns=3 if n_curves in (3, 5, 6, 9) else 4, size=(3.0, 2.4))
        for axes, (name, curve) in zip(frame.axes, self.history.items(), strict=True):
            draw_curve(axes, name, np.asarray(curve, dtype=np.float64), kwargs)
        frame.title("Losses by phase")
        self.axes_, self.ax_, self.figure_ = frame.axes, frame.axes[0], frame.figure
        return self


def curve_of(name: str, curve: Any) -> np.ndarray:
    """A curve as an array, with a number at least."""
    values = np.asarray(curve, dtype=np.float64)
    if values.ndim != 1 or not np.isfinite(values).any():
        raise ValueError(
            f"Curves must be one-dimensional, with one finite number at least. Got shape {values.shape} and"
            f" {int(np.isfinite(values).sum())} finite numbers in {name!r}."
        )
    return values


def draw_curve(ax: Any, name: str, curve: np.ndarray, options: dict[str, Any]) -> None:
    epochs = np.arange(1, len(curve) + 1)
    ax.plot(epochs, curve, **{"color": SECOND, "linewidth": 1.5, "marker": "." if len(curve) < 3 else None, **options})
    known = curve[np.isfinite(curve)]
    if known.min() > 0 and known.max() > WIDE * known.min():
        ax.set_yscale("log")
    if name == "validation":
        best = int(np.nanargmin(curve))
        ax.plot(epochs[best], curve[best], "o", color=OTHERS)
        name = f"validation, best epoch {best + 1}"
    ax.set(title=name, xlabel="epoch", ylabel="loss")
    ax.xaxis.get_major_locator().set_params(integer=True)
    without_frame(ax)
