"""Every public method of estimators, `TableEncoder`, metrics and searches, with a check of what it should return."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from hypothesis import strategies
from outcomes import Outcome, bounded, finite, like, outcome_of
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from skaae import (
    AAEClusterer,
    AAEDenoiser,
    AAEGenerator,
    AAEOutlierDetector,
    AAETransformer,
    SemiSupervisedAAEClassifier,
    TableEncoder,
    metrics,
)
from skaae.model_selection import PackedGridSearchCV, SemiSupervisedKFold

__all__ = ["METRICS", "VARIANTS", "estimators", "of_estimator", "of_metrics", "of_search"]

Step = tuple[str, Outcome]

SMALL = {"hidden_layer_sizes": (4,), "max_iter": 1, "random_state": 0}
SHARED = {
    "scaling": ["standard", "quantile", None],
    "n_components": [None, 1, 2],
    "categorical_features": ["from_dtype", None, [0]],
    "early_stopping": [False, True],
}
# Estimators with parameters that change what becomes of rows, by how many values of each.
VARIANTS: dict[type, dict[str, list[Any]]] = {
    AAETransformer: {
        "prior": ["normal", "uniform", "mixture", "swiss_roll", "one_hot"],
        "n_clusters": [None, None, 2],
        "posterior": ["deterministic", "gaussian", "universal"],
        "regularizer": ["adversarial", "mmd", "sliced_wasserstein"],
    },
    AAEDenoiser: {"corruption": ["gaussian", "masked", "salt_and_pepper"]},
    SemiSupervisedAAEClassifier: {
        "teachers": [None, [LogisticRegression()], "auto"],
        "n_members": [2],
        "vat_weight": [0.0, 1.0],
    },
    AAEClusterer: {"teachers": [None, "consensus", "neighbors"], "n_clusters": [1, 2, 3], "vat_weight": [0.0, 1.0]},
    AAEOutlierDetector: {"n_members": [2], "trim_fraction": [0.4, 0.0]},
    AAEGenerator: {"flow_max_iter": [1], "flow_layer_sizes": [(4,)]},
    TableEncoder: {
        "scaling": ["standard", "clip", "linear", "quantile", None],
        "rounding": [True, False, "seen"],
        "keep_missing": [True, False],
        "categorical_features": SHARED["categorical_features"],
    },
}


@strategies.composite
def estimators(draw: Any) -> Any:
    """Small estimators of all kinds."""
    kind = draw(strategies.sampled_from([*VARIANTS]))
    choices = VARIANTS[kind] if kind is TableEncoder else SHARED | VARIANTS[kind]
    chosen = {name: draw(strategies.sampled_from(values)) for name, values in choices.items()}
    return kind(**chosen) if kind is TableEncoder else kind(**SMALL, **chosen)


def length_of(X: Any) -> int:
    return X.shape[0] if hasattr(X, "shape") else len(X)


def is_self(model: Any) -> Callable[[Any], str | None]:
    return lambda result: None if result is model else "something else than the estimator"


def among(classes: Any, n: int) -> Callable[[Any], str | None]:
    """The check of predictions."""

    def check(result: Any) -> str | None:
        if np.shape(result) != (n,):
            return f"predictions of shape {np.shape(result)}"
        return None if set(np.asarray(result).tolist()) <= set(classes) else "unknown classes"

    return check


def shares(n: int, width: int) -> Callable[[Any], str | None]:
    """The check of rows that are not negative and sum to 1."""

    def check(result: Any) -> str | None:
        values = np.asarray(result)
        wrong = finite(n, width)(values)
        if wrong is None and n and ((values < -1e-6).any() or np.abs(values.sum(1) - 1).max() > 1e-4):
            return "shares that do not sum to 1"
        return wrong

    return check


def of_estimator(model: Any, X: Any, y: Any, new: Any) -> Iterator[Step]:
    """Fits, and calls every public method with the training rows and with new ones."""
    told = (X,) if isinstance(model, TableEncoder) else (X, y)
    yield "predict before fit", outcome_of(lambda: first_method(model)(new), finite(0), new)
    fitted = outcome_of(lambda: model.fit(*told), is_self(model), X, y)
    yield "fit", fitted
    if fitted.kind != "right":
        return
    for rows in (X, new):
        for name, call, check in methods(model, X, y, rows):
            yield name, outcome_of(call, check, X, rows, y)
    if hasattr(model, "partial_fit"):
        yield "partial_fit", outcome_of(lambda: model.partial_fit(new, y), is_self(model), new, y)


def first_method(model: Any) -> Any:
    return next(getattr(model, name) for name in ("transform", "predict") if hasattr(model, name))


def methods(model: Any, X: Any, y: Any, rows: Any) -> Iterator[tuple[str, Callable[[], Any], Any]]:
    """Names, calls and checks of a fitted estimator's methods."""
    n, d = length_of(rows), model.n_features_in_
    if isinstance(model, AAEOutlierDetector):
        yield from methods_of_detector(model, rows, n, d)
        return
    width = None if isinstance(model, AAEDenoiser) else len(model.get_feature_names_out())
    code = np.zeros((3, width)) if width else None
    if isinstance(model, AAEDenoiser):
        yield "transform", lambda: model.transform(rows), like(X, n, may_lack="where all did")
        yield "score", lambda: model.score(rows), bounded(high=0)
        return
    yield "transform", lambda: model.transform(rows), finite(n, width)
    if not isinstance(model, (SemiSupervisedAAEClassifier, AAEClusterer)):
        there_and_back = lambda: model.inverse_transform(model.transform(rows))  # noqa: E731
        lacking = "as before" if getattr(model, "keep_missing", True) else "where all did"
        if isinstance(model, TableEncoder) and model.categorical_features is not None:
            lacking = "anywhere"  # categories that did not occur in training
        check = like(X, n, may_lack=lacking)
        yield "inverse_transform", there_and_back, check
        if width:
            yield "inverse_transform", lambda: model.inverse_transform(30 * (code + 1)), like(X, 3, may_lack="anywhere")
        yield "inverse_transform", lambda: model.inverse_transform(rows), lambda result: None
    if isinstance(model, TableEncoder):
        return
    yield "sample", lambda: model.sample(4, random_state=0), like(X, 4)
    if y is not None:
        yield "sample", lambda: model.sample(length_of(y), y, random_state=0), like(X, length_of(y))
    yield "sample_prior", lambda: model.sample_prior(4, random_state=0), finite(4, width)
    if isinstance(model, AAETransformer):
        yield "score", lambda: model.score(rows), bounded(high=0)
    if isinstance(model, AAEGenerator):
        yield from methods_of_generator(model, X, y, rows, n)
    if hasattr(model, "predict_proba"):
        yield "predict_proba", lambda: model.predict_proba(rows), shares(n, len(model.classes_))
        yield "transfer", lambda: model.transfer(rows, model.classes_[0]), like(X, n)
        yield "transfer", lambda: model.transfer(rows, y), like(X, n)
    if hasattr(model, "predict"):
        yield "predict", lambda: model.predict(rows), among([*getattr(model, "classes_", range(2)), -1], n)
    if isinstance(model, SemiSupervisedAAEClassifier):
        yield "score", lambda: model.score(rows, y), bounded(0, 1)


