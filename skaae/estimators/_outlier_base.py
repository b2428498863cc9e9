"""What fitted outlier detectors say of rows: scores, outliers, p-values, the columns that are why, and usual values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from .._plan import Architecture, TrainingData
from ..table import FrameFormat, TableEncoder, to_pandas
from ..table._tables import Table, iter_chunks
from ._anomaly_score import AnomalyScore
from ._base import BaseAAE, draw_seed, draw_seeds
from ._config import build_plan
from ._conformal import ConformalFold, check_folds, check_rate, draw_folds, p_values
from ._score_calibration import ScorerGroup
from ._scorers import has_common_values
from ._training_data import scale

__all__ = ["PLAN_OPTIONS", "BaseOutlierDetector"]

PLAN_OPTIONS: dict[str, Any] = {"auto_steps": 250, "max_auto_steps": 750, "auto_noise": 1.0, "random_noise_level": True}


class BaseOutlierDetector(BaseAAE):
    """Scores of rows, predictions, p-values, shares of columns in the score, and values that were to be expected."""

    offset_: float
    trim_fraction: float
    _anomaly_score: AnomalyScore
    _conformal: Sequence[ConformalFold] = ()

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Takes up a state, on the CPU where the device of the fit is not on this machine."""
        super().__setstate__(state)
        for fold in self._conformal:
            fold.model = fold.model.on_present_device()

    @property
    def scorers_(self) -> dict[str, ScorerGroup]:
        """The groups of scorers by name."""
        return self._anomaly_score.groups_

    def score_samples(self, X: Any) -> np.ndarray:
        """How normal rows are; PyOD's scores have the opposite sign.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            Minus a weighted sum of the two highest group scores. The score of a group is the negative logarithm of the
            share of training rows with as high a score: about 0 for the most normal rows, 3 for one in twenty. The
            share is counted for local scorers. For the other groups it is extrapolated from the common half of the
            training rows, because outliers among them would mask one another. Cells that training rows never had
            add to that: a missing cell in a complete column or a changed constant as much as the score of the
            strangest training row, a new category as much or less where training rows have categories that no other
            row has, and values far beyond the range of a column by their logarithm.
        """
        check_is_fitted(self)
        table = self._validate(X, reset=False)
        return -self._anomaly_score.score(self._model, self.table_encoder_, table, self._scale_silently(table))

    def decision_function(self, X: Any) -> np.ndarray:
        """How far scores are above the threshold.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        decision : ndarray of shape (n_samples,)
            ``score_samples(X) - offset_``, negative for outliers.
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any, false_alarm_rate: float | None = None) -> np.ndarray:
        """Which rows are outliers; PyOD has 1 where this has -1, and 0 where this has +1.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        false_alarm_rate : float or None, default=None
            Share of normal rows that may be taken for outliers, for a detector that was fitted with ``conformal=True``:
            rows with p-values up to it are. None takes the threshold `offset_`, which may be set to another score.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            -1 for outliers, +1 for the others.

        Raises
        ------
        ValueError
            If the rate is below the lowest p-value, or the detector was fitted without ``conformal=True``.
        """
        if false_alarm_rate is None:
            return np.where(self.decision_function(X) >= 0, 1, -1)
        check_is_fitted(self)
        check_rate(false_alarm_rate, self._conformal)
        return np.where(self.p_values(X) <= false_alarm_rate, -1, 1)

    def p_values(self, X: Any) -> np.ndarray:
        """Conformal p-values: how probable it is that a normal row is as strange.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        p_values : ndarray of shape (n_samples,)
            The share of training rows that are as strange, the row itself being one of them: from ``1 / (n + 1)`` for
            rows stranger than each of n training rows to 1. Training rows, 500 to 10,000 of them if there are so many,
            are scored by models that did not learn from them; so of new normal rows a share of about p has p-values up
            to p, however they are distributed and however few the training rows are. p-values of training rows
            themselves are too high, and those of outliers if there were some among the training rows.

        Raises
        ------
        ValueError
            If the detector was fitted without ``conformal=True``.

        See Also
        --------
        scipy.stats.false_discovery_control : p-values of many rows, adjusted so that they bound the share of false
            alarms among what is taken for outliers.
        """
        check_is_fitted(self)
        check_folds(self._conformal)
        table = self._validate(X, reset=False)
        encoder, folds = self.table_encoder_, self._conformal
        chunks = iter_chunks(table)
        return np.concatenate([p_values(folds, encoder, chunk, self._scale_silently(chunk)) for chunk in chunks])

    def explain(self, X: Any) -> Any:
        """Share of each column in the score of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        shares : DataFrame of shape (n_samples, n_features)
            Numbers from 0 that sum to 1 in each row, with the labels of the columns and the index of `X`, of the same
            library if that is a frame. Each scorer but the isolation forest divides its score by column (squared errors
            or distances, log ratios of histograms, parts of a Mahalanobis distance). Shares of a normal row mean
            little.
        """
        table, write = self._table_and_writer(X)
        rows = self._scale_silently(table)
        return write(self._anomaly_score.column_shares(self._model, self.table_encoder_, table, rows))

    def expected_values(self, X: Any) -> Any:
        """Usual values: each cell as the other cells of its row predict it.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        expected : DataFrame of shape (n_samples, n_features)
            In the units of the training rows, with the labels of the columns and the index of `X`, of the same library
            if that is a frame, and in the dtypes of the training rows if these were of it, too. Of the training rows
            that are nearest to a row in all other columns, the median, or the commonest category; a missing cell, where
            most of these have none. Identifiers, and columns that are ignored, are those of `X`.

        See Also
        --------
        explain : Which cells are strange.
        """
        table, write = self._table_and_writer(X)
        encoder, rows = self.table_encoder_, self._scale_silently(table)
        expected = self._anomaly_score.expected_values(encoder, rows)
        decoded = pd.DataFrame(to_pandas(encoder.inverse_transform(expected)))
        others = np.setdiff1d(np.arange(self.n_features_in_), encoder.source_columns_)
        cells = pd.DataFrame(table)
        columns = [(cells if index in others else decoded).iloc[:, index].array for index in range(cells.shape[1])]
        return write(pd.DataFrame(dict(enumerate(columns))), True)

    def _fit_conformal(
        self,
        architecture: Architecture,
        encoder: TableEncoder,
        X: Table,
        rows: NDArray[Any],
        outliers: NDArray[Any] | None,
        weights: NDArray[np.float64] | None,
        rng: np.random.RandomState,
    ) -> list[ConformalFold]:
        """Detectors that learned from a part of the training rows, and scored the others."""
        folds = draw_folds(len(rows), rng)
        if not folds:
            return []
        seeds, scorer_seed = draw_seeds(rng, len(folds)), draw_seed(rng)
        learned = [(fold.learned, None if weights is None else weights[fold.learned]) for fold in folds]
        common = [indices[has_common_values(rows[indices], self.trim_fraction, own)] for indices, own in learned]
        plan = build_plan(self, len(common[0]), seeds, **PLAN_OPTIONS)
        data = TrainingData(rows, sample_weight=weights)
        model, _ = self._train(architecture, plan, data, None, member_rows=common)
        scores = [AnomalyScore(self.trim_fraction, scorer_seed) for _ in folds]
        detectors = [ConformalFold(model.member(index), score) for index, score in enumerate(scores)]
        pairs = zip(detectors, folds, strict=True)
        return [detector.fit(encoder, X, rows, fold, outliers, weights) for detector, fold in pairs]

    def _table_and_writer(self, X: Any) -> tuple[Table, Callable[..., Any]]:
        """Validated rows, and what makes cells of the same shape a frame like theirs, with types of training rows."""
        check_is_fitted(self)
        frame_format, X = FrameFormat.of(X), to_pandas(X)
        names = getattr(self, "feature_names_in_", self.table_encoder_.column_labels)
        index, names = (X.index, X.columns) if isinstance(X, pd.DataFrame) else (None, names)

        def write(cells: Any, with_types: bool = False) -> Any:
            frame = pd.DataFrame(cells)
            if index is not None:
                frame.index = index
            if names is not None:
                frame.columns = names
            if frame_format is None:
                return frame
            trained = self._frame_format
            if with_types and trained is not None and trained.library == frame_format.library:
                return trained.write(frame)
            return frame_format.write(frame, with_types=False)

        return self._validate(X, reset=False), write

    def _scale_silently(self, table: Any) -> NDArray[Any]:
        """Validated rows as numbers of one scale, without a warning of unseen categories, which scores tell."""
        return scale(self.table_encoder_, table, warn_of_unseen=False)
