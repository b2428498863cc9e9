"""ManifoldDisplay: what is decoded over two components of a code."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from ._axes import AxesLike, Panels
from ._colors import class_colors
from ._columns import ColumnGrid
from ._dates import date_kind_of, format_axis
from ._display import RowsDisplay
from ._format import truncate
from ._images import ImageGrid, to_images
from ._tables import is_numeric, split_columns, to_floats, to_frame, to_texts
from ._validation import check_components, check_method, check_positive_int, resolve_image_shape, subsample

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ManifoldDisplay"]

TAIL_PROBABILITY = 0.02  # of the prior beyond either end of the grid
MAX_CATEGORIES = 8
TICK_LABEL_INCHES = 0.35


@dataclass(repr=False, eq=False)
class ManifoldDisplay(RowsDisplay):
    """What is decoded on a grid of two components of a code, at quantiles of a normal prior.

    Images make one picture; each column of a table is a map of its own, over the two components.

    Parameters
    ----------
    X_decoded : DataFrame or array-like of shape (n_steps * n_steps, n_features)
        Decoded rows, the first component changing fastest, both from low to high.
    positions : ndarray of shape (n_steps,)
        The values of either component.
    image_shape : tuple of int or None, default=None
        Height and width, and channels if there are some, of rows that are images. None draws columns.
    components : tuple of int, default=(0, 1)
        Which two components change over the grid.
    max_columns : int, default=12
        Of more columns, those that change most are drawn.

    Attributes
    ----------
    ax_, axes_, figure_ : Axes, ndarray of Axes, Figure
        The picture, or the first map; the maps of the columns; and the figure.
    columns_ : list
        The columns that are drawn.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae.display import ManifoldDisplay
    >>> positions = [-1.0, 0.0, 1.0]
    >>> rows = np.array([[first + second] for second in positions for first in positions])
    >>> ManifoldDisplay.from_rows(rows, positions).ax_.get_title()
    'x0'
    """

    X_decoded: Any
    positions: NDArray[np.float64]
    _: KW_ONLY
    components: tuple[int, int] = (0, 1)

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
        ax: AxesLike = None,
        **kwargs: Any,
    ) -> Self:
        """Decode a grid of two components of the code, and draw it.

        Parameters
        ----------
        estimator : object
            A fitted estimator with `inverse_transform`, whose prior is normal in these components.
        X : DataFrame or array-like of shape (n_samples, n_features) or None, default=None
            Rows whose mean code the other components have. None leaves these at 0, the mean of the prior.
        y : condition or None, default=None
            The condition of all rows, for a generator that was fitted with some.
        components, image_shape, max_columns
            As in the constructor. Where `image_shape` is None, the estimator's own is taken, if it has one.
        n_steps : int or None, default=None
            Steps of either component, at even quantiles of the standard normal distribution from 2 % to 98 %. None is
            15 for images, and 25 for tables.
        max_rows : int, default=5000
            Of more rows in `X`, the mean is of so many, drawn at random.
        random_state : int, RandomState instance or None, default=None
            Draws rows of `X`.

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
        check_method(estimator, "inverse_transform", cls.__name__)
        image_shape = resolve_image_shape(estimator, image_shape)
        default_n_steps = 25 if image_shape is None else 15
        n_steps = default_n_steps if n_steps is None else check_positive_int(n_steps, "n_steps", min_value=2)
        if X is None:
            mean = np.zeros(len(estimator.get_feature_names_out()))
        else:
            (X,) = subsample(X, max_rows=max_rows, random_state=random_state)
            mean = np.asarray(estimator.transform(X)).mean(axis=0)
        i, j = components = check_components(components, len(mean))
        positions = norm.ppf(np.linspace(TAIL_PROBABILITY, 1 - TAIL_PROBABILITY, n_steps))
        codes = np.tile(mean, (n_steps**2, 1))
        codes[:, i], codes[:, j] = np.tile(positions, n_steps), np.repeat(positions, n_steps)
        X_decoded = estimator.inverse_transform(codes) if y is None else estimator.inverse_transform(codes, y)
        display = cls(X_decoded, positions, image_shape=image_shape, components=components, max_columns=max_columns)
        return display.plot(ax=ax, **kwargs)

    @classmethod
    def from_rows(
        cls,
        X_decoded: Any,
        positions: Any,
        *,
        image_shape: Any = None,
        components: tuple[int, int] = (0, 1),
        max_columns: int = 12,
        ax: AxesLike = None,
        **kwargs: Any,
    ) -> Self:
        """Draw decoded rows.

        Parameters
        ----------
        X_decoded, positions, image_shape, components, max_columns
            As in the constructor.
        """
        positions = np.asarray(positions, dtype=np.float64)
        if positions.ndim != 1 or len(X_decoded) != len(positions) ** 2:
            raise ValueError(
                "`X_decoded` must have a row for each pair of `positions`. Got"
                f" {len(X_decoded)} rows and positions of shape {positions.shape}."
            )
        display = cls(X_decoded, positions, image_shape=image_shape, components=components, max_columns=max_columns)
        return display.plot(ax=ax, **kwargs)

    def _draw_images(self, ax: Any, cmap: str, limits: tuple[float, float] | None) -> Panels:
        images, n_steps = to_images(self.X_decoded, self.image_shape, "X_decoded"), len(self.positions)
        rows = images.reshape(n_steps, n_steps, *images.shape[1:])[::-1]
        labels = [f"{position:.1f}" for position in self.positions]
        panels = ImageGrid(list(rows), limits, labels[::-1], labels, cmap=cmap).draw(ax)
        ax = panels.axes[0]
        inches = ax.get_window_extent().width / panels.figure.dpi
        step = max(1, int(np.ceil(n_steps * TICK_LABEL_INCHES / inches)))
        ax.set_xticks(ax.get_xticks()[::step], labels[::step])
        self._label_axes(ax)
        return panels

    def _draw_columns(self, ax: Any, cmap: str | None) -> Panels:
        table = to_frame(self.X_decoded, "X_decoded")
        columns = ColumnGrid([table], [*map(relative_change, split_columns(table))], self.max_columns, keep_order=True)
        panels = columns.make_panels(ax, "Columns over the code", "those that change most", size=(2.9, 2.4))
        for panel, (cells,), label in zip(panels.axes, columns, columns.labels(26), strict=True):
            self._draw_map(panel, cells, cmap or "viridis")
            panel.set_title(label, fontsize="medium")
            self._label_axes(panel, fontsize="small")
        return panels

    def _draw_map(self, ax: Axes, cells: pd.Series, cmap: str) -> None:
        n_steps = len(self.positions)
        options: dict[str, Any]
        names: list[str] = []
        if is_numeric(cells):
            values, options = to_floats(cells), {"cmap": cmap}
        else:
            values, options, names = color_categories(cells)
        values = np.ma.masked_invalid(values.reshape(n_steps, n_steps))
        mesh = ax.pcolormesh(self.positions, self.positions, values, shading="nearest", **options)
        bar = ax.figure.colorbar(mesh, ax=ax)
        kind = date_kind_of(cells)
        if kind is not None:
            format_axis(bar.ax.yaxis, kind, values.compressed())
        bar.ax.tick_params(labelsize="small")
        bar.outline.set_visible(False)
        if names:
            bar.set_ticks(range(len(names)), labels=[truncate(name, 12) for name in names])
        ax.tick_params(labelsize="small")

    def _label_axes(self, ax: Axes, **options: Any) -> None:
        ax.set_xlabel(f"component {self.components[0]}", **options)
        ax.set_ylabel(f"component {self.components[1]}", **options)


