"""Class labels, some of them unknown: -1 or missing (None, NaN, NA), among numbers or strings.

One mark at a time: where some labels are missing and others -1, the latter may be a class. Text that can only be a
missing value turned into text is refused, as are marks such as "?"; "-1" is -1.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, column_or_1d

from ..table import to_pandas

__all__ = [
    "UNLABELLED",
    "check_labels",
    "check_text",
    "class_shares",
    "count_classes",
    "decode_labels",
    "encode_labels",
    "encode_requested_classes",
    "is_labelled",
    "labels_as_array",
    "to_array",
    "unique_classes",
    "with_common_dtype",
]

UNLABELLED = -1
TEXT_OF_UNLABELLED = ("-1", "-1.0")
TEXT_OF_MISSING = ("", "nan", "<NA>", "NaT")  # None and NA may be names
TEXT_OF_UNKNOWN = ("?", "#N/A", "NULL")  # in files of UCI and ARFF, of spreadsheets, and of databases


def check_labels(X: Any, y: Any) -> None:
    """Raise an error if rows have no labels, or not as many."""
    if y is None:
        raise ValueError("This classifier requires y to be passed, but the target y is None.")
    check_consistent_length(X, y)


def labels_as_array(y: Any) -> NDArray[Any]:
    """Labels as a one-dimensional array; one of objects has None where they are missing.

    Raises
    ------
    ValueError
        If the labels are no column, or if it is ambiguous which rows are unlabelled: some labels are missing and some
        are -1, or missing ones have become text.
    """
    labels = column_or_1d(to_array(y), warn=True)
    if labels.dtype.kind == "f" and np.isinf(labels).any():
        raise ValueError("Input y contains infinity. Unknown labels must be -1 or missing.")
    check_text(labels)
    check_marks(labels)
    return np.asarray(labels)


def to_array(y: Any) -> NDArray[Any]:
    """Labels in any container as an array, in which no number and no missing value becomes text."""
    y = to_pandas(y)
    if isinstance(y, pd.DataFrame):
        y = y.iloc[:, 0] if y.shape[1] == 1 else y.to_numpy()
    if isinstance(y, np.ma.MaskedArray):
        y = with_none(y.data, np.ma.getmaskarray(y)) if np.ma.is_masked(y) else y.data
    elif isinstance(y, (pd.Series, pd.Index, pd.api.extensions.ExtensionArray)):
        is_numpy = isinstance(y.dtype, np.dtype) and y.dtype.kind in "iufb"
        y = np.asarray(y) if is_numpy else np.asarray(y.astype(object), dtype=object)
    elif hasattr(y, "to_pylist") or hasattr(y, "to_list"):  # columns of Arrow and polars
        y = y.to_pylist() if hasattr(y, "to_pylist") else y.to_list()
    labels = array_of_list(y) if isinstance(y, (list, tuple)) else np.asarray(y)
    return with_none(labels, pd.isna(labels)) if labels.dtype.kind == "O" else labels


def with_none(labels: NDArray[Any], missing: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Labels as objects, None where they are missing."""
    labels = labels.astype(object)
    labels[missing] = None
    return labels


def array_of_list(y: Sequence[Any]) -> NDArray[Any]:
    """A list as an array: of numbers or of text if all are, otherwise of objects."""
    kinds = {str if isinstance(label, str) else type(label) for label in y}
    is_plain = len(kinds) == 1
    return np.asarray(y, dtype=None if is_plain else object)


def check_text(labels: NDArray[Any]) -> None:
    """Raise an error if text can only be a missing value that was turned into text."""
    lost = {
        str(label) for label in distinct_labels(labels) if isinstance(label, str) and label.strip() in TEXT_OF_MISSING
    }
    if lost:
        raise ValueError(
            f"Labels that are text must be classes, or '-1' for unlabelled rows. Got {min(lost)!r}, which is what"
            " missing values become when numpy or pandas turns labels into text: pass the labels as a list or as"
            " `np.array(labels, dtype=object)`, with None or -1 for unlabelled rows. If it is a class, rename it."
        )


