"""ReconstructionDisplay: rows above their reconstructions."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.metrics import r2_score
from sklearn.utils import _safe_indexing

from ._axes import AxesLike, Panels
from ._colors import DATA, MODEL
from ._columns import ColumnGrid
from ._display import RowsDisplay
from ._images import IMAGES_PER_ROW, ImageGrid, color_limits, to_images
from ._tables import align_columns, is_numeric, split_columns, to_floats, to_texts
from ._validation import max_drawn, resolve_image_shape, subsample

__all__ = ["ReconstructionDisplay"]

RECONSTRUCTED, DENOISED = ("original", "reconstruction"), ("given", "cleaned")


@dataclass(repr=False, eq=False)
class ReconstructionDisplay(RowsDisplay):
    r"""Rows above their reconstructions as images, or columns of both as histograms and bars.

    Panels of columns say how well each row is reconstructed: R² of numbers, the fraction of equal cells of categories.

    Parameters
    ----------
    X : DataFrame or array-like of shape (n_samples, n_features)
        Rows.
    X_reconstructed : DataFrame or array-like of shape (n_samples, n_features)
        Their reconstructions.
    image_shape : tuple of int or None, default=None
        Height and width, and channels if there are some, of rows that are images. None draws columns.
    names : tuple of str, default=("original", "reconstruction")
        What the two are called.
    limits : tuple of float or None, default=None
        The values at the ends of the colour scale of images. None takes those of `X`, but for the rarest.
    max_columns : int, default=12
        Of more columns, those that are reconstructed worst are drawn.

    Attributes
    ----------
    ax_, axes_, figure_ : Axes, ndarray of Axes, Figure
        The picture, or the first panel; the panels of the columns; and the figure.
    columns_ : list
        The columns that are drawn.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae.display import ReconstructionDisplay
    >>> X = np.random.default_rng(0).standard_normal((50, 2))
    >>> display = ReconstructionDisplay.from_rows(X, X)
    >>> [axes.get_title() for axes in display.axes_]
    ['x0\nR² 1.00', 'x1\nR² 1.00']
    """

    X: Any
    X_reconstructed: Any
    _: KW_ONLY
    names: tuple[str, str] = RECONSTRUCTED
    limits: tuple[float, float] | None = None

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
        ax: AxesLike = None,
        **kwargs: Any,
    ) -> Self:
        """Reconstruct rows, and draw both.

        Parameters
        ----------
        estimator : object
            A fitted estimator with `transform` and `inverse_transform`; or with `transfer` and `predict`, which
            reconstruct rows in their own class; or whose `transform` returns rows, as a denoiser's.
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or (n_samples, n_conditions) or None, default=None
            The conditions of the rows, for a generator. None predicts them from the rows.
        image_shape, max_columns
            As in the constructor. Where `image_shape` is None, the estimator's own is taken, if it has one.
        max_images : int, default=12
            Of more images, so many are drawn at random.
        max_rows : int, default=2000
            Of more rows of a table, so many are drawn at random.
        random_state : int, RandomState instance or None, default=None
            Draws rows.

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
        image_shape = resolve_image_shape(estimator, image_shape)
        n_drawn = max_drawn(image_shape, max_images, max_rows)
        X, y = subsample(X, y, max_rows=n_drawn, random_state=random_state)
        X_reconstructed, names = reconstruct(estimator, X, y)
        limits = None
        if names == DENOISED and image_shape is not None:  # noise does not count in the colour scale
            limits = color_limits(to_images(X_reconstructed, image_shape))
        display = cls(X, X_reconstructed, image_shape=image_shape, names=names, limits=limits, max_columns=max_columns)
        return display.plot(ax=ax, **kwargs)

    @classmethod
    def from_rows(
        cls,
        X: Any,
        X_reconstructed: Any,
        *,
        image_shape: Any = None,
        names: tuple[str, str] = RECONSTRUCTED,
        limits: tuple[float, float] | None = None,
        max_images: int = 12,
        max_rows: int = 2000,
        max_columns: int = 12,
        random_state: Any = None,
        ax: AxesLike = None,
        **kwargs: Any,
    ) -> Self:
        """Draw rows and their reconstructions.

        Parameters
        ----------
        X, X_reconstructed, image_shape, names, limits, max_columns
            As in the constructor.
        max_images, max_rows, random_state
            As in `from_estimator`.
        """
        n_drawn = max_drawn(image_shape, max_images, max_rows)
        X, X_reconstructed = subsample(X, X_reconstructed, max_rows=n_drawn, random_state=random_state)
        display = cls(X, X_reconstructed, image_shape=image_shape, names=names, limits=limits, max_columns=max_columns)
        return display.plot(ax=ax, **kwargs)

    def _draw_images(self, ax: Any, cmap: str, limits: tuple[float, float] | None) -> Panels:
        tables = [to_images(rows, self.image_shape) for rows in (self.X, self.X_reconstructed)]
        starts = range(0, len(self.X), IMAGES_PER_ROW)
        rows = [images[start : start + IMAGES_PER_ROW] for start in starts for images in tables]
        limits = limits or self.limits or color_limits(tables[0])
        return ImageGrid(rows, limits, self.names * len(starts), cmap=cmap, rows_per_group=2).draw(ax)

    def _draw_columns(self, ax: Any, cmap: str | None) -> Panels:
        tables = align_columns(self.X, self.X_reconstructed, ("X", "X_reconstructed"))
        scores, notes = zip(*map(reconstruction_score, *map(split_columns, tables)), strict=True)
        columns = ColumnGrid(tables, np.negative(scores), self.max_columns)
        title = f"{self.names[0].capitalize()} and {self.names[1]}"
        panels = columns.make_panels(ax, title, "the least kept")
        columns.draw(panels, self.names, (DATA, MODEL), notes=[notes[index] for index in columns.indices])
        return panels


