"""Codes of a transformer that learns labels."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_wine
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaae import AAETransformer
from skaae.model_selection import PackedGridSearchCV
from skaae.streaming import fit_stream


def narrow(**parameters):
    return AAETransformer(1, **{"hidden_layer_sizes": 32, "max_iter": 60, "random_state": 0, **parameters})


def quick(**parameters):
    return AAETransformer(2, **{"hidden_layer_sizes": 8, "max_iter": 2, "random_state": 0, **parameters})


@pytest.fixture(scope="module")
def classes():
    """Rows of which only a product of two quiet columns tells the class, among louder columns; and their classes."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 6))
    X[:, 3:] = X[:, 2:3] + 0.5 * X[:, 3:]
    return X, (X[:, 0] * X[:, 1] > 0).astype(int)


class TestLearning:
    def test_codes_tell_classes_of_new_rows(self, classes):
        X, y = classes
        accuracy = {}
        for weight in (0.0, 5.0):
            code = narrow(supervised_weight=weight).fit(X[:300], y[:300]).transform(X)
            accuracy[weight] = LogisticRegression().fit(code[:300], y[:300]).score(code[300:], y[300:])
        assert accuracy[0.0] < 0.65
        assert accuracy[5.0] > 0.8

    def test_codes_of_training_rows_are_no_better_than_those_of_new_rows(self):
        rng = np.random.default_rng(0)
        X, noise = rng.normal(size=(200, 8)), rng.integers(2, size=200)
        code = AAETransformer(2, supervised_weight=5, max_iter=40, random_state=0).fit(X, noise).transform(X)
        assert LogisticRegression().fit(code, noise).score(code, noise) < 0.62

    def test_a_few_labels_steer_the_codes_of_all_rows(self):
        X, y = load_wine(return_X_y=True)
        few = np.where(np.arange(len(y)) % 6 == 0, y, -1)
        code = narrow(supervised_weight=5).fit(X, few).transform(X)
        between = np.var([code[y == label].mean() for label in range(3)])
        assert between > 0.5 * code.var()

    def test_numbers_are_learned_as_numbers(self):
        X, y = load_diabetes(return_X_y=True)
        score = {}
        for weight in (0.0, 5.0):
            pipeline = make_pipeline(narrow(supervised_weight=weight), StandardScaler(), Ridge())
            score[weight] = pipeline.fit(X[:300], y[:300]).score(X[300:], y[300:])
        assert pipeline[0].target_type_ == "continuous"
        assert score[5.0] > score[0.0] + 0.1


class TestLabels:
    @pytest.mark.parametrize("unknown", [-1, None, np.nan])
    def test_rows_without_a_label(self, unknown):
        X, y = load_wine(return_X_y=True)
        few = [label if index % 3 else unknown for index, label in enumerate(y.tolist())]
        expected = quick(supervised_weight=1).fit(X, np.where(np.arange(len(y)) % 3, y, -1)).transform(X)
        np.testing.assert_array_equal(quick(supervised_weight=1).fit(X, few).transform(X), expected)

    @pytest.mark.parametrize(
        ("y", "target_type"),
        [
            (["a", "b"] * 30, "binary"),
            ([1.0, np.nan, 2.0] * 20, "binary"),
            ([*range(24), *range(24), *range(12)], "multiclass"),
            ([*range(1, 25), *range(1, 25), *[-1] * 12], "multiclass"),
            ([*range(0, 60, 2), *range(0, 60, 2)], "continuous"),
            ([0.5, 1.0, -1.0] * 20, "continuous"),
            ([0.5, None, 1.5] * 20, "continuous"),
            (["a", "b", -1] * 20, "binary"),
        ],
    )
    def test_how_labels_are_read(self, y, target_type):
        X = np.random.default_rng(0).normal(size=(60, 3))
        assert quick(supervised_weight=1).fit(X, y).target_type_ == target_type

    @pytest.mark.parametrize(
        ("y", "target_type"),
        [
            ([1.0, np.nan, 2.0, 3.0] * 15, "continuous"),
            ([*range(24), *range(24), *range(12)], "continuous"),
            ([*range(0, 60, 2), *range(0, 60, 2)], "multiclass"),
            ([3, 900, -1] * 20, "binary"),
        ],
    )
    def test_labels_are_read_as_a_user_says(self, y, target_type):
        X = np.random.default_rng(0).normal(size=(60, 3))
        assert quick(supervised_weight=1, target_type=target_type).fit(X, y).target_type_ == target_type

    def test_a_class_of_one_row(self, classes):
        X, y = classes
        y = y[:60].copy()
        y[0] = 7
        assert np.isfinite(quick(supervised_weight=1).fit(X[:60], y).transform(X)).all()

    @pytest.mark.parametrize(
        ("parameters", "y", "message"),
        [
            ({}, None, "requires y to be passed"),
            ({}, [-1] * 60, "labels of at least two classes"),
            ({}, [1] * 60, "labels of at least two classes"),
            ({}, [0.5, *[np.nan] * 59], "known for 5 rows at least. Got 1"),
            ({}, [0.5, np.inf] * 30, "infinity"),
            ({}, [0, 1] * 29, "inconsistent numbers of samples"),
            ({"n_clusters": 3}, [0, 1] * 30, "must be 0 with `n_clusters`"),
            ({"target_type": "binary"}, [0, 1, 2] * 20, "must have two classes"),
            (
                {"target_type": "multiclass"},
                [0.5, 1.25, np.nan] * 20,
                "must be classes with .* first 0.5: .*continuous",
            ),
            ({"target_type": "continuous"}, ["a", None] * 30, "must be numbers"),
            ({"target_type": "continuous"}, ["a", "b"] * 30, "must be numbers"),
        ],
    )
    def test_what_cannot_be_learned(self, classes, parameters, y, message):
        with pytest.raises(ValueError, match=message):
            quick(supervised_weight=1, **parameters).fit(classes[0][:60], y)

    def test_chunks_are_refused(self, classes):
        X, y = classes
        with pytest.raises(ValueError, match="must be 0 with `partial_fit`"):
            quick(supervised_weight=1).partial_fit(X, y)
        with pytest.raises(ValueError, match="must be 0 with `partial_fit`"):
            fit_stream(quick(supervised_weight=1), X, target=y)


