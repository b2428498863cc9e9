r"""Conformal p-values: how many rows that a detector did not learn from are as strange as a new one.

If new rows are drawn as training rows were, a share of at most :math:`\alpha` of them has
:math:`p = (1 + |\{i: s_i \ge s\}|) / (n + 1) \le \alpha`, whatever the score :math:`s` is, provided that
:math:`s_1, ..., s_n` are scores of rows that the detector did not learn from (Bates, Candès, Lei, Romano and Sesia,
"Testing for outliers with conformal p-values", 2023).

So that no row is lost, the training rows are divided into folds, each of which is scored by a detector that is fitted
to the other rows; a new row is compared with a fold by the detector of the fold (Vovk, "Cross-conformal predictors",
2015). Scores of different detectors cannot be compared: they are calibrated by different rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ..table import TableEncoder
from ..table._tables import Table, take_rows
from ._anomaly_score import AnomalyScore
from ._inference import TrainedModel

__all__ = ["ConformalFold", "Fold", "check_folds", "check_rate", "draw_folds", "p_values"]

N_FOLDS = 5
MIN_CALIBRATION_ROWS = 500  # that folds are scored for, if there are so many
MAX_CALIBRATION_ROWS, MAX_LEARNED_ROWS = 10_000, 20_000
MIN_SAMPLES = 3  # so that two are left to learn from


class Fold(NamedTuple):
    """Indices of training rows that are held out, and of those that are learned from in their place."""

    held_out: NDArray[np.intp]
    learned: NDArray[np.intp]


class ConformalFold:
    """Creates a detector from a model that learned from the rows of a fold, and an unfitted score of rows.

    Attributes
    ----------
    known_categories_ : ndarray of bool of shape (n_categories,)
        Which one-hot encoded categories they had.
    scores_ : ndarray of shape (n_held_out,)
        Scores of the held-out rows, ascending, higher for stranger ones.
    counts_ : ndarray of shape (n_held_out + 1,)
        How many held-out rows there are from each on, by weight.
    """

    def __init__(self, model: TrainedModel, anomaly_score: AnomalyScore) -> None:
        self.model, self.anomaly_score = model, anomaly_score

    def fit(
        self,
        encoder: TableEncoder,
        X: Table,
        rows: NDArray[Any],
        fold: Fold,
        outliers: NDArray[Any] | None,
        sample_weight: NDArray[np.float64] | None,
    ) -> Self:
        """Fit the score to the learned rows, and score the held-out ones; ``rows`` are those of the table, scaled."""
        learned = rows[fold.learned]
        weights = np.ones(len(rows)) if sample_weight is None else sample_weight
        of_learned = None if sample_weight is None else weights[fold.learned]
        table = take_rows(X, fold.learned)
        self.anomaly_score.fit_score(self.model, encoder, table, learned, outliers, of_learned)
        self.known_categories_ = (learned[:, encoder.n_numeric_ :] > 0).any(axis=0)
        scores = self.score(encoder, take_rows(X, fold.held_out), rows[fold.held_out])
        order = np.argsort(scores)
        self.scores_ = scores[order]
        self.counts_ = np.append(weights[fold.held_out][order][::-1].cumsum()[::-1], 0)
        return self

    def score(self, encoder: TableEncoder, X: Table, rows: NDArray[Any]) -> NDArray[np.float64]:
        """Scores of rows, (n_samples,), higher for stranger ones."""
        # Categories that the fold never had are zeros, as those are that no training row had.
        values, categories = np.split(rows, [encoder.n_numeric_], axis=1)
        rows = np.concatenate([values, categories * self.known_categories_], axis=1)
        return self.anomaly_score.score(self.model, encoder, X, rows)

    def count_as_strange(self, encoder: TableEncoder, X: Table, rows: NDArray[Any]) -> NDArray[np.float64]:
        """How many held-out rows are as strange as each of other rows, or stranger, by weight, (n_samples,)."""
        return np.asarray(self.counts_[np.searchsorted(self.scores_, self.score(encoder, X, rows))])


def p_values(
    folds: Sequence[ConformalFold], encoder: TableEncoder, X: Table, rows: NDArray[Any]
) -> NDArray[np.float64]:
    """The share of held-out rows that are as strange as each of other rows, which counts itself, (n_samples,)."""
    n_as_strange = sum(fold.count_as_strange(encoder, X, rows) for fold in folds)
    return np.asarray((1 + n_as_strange) / (1 + n_calibration_rows(folds)))


def n_calibration_rows(folds: Sequence[ConformalFold]) -> float:
    """Number of held-out rows, by weight."""
    return float(sum(fold.counts_[0] for fold in folds))


def check_folds(folds: Sequence[ConformalFold]) -> None:
    """Raise an error if there are none to have p-values by."""
    if not folds:
        raise ValueError("p-values need a detector that was fitted with `conformal=True`, to three rows or more.")


def check_rate(rate: Any, folds: Sequence[ConformalFold]) -> None:
    """Raise an error if a rate of false alarms is none that p-values can have."""
    check_folds(folds)
    lowest = 1 / (1 + n_calibration_rows(folds))
    is_number = isinstance(rate, Real) and not isinstance(rate, bool)
    if not (is_number and lowest <= rate <= 1):
        raise ValueError(
            f"`false_alarm_rate` must be from {lowest:.3g}, the lowest p-value that so many training rows allow, to 1,"
            f" or None. Got {rate!r}."
        )


def draw_folds(n_samples: int, rng: np.random.RandomState) -> list[Fold]:
    """Folds of a fifth of the rows, and only as many as calibration needs; none if there are less than three rows."""
    if n_samples < MIN_SAMPLES:
        return []
    size = min(math.ceil(n_samples / N_FOLDS), MAX_CALIBRATION_ROWS)
    n_folds = min(math.ceil(n_samples / size), math.ceil(MIN_CALIBRATION_ROWS / size))
    order = rng.permutation(n_samples)
    folds = []
    for start in range(0, n_folds * size, size):
        others = np.concatenate([order[:start], order[start + size :]])
        folds.append(Fold(np.sort(order[start : start + size]), np.sort(others[:MAX_LEARNED_ROWS])))
    return folds
