"""Methods of estimators as nodes, as far as they are networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..estimators._classifier import SemiSupervisedAAEClassifier
from ..estimators._clusterer import AAEClusterer
from ..estimators._denoiser import AAEDenoiser
from ..estimators._generator import AAEGenerator
from ..estimators._outlier import AAEOutlierDetector
from ..estimators._transformer import AAETransformer
from ._columns import unscaled
from ._graph import Graph
from ._networks import Member

__all__ = ["EXACT", "way_of"]

Way = Callable[[Graph, Any, str, str], tuple[str, tuple[int, ...]]]


def way_of(estimator: Any, method: str | None) -> tuple[str, Way]:
    """The method to export, and what turns it into nodes: from rows, and scaled rows, to results and their widths."""
    for kind, ways in WAYS.items():
        if isinstance(estimator, kind):
            method = next(iter(ways)) if method is None else method
            if method not in ways:
                raise ValueError(f"`method` must be one of {list(ways)} for {kind.__name__}. Got {method!r}.")
            return method, ways[method]
    raise TypeError(f"`estimator` must be one of skaae's. Got {type(estimator).__name__}.")


def codes(graph: Graph, estimator: Any, X: str, rows: str) -> tuple[str, tuple[int, ...]]:
    """Codes by the first member, moved to the heads of their clusters if there are some."""
    style, *category = Member(graph, estimator._model.architecture, estimator._model.state).code(rows)
    if estimator._model.architecture.cluster_heads:
        moved = graph.add("MatMul", category[0], graph.weight(estimator.cluster_heads_))
        style = graph.add("Add", style, moved)
    return style, (estimator._n_features_out,)


def styles(graph: Graph, estimator: Any, X: str, rows: str) -> tuple[str, tuple[int, ...]]:
    """Styles apart from classes, a mean over the classes that a row may be of."""
    style, shares = Member(graph, estimator._model.architecture, estimator._model.state).code(rows)
    means, inverses = estimator.styles_.means[:, None], estimator.styles_.inverses.transpose(0, 2, 1)
    away = graph.add("Sub", graph.add("Unsqueeze", style, np.array([1, 2])), means.astype(graph.dtype))
    apart = graph.add("MatMul", away, inverses.astype(graph.dtype))
    weighed = graph.add("Mul", apart, graph.add("Unsqueeze", shares, np.array([2, 3])))
    return graph.add("ReduceSum", weighed, np.array([1, 2]), keepdims=0), (estimator._n_features_out,)


def voted(graph: Graph, estimator: Any, X: str, rows: str) -> tuple[str, tuple[int, ...]]:
    """Class probabilities, a mean over the members."""
    if estimator.teachers_ is not None and estimator.teacher_weight:
        raise ValueError(
            f"`predict_proba` must be the network's alone to be exported. Got a classifier whose teachers have"
            f" {estimator.teacher_weight:.0%} of the vote: they are estimators of scikit-learn. What they know is taught to the"
            " network too; `set_params(teacher_weight=0)` asks it alone."
        )
    return graph.mean([member.code(rows)[-1] for member in members(graph, estimator)]), (len(estimator.classes_),)


def matched(graph: Graph, estimator: Any, X: str, rows: str) -> tuple[str, tuple[int, ...]]:
    """Cluster probabilities, a mean over the members, clusters in the first one's order."""
    each = [
        graph.add("MatMul", member.code(rows)[-1], matches.astype(graph.dtype))
        for member, matches in zip(members(graph, estimator), estimator._matches, strict=True)
    ]
    return graph.mean(each), (len(estimator.classes_),)


