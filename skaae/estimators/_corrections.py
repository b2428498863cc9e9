"""What makes draws of a generator more like training rows: cells that are drawn again, and draws that are rejected.

Both look at decoded draws, where the adversary of the codes cannot see: a classifier that discriminates training rows
from draws says whether there is something to correct at all, and whether a sweep of Gibbs sampling did.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..table import TableEncoder
from ._conditions import Conditions
from ._constraints import Constraints, decoded
from ._density_ratio import DensityRatio, fit_density_ratios, rejection_sampling, to_cells
from ._gibbs_sweep import GibbsSweep
from ._training_data import merge_copies

__all__ = ["Corrections", "fit_corrections"]

MIN_ROWS = 2_500  # of which half show a tree more than the decoder knows

Fitted: TypeAlias = tuple[TableEncoder, Conditions | None, Constraints | None]


@dataclass(frozen=True)
class Corrections:
    """The corrections that are fitted to draws: a sweep over their cells, and density ratios to reject some by."""

    sweep: GibbsSweep | None = None
    ratios: list[DensityRatio] = field(default_factory=list)

    @property
    def acceptance_rate(self) -> float:
        """The share of draws that all ratios accept, 1 if there are none."""
        return float(np.prod([ratio.acceptance_rate for ratio in self.ratios]))

    def sample(
        self,
        draw: Callable[[NDArray[np.intp]], NDArray[Any]],
        fitted: Fitted,
        n: int,
        condition: NDArray[Any] | None,
        rng: np.random.RandomState,
    ) -> NDArray[Any]:
        """Encoded rows of n indices, under conditions, as drawn, swept, and accepted."""
        encoder, conditions, constraints = fitted

        def swept(indices: NDArray[np.intp]) -> NDArray[Any]:
            rows, given = draw(indices), None if condition is None else condition[indices]
            return rows if self.sweep is None else self.sweep.sample(rows, conditions, given, rng)

        def cells(rows: NDArray[Any], indices: NDArray[np.intp]) -> NDArray[np.float64]:
            given = None if condition is None else condition[indices]
            return to_cells(encoder, decoded(encoder, constraints, rows), conditions, given)

        return rejection_sampling(swept, cells, self.ratios, n, rng) if self.ratios else swept(np.arange(n))


def fit_corrections(
    fitted: Fitted,
    training: tuple[Any, NDArray[Any], NDArray[Any] | None],
    drawn: tuple[NDArray[Any], NDArray[Any] | None],
    methods: tuple[bool, bool],
    rng: np.random.RandomState,
) -> tuple[Corrections, Any]:
    """Corrections and corrected draws, by training rows and draws: tables, encoded rows and encoded conditions.

    Methods are Gibbs sampling and rejection. A sweep is kept if fewer draws would be rejected after it.
    """
    (encoder, conditions, constraints), (X, rows, condition), (drawn_rows, drawn_condition) = fitted, training, drawn
    with_sweep, with_rejection = methods
    draws = decoded(encoder, constraints, drawn_rows)
    encoded = rows if condition is None else np.hstack([rows, condition])
    cells, encoded, weight = merge_copies(to_cells(encoder, X, conditions, condition), encoded, None)
    with_sweep = with_sweep and len(encoded) >= MIN_ROWS
    if not (with_sweep or with_rejection):
        return Corrections(), draws

    def fit_ratios(draws: Any) -> list[DensityRatio]:
        return fit_density_ratios(cells, to_cells(encoder, draws, conditions, drawn_condition), rng, weight)

    corrections = Corrections(None, fit_ratios(draws))
    if with_sweep and corrections.ratios:
        sweep = GibbsSweep(encoder, encoded, weight, conditions, rng)
        swept = decoded(encoder, constraints, sweep.sample(drawn_rows, conditions, drawn_condition, rng))
        new = Corrections(sweep, fit_ratios(swept))
        if new.acceptance_rate > corrections.acceptance_rate:
            corrections, draws = new, swept
    return corrections if with_rejection else Corrections(corrections.sweep), draws
