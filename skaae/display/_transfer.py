"""TransferDisplay: the same style in every class."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_consistent_length

from ..estimators._labels import is_labelled
from ._canvas import one_axes
from ._cells import draw_cells
from ._checks import check_methods, check_most, image_shape_of
from ._column_panels import shortened
from ._mosaic import draw_mosaic, images_of, limits_of
from ._tables import frames_alike, is_number, numbers_of, of_columns, some_places, texts_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["TransferDisplay"]

MOST_CHANGE = 3.0  # standard deviations at the ends of the colour scale
ORIGINAL, CHANGED = "original", "#F0E442"


class TransferDisplay:
    """Rows, and what they would be in every class.

    Images have a line for each row, first as it is. Tables have a group of lines for each row: cells say the value, and
    are coloured by its change, numbers in standard deviations of the column, categories where they are others.

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
    ax_ : Axes
        Where they are drawn.
    columns_ : list
        The columns that are drawn.
    figure_ : Figure
        The figure that it is in.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skaae import SemiSupervisedAAEClassifier
    >>> from skaae.display import TransferDisplay
    >>> X, y = load_digits(n_class=3, return_X_y=True)
    >>> model = SemiSupervisedAAEClassifier(max_iter=2, n_members=1, teachers=None, random_state=0).fit(X, y)
    >>> display = TransferDisplay.from_estimator(model, X, image_shape=(8, 8), random_state=0)
    >>> [label.get_text() for label in display.ax_.get_xticklabels()]
    ['original', '0', '1', '2']
    """

    def __init__(
        self,
        X: Any,
        X_transferred: Sequence[Any],
        classes: Sequence[Any],
        *,
        y: Any = None,
        image_shape: Any = None,
        max_columns: int = 10,
        scales: np.ndarray | None = None,
    ) -> None:
        self.X = X
        self.X_transferred = X_transferred
        self.classes = classes
        self.y = y
        self.image_shape = image_shape
        self.max_columns = max_columns
        self.scales = scales

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
    ) -> TransferDisplay:
        """Bring rows into every class, and draw them.

        Parameters
        ----------
        estimator : object
            A fitted estimator with `transfer`.
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or None, default=None
            Their classes, to be written beside them; a generator is told them if all are known.
        classes : sequence or None, default=None
            Classes to bring rows into. None takes all `classes_` of the estimator.
        image_shape : tuple of int or None, default=None
            Height and width, and channels if there are some, of rows that are images. None takes the estimator's own,
            and draws cells of a table where there is none.
        max_rows : int or None, default=None
            Of more rows, so many are drawn at random. None is 8 images, and 4 rows of a table.
        max_columns : int, default=10
            Of more columns, those that change most are drawn.
        random_state : int, RandomState instance or None, default=None
            Draws rows.
        ax : Axes or None, default=None
            Where to draw. None makes a figure.
        **kwargs : dict
            Further arguments of `plot`.

        Returns
        -------
        display : TransferDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If the estimator has no `transfer`.
        ValueError
            If neither `classes` nor `classes_` says what the classes are, or arrays do not go together.

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
        check_methods(estimator, "transfer", cls.__name__)
        classes = wanted_classes(estimator, classes)
        image_shape = image_shape_of(estimator, image_shape)
        most = check_most((4 if image_shape is None else 8) if max_rows is None else max_rows, "max_rows")
        places = some_places(len(X), most, random_state)
        rows = _safe_indexing(X, places)
        if y is not None:
            check_consistent_length(X, y)
            y = _safe_indexing(y, places)
        told = {"y_from": y} if is_told(estimator, y) else {}
        transferred = [estimator.transfer(rows, name, **told) for name in classes]
        return cls(
            rows,
            transferred,
            classes,
            y=y,
            image_shape=image_shape,
            max_columns=max_columns,
            scales=scales_of(X) if image_shape is None else None,
        ).plot(ax=ax, **kwargs)

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
    ) -> TransferDisplay:
        """Draw rows and what they would be.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows, all of which are drawn.
        X_transferred : sequence of DataFrame or array-like of shape (n_samples, n_features)
            The rows in each class.
        classes : sequence
            The classes.
        y : array-like of shape (n_samples,) or None, default=None
            Classes of the rows as they are.
        image_shape : tuple of int or None, default=None
            Height and width, and channels if there are some, of rows that are images. None draws cells of a table.
        max_columns : int, default=10
            Of more columns, those that change most are drawn.
        ax : Axes or None, default=None
            Where to draw. None makes a figure.
        **kwargs : dict
            Further arguments of `plot`.

        Returns
        -------
        display : TransferDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If there are not as many tables as classes, or these are not of the shape of `X`.

        Examples
        --------
        >>> import numpy as np
        >>> from skaae.display import TransferDisplay
        >>> X = np.arange(6.0).reshape(2, 3)
        >>> TransferDisplay.from_rows(X, [X + 1, X - 1], ["up", "down"]).columns_
        ['x0', 'x1', 'x2']
        """
        return cls(X, X_transferred, classes, y=y, image_shape=image_shape, max_columns=max_columns).plot(
            ax=ax, **kwargs
        )

    def plot(self, *, ax: Axes | None = None, cmap: str | None = None) -> TransferDisplay:
        """Draw the rows.

        Parameters
        ----------
        ax : Axes or None, default=None
            Where to draw. None makes a figure.
        cmap : str or None, default=None
            The colours of images of one channel, or of changes. None is "gray_r" for images, and "RdBu_r".

        Returns
        -------
        display : TransferDisplay
            The display.

        Raises
        ------
        ValueError
            If rows, tables and classes do not go together.
        """
        if len(self.X_transferred) != len(self.classes) or not len(self.classes):
            raise ValueError(
                f"There must be as many tables as classes, one at least. Got {len(self.X_transferred)} tables and"
                f" {len(self.classes)} classes."
            )
        strange = [len(rows) for rows in self.X_transferred if len(rows) != len(self.X)]
        if strange:
            raise ValueError(f"Transferred tables must have as many rows as `X` ({len(self.X)}). Got {strange[0]}.")
        if self.image_shape is None:
            self._plot_cells(ax, cmap or "RdBu_r")
        else:
            self._plot_images(ax, cmap or "gray_r")
        return self

    def _plot_images(self, ax: Any, cmap: str) -> None:
        tables = [images_of(rows, self.image_shape) for rows in (self.X, *self.X_transferred)]
        names = () if self.y is None else [str(label) for label in np.asarray(self.y)]
        self.figure_, self.ax_ = draw_mosaic(
            ax,
            [np.stack(line) for line in zip(*tables, strict=True)],
            limits=limits_of(tables[0]),
            line_names=names,
            column_names=[ORIGINAL, *map(str, self.classes)],
            title="The same style in each class",
            cmap=cmap,
        )
        self.ax_.xaxis.tick_top()
        self.ax_.tick_params(length=0)

    def _plot_cells(self, ax: Any, cmap: str) -> None:
        pairs = [frames_alike(self.X, rows, ("X", "X_transferred")) for rows in self.X_transferred]
        tables = [pairs[0][0], *(other for _, other in pairs)]
        scales = scales_of(pd.concat(tables)) if self.scales is None else self.scales
        changes = np.stack([changes_of(tables[0], table, scales) for table in tables], axis=1)
        texts = np.stack([cells_of(table) for table in tables], axis=1)
        others = np.isnan(changes) & (texts != texts[:, :1])
        size = np.where(np.isnan(changes), others, np.abs(changes).clip(max=MOST_CHANGE)).mean(axis=(0, 1))
        n_shown = min(check_most(self.max_columns, "max_columns"), len(size))
        places = np.sort(np.argsort(-size, kind="stable")[:n_shown])
        strength, texts, others = (cells[..., places].reshape(-1, n_shown) for cells in (changes, texts, others))
        height = 0.24 * len(texts) + 1.4
        self.figure_, self.ax_ = one_axes(ax, (max(5.0, 0.9 * n_shown + 2.4), height))
        columns = [shortened(str(tables[0].columns[place]), 20) for place in places]
        self._draw_cells(strength, texts, others, columns, cmap)
        self.columns_ = [tables[0].columns[place] for place in places]
        which = of_columns(n_shown, len(size), "those that change most")
        self.ax_.set_title(f"The same style in each class{which}")

    def _draw_cells(
        self, strength: np.ndarray, texts: np.ndarray, others: np.ndarray, columns: list[str], cmap: str
    ) -> None:
        n_lines = 1 + len(self.classes)
        labels = [None] * len(self.X) if self.y is None else [str(label) for label in np.asarray(self.y)]
        firsts = [ORIGINAL if label is None else f"{ORIGINAL}, {shortened(label, 12)}" for label in labels]
        lines = [name for first in firsts for name in (first, *(f"as {shortened(str(c), 12)}" for c in self.classes))]
        look = {"cmap": cmap, "vmin": -MOST_CHANGE, "vmax": MOST_CHANGE}
        short = np.array([[shortened(text, 13) for text in line] for line in texts])
        image = draw_cells(self.ax_, strength, short, lines, columns, **look)
        for start in range(0, len(lines), n_lines):
            self.ax_.get_yticklabels()[start].set_fontweight("bold")
            self.ax_.axhline(start - 0.5, color="black", linewidth=0.8)
        bar = self.figure_.colorbar(image, ax=self.ax_, extend="both", shrink=0.8)
        beside = "\nyellow: another category, or missing" if np.isnan(strength).any() else ""
        bar.set_label(f"change in standard deviations{beside}", fontsize="small")
        self._mark(others)

    def _mark(self, others: np.ndarray) -> None:
        """Categories have no size of change: those that are others than in the original have a colour of their own."""
        from matplotlib.patches import Rectangle

        for line, column in np.argwhere(others):
            box = Rectangle((column - 0.5, line - 0.5), 1, 1, color=CHANGED, zorder=1, linewidth=0)
            self.ax_.add_patch(box)


