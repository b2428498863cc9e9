"""Predictive models of generated rows: classifiers that detect them, and models that are trained on them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone, is_classifier
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import get_scorer, r2_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.utils import check_consistent_length
from sklearn.utils.multiclass import type_of_target

from .._openmp import limit_openmp
from ._tables import check_tables, encode_columns, to_text
from ._validation import Floats, check_integer, check_labels

__all__ = ["detection_score", "draw_seed", "utility_score"]

MIN_PRESENT = 30  # cells of a numeric column, for all folds to have some


def detection_score(
    X_real: Any, X_generated: Any, *, estimator: Any = None, n_folds: int = 3, random_state: Any = None
) -> float:
    """Area under the ROC curve of a classifier of generated and real rows, by cross-validation.

    0.5 is best: held-out rows of both samples cannot be distinguished. 1 means that generated rows can be detected with
    certainty, perhaps by one column, or the digits of one. It depends on the number of rows. Copies of training rows
    are not detected. Use real rows that the generator was not trained on.

    Parameters
    ----------
    X_real : DataFrame or array-like of shape (n_real, n_features)
        Real rows, `n_folds` at least: numbers, text, bools and categories, of which some may be missing.
    X_generated : DataFrame or array-like of shape (n_generated, n_features)
        Generated rows, with the same columns.
    estimator : classifier or None, default=None
        With `predict_proba`, for the columns as they are. None is histogram gradient boosting of scikit-learn, which
        detects more than linear classifiers, which are common for this metric. It distinguishes 200 categories of a
        column; rarer ones count as one.
    n_folds : int, default=3
        Number of folds.
    random_state : int, RandomState instance or None, default=None
        Draws the folds, and seeds the default classifier.

    Returns
    -------
    score : float
        From 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae.metrics import detection_score
    >>> X, Y = np.random.default_rng(0).standard_normal((2, 500, 2))
    >>> abs(detection_score(X, Y, random_state=0) - 0.5) < 0.06
    True
    >>> detection_score(X, Y + [9, 0], random_state=0) > 0.99
    True
    """
    tables = check_tables(X_real, X_generated)
    check_integer("n_folds", n_folds, 2, min(map(len, tables)), ", as many as there are rows of either sample")
    seed = draw_seed(random_state)
    X = pd.concat(tables if estimator is not None else encode_for_trees(tables), ignore_index=True)
    is_generated = np.repeat([0, 1], [len(table) for table in tables])
    model = HistGradientBoostingClassifier(random_state=seed) if estimator is None else clone(estimator)
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
    with limit_openmp(X.size):
        probabilities = cross_val_predict(model, X, is_generated, cv=folds, method="predict_proba")[:, 1]
    return float(roc_auc_score(is_generated, probabilities))


def utility_score(
    X_real: Any,
    y_real: Any,
    X_generated: Any,
    y_generated: Any,
    *,
    estimator: Any = None,
    scoring: Any = None,
    random_state: Any = None,
) -> float:
    """Score on real rows of a model that is trained on generated ones.

    Compare it with the score of a model that is trained on the real training rows. A generator that returns its
    training rows reaches that, so copies are not detected; and as few columns often suffice for a prediction, the
    others matter little.

    Parameters
    ----------
    X_real : DataFrame or array-like of shape (n_real, n_features)
        Real rows that the generator was not trained on, to test on.
    y_real : array-like of shape (n_real,)
        Their classes, or numbers to predict.
    X_generated : DataFrame or array-like of shape (n_generated, n_features)
        Generated rows, with the same columns, to train on.
    y_generated : array-like of shape (n_generated,)
        Their classes or numbers.
    estimator : classifier or regressor or None, default=None
        For the columns as they are. None is histogram gradient boosting of scikit-learn, a classifier unless some of
        `y_real` are fractions: pass a regressor to predict integers.
    scoring : str, callable or None, default=None
        As in `cross_val_score`. None is the area under the ROC curve, a mean over each class against the others, or the
        coefficient of determination of numbers. A class without generated rows has predicted probability 0.
    random_state : int, RandomState instance or None, default=None
        Seeds the default estimator.

    Returns
    -------
    score : float
        Higher is better.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skaae.metrics import utility_score
    >>> X, y = load_iris(return_X_y=True)
    >>> utility_score(X[::2], y[::2], X[1::2], y[1::2], random_state=0) > 0.95
    True
    """
    tables, names = check_tables(X_real, X_generated), ("y_real", "y_generated")
    targets = [check_labels(y, name) for y, name in zip((y_real, y_generated), names, strict=True)]
    for table, y in zip(tables, targets, strict=True):
        check_consistent_length(table, y)
    return predictive_score(tables, targets, names, estimator, scoring, random_state)


def predictive_score(
    tables: list[pd.DataFrame],
    targets: list[NDArray[Any]],
    names: tuple[str, str],
    estimator: Any = None,
    scoring: Any = None,
    random_state: Any = None,
) -> float:
    """`utility_score` of checked tables and targets, which messages call by some names."""
    is_continuous = type_of_target(targets[0]) == "continuous"
    classify = not is_continuous if estimator is None else is_classifier(estimator)
    if estimator is None:
        cls = HistGradientBoostingClassifier if classify else HistGradientBoostingRegressor
        estimator, tables = cls(random_state=draw_seed(random_state)), encode_for_trees(tables)
    if classify:
        if scoring is None and len(np.unique(targets[0])) < 2:
            raise ValueError(f"`{names[0]}` must have two classes at least. Got {np.unique(targets[0]).tolist()}.")
        targets = [*match_classes(targets[1], targets[0])][::-1]
        if len(np.unique(targets[1])) == 1:
            estimator = DummyClassifier()  # others need two classes
    with limit_openmp(tables[1].size):
        model = clone(estimator).fit(tables[1], targets[1])
        if scoring is not None:
            return float(get_scorer(scoring)(model, tables[0], targets[0]))
        if classify:
            return mean_auc(model, tables[0], targets[0])
        return float(r2_score(targets[0], model.predict(tables[0])))


def draw_seed(random_state: Any) -> int:
    """A seed for what does not accept a numpy `Generator`."""
    return int(np.random.default_rng(random_state).integers(2**31))


def mean_auc(model: Any, X: Any, y: NDArray[Any]) -> float:
    """Mean area under the ROC curve of each class of the rows against the others."""
    classes = np.unique(y)
    probabilities = dict(zip(model.classes_, model.predict_proba(X).T, strict=True))
    aucs = [roc_auc_score(y == label, probabilities.get(label, np.zeros(len(y)))) for label in classes]
    return float(np.mean(aucs))


def match_classes(y: NDArray[Any], y_real: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Generated and real classes in the dtype of the real ones, or as text if some do not occur among these."""
    if {y.dtype.kind, y_real.dtype.kind} in ({"b", "i"}, {"b", "u"}, {"b", "f"}):  # 0 and 1 are bools
        y, y_real = (labels.astype(np.int64) if labels.dtype.kind == "b" else labels for labels in (y, y_real))
    classes = {to_text(label): label for label in np.unique(y_real)}
    text = [to_text(label) for label in y]
    if not set(text) & set(classes):
        raise ValueError(f"Generated and real classes must be the same. Got {sorted(set(text))} for {sorted(classes)}.")
    if set(text) <= set(classes):
        return np.array([classes[label] for label in text], dtype=y_real.dtype), y_real
    return np.array(text), np.array([to_text(label) for label in y_real])


def encode_for_trees(tables: list[pd.DataFrame]) -> list[pd.DataFrame]:
    """Numbers as floats, and other columns as categories of both tables, with indices as names of columns."""
    n, columns = len(tables[0]), []
    for cells, n_codes in encode_columns(tables, tables[0]):
        categories = range(n_codes)
        columns.append(pd.Categorical.from_codes(cells, categories) if n_codes else fill_rarely_present(cells, n))
    table = pd.DataFrame(dict(enumerate(columns))).rename(columns=str)
    return [table[:n], table[n:].reset_index(drop=True)]


def fill_rarely_present(cells: Floats, n: int) -> Floats:
    """Numbers of the first n rows and the others; missing ones less than all if few are present, as trees need some."""
    missing = np.isnan(cells)
    n_present = min(np.count_nonzero(~mask) for mask in (missing[:n], missing[n:]))
    if n_present >= MIN_PRESENT or not missing.any():
        return cells
    return np.where(missing, np.min(cells[~missing], initial=0) - 1, cells)
