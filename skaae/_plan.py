"""What crosses the wall between the estimators and the core: the architecture, the training plan and the training data.

All of it is plain Python and numpy. The architecture and the plan are frozen. A ``PerMember`` is a hyperparameter that
may differ between the members of a pack: one float for all members, or a tuple with one float for each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Architecture", "Block", "PerMember", "RowSource", "TrainingData", "TrainingPlan"]

PerMember = float | tuple[float, ...]


@dataclass(frozen=True)
class Block:
    """A block of the latent code.

    Parameters
    ----------
    kind
        "style", a continuous block, or "category", a block of class probabilities.
    width
        Number of columns of the code.
    prior
        The distribution that the block should have: the name of a prior, or a function that draws from it.
    class_probabilities
        Probabilities of the classes of a prior with classes.
    class_conditional
        Whether the discriminator gets the labels as well, and the prior draws from the classes of the labels.
    posterior
        How the code of a row is drawn: "deterministic", "gaussian" (the encoder outputs mean and standard deviation) or
        "universal" (the encoder gets noise as further input).
    """

    kind: str
    width: int
    prior: str | Callable[..., Any]
    class_probabilities: tuple[float, ...] = ()
    class_conditional: bool = False
    posterior: str = "deterministic"


@dataclass(frozen=True)
class Architecture:
    """The networks to build.

    Parameters
    ----------
    n_features
        Number of columns of a row: numeric columns, followed by one-hot groups.
    blocks
        The blocks of the latent code.
    hidden_layer_sizes
        Widths of the encoder's hidden layers. The decoder has the same in reverse order.
    activation
        Activation function of the encoder and the decoder.
    discriminator_layer_sizes
        Widths of the hidden layers of each block's discriminator.
    one_hot_groups
        Number of columns of each one-hot group.
    condition_width
        Number of columns of the condition, a further input of the decoder, the discriminators and the flow.
    flow_layer_sizes
        Widths of the hidden layers of the flow. Without any there is no flow.
    cluster_heads
        Whether the decoder gets the style plus the cluster head of the category, in place of both blocks.
    image_shape
        Height, width and channels of rows that are images. The networks of images are convolutional.
    mask_indices
        For each numeric column and each one-hot group, the index of its column of the missing-value mask. The mask
        follows the features of a row; it is 1 where a cell is missing.
    """

    n_features: int
    blocks: tuple[Block, ...]
    hidden_layer_sizes: tuple[int, ...]
    activation: str
    discriminator_layer_sizes: tuple[int, ...] = (64,)
    one_hot_groups: tuple[int, ...] = ()
    condition_width: int = 0
    flow_layer_sizes: tuple[int, ...] = ()
    cluster_heads: bool = False
    image_shape: tuple[int, int, int] | None = None
    mask_indices: tuple[int, ...] = ()

    @property
    def n_numeric(self) -> int:
        """Number of numeric columns."""
        return self.n_features - sum(self.one_hot_groups)

    @property
    def n_mask_columns(self) -> int:
        """Number of columns of the missing-value mask."""
        return max(self.mask_indices, default=-1) + 1


@dataclass(frozen=True)
class TrainingPlan:
    """How to train.

    Parameters
    ----------
    seeds
        The random seed of each member; there are as many members as seeds.
    n_epochs, batch_size, learning_rate, weight_decay
        As of any network. The optimizer is Adam with decoupled weight decay.
    adversarial_weight
        Weight of the regularizer of the latent code.
    supervised_weight, distillation_weight, vat_weight, entropy_weight, balance_weight
        Weights of the losses of a category block (see `core.losses`). The first counts only with labels, the second
        only with soft labels.
    logit_adjustment
        What is added to the logits of each class in the supervised loss: logarithms of the shares of classes among the
        labels by those among all rows. None is nothing.
    teacher_fraction
        Fraction of the epochs, from the first, in which soft labels count.
    vat_radius
        Length of the virtual adversarial perturbation, in units of the distance to nearby rows.
    noise
        Standard deviation of the normal noise on the encoder's input.
    random_noise_level
        Whether each row draws its noise level from 0 to `noise`, mostly low, in place of one level for all rows.
    salt_and_pepper_fraction
        Fraction of the cells that become an extreme value or another category.
    shared_extremes
        Whether these extremes are those of all numeric columns, and not those of each column.
    masked_fraction
        Fraction of the cells that are masked.
    schedule
        "joint": all losses in one update. "alternating": the phases of the paper in turn. "flow": the flow only.
    regularizer
        "adversarial", or the name of a discrepancy: "mmd" or "sliced_wasserstein".
    annealed
        Whether the adversarial weight rises in the first epochs and the learning rate falls to zero in the last ones.
    """

    seeds: tuple[int, ...]
    n_epochs: int
    batch_size: int
    learning_rate: PerMember = 1e-3
    adversarial_weight: PerMember = 0.03
    supervised_weight: PerMember = 1.0
    distillation_weight: PerMember = 1.0
    logit_adjustment: tuple[float, ...] | None = None
    teacher_fraction: float = 1.0
    vat_weight: PerMember = 0.0
    entropy_weight: PerMember = 0.0
    balance_weight: PerMember = 0.0
    vat_radius: float = 0.25
    noise: PerMember = 0.0
    random_noise_level: bool = False
    salt_and_pepper_fraction: PerMember = 0.0
    shared_extremes: bool = False
    masked_fraction: PerMember = 0.0
    weight_decay: PerMember = 0.0
    schedule: Literal["joint", "alternating", "flow"] = "joint"
    regularizer: str = "adversarial"
    annealed: bool = True


class RowSource(Protocol):
    """Rows of numbers, (n, columns), read when they are indexed. An array is one as well."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def nbytes(self) -> int:
        """Number of bytes in memory."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, indices: Any, /) -> NDArray[Any]: ...


@dataclass
class TrainingData:
    """Rows and what belongs to each of them, from validation to batches.

    Parameters
    ----------
    X
        Scaled rows, (n, columns).
    labels
        Class indices, (n,), -1 where unknown.
    soft_labels
        Class probabilities by a teacher, (n, classes).
    condition
        Conditions, (n, condition_width).
    encoder_input
        A function of the epoch's number that returns what the encoder gets in place of `X`.
    """

    X: NDArray[Any] | RowSource
    labels: NDArray[Any] | None = None
    soft_labels: NDArray[Any] | None = None
    condition: NDArray[Any] | None = None
    encoder_input: Callable[[int], NDArray[Any]] | None = None

    def __len__(self) -> int:
        return len(self.X)

    def subset(self, indices: NDArray[np.intp]) -> TrainingData:
        """The rows at the indices. `X` and `encoder_input` may have a method `subset` of their own."""
        arrays = (self.labels, self.soft_labels, self.condition)
        labels, soft_labels, condition = (None if array is None else array[indices] for array in arrays)
        X = self.X.subset(indices) if hasattr(self.X, "subset") else self.X[indices]
        encoder_input: Any = self.encoder_input
        if hasattr(encoder_input, "subset"):
            return TrainingData(X, labels, soft_labels, condition, encoder_input.subset(indices))
        subset_input = None if encoder_input is None else lambda epoch: encoder_input(epoch)[indices]
        return TrainingData(X, labels, soft_labels, condition, subset_input)
