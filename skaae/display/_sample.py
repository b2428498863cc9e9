"""SampleDisplay: new rows."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ._axes import AxesLike, Panels
from ._colors import MODEL, class_colors
from ._columns import ColumnGrid
from ._display import RowsDisplay
from ._images import IMAGES_PER_ROW, ImageGrid, to_images
from ._tables import to_frame
from ._validation import (
    as_conditions,
    check_method,
    check_positive_int,
    is_per_row,
    max_drawn,
    resolve_image_shape,
    subsample,
)

__all__ = ["SampleDisplay"]

DEFAULT_N_IMAGES, DEFAULT_N_ROWS = 60, 1000
MAX_CLASSES = 8  # of a table


@dataclass(repr=False, eq=False)
class SampleDisplay(RowsDisplay):
    """New rows as images, a row of them for each class; or their columns as histograms and bars, by class.

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
    ax_, axes_, figure_ : Axes, ndarray of Axes, Figure
        The picture, or the first panel; the panels of the columns; and the figure.
    columns_ : list
        The columns that are drawn.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae.display import SampleDisplay
    >>> images = np.random.default_rng(0).random((6, 4))
    >>> display = SampleDisplay.from_samples(images, list("aabbcc"), image_shape=(2, 2))
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['a', 'b', 'c']
    """

    samples: Any
    _: KW_ONLY
    y: Any = None

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
        ax: AxesLike = None,
        **kwargs: Any,
    ) -> Self:
        """Sample rows from a model, and draw them.

        Parameters
        ----------
        estimator : object
            A fitted estimator with `sample`.
        n_samples : int or None, default=None
            How many. None is as many as `y` has, or 60 images, or 1,000 rows of a table.
        y : class, array-like of shape (n_samples,) or None, default=None
            The class of all rows, or one for each, which is passed to `sample`. For ten of each:
            ``np.repeat(model.classes_, 10)``.
        image_shape, max_columns
            As in the constructor. Where `image_shape` is None, the estimator's own is taken, if it has one.
        random_state : int, RandomState instance or None, default=None
            Draws the rows.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skaae import AAETransformer
        >>> from skaae.display import SampleDisplay
        >>> model = AAETransformer(2, max_iter=5, random_state=0).fit(load_iris(as_frame=True).data)
        >>> SampleDisplay.from_estimator(model, random_state=0).columns_[:2]
        ['sepal length (cm)', 'sepal width (cm)']
        """
        check_method(estimator, "sample", cls.__name__)
        y = as_conditions(y)
        image_shape = resolve_image_shape(estimator, image_shape)
        if n_samples is None:
            n_samples = len(y) if is_per_row(y) else DEFAULT_N_ROWS if image_shape is None else DEFAULT_N_IMAGES
        samples = estimator.sample(check_positive_int(n_samples, "n_samples"), y, random_state=random_state)
        classes = y if is_per_row(y) and np.ndim(y) == 1 and len(y) == len(samples) else None
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
        ax: AxesLike = None,
        **kwargs: Any,
    ) -> Self:
        """Draw rows.

        Parameters
        ----------
        samples, y, image_shape, max_columns
            As in the constructor.
        max_images : int, default=120
            Of more images, so many are drawn at random.
        max_rows : int, default=5000
            Of more rows of a table, so many are drawn at random.
        random_state : int, RandomState instance or None, default=None
            Draws rows.
        """
        n_drawn = max_drawn(image_shape, max_images, max_rows)
        samples, y = subsample(samples, y, max_rows=n_drawn, random_state=random_state)
        return cls(samples, y=y, image_shape=image_shape, max_columns=max_columns).plot(ax=ax, **kwargs)

    def _draw_images(self, ax: Any, cmap: str, limits: tuple[float, float] | None) -> Panels:
        images = to_images(self.samples, self.image_shape, "samples")
        rows, labels = [], []
        for name, indices in group_indices(self.y, len(images)).items():
            for start in range(0, len(indices), IMAGES_PER_ROW):
                rows.append(images[indices[start : start + IMAGES_PER_ROW]])
                labels.append("" if start else name)
        return ImageGrid(rows, limits, labels if any(labels) else (), title="Samples", cmap=cmap).draw(ax)

    def _draw_columns(self, ax: Any, cmap: str | None) -> Panels:
        groups = group_indices(self.y, len(self.samples))
        if len(groups) > MAX_CLASSES:
            raise ValueError(f"`y` must have at most {MAX_CLASSES} classes where columns are drawn. Got {len(groups)}.")
        table = to_frame(self.samples, "samples")
        tables = [table.iloc[indices] for indices in groups.values()]
        columns = ColumnGrid(tables, np.zeros(table.shape[1]), self.max_columns)
        panels = columns.make_panels(ax, f"{len(table):,} samples", "the first")
        colors = class_colors(len(groups)) if len(groups) > 1 else [MODEL]
        columns.draw(panels, list(groups), colors, n_filled=int(len(groups) == 1), legend=self.y is not None)
        return panels


def group_indices(y: Any, n_rows: int) -> dict[str, NDArray[np.intp]]:
    """Indices of rows by class, in the order of the classes; of all rows if there are no classes."""
    if y is None:
        return {"": np.arange(n_rows)}
    classes, codes = np.unique(np.asarray(y), return_inverse=True)
    return {str(name): np.flatnonzero(codes == code) for code, name in enumerate(classes)}
