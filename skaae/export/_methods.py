"""Methods of estimators as nodes, if they are networks only."""

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
from ._graph import Graph
from ._networks import MemberNetworks
from ._table_encoder import unscale

__all__ = ["FLOAT64_EXPORTERS", "find_exporter"]

Output = tuple[str, tuple[int, ...]]  # a tensor, and the shape of its rows
Exporter = Callable[[Graph, Any, str, str], Output]


def find_exporter(estimator: Any, method: str | None) -> tuple[str, Exporter]:
    """The method to export, and a function from rows, and encoded rows, to its output and that one's columns."""
    for cls, exporters in EXPORTERS.items():
        if isinstance(estimator, cls):
            method = next(iter(exporters)) if method is None else method
            if method not in exporters:
                raise ValueError(f"`method` must be one of {list(exporters)} for {cls.__name__}. Got {method!r}.")
            return method, exporters[method]
    raise TypeError(f"`estimator` must be one of skaae's. Got {type(estimator).__name__}.")


def export_codes(graph: Graph, estimator: Any, X: str, encoded: str) -> Output:
    """Latent codes of the first member, shifted by their cluster heads if there are some."""
    style, *category = members(graph, estimator)[0].encode(encoded)
    if estimator._model.architecture.cluster_heads:
        style = graph.add("Add", style, graph.add("MatMul", category[0], graph.weight(estimator.cluster_heads_)))
    return style, (estimator._n_features_out,)


def export_class_styles(graph: Graph, estimator: Any, X: str, encoded: str) -> Output:
    """Styles, whitened in each class, a mean over the classes by their probabilities."""
    style, probabilities = members(graph, estimator)[0].encode(encoded)
    means, inverses = estimator.styles_.means[:, None], estimator.styles_.inverses.transpose(0, 2, 1)
    centred = graph.add("Sub", graph.add("Unsqueeze", style, np.array([1, 2])), means.astype(graph.dtype))
    whitened = graph.add("MatMul", centred, inverses.astype(graph.dtype))
    weighted = graph.add("Mul", whitened, graph.add("Unsqueeze", probabilities, np.array([2, 3])))
    return graph.add("ReduceSum", weighted, np.array([1, 2]), keepdims=0), (estimator._n_features_out,)


def export_class_probabilities(graph: Graph, estimator: Any, X: str, encoded: str) -> Output:
    """Class probabilities, a mean over the members."""
    if estimator.teachers_ is not None and estimator.teacher_weight:
        raise ValueError(
            f"`predict_proba` must be the network's alone to be exported. Got a classifier whose teachers have a weight"
            f" of {estimator.teacher_weight:.0%}: they are estimators of scikit-learn. The network has learned their"
            " predictions too; `set_params(teacher_weight=0)` uses it alone."
        )
    return graph.mean([member.encode(encoded)[-1] for member in members(graph, estimator)]), (len(estimator.classes_),)


def export_cluster_probabilities(graph: Graph, estimator: Any, X: str, encoded: str) -> Output:
    """Cluster probabilities, a mean over the members, clusters in the first one's order."""
    probabilities = [
        graph.add("MatMul", member.encode(encoded)[-1], matches.astype(graph.dtype))
        for member, matches in zip(members(graph, estimator), estimator._matches, strict=True)
    ]
    return graph.mean(probabilities), (len(estimator.classes_),)


