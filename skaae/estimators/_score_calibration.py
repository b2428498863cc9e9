r"""Calibration of scores: how unlikely a score is among training rows, so that different scorers can be added.

A score :math:`s` becomes a negative log p-value, :math:`-\log P(s)`, where :math:`P(s)` is the share of training rows
with a score at least as high. Those of the scorers in a group are added, as in Fisher's method to combine tests, and
the sum is calibrated again.

Outliers among the training rows fatten the tail of such sums, and so mask one another. But the sum of :math:`k`
negative log p-values has a nearly exponential tail, of rate 1 if they are independent and :math:`1 / k` if they are all
equal. So the rate can be estimated from common rows, between the lower quartile and the median, and the tail
extrapolated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ._scorers import Scorer, ScorerInput

__all__ = ["ExponentialTail", "NegativeLogPValue", "ScorerGroup"]

TIE_TOLERANCE = 1e-9  # relative to the highest score: scores of equal rows may differ by rounding, from batch to batch
TAIL_FRACTION = 0.05  # of the training rows, whose spread is the unit of scores beyond the highest
FIT_QUANTILES = 0.25, 0.5  # between which the rate of an exponential tail is estimated
BOUND_QUANTILE = 0.95  # the median to which bounds the rate
MAX_RATE_RATIO = 1.5  # of the estimated rate to that bound


class NegativeLogPValue:
    """Empirical negative log p-values of scores, growing on beyond the highest training score.

    Attributes
    ----------
    scores_, values_ : ndarray of shape (n_distinct,)
        Distinct training scores, ascending, and their negative log p-values.
    tail_width_ : float
        Unit of what is beyond the highest score.
    """

    def fit(self, scores: NDArray[np.float64]) -> Self:
        ordered, n = np.sort(scores), len(scores)
        tolerance = TIE_TOLERANCE * max(1.0, abs(ordered[-1]))
        first = np.flatnonzero(np.diff(ordered, prepend=-np.inf) > tolerance)
        self.scores_ = ordered[first]
        self.values_ = np.log(n + 1) - np.log(n - first + 0.5)
        self.tail_width_ = max(ordered[-1] - np.quantile(ordered, 1 - TAIL_FRACTION), tolerance)
        return self

    def transform(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        beyond = (scores - self.scores_[-1]).clip(0) / self.tail_width_
        return np.asarray(np.interp(scores, self.scores_, self.values_) + np.log1p(beyond))


@dataclass(eq=False)
class ExponentialTail:
    """Negative log p-values of sums, by an exponential tail fitted to the common training rows.

    Parameters
    ----------
    n_terms : int
        Number of negative log p-values in a sum.

    Attributes
    ----------
    median_ : float
        Median of the training sums.
    rate_ : float
        Rate of the tail.
    """

    n_terms: int

    def fit(self, sums: NDArray[np.float64]) -> Self:
        low, self.median_, high = np.quantile(sums, [*FIT_QUANTILES, BOUND_QUANTILE])
        log_ratio = np.log((1 - FIT_QUANTILES[0]) / (1 - FIT_QUANTILES[1]))
        rate = log_ratio / np.clip(self.median_ - low, log_ratio, log_ratio * self.n_terms)
        tail_rate = np.log((1 - FIT_QUANTILES[1]) / (1 - BOUND_QUANTILE)) / max(high - self.median_, 1e-9)
        self.rate_ = min(rate, MAX_RATE_RATIO * tail_rate)
        return self

    def transform(self, sums: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(-np.log(1 - FIT_QUANTILES[1]) + self.rate_ * (sums - self.median_))


@dataclass(eq=False)
class ScorerGroup:
    """Scorers of one kind of anomalies, and the calibration of their scores.

    Parameters
    ----------
    scorers : list of Scorer
        Fitted scorers.
    weight : float, default=1.0
        Factor of the scores of the group.
    exponential_tail : bool, default=False
        Whether sums are calibrated by `ExponentialTail` and not by `NegativeLogPValue`.

    Attributes
    ----------
    calibrations_ : list of NegativeLogPValue
        Calibration of each scorer.
    sum_calibration_ : NegativeLogPValue or ExponentialTail
        Calibration of their sums.
    """

    scorers: Sequence[Scorer]
    weight: float = 1.0
    exponential_tail: bool = False

    def fit(self, inputs: ScorerInput) -> Self:
        """Fit the calibration to training rows."""
        scores = [scorer.score(inputs) for scorer in self.scorers]
        self.calibrations_ = [NegativeLogPValue().fit(each) for each in scores]
        calibration = ExponentialTail(len(self.scorers)) if self.exponential_tail else NegativeLogPValue()
        self.sum_calibration_ = calibration.fit(np.sum(self._calibrate(scores), axis=0))
        return self

    def log_p_values(self, inputs: ScorerInput) -> NDArray[np.float64]:
        """Negative log p-values of rows by each scorer, (n_scorers, n_samples)."""
        return np.stack(self._calibrate([scorer.score(inputs) for scorer in self.scorers]))

    def combine(self, log_p_values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weighted negative log p-values of the sums of those by each scorer, (n_samples,)."""
        return self.weight * self.sum_calibration_.transform(log_p_values.sum(axis=0))

    def contributions(self, inputs: ScorerInput) -> NDArray[np.float64]:
        """Shares of the columns in the scores, (n_samples, n_features), which sum to 1 in each row."""
        total = np.full(inputs.X.shape, 1e-9)
        for scorer, calibration in zip(self.scorers, self.calibrations_, strict=True):
            if (parts := scorer.contributions(inputs)) is not None:
                values = calibration.transform(scorer.score(inputs))[:, None]
                total += values * parts / (parts.sum(1, keepdims=True) + 1e-12)
        return np.asarray(total / total.sum(1, keepdims=True))

    def _calibrate(self, scores: Sequence[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
        return [calibration.transform(each) for calibration, each in zip(self.calibrations_, scores, strict=True)]
