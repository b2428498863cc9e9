import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits, load_iris, make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score

from skaae import AAEClusterer


def small(n_clusters=3, **parameters):
    return AAEClusterer(n_clusters, **{"hidden_layer_sizes": (16,), "max_iter": 20, "random_state": 0, **parameters})


@pytest.fixture(scope="module")
def blobs():
    rng = np.random.default_rng(0)
    y = rng.choice(3, 300, p=[0.6, 0.3, 0.1])
    return 3 * rng.standard_normal((3, 5))[y] + 0.5 * rng.standard_normal((300, 5)), y


@pytest.fixture(scope="module")
def on_blobs(blobs):
    return AAEClusterer(3, random_state=0).fit(blobs[0])


class TestLearning:
    def test_digits_are_clustered_better_than_by_k_means(self):
        X, y = load_digits(return_X_y=True)
        model = AAEClusterer(10, random_state=0).fit(X)
        k_means = KMeans(10, n_init=10, random_state=0).fit_predict(X)
        assert adjusted_rand_score(y, model.labels_) > adjusted_rand_score(y, k_means) + 0.05

    def test_blobs_of_unlike_sizes(self, blobs, on_blobs):
        y = blobs[1]
        assert adjusted_rand_score(y, on_blobs.labels_) > 0.95
        np.testing.assert_allclose(np.sort(on_blobs.cluster_prior_), np.sort(np.bincount(y) / 300), atol=0.02)

    @pytest.mark.parametrize("sizes", [(300, 190, 10), (490, 10)])
    def test_a_small_cluster_that_lies_far(self, sizes):
        rng = np.random.default_rng(0)
        centers = np.array([0, 6, -6][: len(sizes)])
        y = np.repeat(range(len(sizes)), sizes)
        X = rng.normal(size=(500, 4)) + centers[y, None]
        model = AAEClusterer(len(sizes), n_members=1, random_state=0).fit(X)
        assert adjusted_rand_score(y, model.labels_) > 0.95
        assert adjusted_rand_score(y, model.predict(rng.normal(size=(500, 4)) + centers[y, None])) > 0.95
        assert np.isclose(min(model.cluster_prior_), 11 / 500, atol=0.002)

    def test_new_rows_follow(self, blobs, on_blobs):
        X, y = blobs
        rows = X + 0.1 * np.random.default_rng(1).standard_normal(X.shape)
        assert adjusted_rand_score(y, on_blobs.predict(rows)) > 0.95
        probabilities = on_blobs.predict_proba(rows)
        np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-6)
        np.testing.assert_array_equal(probabilities.argmax(1), on_blobs.predict(rows))

    def test_samples_of_a_cluster_are_of_it(self, on_blobs):
        for cluster in range(3):
            samples = on_blobs.sample(100, cluster, random_state=0)
            assert (on_blobs.predict(samples) == cluster).mean() > 0.9

    def test_transfer_changes_the_cluster(self, blobs, on_blobs):
        assert (on_blobs.predict(on_blobs.transfer(blobs[0][:50], 1)) == 1).mean() > 0.9

    def test_styles_do_not_tell_the_cluster(self, blobs, on_blobs):
        styles = on_blobs.transform(blobs[0])
        assert styles.shape == (300, 4)
        common = [c for c in range(3) if (on_blobs.labels_ == c).sum() > 50]  # others lean on all
        means = [styles[on_blobs.labels_ == c].mean(axis=0) for c in common]
        assert np.abs(means).max() < 0.4

    def test_left_alone_members_agree_on_what_is_which(self, blobs):
        X, y = blobs
        model = AAEClusterer(
            3, n_members=3, teachers=None, vat_weight=1, entropy_weight=0.3, balance_weight=0.4,
            learning_rate_init=2e-3, random_state=0,
        ).fit(X)  # fmt: skip
        assert adjusted_rand_score(y, model.labels_) > 0.5
        each = model._model.encode(model.table_encoder_.transform(X))[..., -3:] @ model._matches
        alike = [(own.argmax(1) == each[0].argmax(1)).mean() for own in each]
        assert min(alike) > 0.5

    def test_after_the_teachers_the_model_is_alone(self, blobs):
        X, y = blobs
        model = AAEClusterer(
            3, teacher_fraction=0.3, vat_weight=1, entropy_weight=0.1, balance_weight=0.4, random_state=0
        ).fit(X)
        assert adjusted_rand_score(y, model.labels_) > 0.9
        once = small(max_iter=10, teacher_fraction=0.5).fit(X)
        always = small(max_iter=10).fit(X)
        distances = [np.abs(model.history_["distillation"][-1]) for model in (once, always)]
        assert distances[0] > distances[1]