def methods_of_detector(model: Any, rows: Any, n: int, d: int) -> Iterator[tuple[str, Callable[[], Any], Any]]:
    yield "score_samples", lambda: model.score_samples(rows), finite(n)
    yield "decision_function", lambda: model.decision_function(rows), finite(n)
    yield "predict", lambda: model.predict(rows), among([-1, 1], n)
    yield "explain", lambda: model.explain(rows), shares(n, d)


def methods_of_generator(model: Any, X: Any, y: Any, rows: Any, n: int) -> Iterator[tuple[str, Callable[[], Any], Any]]:
    yield "score_samples", lambda: model.score_samples(rows), finite(n)
    yield "score_samples", lambda: model.score_samples(rows, y), finite(n)
    yield "transfer", lambda: model.transfer(rows, y), like(X, n)
    yield "interpolate", lambda: model.interpolate(rows, rows, 3), like(X, 3 * n)
    yield "sample", lambda: model.sample(4, from_prior=True, random_state=0), like(X, 4)


def sums_of_one(X: Any) -> Any:
    """Probabilities, of rows of floats."""
    if not isinstance(X, np.ndarray) or X.ndim != 2 or X.dtype.kind != "f" or not np.isfinite(X).all():
        return X
    return softmax(X.astype(float), axis=1)


