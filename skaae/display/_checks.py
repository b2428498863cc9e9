"""What displays ask of their input, and the messages where it is not so: the rule, then the value."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

__all__ = [
    "check_components",
    "check_methods",
    "check_most",
    "image_shape_of",
    "most_drawn",
    "one_for_each",
    "shape_of_images",
]


def check_methods(estimator: Any, wanted: str, display: str) -> None:
    """Raises an error where an estimator is not fitted, or lacks what a display needs."""
    if hasattr(estimator, "fit"):
        check_is_fitted(estimator)
    if not hasattr(estimator, wanted):
        raise TypeError(f"{display} needs an estimator with `{wanted}`. Got {type(estimator).__name__}, without it.")


def check_most(value: Any, name: str, least: int = 1) -> int:
    """A number of rows, columns or steps."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise ValueError(f"`{name}` must be an int, {least} at least. Got {value!r}.")
    return int(value)


def most_drawn(image_shape: Any, max_images: Any, max_rows: Any) -> int:
    """How many rows are drawn at most, as images where they have a shape."""
    return check_most(max_rows, "max_rows") if image_shape is None else check_most(max_images, "max_images")


def one_for_each(y: Any) -> bool:
    """Whether conditions are those of rows, one for each, and not one for all."""
    return np.ndim(y) > 0 and not (isinstance(y, dict) or (isinstance(y, pd.DataFrame) and len(y) == 1))


def check_components(components: Any, width: int) -> tuple[int, int]:
    """Two different positions in a code."""
    places = np.asarray(components)
    fit = places.shape == (2,) and places.dtype.kind in "iu" and (places >= 0).all() and (places < width).all()
    if not fit or places[0] == places[1]:
        raise ValueError(
            f"`components` must be two different positions in a code of {width} columns, counted from 0."
            f" Got {components!r}."
        )
    return int(places[0]), int(places[1])


def image_shape_of(estimator: Any, image_shape: Any) -> Any:
    """The shape that is asked for, or that of the images that an estimator was built for."""
    if image_shape is not None or not hasattr(estimator, "get_params"):
        return image_shape
    return estimator.get_params(deep=False).get("image_shape")


def shape_of_images(image_shape: Any, n_features: int) -> tuple[int, int, int]:
    """Height, width and channels of rows that are flat images."""
    shape = tuple(np.ravel(image_shape).tolist())
    whole = all(isinstance(side, int) and side > 0 for side in shape)
    if len(shape) not in (2, 3) or not whole or (len(shape) == 3 and shape[2] not in (1, 3, 4)):
        raise ValueError(
            "`image_shape` must be a height and a width, and 1, 3 or 4 channels if there are some."
            f" Got {image_shape!r}."
        )
    if np.prod(shape) != n_features:
        raise ValueError(
            f"`image_shape` must multiply to the number of columns ({n_features}). Got {image_shape!r}, which"
            f" multiplies to {np.prod(shape)}."
        )
    return shape[0], shape[1], shape[2] if len(shape) == 3 else 1
