"""Checks of what users pass to displays, and the rows that are drawn of many."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import _safe_indexing, check_random_state
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from ..table import to_pandas

__all__ = [
    "as_conditions",
    "check_components",
    "check_method",
    "check_positive_int",
    "is_per_row",
    "max_drawn",
    "resolve_image_shape",
    "subsample",
]


def check_method(estimator: Any, name: str, display: str) -> None:
    """Raises an error where an estimator is not fitted, or lacks a method or attribute."""
    if hasattr(estimator, "fit"):
        check_is_fitted(estimator)
    if not hasattr(estimator, name):
        raise TypeError(f"{display} needs an estimator with `{name}`. Got {type(estimator).__name__}, without it.")


def check_positive_int(value: Any, name: str, min_value: int = 1) -> int:
    if not isinstance(value, Integral) or isinstance(value, bool) or value < min_value:
        raise ValueError(f"`{name}` must be an int, {min_value} at least. Got {value!r}.")
    return int(value)


def check_components(components: Any, n_components: int) -> tuple[int, int]:
    """Indices of two different columns of a code."""
    indices = np.asarray(components)
    valid = indices.shape == (2,) and indices.dtype.kind in "iu" and set(indices.tolist()) <= {*range(n_components)}
    if not valid or indices[0] == indices[1]:
        raise ValueError(
            f"`components` must be two different positions in a code of {n_components} columns, counted from 0."
            f" Got {components!r}."
        )
    return int(indices[0]), int(indices[1])


def is_per_row(y: Any) -> bool:
    """Whether conditions are one for each row, rather than one for all."""
    y = to_pandas(y)
    return np.ndim(y) > 0 and not (isinstance(y, dict) or (isinstance(y, pd.DataFrame) and len(y) == 1))


def as_conditions(y: Any) -> Any:
    """Conditions, as a DataFrame where a dict has lists of them, one for each row."""
    if not isinstance(y, dict) or any(isinstance(cells, tuple | set | frozenset) for cells in y.values()):
        return y
    return pd.DataFrame(y) if any(np.ndim(cells) for cells in y.values()) else y


def resolve_image_shape(estimator: Any, image_shape: Any) -> Any:
    """The shape that was passed, or that of the estimator."""
    if image_shape is not None or not hasattr(estimator, "get_params"):
        return image_shape
    return estimator.get_params(deep=False).get("image_shape")


def max_drawn(image_shape: Any, max_images: Any, max_rows: Any) -> int:
    """How many rows are drawn at most, which are images if they have a shape."""
    return check_positive_int(*(max_rows, "max_rows") if image_shape is None else (max_images, "max_images"))


def subsample(*arrays: Any, max_rows: Any, random_state: Any, name: str = "max_rows") -> list[Any]:
    """The same rows of all arrays, `max_rows` at most, drawn at random and in order; None stays."""
    arrays = tuple(to_pandas(array) for array in arrays)
    check_consistent_length(*arrays)
    n_rows, max_rows = len(arrays[0]), check_positive_int(max_rows, name)
    if n_rows <= max_rows:
        return list(arrays)
    indices = np.sort(check_random_state(random_state).permutation(n_rows)[:max_rows])
    return [None if array is None else _safe_indexing(array, indices) for array in arrays]
