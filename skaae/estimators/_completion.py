"""Completion: missing cells of rows are drawn from their joint distribution, given the cells that are there.

A masked autoencoder learns the distribution of each cell given any of the others: in training each row hides a random
share of its cells from the encoder, and the decoder has to tell them. Cells are then drawn one after the other, each
given those that are there and those that were drawn before, in an order that is random for each row and draw; so they
follow one joint distribution (Uria, Murray and Larochelle, "A deep and tractable density estimator", 2014, arXiv
1310.1757). Columns that have to be in a range or a set come first, and where several have to, a draw is chosen among
some by the probability of their ranges and sets.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.utils import _safe_indexing, check_random_state, check_scalar
from sklearn.utils.validation import check_is_fitted

from .._plan import Block, TrainingData
from ..table import FrameFormat, TableEncoder, missing_mask
from ..table._tables import nullable
from ._base import BaseAAE, draw_seeds
from ._cell_bins import CellBins, draw_categories
from ._conditions import Conditions, requested_condition
from ._config import build_architecture, build_plan
from ._constraints import Constraints, named
from ._evidence import Evidence, read_evidence
from ._filled_cells import fill_missing
from ._inference import TrainedModel
from ._training_data import scale

if TYPE_CHECKING:
    from ._generator import AAEGenerator

__all__ = ["Completion", "CompletionMixin", "fit_completion"]

MAX_COMPONENTS = 64
N_STEPS = 1000
WEIGHT_DECAY = 0.5  # without it, ranges of numbers are too narrow after many epochs
MAX_CELLS = 20_000_000  # of inputs at once
N_CANDIDATES = 8  # that a draw is chosen among, where several columns have ranges or sets
MAX_ROUNDS, MAX_DEPENDENCE_ROUNDS = 100, 5  # of draws of a row until it keeps all rules


@dataclass(frozen=True)
class Start:
    """Rows before cells are drawn: inputs of the model, which cells are missing, and their distributions."""

    inputs: NDArray[np.float32]
    missing: NDArray[np.bool_]
    probabilities: NDArray[Any]


class Completion:
    """Creates what draws cells: a trained model, and the bins that it sees them in."""

    def __init__(self, bins: CellBins, model: TrainedModel) -> None:
        self.bins, self.model = bins, model

    def start(self, rows: NDArray[Any], hidden: NDArray[np.bool_]) -> Start:
        """Encoded rows and which cells are hidden, (n, n_cells), with the distribution of each hidden cell."""
        inputs, missing = self.bins.inputs(rows)
        missing = (missing | hidden) & self.bins.can_draw
        return Start(inputs, missing, self._probabilities(inputs, missing))

    def draw(
        self, start: Start, indices: NDArray[np.intp], evidence: Evidence, rng: np.random.RandomState
    ) -> NDArray[np.float64]:
        """Encoded rows of some indices, (n, width), whose hidden cells are drawn."""
        n_candidates = N_CANDIDATES if len(evidence.columns) > 1 else 1
        size = max(1, MAX_CELLS // (n_candidates * start.inputs.shape[1]))
        parts = []
        for part in np.split(indices, range(size, len(indices), size)):
            inputs, log_weight = self._draw(start, np.repeat(part, n_candidates), evidence, rng)
            weight = softmax(log_weight.clip(np.finfo(float).min).reshape(len(part), n_candidates), axis=1)
            chosen = np.arange(len(part)) * n_candidates + draw_categories(weight, rng)
            parts.append(self.bins.encoded(inputs[chosen]))
        return np.concatenate(parts)

    def _draw(
        self, start: Start, indices: NDArray[np.intp], evidence: Evidence, rng: np.random.RandomState
    ) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Inputs with drawn cells, and the log probability of the evidence."""
        inputs, missing, log_weight = start.inputs[indices], start.missing[indices], np.zeros(len(indices))
        is_first = np.isin(np.arange(missing.shape[1]), list(evidence.allowed))
        pending, probabilities = np.flatnonzero(missing.any(axis=1)), start.probabilities
        places = indices[pending]
        while len(pending):
            hidden = missing[pending]
            cells = ((rng.random_sample(hidden.shape) + is_first) * hidden).argmax(axis=1)
            for cell in np.unique(cells).tolist():
                chosen = np.flatnonzero(cells == cell)
                log_weight[pending[chosen]] += self.bins.draw(
                    cell, probabilities[places[chosen]], inputs, pending[chosen], evidence.allowed.get(cell), rng
                )
            missing[pending, cells] = False
            pending = pending[missing[pending].any(axis=1)]
            if len(pending):
                probabilities, places = self._probabilities(inputs[pending], missing[pending]), np.arange(len(pending))
        return inputs, log_weight

    def _probabilities(self, inputs: NDArray[np.float32], missing: NDArray[np.bool_]) -> NDArray[Any]:
        """The decoder's output: probabilities of categories and bins, given the cells that are not missing."""
        widths = [*[1] * self.bins.n_values, *self.bins.group_widths]
        of_columns = missing[:, np.repeat(self.bins.mask_indices, widths)]
        return self.model.reconstruct(np.hstack([np.where(of_columns, 0, inputs), missing]).astype(np.float32))


