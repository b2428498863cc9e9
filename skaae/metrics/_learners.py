"""What learners make of generated rows: whether they tell them from real ones, and whether they learn from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import get_scorer, r2_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.utils import check_consistent_length
from sklearn.utils.multiclass import type_of_target

from ._samples import check_count, labels_of
from ._tables import cells_of, tables_of, text_of

__all__ = ["detection_score", "utility_score"]

FEW = 30  # numbers of an incomplete column, of which a part may have none


def detection_score(
    X_real: Any, X_generated: Any, *, estimator: Any = None, n_folds: int = 3, random_state: Any = None
) -> float:
    """How well a classifier tells generated rows from real ones it has not seen: area under the ROC curve.

    0.5 is best: held out in turn, rows of both kinds look alike. 1 says that some column, or some digit of one, gives
    generated rows away. It depends on how many rows there are to learn from, and says nothing of copies: rows of the
    training set are not told from real ones. Take real rows that the generator has not seen.

    Parameters
    ----------
    X_real : DataFrame or array-like of shape (n_real, n_features)
        Real rows, `n_folds` at least: numbers, text, bools and categories, of which some may be missing.
    X_generated : DataFrame or array-like of shape (n_generated, n_features)
        Generated rows, with the same columns.
    estimator : classifier or None, default=None
        With `predict_proba`, and able to take the columns as they are. None is histogram gradient boosting of
        scikit-learn, which sees what linear classifiers, common in this place, do not. Its columns may have 200
        categories; rarer ones count as one.
    n_folds : int, default=3
        Parts that are held out in turn.
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
    tables = tables_of(X_real, X_generated)
    check_count("n_folds", n_folds, 2, min(map(len, tables)), ", as many as there are rows of either sample")
    seed = seed_of(random_state)
    X = pd.concat(tables if estimator is not None else for_trees(tables), ignore_index=True)
    is_generated = np.repeat([0, 1], [len(table) for table in tables])
    model = HistGradientBoostingClassifier(random_state=seed) if estimator is None else clone(estimator)
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
    guesses = cross_val_predict(model, X, is_generated, cv=folds, method="predict_proba")[:, 1]
    return float(roc_auc_score(is_generated, guesses))


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
    """How good a model is, on real rows, that has learned from generated ones.

    Judge it beside the score of a model that learned from the real training rows. A generator that returns its
    training rows reaches that, so this says nothing of copies; and as few columns often suffice, it says little of the
    others.

    Parameters
    ----------
    X_real : DataFrame or array-like of shape (n_real, n_features)
        Real rows that the generator has not seen, to test on.
    y_real : array-like of shape (n_real,)
        Their classes, or numbers to foretell.
    X_generated : DataFrame or array-like of shape (n_generated, n_features)
        Generated rows, with the same columns, to train on.
    y_generated : array-like of shape (n_generated,)
        Their classes or numbers.
    estimator : classifier or regressor or None, default=None
        Able to take the columns as they are. None is histogram gradient boosting of scikit-learn, a classifier unless
        some of `y_real` are fractions: give a regressor to foretell whole numbers.
    scoring : str, callable or None, default=None
        As in `cross_val_score`. None is the area under the ROC curve, of each class against the others and their
        mean, or the coefficient of determination of numbers. A class that no generated row has counts as held
        impossible.
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
    tables = tables_of(X_real, X_generated)
    targets = [labels_of(y, name) for y, name in ((y_real, "y_real"), (y_generated, "y_generated"))]
    for table, y in zip(tables, targets, strict=True):
        check_consistent_length(table, y)
    fractions = type_of_target(targets[0]) == "continuous"
    classify = not fractions if estimator is None else is_classifier(estimator)
    if estimator is None:
        trees = HistGradientBoostingClassifier if classify else HistGradientBoostingRegressor
        estimator, tables = trees(random_state=seed_of(random_state)), for_trees(tables)
    if classify:
        targets[1], targets[0] = of_real_classes(targets[1], targets[0])
        if len(np.unique(targets[1])) == 1:
            estimator = DummyClassifier()  # for others refuse to learn one class
    model = clone(estimator).fit(tables[1], targets[1])
    if scoring is not None:
        return float(get_scorer(scoring)(model, tables[0], targets[0]))
    return area(model, tables[0], targets[0]) if classify else float(r2_score(targets[0], model.predict(tables[0])))


def seed_of(random_state: Any) -> int:
    """An integer for what takes no generator of numpy's."""
    return int(np.random.default_rng(random_state).integers(2**31))


def area(model: Any, X: Any, y: np.ndarray) -> float:
    """Mean area under the ROC curve of each class that is among the rows against the others."""
    classes = np.unique(y)
    if len(classes) < 2:
        raise ValueError(f"`y_real` must have two classes at least. Got {list(classes)}.")
    guesses = dict(zip(model.classes_, model.predict_proba(X).T, strict=True))
    of_class = [guesses.get(name, np.zeros(len(y))) for name in classes]
    return float(np.mean([roc_auc_score(y == name, p) for name, p in zip(classes, of_class, strict=True)]))


def of_real_classes(y: np.ndarray, y_real: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Generated and real classes of one kind: as the real ones are, or as text if there are others."""
    classes = {text_of(name): name for name in np.unique(y_real)}
    told = [text_of(name) for name in y]
    if not set(told) & set(classes):
        raise ValueError(f"Generated and real classes must be the same. Got {sorted(set(told))} for {sorted(classes)}.")
    if set(told) <= set(classes):
        return np.array([classes[name] for name in told], dtype=y_real.dtype), y_real
    return np.array(told), np.array([text_of(name) for name in y_real])


def for_trees(tables: list[pd.DataFrame]) -> list[pd.DataFrame]:
    """Numbers as floats and other columns as categories that both know, numbered in their order."""
    columns: dict[int, Any] = {}
    for place, (numeric, cells, n_codes) in enumerate(cells_of(tables, tables[0])):
        columns[place] = (
            told(cells, len(tables[0])) if numeric else pd.Categorical.from_codes(cells, categories=range(n_codes))
        )
    together = pd.DataFrame(columns).rename(columns=str)
    return [together[: len(tables[0])], together[len(tables[0]) :].reset_index(drop=True)]


def told(cells: np.ndarray, n: int) -> np.ndarray:
    """Numbers of n rows and of others; where few are known, missing ones are smaller than all, for trees need some."""
    missing = np.isnan(cells)
    fewest = min(np.count_nonzero(~part) for part in (missing[:n], missing[n:]))
    if fewest >= FEW or not missing.any():
        return cells
    return np.where(missing, np.min(cells[~missing], initial=0) - 1, cells)
