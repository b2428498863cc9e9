"""What crosses the wall between the estimators and the core: the architecture, the training plan and the training data.

All of it is plain Python and numpy. The architecture and the plan are frozen. A ``PerMember`` is a hyperparameter that
may differ between the members of a pack: one float for all members, or a tuple with one float for each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Architecture", "Block", "PerMember", "RowSource", "TrainingData", "TrainingPlan", "systematic_sample"]

PerMember = float | tuple[float, ...]


@dataclass(frozen=True)
class Block:
    """A block of the latent code, ``width`` columns, and the ``prior`` that it should follow, by name or as a function.

    A "style" is continuous; a "category" has class probabilities. ``class_probabilities`` are those of a prior with
    classes; where the block is ``class_conditional``, the discriminator gets the labels as well, and the prior draws
    from the classes of the labels. The ``posterior`` draws the code of a row: "deterministic", "gaussian" (the encoder
    outputs mean and standard deviation) or "universal" (the encoder gets noise as further input).
    """

    kind: str
    width: int
    prior: str | Callable[..., Any]
    class_probabilities: tuple[float, ...] = ()
    class_conditional: bool = False
    posterior: str = "deterministic"


@dataclass(frozen=True)
class Architecture:
    """The networks to build, for rows of ``n_features`` columns: numeric columns, followed by one-hot groups.

    ``hidden_layer_sizes`` are those of the encoder; the decoder has them in reverse order. ``one_hot_groups`` are the
    widths of the groups. A condition, of ``condition_width`` columns, is a further input of the decoder, the
    discriminators and the flow; without ``flow_layer_sizes`` there is no flow. With ``cluster_heads`` the decoder gets
    the style plus the cluster head of the category, in place of both blocks. Networks of images, of ``image_shape``
    (height, width, channels), are convolutional. A missing-value mask follows the features of a row and is 1 where a
    cell is missing: ``mask_indices`` has the index of its column in the mask for each numeric column and one-hot group.
    A head, of ``head_width`` outputs, is an affine map of the code that predicts targets.
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
    head_width: int = 0

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
    """How to train: as many members as ``seeds``, each with its own.

    The optimizer is Adam with decoupled weight decay; if training is ``annealed``, the adversarial weight rises in the
    first epochs and the learning rate falls to zero in the last ones. Weights of losses are explained in `core.losses`;
    the supervised loss counts only with labels or targets, distillation only with soft labels, in the first
    ``teacher_fraction`` of the epochs. ``vat_radius`` is the length of the virtual adversarial perturbation, in units
    of the distance to nearby rows. ``logit_adjustment`` is added to the logits of the classes in the supervised loss:
    logarithms of the ratios of their shares among the labels to those among all rows.

    The encoder's input has normal ``noise`` of this standard deviation (with ``random_noise_level`` each row draws a
    level up to it, mostly low); a ``salt_and_pepper_fraction`` of the cells becomes an extreme value or another
    category (of all numeric columns with ``shared_extremes``); a ``masked_fraction`` is masked. With ``any_order`` each
    row has its own fraction, up to that, and only masked cells count in the reconstruction error: the decoder learns
    the distribution of each cell given any of the others (Uria, Murray and Larochelle, 2014, arXiv 1310.1757).

    The schedule "joint" has all losses in one update, "alternating" the phases of the paper in turn, "flow" the flow
    only. The ``regularizer`` is "adversarial", or a discrepancy: "mmd" or "sliced_wasserstein".
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
    any_order: bool = False
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

    ``X`` are scaled rows, (n, columns); ``labels`` class indices, (n,), -1 where unknown; ``soft_labels`` class
    probabilities by a teacher, (n, classes); ``targets`` what a head of the code predicts, (n, head_width);
    ``condition`` (n, condition_width). ``encoder_input``, a function of the epoch's number, returns what the encoder
    gets in place of ``X``. ``sample_weight``, (n,), all above zero, says how
    often rows are drawn: an epoch has as many rows as without, each in proportion to its weight.
    """

    X: NDArray[Any] | RowSource
    labels: NDArray[Any] | None = None
    soft_labels: NDArray[Any] | None = None
    targets: NDArray[Any] | None = None
    condition: NDArray[Any] | None = None
    encoder_input: Callable[[int], NDArray[Any]] | None = None
    sample_weight: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.X)

    def subset(self, indices: NDArray[np.intp]) -> TrainingData:
        """The rows at the indices. `X` and `encoder_input` may have a method `subset` of their own."""
        names = ("labels", "soft_labels", "targets", "condition", "sample_weight")
        arrays = {name: array[indices] for name in names if (array := getattr(self, name)) is not None}
        X = self.X.subset(indices) if hasattr(self.X, "subset") else self.X[indices]
        encoder_input: Any = self.encoder_input
        if hasattr(encoder_input, "subset"):
            return replace(self, X=X, encoder_input=encoder_input.subset(indices), **arrays)
        subset_input = None if encoder_input is None else lambda epoch: encoder_input(epoch)[indices]
        return replace(self, X=X, encoder_input=subset_input, **arrays)


def systematic_sample(sample_weight: NDArray[np.float64], n_draws: int, start: float = 0.5) -> NDArray[np.intp]:
    """Indices of rows drawn in proportion to their weights, (n_draws,), each as often as its share, rounded up or down.

    With a ``start`` drawn from [0, 1) a row is drawn as often as its share on average (Madow and Madow, "On the theory
    of systematic sampling", 1944).
    """
    ends = sample_weight.cumsum()
    positions = (np.arange(n_draws) + start) * (ends[-1] / n_draws)
    return np.asarray(np.searchsorted(ends, positions, side="right").clip(max=len(ends) - 1))
