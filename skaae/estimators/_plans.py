"""Parameters translated into what to build and how to train it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._plan import Architecture, Block, TrainingPlan
from ..table import TableEncoder
from ._schedule import auto_batch_size, epochs_for

__all__ = ["Plans"]

AUTO_WIDTH = 16


class Plans:
    """The translation that estimators share, and what they may say otherwise.

    Parameters that only some estimators have stand here at what the others do.
    """

    _auto_steps = 2000  # steps of a fit with max_iter="auto", unless that is fewer epochs than MIN_EPOCHS
    _auto_noise: float | None = None  # with noise="auto"; None is as much as there is redundancy
    posterior: str = "deterministic"
    regularizer: str = "adversarial"
    image_shape: Any = None
    n_components: Any
    activation: str
    prior: Any
    adversarial_weight: Any
    noise: Any
    alpha: float
    batch_size: Any
    learning_rate_init: float
    max_iter: Any
    scaling: str | None
    _architecture: Architecture

    def _architecture_for(self, encoder: TableEncoder, labels: np.ndarray | None) -> Architecture:
        """Translates parameters into what to build, with the labels of a first fit."""
        n_features = len(encoder.sources_)
        if self.n_components is not None and self.n_components > n_features:
            encoded = f"{n_features}, encoded" if encoder.choices_ else f"{n_features}"
            raise ValueError(
                f"`n_components` must be at most the number of columns ({encoded}). Got {self.n_components}."
            )
        width = self.n_components or self._auto_width(encoder)
        return Architecture(
            n_features=n_features,
            blocks=self._blocks(int(width), labels),
            hidden_layer_sizes=self._layer_sizes("hidden_layer_sizes"),
            activation=self.activation,
            one_hot_groups=encoder.choices_,
            image_shape=self._image_shape(encoder),
        )

    def _layer_sizes(self, name: str) -> tuple[int, ...]:
        """Widths of hidden layers, by the name of their parameter."""
        value = getattr(self, name)
        widths = np.atleast_1d(value)
        if len(widths) and (widths.ndim != 1 or widths.dtype.kind not in "iu" or widths.min() < 1):
            raise ValueError(f"`{name}` must be whole numbers from 1. Got {value!r}.")
        return tuple(widths.tolist())

    def _image_shape(self, encoder: TableEncoder) -> tuple[int, int, int] | None:
        """Height, width and channels of rows that are images."""
        if self.image_shape is None:
            return None
        shape = tuple(np.atleast_1d(self.image_shape).tolist())
        if len(shape) not in (2, 3) or not all(isinstance(side, int) and side > 0 for side in shape):
            raise ValueError(f"`image_shape` must be (height, width) or (height, width, channels). Got {shape}.")
        n_features = len(encoder.sources_)
        if encoder.choices_ or np.prod(shape) != n_features:
            kind = "columns, some of them categories or incomplete" if encoder.choices_ else "columns"
            raise ValueError(f"Rows must be images of shape {shape}, flat and complete. Got {n_features} {kind}.")
        height, width, channels = (*shape, 1)[:3]
        return height, width, channels

    def _auto_width(self, encoder: TableEncoder) -> int:
        """Width of the code where the user leaves it to us."""
        return max(1, min(AUTO_WIDTH, len(encoder.sources_) - 1))

    def _blocks(self, width: int, labels: np.ndarray | None) -> tuple[Block, ...]:
        """The parts of the code."""
        return (Block("style", width, self.prior, posterior=self.posterior),)

    def _scaling(self) -> str | None:
        """How the encoder scales numeric columns."""
        return self.scaling

    def _plan(
        self, n_samples: int, seeds: tuple[int, ...], *, n_epochs: int | None = None, annealed: bool = True
    ) -> TrainingPlan:
        """Translates parameters into how to train."""
        batch_size = auto_batch_size(n_samples) if self.batch_size == "auto" else self.batch_size
        batch_size = min(batch_size, n_samples)
        if n_epochs is None:
            n_epochs = self.max_iter
        if n_epochs == "auto":
            n_epochs = epochs_for(self._auto_steps, n_samples, batch_size)
        return TrainingPlan(
            seeds=seeds,
            n_epochs=n_epochs,
            batch_size=batch_size,
            learning_rate=float(self.learning_rate_init),
            adversarial_weight=self._adversarial_weight(),
            noise=self._noise(),
            weight_decay=float(self.alpha),
            annealed=annealed,
            regularizer=self.regularizer,
            **self._weights(),
        )

    def _weights(self) -> dict[str, Any]:
        """Weights of the phases that only some estimators have, by their names in the plan."""
        return {}

    def _adversarial_weight(self) -> float:
        return float(self.adversarial_weight)

    def _noise(self) -> float:
        """Noise on the columns; in the place of none that is said, none where the code is as wide as the rows."""
        if self.noise != "auto":
            return float(self.noise)
        if self._auto_noise is not None:
            return self._auto_noise
        return 1 - self._architecture.blocks[0].width / self._architecture.n_features
