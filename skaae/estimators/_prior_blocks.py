"""What the prior of a transformer asks for: classes, and blocks of the code."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from .._plan import Block
from ._labels import unique_classes

__all__ = ["TARGET_ATTRIBUTES", "fit_targets", "prior_blocks"]

MULTIMODAL_PRIORS = ("mixture", "swiss_roll")
TARGET_ATTRIBUTES = ("_is_supervised", "classes_", "class_prior_")


def fit_targets(prior: Any, n_clusters: int | None, y: Any, classes: Any) -> dict[str, Any]:
    """The classes that the prior or the clusters have, and whether labels say which."""
    has_labels = y is not None or classes is not None
    if has_labels and (n_clusters is not None or prior in MULTIMODAL_PRIORS):
        return {"_is_supervised": True, "classes_": unique_classes(y if classes is None else classes)}
    return {"_is_supervised": False} | ({} if n_clusters is None else {"classes_": np.arange(n_clusters)})


def prior_blocks(
    prior: Any, width: int, posterior: str, n_modes: int, n_clusters: int | None, targets: dict[str, Any]
) -> tuple[Block, ...]:
    """A style, with clusters followed by a category; or a category alone for the prior "one_hot"."""
    style = Block("style", width, prior, posterior=posterior)
    if n_clusters is not None:
        if prior in (*MULTIMODAL_PRIORS, "one_hot"):
            raise ValueError(f"With `n_clusters`, `prior` must have one mode, as 'normal' has. Got {prior!r}.")
        n_clusters = max(n_clusters, len(targets["classes_"]))
        return style, Block("category", n_clusters, "one_hot", (1 / n_clusters,) * n_clusters)
    if prior == "one_hot":
        return (replace(style, kind="category", class_probabilities=(1 / width,) * width),)
    if prior not in MULTIMODAL_PRIORS:
        return (style,)
    if width < 2:
        raise ValueError(f"`n_components` must be 2 at least for the prior {prior!r}. Got {width}.")
    is_supervised = targets["_is_supervised"]
    shares = targets["class_prior_"].tolist() if is_supervised else [1 / n_modes] * n_modes
    return (replace(style, class_probabilities=tuple(shares), class_conditional=is_supervised),)
