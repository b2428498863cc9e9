"""The score of rows by a trained model: by groups of scorers, by novel cells, and by outliers that are known."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import gen_batches

from ..table import TableEncoder
from ..table._tables import Table, iter_chunks, take_rows
from ._cell_novelty import CellNovelty
from ._expected_values import expected_values
from ._inference import TrainedModel
from ._known_outliers import KnownOutliers
from ._scorer_groups import ScoredRows, column_shares, fit_scorers, score_rows, scorer_input
from ._training_data import CHUNK_ROWS

__all__ = ["AnomalyScore", "TrainingScores"]


class TrainingScores(NamedTuple):
    """The training rows that scorers were fitted to, by their indices, and their scores."""

    indices: NDArray[np.intp]
    scores: NDArray[np.float64]


class AnomalyScore:
    """Creates a score of rows, whose model is passed to each method.

    Parameters
    ----------
    trim_fraction : float
        Fraction of the training rows, those with the rarest values, that some scorers are not fitted to.
    seed : int
        Seed of the scorers, and of samples of many rows.

    Attributes
    ----------
    groups_ : dict of str to ScorerGroup
        Fitted scorers.
    ranks_ : RankScaler
        The ranks that some go by.
    novelty_ : CellNovelty
        What cells the training rows had.
    known_outliers_ : KnownOutliers or None
        Classifiers of known outliers, if there are some.
    """

    def __init__(self, trim_fraction: float, seed: int) -> None:
        self.trim_fraction, self.seed = trim_fraction, seed

    def fit_score(
        self,
        model: TrainedModel,
        encoder: TableEncoder,
        X: Table,
        rows: NDArray[Any],
        outliers: NDArray[Any] | None,
        sample_weight: NDArray[np.float64] | None,
    ) -> TrainingScores:
        """Fit to training rows, a table and the same scaled, and to scaled known outliers; the scores of the former."""
        scorers = fit_scorers(model, rows, self.trim_fraction, self.seed, sample_weight)
        self.groups_, self.ranks_ = scorers.groups, scorers.ranks
        self.known_outliers_ = None
        if outliers is not None:
            self.known_outliers_ = KnownOutliers(self.seed).fit(scorers.scored, self._scored(model, outliers))
        scores = self._steered(scorers.scored)
        self.novelty_ = CellNovelty(self.seed, float(scores.max()) + 1).fit(encoder, X)
        table = X if len(scores) == len(rows) else take_rows(X, scorers.indices)
        return TrainingScores(scorers.indices, scores + self._cell_novelty(encoder, table).sum(axis=1))

    def score(self, model: TrainedModel, encoder: TableEncoder, X: Table, rows: NDArray[Any]) -> NDArray[np.float64]:
        """Scores of rows, (n_samples,), higher for stranger ones."""
        chunks = gen_batches(len(rows), CHUNK_ROWS)
        scores = np.concatenate([self._steered(self._scored(model, rows[chunk])) for chunk in chunks])
        return np.asarray(scores + self._cell_novelty(encoder, X).sum(axis=1))

    def column_shares(
        self, model: TrainedModel, encoder: TableEncoder, X: Table, rows: NDArray[Any]
    ) -> NDArray[np.float64]:
        """Shares of the table's columns in the scores, (n_samples, n_columns), which sum to 1 in each row."""
        inputs = scorer_input(model, self.ranks_, rows)
        scored = score_rows(self.groups_, inputs)
        shares = column_shares(self.groups_, inputs, scored)
        if self.known_outliers_ is not None:
            shares = self.known_outliers_.steer_shares(shares, scored)
        novelty = self._cell_novelty(encoder, X)
        score = self._steered(scored).clip(1e-9)[:, None]
        total = score + novelty.sum(axis=1, keepdims=True)
        of_columns = shares @ np.eye(novelty.shape[1])[encoder.source_columns_]
        return np.asarray(score / total * of_columns + novelty / total)

    def expected_values(self, encoder: TableEncoder, rows: NDArray[Any]) -> NDArray[np.float64]:
        """Scaled cells as the other cells of a row predict them, (n_samples, n_features)."""
        scorer: Any = self.groups_["local"].scorers[0]
        train = scorer.neighbors.X_train_
        return expected_values(rows.astype(np.float64), train, encoder.source_columns_, encoder.n_numeric_)

    def _scored(self, model: TrainedModel, rows: NDArray[Any]) -> ScoredRows:
        return score_rows(self.groups_, scorer_input(model, self.ranks_, rows))

    def _steered(self, scored: ScoredRows) -> NDArray[np.float64]:
        return scored.combined if self.known_outliers_ is None else self.known_outliers_.steer(scored)

    def _cell_novelty(self, encoder: TableEncoder, table: Table) -> NDArray[np.float64]:
        """What each cell adds to the score of its row, (n_samples, n_columns)."""
        return np.concatenate([self.novelty_.score(encoder, chunk) for chunk in iter_chunks(table)])