def export_denoised(graph: Graph, estimator: Any, X: str, encoded: str) -> Output:
    """Denoised rows in the units of the columns, a mean over the members; if masked, in missing cells only."""
    encoder, architecture = estimator.table_encoder_, estimator._model.architecture
    has_other_columns = architecture.one_hot_groups or encoder.n_numeric_ < encoder.n_features_in_
    if has_other_columns or encoder.has_schema:
        what = "categories, atoms or empty columns" if has_other_columns else "a DataFrame"
        raise ValueError(
            "The columns of a denoiser must be numbers in an array to be exported, because those of a DataFrame are"
            f" rounded, and cast to their dtypes. Got {what}: fit it to `X.to_numpy()`, of numbers, without quantiles."
        )
    if architecture.mask_indices:
        mask = graph.cast(graph.add("IsNaN", X), graph.dtype)
        encoded = graph.concat([encoded, graph.slice_columns(mask, 0, architecture.n_mask_columns)])
    low, high = (bound.astype(graph.dtype) for bound in estimator._extremes[:, : architecture.n_features])
    decoded = [member.decode(graph.concat(member.encode(encoded))) for member in members(graph, estimator)]
    denoised = graph.add("Max", graph.add("Min", graph.mean(decoded), high), low)
    denoised = unscale(graph, encoder, graph.cast(denoised, np.float64))
    if not np.array_equal(encoder._columns.value_columns, range(encoder.n_features_in_)):
        denoised = graph.add("Gather", denoised, np.argsort(encoder._columns.value_columns), axis=1)
    if estimator.corruption == "masked":
        denoised = graph.add("Where", graph.add("IsNaN", X), denoised, X)
    return denoised, (encoder.n_features_in_,)


def export_noise(graph: Graph, estimator: Any, X: str, encoded: str) -> Output:
    """Codes as the flow's noise, under the predicted conditions."""
    member = members(graph, estimator)[0]
    style, condition = member.encode(encoded)[0], predict_condition(graph, estimator.conditions_, encoded)
    return member.invert_flow(style, condition), (estimator._n_features_out,)


def export_log_density(graph: Graph, estimator: Any, X: str, encoded: str) -> Output:
    """Log densities of codes, under the predicted conditions."""
    member = members(graph, estimator)[0]
    style, condition = member.encode(encoded)[0], predict_condition(graph, estimator.conditions_, encoded)
    return member.log_density(style, condition), ()


def predict_condition(graph: Graph, conditions: Any, encoded: str) -> str | None:
    """The encoded conditions that are predicted from encoded rows."""
    if conditions is None:
        return None
    slopes, intercepts = np.atleast_2d(conditions.coef).T, np.atleast_1d(conditions.intercept)
    product = graph.add("MatMul", encoded, slopes.astype(graph.dtype))
    predicted = graph.add("Add", product, intercepts.astype(graph.dtype))
    start = conditions.encoder.n_numeric_
    tensors = [graph.slice_columns(predicted, 0, start)] if start else []
    for width in conditions.encoder.one_hot_groups_:
        largest = graph.add("ArgMax", graph.slice_columns(predicted, start, start + width), axis=-1)
        tensors.append(graph.cast(graph.add("Equal", largest, np.arange(width)), graph.dtype))
        start += width
    return graph.concat(tensors)


def refuse_detector(graph: Graph, estimator: Any, X: str, encoded: str) -> Output:
    """Raise an error, because most scorers of a detector are no networks."""
    raise ValueError(
        "`score_samples` must be the network's alone to be exported. Got an outlier detector: its reconstruction error"
        " is one scorer among others that look up nearest training rows, histograms, an isolation forest, a Gaussian"
        " mixture and a robust covariance. Save it with pickle or skops instead."
    )


def members(graph: Graph, estimator: Any) -> list[MemberNetworks]:
    """The networks of all members."""
    n_members = len(next(value for name, value in estimator._model.state.items() if name.startswith("model.")))
    return [
        MemberNetworks(graph, estimator._model.architecture, estimator._model.state, index)
        for index in range(n_members)
    ]


EXPORTERS: dict[type, dict[str, Exporter]] = {
    AAETransformer: {"transform": export_codes},
    AAEDenoiser: {"transform": export_denoised},
    SemiSupervisedAAEClassifier: {"predict_proba": export_class_probabilities, "transform": export_class_styles},
    AAEClusterer: {"predict_proba": export_cluster_probabilities, "transform": export_class_styles},
    AAEGenerator: {"transform": export_noise, "score_samples": export_log_density},
    AAEOutlierDetector: {"score_samples": refuse_detector},
}
FLOAT64_EXPORTERS = (export_class_styles, export_noise, export_log_density)  # whitening and differences amplify errors
