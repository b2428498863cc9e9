import pickle
from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import shuffle

from skaae import AAEClusterer, AAEGenerator, AAETransformer
from skaae.metrics import frechet_distance, reconstruction_error, scorers

SAMPLE_SCORERS = [name for name in scorers.__all__ if isinstance(getattr(scorers, name), scorers.SampleScorer)]
X, Y = shuffle(*load_iris(return_X_y=True), random_state=0)


class CopyingGenerator:
    """A generator that returns its training rows in random order, and a transformer that returns its input."""

    def __init__(self, rows, shift=0.0):
        self.rows = rows
        self.shift = shift

    def sample(self, n_samples=1, y=None, *, random_state=None):
        rows = self.rows[np.random.RandomState(random_state).permutation(len(self.rows))[:n_samples]]
        return rows + self.shift

    def transform(self, X):
        return X

    def inverse_transform(self, X):
        return X + self.shift


@pytest.mark.parametrize("name", SAMPLE_SCORERS)
def test_better_samples_score_higher(name):
    scorer = getattr(scorers, name)
    sheet = np.column_stack([X, X.sum(1)])
    same, shifted = (scorer(CopyingGenerator(sheet, shift), sheet) for shift in (0.0, np.array([2.0, 0, 0, 0, 0])))
    assert isinstance(same, float)
    if name == "neg_pair_trend_error":  # which does not see shifts of numbers
        assert same == pytest.approx(0, abs=1e-9)
    else:
        assert same > shifted


def test_rows_are_standardized():
    wide = X * [1.0, 1e3, 1e-3, 1.0]
    expected = frechet_distance((wide - wide.mean(0)) / wide.std(0), (wide + wide.std(0) - wide.mean(0)) / wide.std(0))
    assert scorers.neg_frechet_distance(CopyingGenerator(wide, wide.std(0)), wide) == pytest.approx(-expected, rel=1e-9)
    assert expected == pytest.approx(4, rel=1e-9)


def test_reconstructions_and_clusters_are_scored_by_weight():
    pca = PCA(2).fit(X)
    counts = np.where(Y == 0, 5, 1)
    wanted = scorers.neg_reconstruction_error(pca, X.repeat(counts, 0))  # variances are those of repeated rows, too
    assert scorers.neg_reconstruction_error(pca, X, sample_weight=counts) == pytest.approx(wanted)
    kept = Y > 0
    wanted = scorers.neg_reconstruction_error(pca, X[kept])
    assert scorers.neg_reconstruction_error(pca, pd.DataFrame(X), sample_weight=kept) == pytest.approx(wanted)
    tree = DecisionTreeClassifier(max_depth=1).fit(X, Y)
    assert scorers.clustering_accuracy(tree, X, Y, sample_weight=np.where(Y == 0, 2, 1)) == pytest.approx(0.75)


@pytest.mark.parametrize("name", ["neg_reconstruction_error", "clustering_accuracy"])
def test_weights_are_routed_to_scorers(name):
    weights = np.where(Y == 0, 3, 1)
    with sklearn.config_context(enable_metadata_routing=True):
        scorer = deepcopy(getattr(scorers, name)).set_score_request(sample_weight=True)
        tree = DecisionTreeClassifier(max_depth=1).set_fit_request(sample_weight=False)
        model = PCA(2) if name == "neg_reconstruction_error" else tree
        scores = [
            cross_validate(model, X, Y, cv=2, scoring=scoring, params=params, error_score="raise")["test_score"]
            for scoring, params in ((scorer, {"sample_weight": weights}), (getattr(scorers, name), {}))
        ]
    assert not np.array_equal(*scores)


def test_reconstruction_error_is_standardized():
    assert scorers.neg_reconstruction_error(CopyingGenerator(X, X.std(0)), X) == pytest.approx(-1, rel=1e-9)
    pca = PCA(2).fit(X)
    expected = reconstruction_error(X, pca.inverse_transform(pca.transform(X)), standardize=True)
    assert scorers.neg_reconstruction_error(pca, X) == pytest.approx(-expected, rel=1e-9)


