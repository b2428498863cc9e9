"""LatentDisplay: codes by class, and the prior that they should look like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.ndimage import gaussian_filter
from sklearn.utils import _safe_indexing, check_random_state
from sklearn.utils.validation import check_array, check_consistent_length

from ..estimators._labels import is_labelled
from ._canvas import legend_beside, one_axes, without_frame
from ._checks import check_components, check_methods, check_most
from ._colors import OTHERS, UNLABELLED, colors_of, marks_of
from ._column_panels import shortened
from ._tables import some_places

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["LatentDisplay"]

PRIOR_DRAWS = 200_000
MASSES = (0.5, 0.95)
MOST_CLASSES = 20
N_CELLS = 160
SQUARE = 5.1  # inches of a square of 4.8 and what is at its left


class LatentDisplay:
    """Two components of codes by class, over the regions where a half and 95 % of the prior's draws are.

    Parameters
    ----------
    codes : ndarray of shape (n_samples, 2)
        Two components of codes.
    y : array-like of shape (n_samples,) or None, default=None
        Classes, -1 or missing where unknown, or numbers. More than 20 numbers have a colour bar; of more than 20
        classes the most frequent ones have a colour.
    prior_codes : ndarray of shape (n_draws, 2) or None, default=None
        The same components of draws of the prior. None draws codes alone.
    components : tuple of int, default=(0, 1)
        Which components these are, for the labels of the axes.
    n_samples : int or None, default=None
        The number of rows that codes were drawn from, if there were more.

    Attributes
    ----------
    ax_ : Axes
        Where codes are drawn.
    figure_ : Figure
        The figure that it is in.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skaae import AAETransformer
    >>> from skaae.display import LatentDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> model = AAETransformer(2, max_iter=5, random_state=0).fit(X)
    >>> LatentDisplay.from_estimator(model, X, y, random_state=0).ax_.get_xlabel()
    'component 0'
    """

    def __init__(
        self,
        codes: np.ndarray,
        *,
        y: Any = None,
        prior_codes: np.ndarray | None = None,
        components: tuple[int, int] = (0, 1),
        n_samples: int | None = None,
    ) -> None:
        self.codes = codes
        self.y = y
        self.prior_codes = prior_codes
        self.components = components
        self.n_samples = n_samples

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        components: tuple[int, int] = (0, 1),
        max_points: int = 3000,
        random_state: Any = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> LatentDisplay:
        """Encode rows and draw their codes.

        Parameters
        ----------
        estimator : object
            A fitted estimator with `transform`. The prior is drawn where it has `sample_prior`.
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or None, default=None
            Their classes, -1 or missing where unknown, or numbers.
        components : tuple of int, default=(0, 1)
            Which two components of the code to draw.
        max_points : int, default=3000
            Of more rows, so many are drawn at random.
        random_state : int, RandomState instance or None, default=None
            Draws rows and the prior.
        ax : Axes or None, default=None
            Where to draw. None makes a figure.
        **kwargs : dict
            What matplotlib's `scatter` is given.

        Returns
        -------
        display : LatentDisplay
            The display, drawn.

        Raises
        ------
        TypeError
            If the estimator has no `transform`.
        ValueError
            If `components` are not two positions in the code, or `y` is not as long as `X`.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.decomposition import PCA
        >>> from skaae.display import LatentDisplay
        >>> X, y = load_iris(return_X_y=True)
        >>> LatentDisplay.from_estimator(PCA(3).fit(X), X, components=(2, 0), max_points=50).codes.shape
        (50, 2)
        """
        check_methods(estimator, "transform", cls.__name__)
        rng = check_random_state(random_state)
        n_samples = len(X)
        places = some_places(n_samples, check_most(max_points, "max_points"), rng)
        if y is not None:
            check_consistent_length(X, y)
            y = column_of(y)[places]
        codes = np.asarray(estimator.transform(_safe_indexing(X, places)))
        prior_codes = None
        if hasattr(estimator, "sample_prior"):
            prior_codes = estimator.sample_prior(PRIOR_DRAWS, random_state=rng)
        return cls._of_components(codes, y, prior_codes, components, n_samples).plot(ax=ax, **kwargs)

    @classmethod
    def from_codes(
        cls,
        codes: Any,
        y: Any = None,
        prior_codes: Any = None,
        *,
        components: tuple[int, int] = (0, 1),
        max_points: int = 3000,
        random_state: Any = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> LatentDisplay:
        """Draw codes.

        Parameters
        ----------
        codes : array-like of shape (n_samples, n_components)
            Codes.
        y : array-like of shape (n_samples,) or None, default=None
            Their classes, -1 or missing where unknown, or numbers.
        prior_codes : array-like of shape (n_draws, n_components) or None, default=None
            Draws of the prior, some thousands for smooth contours.
        components : tuple of int, default=(0, 1)
            Which two components of the code to draw.
        max_points : int, default=3000
            Of more codes, so many are drawn at random.
        random_state : int, RandomState instance or None, default=None
            Draws codes.
        ax : Axes or None, default=None
            Where to draw. None makes a figure.
        **kwargs : dict
            What matplotlib's `scatter` is given.

        Returns
        -------
        display : LatentDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If `components` are not two positions in the code, or arrays do not go together.

        Examples
        --------
        >>> import numpy as np
        >>> from skaae.display import LatentDisplay
        >>> codes = np.random.default_rng(0).standard_normal((100, 2))
        >>> display = LatentDisplay.from_codes(codes, ["a", "b"] * 50)
        >>> [text.get_text() for text in display.ax_.get_legend().get_texts()]
        ['a', 'b']
        """
        codes = check_array(codes, input_name="codes")
        places = some_places(len(codes), check_most(max_points, "max_points"), random_state)
        if y is not None:
            check_consistent_length(codes, y)
            y = column_of(y)[places]
        return cls._of_components(codes[places], y, prior_codes, components, len(codes)).plot(ax=ax, **kwargs)

    @classmethod
    def _of_components(cls, codes: Any, y: Any, prior_codes: Any, components: Any, n_samples: int) -> LatentDisplay:
        codes = check_array(codes, input_name="codes")
        places = check_components(components, codes.shape[1])
        if prior_codes is not None:
            prior_codes = check_array(prior_codes, input_name="prior_codes")
            if prior_codes.shape[1] != codes.shape[1]:
                raise ValueError(
                    f"`prior_codes` must have as many columns as codes ({codes.shape[1]}). Got {prior_codes.shape[1]}."
                )
            prior_codes = prior_codes[:, places]
        return cls(codes[:, places], y=y, prior_codes=prior_codes, components=places, n_samples=n_samples)

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> LatentDisplay:
        """Draw the codes.

        Parameters
        ----------
        ax : Axes or None, default=None
            Where to draw. None makes a figure.
        **kwargs : dict
            What matplotlib's `scatter` is given.

        Returns
        -------
        display : LatentDisplay
            The display.
        """
        self.figure_, self.ax_ = one_axes(ax, (SQUARE, 4.8))
        options = {"s": 9, "linewidths": 0, "alpha": 0.8, **kwargs}
        handles = self._draw_codes(options) + self._draw_prior()
        self._fit_axes()
        if handles:
            n_columns = 1 + (len(handles) > 16)
            legend_beside(self.ax_, handles=handles, markerscale=1.6, ncols=n_columns)
            if ax is None:
                self.figure_.set_size_inches(SQUARE + n_columns * legend_width(handles), 4.8)
        n_drawn, n_samples = len(self.codes), self.n_samples or len(self.codes)
        self.ax_.set(
            title="Codes" if n_drawn == n_samples else f"Codes of {n_drawn:,} of {n_samples:,} rows",
            xlabel=f"component {self.components[0]}",
            ylabel=f"component {self.components[1]}",
        )
        without_frame(self.ax_)
        return self

    def _draw_codes(self, options: dict[str, Any]) -> list[Any]:
        """Draws the codes, and returns what a legend shows of them."""
        if self.y is None:
            self.ax_.scatter(*self.codes.T, **{"color": colors_of(1)[0], **options})
            return []
        y = column_of(self.y)
        known = is_labelled(y)
        handles = []
        if not known.all():
            handles = [self._points(~known, "unlabelled", {**options, "color": UNLABELLED, "zorder": 0.5})]
        if is_continuous(y[known]):
            points = self.ax_.scatter(
                *self.codes[known].T, **{"c": y[known].astype(float), "cmap": "viridis", **options}
            )
            self.figure_.colorbar(points, ax=self.ax_, label="y", location="bottom", shrink=0.8)
            return handles
        return [*self._draw_classes(y, known, options), *handles]

    def _draw_classes(self, y: np.ndarray, known: np.ndarray, options: dict[str, Any]) -> list[Any]:
        classes, counts = np.unique(plain(y[known]), return_counts=True)
        labels = np.array([name_of(label) for label in y], dtype=object)
        n_others = len(classes) - MOST_CLASSES + 1 if len(classes) > MOST_CLASSES else 0
        shown = classes[np.sort(np.argsort(-counts, kind="stable")[: len(classes) - n_others])]
        handles = []
        if n_others:
            others = known & ~np.isin(labels, [name_of(label) for label in shown])
            handles = [self._points(others, f"{n_others} other classes", {**options, "color": OTHERS})]
        looks = zip(shown, colors_of(len(shown)), marks_of(len(shown)), strict=True)
        own = [
            self._points(
                known & (labels == name_of(label)),
                shortened(name_of(label), 24),
                {"color": color, "marker": mark, **options},
            )
            for label, color, mark in looks
        ]
        return own + handles

    def _fit_axes(self) -> None:
        """Brings both components to one scale, in a square that holds all codes and nearly all of the prior."""
        ends = [self.codes.min(0), self.codes.max(0)]
        if self.prior_codes is not None:
            ends.extend(np.quantile(self.prior_codes, [0.003, 0.997], axis=0))
        low, high = np.min(ends, axis=0), np.max(ends, axis=0)
        half = 0.55 * max((high - low).max(), 1e-6)
        sides = [(centre - half, centre + half) for centre in (low + high) / 2]
        self.ax_.set(xlim=sides[0], ylim=sides[1])
        self.ax_.set_aspect("equal")

    def _points(self, rows: np.ndarray, label: str, options: dict[str, Any]) -> Any:
        return self.ax_.scatter(*self.codes[rows].T, label=label, **options)

    def _draw_prior(self) -> list[Any]:
        """Draws the regions of the prior, and returns what a legend shows of them."""
        if self.prior_codes is None:
            return []
        from matplotlib.lines import Line2D

        density, edges = density_of(self.prior_codes)
        centres = [(side[1:] + side[:-1]) / 2 for side in edges]
        styles: Any = ["--", "-"]
        levels = sorted({level_of(density, mass) for mass in MASSES}, reverse=True)[::-1]
        self.ax_.contour(*centres, density.T, levels, colors="black", linewidths=1.0, linestyles=styles[-len(levels) :])
        return [
            Line2D([], [], color="black", linewidth=1.0, linestyle=style, label=f"{100 * mass:.0f} % of the prior")
            for mass, style in zip(MASSES, styles[::-1], strict=True)
        ]


def legend_width(handles: list[Any]) -> float:
    """Inches that a column of a legend takes; where there are fewer, constrained layout cuts off its end."""
    return 0.6 + 0.09 * max(len(handle.get_label()) for handle in handles)


def column_of(y: Any) -> np.ndarray:
    """Labels as an array, objects where some are text or missing."""
    if hasattr(y, "to_numpy"):
        return y.to_numpy() if y.dtype.kind in "iufb" else y.to_numpy(dtype=object, na_value=None)
    y = np.asarray(y) if isinstance(y, np.ndarray) else np.array(list(y), dtype=object)
    if y.ndim != 1:
        raise ValueError(f"`y` must be one-dimensional. Got shape {y.shape}.")
    return y


def name_of(label: Any) -> str:
    """A label as a legend says it, whole numbers without a decimal point."""
    whole = isinstance(label, (float, np.floating)) and float(label).is_integer()
    return str(int(label)) if whole else str(label)


def plain(labels: np.ndarray) -> np.ndarray:
    """Labels as numbers or as text, so that they can be sorted."""
    if all(isinstance(label, (int, float, np.number)) for label in labels):
        return np.array(labels.tolist())
    return np.array([str(label) for label in labels])


def is_continuous(labels: np.ndarray) -> bool:
    """Whether labels are numbers rather than classes."""
    labels = plain(labels)
    return labels.dtype.kind in "iuf" and len(np.unique(labels)) > MOST_CLASSES


def density_of(draws: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """How densely draws of two columns lie, on a grid, and the grid's edges; smoothed the more, the fewer they are."""
    low, high = draws.min(0), draws.max(0)
    room = 0.15 * (high - low) + 1e-6
    ranges = np.transpose([low - room, high + room])
    counts, *edges = np.histogram2d(draws[:, 0], draws[:, 1], bins=N_CELLS, range=ranges)
    width = 0.9 * len(draws) ** (-1 / 6) * draws.std(axis=0)
    cell = np.array([side[1] - side[0] for side in edges])
    return gaussian_filter(counts, np.maximum(width / cell, 1.0)), edges


def level_of(density: np.ndarray, mass: float) -> float:
    """The density above which a share of the mass lies."""
    ordered = np.sort(density.ravel())[::-1]
    return float(ordered[np.searchsorted(ordered.cumsum(), mass * ordered.sum())])