def reconstruct(estimator: Any, X: Any, y: Any) -> tuple[Any, tuple[str, str]]:
    """What a model makes of rows, and what the two are called."""
    if hasattr(estimator, "interpolate"):  # a generator: interpolating between rows and themselves keeps conditions
        X_interpolated = estimator.interpolate(X, X, n_steps=2, y_from=y, y_to=y)
        return _safe_indexing(X_interpolated, np.arange(0, 2 * len(X), 2)), RECONSTRUCTED
    if hasattr(estimator, "inverse_transform"):
        return estimator.inverse_transform(np.asarray(estimator.transform(X))), RECONSTRUCTED
    if hasattr(estimator, "transfer") and hasattr(estimator, "predict"):
        return estimator.transfer(X, estimator.predict(X)), RECONSTRUCTED
    X_denoised = estimator.transform(X) if hasattr(estimator, "transform") else None
    if X_denoised is None or np.shape(X_denoised) != np.shape(X):
        raise TypeError(
            "ReconstructionDisplay needs an estimator with `transform` and `inverse_transform`, with `transfer` and"
            f" `predict`, or whose `transform` returns rows. Got {type(estimator).__name__}."
        )
    return X_denoised, DENOISED


def reconstruction_score(cells: pd.Series, reconstructed: pd.Series) -> tuple[float, str]:
    """R² of numbers or the accuracy of categories, and how it is written."""
    if is_numeric(cells) and is_numeric(reconstructed):
        values = np.stack([to_floats(cells), to_floats(reconstructed)])
        values = values[:, ~np.isnan(values).any(axis=0)]
        if not values.size or values[0].var() == 0:
            return 1.0, "constant"
        r2 = float(r2_score(*values))
        return r2, f"R² {round(r2, 2) + 0.0:.2f}"  # no minus zero
    accuracy = float(np.mean(to_texts(cells) == to_texts(reconstructed)))
    return accuracy, f"{100 * accuracy:.0f} % equal"
