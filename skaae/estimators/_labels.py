"""Labels of which some are unknown: -1 or missing (None, NaN, NA), beside numbers and beside strings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

__all__ = [
    "UNKNOWN",
    "as_column",
    "classes_of",
    "known_labels",
    "names_of",
    "plain",
    "positions_of",
    "wanted_positions",
]

UNKNOWN = -1


def as_column(y: Any) -> np.ndarray:
    """Labels as a one-dimensional array; infinite ones are refused."""
    if isinstance(y, pd.DataFrame):
        y = y.iloc[:, 0] if y.shape[1] == 1 else y.to_numpy()
    if hasattr(y, "to_numpy"):
        y = y.to_numpy(dtype=object, na_value=None) if y.dtype.kind not in "iufb" else y.to_numpy()
    y = column_or_1d(y, warn=True)
    if y.dtype.kind == "f" and np.isinf(y).any():
        raise ValueError("Input y contains infinity. Unknown labels must be -1 or missing.")
    return y


def known_labels(y: Any) -> np.ndarray:
    """Which rows have a label: a mask of shape (n_samples,)."""
    y = as_column(y)
    marked = np.fromiter((label == UNKNOWN for label in y), bool, len(y)) if y.dtype.kind == "O" else y == UNKNOWN
    return ~(marked | pd.isna(y))


def classes_of(y: Any) -> np.ndarray:
    """The classes among the labels, sorted: two at least.

    Raises
    ------
    ValueError
        If no row has a label, or all that have one are of one class.
    """
    y = as_column(y)
    known = known_labels(y)
    labels = plain(y[known])
    if not len(labels):
        raise ValueError(
            "`y` must have labels of two classes at least. Got none: all are -1 or missing, and a model of unlabelled"
            " rows is `AAETransformer` without `y`."
        )
    check_classification_targets(labels)
    classes = np.unique(labels)
    if len(classes) == 1:
        advice = (
            " -1 marks rows without a label: if it is a class here, recode the classes, to (y + 1) // 2 for instance."
            if not known.all() and classes[0] == 1
            else ""
        )
        raise ValueError(
            f"`y` must have labels of two classes at least. Got one class: {classes.tolist()[0]!r}.{advice}"
        )
    return classes


def positions_of(y: Any, classes: np.ndarray) -> np.ndarray:
    """The position of each label among the classes, -1 where it is unknown."""
    y = as_column(y)
    known = known_labels(y)
    labels = plain(y[known])
    strange = np.setdiff1d(labels, classes)
    if len(strange):
        raise ValueError(f"Labels must be among the classes {classes.tolist()}. Got {strange.tolist()}.")
    positions = np.full(len(y), UNKNOWN)
    positions[known] = np.searchsorted(classes, labels)
    return positions


def names_of(positions: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """The class at each position, -1 at those beyond the classes."""
    strange = positions >= len(classes)
    names = classes[np.where(strange, 0, positions)]
    if strange.any():
        names = names if names.dtype.kind in "if" else names.astype(object)
        names[strange] = UNKNOWN
    return names


def wanted_positions(y: Any, n_samples: int, classes: np.ndarray) -> np.ndarray:
    """Positions of the classes that are asked for: one for all rows, or one for each."""
    if np.ndim(y) == 0:
        y = np.full(n_samples, y, dtype=object if isinstance(y, str) else None)
    if len(y) != n_samples:
        raise ValueError(f"`y` must be one class or one for each of {n_samples} rows. Got {len(y)}.")
    positions = positions_of(y, classes)
    if (positions < 0).any():
        raise ValueError(f"`y` must be classes ({classes.tolist()}). Got unknown ones.")
    return positions


def plain(labels: np.ndarray) -> np.ndarray:
    """Objects as an array of the type that they have in common, so that they can be sorted."""
    if labels.dtype.kind != "O" or not len(labels):
        return labels
    kinds = {isinstance(label, str) for label in labels}
    if len(kinds) > 1:
        raise ValueError("Labels must be all strings or all numbers. Got both.")
    if kinds == {True}:
        return labels
    found = np.array(labels.tolist())
    if found.dtype.kind not in "iufb" or found.ndim > 1:
        raise ValueError(f"Labels must be strings or numbers. Got {labels[0]!r:.80}.")
    return found