def test_grid_search_of_a_pipeline_with_several_scorers():
    pipeline = make_pipeline(StandardScaler(), AAETransformer(max_iter=60, random_state=0))
    grid = {"aaetransformer__n_components": [1, 4]}
    names = "neg_reconstruction_error", "neg_sliced_wasserstein", "coverage"
    scoring = {name: getattr(scorers, name) for name in names}
    search = GridSearchCV(pipeline, grid, scoring=scoring, cv=2, refit="neg_sliced_wasserstein").fit(X)
    assert search.best_params_ == {"aaetransformer__n_components": 4}
    for name in scoring:
        worse, better = search.cv_results_[f"mean_test_{name}"]
        assert worse < better


def test_column_names_in_pipelines():
    frame = pd.DataFrame(X, columns=list("abcd"))
    pipeline = make_pipeline(StandardScaler(), AAETransformer(2, max_iter=2, random_state=0))
    for name in ("neg_reconstruction_error", "neg_sliced_wasserstein", "neg_column_shape_error"):
        scorer = getattr(scorers, name)
        assert scorer(pipeline.fit(frame), frame) == pytest.approx(scorer(pipeline.fit(X), X))


def test_constant_columns_and_many_categories():
    X = np.column_stack([np.full(70, 0.1), np.random.default_rng(0).standard_normal(70)])
    assert scorers.neg_sliced_wasserstein(CopyingGenerator(X), X) == 0
    names = pd.DataFrame({"name": [f"name {i}" for i in range(3000)]})
    real, made = scorers.standardize_pair(names, names)
    assert real.shape == made.shape == (3000, 201)


def test_samples_are_drawn_under_the_conditions_of_held_out_rows():
    frame = pd.DataFrame({"size": X[:, 2], "wide": X[:, 3] > 1.3, "kind": np.where(X[:, 0] > 6, "big", "small")})
    model = AAEGenerator(max_iter=40, flow_max_iter=40, rejection_sampling=False, random_state=0).fit(frame, Y)
    assert scorers.utility(model, frame, Y) > 0.85
    only = frame[Y == 0].reset_index(drop=True)
    told, not_told = scorers.neg_column_shape_error(model, only, Y[Y == 0]), scorers.neg_column_shape_error(model, only)
    assert told > not_told + 0.1
    assert scorers.neg_frechet_distance(model, frame, Y) > scorers.neg_frechet_distance(model, only) + 0.5


def test_cross_validation_of_clusterers():
    digits, labels = load_digits(n_class=3, return_X_y=True)
    scores = cross_val_score(
        AAEClusterer(3, max_iter=5, random_state=0), digits, labels, scoring=scorers.clustering_accuracy, cv=2
    )
    assert scores.min() > 0.9


def test_utility_of_estimators_without_conditions_raises():
    names = np.array(["x", "y", "z"])[Y]
    model = AAEClusterer(3, max_iter=2, random_state=0).fit(X)
    assert np.isfinite(scorers.neg_frechet_distance(model, X, names))
    with pytest.raises(ValueError, match="must be fitted with `y`"):
        scorers.utility(model, X, names)


def test_estimators_without_sample_raise():
    with pytest.raises(TypeError, match=r"must have `sample`. Got PCA"):
        scorers.density(PCA(2).fit(X), X)


@pytest.mark.parametrize("name", scorers.__all__[1:])
def test_scorers_can_be_pickled(name):
    scorer = getattr(scorers, name)
    again = pickle.loads(pickle.dumps(scorer))
    assert repr(again) == repr(scorer)


def test_scores_do_not_depend_on_units():
    tiny = 1e-200 * X
    expected = scorers.neg_sliced_wasserstein(CopyingGenerator(X, X.std(0)), X)
    assert scorers.neg_sliced_wasserstein(CopyingGenerator(tiny, 1e-200 * X.std(0)), tiny) == pytest.approx(expected)
