"""Columns: those of tables that matter most, each in a panel; histograms of numbers and dates, bars of categories."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ._axes import Panels, hide_frame, make_panels
from ._dates import date_kind_of, format_axis, number_format
from ._format import format_number, percent, truncate
from ._tables import is_numeric, to_floats, to_texts
from ._validation import check_positive_int

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.typing import ColorType

__all__ = ["ColumnGrid"]

MAX_BARS = 7
MAX_NUMBER_BARS = 10  # distinct numbers up to which each has a bar
N_BINS = 30
TAIL_FRACTION = 0.005  # of values that may be counted in either outermost bin


class ColumnGrid:
    """The `max_columns` columns of tables with the highest importance, by importance or in the tables' order."""

    def __init__(
        self, tables: Sequence[pd.DataFrame], importance: Any, max_columns: Any, *, keep_order: bool = False
    ) -> None:
        order = np.argsort(-np.asarray(importance), kind="stable")[: check_positive_int(max_columns, "max_columns")]
        self.tables = tables
        self.indices = np.sort(order) if keep_order else order

    def __len__(self) -> int:
        return len(self.indices)

    def __iter__(self) -> Iterator[list[pd.Series]]:
        """The same column of all tables."""
        return ([table.iloc[:, index] for table in self.tables] for index in self.indices)

    @property
    def names(self) -> list[Hashable]:
        return [self.tables[0].columns[index] for index in self.indices]

    def labels(self, max_length: int) -> list[str]:
        return [truncate(str(name), max_length) for name in self.names]

    def title(self, text: str, criterion: str) -> str:
        """A title that says which columns are drawn, if not all."""
        n_columns = self.tables[0].shape[1]
        return text if len(self) == n_columns else f"{text} ({len(self)} of {n_columns} columns, {criterion})"

    def make_panels(self, ax: Any, title: str, criterion: str, **layout: Any) -> Panels:
        """A panel for each column."""
        panels = make_panels(ax, len(self), **layout)
        panels.title(self.title(title, criterion))
        panels.columns = self.names
        return panels

    def draw(
        self,
        panels: Panels,
        labels: Sequence[str],
        colors: Sequence[ColorType],
        *,
        notes: Sequence[str] | None = None,
        n_filled: int = 1,
        legend: bool = True,
    ) -> None:
        """Draws the distribution of each column in each table, the first `n_filled` histograms as areas."""
        for index, (ax, cells, name) in enumerate(zip(panels.axes, self, self.labels(20), strict=True)):
            draw_distributions(ax, cells, labels, colors, n_filled)
            ax.set_title(f"{name}\n{notes[index]}" if notes else name, fontsize="small")
            ax.tick_params(labelsize="small")
            hide_frame(ax)
        if legend:
            from matplotlib.patches import Patch

            panels.legend([Patch(color=color, label=label) for label, color in zip(labels, colors, strict=True)])


def draw_distributions(
    ax: Axes, columns: Sequence[pd.Series], labels: Sequence[str], colors: Sequence[ColorType], n_filled: int
) -> None:
    if not all(is_numeric(cells) or cells.isna().all() for cells in columns):
        draw_bars(ax, category_fractions(columns), colors)
        return
    values = [to_floats(cells) for cells in columns]
    distinct = np.unique(np.concatenate(values))
    distinct = distinct[~np.isnan(distinct)]
    kind = date_kind_of(columns[0])
    if len(distinct) > MAX_NUMBER_BARS:
        draw_histograms(ax, values, labels, colors, n_filled, kind)
    else:
        draw_bars(ax, number_fractions(values, distinct, kind), colors)


