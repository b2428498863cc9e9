"""Matching cells to the categories of training, where other rows hold them as another type.

How a column is read is decided by the training rows. A row by itself, in a list or in an array of objects does not show
that its ``101`` is a code, which was the text "101" in training; nor does an array of floats that its ``1.0`` was True.
Cells that are equal to a category but for their type are that category, unless they could be another as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["is_text", "match_categories"]


def match_categories(cells: Any, categories: pd.Index) -> NDArray[np.intp]:
    """Indices of the categories of distinct cells, -1 of those that are none."""
    cells = np.asarray(cells, dtype=object)
    indices = np.array(categories.get_indexer(cells))
    for key in (text_key, number_key):
        unmatched = np.flatnonzero(indices < 0)
        if len(unmatched):
            lookup = unique_keys(categories, key)
            indices[unmatched] = [lookup.get((not is_text(cell), key(cell)), -1) for cell in cells[unmatched]]
    return indices


def unique_keys(categories: pd.Index, key: Callable[[Any], Hashable]) -> dict[tuple[bool, Hashable], int]:
    """The index of each category by whether it is text, and its key, which no other category has."""
    keys = [(is_text(category), key(category)) for category in categories]
    counts = Counter(keys)
    return {each: index for index, each in enumerate(keys) if each[1] is not None and counts[each] == 1}


def is_text(cell: Any) -> bool:
    """Whether a cell is text and no number, bool or other object."""
    return isinstance(cell, str)


def text_key(cell: Any) -> str:
    """A cell as it would be written: whole numbers without decimals, bools in lower case."""
    is_whole = isinstance(cell, float | np.floating) and float(cell).is_integer()
    return str(int(cell) if is_whole else cell).casefold()


def number_key(cell: Any) -> float | None:
    """A cell as a number, if it is one."""
    try:
        return float(cell)
    except (TypeError, ValueError):
        return None
