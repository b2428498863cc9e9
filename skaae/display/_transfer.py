"""TransferDisplay: the same style in every class."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils.validation import check_consistent_length

from ..estimators._labels import is_labelled
from ._axes import Panels, single_axes
from ._columns import ColumnGrid
from ._display import RowsDisplay
from ._format import truncate
from ._heatmap import draw_heatmap
from ._images import ImageGrid, color_limits, to_images
from ._tables import align_columns, is_numeric, split_columns, to_floats, to_frame, to_texts
from ._validation import check_method, resolve_image_shape, subsample

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["TransferDisplay"]

COLOR_LIMIT = 3.0  # standard deviations at the ends of the colour scale
OTHER_CATEGORY = "#F0E442"


@dataclass(repr=False, eq=False)
class TransferDisplay(RowsDisplay):
    """Rows, and what they would be in every class.

    Images have a row of the picture for each row, first as it is. Tables have a group of lines for each row: cells
    contain the value, and are coloured by its change, numbers in standard deviations of the column, categories where
    they are others.

    Parameters
    ----------
    X : DataFrame or array-like of shape (n_samples, n_features)
        Rows.
    X_transferred : sequence of DataFrame or array-like of shape (n_samples, n_features)
        The rows in each class.
    classes : sequence
        The classes.
    y : array-like of shape (n_samples,) or None, default=None
        Classes of the rows as they are, to be written beside them.
    image_shape : tuple of int or None, default=None
        Height and width, and channels if there are some, of rows that are images. None draws cells of a table.
    max_columns : int, default=10
        Of more columns, those that change most are drawn.
    scales : ndarray of shape (n_features,) or None, default=None
        Standard deviations of the columns, NaN for categories. None takes those of `X` and `X_transferred`.

    Attributes
    ----------
    ax_, figure_ : Axes, Figure
        Where they are drawn, and the figure.
    columns_ : list
        The columns that are drawn.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae.display import TransferDisplay
    >>> X = np.arange(6.0).reshape(2, 3)
    >>> TransferDisplay.from_rows(X, [X + 1, X - 1], ["up", "down"]).columns_
    ['x0', 'x1', 'x2']
    """

    X: Any
    X_transferred: Sequence[Any]
    classes: Sequence[Any]
    _: KW_ONLY
    y: Any = None
    max_columns: int = 10
    scales: NDArray[np.float64] | None = None

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        classes: Sequence[Any] | None = None,
        image_shape: Any = None,
        max_rows: int | None = None,
        max_columns: int = 10,
        random_state: Any = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Transfer rows into every class, and draw them.

        Parameters
        ----------
        estimator : object
            A fitted estimator with `transfer`.
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or None, default=None
            Their classes, to be written beside them; passed to a generator if all are known.
        classes : sequence or None, default=None
            Classes to transfer rows into. None takes all `classes_` of the estimator.
        image_shape, max_columns
            As in the constructor. Where `image_shape` is None, the estimator's own is taken, if it has one.
        max_rows : int or None, default=None
            Of more rows, so many are drawn at random. None is 8 images, and 4 rows of a table.
        random_state : int, RandomState instance or None, default=None
            Draws rows.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skaae import AAEGenerator
        >>> from skaae.display import TransferDisplay
        >>> X, y = load_iris(return_X_y=True, as_frame=True)
        >>> model = AAEGenerator(max_iter=2, flow_max_iter=2, random_state=0).fit(X, y)
        >>> display = TransferDisplay.from_estimator(model, X, y, classes=[0, 2], max_rows=1)
        >>> [label.get_text() for label in display.ax_.get_yticklabels()][1:]
        ['as 0', 'as 2']
        """
        check_method(estimator, "transfer", cls.__name__)
        classes = target_classes(estimator, classes)
        image_shape = resolve_image_shape(estimator, image_shape)
        if max_rows is None:
            max_rows = 4 if image_shape is None else 8
        rows, y = subsample(X, y, max_rows=max_rows, random_state=random_state)
        y_from = {"y_from": y} if accepts_labels(estimator, y) else {}
        X_transferred = [estimator.transfer(rows, label, **y_from) for label in classes]
        display = cls(rows, X_transferred, classes, y=y, image_shape=image_shape, max_columns=max_columns)
        display.scales = column_scales(to_frame(X, "X")) if image_shape is None else None
        return display.plot(ax=ax, **kwargs)

    @classmethod
    def from_rows(
        cls,
        X: Any,
        X_transferred: Sequence[Any],
        classes: Sequence[Any],
        y: Any = None,
        *,
        image_shape: Any = None,
        max_columns: int = 10,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw rows and what they would be.

        Parameters
        ----------
        X, X_transferred, classes, y, image_shape, max_columns
            As in the constructor.
        """
        display = cls(X, X_transferred, classes, y=y, image_shape=image_shape, max_columns=max_columns)
        return display.plot(ax=ax, **kwargs)

    def _tables(self) -> list[Any]:
        """Rows as they are, and in each class."""
        if len(self.X_transferred) != len(self.classes) or not len(self.classes):
            raise ValueError(
                f"There must be as many tables as classes, one at least. Got {len(self.X_transferred)} tables and"
                f" {len(self.classes)} classes."
            )
        check_consistent_length(self.X, *self.X_transferred)
        return [self.X, *self.X_transferred]

    def _draw_images(self, ax: Any, cmap: str, limits: tuple[float, float] | None) -> Panels:
        tables = [to_images(rows, self.image_shape) for rows in self._tables()]
        labels = () if self.y is None else [str(label) for label in np.asarray(self.y)]
        column_labels = ["original", *map(str, self.classes)]
        rows, title = list(np.stack(tables, axis=1)), "The same style in each class"
        panels = ImageGrid(rows, limits or color_limits(tables[0]), labels, column_labels, title, cmap).draw(ax)
        panels.axes[0].xaxis.tick_top()
        panels.axes[0].tick_params(length=0)
        return panels

    def _draw_columns(self, ax: Any, cmap: str | None) -> Panels:
        X, *others = self._tables()
        pairs = [align_columns(X, rows, ("X", "X_transferred")) for rows in others]
        tables = [pairs[0][0], *(transferred for _, transferred in pairs)]
        scales = column_scales(pd.concat(tables)) if self.scales is None else self.scales
        cells = zip(*(split_columns(table) for table in tables), strict=True)
        changes = np.stack([standardized_changes(c, scale) for c, scale in zip(cells, scales, strict=True)], axis=-1)
        texts = np.array([[to_texts(c, "missing") for c in split_columns(table)] for table in tables]).T.swapaxes(1, 2)
        replaced = np.isnan(changes) & (texts != texts[:, :1])
        importance = np.where(np.isnan(changes), replaced, np.abs(changes).clip(max=COLOR_LIMIT)).mean(axis=(0, 1))
        columns = ColumnGrid(tables, importance, self.max_columns, keep_order=True)
        drawn = (cells[..., columns.indices].reshape(-1, len(columns)) for cells in (changes, texts, replaced))
        changes, texts, replaced = drawn
        size = max(5.0, 0.9 * len(columns) + 2.4), 0.24 * len(texts) + 1.4
        panels = single_axes(ax, size)
        panels.columns = columns.names
        self._draw_cells(panels.axes[0], changes, texts, columns.labels(20), cmap or "RdBu_r")
        mark_cells(panels.axes[0], replaced.astype(bool))
        panels.axes[0].set_title(columns.title("The same style in each class", "those that change most"))
        return panels

    def _draw_cells(
        self, ax: Axes, changes: NDArray[np.float64], texts: NDArray[Any], column_labels: list[str], cmap: str
    ) -> None:
        labels = [""] * len(self.X) if self.y is None else [f", {truncate(str(y), 12)}" for y in np.asarray(self.y)]
        targets = [f"as {truncate(str(label), 12)}" for label in self.classes]
        row_labels = [name for label in labels for name in (f"original{label}", *targets)]
        short_texts = np.array([[truncate(text, 13) for text in row] for row in texts])
        options = {"cmap": cmap, "vmin": -COLOR_LIMIT, "vmax": COLOR_LIMIT}
        image = draw_heatmap(ax, changes, short_texts, row_labels, column_labels, **options)
        for start in range(0, len(row_labels), 1 + len(targets)):
            ax.get_yticklabels()[start].set_fontweight("bold")
            ax.axhline(start - 0.5, color="black", linewidth=0.8)
        bar = ax.figure.colorbar(image, ax=ax, extend="both", shrink=0.8)
        note = "\nyellow: another category, or missing" if np.isnan(changes).any() else ""
        bar.set_label(f"change in standard deviations{note}", fontsize="small")


def mark_cells(ax: Axes, replaced: NDArray[np.bool_]) -> None:
    """Colours categories that are others than in the original, whose change has no size."""
    from matplotlib.patches import Rectangle

    for row, column in np.argwhere(replaced):
        ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, color=OTHER_CATEGORY, zorder=1, linewidth=0))


def target_classes(estimator: Any, classes: Any) -> list[Any]:
    """The classes that were passed, or all of the estimator."""
    if classes is None and not hasattr(estimator, "classes_"):
        raise ValueError(
            f"`classes` must be given for an estimator without `classes_`. Got {type(estimator).__name__}."
        )
    found = list(estimator.classes_ if classes is None else classes)
    if not found:
        raise ValueError("`classes` must be one class at least. Got none.")
    return found


def accepts_labels(estimator: Any, y: Any) -> bool:
    """Whether `transfer` takes the classes of the rows, and all are known."""
    takes_labels = "y_from" in inspect.signature(estimator.transfer).parameters
    return y is not None and takes_labels and bool(is_labelled(y).all())


def column_scales(table: pd.DataFrame) -> NDArray[np.float64]:
    """The standard deviation of each column, NaN for categories."""
    return np.array([np.nanstd(to_floats(cells)) if is_numeric(cells) else np.nan for cells in split_columns(table)])


def standardized_changes(columns: Sequence[pd.Series], scale: float) -> NDArray[np.float64]:
    """How far cells of all tables are from those of the first, in standard deviations, NaN for categories."""
    if np.isnan(scale) or not all(map(is_numeric, columns)):
        return np.full((len(columns[0]), len(columns)), np.nan)
    values = np.transpose([to_floats(cells) for cells in columns])
    return np.asarray((values - values[:, :1]) / (scale or 1.0))
