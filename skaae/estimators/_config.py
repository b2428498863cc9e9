"""Parameters translated into what to build and how to train it. Nothing here writes to an estimator."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .._plan import Architecture, Block, TrainingPlan
from ..table import TableEncoder

if TYPE_CHECKING:
    from ._base import BaseAAE
    from ._inference import TrainedModel

__all__ = [
    "MAX_AUTO_COMPONENTS",
    "auto_batch_size",
    "auto_components",
    "auto_n_epochs",
    "build_architecture",
    "build_plan",
    "check_components",
    "check_image_shape",
    "check_layer_sizes",
    "check_resumable",
]

MAX_AUTO_COMPONENTS = 16
MIN_AUTO_EPOCHS = 5


def auto_components(encoder: TableEncoder) -> int:
    """Width of the code by default: one less than there are encoded columns, and 16 at most."""
    return max(1, min(MAX_AUTO_COMPONENTS, len(encoder.source_columns_) - 1))


def auto_batch_size(n_samples: int) -> int:
    """An eighth of the rows, at least 32 and at most 256."""
    return int(np.clip(n_samples // 8, 32, 256))


def auto_n_epochs(n_steps: int, n_samples: int, batch_size: int) -> int:
    """As many epochs as make so many steps, and 5 at least."""
    return max(MIN_AUTO_EPOCHS, math.ceil(n_steps / math.ceil(n_samples / batch_size)))


def check_components(n_components: int | None, encoder: TableEncoder, auto: int) -> int:
    """Width of the code: `n_components`, or the default."""
    n_features = len(encoder.source_columns_)
    if n_components is not None and n_components > n_features:
        encoded = f"{n_features}, encoded" if encoder.one_hot_groups_ else f"{n_features}"
        raise ValueError(f"`n_components` must be at most the number of columns ({encoded}). Got {n_components}.")
    return int(n_components or auto)


def check_layer_sizes(value: Any, name: str) -> tuple[int, ...]:
    """Widths of hidden layers, from the value of a parameter and its name."""
    widths = np.atleast_1d(value)
    if len(widths) and (widths.ndim != 1 or widths.dtype.kind not in "iu" or widths.min() < 1):
        raise ValueError(f"`{name}` must be whole numbers from 1. Got {value!r}.")
    return tuple(widths.tolist())


def check_image_shape(image_shape: Any, encoder: TableEncoder) -> tuple[int, int, int] | None:
    """Height, width and channels of rows that are images."""
    if image_shape is None:
        return None
    shape = tuple(np.atleast_1d(image_shape).tolist())
    if len(shape) not in (2, 3) or not all(isinstance(side, int) and side > 0 for side in shape):
        raise ValueError(f"`image_shape` must be (height, width) or (height, width, channels). Got {shape}.")
    n_features = len(encoder.source_columns_)
    if encoder.one_hot_groups_ or np.prod(shape) != n_features:
        kind = "columns, some of them categories or incomplete" if encoder.one_hot_groups_ else "columns"
        raise ValueError(f"Rows must be images of shape {shape}, flat and complete. Got {n_features} {kind}.")
    height, width, channels = (*shape, 1)[:3]
    return height, width, channels


def check_resumable(model: TrainedModel | None, architecture: Architecture, n_members: int = 1) -> None:
    """Refuses parameters that ask for another model than the one to go on from."""
    if model is None:
        return
    asked = {"n_members": n_members, **vars(architecture)}
    built = {"n_members": model.n_members, **vars(model.architecture)}
    if changed := {name: (built[name], value) for name, value in asked.items() if value != built[name]}:
        raise ValueError(
            "To go on, a model must be asked for as it was first fitted. Got another value of a parameter that says"
            " what to build, as `n_components`, `n_members`, `prior`, `hidden_layer_sizes` and `supervised_weight` do:"
            f" before and now {changed}. Fit anew, with `warm_start=False`."
        )


def build_architecture(
    estimator: BaseAAE, encoder: TableEncoder, blocks: tuple[Block, ...], **details: Any
) -> Architecture:
    """What to build for encoded rows: blocks of the code, and details that only some estimators have."""
    return Architecture(
        n_features=len(encoder.source_columns_),
        blocks=blocks,
        hidden_layer_sizes=check_layer_sizes(estimator.hidden_layer_sizes, "hidden_layer_sizes"),
        activation=estimator.activation,
        one_hot_groups=encoder.one_hot_groups_,
        **details,
    )


def build_plan(
    estimator: BaseAAE,
    n_samples: int,
    seeds: tuple[int, ...],
    *,
    auto_steps: int,
    auto_noise: float,
    max_auto_steps: float | None = None,
    adversarial_weight: float | None = None,
    **details: Any,
) -> TrainingPlan:
    """How to train on so many rows: what "auto" stands for, and details that only some estimators have."""
    batch_size = auto_batch_size(n_samples) if estimator.batch_size == "auto" else int(estimator.batch_size)
    batch_size = min(batch_size, n_samples)
    n_epochs = estimator.max_iter
    if n_epochs == "auto":
        n_epochs = auto_n_epochs(auto_steps, n_samples, batch_size)
        if max_auto_steps is not None:
            n_epochs = min(n_epochs, max(1, int(max_auto_steps) // math.ceil(n_samples / batch_size)))
    if adversarial_weight is None:
        adversarial_weight = float(estimator.adversarial_weight)
    return TrainingPlan(
        seeds=seeds,
        n_epochs=int(n_epochs),
        batch_size=batch_size,
        learning_rate=float(estimator.learning_rate_init),
        adversarial_weight=adversarial_weight,
        noise=auto_noise if estimator.noise == "auto" else float(estimator.noise),
        weight_decay=float(estimator.alpha),
        **details,
    )