class TestTeachers:
    def test_neighbours_find_what_is_no_ball(self):
        X, y = make_moons(400, noise=0.06, random_state=0)
        model = AAEClusterer(2, teachers="neighbors", random_state=0).fit(X)
        assert adjusted_rand_score(y, model.labels_) > 0.9
        assert adjusted_rand_score(y, KMeans(2, random_state=0).fit_predict(X)) < 0.4

    def test_clusterers_of_the_users_own(self, blobs):
        X, y = blobs
        model = small(teachers=[KMeans(3, random_state=0), KMeans(5, random_state=1)]).fit(X)
        assert adjusted_rand_score(y, model.labels_) > 0.9

    def test_teachers_draw_from_our_seed_and_not_from_the_users_generator(self, blobs):
        before = np.random.get_state()[1].copy()
        labels = [small(5, teachers=[KMeans(5, n_init=1)]).fit_predict(blobs[0]) for _ in range(2)]
        np.testing.assert_array_equal(*labels)
        np.testing.assert_array_equal(np.random.get_state()[1], before)

    @pytest.mark.parametrize("teachers", [[], [3]])
    def test_teachers_must_be_clusterers(self, blobs, teachers):
        with pytest.raises(ValueError, match="one clusterer or more, with `fit_predict`"):
            small(teachers=teachers).fit(blobs[0])


class TestManners:
    def test_few_rows_constant_columns_and_duplicates(self):
        for X in (np.random.default_rng(0).standard_normal((10, 3)), np.repeat(np.eye(4), 5, axis=0)):
            labels = small(4).fit_predict(X)
            assert set(labels) <= set(range(4))
        with pytest.warns(ConvergenceWarning, match="distinct rows"):
            assert set(small(4).fit_predict(np.zeros((12, 2)))) <= set(range(4))
        assert len(set(small(4).fit_predict(np.arange(8.0).reshape(4, 2)))) <= 4  # as many as clusters
        assert small(3).fit_predict(np.random.default_rng(0).standard_normal((30, 64))).shape == (30,)
        assert (small(1).fit_predict(np.random.default_rng(0).standard_normal((10, 3))) == 0).all()

    def test_tables_with_missing_cells(self):
        X = load_iris(as_frame=True).data
        X["kind"] = pd.Categorical(np.where(X.iloc[:, 0] > 6, "long", "short"))
        X.iloc[::9, 1] = np.nan
        model = small().fit(X)
        assert model.labels_.shape == (150,)
        assert list(model.sample(3, 1, random_state=0).columns) == list(X.columns)

    def test_images(self):
        X = load_digits().data[:200] / 16
        model = small(4, teachers=[KMeans(4, random_state=0)], image_shape=(8, 8), scaling=None, max_iter=5).fit(X)
        assert model.predict(X[:3]).shape == (3,)

    def test_same_seed_same_clusters_and_pickle(self, blobs):
        X = blobs[0]
        model = small().fit(X)
        np.testing.assert_array_equal(small().fit(X).labels_, model.labels_)
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.labels_)

    def test_early_stopping(self, blobs):
        assert len(small(early_stopping=True).fit(blobs[0]).history_["validation"]) == 20

    def test_a_warm_start_keeps_the_names_of_clusters(self, blobs):
        X = blobs[0]
        model = small(max_iter=60, warm_start=True).fit(X)
        before = model.labels_
        assert (model.set_params(random_state=7).fit(X).labels_ == before).mean() > 0.9

    def test_what_was_fitted_counts(self, blobs):
        model = small(warm_start=True).fit(blobs[0]).set_params(n_clusters=2)
        assert model.predict_proba(blobs[0]).shape == (300, 3)
        with pytest.raises(ValueError, match=r"`n_clusters` must be as it was first \(3\). Got 2"):
            model.fit(blobs[0])

    def test_uniform_prior(self, blobs):
        np.testing.assert_allclose(small(cluster_prior="uniform").fit(blobs[0]).cluster_prior_, 1 / 3)

    def test_there_must_be_as_many_rows_as_clusters(self):
        with pytest.raises(ValueError, match=r"as many rows as clusters \(5\) at least. Got 4"):
            small(5).fit(np.eye(4))


def test_categories_that_say_nothing_do_not_hide_clusters_of_numbers():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], 100)
    X = pd.DataFrame(3 * np.eye(3)[y] + rng.normal(size=(300, 3)), columns=list("abc"))
    for name in ("d", "e"):
        X[name] = rng.choice(["u", "v"], 300)
    labels = AAEClusterer(3, max_iter=20, random_state=0).fit_predict(X)
    assert adjusted_rand_score(y, labels) > 0.8


def test_more_clusters_than_distinct_rows_warn():
    X = np.repeat(np.eye(3), 20, axis=0)
    with pytest.warns(ConvergenceWarning, match=r"number of distinct rows \(3\)") as caught:
        model = AAEClusterer(5, max_iter=1, random_state=0).fit(X)
    assert len(np.unique(model.labels_)) < 5
    assert caught[0].filename == __file__
