"""QualityDisplay: errors of generated rows beside those that real rows have."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from ..metrics._quality import QualityTables
from ._axes import AxesLike, Panels, hide_frame, make_panels
from ._colors import MODEL
from ._display import Display
from ._format import truncate
from ._validation import check_method, check_positive_int

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["QualityDisplay"]

REAL = "#000000"  # a mark on a bar
TITLES = ("columns, error", "pairs of columns, error", "rows")


@dataclass(repr=False, eq=False)
class QualityDisplay(Display):
    """How good generated rows are: their columns, pairs of columns, and whole rows, beside real rows.

    Bars are errors of generated rows against held-out rows, and marks are those of as many training rows: where a bar
    ends at its mark, the column is as good as real. Of whole rows, "detection" is the area under the ROC curve of a
    classifier that tells them from held-out ones, "nearer to training" and "copies" say whether they are training rows
    in disguise, and "utility" how well a model predicts that has learned from them.

    Parameters
    ----------
    column_errors, pair_errors, row_figures : DataFrame
        Figures in columns "generated" and "real".
    max_bars : int, default=10
        Of more columns, or pairs, those are drawn whose errors exceed those of real rows most.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (3,)
        The panels of columns, pairs and rows.
    ax_, figure_ : Axes, Figure
        The first panel, and the figure.

    See Also
    --------
    skaae.metrics.quality_report : The means as a table.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae.display import QualityDisplay
    >>> train, holdout, generated = np.random.default_rng(0).normal(size=(3, 200, 3))
    >>> display = QualityDisplay.from_tables(train, holdout, generated, random_state=0)
    >>> [label.get_text() for label in display.axes_[2].get_yticklabels()]
    ['detection', 'nearer to training', 'copies']
    """

    column_errors: pd.DataFrame
    pair_errors: pd.DataFrame
    row_figures: pd.DataFrame
    _: KW_ONLY
    max_bars: int = 10

    @classmethod
    def from_estimator(
        cls, estimator: Any, X_train: Any, X_holdout: Any, *, random_state: Any = None, **kwargs: Any
    ) -> Self:
        """Sample as many rows as are held out, and draw their figures.

        Parameters
        ----------
        estimator : object
            A fitted estimator with `sample`, which draws its conditions itself.
        X_train, X_holdout : DataFrame or array-like
            The rows that it was fitted to, and others.
        random_state : int, RandomState instance or None, default=None
            Draws rows and folds.
        **kwargs
            Passed to `from_tables`.
        """
        check_method(estimator, "sample", cls.__name__)
        rng = check_random_state(random_state)
        return cls.from_tables(
            X_train, X_holdout, estimator.sample(len(X_holdout), random_state=rng), random_state=rng, **kwargs
        )

    @classmethod
    def from_tables(
        cls,
        X_train: Any,
        X_holdout: Any,
        X_generated: Any,
        *,
        target: Hashable | None = None,
        estimator: Any = None,
        max_bars: int = 10,
        max_rows: int = 5000,
        random_state: Any = None,
        ax: AxesLike = None,
    ) -> Self:
        """Draw figures of generated rows.

        Parameters
        ----------
        X_train, X_holdout, X_generated, target, estimator, max_rows, random_state
            As in `skaae.metrics.quality_report`.
        max_bars : int, default=10
            As in the constructor.
        """
        tables = QualityTables(X_train, X_holdout, X_generated, max_rows, random_state)
        figures = tables.column_errors(), tables.pair_errors(), tables.row_figures(target, estimator)
        return cls(*figures, max_bars=max_bars).plot(ax=ax)

    def plot(self, *, ax: AxesLike = None) -> Self:
        """Draw the figures.

        Parameters
        ----------
        ax : Axes, ndarray of three Axes or None, default=None
            Axes to divide into panels, or one for each. None makes a figure.
        """
        n_bars = check_positive_int(self.max_bars, "max_bars")
        tables = [worst(self.column_errors, n_bars), worst(self.pair_errors, n_bars), self.row_figures]
        height = 0.9 + 0.24 * max(map(len, tables))
        panels = make_panels(ax, 3, n_columns=3, size=(3.6, height))
        errors = self.column_errors, self.pair_errors
        means = [f"{table['generated'].mean():.3f}, real rows {table['real'].mean():.3f}" for table in errors]
        notes = [*[f"\nmean {mean}" for mean in means], "\n"]
        for panel, figures, title, note in zip(panels.axes, tables, TITLES, notes, strict=True):
            draw_bars(panel, figures)
            panel.set_title(title + note, fontsize="medium")
        self._draw_legend(panels)
        return self._keep(panels)

    def _draw_legend(self, panels: Panels) -> None:
        from matplotlib.lines import Line2D
        from matplotlib.patches import Patch

        panels.title("Generated rows beside real ones")
        mark = Line2D([], [], color=REAL, marker="|", markersize=10, markeredgewidth=2, linestyle="none")
        mark.set_label("real rows")
        panels.legend([Patch(color=MODEL, label="generated rows"), mark])


def worst(errors: pd.DataFrame, n: int) -> pd.DataFrame:
    """The errors that exceed those of real rows most, the greatest first."""
    order = np.argsort(-(errors["generated"] - errors["real"]).to_numpy(), kind="stable")[:n]
    return errors.iloc[order]


def draw_bars(ax: Axes, figures: pd.DataFrame) -> None:
    """A bar for each generated figure, and a mark for each real one, the first at the top."""
    positions = np.arange(len(figures))
    ax.barh(positions, figures["generated"], color=MODEL, height=0.6)
    ax.plot(figures["real"], positions, "|", color=REAL, markersize=14, markeredgewidth=2)
    names = [name if isinstance(name, tuple) else (name,) for name in figures.index]
    ax.set_yticks(positions, [", ".join(truncate(str(part), 30 // len(name)) for part in name) for name in names])
    ax.invert_yaxis()
    ax.set_xlim(left=0)
    hide_frame(ax)