SHARE, DISTANCE, ANY = bounded(0, 1), bounded(0), bounded()
METRICS: dict[str, tuple[Callable[..., Any], Callable[[Any], str | None]]] = {
    "clustering_accuracy": (lambda X, Z, y: metrics.clustering_accuracy(y, y), SHARE),
    "column_shape_error": (lambda X, Z, y: metrics.column_shape_error(X, Z), SHARE),
    "density_coverage": (lambda X, Z, y: metrics.density_coverage(X, Z, n_neighbors=2), DISTANCE),
    "detection_score": (lambda X, Z, y: metrics.detection_score(X, Z, n_folds=2, random_state=0), SHARE),
    "distribution_precision_recall_curve": (
        lambda X, Z, y: metrics.distribution_precision_recall_curve(X, Z, n_clusters=3, n_runs=1, random_state=0),
        SHARE,
    ),
    "frechet_distance": (lambda X, Z, y: metrics.frechet_distance(X, Z), DISTANCE),
    "features_of": (lambda X, Z, y: metrics.features_of(Z, TableEncoder().fit(X)), ANY),
    "inception_score": (lambda X, Z, y: metrics.inception_score(sums_of_one(X), n_splits=1), DISTANCE),
    "kernel_distance": (lambda X, Z, y: metrics.kernel_distance(X, Z, random_state=0), ANY),
    "nearest_record_share": (lambda X, Z, y: metrics.nearest_record_share(Z, X, X[::2], random_state=0), SHARE),
    "pair_trend_error": (lambda X, Z, y: metrics.pair_trend_error(X, Z), SHARE),
    "parzen_log_likelihood": (lambda X, Z, y: metrics.parzen_log_likelihood(X, Z, bandwidth=1.0), ANY),
    "precision_recall": (lambda X, Z, y: metrics.precision_recall(X, Z, n_neighbors=1), SHARE),
    "reconstruction_error": (lambda X, Z, y: metrics.reconstruction_error(X, Z, standardize=True), DISTANCE),
    "sliced_wasserstein": (lambda X, Z, y: metrics.sliced_wasserstein(X, Z, random_state=0), DISTANCE),
    "utility_score": (lambda X, Z, y: metrics.utility_score(X, y, Z, y, random_state=0), bounded(high=1)),
}


def of_metrics(name: str, X: Any, y: Any, new: Any) -> Iterator[Step]:
    """A metric of rows and other ones."""
    metric, check = METRICS[name]
    yield name, outcome_of(lambda: metric(X, new, y), check, X, new, y)


def of_search(X: Any, y: Any) -> Iterator[Step]:
    """Packed searches and the splits for them."""
    if X is None:  # which scikit-learn's searches do not look at
        return
    models: list[Any] = [AAETransformer(1, **SMALL), SemiSupervisedAAEClassifier(1, teachers=None, **SMALL)]
    for model, cv, scoring in zip(
        models, (2, SemiSupervisedKFold(2)), (metrics.scorers.neg_sliced_wasserstein, None), strict=True
    ):
        search = PackedGridSearchCV(model, {"noise": [0.0, 0.1]}, cv=cv, scoring=scoring, error_score="raise")
        yield "PackedGridSearchCV", outcome_of(lambda search=search: search.fit(X, y), is_self(search), X, y)
    splits = SemiSupervisedKFold(2)
    yield "SemiSupervisedKFold", outcome_of(lambda: [*splits.split(X, y)], lambda found: None, X, y)