def wanted_classes(estimator: Any, classes: Any) -> list[Any]:
    """The classes that are asked for, or all that an estimator knows."""
    if classes is None and not hasattr(estimator, "classes_"):
        raise ValueError(
            f"`classes` must be given for an estimator without `classes_`. Got {type(estimator).__name__}."
        )
    found = list(estimator.classes_ if classes is None else classes)
    if not found:
        raise ValueError("`classes` must be one class at least. Got none.")
    return found


def is_told(estimator: Any, y: Any) -> bool:
    """Whether `transfer` takes the classes of the rows, and all are known."""
    return (
        y is not None
        and "y_from" in inspect.signature(estimator.transfer).parameters
        and bool(is_labelled(np.asarray(y)).all())
    )


def scales_of(X: Any) -> np.ndarray:
    """The standard deviation of each column, NaN for categories."""
    table = frames_alike(X, X, ("X", "X"))[0]
    columns = [table.iloc[:, place] for place in range(table.shape[1])]
    return np.array([np.nanstd(numbers_of(cells)) if is_number(cells) else np.nan for cells in columns])


def changes_of(one: pd.DataFrame, other: pd.DataFrame, scales: np.ndarray) -> np.ndarray:
    """How far cells are from those of the original: standard deviations of numbers, NaN for categories."""
    columns = []
    for place, scale in enumerate(scales):
        own, changed = one.iloc[:, place], other.iloc[:, place]
        if np.isnan(scale) or not is_number(changed):
            columns.append(np.full(len(one), np.nan))
        else:
            columns.append((numbers_of(changed) - numbers_of(own)) / (scale or 1.0))
    return np.transpose(columns)


def cells_of(table: pd.DataFrame) -> np.ndarray:
    """Cells as texts."""
    return np.transpose([texts_of(table.iloc[:, place], "missing") for place in range(table.shape[1])])
