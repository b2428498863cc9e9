r"""Likeness of rows to their class: draws of a class are chosen so that they are as like it as its training rows are.

A generator that has seen few rows of a class draws some that belong to others. A forest of trees, fitted to the
training rows, gives each row a score, the log odds of its class: to training rows by the trees that have not seen them.
The ratio of the densities of this score among training rows and draws of a class, by a logistic regression on
:math:`s` and :math:`s^2`, are weights of the draws (Grover, Song, Agarwal, Tran, Kapoor, Horvitz and Ermon, "Bias
correction of learned generative models using likelihood-free importance weighting", 2019, arXiv 1906.09531), here of
one number only, so that 25 rows are enough.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

__all__ = ["ClassLikeness"]

N_TREES, MIN_ROWS_OF_LEAF, MAX_ROWS_OF_TREE = 200, 3, 10_000
MIN_ROWS = 5  # of a class, of fewer draws are not chosen by their weights
MIN_PROBABILITY = 0.005
MIN_LOG_WEIGHT, MAX_LOG_WEIGHT = -8.0, 3.0


class ClassLikeness:
    """Creates the scores of encoded training rows, (n, n_columns), and what gives them to other rows.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, n_columns)
        Encoded training rows.
    classes : ndarray of shape (n_samples,)
        Their classes, from 0.
    seed : int
        Seed of the forest.
    """

    def __init__(self, rows: NDArray[np.floating], classes: NDArray[np.intp], seed: int) -> None:
        self.forest = RandomForestClassifier(
            N_TREES,
            min_samples_leaf=MIN_ROWS_OF_LEAF,
            class_weight="balanced_subsample",
            oob_score=True,
            max_samples=min(len(rows), MAX_ROWS_OF_TREE),
            random_state=seed,
        ).fit(rows, classes)
        self.classes = classes
        self.scores = log_odds(np.nan_to_num(self.forest.oob_decision_function_))

    def choose(self, draws: NDArray[np.floating], label: int, n: int, rng: np.random.RandomState) -> NDArray[np.intp]:
        """Indices of n of the draws of a class, as like it as its training rows."""
        of_class = self.scores[self.classes == label, label]
        if len(of_class) < MIN_ROWS:
            return rng.permutation(len(draws))[:n]
        scores = np.r_[of_class, log_odds(self.forest.predict_proba(draws)[:, label])]
        features = np.c_[scores, scores**2]
        is_training_row = np.arange(len(scores)) < len(of_class)
        ratio = LogisticRegression(class_weight="balanced").fit(features, is_training_row)
        log_weights = ratio.decision_function(features[len(of_class) :]).clip(MIN_LOG_WEIGHT, MAX_LOG_WEIGHT)
        return rng.permutation(systematic(np.exp(log_weights), n, rng))


def log_odds(probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """Log odds of probabilities, of none too near to 0 or 1."""
    p = np.asarray(probabilities, dtype=np.float64).clip(MIN_PROBABILITY, 1 - MIN_PROBABILITY)
    return np.asarray(np.log(p / (1 - p)))


def systematic(weights: NDArray[np.float64], n: int, rng: np.random.RandomState) -> NDArray[np.intp]:
    """Indices of n draws, each as often as its weight says, to within one."""
    ends = np.cumsum(weights) / weights.sum()
    return np.searchsorted(ends, (rng.random_sample() + np.arange(n)) / n).clip(max=len(weights) - 1)