class TestAroundIt:
    def test_without_a_weight_labels_are_ignored(self, classes):
        X, y = classes
        model = quick().fit(X, y)
        np.testing.assert_array_equal(model.transform(X), quick().fit(X).transform(X))
        assert not hasattr(model, "target_type_")

    def test_weights_are_as_good_as_repeated_rows(self, classes):
        X, y = classes
        weight = np.r_[np.zeros(100), np.ones(300)]
        weighted = quick(supervised_weight=1).fit(X, y, weight).transform(X)
        np.testing.assert_array_equal(weighted, quick(supervised_weight=1).fit(X[100:], y[100:]).transform(X))

    def test_packed_and_ordinary_searches_agree(self, classes):
        X, y = classes
        pipeline = make_pipeline(quick(), LogisticRegression())
        grid = {"aaetransformer__supervised_weight": [1.0, 5.0]}
        ordinary, packed = (search(pipeline, grid, cv=2).fit(X, y) for search in (GridSearchCV, PackedGridSearchCV))
        np.testing.assert_allclose(
            packed.cv_results_["mean_test_score"], ordinary.cv_results_["mean_test_score"], atol=1e-6
        )

    def test_early_stopping_watches_labels(self, classes):
        X, y = classes
        model = quick(supervised_weight=5, early_stopping=True, max_iter=3)
        plain = clone(model).set_params(supervised_weight=0)
        assert model.fit(X, y).history_["validation"][0] > 0.5 + plain.fit(X, y).history_["validation"][0]

    def test_going_on(self, classes):
        X, y = classes
        model = quick(supervised_weight=1, warm_start=True).fit(X, y).fit(X, y)
        assert model.n_iter_ == 4


class TestLabelsThatAreHardToRead:
    @pytest.mark.parametrize(
        ("y", "message"),
        [
            (np.where(np.arange(300) % 2, 101 + 4 * (np.arange(300) % 25), -1), "mark unlabelled rows by NaN"),
            (np.arange(300).astype(str), "Got 300 classes of one label each"),
        ],
    )
    @pytest.mark.filterwarnings("ignore:The number of unique classes")
    def test_errors_say_how_to_write_them(self, y, message):
        with pytest.raises(ValueError, match=message):
            quick(supervised_weight=5).fit(np.random.default_rng(0).normal(size=(300, 3)), y)

    @pytest.mark.parametrize("labels", ["aaaaab", "ab", "aaabb", "abc"])
    def test_classes_may_have_a_single_label(self, labels):
        rng = np.random.default_rng(0)
        y = np.full(60, None, object)
        y[: len(labels)] = list(labels)
        model = quick(supervised_weight=5).fit(rng.normal(size=(60, 3)), y)
        assert model.target_type_ == ("multiclass" if "c" in labels else "binary")