def fit_completion(
    estimator: AAEGenerator,
    encoder: TableEncoder,
    rows: NDArray[Any],
    conditions: Conditions | None,
    condition: NDArray[Any] | None,
) -> Completion | None:
    """A model of the cells of encoded rows and of their conditions, given any others; None if it is not asked for."""
    if not estimator.completion:
        return None
    encoders = [encoder]
    if conditions is not None and condition is not None:
        encoders, rows = [encoder, conditions.encoder], np.hstack([rows, condition])
    bins = CellBins(encoders, rows)
    inputs, missing = bins.inputs(rows)
    architecture = replace(
        build_architecture(estimator, encoder, (Block("style", min(MAX_COMPONENTS, inputs.shape[1]), "normal"),)),
        n_features=inputs.shape[1],
        one_hot_groups=bins.group_widths,
        mask_indices=bins.mask_indices,
    )
    seeds = draw_seeds(check_random_state(estimator.random_state), 1)
    plan = build_plan(
        estimator,
        len(rows),
        seeds,
        auto_steps=N_STEPS,
        auto_noise=0.0,
        adversarial_weight=0.0,
        masked_fraction=1.0,
        any_order=True,
    )
    data = TrainingData(np.hstack([inputs, missing]).astype(np.float32))
    plan = replace(plan, noise=0.0, weight_decay=max(WEIGHT_DECAY, float(estimator.alpha)))
    return Completion(bins, estimator._train(architecture, plan, data, None)[0])


