"""Conditions that few training rows had: a warning that says how many, because samples under them are less sure."""

from __future__ import annotations

import warnings
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._conditions import Conditions, number_rows
from ._requested_values import shown

__all__ = ["warn_of_few_rows"]

MIN_ROWS = 10


def warn_of_few_rows(conditions: Conditions, y: Any, condition: NDArray[Any]) -> None:
    """Warn of categories asked for in ``y`` that few training rows had together; ``condition`` is encoded."""
    asked = [name for name in conditions.categories if name in conditions._by_name(y)]
    if not asked:
        return
    encoder = conditions.encoder
    names = [conditions.names[index] for index in encoder.source_columns_[encoder.n_numeric_ :]]
    groups = [name for name, _ in groupby(names)]
    both = np.concatenate([conditions.values, condition])
    columns = [codes for name, codes in zip(groups, conditions._categories_of(both), strict=True) if name in asked]
    known, wanted = np.split(number_rows(columns, len(both)), [len(conditions.values)])
    n_rows = np.bincount(known, weights=conditions.counts, minlength=wanted.max() + 1)
    few, first = np.unique(wanted, return_index=True)
    is_few = (n_rows[few] > 0) & (n_rows[few] < MIN_ROWS)
    if is_few.any():
        rows = encoder.inverse_transform(condition[first[is_few]])[asked].to_dict("records")
        counts = [(row, round(n)) for row, n in zip(rows, n_rows[few[is_few]].tolist(), strict=True)]
        warnings.warn(
            f"Conditions should have {MIN_ROWS} training rows, or samples under them are partly like other rows. Got so"
            f" many of these: {shown(counts)}. Fit to more of them, or do not rely on their mean and spread.",
            UserWarning,
            stacklevel=3,
        )
