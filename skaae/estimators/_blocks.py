"""The blocks of code that a prior asks for."""

from __future__ import annotations

from typing import Any

from .._plan import Block

__all__ = ["WEIGHTS_WITH_HEADS", "WITH_MODES", "block_of", "blocks_with_heads"]

WITH_MODES = ("mixture", "swiss_roll")
# Of phases, with heads: without them all rows may end in one cluster (MNIST, no labels: 89 % errors instead of 27).
WEIGHTS_WITH_HEADS = {"vat_weight": 1.0, "entropy_weight": 0.1, "balance_weight": 0.4}


def block_of(
    prior: Any, width: int, posterior: str, shares: tuple[float, ...] = (), *, informed: bool = False
) -> Block:
    """The block of a prior by name, with modes by their shares, or of one that is a function."""
    if prior == "one_hot":
        return Block("category", width, prior, (1 / width,) * width, posterior=posterior)
    if prior not in WITH_MODES:
        return Block("style", width, prior, posterior=posterior)
    if width < 2:
        raise ValueError(f"`n_components` must be 2 at least for the prior {prior!r}. Got {width}.")
    return Block("style", width, prior, shares, informed, posterior)


def blocks_with_heads(prior: Any, width: int, posterior: str, n_clusters: int) -> tuple[Block, Block]:
    """A style, and a category of so many clusters."""
    if prior in (*WITH_MODES, "one_hot"):
        raise ValueError(f"With `n_clusters`, `prior` must have one mode, as 'normal' has. Got {prior!r}.")
    return block_of(prior, width, posterior), Block("category", n_clusters, "one_hot", (1 / n_clusters,) * n_clusters)
