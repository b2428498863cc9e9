"""LatentDisplay: codes by class, and the prior that they should follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_array

from ..estimators._labels import is_labelled, labels_as_array
from ._axes import hide_frame, legend_outside, single_axes
from ._colors import NEUTRAL, UNLABELLED, class_colors, class_markers
from ._display import Display
from ._format import percent, truncate
from ._validation import check_components, check_method, subsample

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["LatentDisplay"]

N_PRIOR_DRAWS = 200_000
CONTOURS: dict[float, Any] = {0.95: "--", 0.5: "-"}  # line styles by the prior's probability inside
MAX_CLASSES = 20
N_GRID_CELLS = 160
WIDTH, HEIGHT = 5.1, 4.8  # inches: a square, and what is at its left


@dataclass(repr=False, eq=False)
class LatentDisplay(Display):
    """Two components of codes by class, over the regions that hold a half and 95 % of the prior's draws.

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
    ax_, figure_ : Axes, Figure
        Where codes are drawn, and the figure.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae.display import LatentDisplay
    >>> codes = np.random.default_rng(0).standard_normal((100, 2))
    >>> display = LatentDisplay.from_codes(codes, ["a", "b"] * 50)
    >>> [text.get_text() for text in display.ax_.get_legend().get_texts()]
    ['a', 'b']
    """

    codes: NDArray[np.float64]
    _: KW_ONLY
    y: Any = None
    prior_codes: NDArray[np.float64] | None = None
    components: tuple[int, int] = (0, 1)
    n_samples: int | None = None

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
    ) -> Self:
        """Encode rows and draw their codes.

        Parameters
        ----------
        estimator : object
            A fitted estimator with `transform`. The prior is drawn if it has `sample_prior`.
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

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skaae import AAETransformer
        >>> from skaae.display import LatentDisplay
        >>> X, y = load_iris(return_X_y=True)
        >>> model = AAETransformer(3, max_iter=5, random_state=0).fit(X)
        >>> LatentDisplay.from_estimator(model, X, y, components=(2, 0), random_state=0).ax_.get_xlabel()
        'component 2'
        """
        check_method(estimator, "transform", cls.__name__)
        rng = check_random_state(random_state)
        rows, y = subsample(X, y, max_rows=max_points, random_state=rng, name="max_points")
        codes, prior_codes = np.asarray(estimator.transform(rows)), None
        if hasattr(estimator, "sample_prior"):
            prior_codes = estimator.sample_prior(N_PRIOR_DRAWS, random_state=rng)
        return cls._of_components(codes, y, prior_codes, components, len(X)).plot(ax=ax, **kwargs)

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
    ) -> Self:
        """Draw codes.

        Parameters
        ----------
        codes : array-like of shape (n_samples, n_components)
            Codes.
        prior_codes : array-like of shape (n_draws, n_components) or None, default=None
            Draws of the prior, some thousands for smooth contours.
        y, components, max_points, random_state
            As in `from_estimator`.
        """
        drawn, y = subsample(codes, y, max_rows=max_points, random_state=random_state, name="max_points")
        return cls._of_components(drawn, y, prior_codes, components, len(codes)).plot(ax=ax, **kwargs)

    @classmethod
    def _of_components(cls, codes: Any, y: Any, prior_codes: Any, components: Any, n_samples: int) -> Self:
        codes = check_array(codes, input_name="codes")
        components = check_components(components, codes.shape[1])
        if prior_codes is not None:
            prior_codes = check_array(prior_codes, input_name="prior_codes")
            if prior_codes.shape[1] != codes.shape[1]:
                raise ValueError(
                    f"`prior_codes` must have as many columns as codes ({codes.shape[1]}). Got {prior_codes.shape[1]}."
                )
            prior_codes = prior_codes[:, components]
        return cls(codes[:, components], y=y, prior_codes=prior_codes, components=components, n_samples=n_samples)

    def plot(self, *, ax: Axes | None = None, **kwargs: Any) -> Self:
        """Draw the codes.

        Parameters
        ----------
        ax : Axes or None, default=None
            Where to draw. None makes a figure.
        **kwargs : dict
            Passed to matplotlib's `scatter`.
        """
        self._keep(single_axes(ax, (WIDTH, HEIGHT)))
        handles = self._draw_codes({"s": 9, "linewidths": 0, "alpha": 0.8, **kwargs}) + self._draw_prior()
        self._set_limits()
        if handles:
            n_columns = 1 + (len(handles) > 16)
            legend_outside(self.ax_, handles=handles, markerscale=1.6, ncols=n_columns)
            if ax is None:
                self.figure_.set_size_inches(WIDTH + n_columns * legend_inches(handles), HEIGHT)
        n_drawn, n_samples = len(self.codes), self.n_samples or len(self.codes)
        self.ax_.set(
            title="Codes" if n_drawn == n_samples else f"Codes of {n_drawn:,} of {n_samples:,} rows",
            xlabel=f"component {self.components[0]}",
            ylabel=f"component {self.components[1]}",
        )
        hide_frame(self.ax_)
        return self

    def _draw_codes(self, options: dict[str, Any]) -> list[Any]:
        """Draws the codes, and returns what a legend shows of them."""
        if self.y is None:
            self._scatter(slice(None), {"color": class_colors(1)[0], **options})
            return []
        y, handles = label_array(self.y), []
        labelled = is_labelled(y)
        if not labelled.all():
            style = {**options, "color": UNLABELLED, "zorder": 0.5, "label": "unlabelled"}
            handles = [self._scatter(~labelled, style)]
        labels = sortable_labels(y[labelled])
        if labels.dtype.kind in "iuf" and len(np.unique(labels)) > MAX_CLASSES:
            points = self._scatter(labelled, {"c": labels.astype(float), "cmap": "viridis", **options})
            self.figure_.colorbar(points, ax=self.ax_, label="y", location="bottom", shrink=0.8)
            return handles
        return [*self._draw_classes(labels, np.flatnonzero(labelled), options), *handles]

    def _draw_classes(self, labels: NDArray[Any], indices: NDArray[np.intp], options: dict[str, Any]) -> list[Any]:
        """Draws the classes of the rows at the indices, the rarest of very many as one."""
        classes, encoded, counts = np.unique(labels, return_inverse=True, return_counts=True)
        n_shown = len(classes) if len(classes) <= MAX_CLASSES else MAX_CLASSES - 1
        shown = np.sort(np.argsort(-counts, kind="stable")[:n_shown])
        handles, others = [], []
        if n_shown < len(classes):
            style = {**options, "color": NEUTRAL, "label": f"{len(classes) - n_shown} other classes"}
            others = [self._scatter(indices[~np.isin(encoded, shown)], style)]
        for code, color, marker in zip(shown, class_colors(n_shown), class_markers(n_shown), strict=True):
            label = truncate(label_name(classes[code]), 24)
            style = {"color": color, "marker": marker, **options, "label": label}
            handles.append(self._scatter(indices[encoded == code], style))
        return handles + others

    def _scatter(self, rows: Any, options: dict[str, Any]) -> Any:
        return self.ax_.scatter(*self.codes[rows].T, **options)

    def _set_limits(self) -> None:
        """Brings both components to one scale, in a square that holds all codes and nearly all of the prior."""
        ends = [self.codes.min(0), self.codes.max(0)]
        if self.prior_codes is not None:
            ends.extend(np.quantile(self.prior_codes, [0.003, 0.997], axis=0))
        low, high = np.min(ends, axis=0), np.max(ends, axis=0)
        half = 0.55 * max((high - low).max(), 1e-6)
        x_limits, y_limits = [(center - half, center + half) for center in (low + high) / 2]
        self.ax_.set(xlim=x_limits, ylim=y_limits, aspect="equal")

    def _draw_prior(self) -> list[Any]:
        """Draws the regions of the prior, and returns what a legend shows of them."""
        if self.prior_codes is None:
            return []
        from matplotlib.lines import Line2D

        density, edges = estimate_density(self.prior_codes)
        centers = [(side[1:] + side[:-1]) / 2 for side in edges]
        levels = sorted({density_level(density, probability) for probability in CONTOURS})
        styles: Any = list(CONTOURS.values())[-len(levels) :]
        self.ax_.contour(*centers, density.T, levels, colors="black", linewidths=1.0, linestyles=styles)
        labels = {f"{percent(probability)} of the prior": style for probability, style in CONTOURS.items()}
        lines = [Line2D([], [], color="black", linewidth=1.0, linestyle=s, label=name) for name, s in labels.items()]
        return lines[::-1]


def legend_inches(handles: Sequence[Artist]) -> float:
    """The width of a column of a legend, which constrained layout would cut off."""
    return 0.6 + 0.09 * max(len(str(handle.get_label())) for handle in handles)


def label_array(y: Any) -> NDArray[Any]:
    """Labels as an array, objects where a list has some."""
    return np.asarray(
        labels_as_array(y if hasattr(y, "dtype") or hasattr(y, "to_pylist") else np.array(list(y), dtype=object))
    )


def label_name(label: Any) -> str:
    """A label as text, whole numbers without a decimal point."""
    whole = isinstance(label, (float, np.floating)) and float(label).is_integer()
    return str(int(label)) if whole else str(label)


def sortable_labels(labels: NDArray[Any]) -> NDArray[Any]:
    """Labels as numbers, or as text if some are text."""
    if all(isinstance(label, (int, float, np.number)) for label in labels):
        return np.array(labels.tolist())
    return np.array([label_name(label) for label in labels])


def estimate_density(draws: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
    """A kernel density of draws of two components on a grid, and the grid's edges."""
    low, high = draws.min(0), draws.max(0)
    margin = 0.15 * (high - low) + 1e-6
    ranges = np.transpose([low - margin, high + margin])
    counts, *edges = np.histogram2d(draws[:, 0], draws[:, 1], bins=N_GRID_CELLS, range=ranges)
    bandwidth = 0.9 * len(draws) ** (-1 / 6) * draws.std(axis=0)
    cell = np.array([side[1] - side[0] for side in edges])
    return gaussian_filter(counts, np.maximum(bandwidth / cell, 1.0)), edges


def density_level(density: NDArray[np.float64], probability: float) -> float:
    """The density of the contour that has so much probability inside."""
    ordered = np.sort(density.ravel())[::-1]
    return float(ordered[np.searchsorted(ordered.cumsum(), probability * ordered.sum())])
