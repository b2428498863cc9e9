"""Class labels, some of them unknown: -1 or missing (None, NaN, NA), among numbers or strings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

__all__ = [
    "UNLABELLED",
    "class_shares",
    "decode_labels",
    "encode_labels",
    "encode_requested_classes",
    "is_labelled",
    "labels_as_array",
    "unique_classes",
    "with_common_dtype",
]

UNLABELLED = -1


def labels_as_array(y: Any) -> NDArray[Any]:
    """Labels as a one-dimensional array without infinity."""
    if isinstance(y, pd.DataFrame):
        y = y.iloc[:, 0] if y.shape[1] == 1 else y.to_numpy()
    if hasattr(y, "to_numpy"):
        y = y.to_numpy(dtype=object, na_value=None) if y.dtype.kind not in "iufb" else y.to_numpy()
    labels: NDArray[Any] = column_or_1d(y, warn=True)
    if labels.dtype.kind == "f" and np.isinf(labels).any():
        raise ValueError("Input y contains infinity. Unknown labels must be -1 or missing.")
    return labels


def is_labelled(y: Any) -> NDArray[np.bool_]:
    """Mask of the rows that have a label, (n_samples,)."""
    y = labels_as_array(y)
    is_marked = np.array([label == UNLABELLED for label in y], bool) if y.dtype.kind == "O" else y == UNLABELLED
    labelled: NDArray[np.bool_] = ~(is_marked | pd.isna(y))
    return labelled


def unique_classes(y: Any) -> NDArray[Any]:
    """The sorted classes among the labels, at least two.

    Raises
    ------
    ValueError
        If no row has a label, or if all labels are of one class.
    """
    y = labels_as_array(y)
    labelled = is_labelled(y)
    labels = with_common_dtype(y[labelled])
    if not len(labels):
        raise ValueError(
            "`y` must have labels of at least two classes. Got none: all are -1 or missing. To fit a model to"
            " unlabelled rows, use `AAETransformer` without `y`."
        )
    check_classification_targets(labels)
    classes = np.unique(labels)
    if len(classes) == 1:
        advice = (
            " -1 marks rows without a label: if it is a class here, recode the classes, to (y + 1) // 2 for instance."
            if not labelled.all() and classes[0] == 1
            else ""
        )
        raise ValueError(
            f"`y` must have labels of at least two classes. Got one class: {classes.tolist()[0]!r}.{advice}"
        )
    return classes


def encode_labels(y: Any, classes: NDArray[Any]) -> NDArray[np.intp]:
    """The index of each label in the classes, -1 where it is unknown."""
    y = labels_as_array(y)
    labelled = is_labelled(y)
    labels = with_common_dtype(y[labelled])
    unseen = np.setdiff1d(labels, classes)
    if len(unseen):
        raise ValueError(f"Labels must be among the classes {classes.tolist()}. Got {unseen.tolist()}.")
    indices = np.full(len(y), UNLABELLED)
    indices[labelled] = np.searchsorted(classes, labels)
    return indices


def class_shares(labels: NDArray[np.intp], n_classes: int) -> NDArray[np.float64]:
    """Shares of the classes among the labelled rows, with one row more of each."""
    counts = np.bincount(labels[labels >= 0], minlength=n_classes) + 1
    return np.asarray(counts / counts.sum())


def decode_labels(indices: NDArray[np.intp], classes: NDArray[Any]) -> NDArray[Any]:
    """The class at each index, -1 at indices beyond the classes."""
    unknown = indices >= len(classes)
    labels = classes[np.where(unknown, 0, indices)]
    if unknown.any():
        labels = labels if labels.dtype.kind in "if" else labels.astype(object)
        labels[unknown] = UNLABELLED
    return labels


def encode_requested_classes(y: Any, n_samples: int, classes: NDArray[Any]) -> NDArray[np.intp]:
    """Indices of the classes that a user asks for: one for all rows, or one for each row."""
    if np.ndim(y) == 0:
        y = np.full(n_samples, y, dtype=object if isinstance(y, str) else None)
    if len(y) != n_samples:
        raise ValueError(f"`y` must be one class or one for each of {n_samples} rows. Got {len(y)}.")
    indices = encode_labels(y, classes)
    if (indices < 0).any():
        raise ValueError(f"`y` must be classes ({classes.tolist()}). Got unknown ones.")
    return indices


def with_common_dtype(labels: NDArray[Any]) -> NDArray[Any]:
    """Labels of dtype object in the dtype that they have in common, so that they can be sorted."""
    if labels.dtype.kind != "O" or not len(labels):
        return labels
    are_strings = {isinstance(label, str) for label in labels}
    if len(are_strings) > 1:
        raise ValueError("Labels must be all strings or all numbers. Got both.")
    if are_strings == {True}:
        return labels
    numbers = np.array(labels.tolist())
    if numbers.dtype.kind not in "iufb" or numbers.ndim > 1:
        raise ValueError(f"Labels must be strings or numbers. Got {labels[0]!r:.80}.")
    return numbers
