"""ColumnDisplay: real rows beside generated ones, column by column, and how their correlations differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import _safe_indexing, check_random_state
from sklearn.utils.validation import check_consistent_length

from ._associations import associations
from ._canvas import panels
from ._cells import draw_cells
from ._checks import check_methods, check_most, one_for_each
from ._colors import FIRST, SECOND
from ._column_panels import draw_column, handles_of, percent, shortened
from ._tables import difference, frames_alike, is_number, of_columns, some_places, some_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ColumnDisplay"]

NAMES, COLORS = ("real", "generated"), (FIRST, SECOND)
LEAST_SCALE = 0.2  # of differences of correlations, so that small ones look small


class ColumnDisplay:
    """Columns of real and of generated rows, and the differences of their correlations.

    Numbers are histograms, categories, bools and few numbers are bars; both say the share of missing cells. Titles say
    how far apart the two are: the largest distance of cumulative shares for numbers, the share of rows that would have
    to be another for categories. Correlations are Spearman's for two numbers, Cramér's V for two categories, and the
    correlation ratio of ranks for one of each.

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
    ax_ : Axes
        The first panel.
    axes_ : ndarray of Axes
        The panels of the columns.
    correlation_ax_ : Axes or None
        The differences of correlations, where two columns at least are drawn.
    columns_ : list
        The columns that are drawn.
    differences_ : ndarray of shape (n_columns,)
        How far apart these are, from 0 to 1.
    figure_ : Figure
        The figure that they are in.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skaae import AAEGenerator
    >>> from skaae.display import ColumnDisplay
    >>> X = load_iris(as_frame=True).data
    >>> model = AAEGenerator(max_iter=5, flow_max_iter=5, random_state=0).fit(X)
    >>> len(ColumnDisplay.from_estimator(model, X, random_state=0).axes_)
    4
    """

    def __init__(self, X_real: Any, X_generated: Any, *, max_columns: int = 12) -> None:
        self.X_real = X_real
        self.X_generated = X_generated
        self.max_columns = max_columns

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
        ax: Axes | np.ndarray | None = None,
        **kwargs: Any,
    ) -> ColumnDisplay:
        """Draw as many new rows as real ones, and show both.

        Parameters
        ----------
        estimator : object
            A fitted estimator with `sample`.
        X : DataFrame or array-like of shape (n_samples, n_features)
            Real rows, best those that the estimator was not fitted to.
        y : class or array-like of shape (n_samples,) or None, default=None
            The condition of all new rows, or those of the real rows, for each a new one.
        max_columns : int, default=12
            Of more columns, those that differ most are drawn.
        max_rows : int, default=5000
            Of more real rows, so many are drawn at random.
        random_state : int, RandomState instance or None, default=None
            Draws rows, real and new ones.
        ax : Axes, ndarray of Axes or None, default=None
            Axes to divide into panels; or one for each column, and one for the correlations. None makes a figure.
        **kwargs : dict
            Further arguments of `plot`.

        Returns
        -------
        display : ColumnDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If the estimator has no `sample`.
        ValueError
            If `X` has infinite numbers, or a number is not one.

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
        check_methods(estimator, "sample", cls.__name__)
        rng = check_random_state(random_state)
        places = some_places(len(X), check_most(max_rows, "max_rows"), rng)
        if one_for_each(y):
            check_consistent_length(X, y)
            y = _safe_indexing(y, places)
        generated = estimator.sample(len(places), y, random_state=rng)
        return cls(_safe_indexing(X, places), generated, max_columns=max_columns).plot(ax=ax, **kwargs)

    @classmethod
    def from_tables(
        cls,
        X_real: Any,
        X_generated: Any,
        *,
        max_columns: int = 12,
        max_rows: int = 5000,
        random_state: Any = None,
        ax: Axes | np.ndarray | None = None,
        **kwargs: Any,
    ) -> ColumnDisplay:
        r"""Show real and generated rows.

        Parameters
        ----------
        X_real : DataFrame or array-like of shape (n_real, n_features)
            Real rows.
        X_generated : DataFrame or array-like of shape (n_generated, n_features)
            Generated rows.
        max_columns : int, default=12
            Of more columns, those that differ most are drawn.
        max_rows : int, default=5000
            Of more rows of either, so many are drawn at random.
        random_state : int, RandomState instance or None, default=None
            Draws rows.
        ax : Axes, ndarray of Axes or None, default=None
            Axes to divide into panels; or one for each column, and one for the correlations. None makes a figure.
        **kwargs : dict
            Further arguments of `plot`.

        Returns
        -------
        display : ColumnDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If the tables do not have the same columns, or infinite numbers.

        Examples
        --------
        >>> import pandas as pd
        >>> from skaae.display import ColumnDisplay
        >>> real = pd.DataFrame({"age": [20, 30, 40, None], "smoker": [True, False, False, True]})
        >>> generated = pd.DataFrame({"age": [20, 30, 30, None], "smoker": [True, True, False, True]})
        >>> [axes.get_title() for axes in ColumnDisplay.from_tables(real, generated).axes_]
        ['age\n25 % off', 'smoker\n25 % off']
        """
        most = check_most(max_rows, "max_rows")
        tables = [some_rows(rows, most, random_state) for rows in (X_real, X_generated)]
        return cls(*tables, max_columns=max_columns).plot(ax=ax, **kwargs)

    def plot(self, *, ax: Axes | np.ndarray | None = None, cmap: str = "RdBu_r") -> ColumnDisplay:
        """Show the rows.

        Parameters
        ----------
        ax : Axes, ndarray of Axes or None, default=None
            Axes to divide into panels; or one for each column, and one for the correlations. None makes a figure.
        cmap : str, default="RdBu_r"
            The colours of differences of correlations.

        Returns
        -------
        display : ColumnDisplay
            The display.

        Raises
        ------
        ValueError
            If the tables do not have the same columns, or infinite numbers, or `ax` are not as many axes as panels.
        """
        real, generated = frames_alike(self.X_real, self.X_generated, ("X_real", "X_generated"))
        far = np.array([difference(real.iloc[:, place], generated.iloc[:, place]) for place in range(real.shape[1])])
        n_shown = min(check_most(self.max_columns, "max_columns"), len(far))
        places = np.argsort(-far, kind="stable")[:n_shown]
        self.columns_, self.differences_ = [real.columns[place] for place in places], far[places]
        real, generated = real.iloc[:, places], generated.iloc[:, places]

        n_columns = 1 if n_shown <= 2 else 2 if n_shown <= 4 else 3 if n_shown <= 12 else 4
        beside = 0.0 if n_shown < 2 else 1.9 / min(n_columns, n_shown)
        frame = panels(ax, n_shown, n_columns=n_columns, size=(2.6, 2.0), beside=beside)
        for place, axes in enumerate(frame.axes):
            cells = [table.iloc[:, place] for table in (real, generated)]
            draw_column(axes, cells, NAMES, COLORS, note=f"{percent(self.differences_[place])} off")
        frame.title(f"Real and generated rows{of_columns(n_shown, len(far), 'those that differ most')}")
        frame.legend(handles_of(NAMES, COLORS))
        self.axes_, self.ax_, self.figure_ = frame.axes, frame.axes[0], frame.figure
        self.correlation_ax_ = frame.beside
        if frame.beside is not None:
            self._draw_correlations(frame.beside, real, generated, cmap)
        return self

    def _draw_correlations(self, ax: Any, real: Any, generated: Any, cmap: str) -> None:
        numbers = [is_number(real.iloc[:, p]) and is_number(generated.iloc[:, p]) for p in range(real.shape[1])]
        change = associations(generated, numbers) - associations(real, numbers)
        np.fill_diagonal(change, np.nan)
        largest = max(LEAST_SCALE, np.nanmax(np.abs(change), initial=0.0))
        names = [shortened(str(column), 14) for column in self.columns_]
        image = draw_cells(ax, change, None, names, names, cmap=cmap, vmin=-largest, vmax=largest)
        ax.set_aspect("equal")
        ax.set_title("Correlations, generated - real", fontsize="medium")
        bar = ax.figure.colorbar(image, ax=ax, shrink=0.7, location="bottom")
        bar.ax.tick_params(labelsize="small")
        bar.ax.locator_params(axis="x", nbins=5)
