r"""Targets of the head: predictions of ``y`` by classifiers or regressors that did not learn from the row's label.

A code that learns the labels of its own rows separates them better than those of new rows, so that whatever is fitted
to these codes afterwards is too sure of itself. So the head's targets are predictions of a random forest, extremely
randomized trees and a linear model, in equal parts, for unlabelled rows too; for a row whose label is known, by trees
that did not draw it (out of bag; Breiman, 1996) and by a linear model of the other folds (Wolpert, "Stacked
generalization", 1992).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone, is_classifier
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.utils import gen_batches
from sklearn.utils.validation import check_consistent_length, column_or_1d

from .._plan import RowSource
from ._labels import encode_labels, is_labelled, to_array, unique_classes, with_common_dtype
from ._training_data import CHUNK_ROWS

__all__ = ["check_supervised", "head_targets"]

MAX_LABELLED_ROWS = 5_000  # that classifiers and regressors are fitted to
MAX_CLASSES = 20  # of whole numbers that do not count from 0 or 1
N_FOLDS = 5
MIN_LABELS = 5  # of a class, for predictions of its rows without their labels


def head_targets(
    X: NDArray[Any] | RowSource, y: Any, sample_weight: NDArray[np.float64] | None, seed: int, target_type: str = "auto"
) -> tuple[NDArray[np.float32], str]:
    """Targets of scaled rows, (n_samples, n_targets), centred and of unit variance; and the type of ``y``.

    The type is "binary", "multiclass" or "continuous", as in scikit-learn's `TargetEncoder`.
    """
    check_consistent_length(X, y)
    numbers = as_numbers(y, target_type)
    if numbers is None:
        classes = unique_classes(y)
        if target_type == "binary" and len(classes) != 2:
            raise ValueError(f'`y` must have two classes with `target_type="binary"`. Got {len(classes)}.')
        labels = encode_labels(y, classes)
        predictions = predict_classes(X, labels, len(classes), sample_weight, seed)
        target_type = "binary" if len(classes) == 2 else "multiclass"
    else:
        predictions, target_type = predict_numbers(X, numbers, sample_weight, seed), "continuous"
    centred = predictions - predictions.mean(0)
    return np.asarray(centred / (centred.std() or 1.0), np.float32), target_type


def check_supervised(n_clusters: int | None, y: Any) -> None:
    """Raise an error if there are no labels to learn, or if clusters learn them already."""
    if n_clusters is not None:
        raise ValueError(
            f"`supervised_weight` must be 0 with `n_clusters`, whose clusters learn `y`. Got `n_clusters={n_clusters}`."
        )
    if y is None:
        raise ValueError("With a `supervised_weight`, `fit` requires y to be passed, but the target y is None.")


def as_numbers(y: Any, target_type: str) -> NDArray[np.float64] | None:
    """The labels as numbers, NaN where unknown, or None if they are classes.

    Where nothing is said of them, whole numbers are classes if they are few, or count from 0 or 1 without a gap.
    """
    labels = column_or_1d(to_array(y))
    if target_type in ("binary", "multiclass"):
        fractions = labels[labels % 1 > 0] if labels.dtype.kind == "f" else labels[:0]
        if len(fractions):
            raise ValueError(
                f"`y` must be classes with `target_type={target_type!r}`. Got numbers with fractions, first"
                f' {fractions[0]:g}: `target_type="continuous"` predicts numbers.'
            )
        return None
    if labels.dtype.kind == "O":
        is_text = any(isinstance(label, str) for label in labels)
        known = with_common_dtype(labels[is_labelled(y) if is_text else [label is not None for label in labels]])
        is_number = known.dtype.kind in "iuf"
        labels = np.array([np.nan if label is None else label for label in labels], float) if is_number else known
    if labels.dtype.kind not in "iuf":
        if target_type == "continuous":
            raise ValueError(f'`y` must be numbers with `target_type="continuous"`. Got {labels[:1]}.')
        return None
    values = np.unique(labels[~np.isnan(labels)])
    if np.isinf(values).any():
        raise ValueError("Input y contains infinity. Unknown labels must be -1 or missing.")
    counted = values[values != -1]
    if target_type == "auto" and (values == np.round(values)).all():
        if len(counted) <= MAX_CLASSES or (counted[0] in (0, 1) and np.ptp(counted) == len(counted) - 1):
            return None
        if len(counted) < len(values) and counted[0] >= 0:
            raise ValueError(
                f"In `y`, -1 marks unlabelled rows among classes, and is a number among numbers. Got {len(counted)}"
                f" different whole numbers from {counted[0]:g} to {counted[-1]:g}, which are read as numbers, and -1:"
                ' mark unlabelled rows by NaN, or say `target_type="multiclass"`.'
            )
    return np.asarray(labels, np.float64)


def predict_classes(
    X: NDArray[Any] | RowSource,
    labels: NDArray[np.intp],
    n_classes: int,
    sample_weight: NDArray[np.float64] | None,
    seed: int,
) -> NDArray[np.float64]:
    """Class probabilities, (n_samples, n_classes); a labelled row of a class with very few has its label."""
    counts = np.bincount(labels[labels >= 0], minlength=n_classes)
    if n_classes > MAX_CLASSES and counts.max() == 1:
        raise ValueError(
            f"Classes in `y` must have more than one label. Got {n_classes} classes of one label each: pass numbers as"
            " floats, and dates as numbers."
        )
    teachers = [
        RandomForestClassifier(oob_score=True, random_state=seed),
        ExtraTreesClassifier(bootstrap=True, oob_score=True, random_state=seed),
        LogisticRegression(max_iter=300),
    ]
    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=seed)
    probabilities = predict_held_out(teachers, X, labels, labels >= 0, folds, sample_weight)
    is_rare = (labels >= 0) & (counts[labels] < MIN_LABELS)
    probabilities[is_rare] = np.eye(n_classes)[labels[is_rare]]
    return probabilities


def predict_numbers(
    X: NDArray[Any] | RowSource, numbers: NDArray[np.float64], sample_weight: NDArray[np.float64] | None, seed: int
) -> NDArray[np.float64]:
    """Predicted numbers, (n_samples, 1)."""
    is_known = ~np.isnan(numbers)
    if is_known.sum() < MIN_LABELS:
        raise ValueError(f"Numbers in `y` must be known for {MIN_LABELS} rows at least. Got {is_known.sum()}.")
    teachers = [
        RandomForestRegressor(oob_score=True, random_state=seed),
        ExtraTreesRegressor(bootstrap=True, oob_score=True, random_state=seed),
        Ridge(),
    ]
    scale = np.abs(numbers[is_known]).max() or 1.0
    folds = KFold(N_FOLDS, shuffle=True, random_state=seed)
    return predict_held_out(teachers, X, numbers / scale, is_known, folds, sample_weight)


def predict_held_out(
    teachers: Sequence[Any],
    X: NDArray[Any] | RowSource,
    y: NDArray[Any],
    is_known: NDArray[np.bool_],
    folds: Any,
    sample_weight: NDArray[np.float64] | None,
) -> NDArray[np.float64]:
    """Mean of the predictions of forests and others, (n_samples, n_outputs), of none that learned from the row's label.

    Where labels are many, teachers learn from a part of them.
    """
    order = np.random.RandomState(folds.random_state).permutation(np.flatnonzero(is_known))
    rows = np.sort(order[:MAX_LABELLED_ROWS])
    X_known, y_known = X[rows], y[rows]
    weight = None if sample_weight is None else sample_weight[rows]
    predictions = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "The least populated class|Number of classes in|The number of unique classes")
        for teacher in teachers:
            fitted = clone(teacher).fit(X_known, y_known, sample_weight=weight)
            of_rows = np.concatenate([predict(fitted, X[batch]) for batch in gen_batches(len(y), CHUNK_ROWS)])
            of_rows[rows] = held_out_predictions(fitted, X_known, y_known, folds, weight)
            predictions.append(of_rows)
    mean = np.mean(predictions, axis=0)
    if not is_classifier(teachers[0]):
        return np.asarray(mean)
    probabilities = np.zeros((len(y), y.max() + 1))
    probabilities[:, fitted.classes_] = mean
    return probabilities


def held_out_predictions(
    fitted: Any, X: NDArray[Any], y: NDArray[Any], folds: Any, weight: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """What a teacher predicts of the rows that it was fitted to, without each row's label."""
    if hasattr(fitted, "estimators_"):
        out_of_bag = fitted.oob_decision_function_ if is_classifier(fitted) else fitted.oob_prediction_
    else:
        out_of_bag = predict(fitted, X)
        is_common = np.bincount(y)[y] >= MIN_LABELS if is_classifier(fitted) else np.ones(len(y), np.bool_)
        common, rare = np.flatnonzero(is_common), np.flatnonzero(~is_common)
        for others, fold in folds.split(common, y[common]) if len(common) else []:
            rows = np.append(common[others], rare)  # rare classes are in all folds, and have their labels anyway
            teacher = clone(fitted).fit(X[rows], y[rows], sample_weight=None if weight is None else weight[rows])
            out_of_bag[common[fold]] = predict(teacher, X[common[fold]])
    return np.asarray(out_of_bag).reshape(len(X), -1)


def predict(fitted: Any, X: NDArray[Any]) -> NDArray[np.float64]:
    """Class probabilities, (n_samples, n_classes), or numbers, (n_samples, 1)."""
    return np.asarray(fitted.predict_proba(X) if is_classifier(fitted) else fitted.predict(X)[:, None])