class CompletionMixin(BaseAAE):
    """Rows that are completed by draws."""

    conditions_: Conditions | None
    _completion: Completion | None = None
    _constraints: Constraints | None

    def complete(
        self,
        X: Any,
        y: Any = None,
        *,
        within: dict[Any, Any] | None = None,
        n_draws: int | None = None,
        random_state: Any = None,
    ) -> Any:
        """Complete rows by draws of their missing cells, given the others.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows, of which any cells may be missing, in columns that had no missing cell in training too.
        y : conditions or None, default=None
            The conditions of the rows, as in `sample`, of a model that was fitted with some. Those that are not given
            are unknown.
        within : dict or None, default=None
            What is known of missing cells, by the name of their column, or its index in an array: a tuple is a range
            ``(low, high)``, and a set is of values.
        n_draws : int or None, default=None
            How many times to complete the rows. None is once.
        random_state : int, RandomState instance or None, default=None
            Pass an int for the same draws in each call.

        Returns
        -------
        X_complete : DataFrame or ndarray of shape (n_samples, n_features), or list of them
            The same rows, in which only missing cells change; with `n_draws` a list of so many tables. No cell is
            missing, except in columns that were empty in training.

        Raises
        ------
        ValueError
            If the model was fitted without `completion`, if given cells break a rule of `constraints`, or if no draws
            keep all rules.
        """
        check_is_fitted(self)
        if n_draws is not None:
            check_scalar(n_draws, "n_draws", Integral, min_val=1)
        if self._completion is None:
            raise ValueError("`complete` needs a model that was fitted with `completion=True`. Got one without.")
        rng, frame_format = check_random_state(random_state), FrameFormat.of(X)
        table = nullable(self._validate(X, reset=False))
        if self._constraints is not None:
            self._constraints.check_given(table)
        evidence = read_evidence(self.table_encoder_, self._completion.bins, within or {})
        start = self._start(table, y, rng)
        indices = np.tile(np.arange(len(table)), n_draws or 1)
        draws = np.split(self._completion.draw(start, indices, evidence, rng), n_draws or 1)
        tables = [self._finish(table, start, encoded, evidence, rng) for encoded in draws]
        tables = tables if frame_format is None else [frame_format.write(each) for each in tables]
        return tables[0] if n_draws is None else tables

    def _start(self, table: Any, y: Any, rng: np.random.RandomState) -> Start:
        """Encoded rows and conditions, and what is missing of them."""
        assert self._completion is not None
        encoder, conditions, cells = self.table_encoder_, self.conditions_, self._completion.bins.cells
        rows, missing = scale(encoder, table), missing_mask(table)
        if conditions is None:
            requested_condition(None, y, len(table))
            return self._completion.start(rows, missing[:, [cell.source for cell in cells]])
        condition, is_given = conditions.encode_given(y, len(table), rng)
        given = set(conditions.encoder.source_columns_[is_given].tolist())
        hidden = [
            np.full(len(table), cell.source not in given) if cell.encoder else missing[:, cell.source] for cell in cells
        ]
        return self._completion.start(np.hstack([rows, condition]), np.stack(hidden, axis=1))

    def _finish(
        self, table: Any, start: Start, encoded: NDArray[np.float64], evidence: Evidence, rng: np.random.RandomState
    ) -> Any:
        """A table that is completed by encoded rows, of which those that break a rule are drawn again."""
        assert self._completion is not None
        constraints, pending = self._constraints, np.arange(len(table))
        for n_rounds in range(MAX_ROUNDS):
            seen = np.arange(len(table)) if constraints is not None and constraints.is_joint else pending
            rows = _safe_indexing(table, seen)
            completed, agrees = self._completed(rows, encoded[seen])
            holds = evidence.holds(completed, missing_mask(rows))
            if constraints is not None:
                holds &= constraints.holds(completed)
            pending = seen[~holds if n_rounds > MAX_DEPENDENCE_ROUNDS else ~(holds & agrees)]
            if not len(pending):
                return completed if len(seen) == len(table) else self._completed(table, encoded)[0]
            encoded[pending] = self._completion.draw(start, pending, evidence, rng)
        raise ValueError(
            f"Cells are drawn {MAX_ROUNDS} times until rows keep all `constraints` and are `within` what is known. Got"
            f" none in which they do for {len(pending)} of {len(table)} rows, first for row {pending[0]}: correct its"
            " cells, ask for a wider range or set, or weaken a rule."
        )

    def _completed(self, table: Any, encoded: NDArray[np.float64]) -> tuple[Any, NDArray[np.bool_]]:
        """A table that is completed by encoded rows, and in which rows columns agree with those that determine them."""
        encoder, constraints = self.table_encoder_, self._constraints
        sources = encoder.source_columns_
        completed = fill_missing(table, encoder.decode(encoded[:, : len(sources)]), sources)
        agrees = encoder.dates_in_order(completed)
        completed = encoder.put_dates_in_order(completed, missing_mask(table))
        if constraints is not None:
            solved = constraints.solve(completed, missing_mask(table))
            completed = fill_missing(table, constraints.complete(solved), sources)
        if encoder.has_dependences:
            kept = [] if constraints is None else constraints.computed
            completed = fill_missing(table, encoder.follow_dependences(completed, kept), sources)
            followed = encoder.follow_dependences(completed, kept)
            agrees = is_equal(named(completed), named(followed))
        return completed, agrees


def is_equal(a: pd.DataFrame, b: pd.DataFrame) -> NDArray[np.bool_]:
    """Which rows of two tables have the same cells."""
    both_missing = a.isna().to_numpy() & b.isna().to_numpy()
    equal = np.stack([a.iloc[:, i].to_numpy(object) == b.iloc[:, i].to_numpy(object) for i in range(a.shape[1])], 1)
    return np.asarray((equal | both_missing).all(axis=1))
