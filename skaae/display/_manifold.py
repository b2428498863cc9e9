"""ManifoldDisplay: a walk over two components of a code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from ._canvas import panels
from ._checks import check_components, check_methods, check_most, image_shape_of
from ._colors import colors_of
from ._column_panels import shortened
from ._mosaic import draw_mosaic, images_of, limits_of
from ._tables import as_frame, is_number, numbers_of, of_columns, some_rows, texts_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ManifoldDisplay"]

EDGE = 0.02  # of the prior's mass beyond either end of a walk
MOST_OPTIONS = 8
WIDTH_OF_POSITION = 0.35  # inches


class ManifoldDisplay:
    """What is decoded on a grid of two components of a code, at quantiles of a normal prior.

    Images are a picture of pictures; each column of a table is a map of its own, over the two components.

    Parameters
    ----------
    X_decoded : DataFrame or array-like of shape (n_steps * n_steps, n_features)
        Decoded rows, the first component changing fastest, both from low to high.
    positions : ndarray of shape (n_steps,)
        The values of either component.
    image_shape : tuple of int or None, default=None
        Height and width, and channels if there are some, of rows that are images. None draws columns.
    components : tuple of int, default=(0, 1)
        Which components these are, for the labels of the axes.
    max_columns : int, default=12
        Of more columns, those that change most are drawn.

    Attributes
    ----------
    ax_ : Axes
        The picture, or the first map.
    axes_ : ndarray of Axes
        The maps of the columns.
    columns_ : list
        The columns that are drawn.
    figure_ : Figure
        The figure that they are in.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skaae import AAETransformer
    >>> from skaae.display import ManifoldDisplay
    >>> model = AAETransformer(2, max_iter=2, random_state=0).fit(load_digits().data[:200])
    >>> ManifoldDisplay.from_estimator(model, n_steps=5, image_shape=(8, 8)).X_decoded.shape
    (25, 64)
    """

    def __init__(
        self,
        X_decoded: Any,
        positions: np.ndarray,
        *,
        image_shape: Any = None,
        components: tuple[int, int] = (0, 1),
        max_columns: int = 12,
    ) -> None:
        self.X_decoded = X_decoded
        self.positions = positions
        self.image_shape = image_shape
        self.components = components
        self.max_columns = max_columns

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any = None,
        y: Any = None,
        *,
        components: tuple[int, int] = (0, 1),
        n_steps: int | None = None,
        image_shape: Any = None,
        max_rows: int = 5000,
        max_columns: int = 12,
        random_state: Any = None,
        ax: Axes | np.ndarray | None = None,
        **kwargs: Any,
    ) -> ManifoldDisplay:
        """Walk over two components of the code, and draw what is decoded.

        Parameters
        ----------
        estimator : object
            A fitted estimator with `inverse_transform`, whose prior is normal in these components.
        X : DataFrame or array-like of shape (n_samples, n_features) or None, default=None
            Rows whose mean code the other components have. None leaves these at 0, the mean of the prior.
        y : condition or None, default=None
            The condition of all rows, for a generator that was fitted with some.
        components : tuple of int, default=(0, 1)
            Which two components to walk over.
        n_steps : int or None, default=None
            Steps of either component, at even quantiles of the standard normal distribution from 2 % to 98 %. None is
            15 for images, and 25 for tables.
        image_shape : tuple of int or None, default=None
            Height and width, and channels if there are some, of rows that are images. None takes the estimator's own,
            and draws columns where there is none.
        max_rows : int, default=5000
            Of more rows in `X`, the mean is of so many, drawn at random.
        max_columns : int, default=12
            Of more columns, those that change most are drawn.
        random_state : int, RandomState instance or None, default=None
            Draws rows of `X`.
        ax : Axes, ndarray of Axes or None, default=None
            Where to draw images; axes to divide into maps of columns, or one for each. None makes a figure.
        **kwargs : dict
            Further arguments of `plot`.

        Returns
        -------
        display : ManifoldDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If the estimator has no `inverse_transform`.
        ValueError
            If `components` are not two positions in the code, or a number is not one.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skaae import AAETransformer
        >>> from skaae.display import ManifoldDisplay
        >>> X = load_iris(as_frame=True).data
        >>> model = AAETransformer(3, max_iter=5, random_state=0).fit(X)
        >>> len(ManifoldDisplay.from_estimator(model, X, components=(0, 2), n_steps=5).axes_)
        4
        """
        check_methods(estimator, "inverse_transform", cls.__name__)
        image_shape = image_shape_of(estimator, image_shape)
        n_steps = (25 if image_shape is None else 15) if n_steps is None else check_most(n_steps, "n_steps", least=2)
        if X is None:
            mean = np.zeros(len(estimator.get_feature_names_out()))
        else:
            rows = some_rows(X, check_most(max_rows, "max_rows"), random_state)
            mean = np.asarray(estimator.transform(rows)).mean(axis=0)
        places = check_components(components, len(mean))
        positions = norm.ppf(np.linspace(EDGE, 1 - EDGE, n_steps))
        codes = np.tile(mean, (n_steps**2, 1))
        codes[:, places[0]], codes[:, places[1]] = np.tile(positions, n_steps), np.repeat(positions, n_steps)
        decoded = estimator.inverse_transform(codes) if y is None else estimator.inverse_transform(codes, y)
        return cls.from_rows(
            decoded, positions, image_shape=image_shape, components=places, max_columns=max_columns, ax=ax, **kwargs
        )

    @classmethod
    def from_rows(
        cls,
        X_decoded: Any,
        positions: Any,
        *,
        image_shape: Any = None,
        components: tuple[int, int] = (0, 1),
        max_columns: int = 12,
        ax: Axes | np.ndarray | None = None,
        **kwargs: Any,
    ) -> ManifoldDisplay:
        """Draw decoded rows.

        Parameters
        ----------
        X_decoded : DataFrame or array-like of shape (n_steps * n_steps, n_features)
            Decoded rows, the first component changing fastest, both from low to high.
        positions : array-like of shape (n_steps,)
            The values of either component.
        image_shape : tuple of int or None, default=None
            Height and width, and channels if there are some, of rows that are images. None draws columns.
        components : tuple of int, default=(0, 1)
            Which components these are, for the labels of the axes.
        max_columns : int, default=12
            Of more columns, those that change most are drawn.
        ax : Axes, ndarray of Axes or None, default=None
            Where to draw images; axes to divide into maps of columns, or one for each. None makes a figure.
        **kwargs : dict
            Further arguments of `plot`.

        Returns
        -------
        display : ManifoldDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If there are not as many rows as pairs of positions.

        Examples
        --------
        >>> import numpy as np
        >>> from skaae.display import ManifoldDisplay
        >>> positions = [-1.0, 0.0, 1.0]
        >>> rows = np.array([[one + other] for other in positions for one in positions])
        >>> ManifoldDisplay.from_rows(rows, positions).ax_.get_title()
        'x0'
        """
        positions = np.asarray(positions, dtype=np.float64)
        if positions.ndim != 1 or len(X_decoded) != len(positions) ** 2:
            raise ValueError(
                "`X_decoded` must have a row for each pair of `positions`. Got"
                f" {len(X_decoded)} rows and positions of shape {positions.shape}."
            )
        return cls(X_decoded, positions, image_shape=image_shape, components=components, max_columns=max_columns).plot(
            ax=ax, **kwargs
        )

    def plot(
        self,
        *,
        ax: Axes | np.ndarray | None = None,
        cmap: str | None = None,
        limits: tuple[float, float] | None = None,
    ) -> ManifoldDisplay:
        """Draw the decoded rows.

        Parameters
        ----------
        ax : Axes, ndarray of Axes or None, default=None
            Where to draw images; axes to divide into maps of columns, or one for each. None makes a figure.
        cmap : str or None, default=None
            The colours of images of one channel, or of numbers. None is "gray_r" for images, and "viridis".
        limits : tuple of float or None, default=None
            The values at the ends of the colour scale of images. None takes those of the rows, but for the rarest.

        Returns
        -------
        display : ManifoldDisplay
            The display.

        Raises
        ------
        ValueError
            If `ax` are not as many axes as maps.
        """
        if self.image_shape is None:
            self._plot_columns(ax, cmap or "viridis")
        else:
            self._plot_images(ax, cmap or "gray_r", limits)
        return self

    def _plot_images(self, ax: Any, cmap: str, limits: tuple[float, float] | None) -> None:
        images, n = images_of(self.X_decoded, self.image_shape, "X_decoded"), len(self.positions)
        lines = images.reshape(n, n, *images.shape[1:])[::-1]
        texts = [f"{position:.1f}" for position in self.positions]
        self.figure_, self.ax_ = draw_mosaic(
            ax, list(lines), limits=limits or limits_of(images), line_names=texts[::-1], column_names=texts, cmap=cmap
        )
        inches = self.ax_.get_window_extent().width / self.figure_.dpi
        every = max(1, int(np.ceil(n * WIDTH_OF_POSITION / inches)))
        self.ax_.set_xticks(self.ax_.get_xticks()[::every], texts[::every])
        self.axes_ = np.array([self.ax_], dtype=object)
        self._label(self.ax_)

    def _plot_columns(self, ax: Any, cmap: str) -> None:
        table = as_frame(self.X_decoded, "X_decoded")
        changes = [change_of(table.iloc[:, place]) for place in range(table.shape[1])]
        n_shown = min(check_most(self.max_columns, "max_columns"), len(changes))
        places = np.sort(np.argsort(-np.array(changes), kind="stable")[:n_shown])
        frame = panels(ax, n_shown, size=(2.9, 2.4))
        for axes, place in zip(frame.axes, places, strict=True):
            self._draw_map(axes, table.iloc[:, place], cmap)
            axes.set_title(shortened(str(table.columns[place]), 26), fontsize="medium")
            self._label(axes, fontsize="small")
        frame.title(f"Columns over the code{of_columns(n_shown, len(changes), 'those that change most')}")
        self.columns_ = [table.columns[place] for place in places]
        self.axes_, self.ax_, self.figure_ = frame.axes, frame.axes[0], frame.figure

    def _draw_map(self, ax: Any, cells: pd.Series, cmap: str) -> None:
        n = len(self.positions)
        if is_number(cells):
            values, look, texts = numbers_of(cells), {"cmap": cmap}, None
        else:
            values, look, texts = choices_of(cells)
        shape = values.reshape(n, n)
        mesh = ax.pcolormesh(self.positions, self.positions, np.ma.masked_invalid(shape), shading="nearest", **look)
        bar = ax.figure.colorbar(mesh, ax=ax)
        bar.ax.tick_params(labelsize="small")
        bar.outline.set_visible(False)
        if texts is not None:
            bar.set_ticks(range(len(texts)), labels=[shortened(text, 12) for text in texts])
        ax.tick_params(labelsize="small")

    def _label(self, ax: Any, **look: Any) -> None:
        ax.set_xlabel(f"component {self.components[0]}", **look)
        ax.set_ylabel(f"component {self.components[1]}", **look)


def change_of(cells: pd.Series) -> float:
    """How much a column changes over the grid: spread over range for numbers, the share of the rarer categories."""
    if is_number(cells):
        values = numbers_of(cells)
        values = values[~np.isnan(values)]
        spread = np.std(values) if len(values) else 0.0
        return float(spread / (np.abs(values).mean() or 1.0)) if spread else 0.0
    return 1.0 - float(pd.Series(texts_of(cells)).value_counts(normalize=True, dropna=False).iloc[0])


def choices_of(cells: pd.Series) -> tuple[np.ndarray, dict[str, Any], list[str]]:
    """Categories as numbers, how to colour these, and their names; the rarest of many count as one."""
    from matplotlib.colors import BoundaryNorm, ListedColormap

    texts = pd.Series(texts_of(cells, "missing"))
    names = texts.value_counts().index.tolist()
    if len(names) > MOST_OPTIONS:
        names = [*names[: MOST_OPTIONS - 1], "others"]
    values = texts.map({name: place for place, name in enumerate(names)}).fillna(len(names) - 1)
    look = {
        "cmap": ListedColormap(colors_of(len(names))),
        "norm": BoundaryNorm(np.arange(len(names) + 1) - 0.5, len(names)),
    }
    return values.to_numpy(dtype=np.float64), look, names
