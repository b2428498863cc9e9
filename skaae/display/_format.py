"""How numbers, fractions and names are written in pictures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

__all__ = ["format_cell", "format_number", "format_tick", "percent", "truncate"]


def percent(fraction: float) -> str:
    """A fraction as a whole percentage, small ones as such."""
    return "<1 %" if 0 < fraction < 0.01 else f"{100 * fraction:.0f} %"


def truncate(text: str, max_length: int = 16) -> str:
    return text if len(text) <= max_length else text[: max_length - 1] + "…"


def format_cell(value: Any) -> str:
    if isinstance(value, (datetime, np.datetime64)):
        return str(value).replace("T", " ").removesuffix(" 00:00:00")
    return format_number(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)


def format_number(value: float) -> str:
    """A number in three or four digits, large ones with commas."""
    if 1000 <= abs(value) < 1e7:
        return f"{value:,.0f}"
    return f"{value:.4g}" if float(value).is_integer() else f"{value:.3g}"


def format_tick(value: float, _: float | None = None) -> str:
    """A number on an axis, in thousands and millions where it is long."""
    for unit, letter, threshold in ((1e9, "G", 1e9), (1e6, "M", 1e6), (1e3, "k", 1e4)):
        if abs(value) >= threshold:
            return f"{value / unit:.4g}{letter}"
    return f"{value:.4g}"
