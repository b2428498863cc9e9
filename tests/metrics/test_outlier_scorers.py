from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import cross_validate
from sklearn.neighbors import KernelDensity
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaae import AAEOutlierDetector
from skaae.metrics import scorers
from skaae.model_selection import OutlierKFold

OUTLIER_SCORERS = [scorers.outlier_roc_auc, scorers.outlier_average_precision, scorers.outlier_precision]


class Scores(BaseEstimator):
    """A detector whose scores are the first column."""

    def score_samples(self, X):
        return np.asarray(X)[:, 0]

    def fit(self, X, y=None):
        return self


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    y = np.where(rng.random(300) < 0.1, -1, 1)
    X = rng.normal(size=(300, 2))
    X[y == -1] -= 1
    return X, y


def test_outliers_are_the_positive_class(rows):
    X, y = rows
    assert scorers.outlier_roc_auc(Scores(), X, y) == pytest.approx(roc_auc_score(y == -1, -X[:, 0]))
    assert scorers.outlier_average_precision(Scores(), X, y) == pytest.approx(
        average_precision_score(y == -1, -X[:, 0])
    )
    n_outliers = (y == -1).sum()
    lowest = np.argsort(X[:, 0])[:n_outliers]
    assert scorers.outlier_precision(Scores(), X, y) == pytest.approx((y[lowest] == -1).mean())


def test_precision_of_equal_scores_is_the_expected_one():
    y = np.array([-1, 1, 1, -1])
    assert scorers.outlier_precision(Scores(), np.zeros((4, 1)), y) == 0.5
    assert scorers.outlier_precision(Scores(), [[0.0], [1], [1], [1]], y) == pytest.approx((1 + 1 / 3) / 2)


@pytest.mark.parametrize("scorer", OUTLIER_SCORERS, ids=repr)
def test_weights_are_numbers_of_rows(scorer, rows):
    X, y = rows
    weights = np.random.default_rng(1).integers(0, 3, len(y))
    repeated = np.repeat(np.arange(len(y)), weights)
    weighted = scorer(Scores(), X, y, sample_weight=weights)
    assert weighted == pytest.approx(scorer(Scores(), X[repeated], y[repeated]))
    assert weighted != pytest.approx(scorer(Scores(), X, y))


@pytest.mark.parametrize("scorer", OUTLIER_SCORERS, ids=repr)
@pytest.mark.parametrize("kind", [list, pd.Series, lambda y: pd.Series(y, dtype="Int64"), lambda y: y.astype(float)])
def test_labels_of_any_kind(scorer, kind, rows):
    X, y = rows
    assert scorer(Scores(), X, kind(y)) == scorer(Scores(), X, y)


@pytest.mark.parametrize("scorer", OUTLIER_SCORERS, ids=repr)
@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([0, 0, 1], r"-1 for outliers and 1 for normal rows. Got \[0, 1\]. PyOD's labels"),
        ([1, 1, 1], r"Got \[1\]. Test rows must be of both kinds, which `skaae.model_selection.OutlierKFold`"),
        (["a", "b", "a"], r"Got \['a', 'b'\]\.$"),
        ([1, -1, np.nan], "must have a label for every row"),
        ([-1, 0, 1], r"Got \[-1, 0, 1\]"),
    ],
)
def test_other_labels_raise(scorer, y, message):
    with pytest.raises(ValueError, match=message):
        scorer(Scores(), np.zeros((3, 1)), y)


@pytest.mark.parametrize("scorer", OUTLIER_SCORERS, ids=repr)
@pytest.mark.parametrize(
    ("weights", "message"),
    [([1, -1, 1], "[Nn]egative"), ([1, np.nan, 1], "NaN"), ([1, 1], "shape"), ([1, 1, 0], r"Got \[1\]")],
)
def test_bad_weights_raise(scorer, weights, message):
    with pytest.raises(ValueError, match=message):
        scorer(Scores(), np.zeros((3, 1)), [1, 1, -1], sample_weight=weights)


def test_models_without_scores_of_scikit_learns_sign_raise(rows):
    X, y = rows

    class Opposite(BaseEstimator):
        def decision_function(self, X):
            return np.zeros(len(X))

    with pytest.raises(AttributeError, match="score_samples"):
        scorers.outlier_roc_auc(Opposite(), X, y)


def test_detectors_pipelines_and_densities(rows):
    X, y = rows
    pipeline = make_pipeline(StandardScaler(), AAEOutlierDetector(n_members=1, max_iter=2, random_state=0))
    for model in (pipeline, IsolationForest(random_state=0), KernelDensity()):
        model.fit(X[y == 1])
        assert scorers.outlier_roc_auc(model, X, y) > 0.55


def test_weights_are_routed(rows):
    X, y = rows
    weights = np.where(X[:, 1] > 0, 0, 1)
    with config_context(enable_metadata_routing=True):
        scorer = deepcopy(scorers.outlier_roc_auc).set_score_request(sample_weight=True)
        found = cross_validate(
            Scores(), X, y, scoring=scorer, cv=OutlierKFold(3), params={"sample_weight": weights}, error_score="raise"
        )["test_score"]
    for score, (_, test) in zip(found, OutlierKFold(3).split(X, y), strict=True):
        kept = test[weights[test] > 0]
        assert score == pytest.approx(roc_auc_score(y[kept] == -1, -X[kept, 0]))
