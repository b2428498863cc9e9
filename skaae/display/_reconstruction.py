"""ReconstructionDisplay: rows above what a model makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.utils import _safe_indexing

from ._canvas import panels
from ._checks import check_most, image_shape_of, most_drawn
from ._colors import FIRST, SECOND
from ._column_panels import draw_column, handles_of
from ._mosaic import draw_mosaic, images_of, limits_of
from ._tables import frames_alike, is_number, numbers_of, of_columns, some_places, texts_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ReconstructionDisplay"]

IMAGES_IN_LINE = 12
ORIGINAL, CLEANED = ("original", "reconstruction"), ("given", "cleaned")


class ReconstructionDisplay:
    """Rows above their reconstructions as images, or columns of both as histograms and bars.

    Panels of columns say how much of each row is kept: R² of numbers, the share of equal cells of categories.

    Parameters
    ----------
    X : DataFrame or array-like of shape (n_samples, n_features)
        Rows.
    X_reconstructed : DataFrame or array-like of shape (n_samples, n_features)
        What a model makes of each.
    image_shape : tuple of int or None, default=None
        Height and width, and channels if there are some, of rows that are images. None draws columns.
    names : tuple of str, default=("original", "reconstruction")
        What the two are called.
    limits : tuple of float or None, default=None
        The values at the ends of the colour scale of images. None takes those of `X`, but for the rarest.
    max_columns : int, default=12
        Of more columns, those that are kept least are drawn.

    Attributes
    ----------
    ax_ : Axes
        The picture, or the first panel.
    axes_ : ndarray of Axes
        The panels of the columns.
    columns_ : list
        The columns that are drawn.
    figure_ : Figure
        The figure that they are in.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skaae import AAETransformer
    >>> from skaae.display import ReconstructionDisplay
    >>> X = load_digits().data[:200]
    >>> model = AAETransformer(8, max_iter=2, random_state=0).fit(X)
    >>> display = ReconstructionDisplay.from_estimator(model, X, image_shape=(8, 8), random_state=0)
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['original', 'reconstruction']
    """

    def __init__(
        self,
        X: Any,
        X_reconstructed: Any,
        *,
        image_shape: Any = None,
        names: tuple[str, str] = ("original", "reconstruction"),
        limits: tuple[float, float] | None = None,
        max_columns: int = 12,
    ) -> None:
        self.X = X
        self.X_reconstructed = X_reconstructed
        self.image_shape = image_shape
        self.names = names
        self.limits = limits
        self.max_columns = max_columns

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        image_shape: Any = None,
        max_images: int = 12,
        max_rows: int = 2000,
        max_columns: int = 12,
        random_state: Any = None,
        ax: Axes | np.ndarray | None = None,
        **kwargs: Any,
    ) -> ReconstructionDisplay:
        """Reconstruct rows, and draw both.

        Parameters
        ----------
        estimator : object
            A fitted estimator with `transform` and `inverse_transform`; or with `transfer` and `predict`, which give
            rows in their own class back; or whose `transform` gives rows, as a denoiser's.
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows.
        y : conditions or None, default=None
            The conditions of the rows, for a generator. None takes those that rows seem to have.
        image_shape : tuple of int or None, default=None
            Height and width, and channels if there are some, of rows that are images. None takes the estimator's own,
            and draws columns where there is none.
        max_images : int, default=12
            Of more images, so many are drawn at random.
        max_rows : int, default=2000
            Of more rows of a table, so many are drawn at random.
        max_columns : int, default=12
            Of more columns, those that are kept least are drawn.
        random_state : int, RandomState instance or None, default=None
            Draws rows.
        ax : Axes, ndarray of Axes or None, default=None
            Where to draw images; axes to divide into panels of columns, or one for each. None makes a figure.
        **kwargs : dict
            Further arguments of `plot`.

        Returns
        -------
        display : ReconstructionDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If the estimator does not give rows back.
        ValueError
            If `image_shape` does not multiply to the number of columns, or a number is not one.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skaae import AAETransformer
        >>> from skaae.display import ReconstructionDisplay
        >>> X = load_iris(as_frame=True).data
        >>> model = AAETransformer(2, max_iter=5, random_state=0).fit(X)
        >>> len(ReconstructionDisplay.from_estimator(model, X).axes_)
        4
        """
        image_shape = image_shape_of(estimator, image_shape)
        most = most_drawn(image_shape, max_images, max_rows)
        places = some_places(len(X), most, random_state)
        rows, given = _safe_indexing(X, places), None if y is None else _safe_indexing(y, places)
        reconstructed, names = reconstruction_of(estimator, rows, given)
        cleaned = names != ORIGINAL and image_shape is not None  # noise has no say in the colours
        limits = limits_of(images_of(reconstructed, image_shape)) if cleaned else None
        return cls(
            rows, reconstructed, image_shape=image_shape, names=names, limits=limits, max_columns=max_columns
        ).plot(ax=ax, **kwargs)

    @classmethod
    def from_rows(
        cls,
        X: Any,
        X_reconstructed: Any,
        *,
        image_shape: Any = None,
        names: tuple[str, str] = ("original", "reconstruction"),
        limits: tuple[float, float] | None = None,
        max_images: int = 12,
        max_rows: int = 2000,
        max_columns: int = 12,
        random_state: Any = None,
        ax: Axes | np.ndarray | None = None,
        **kwargs: Any,
    ) -> ReconstructionDisplay:
        r"""Draw rows and their reconstructions.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows.
        X_reconstructed : DataFrame or array-like of shape (n_samples, n_features)
            What a model makes of each.
        image_shape : tuple of int or None, default=None
            Height and width, and channels if there are some, of rows that are images. None draws columns.
        names : tuple of str, default=("original", "reconstruction")
            What the two are called.
        limits : tuple of float or None, default=None
            The values at the ends of the colour scale of images. None takes those of `X`, but for the rarest.
        max_images : int, default=12
            Of more images, so many are drawn at random.
        max_rows : int, default=2000
            Of more rows of a table, so many are drawn at random.
        max_columns : int, default=12
            Of more columns, those that are kept least are drawn.
        random_state : int, RandomState instance or None, default=None
            Draws rows.
        ax : Axes, ndarray of Axes or None, default=None
            Where to draw images; axes to divide into panels of columns, or one for each. None makes a figure.
        **kwargs : dict
            Further arguments of `plot`.

        Returns
        -------
        display : ReconstructionDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the two are not of one shape, or `image_shape` does not multiply to the number of columns.

        Examples
        --------
        >>> import numpy as np
        >>> from skaae.display import ReconstructionDisplay
        >>> X = np.random.default_rng(0).standard_normal((50, 2))
        >>> display = ReconstructionDisplay.from_rows(X, X)
        >>> [axes.get_title() for axes in display.axes_]
        ['x0\nR² 1.00', 'x1\nR² 1.00']
        """
        if len(X) != len(X_reconstructed):
            raise ValueError(f"`X_reconstructed` must have as many rows as `X` ({len(X)}). Got {len(X_reconstructed)}.")
        most = most_drawn(image_shape, max_images, max_rows)
        places = some_places(len(X), most, random_state)
        X, X_reconstructed = (_safe_indexing(rows, places) for rows in (X, X_reconstructed))
        return cls(
            X, X_reconstructed, image_shape=image_shape, names=names, limits=limits, max_columns=max_columns
        ).plot(ax=ax, **kwargs)

    def plot(self, *, ax: Axes | np.ndarray | None = None, cmap: str = "gray_r") -> ReconstructionDisplay:
        """Draw the rows.

        Parameters
        ----------
        ax : Axes, ndarray of Axes or None, default=None
            Where to draw images; axes to divide into panels of columns, or one for each. None makes a figure.
        cmap : str, default="gray_r"
            The colours of images of one channel.

        Returns
        -------
        display : ReconstructionDisplay
            The display.

        Raises
        ------
        ValueError
            If rows and their reconstructions do not go together, or `ax` are not as many axes as panels.
        """
        if self.image_shape is None:
            self._plot_columns(ax)
        else:
            self._plot_images(ax, cmap)
        return self

    def _plot_images(self, ax: Any, cmap: str) -> None:
        pair = [images_of(rows, self.image_shape) for rows in (self.X, self.X_reconstructed)]
        starts = range(0, len(pair[0]), IMAGES_IN_LINE)
        lines = [images[start : start + IMAGES_IN_LINE] for start in starts for images in pair]
        self.figure_, self.ax_ = draw_mosaic(
            ax,
            lines,
            limits=self.limits or limits_of(pair[0]),
            line_names=self.names * len(starts),
            cmap=cmap,
            gap_after=2,
        )
        self.axes_ = np.array([self.ax_], dtype=object)

    def _plot_columns(self, ax: Any) -> None:
        one, other = frames_alike(self.X, self.X_reconstructed, ("X", "X_reconstructed"))
        kept = [kept_of(one.iloc[:, place], other.iloc[:, place]) for place in range(one.shape[1])]
        shares = np.array([share for share, _ in kept])
        places = np.argsort(shares, kind="stable")[: check_most(self.max_columns, "max_columns")]
        frame = panels(ax, len(places))
        for axes, place in zip(frame.axes, places, strict=True):
            cells = [one.iloc[:, place], other.iloc[:, place]]
            draw_column(axes, cells, self.names, (FIRST, SECOND), note=kept[place][1])
        which = of_columns(len(places), one.shape[1], "the least kept")
        frame.title(f"{self.names[0].capitalize()} and {self.names[1]}{which}")
        frame.legend(handles_of(self.names, (FIRST, SECOND)))
        self.columns_ = [one.columns[place] for place in places]
        self.axes_, self.ax_, self.figure_ = frame.axes, frame.axes[0], frame.figure


def reconstruction_of(estimator: Any, rows: Any, y: Any) -> tuple[Any, tuple[str, str]]:
    """What a model makes of rows, and what the two are called."""
    if hasattr(estimator, "interpolate"):  # a generator, of which a way from rows to themselves keeps the conditions
        way = estimator.interpolate(rows, rows, n_steps=2, y_from=y, y_to=y)
        return _safe_indexing(way, np.arange(0, 2 * len(rows), 2)), ORIGINAL
    if hasattr(estimator, "inverse_transform"):
        return estimator.inverse_transform(np.asarray(estimator.transform(rows))), ORIGINAL
    if hasattr(estimator, "transfer") and hasattr(estimator, "predict"):
        return estimator.transfer(rows, estimator.predict(rows)), ORIGINAL
    clean = estimator.transform(rows) if hasattr(estimator, "transform") else None
    if clean is None or np.shape(clean) != np.shape(rows):
        raise TypeError(
            "ReconstructionDisplay needs an estimator with `transform` and `inverse_transform`, with `transfer` and"
            f" `predict`, or whose `transform` gives rows. Got {type(estimator).__name__}."
        )
    return clean, CLEANED


def kept_of(one: pd.Series, other: pd.Series) -> tuple[float, str]:
    """How much of a column is kept, 1 at most, and how to say it."""
    if is_number(one) and is_number(other):
        own, back = numbers_of(one), numbers_of(other)
        known = ~(np.isnan(own) | np.isnan(back))
        spread = own[known].var() if known.any() else 0.0
        if spread == 0:
            return 1.0, "constant"
        share = float(1 - np.square(own - back)[known].mean() / spread)
        return share, f"R² {round(share, 2) + 0.0:.2f}"  # no minus zero
    share = float(np.mean(texts_of(one) == texts_of(other)))
    return share, f"{100 * share:.0f} % equal"