def draw_histograms(
    ax: Axes,
    columns: Sequence[NDArray[np.float64]],
    labels: Sequence[str],
    colors: Sequence[ColorType],
    n_filled: int,
    kind: str | None,
) -> None:
    present = [values[~np.isnan(values)] for values in columns]
    edges, clipped = bin_edges(np.concatenate(present))
    for index, (values, color) in enumerate(zip(present, colors, strict=True)):
        if len(values):
            counts = np.histogram(values.clip(edges[0], edges[-1]), edges)[0]
            style: dict[str, Any] = {"fill": True, "alpha": 0.55} if index < n_filled else {"linewidth": 1.5}
            ax.stairs(counts / len(values), edges, color=color, **style)
    ax.set_yticks([])
    ax.margins(x=0.02)
    ax.set_ylim(bottom=0)
    ax.locator_params(axis="x", nbins=3)
    format_axis(ax.xaxis, kind, edges)
    notes = [missing_note(columns, labels), "tails in the outer bars" if clipped else ""]
    ax.set_xlabel("\n".join(filter(None, notes)), fontsize="small")


def missing_note(columns: Sequence[NDArray[np.float64]], labels: Sequence[str]) -> str:
    """The fraction of missing cells in each table, if there are some."""
    fractions = [float(np.isnan(values).mean()) for values in columns]
    if not any(fractions):
        return ""
    if len(columns) > 2:
        return f"missing {percent(min(fractions))} to {percent(max(fractions))}"
    if len(columns) == 1:
        return f"missing {percent(fractions[0])}"
    return "missing " + ",\n".join(f"{percent(f)} {label}" for f, label in zip(fractions, labels, strict=True))


def bin_edges(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], bool]:
    """Edges of bins, between whole numbers where all are whole, and whether they leave out long tails."""
    low, high = values.min(), values.max()
    inner = np.quantile(values, [TAIL_FRACTION, 1 - TAIL_FRACTION])
    clipped = bool(inner[1] > inner[0] and high - low > 2 * (inner[1] - inner[0]))
    if clipped:
        low, high = inner
    if np.array_equal(values, values.round()):
        step = max(1, np.ceil((high - low) / N_BINS))
        return np.arange(np.floor(low) - 0.5, high + step + 0.5, step), clipped
    return np.linspace(low, high, N_BINS + 1), clipped


def number_fractions(
    columns: Sequence[NDArray[np.float64]], distinct: NDArray[np.float64], kind: str | None
) -> pd.DataFrame:
    """The fraction of each number in each table, and of missing cells."""
    fractions = pd.DataFrame({table: (values[:, None] == distinct).mean(0) for table, values in enumerate(columns)})
    write = format_number if kind is None else number_format(kind, distinct)
    fractions.index = [write(number) for number in distinct]
    missing = [np.isnan(values).mean() for values in columns]
    if any(missing):
        fractions.loc["missing"] = missing
    return fractions


def category_fractions(columns: Sequence[pd.Series]) -> pd.DataFrame:
    """The fraction of each category in each table, of rare ones together, and of missing cells."""
    texts = [pd.Series(to_texts(cells, "missing")) for cells in columns]
    counts = pd.concat([column.value_counts(normalize=True) for column in texts], axis=1).fillna(0.0)
    counts.columns = range(len(columns))
    present = counts.drop(index="missing", errors="ignore")
    present = present.loc[present.mean(axis=1).sort_values(ascending=False, kind="stable").index]
    fractions = present if len(present) <= MAX_BARS else present.iloc[: MAX_BARS - 1].copy()
    if len(fractions) < len(present):
        rare = present.iloc[len(fractions) :]
        fractions.loc[f"{len(rare)} others"] = rare.sum()
    return pd.concat([fractions, counts.loc[counts.index == "missing"]])


def draw_bars(ax: Axes, fractions: pd.DataFrame, colors: Sequence[ColorType]) -> None:
    """Horizontal bars, those of the tables side by side, the first value at the top."""
    positions = np.arange(len(fractions))
    thickness = 0.8 / fractions.shape[1]
    for table, color in enumerate(colors):
        offset = (table - (fractions.shape[1] - 1) / 2) * thickness
        ax.barh(positions + offset, 100 * fractions.iloc[:, table], thickness, color=color)
    ax.set_yticks(positions, [truncate(str(value)) for value in fractions.index])
    ax.set_ylim(max(len(fractions), 2) - 0.4, -0.6)
    ax.set_xlim(left=0)
    ax.locator_params(axis="x", nbins=3)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}%")