def relative_change(cells: pd.Series) -> float:
    """How much a column changes: its coefficient of variation, or the fraction of all but its main category."""
    if not is_numeric(cells):
        return 1.0 - float(pd.Series(to_texts(cells)).value_counts(normalize=True, dropna=False).iloc[0])
    values = to_floats(cells)
    values = values[~np.isnan(values)]
    if date_kind_of(cells) is not None and len(values):
        values = values - values.min()
    std = np.std(values) if len(values) else 0.0
    return float(std / (np.abs(values).mean() or 1.0)) if std else 0.0


def color_categories(cells: pd.Series) -> tuple[NDArray[np.float64], dict[str, Any], list[str]]:
    """Categories as numbers, options to colour them, and their names; the rarest of many share one."""
    from matplotlib.colors import BoundaryNorm, ListedColormap

    texts = pd.Series(to_texts(cells, "missing"))
    names = texts.value_counts().index.tolist()
    if len(names) > MAX_CATEGORIES:
        names = [*names[: MAX_CATEGORIES - 1], "others"]
    codes = texts.map({name: code for code, name in enumerate(names)}).fillna(len(names) - 1)
    norm = BoundaryNorm(np.arange(len(names) + 1) - 0.5, len(names))
    options = {"cmap": ListedColormap(class_colors(len(names))), "norm": norm}
    return codes.to_numpy(dtype=np.float64), options, names
