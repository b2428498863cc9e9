"""One column of one or several tables in one panel: histograms of numbers, bars of categories and of few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ._canvas import without_frame
from ._tables import is_number, numbers_of, one_number, texts_of

__all__ = ["draw_column", "handles_of", "shortened"]

MOST_BARS = 7
FEW_VALUES = 10  # distinct numbers up to which each has a bar
N_BINS = 30
TAIL = 0.005  # share of values at either end that may be drawn into the outermost bins


def draw_column(
    ax: Any,
    tables: Sequence[pd.Series],
    names: Sequence[str],
    colors: Sequence[Any],
    *,
    note: str = "",
    filled: int = 1,
) -> None:
    """Draws a column of each table, the first `filled` histograms of numbers as areas and the others as lines."""
    if all(is_number(cells) or cells.isna().all() for cells in tables):
        values = [numbers_of(cells) for cells in tables]
        distinct = np.unique(np.concatenate(values))
        distinct = distinct[~np.isnan(distinct)]
        if len(distinct) > FEW_VALUES:
            draw_histograms(ax, values, names, colors, filled)
        else:
            draw_bars(ax, number_shares(values, distinct), colors)
    else:
        draw_bars(ax, category_shares(tables), colors)
    name = shortened(str(tables[0].name), 20)
    ax.set_title(f"{name}\n{note}" if note else name, fontsize="small")
    ax.tick_params(labelsize="small")
    without_frame(ax)


def handles_of(names: Sequence[str], colors: Sequence[Any]) -> list[Any]:
    """What a legend shows for each table."""
    from matplotlib.patches import Patch

    return [Patch(color=color, label=name) for name, color in zip(names, colors, strict=True)]


def shortened(text: str, most: int = 16) -> str:
    """Text that fits beside a panel."""
    return text if len(text) <= most else text[: most - 1] + "…"


def draw_histograms(
    ax: Any, tables: Sequence[np.ndarray], names: Sequence[str], colors: Sequence[Any], filled: int
) -> None:
    known = [values[~np.isnan(values)] for values in tables]
    edges, cut = edges_of(np.concatenate(known))
    for place, (values, color) in enumerate(zip(known, colors, strict=True)):
        if not len(values):
            continue
        counts = np.histogram(values.clip(edges[0], edges[-1]), edges)[0]
        look = {"fill": True, "alpha": 0.55} if place < filled else {"linewidth": 1.5}
        ax.stairs(counts / len(values), edges, color=color, **look)
    ax.set_yticks([])
    ax.margins(x=0.02)
    ax.set_ylim(bottom=0)
    ax.xaxis.set_major_formatter(lambda value, _: compact(value))
    ax.locator_params(axis="x", nbins=3)
    notes = [missing_note(tables, names), "tails in the outer bars" if cut else ""]
    ax.set_xlabel("\n".join(filter(None, notes)), fontsize="small")


def missing_note(tables: Sequence[np.ndarray], names: Sequence[str]) -> str:
    """The share of missing cells of each table, where there are some."""
    shares = [float(np.isnan(values).mean()) for values in tables]
    if not any(shares):
        return ""
    if len(tables) > 2:
        return f"missing {percent(min(shares))} to {percent(max(shares))}"
    each = [
        f"{percent(share)} {name}" if len(tables) > 1 else percent(share)
        for share, name in zip(shares, names, strict=True)
    ]
    return "missing " + ",\n".join(each)


def percent(share: float) -> str:
    """A share as a whole percentage, small ones as such."""
    return "<1 %" if 0 < share < 0.01 else f"{100 * share:.0f} %"


def compact(value: float) -> str:
    """A number on an axis, in thousands and millions where it is long."""
    for unit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= unit and (unit > 1e3 or abs(value) >= 1e4):
            return f"{value / unit:.4g}{letter}"
    return f"{value:.4g}"


def edges_of(values: np.ndarray) -> tuple[np.ndarray, bool]:
    """Edges of bins, whole ones for whole numbers, and whether they leave out long tails."""
    low, high = values.min(), values.max()
    inner = np.quantile(values, [TAIL, 1 - TAIL])
    cut = bool(inner[1] > inner[0] and high - low > 2 * (inner[1] - inner[0]))
    if cut:
        low, high = inner
    if np.array_equal(values, values.round()):
        step = max(1, np.ceil((high - low) / N_BINS))
        return np.arange(np.floor(low) - 0.5, high + step + 0.5, step), cut
    return np.linspace(low, high, N_BINS + 1), cut


def number_shares(tables: Sequence[np.ndarray], distinct: np.ndarray) -> pd.DataFrame:
    """The share of each of few numbers in each table, and of missing cells."""
    index = [*map(one_number, distinct), "missing"]
    shares = [[*(values[:, None] == distinct).mean(0), np.isnan(values).mean()] for values in tables]
    return without_empty_missing(pd.DataFrame(np.transpose(shares), index=index))


def category_shares(tables: Sequence[pd.Series]) -> pd.DataFrame:
    """The share of each category in each table, of rare ones together, and of missing cells."""
    texts = [texts_of(cells) for cells in tables]
    missing = [np.mean([text is None for text in column]) for column in texts]
    counts = [pd.Series([text for text in column if text is not None], dtype=object).value_counts() for column in texts]
    shares = pd.concat([count / len(column) for count, column in zip(counts, texts, strict=True)], axis=1).fillna(0.0)
    shares.columns = range(len(tables))
    shares = shares.loc[shares.mean(axis=1).sort_values(ascending=False, kind="stable").index]
    if len(shares) > MOST_BARS:
        rest = shares.iloc[MOST_BARS - 1 :]
        shares = shares.iloc[: MOST_BARS - 1]
        shares.loc[f"{len(rest)} others"] = rest.sum()
    shares.loc["missing"] = missing
    return without_empty_missing(shares)


def without_empty_missing(shares: pd.DataFrame) -> pd.DataFrame:
    return shares if shares.loc["missing"].any() else shares.drop(index="missing")


def draw_bars(ax: Any, shares: pd.DataFrame, colors: Sequence[Any]) -> None:
    """Lying bars, tables side by side, the first option at the top."""
    places = np.arange(len(shares))
    thickness = 0.8 / shares.shape[1]
    for table, color in enumerate(colors):
        offset = (table - (shares.shape[1] - 1) / 2) * thickness
        ax.barh(places + offset, 100 * shares.iloc[:, table], thickness, color=color)
    ax.set_yticks(places, [shortened(str(option)) for option in shares.index])
    ax.set_ylim(max(len(shares), 2) - 0.4, -0.6)
    ax.set_xlim(left=0)
    ax.locator_params(axis="x", nbins=3)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}%")