def cleaned(graph: Graph, estimator: Any, X: str, rows: str) -> tuple[str, tuple[int, ...]]:
    """Clean rows in the units of the columns, a mean over the members; with masks, missing cells only."""
    encoder, built = estimator.table_encoder_, estimator._model.architecture
    missing_columns = encoder.n_numeric_ < encoder.n_features_in_
    if built.one_hot_groups or missing_columns or encoder._schema is not None:
        what = "categories, atoms or empty columns" if built.one_hot_groups or missing_columns else "a DataFrame"
        raise ValueError(
            "The columns of a denoiser must be values in an array to be exported, because those of a DataFrame come"
            f" back rounded, and in their dtypes. Got {what}: fit it to `X.to_numpy()`, of numbers, without quantiles."
        )
    given = rows
    if built.mask_indices:
        marks = graph.columns(graph.cast(graph.add("IsNaN", X), graph.dtype), 0, max(built.mask_indices) + 1)
        given = graph.concat([rows, marks])
    low, high = (own.astype(graph.dtype) for own in estimator._extremes[:, : built.n_features])
    decoded = [member.decoded(graph.concat(member.code(given))) for member in members(graph, estimator)]
    clean = graph.add("Max", graph.add("Min", graph.mean(decoded), high), low)
    clean = unscaled(graph, encoder, graph.cast(clean, np.float64))
    if not np.array_equal(encoder._value_columns, range(encoder.n_features_in_)):
        clean = graph.add("Gather", clean, np.argsort(encoder._value_columns), axis=1)
    if estimator.corruption == "masked":
        clean = graph.add("Where", graph.add("IsNaN", X), clean, X)
    return clean, (encoder.n_features_in_,)


def noise(graph: Graph, estimator: Any, X: str, rows: str) -> tuple[str, tuple[int, ...]]:
    """Styles, under the conditions that rows seem to have."""
    member = Member(graph, estimator._model.architecture, estimator._model.state)
    return member.noise_of(member.code(rows)[0], told(graph, estimator.conditions_, rows)), (estimator._n_features_out,)


def density(graph: Graph, estimator: Any, X: str, rows: str) -> tuple[str, tuple[int, ...]]:
    """Log densities of codes, under the conditions that rows seem to have."""
    member = Member(graph, estimator._model.architecture, estimator._model.state)
    return member.log_density(member.code(rows)[0], told(graph, estimator.conditions_, rows)), ()


def told(graph: Graph, conditions: Any, rows: str) -> str | None:
    """The conditions that scaled rows seem to have."""
    if conditions is None:
        return None
    slopes, intercepts = np.atleast_2d(conditions.coef).T, np.atleast_1d(conditions.intercept)
    seem = graph.add("MatMul", rows, slopes.astype(graph.dtype))
    seem = graph.add("Add", seem, intercepts.astype(graph.dtype))
    start = conditions.encoder.n_numeric_
    parts = [graph.columns(seem, 0, start)] if start else []
    for width in conditions.encoder.one_hot_groups_:
        largest = graph.add("ArgMax", graph.columns(seem, start, start + width), axis=-1)
        parts.append(graph.cast(graph.add("Equal", largest, np.arange(width)), graph.dtype))
        start += width
    return graph.concat(parts)


def no_network(graph: Graph, estimator: Any, X: str, rows: str) -> tuple[str, tuple[int, ...]]:
    """Views of a detector, of which one is a network."""
    raise ValueError(
        "`score_samples` must be the network's alone to be exported. Got an outlier detector: its reconstruction is one"
        " view among others that look up near training rows, histograms, an isolation forest, a mixture of Gaussians"
        " and an ellipsoid. Keep it with pickle or skops instead."
    )


def members(graph: Graph, estimator: Any) -> list[Member]:
    """All members' networks."""
    state = estimator._model.state
    n_members = len(next(value for name, value in state.items() if name.startswith("model.")))
    return [Member(graph, estimator._model.architecture, state, member) for member in range(n_members)]


WAYS: dict[type, dict[str, Way]] = {
    AAETransformer: {"transform": codes},
    AAEDenoiser: {"transform": cleaned},
    SemiSupervisedAAEClassifier: {"predict_proba": voted, "transform": styles},
    AAEClusterer: {"predict_proba": matched, "transform": styles},
    AAEGenerator: {"transform": noise, "score_samples": density},
    AAEOutlierDetector: {"score_samples": no_network},
}
EXACT = (styles, noise, density)  # in 64 bits, because whitening and differences make errors large
