"""Metrics of reconstructions, generated rows and clusters: functions of arrays or tables that return floats.

Real rows come first and generated rows second. Names are resolved on first use, so that importing them is quick.
"""

from __future__ import annotations

import importlib
from typing import Any

_MODULES = {
    "clustering_accuracy": "_clustering",
    "column_shape_error": "_columns",
    "density_coverage": "_neighbors",
    "detection_score": "_predictive",
    "distribution_precision_recall_curve": "_precision_recall_curve",
    "features_of": "_features",
    "frechet_distance": "_distribution",
    "inception_score": "_inception",
    "kernel_distance": "_distribution",
    "nearest_record_share": "_privacy",
    "pair_trend_error": "_columns",
    "parzen_log_likelihood": "_likelihood",
    "precision_recall": "_neighbors",
    "quality_report": "_quality",
    "reconstruction_error": "_reconstruction",
    "sliced_wasserstein": "_distribution",
    "utility_score": "_predictive",
}

__all__ = [*_MODULES, "scorers"]


def __getattr__(name: str) -> Any:
    if name == "scorers":
        return importlib.import_module(".scorers", __name__)
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
