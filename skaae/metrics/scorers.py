"""Scorers that judge models by what they make: for ``scoring=`` of `GridSearchCV` and `cross_val_score`.

Each is called with a fitted estimator, rows that it has not seen, and their labels if there are some; higher is better,
so errors and distances are negative. Numbers are compared in units of their standard deviation in those rows, and
categories as columns of 0 and 1, so that candidates with different `scaling` are judged alike. Scorers of samples draw
as many rows as there are to compare with, by a fixed seed, and under the same conditions where the model was fitted
with `y`.

Examples
--------
>>> from sklearn.datasets import load_iris
>>> from sklearn.model_selection import GridSearchCV
>>> from skaae import AAETransformer
>>> from skaae.metrics import scorers
>>> X, _ = load_iris(return_X_y=True)
>>> search = GridSearchCV(
...     AAETransformer(max_iter=5, random_state=0),
...     {"n_components": [1, 3]},
...     scoring=scorers.neg_reconstruction_error,
...     cv=2,
... ).fit(X)
>>> search.best_params_
{'n_components': 3}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from ._clustering import clustering_accuracy as accuracy_of_clusters
from ._columns import column_shape_error, pair_trend_error
from ._distribution import frechet_distance, kernel_distance, sliced_wasserstein
from ._learners import detection_score, utility_score
from ._neighborhoods import density_coverage, precision_recall
from ._reconstruction import reconstruction_error
from ._tables import points_of, tables_of

__all__ = [
    "SampleScorer",
    "clustering_accuracy",
    "coverage",
    "density",
    "neg_column_shape_error",
    "neg_detection_score",
    "neg_frechet_distance",
    "neg_kernel_distance",
    "neg_pair_trend_error",
    "neg_reconstruction_error",
    "neg_sliced_wasserstein",
    "precision",
    "recall",
    "utility",
]


class SampleScorer:
    """A scorer of a generator's samples by a metric of real rows and generated ones.

    Parameters
    ----------
    metric : callable
        ``metric(X_real, X_generated)``, a float.
    sign : {1, -1}, default=1
        -1 where less is better.
    encode : bool, default=True
        Whether both are brought to numbers of one scale before; False for metrics of tables.
    random_state : int, default=0
        Seeds the samples.
    """

    def __init__(self, metric: Callable[..., float], *, sign: int = 1, encode: bool = True, random_state: int = 0):
        self.metric = metric
        self.sign = sign
        self.encode = encode
        self.random_state = random_state

    def __call__(self, estimator: Any, X: Any, y: Any = None) -> float:
        """Score of a fitted estimator with `sample`, or of a pipeline that ends in one."""
        generated = samples_of(estimator, X, y, self.random_state)
        return self.sign * self.metric(*(on_one_scale(X, generated) if self.encode else (X, generated)))

    def __repr__(self) -> str:
        return f"SampleScorer({getattr(self.metric, '__name__', self.metric)}, sign={self.sign})"


def samples_of(estimator: Any, X: Any, y: Any, seed: int) -> Any:
    """As many rows drawn from a model as there are in X, brought back through the steps before it in a pipeline."""
    model = last_of(estimator)
    if not hasattr(model, "sample"):
        raise TypeError(f"An estimator that is scored by its samples must have `sample`. Got {type(model).__name__}.")
    rows = model.sample(len(X), y if takes_conditions(model) else None, random_state=seed)
    if model is not estimator and len(estimator) > 1:
        rows = estimator[:-1].inverse_transform(rows)
    return named(rows, X)


def last_of(estimator: Any) -> Any:
    """A model, or the one that a pipeline ends in."""
    return estimator[-1] if hasattr(estimator, "steps") else estimator


def takes_conditions(model: Any) -> bool:
    """Whether a model was fitted under conditions, of which each row has its own; clusters are not told but found."""
    told = getattr(model, "conditions_", None) is not None or hasattr(model, "classes_")
    return told and not hasattr(model, "labels_")


def named(rows: Any, X: Any) -> Any:
    """Rows that have lost the names of their columns on the way, with those of X."""
    if isinstance(rows, np.ndarray) and hasattr(X, "columns"):
        return pd.DataFrame(rows, columns=X.columns)
    return rows


def on_one_scale(X: Any, generated: Any) -> tuple[np.ndarray, np.ndarray]:
    """Both in units of the standard deviations of the first."""
    real, made = points_of(tables_of(X, generated))
    return real, made


def neg_reconstruction_error(estimator: Any, X: Any, y: Any = None) -> float:
    """Minus the mean squared error of rows that are taken to codes and back, in units of the columns' variances."""
    back = estimator.inverse_transform(estimator.transform(X))
    return -reconstruction_error(*on_one_scale(X, named(back, X)))


def clustering_accuracy(estimator: Any, X: Any, y: Any) -> float:
    """Share of rows in the right cluster, each standing for one class."""
    return accuracy_of_clusters(y, estimator.predict(X))


def utility(estimator: Any, X: Any, y: Any) -> float:
    """Score on real rows of boosted trees that learned from rows drawn under their conditions."""
    if not takes_conditions(last_of(estimator)):
        raise ValueError("To tell the utility of its samples, a model must be fitted with `y`. Got one without.")
    return utility_score(X, y, samples_of(estimator, X, y, 0), y, random_state=0)


def _precision(X_real: Any, X_generated: Any) -> float:
    return precision_recall(X_real, X_generated)[0]


def _recall(X_real: Any, X_generated: Any) -> float:
    return precision_recall(X_real, X_generated)[1]


def _density(X_real: Any, X_generated: Any) -> float:
    return density_coverage(X_real, X_generated)[0]


def _coverage(X_real: Any, X_generated: Any) -> float:
    return density_coverage(X_real, X_generated)[1]


def _sliced(X_real: Any, X_generated: Any) -> float:
    return sliced_wasserstein(X_real, X_generated, random_state=0)


def _kernel(X_real: Any, X_generated: Any) -> float:
    return kernel_distance(X_real, X_generated, random_state=0)


def _detection(X_real: Any, X_generated: Any) -> float:
    return detection_score(X_real, X_generated, random_state=0)


precision = SampleScorer(_precision)
recall = SampleScorer(_recall)
density = SampleScorer(_density)
coverage = SampleScorer(_coverage)
neg_sliced_wasserstein = SampleScorer(_sliced, sign=-1)
neg_frechet_distance = SampleScorer(frechet_distance, sign=-1)
neg_kernel_distance = SampleScorer(_kernel, sign=-1)
neg_column_shape_error = SampleScorer(column_shape_error, sign=-1, encode=False)
neg_pair_trend_error = SampleScorer(pair_trend_error, sign=-1, encode=False)
neg_detection_score = SampleScorer(_detection, sign=-1, encode=False)
