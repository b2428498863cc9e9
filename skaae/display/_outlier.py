"""OutlierDisplay: scores, the threshold, and what makes the strangest rows strange."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_consistent_length

from ._canvas import panels, without_frame
from ._cells import draw_cells
from ._checks import check_methods, check_most
from ._colors import FIRST, SECOND
from ._column_panels import percent, shortened
from ._tables import as_frame, some_places, texts_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["OutlierDisplay"]

ANOMALY, NORMAL = "#D55E00", SECOND
N_BINS = 40
DARK = 0.3  # share of a column from which on cells may be dark
LONG_TAIL = 0.005  # share of the lowest scores that may be drawn into the first bar


class OutlierDisplay:
    """How rows score, where the threshold is, and which columns make the strangest rows strange.

    Parameters
    ----------
    scores : ndarray of shape (n_samples,)
        Scores, lower for stranger rows.
    offset : float or None, default=None
        The score below which a row is an outlier.
    y : ndarray of bool of shape (n_samples,) or None, default=None
        Which rows are known anomalies.
    X : DataFrame of shape (n_top, n_features) or None, default=None
        The strangest rows, the strangest first.
    shares : DataFrame of shape (n_top, n_features) or None, default=None
        The share of each column in the score of each of these rows. None draws scores alone.
    max_columns : int, default=8
        Of more columns, those that explain most are drawn.
    n_samples : int or None, default=None
        The number of rows that scores were drawn from, if there were more.

    Attributes
    ----------
    ax_ : Axes
        Where the histogram is.
    axes_ : ndarray of Axes
        The histogram, and the cells of the strangest rows if they are explained.
    columns_ : list
        The columns that are drawn.
    figure_ : Figure
        The figure that they are in.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from skaae import AAEOutlierDetector
    >>> from skaae.display import OutlierDisplay
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> model = AAEOutlierDetector(n_members=1, max_iter=5, random_state=0).fit(X[y == 0])
    >>> display = OutlierDisplay.from_estimator(model, X, y == 2)
    >>> display.ax_.lines[0].get_xdata()[0] == model.offset_
    np.True_
    """

    def __init__(
        self,
        scores: np.ndarray,
        *,
        offset: float | None = None,
        y: np.ndarray | None = None,
        X: pd.DataFrame | None = None,
        shares: pd.DataFrame | None = None,
        max_columns: int = 8,
        n_samples: int | None = None,
    ) -> None:
        self.scores = scores
        self.offset = offset
        self.y = y
        self.X = X
        self.shares = shares
        self.max_columns = max_columns
        self.n_samples = n_samples

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
        ax: Axes | np.ndarray | None = None,
        **kwargs: Any,
    ) -> OutlierDisplay:
        """Score rows, and draw their scores and why the strangest are so.

        Parameters
        ----------
        estimator : object
            A fitted estimator with `score_samples`. The threshold is drawn where it has `offset_`, and columns where it
            has `explain`.
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or None, default=None
            Known anomalies: bools, True for them, or -1 for them and 1 for the others as in `predict`.
        n_top : int, default=8
            How many of the strangest rows to explain.
        max_columns : int, default=8
            Of more columns, those that explain most are drawn.
        max_rows : int, default=5000
            Of more rows, so many are scored, drawn at random.
        random_state : int, RandomState instance or None, default=None
            Draws rows.
        ax : Axes, ndarray of Axes or None, default=None
            Axes to divide in two, or one for scores and one for columns. None makes a figure.
        **kwargs : dict
            What matplotlib's `hist` is given.

        Returns
        -------
        display : OutlierDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If the estimator has no `score_samples`.
        ValueError
            If `y` is neither bools nor -1 and 1, or a number is not one.

        Examples
        --------
        >>> from sklearn.datasets import load_wine
        >>> from sklearn.ensemble import IsolationForest
        >>> from skaae.display import OutlierDisplay
        >>> X = load_wine().data
        >>> len(OutlierDisplay.from_estimator(IsolationForest(random_state=0).fit(X), X).axes_)
        1
        """
        check_methods(estimator, "score_samples", cls.__name__)
        n_samples, anomalies = len(X), known_anomalies(X, y)
        places = some_places(n_samples, check_most(max_rows, "max_rows"), random_state)
        rows = _safe_indexing(X, places)
        scores = np.asarray(estimator.score_samples(rows))
        top = np.argsort(scores, kind="stable")[: check_most(n_top, "n_top")]
        table = shares = None
        if hasattr(estimator, "explain"):
            strangest = _safe_indexing(rows, top)
            table, shares = as_frame(strangest, "X"), estimator.explain(strangest)
            if not isinstance(X, pd.DataFrame):
                table.index = places[top]
        return cls(
            scores,
            offset=getattr(estimator, "offset_", None),
            y=None if anomalies is None else anomalies[places],
            X=table,
            shares=shares,
            max_columns=max_columns,
            n_samples=n_samples,
        ).plot(ax=ax, **kwargs)

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
        ax: Axes | np.ndarray | None = None,
        **kwargs: Any,
    ) -> OutlierDisplay:
        """Draw scores, and why the lowest are so.

        Parameters
        ----------
        scores : array-like of shape (n_samples,)
            Scores, lower for stranger rows.
        y : array-like of shape (n_samples,) or None, default=None
            Known anomalies: bools, True for them, or -1 for them and 1 for the others.
        offset : float or None, default=None
            The score below which a row is an outlier.
        X : DataFrame or array-like of shape (n_samples, n_features) or None, default=None
            The rows, for the values in their cells.
        shares : DataFrame or array-like of shape (n_samples, n_features) or None, default=None
            The share of each column in the score of each row. None draws scores alone.
        n_top : int, default=8
            How many of the strangest rows to explain.
        max_columns : int, default=8
            Of more columns, those that explain most are drawn.
        ax : Axes, ndarray of Axes or None, default=None
            Axes to divide in two, or one for scores and one for columns. None makes a figure.
        **kwargs : dict
            What matplotlib's `hist` is given.

        Returns
        -------
        display : OutlierDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If scores are not finite numbers in one dimension, or other arrays do not go with them.

        Examples
        --------
        >>> from skaae.display import OutlierDisplay
        >>> display = OutlierDisplay.from_scores([-1.0, -0.9, -5.0], [1, 1, -1], offset=-2.0)
        >>> display.y.tolist()
        [False, False, True]
        """
        values = np.asarray(scores, dtype=np.float64)
        if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
            raise ValueError(
                f"`scores` must be finite numbers in one dimension, one at least. Got shape {values.shape} and"
                f" {int((~np.isfinite(values)).sum())} that are not finite."
            )
        for other in (X, shares):
            check_consistent_length(values, other)
        top = np.argsort(values, kind="stable")[: check_most(n_top, "n_top")]
        rows, own = (None if table is None else as_frame(table, "X").iloc[top] for table in (X, shares))
        anomalies = known_anomalies(values, y)
        return cls(values, offset=offset, y=anomalies, X=rows, shares=own, max_columns=max_columns).plot(
            ax=ax, **kwargs
        )

    def plot(self, *, ax: Axes | np.ndarray | None = None, **kwargs: Any) -> OutlierDisplay:
        """Draw the scores and the strangest rows.

        Parameters
        ----------
        ax : Axes, ndarray of Axes or None, default=None
            Axes to divide in two, or one for scores and one for columns. None makes a figure.
        **kwargs : dict
            What matplotlib's `hist` is given.

        Returns
        -------
        display : OutlierDisplay
            The display.

        Raises
        ------
        ValueError
            If `ax` are not as many axes as panels.
        """
        explained = self.shares is not None
        n_shown = min(self.max_columns, self.shares.shape[1]) if self.shares is not None else 0
        beside = min(max(0.8, 0.24 * n_shown), 2.2 if ax is None else 1.3) if explained else 0.0
        frame = panels(ax, 1, size=(4.0, 3.0), beside=beside)
        self.figure_, self.ax_ = frame.figure, frame.axes[0]
        self._draw_scores(kwargs)
        self.axes_ = frame.axes
        if frame.beside is not None:
            self._draw_top(frame.beside)
            self.axes_ = np.array([self.ax_, frame.beside], dtype=object)
        return self

    def _draw_scores(self, options: dict[str, Any]) -> None:
        ax, scores = self.ax_, self.scores
        low = np.quantile(scores, LONG_TAIL)
        cut = bool(scores.max() - scores.min() > 3 * (scores.max() - low) > 0)
        edges = np.histogram_bin_edges(scores[scores >= low] if cut else scores, N_BINS)
        shown = scores.clip(min=edges[0])
        groups = {"rows": (np.ones(len(scores), bool), NORMAL)}
        if self.y is not None:
            groups = {"others": (~self.y, FIRST), "known anomalies": (self.y, ANOMALY)}
        rows, colors = zip(*groups.values(), strict=True)
        ax.hist(
            [shown[each] for each in rows],
            **{"bins": edges, "stacked": True, "color": list(colors), "label": list(groups), **options},
        )
        if self.offset is not None:
            share = float((scores < self.offset).mean())
            label = f"threshold, {percent(share)} below"
            ax.axvline(self.offset, color="black", linestyle="--", linewidth=1.2, label=label)
        if self.offset is not None or self.y is not None:
            ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), frameon=False, fontsize="small", ncols=1)
        n_samples = self.n_samples or len(scores)
        drawn = f"{len(scores):,}" if n_samples == len(scores) else f"{len(scores):,} of {n_samples:,}"
        ax.set(xlabel="score (lower is stranger)", ylabel=f"rows ({drawn})")
        if cut:
            ax.set_xlabel("score (lower is stranger; the first bar has the tail)")
        without_frame(ax)

    def _draw_top(self, ax: Any) -> None:
        assert self.shares is not None
        shares = np.asarray(self.shares, dtype=np.float64)
        n_shown = min(check_most(self.max_columns, "max_columns"), shares.shape[1])
        places = np.argsort(-shares.mean(axis=0), kind="stable")[:n_shown]
        table = self.shares if self.X is None else self.X
        names = [shortened(str(table.columns[place]), 18) for place in places]
        texts = None
        if self.X is not None:
            cells = [texts_of(self.X.iloc[:, place], "missing") for place in places]
            texts = np.transpose([[shortened(text, 10) for text in column] for column in cells])
        order = np.sort(self.scores)[: len(shares)]
        lines = [f"row {name} ({score:.2f})" for name, score in zip(table.index, order, strict=True)]
        image = draw_cells(
            ax, shares[:, places], texts, lines, names, cmap="Blues", vmin=0, vmax=max(DARK, shares.max())
        )
        bar = self.figure_.colorbar(image, ax=ax, shrink=0.8)
        bar.set_label("share in the score", fontsize="small")
        which = f"{n_shown} of {shares.shape[1]} columns" if n_shown < shares.shape[1] else "all columns"
        ax.set_title(f"The {len(shares)} strangest rows, {which}", fontsize="medium")
        self.columns_ = [table.columns[place] for place in places]


def known_anomalies(X: Any, y: Any) -> np.ndarray | None:
    """Which rows are anomalies, from bools or from -1 and 1."""
    if y is None:
        return None
    check_consistent_length(X, y)
    values = np.asarray(y)
    if values.dtype.kind == "b":
        return values
    if values.dtype.kind not in "iuf" or not np.isin(values, (-1, 1)).all():
        raise ValueError(
            "`y` must be bools, True for anomalies, or -1 for them and 1 for the others. Got"
            f" {sorted(set(values.tolist()), key=str)[:5]}."
        )
    return values == -1
