"""The scorers of the outlier detector in groups, one for each kind of anomalies, and how their scores are combined.

The score of a row is a weighted sum of its two highest group scores, so that a row is an outlier if it is one of any
kind.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..table import RankScaler
from ._inference import TrainedModel
from ._near_copies import find_copy_distance, without_near_copies
from ._neighbors import Neighbors
from ._score_calibration import ScorerGroup
from ._scorers import (
    GaussianMixtureDensity,
    Histograms,
    IsolationDepth,
    NearestNeighborDistance,
    ReconstructionError,
    RobustCovariance,
    Scorer,
    ScorerInput,
    has_common_values,
    repeat_by_weight,
)

__all__ = ["FittedScorers", "ScoredRows", "column_shares", "fit_scorers", "score_rows", "scorer_input"]

GROUP_WEIGHTS = (0.75, 0.25)  # of the group with the highest score, and of the next
LOCAL_WEIGHT = 1.4  # of the local scorers' score, before groups are compared
MAX_NORMAL_SCORE = 3.0  # to which the ranks of values are clipped
MAX_SCORER_ROWS = 10_000  # that scorers are fitted to


class ScoredRows(NamedTuple):
    """Scaled rows, their negative log p-values by each scorer, their scores by each group, and the combined score.

    The shapes are (n_samples, n_features), (n_samples, n_scorers), (n_samples, n_groups) and (n_samples,).
    """

    X: NDArray[np.float64]
    log_p_values: NDArray[np.float64]
    groups: NDArray[np.float64]
    combined: NDArray[np.float64]


class FittedScorers(NamedTuple):
    """Groups of scorers, the ranks that some go by, the training rows that they were fitted to, and their scores."""

    groups: dict[str, ScorerGroup]
    ranks: RankScaler
    indices: NDArray[np.intp]
    scored: ScoredRows


def fit_scorers(
    model: TrainedModel,
    rows: NDArray[Any],
    trim_fraction: float,
    seed: int,
    sample_weight: NDArray[np.float64] | None = None,
) -> FittedScorers:
    """The scorers, and the ranks that some go by, fitted to scaled training rows; the scores of these."""
    common = has_common_values(rows, trim_fraction, sample_weight)
    indices = np.arange(len(rows))
    if len(rows) > MAX_SCORER_ROWS:
        indices = np.random.RandomState(seed).permutation(len(rows))[:MAX_SCORER_ROWS]
        rows, common = rows[indices], common[indices]
        sample_weight = None if sample_weight is None else sample_weight[indices]
    repeated = repeat_by_weight(np.arange(len(rows)), sample_weight)
    ranks = RankScaler().fit(rows if sample_weight is None else rows[repeated])
    inputs = scorer_input(model, ranks, rows)
    by_weight = inputs if sample_weight is None else inputs.subset(repeated)
    groups = scorer_groups(inputs, by_weight, common[repeated], seed)
    scorers = {name: group.fit(by_weight) for name, group in groups.items()}
    return FittedScorers(scorers, ranks, indices, score_rows(scorers, inputs))


def scorer_groups(
    inputs: ScorerInput, by_weight: ScorerInput, common: NDArray[np.bool_], seed: int
) -> dict[str, ScorerGroup]:
    """The groups of scorers, which are fitted to training rows, or to those with common values.

    The neighbours of local scorers are training rows as they are: one that is repeated by its weight would be its own,
    and so would be one that has near copies, of which one is kept.
    """
    common_rows = by_weight.subset(common)
    reconstruction = ReconstructionError().fit(by_weight)
    neighbors, ranked, unranked = Neighbors(5).fit(inputs.X), Neighbors(1), None
    distance = find_copy_distance(inputs.X, *inputs.nearest(neighbors, ranked=False))
    if distance:
        inputs = inputs.subset(without_near_copies(inputs.X, distance))
        neighbors = unranked = Neighbors(5, copy_distance=distance).fit(inputs.X)
    ranked.fit(inputs.ranks)
    local_scorers: list[Scorer] = [
        NearestNeighborDistance(neighbors, 1),
        NearestNeighborDistance(ranked, 1, ranked=True, unranked=unranked),
        NearestNeighborDistance(neighbors, 5, relative=True).fit(inputs),
        reconstruction,
    ]
    global_scorers: list[Scorer] = [
        NearestNeighborDistance(Neighbors(50).fit(common_rows.ranks), 50, ranked=True),
        Histograms().fit(by_weight),
        GaussianMixtureDensity(seed).fit(common_rows),
        IsolationDepth(seed).fit(by_weight),
        reconstruction,
    ]
    dependency_scorers: list[Scorer] = [RobustCovariance(seed).fit(by_weight, common), reconstruction]
    return {
        "local": ScorerGroup(local_scorers, weight=LOCAL_WEIGHT),
        "global": ScorerGroup(global_scorers, exponential_tail=True),
        "dependency": ScorerGroup(dependency_scorers, exponential_tail=True),
    }


def scorer_input(model: TrainedModel, ranks: RankScaler, rows: NDArray[Any]) -> ScorerInput:
    """What scorers go by: scaled rows, the model's errors of them, and normal scores of their ranks."""
    errors, rows = model.squared_errors(rows).astype(np.float64), rows.astype(np.float64)
    return ScorerInput(rows, errors, ranks.transform(rows).clip(-MAX_NORMAL_SCORE, MAX_NORMAL_SCORE))


def score_rows(scorers: dict[str, ScorerGroup], inputs: ScorerInput) -> ScoredRows:
    """Scores of rows; the combined one is the weighted sum of the two highest group scores of each row."""
    log_p_values = [group.log_p_values(inputs) for group in scorers.values()]
    groups = np.stack([group.combine(each) for group, each in zip(scorers.values(), log_p_values, strict=True)])
    combined = np.array(GROUP_WEIGHTS) @ -np.sort(-groups, axis=0)[:2]
    return ScoredRows(inputs.X, np.concatenate(log_p_values).T, groups.T, combined)


def column_shares(scorers: dict[str, ScorerGroup], inputs: ScorerInput, scored: ScoredRows) -> NDArray[np.float64]:
    """Shares of the columns in the combined scores, (n_samples, n_features), which sum to 1 in each row."""
    contributions = np.stack([group.contributions(inputs) for group in scorers.values()])
    highest = np.argsort(-scored.groups.T, axis=0)[:2]
    rows = np.arange(len(inputs.X))
    shares = np.zeros(inputs.X.shape)
    for weight, group in zip(GROUP_WEIGHTS, highest, strict=True):
        shares += weight * contributions[group, rows]
    return shares
