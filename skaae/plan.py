"""What to build and how to train it: frozen, plain Python, the only words that cross from the estimators to the core.

A number that may differ from member to member of a pack is a ``PerMember``: one float for all, or a tuple with one
for each.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Architecture", "Block", "PerMember", "Training"]

PerMember = float | tuple[float, ...]


@dataclass(frozen=True)
class Block:
    """A part of the code: its kind, how many columns of the code it is, and the prior it imitates."""

    kind: str
    width: int
    prior: str


@dataclass(frozen=True)
class Architecture:
    """What to build: rows of ``n_features`` numbers, the blocks of their code, and the trunks between them."""

    n_features: int
    blocks: tuple[Block, ...]
    hidden_layer_sizes: tuple[int, ...]
    activation: str
    adversary_layer_sizes: tuple[int, ...] = (64,)


@dataclass(frozen=True)
class Training:
    """How to train: one seed for each member, and what the members do with their rows."""

    seeds: tuple[int, ...]
    n_epochs: int
    batch_size: int
    learning_rate: PerMember = 1e-3
    adversarial_weight: PerMember = 0.03
    noise: PerMember = 0.0
    weight_decay: PerMember = 0.0
    schedule: str = "joint"
    annealed: bool = True
