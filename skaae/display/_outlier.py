"""OutlierDisplay: scores, the threshold, and the columns that explain the most abnormal rows."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_consistent_length

from ._axes import AxesLike, hide_frame, make_panels
from ._colors import DATA, MODEL
from ._columns import ColumnGrid
from ._dates import date_kind_of
from ._display import Display
from ._format import percent, truncate
from ._heatmap import draw_heatmap
from ._tables import to_frame, to_texts
from ._validation import check_method, check_positive_int, subsample

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["OutlierDisplay"]

ANOMALY = "#D55E00"
N_BINS = 40
MIN_COLOR_LIMIT = 0.3  # of shares, so that small ones look small
MAX_CELL_LENGTH = 10
TAIL_FRACTION = 0.005  # of the lowest scores that may be counted in the first bin


@dataclass(repr=False, eq=False)
class OutlierDisplay(Display):
    """How rows score, where the threshold is, and which columns explain the most abnormal rows.

    Parameters
    ----------
    scores : ndarray of shape (n_samples,)
        Scores, the lower, the more abnormal.
    offset : float or None, default=None
        The score below which a row is an outlier.
    y : ndarray of bool of shape (n_samples,) or None, default=None
        Which rows are known anomalies.
    X : DataFrame of shape (n_top, n_features) or None, default=None
        The most abnormal rows, by their scores.
    shares : DataFrame of shape (n_top, n_features) or None, default=None
        The share of each column in the score of each of these rows. None draws scores alone.
    expected : DataFrame of shape (n_top, n_features) or None, default=None
        What would have been usual in the cells of these rows, which is written in brackets where a row is strangest.
    max_columns : int, default=8
        Of more columns, those that explain most are drawn.
    n_samples : int or None, default=None
        The number of rows that scores were drawn from, if there were more.

    Attributes
    ----------
    ax_, axes_, figure_ : Axes, ndarray of Axes, Figure
        The histogram; the histogram, and the cells of the most abnormal rows if they are explained; and the figure.
    columns_ : list
        The columns that are drawn.

    Examples
    --------
    >>> from skaae.display import OutlierDisplay
    >>> display = OutlierDisplay.from_scores([-1.0, -0.9, -5.0], [1, 1, -1], offset=-2.0)
    >>> display.y.tolist()
    [False, False, True]
    """

    scores: NDArray[np.float64]
    _: KW_ONLY
    offset: float | None = None
    y: NDArray[np.bool_] | None = None
    X: pd.DataFrame | None = None
    shares: pd.DataFrame | None = None
    expected: pd.DataFrame | None = None
    max_columns: int = 8
    n_samples: int | None = None

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        n_top: int = 8,
        max_columns: int = 8,
        max_rows: int = 5000,
        random_state: Any = None,
        ax: AxesLike = None,
        **kwargs: Any,
    ) -> Self:
        """Score rows, and draw their scores and what explains the most abnormal.

        Parameters
        ----------
        estimator : object
            A fitted estimator with `score_samples`. The threshold is drawn if it has `offset_`, columns if it has
            `explain`, and what would be usual in the strangest cell of a row if it has `expected_values`.
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or None, default=None
            Known anomalies: bools, True for them, or -1 for them and 1 for the others as in `predict`.
        n_top : int, default=8
            How many of the most abnormal rows to explain.
        max_columns : int, default=8
            Of more columns, those that explain most are drawn.
        max_rows : int, default=5000
            Of more rows, so many are scored, drawn at random.
        random_state : int, RandomState instance or None, default=None
            Draws rows.

        Examples
        --------
        >>> from sklearn.datasets import load_wine
        >>> from skaae import AAEOutlierDetector
        >>> from skaae.display import OutlierDisplay
        >>> X, y = load_wine(return_X_y=True, as_frame=True)
        >>> model = AAEOutlierDetector(n_members=1, max_iter=5, random_state=0).fit(X[y == 0])
        >>> len(OutlierDisplay.from_estimator(model, X, y == 2).axes_)
        2
        """
        check_method(estimator, "score_samples", cls.__name__)
        rows, anomalies, indices = subsample(
            X, check_anomalies(y), np.arange(len(X)), max_rows=max_rows, random_state=random_state
        )
        scores = np.asarray(estimator.score_samples(rows))
        top = lowest(scores, n_top)
        X_top = shares = expected = None
        if hasattr(estimator, "explain"):
            rows = _safe_indexing(rows, top)
            X_top, shares = to_frame(rows, "X"), estimator.explain(rows)
            if hasattr(estimator, "expected_values"):
                expected = to_frame(estimator.expected_values(rows), "X")
            if not isinstance(X, pd.DataFrame):
                X_top.index = indices[top]
        options: dict[str, Any] = {"offset": getattr(estimator, "offset_", None), "max_columns": max_columns}
        options |= {"X": X_top, "shares": shares, "expected": expected, "n_samples": len(X)}
        return cls(scores, y=anomalies, **options).plot(ax=ax, **kwargs)

    @classmethod
    def from_scores(
        cls,
        scores: Any,
        y: Any = None,
        *,
        offset: float | None = None,
        X: Any = None,
        shares: Any = None,
        n_top: int = 8,
        max_columns: int = 8,
        ax: AxesLike = None,
        **kwargs: Any,
    ) -> Self:
        """Draw scores, and what explains the lowest.

        Parameters
        ----------
        scores, offset, max_columns
            As in the constructor.
        y, n_top
            As in `from_estimator`.
        X : DataFrame or array-like of shape (n_samples, n_features) or None, default=None
            The rows, for the values in their cells.
        shares : DataFrame or array-like of shape (n_samples, n_features) or None, default=None
            The share of each column in the score of each row. None draws scores alone.
        """
        scores = np.asarray(scores, dtype=np.float64)
        if scores.ndim != 1 or not len(scores) or not np.isfinite(scores).all():
            raise ValueError(
                f"`scores` must be finite numbers in one dimension, one at least. Got shape {scores.shape} and"
                f" {int((~np.isfinite(scores)).sum())} that are not finite."
            )
        anomalies = check_anomalies(y)
        check_consistent_length(scores, anomalies, X, shares)
        top = lowest(scores, n_top)
        X_top, shares = (None if table is None else to_frame(table, "X").iloc[top] for table in (X, shares))
        options: dict[str, Any] = {"offset": offset, "max_columns": max_columns}
        return cls(scores, y=anomalies, X=X_top, shares=shares, **options).plot(ax=ax, **kwargs)

    def plot(self, *, ax: AxesLike = None, **kwargs: Any) -> Self:
        """Draw the scores and the most abnormal rows.

        Parameters
        ----------
        ax : Axes, ndarray of Axes or None, default=None
            Axes to divide in two, or one for scores and one for columns. None makes a figure.
        **kwargs : dict
            Passed to matplotlib's `hist`.
        """
        columns, side_width = None, 0.0
        if self.shares is not None:
            table = self.shares if self.X is None else self.X
            columns = ColumnGrid([table], np.asarray(self.shares).mean(axis=0), self.max_columns)
            side_width = min(max(0.8, 0.24 * len(columns)), 2.2 if ax is None else 1.3)
        panels = make_panels(ax, 1, size=(4.0, 3.0), side_width=side_width)
        self._keep(panels)
        self._draw_scores(self.ax_, kwargs)
        if columns is not None and panels.side_ax is not None:
            self._draw_top(panels.side_ax, columns)
            self.axes_, self.columns_ = np.array([self.ax_, panels.side_ax], dtype=object), columns.names
        return self

    def _draw_scores(self, ax: Axes, options: dict[str, Any]) -> None:
        scores = self.scores
        low = np.quantile(scores, TAIL_FRACTION)
        clipped = bool(scores.max() - scores.min() > 3 * (scores.max() - low) > 0)
        edges = np.histogram_bin_edges(scores[scores >= low] if clipped else scores, N_BINS)
        groups, labels, colors = [np.ones(len(scores), bool)], ["rows"], [MODEL]
        if self.y is not None:
            groups, labels, colors = [~self.y, self.y], ["others", "known anomalies"], [DATA, ANOMALY]
        values = [scores[group].clip(min=edges[0]) for group in groups]
        ax.hist(values, **{"bins": edges, "stacked": True, "color": colors, "label": labels, **options})
        if self.offset is not None:
            label = f"threshold, {percent(float((scores < self.offset).mean()))} below"
            ax.axvline(self.offset, color="black", linestyle="--", linewidth=1.2, label=label)
        if self.offset is not None or self.y is not None:
            ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), frameon=False, fontsize="small", ncols=1)
        n_samples = self.n_samples or len(scores)
        n_rows = f"{len(scores):,}" if n_samples == len(scores) else f"{len(scores):,} of {n_samples:,}"
        note = "; the first bar has the tail" if clipped else ""
        ax.set(xlabel=f"score (lower is stranger{note})", ylabel=f"rows ({n_rows})")
        hide_frame(ax)

    def _draw_top(self, ax: Axes, columns: ColumnGrid) -> None:
        shares, (table,) = np.asarray(self.shares, dtype=np.float64), columns.tables
        texts = None if self.X is None else cell_texts(table.iloc[:, columns.indices])
        if texts is not None and self.expected is not None:
            usual = cell_texts(self.expected.iloc[:, columns.indices])
            strangest = np.arange(len(shares)), shares[:, columns.indices].argmax(axis=1)
            texts[strangest] = [
                f"{text}\n({other})" for text, other in zip(texts[strangest], usual[strangest], strict=True)
            ]
        scores = np.sort(self.scores)[: len(shares)]
        rows = [f"row {name} ({score:.2f})" for name, score in zip(table.index, scores, strict=True)]
        options = {"cmap": "Blues", "vmin": 0, "vmax": max(MIN_COLOR_LIMIT, shares.max())}
        image = draw_heatmap(ax, shares[:, columns.indices], texts, rows, columns.labels(18), **options)
        bar = self.figure_.colorbar(image, ax=ax, shrink=0.8)
        bar.set_label("share in the score", fontsize="small")
        n_columns = shares.shape[1]
        which = f"{len(columns)} of {n_columns} columns" if len(columns) < n_columns else "all columns"
        note = "" if self.expected is None else "; in brackets, what is usual"
        ax.set_title(f"The {len(shares)} strangest rows, {which}{note}", fontsize="medium")


def cell_texts(table: pd.DataFrame) -> NDArray[Any]:
    """Cells as short texts, (n_rows, n_columns)."""
    columns = []
    for _, cells in table.items():
        texts = to_texts(cells, "missing")
        is_date = date_kind_of(cells) == "date"  # in two lines where it has a time of the day
        lines = [text.replace("T", " ").split(" ", 1) if is_date else [text] for text in texts]
        columns.append(["\n".join(truncate(line, MAX_CELL_LENGTH) for line in text) for text in lines])
    return np.array(columns, dtype=object).T


def lowest(scores: NDArray[np.float64], n_top: Any) -> NDArray[np.intp]:
    """Indices of the lowest scores, the lowest first."""
    return np.argsort(scores, kind="stable")[: check_positive_int(n_top, "n_top")]


def check_anomalies(y: Any) -> NDArray[np.bool_] | None:
    """Which rows are anomalies, from bools or from -1 and 1."""
    if y is None:
        return None
    values = np.asarray(y)
    if values.dtype.kind == "b":
        return values
    if values.dtype.kind not in "iuf" or not np.isin(values, (-1, 1)).all():
        raise ValueError(
            "`y` must be bools, True for anomalies, or -1 for them and 1 for the others. Got"
            f" {sorted(set(values.tolist()), key=str)[:5]}."
        )
    return np.asarray(values == -1)
