"""What makes draws of a generator more like training rows: cells that are drawn again, and draws that are rejected.

Both look at decoded draws, where the adversary of the codes cannot see: a classifier that discriminates training rows
from draws says whether there is something to correct at all, and whether sweeps of Gibbs sampling do.
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
MAX_SWEEPS = 2

Fitted: TypeAlias = tuple[TableEncoder, Conditions | None, Constraints | None]


@dataclass(frozen=True)
class Corrections:
    """The corrections that are fitted to draws: sweeps over their cells, and density ratios to reject some by."""

    sweep: GibbsSweep | None = None
    n_sweeps: int = 0
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
            return rows if self.sweep is None else self.sweep.sample(rows, conditions, given, rng, self.n_sweeps)

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

    Methods are Gibbs sampling, and rejection, without which sweeps would move shares of categories. There is another
    sweep as long as fewer draws are rejected after it.
    """
    (encoder, conditions, constraints), (X, rows, condition), (drawn_rows, drawn_condition) = fitted, training, drawn
    with_sweeps, with_rejection = methods
    draws = decoded(encoder, constraints, drawn_rows)
    if not with_rejection:
        return Corrections(), draws
    encoded = rows if condition is None else np.hstack([rows, condition])
    cells, encoded, weight = merge_copies(to_cells(encoder, X, conditions, condition), encoded, None)

    def fit_ratios(draws: Any) -> list[DensityRatio]:
        return fit_density_ratios(cells, to_cells(encoder, draws, conditions, drawn_condition), rng, weight)

    corrections = Corrections(ratios=fit_ratios(draws))
    if with_sweeps and corrections.ratios and len(encoded) >= MIN_ROWS:
        sweep, swept_rows = GibbsSweep(encoder, encoded, weight, conditions, rng), drawn_rows
        for n_sweeps in range(1, MAX_SWEEPS + 1) if sweep.columns else ():
            swept_rows = sweep.sample(swept_rows, conditions, drawn_condition, rng)
            swept = decoded(encoder, constraints, swept_rows)
            new = Corrections(sweep, n_sweeps, fit_ratios(swept))
            if new.acceptance_rate <= corrections.acceptance_rate:
                break
            corrections, draws = new, swept
    return corrections, draws
