"""ColumnDisplay: real beside generated rows, column by column, and how their correlations differ."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.utils import check_random_state

from ._associations import associations
from ._axes import AxesLike, Panels
from ._colors import DATA, MODEL
from ._columns import ColumnGrid
from ._display import Display
from ._format import percent
from ._heatmap import draw_heatmap
from ._tables import align_columns, column_distance, is_numeric, split_columns
from ._validation import as_conditions, check_method, is_per_row, subsample

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ColumnDisplay"]

MIN_COLOR_LIMIT = 0.2  # of differences of correlations, so that small ones look small


@dataclass(repr=False, eq=False)
class ColumnDisplay(Display):
    r"""Columns of real and of generated rows, and the differences of their correlations.

    Numbers are histograms; categories, bools and few numbers are bars; both say the fraction of missing cells. Titles
    say how far the two are apart: the Kolmogorov-Smirnov distance of numbers, the total variation distance of
    categories. Correlations are Spearman's for two numbers, Cramér's V for two categories, and the correlation ratio of
    ranks for one of each.

    Parameters
    ----------
    X_real : DataFrame or array-like of shape (n_real, n_features)
        Real rows.
    X_generated : DataFrame or array-like of shape (n_generated, n_features)
        Generated rows.
    max_columns : int, default=12
        Of more columns, those that differ most are drawn, the one that differs most first.

    Attributes
    ----------
    ax_, axes_, figure_ : Axes, ndarray of Axes, Figure
        The first panel; the panels of the columns; and the figure.
    correlation_ax_ : Axes or None
        The differences of correlations, if two columns at least are drawn.
    columns_ : list
        The columns that are drawn.
    differences_ : ndarray of shape (n_columns,)
        How far the two are apart in each of them, from 0 to 1.

    Examples
    --------
    >>> import pandas as pd
    >>> from skaae.display import ColumnDisplay
    >>> real = pd.DataFrame({"age": [20, 30, 40, None], "smoker": [True, False, False, True]})
    >>> generated = pd.DataFrame({"age": [20, 30, 30, None], "smoker": [True, True, False, True]})
    >>> [axes.get_title() for axes in ColumnDisplay.from_tables(real, generated).axes_]
    ['age\n25 % off', 'smoker\n25 % off']
    """

    X_real: Any
    X_generated: Any
    _: KW_ONLY
    max_columns: int = 12

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        max_columns: int = 12,
        max_rows: int = 5000,
        random_state: Any = None,
        ax: AxesLike = None,
        **kwargs: Any,
    ) -> Self:
        """Sample as many rows as there are real ones, and draw both.

        Parameters
        ----------
        estimator : object
            A fitted estimator with `sample`.
        X : DataFrame or array-like of shape (n_samples, n_features)
            Real rows, best those that the estimator was not fitted to.
        y : class or array-like of shape (n_samples,) or None, default=None
            The condition of all new rows, or those of the real rows, for each a new one.
        max_columns : int, default=12
            As in the constructor.
        max_rows : int, default=5000
            Of more real rows, so many are drawn at random.
        random_state : int, RandomState instance or None, default=None
            Draws rows, real and new ones.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skaae import AAETransformer
        >>> from skaae.display import ColumnDisplay
        >>> X = load_iris().data
        >>> model = AAETransformer(2, max_iter=5, random_state=0).fit(X)
        >>> display = ColumnDisplay.from_estimator(model, X, max_columns=2, random_state=0)
        >>> display.figure_.get_suptitle()
        'Real and generated rows (2 of 4 columns, those that differ most)'
        """
        check_method(estimator, "sample", cls.__name__)
        y = as_conditions(y)
        rng, per_row = check_random_state(random_state), is_per_row(y)
        X, y_drawn = subsample(X, y if per_row else None, max_rows=max_rows, random_state=rng)
        X_generated = estimator.sample(len(X), y_drawn if per_row else y, random_state=rng)
        return cls(X, X_generated, max_columns=max_columns).plot(ax=ax, **kwargs)

    @classmethod
    def from_tables(
        cls,
        X_real: Any,
        X_generated: Any,
        *,
        max_columns: int = 12,
        max_rows: int = 5000,
        random_state: Any = None,
        ax: AxesLike = None,
        **kwargs: Any,
    ) -> Self:
        """Draw real and generated rows.

        Parameters
        ----------
        X_real, X_generated, max_columns
            As in the constructor.
        max_rows : int, default=5000
            Of more rows of either, so many are drawn at random.
        random_state : int, RandomState instance or None, default=None
            Draws rows.
        """
        options: dict[str, Any] = {"max_rows": max_rows, "random_state": random_state}
        (X_real,), (X_generated,) = subsample(X_real, **options), subsample(X_generated, **options)
        return cls(X_real, X_generated, max_columns=max_columns).plot(ax=ax, **kwargs)

    def plot(self, *, ax: AxesLike = None, cmap: str = "RdBu_r") -> Self:
        """Draw the rows.

        Parameters
        ----------
        ax : Axes, ndarray of Axes or None, default=None
            Axes to divide into panels; or one for each column, and one for the correlations. None makes a figure.
        cmap : str, default="RdBu_r"
            The colours of differences of correlations.
        """
        tables = align_columns(self.X_real, self.X_generated, ("X_real", "X_generated"))
        differences = np.array(list(map(column_distance, *map(split_columns, tables))))
        columns = ColumnGrid(tables, differences, self.max_columns)
        self.differences_ = differences[columns.indices]
        panels = self._draw_columns(ax, columns)
        self.correlation_ax_ = panels.side_ax
        if panels.side_ax is not None:
            self._draw_correlations(panels.side_ax, columns, cmap)
        return self._keep(panels)

    def _draw_columns(self, ax: Any, columns: ColumnGrid) -> Panels:
        n = len(columns)
        n_columns = 1 if n <= 2 else 2 if n <= 4 else 3 if n <= 12 else 4
        layout = {"n_columns": n_columns, "side_width": 0.0 if n < 2 else 1.9 / min(n_columns, n)}
        panels = columns.make_panels(ax, "Real and generated rows", "those that differ most", **layout)
        notes = [f"{percent(difference)} off" for difference in self.differences_]
        columns.draw(panels, ("real", "generated"), (DATA, MODEL), notes=notes)
        return panels

    def _draw_correlations(self, ax: Axes, columns: ColumnGrid, cmap: str) -> None:
        real, generated = (table.iloc[:, columns.indices] for table in columns.tables)
        numeric = [is_numeric(cells) and is_numeric(other) for cells, other in columns]
        change = associations(generated, numeric) - associations(real, numeric)
        np.fill_diagonal(change, np.nan)
        limit = max(MIN_COLOR_LIMIT, np.nanmax(np.abs(change), initial=0.0))
        labels = columns.labels(14)
        image = draw_heatmap(ax, change, None, labels, labels, cmap=cmap, vmin=-limit, vmax=limit)
        ax.set_aspect("equal")
        ax.set_title("Correlations, generated - real", fontsize="medium")
        bar = ax.figure.colorbar(image, ax=ax, shrink=0.7, location="bottom")
        bar.ax.tick_params(labelsize="small")
        bar.ax.locator_params(axis="x", nbins=5)
