"""What to build and how to train it: frozen, plain Python, the only words that cross from the estimators to the core.

A number that may differ from member to member of a pack is a ``PerMember``: one float for all, or a tuple with one
for each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Architecture", "Block", "PerMember", "Training"]

PerMember = float | tuple[float, ...]


@dataclass(frozen=True)
class Block:
    """A part of the code: its kind, how many columns of the code it is, and the prior it imitates, by name or as drawn.

    ``classes`` are the probabilities of the classes that a prior with classes draws. Where the block is ``informed``,
    its adversary is shown the labels of the rows, and draws of the same classes. The ``posterior`` says what of a row's
    code is chance: nothing ("deterministic"), a normal draw around a mean ("gaussian"), or what the encoder makes of
    noise ("universal").
    """

    kind: str
    width: int
    prior: str | Callable[..., Any]
    classes: tuple[float, ...] = ()
    informed: bool = False
    posterior: str = "deterministic"


@dataclass(frozen=True)
class Architecture:
    """What to build: rows of ``n_features`` numbers, the blocks of their code, and the trunks between them.

    Rows are values, followed by ``choices``: groups of so many columns each, of which one is 1 and the others are 0.
    The decoder is told ``n_given`` numbers beside the code. With ``flow_layer_sizes`` there is a flow that draws codes.
    With ``heads``, the decoder is shown the style shifted to the head of the category, in place of both. With an
    ``image_shape`` (height, width, channels), trunks begin and end with convolutions. With ``marks``, rows end in
    columns that are 1 where a cell is unknown: ``marks`` says which of these is meant for each value and each choice.
    """

    n_features: int
    blocks: tuple[Block, ...]
    hidden_layer_sizes: tuple[int, ...]
    activation: str
    adversary_layer_sizes: tuple[int, ...] = (64,)
    choices: tuple[int, ...] = ()
    n_given: int = 0
    flow_layer_sizes: tuple[int, ...] = ()
    heads: bool = False
    image_shape: tuple[int, int, int] | None = None
    marks: tuple[int, ...] = ()


@dataclass(frozen=True)
class Training:
    """How to train: one seed for each member, and what the members do with their rows.

    The weights of phases that need labels or guesses count only where there are some; guesses count in the share of the
    run in which the model is ``taught``. ``radius`` is the length of smoothness' steps, as a share of the distance to
    near rows. Where noise is ``graded``, it has another level for each row, from none to ``noise``, and mostly low.
    ``salt`` and ``masking`` are shares of cells; salt and pepper are extremes of all columns where these have
    ``one_scale``. What brings codes to the prior is the ``regularizer``: "adversarial", "mmd" or "sliced_wasserstein".
    """

    seeds: tuple[int, ...]
    n_epochs: int
    batch_size: int
    learning_rate: PerMember = 1e-3
    adversarial_weight: PerMember = 0.03
    classification: PerMember = 1.0
    distillation: PerMember = 1.0
    taught: float = 1.0
    smoothness: PerMember = 0.0
    certainty: PerMember = 0.0
    balance: PerMember = 0.0
    radius: float = 0.25
    noise: PerMember = 0.0
    graded: bool = False
    salt: PerMember = 0.0
    one_scale: bool = False
    masking: PerMember = 0.0
    weight_decay: PerMember = 0.0
    schedule: str = "joint"
    regularizer: str = "adversarial"
    annealed: bool = True