def check_unknown(labels: NDArray[Any]) -> None:
    """Raise an error if text is a mark by which files say that a value is unknown."""
    marks = {label.strip() for label in distinct_labels(labels) if isinstance(label, str)} & {*TEXT_OF_UNKNOWN}
    if marks:
        mark = min(marks)
        raise ValueError(
            f"Labels that are text must be classes, or '-1' for unlabelled rows. Got {mark!r}, by which files mark what"
            f" is unknown: replace it, as in `np.where(y == {mark!r}, '-1', y)`. If it is a class, rename it."
        )


def check_marks(labels: NDArray[Any]) -> None:
    """Raise an error if both missing labels and -1 could mark unlabelled rows."""
    distinct = distinct_labels(labels)
    if pd.isna(distinct).any() and any(is_minus_one(label) for label in distinct):
        raise ValueError(
            "Unlabelled rows must all have -1, or all have a missing value (None, NaN, NA). Got both in `y`: replace"
            " one of them by the other, or -1 by another number if it is a class."
        )


def distinct_labels(labels: NDArray[Any]) -> NDArray[Any]:
    """Labels without repetitions; none of integers and bools, which are what they are."""
    if labels.dtype.kind not in "OUf":
        return labels[:0]
    try:
        return np.asarray(pd.unique(labels))
    except TypeError:  # that they have no hash
        return labels


def is_minus_one(label: Any) -> bool:
    """Whether a label is -1, as a number or as text."""
    return label.strip() in TEXT_OF_UNLABELLED if isinstance(label, str) else bool(label == UNLABELLED)


def is_labelled(y: Any) -> NDArray[np.bool_]:
    """Mask of the rows that have a label, (n_samples,)."""
    y = labels_as_array(y)
    if y.dtype.kind in "OU":
        return np.array([label is not None and not is_minus_one(label) for label in y], np.bool_)
    return np.asarray(~(pd.isna(y) | (y == UNLABELLED)))


def unique_classes(y: Any) -> NDArray[Any]:
    """The sorted classes among the labels, at least two.

    Raises
    ------
    ValueError
        If no row has a label, if all labels are of one class, or if one is a mark of what is unknown.
    """
    y = labels_as_array(y)
    check_unknown(y)
    labelled = is_labelled(y)
    labels = with_common_dtype(y[labelled])
    if not len(labels):
        raise ValueError(
            "`y` must have labels of at least two classes. Got none: all labels are -1 or missing. To fit a"
            " model to unlabelled rows, use `AAETransformer` without `y`."
        )
    with warnings.catch_warnings():
        if not labelled.all():  # few labels of many classes are no regression problem
            warnings.filterwarnings("ignore", "The number of unique classes")
        check_classification_targets(labels)
    classes = np.unique(labels)
    if classes.dtype.kind == "u" and len(classes) > 2 and classes[-1] == np.iinfo(classes.dtype).max:
        warnings.warn(
            f"Labels of dtype {classes.dtype} have no -1, which becomes {classes[-1]} there. Got that as a class of"
            f" {len(classes)}: if it marks unlabelled rows, convert them first, as in"
            f" `np.where(y == {classes[-1]}, -1, y.astype(int))`.",
            UserWarning,
            stacklevel=4,
        )
    if len(classes) == 1:
        advice = (
            " -1 marks rows without a label: if it is a class here, recode the classes, for instance to 0 and 1."
            if not labelled.all() and str(classes[0]) in ("1", "1.0")
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


def count_classes(
    labels: NDArray[np.intp], n_classes: int, sample_weight: NDArray[np.float64] | None = None
) -> NDArray[Any]:
    """Number of labelled rows of each class; with weights, in proportion to them."""
    is_known = labels >= 0
    weights = None if sample_weight is None else sample_weight[is_known] / sample_weight[is_known].mean()
    return np.bincount(labels[is_known], weights, minlength=n_classes)


def class_shares(
    labels: NDArray[np.intp], n_classes: int, sample_weight: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Shares of the classes among the labelled rows, with one row more of each."""
    counts = count_classes(labels, n_classes, sample_weight) + 1
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
    if numbers.dtype.kind == "f" and np.isinf(numbers).any():
        raise ValueError("Input y contains infinity. Unknown labels must be -1 or missing.")
    return numbers
