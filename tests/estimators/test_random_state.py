"""`random_state` reaches every part that draws: the same seed gives the same part, and another seed another one."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.datasets import load_iris

from skaae import AAEClusterer, AAEOutlierDetector, SemiSupervisedAAEClassifier
from skaae.estimators._scorers import ScorerInput

X, Y = load_iris(return_X_y=True)
FEW = np.where(np.arange(150) % 10 == 0, Y, -1)
SMALL = {"max_iter": 1, "n_members": 1, "hidden_layer_sizes": 8}


class SeedClusterer(ClusterMixin, BaseEstimator):
    """Clusters that its seed alone decides."""

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit_predict(self, X, y=None):
        return np.random.RandomState(self.random_state).randint(3, size=len(X))


def isolation_forest(seed):
    model = AAEOutlierDetector(random_state=seed, **SMALL).fit(X)
    *_, forest, _ = model.scorers_["global"].scorers
    return forest.score(ScorerInput(X, X, X))


def robust_covariance_seed(seed):
    return AAEOutlierDetector(random_state=seed, **SMALL).fit(X).scorers_["dependency"].scorers[0].random_state


def teacher_forest(seed):
    model = SemiSupervisedAAEClassifier(random_state=seed, **SMALL).fit(X, FEW)
    return model.teachers_.teachers_[2].predict_proba(X)


def clusters_by_teachers(seed):
    return AAEClusterer(3, teachers=[SeedClusterer()], random_state=seed, **SMALL).fit(X).cluster_prior_


@pytest.mark.parametrize("part", [isolation_forest, robust_covariance_seed, teacher_forest, clusters_by_teachers])
def test_random_state_reaches(part):
    first = part(0)
    np.testing.assert_array_equal(first, part(0))
    assert not np.array_equal(first, part(1))
