"""SampleDisplay: new rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_consistent_length

from ._canvas import panels
from ._checks import check_methods, check_most, image_shape_of, most_drawn, one_for_each
from ._colors import SECOND, colors_of
from ._column_panels import draw_column, handles_of
from ._mosaic import draw_mosaic, images_of, limits_of
from ._tables import as_frame, of_columns, some_places

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["SampleDisplay"]

N_IMAGES, N_ROWS = 60, 1000
IMAGES_IN_LINE = 12
MOST_CLASSES = 8


class SampleDisplay:
    """New rows as images, a line for each class; or their columns as histograms and bars, by class.

    Parameters
    ----------
    samples : DataFrame or array-like of shape (n_samples, n_features)
        Rows.
    y : array-like of shape (n_samples,) or None, default=None
        Their classes.
    image_shape : tuple of int or None, default=None
        Height and width, and channels if there are some, of rows that are images. None draws columns.
    max_columns : int, default=12
        Of more columns, the first ones are drawn.

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
    >>> from skaae.display import SampleDisplay
    >>> model = AAETransformer(8, max_iter=2, random_state=0).fit(load_digits().data[:200])
    >>> display = SampleDisplay.from_estimator(model, n_samples=20, image_shape=(8, 8), random_state=0)
    >>> display.samples.shape
    (20, 64)
    """

    def __init__(self, samples: Any, *, y: Any = None, image_shape: Any = None, max_columns: int = 12) -> None:
        self.samples = samples
        self.y = y
        self.image_shape = image_shape
        self.max_columns = max_columns

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        n_samples: int | None = None,
        y: Any = None,
        *,
        image_shape: Any = None,
        max_columns: int = 12,
        random_state: Any = None,
        ax: Axes | np.ndarray | None = None,
        **kwargs: Any,
    ) -> SampleDisplay:
        """Draw new rows from a model, and show them.

        Parameters
        ----------
        estimator : object
            A fitted estimator with `sample`.
        n_samples : int or None, default=None
            How many. None is as many as `y` has, or 60 images, or 1,000 rows of a table.
        y : class, array-like of shape (n_samples,) or None, default=None
            The class of all rows, or one for each, which `sample` is given. For ten of each:
            ``np.repeat(model.classes_, 10)``.
        image_shape : tuple of int or None, default=None
            Height and width, and channels if there are some, of rows that are images. None takes the estimator's own,
            and draws columns where there is none.
        max_columns : int, default=12
            Of more columns, the first ones are drawn.
        random_state : int, RandomState instance or None, default=None
            Draws the rows.
        ax : Axes, ndarray of Axes or None, default=None
            Where to draw images; axes to divide into panels of columns, or one for each. None makes a figure.
        **kwargs : dict
            Further arguments of `plot`.

        Returns
        -------
        display : SampleDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If the estimator has no `sample`.
        ValueError
            If `image_shape` does not multiply to the number of columns, or a number is not one.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skaae import AAETransformer
        >>> from skaae.display import SampleDisplay
        >>> model = AAETransformer(2, max_iter=5, random_state=0).fit(load_iris(as_frame=True).data)
        >>> SampleDisplay.from_estimator(model, random_state=0).columns_[:2]
        ['sepal length (cm)', 'sepal width (cm)']
        """
        check_methods(estimator, "sample", cls.__name__)
        image_shape = image_shape_of(estimator, image_shape)
        own = one_for_each(y)
        if n_samples is None:
            n_samples = len(y) if own else N_ROWS if image_shape is None else N_IMAGES
        check_most(n_samples, "n_samples")
        samples = estimator.sample(n_samples, y, random_state=random_state)
        classes = y if own and np.ndim(y) == 1 and len(y) == len(samples) else None
        return cls(samples, y=classes, image_shape=image_shape, max_columns=max_columns).plot(ax=ax, **kwargs)

    @classmethod
    def from_samples(
        cls,
        samples: Any,
        y: Any = None,
        *,
        image_shape: Any = None,
        max_images: int = 120,
        max_rows: int = 5000,
        max_columns: int = 12,
        random_state: Any = None,
        ax: Axes | np.ndarray | None = None,
        **kwargs: Any,
    ) -> SampleDisplay:
        """Show rows.

        Parameters
        ----------
        samples : DataFrame or array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or None, default=None
            Their classes.
        image_shape : tuple of int or None, default=None
            Height and width, and channels if there are some, of rows that are images. None draws columns.
        max_images : int, default=120
            Of more images, so many are drawn at random.
        max_rows : int, default=5000
            Of more rows of a table, so many are drawn at random.
        max_columns : int, default=12
            Of more columns, the first ones are drawn.
        random_state : int, RandomState instance or None, default=None
            Draws rows.
        ax : Axes, ndarray of Axes or None, default=None
            Where to draw images; axes to divide into panels of columns, or one for each. None makes a figure.
        **kwargs : dict
            Further arguments of `plot`.

        Returns
        -------
        display : SampleDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If `y` is not as long as `samples`, or `image_shape` does not multiply to the number of columns.

        Examples
        --------
        >>> import numpy as np
        >>> from skaae.display import SampleDisplay
        >>> images = np.random.default_rng(0).random((6, 4))
        >>> display = SampleDisplay.from_samples(images, list("aabbcc"), image_shape=(2, 2))
        >>> [label.get_text() for label in display.ax_.get_yticklabels()]
        ['a', 'b', 'c']
        """
        most = most_drawn(image_shape, max_images, max_rows)
        places = some_places(len(samples), most, random_state)
        if y is not None:
            check_consistent_length(samples, y)
            y = _safe_indexing(y, places)
        samples = _safe_indexing(samples, places)
        return cls(samples, y=y, image_shape=image_shape, max_columns=max_columns).plot(ax=ax, **kwargs)

    def plot(
        self,
        *,
        ax: Axes | np.ndarray | None = None,
        cmap: str = "gray_r",
        limits: tuple[float, float] | None = None,
    ) -> SampleDisplay:
        """Show the rows.

        Parameters
        ----------
        ax : Axes, ndarray of Axes or None, default=None
            Where to draw images; axes to divide into panels of columns, or one for each. None makes a figure.
        cmap : str, default="gray_r"
            The colours of images of one channel.
        limits : tuple of float or None, default=None
            The values at the ends of the colour scale of images. None takes those of the rows, but for the rarest.

        Returns
        -------
        display : SampleDisplay
            The display.

        Raises
        ------
        ValueError
            If there are more than eight classes of a table's rows, or `ax` are not as many axes as panels.
        """
        groups = groups_of(self.y, len(self.samples))
        if self.image_shape is None:
            self._plot_columns(ax, groups)
        else:
            self._plot_images(ax, cmap, limits, groups)
        return self

    def _plot_images(
        self, ax: Any, cmap: str, limits: tuple[float, float] | None, groups: dict[str, np.ndarray]
    ) -> None:
        images = images_of(self.samples, self.image_shape, "samples")
        lines, names = [], []
        for name, places in groups.items():
            for start in range(0, len(places), IMAGES_IN_LINE):
                lines.append(images[places[start : start + IMAGES_IN_LINE]])
                names.append("" if start else name)
        limits, line_names = limits or limits_of(images), names if any(names) else ()
        self.figure_, self.ax_ = draw_mosaic(
            ax, lines, limits=limits, line_names=line_names, title="Samples", cmap=cmap
        )
        self.axes_ = np.array([self.ax_], dtype=object)

    def _plot_columns(self, ax: Any, groups: dict[str, np.ndarray]) -> None:
        if len(groups) > MOST_CLASSES:
            raise ValueError(
                f"`y` must have at most {MOST_CLASSES} classes where columns are drawn. Got {len(groups)}."
            )
        table = as_frame(self.samples, "samples")
        n_shown = min(check_most(self.max_columns, "max_columns"), table.shape[1])
        colors = colors_of(len(groups)) if len(groups) > 1 else [SECOND]
        frame = panels(ax, n_shown)
        for place, axes in enumerate(frame.axes):
            cells = [table.iloc[rows, place] for rows in groups.values()]
            draw_column(axes, cells, list(groups), colors, filled=int(len(groups) == 1))
        frame.title(f"{len(table):,} samples{of_columns(n_shown, table.shape[1], 'the first')}")
        if self.y is not None:
            frame.legend(handles_of(list(groups), colors))
        self.columns_ = list(table.columns[:n_shown])
        self.axes_, self.ax_, self.figure_ = frame.axes, frame.axes[0], frame.figure


def groups_of(y: Any, n: int) -> dict[str, np.ndarray]:
    """Places of rows by class, in the order of the classes; of all of them where there are none."""
    if y is None:
        return {"": np.arange(n)}
    classes, positions = np.unique(np.asarray(y), return_inverse=True)
    return {str(name): np.flatnonzero(positions == position) for position, name in enumerate(classes)}
