"""Adversarial autoencoders that behave like scikit-learn.

Public names are resolved on first use, so that importing the package is quick.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0.dev0"

__all__ = [
    "AAEClusterer",
    "AAEDenoiser",
    "AAEGenerator",
    "AAEOutlierDetector",
    "AAEOverSampler",
    "AAETransformer",
    "PriorFittedClassifier",
    "SemiSupervisedAAEClassifier",
    "TableEncoder",
    "__version__",
    "callbacks",
    "display",
    "export",
    "metrics",
    "model_selection",
    "streaming",
]

_HOMES = {
    "AAEClusterer": "estimators._clusterer",
    "AAEDenoiser": "estimators._denoiser",
    "AAEGenerator": "estimators._generator",
    "AAEOutlierDetector": "estimators._outlier",
    "AAEOverSampler": "estimators._over_sampler",
    "AAETransformer": "estimators._transformer",
    "PriorFittedClassifier": "estimators._prior_fitted",
    "SemiSupervisedAAEClassifier": "estimators._classifier",
    "TableEncoder": "table",
}
_MODULES = {"callbacks", "display", "export", "metrics", "model_selection", "streaming"}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f".{name}", __name__)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
