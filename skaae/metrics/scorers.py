"""Scorers of reconstructions, samples, clusters and outliers: for ``scoring=`` of `GridSearchCV` and `cross_val_score`.

Each is called with a fitted estimator, held-out rows, and their labels if there are some; higher is better, so errors
and distances are negative. Numbers are standardized by the held-out rows, and categories one-hot encoded, so that
scores do not depend on the `scaling` of candidates. Scorers of samples draw as many rows as there are held-out ones,
with a fixed seed, and under the same conditions if the model was fitted with `y`.

Scorers of outliers rank rows by `score_samples`, lower for outliers, and take `y` with -1 for outliers and 1 for normal
rows: `outlier_roc_auc`, `outlier_average_precision`, and `outlier_precision`, the share of outliers among as many rows
with the lowest scores as there are outliers. Test rows must be of both kinds, as those of
`skaae.model_selection.OutlierKFold` are.

Scorers of outliers, of reconstructions and of clusters have `sample_weight`, which
``copy.deepcopy(scorer).set_score_request(sample_weight=True)`` requests. Scorers of samples have none: how far two
samples are apart is not a mean over rows.

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
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.metrics import make_scorer
from sklearn.utils import _safe_indexing
from sklearn.utils.metadata_routing import UNUSED

from ..table import to_pandas
from . import _clustering, _outliers
from ._columns import column_shape_error, pair_trend_error
from ._distribution import frechet_distance, kernel_distance, sliced_wasserstein
from ._neighbors import density_coverage, precision_recall
from ._predictive import detection_score, utility_score
from ._reconstruction import reconstruction_error
from ._tables import check_tables, to_points
from ._validation import Floats, weighted_rows

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
    "outlier_average_precision",
    "outlier_precision",
    "outlier_roc_auc",
    "precision",
    "recall",
    "utility",
]

Metric = Callable[[Any, Any], float]


class SampleScorer:
    """Scorer of a generator's samples by a metric of real and generated rows.

    Parameters
    ----------
    metric : callable
        ``metric(X_real, X_generated)``, a float.
    sign : {1, -1}, default=1
        -1 if lower is better.
    encode : bool, default=True
        Whether numbers are standardized and categories one-hot encoded before; False for metrics of tables.
    random_state : int, default=0
        Seed of the samples.
    """

    def __init__(self, metric: Metric, *, sign: int = 1, encode: bool = True, random_state: int = 0) -> None:
        self.metric = metric
        self.sign = sign
        self.encode = encode
        self.random_state = random_state

    def __call__(self, estimator: Any, X: Any, y: Any = None) -> float:
        """Score of a fitted estimator with `sample`, or of a pipeline that ends in one."""
        generated = draw_samples(estimator, X, y, self.random_state)
        return self.sign * self.metric(*(standardize_pair(X, generated) if self.encode else (X, generated)))

    def __repr__(self) -> str:
        metric = getattr(self.metric, "func", self.metric)  # of a `functools.partial`
        return f"SampleScorer({getattr(metric, '__name__', metric)}, sign={self.sign})"


def draw_samples(estimator: Any, X: Any, y: Any, seed: int) -> Any:
    """A sample of as many rows as X has, inverted by the steps before the model in a pipeline."""
    model = final_estimator(estimator)
    if not hasattr(model, "sample"):
        raise TypeError(f"An estimator that is scored by its samples must have `sample`. Got {type(model).__name__}.")
    rows = model.sample(len(X), y if is_conditional(model) else None, random_state=seed)
    if model is not estimator and len(estimator) > 1:
        rows = estimator[:-1].inverse_transform(rows)
    return with_column_names(rows, X)


def final_estimator(estimator: Any) -> Any:
    """The estimator, or the last step of a pipeline."""
    return estimator[-1] if hasattr(estimator, "steps") else estimator


def is_conditional(model: Any) -> bool:
    """Whether a model was fitted with conditions, one for each row; clusters are no conditions."""
    has_conditions = getattr(model, "conditions_", None) is not None or hasattr(model, "classes_")
    return has_conditions and not hasattr(model, "labels_")


def with_column_names(rows: Any, X: Any) -> Any:
    """Rows as a DataFrame with the columns of X, if that is one."""
    table = to_pandas(X) if isinstance(rows, np.ndarray) else None
    return pd.DataFrame(rows, columns=table.columns) if isinstance(table, pd.DataFrame) else rows


def standardize_pair(X: Any, generated: Any, weights: Floats | None = None) -> list[Floats]:
    """Both tables as points, standardized by the first, by the weights of its rows."""
    return to_points(check_tables(X, generated), weights)


class ReconstructionScorer(BaseEstimator):
    """Scorer of reconstructions: minus their mean squared error, divided by the columns' variances."""

    __metadata_request__score = {"estimator": UNUSED}

    def __call__(self, estimator: Any, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Score of a fitted estimator with `transform` and `inverse_transform`."""
        return self.score(estimator, X, y, sample_weight)

    def score(self, estimator: Any, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """The same; scikit-learn reads off it that there is `sample_weight`."""
        kept, weights = weighted_rows(sample_weight, len(X))
        X = X if weights is None else _safe_indexing(X, kept)
        reconstructed = estimator.inverse_transform(estimator.transform(X))
        pair = standardize_pair(X, with_column_names(reconstructed, X), weights)
        return -reconstruction_error(*pair, sample_weight=weights)


def utility(estimator: Any, X: Any, y: Any) -> float:
    """Score on real rows of gradient boosting that is trained on rows sampled under their conditions."""
    if not is_conditional(final_estimator(estimator)):
        raise ValueError(
            "A model that is scored by the utility of its samples must be fitted with `y`. Got one without."
        )
    return utility_score(X, y, draw_samples(estimator, X, y, 0), y, random_state=0)


def _precision(X_real: Any, X_generated: Any) -> float:
    return precision_recall(X_real, X_generated)[0]


def _recall(X_real: Any, X_generated: Any) -> float:
    return precision_recall(X_real, X_generated)[1]


def _density(X_real: Any, X_generated: Any) -> float:
    return density_coverage(X_real, X_generated)[0]


def _coverage(X_real: Any, X_generated: Any) -> float:
    return density_coverage(X_real, X_generated)[1]


precision = SampleScorer(_precision)
recall = SampleScorer(_recall)
density = SampleScorer(_density)
coverage = SampleScorer(_coverage)
neg_reconstruction_error = ReconstructionScorer()
clustering_accuracy = make_scorer(_clustering.clustering_accuracy)
neg_sliced_wasserstein = SampleScorer(partial(sliced_wasserstein, random_state=0), sign=-1)
neg_frechet_distance = SampleScorer(frechet_distance, sign=-1)
neg_kernel_distance = SampleScorer(partial(kernel_distance, random_state=0), sign=-1)
neg_column_shape_error = SampleScorer(column_shape_error, sign=-1, encode=False)
neg_pair_trend_error = SampleScorer(pair_trend_error, sign=-1, encode=False)
neg_detection_score = SampleScorer(partial(detection_score, random_state=0), sign=-1, encode=False)

outlier_roc_auc = make_scorer(_outliers.roc_auc, response_method=["score_samples"])
outlier_average_precision = make_scorer(_outliers.average_precision, response_method=["score_samples"])
outlier_precision = make_scorer(_outliers.precision_at_contamination, response_method=["score_samples"])
