import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_score

from skaae import AAEOutlierDetector
from skaae.estimators._known_outliers import read_known_outliers
from skaae.metrics import scorers
from skaae.model_selection import OutlierKFold


def small(**parameters):
    return AAEOutlierDetector(
        **{"n_members": 1, "hidden_layer_sizes": (16,), "max_iter": 10, "random_state": 0, **parameters}
    )


def rows(n_normal, n_outliers, seed=0):
    """Five columns; of outliers, one is a little higher, and so are one in ten normal rows by chance."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_normal + n_outliers, 5)) * [3, 3, 1, 3, 3]
    X[n_normal:, 2] = 1.8 + 0.3 * rng.standard_normal(n_outliers)
    X[n_normal:, 3] = -0.5 * X[n_normal:, 4]
    return X, np.repeat([1, -1], [n_normal, n_outliers])


def labels(y, n_known):
    """Labels of which the last few are known."""
    return np.where(np.arange(len(y)) >= len(y) - n_known, y, 0)


class TestSteering:
    def test_a_few_known_outliers_find_the_others(self):
        (X, y), (fresh, kind) = rows(400, 30), rows(300, 100, seed=1)
        found = {n: roc_auc_score(kind, small().fit(X, labels(y, n)).score_samples(fresh)) for n in (0, 5, 20)}
        assert found[5] > found[0] + 0.1
        assert found[20] > found[0] + 0.2

    def test_known_outliers_are_found_and_others_as_often_as_asked(self):
        X, y = rows(400, 30)
        labels_ = small(contamination=0.1).fit_predict(X, labels(y, 10))
        assert (labels_[-10:] == -1).all()
        assert (labels_[:-10] == -1).sum() == 42

    def test_outliers_of_another_kind_are_found_too(self):
        X, y = rows(400, 30)
        model = small().fit(X, labels(y, 30))
        others = np.vstack([np.eye(5) * 40, -np.eye(5) * 40])
        assert (model.predict(others) == -1).mean() > 0.7
        assert model.predict([[0, 0, np.nan, 0, 0]]) == -1

    def test_all_labels_may_be_known(self):
        (X, y), (fresh, kind) = rows(300, 40), rows(300, 100, seed=1)
        assert roc_auc_score(kind, small().fit(X, y).score_samples(fresh)) > 0.9

    def test_one_known_outlier_and_two_other_rows(self):
        X, _ = rows(3, 0)
        assert np.isfinite(small().fit(X, [-1, 0, 1]).score_samples(X)).all()

    def test_a_category_that_only_known_outliers_have(self):
        X, y = rows(200, 20)
        frame = pd.DataFrame(X, columns=list("abcde")).assign(k=np.where(y == -1, "new", "old"))
        model = small().fit(frame, labels(y, 20))
        assert (model.predict(frame)[-20:] == -1).all()

    def test_explanations_name_the_column(self):
        X, y = rows(400, 30)
        shares = small().fit(X, labels(y, 20)).explain(X[-30:])
        np.testing.assert_allclose(shares.sum(axis=1), 1)
        assert shares.mean().idxmax() == 2

    def test_a_seed_repeats_it_and_files_keep_it(self):
        X, y = rows(100, 9)
        model, again = (small().fit(X, labels(y, 5)) for _ in range(2))
        np.testing.assert_array_equal(model.score_samples(X), again.score_samples(X))
        loaded = skops.io.loads(skops.io.dumps(model), trusted=[AAEOutlierDetector])
        np.testing.assert_array_equal(loaded.score_samples(X), model.score_samples(X))

    def test_rows_of_weight_zero_are_absent(self):
        X, y = rows(100, 9)
        weights = np.r_[np.zeros(50), np.ones(59)]
        model = small().fit(X, labels(y, 5), sample_weight=weights)
        np.testing.assert_array_equal(model.score_samples(X), small().fit(X[50:], labels(y, 5)[50:]).score_samples(X))


class TestPValues:
    def test_false_alarms_are_those_asked_for(self):
        (X, y), (fresh, _) = rows(200, 20), rows(1000, 0, seed=1)
        model = small(conformal=True).fit(X[y == 1].tolist() + X[y == -1].tolist(), np.where(y == -1, -1, 0))
        assert (model.predict(fresh, 0.1) == -1).mean() < 0.16
        outliers = rows(0, 200, seed=2)[0]
        assert (model.predict(outliers, 0.1) == -1).mean() > 0.6


class TestNoKnownOutliers:
    @pytest.mark.parametrize(
        "y",
        [
            np.ones(80),
            np.zeros(80, int),
            [None] * 80,
            np.full(80, np.nan),
            pd.Series([pd.NA] * 80, dtype="Int64"),
            pd.Series(np.ones(80, int)),
        ],
        ids=["normal", "unknown", "none", "nan", "NA", "series"],
    )
    def test_make_no_difference(self, y):
        X = rows(80, 0)[0]
        plain, model = small().fit(X), small().fit(X, y)
        np.testing.assert_array_equal(plain.score_samples(X), model.score_samples(X))
        assert plain.offset_ == model.offset_

    def test_searches_train_on_normal_rows(self):
        X, y = rows(120, 20)
        cv = OutlierKFold(2)
        scores = cross_val_score(small(), X, y, cv=cv, scoring=scorers.outlier_roc_auc)
        for (train, test), score in zip(cv.split(X, y), scores, strict=True):
            assert scorers.outlier_roc_auc(small().fit(X[train]), X[test], y[test]) == score


class TestLabels:
    @pytest.mark.parametrize(
        "y",
        [
            [-1, 0, 1, None],
            [-1, np.nan, 1, np.nan],
            np.array([-1, None, 1, 0], dtype=object),
            pd.Series([-1, pd.NA, 1, 0], dtype="Int64"),
            np.array([[-1.0], [0], [1], [0]])[:, 0],
        ],
    )
    def test_how_they_may_be_written(self, y):
        assert read_known_outliers(y, 4).tolist() == [0]

    @pytest.mark.parametrize(
        ("y", "message"),
        [
            ([-1, 0, 2, 5], r"-1 for rows known to be outliers.* Got \[2.0, 5.0\] too"),
            ([-1, 0, 1], "a label for each row. Got 3 labels and 4 rows"),
            ([-1, -1, -1, -1], "2 rows at least must not be known to be outliers.* Got 0 of 4"),
            ([-1, -1, -1, 0], "Got 1 of 4"),
            (["-1", "1", "1", "1"], "must have numbers.* Got '-1'"),
            ([True, False, False, False], r"Got True. If True marks outliers, `np.where\(y, -1, 0\)`"),
            ([-1, np.inf, 1, 1], r"Got \[inf\] too"),
            ([-1, 1j, 0, 0], "must have numbers.* Got 1j"),
        ],
    )
    def test_of_other_kinds(self, y, message):
        with pytest.raises(ValueError, match=message):
            read_known_outliers(y, 4)

    def test_that_mean_unlabelled_rows_elsewhere_are_told(self):
        with pytest.warns(UserWarning, match="Outliers should be fewer than other rows. Got 3 of 5"):
            read_known_outliers([-1, -1, -1, 0, 1], 5)

    def test_of_pyod_are_told(self):
        X = rows(40, 0)[0]
        with pytest.warns(UserWarning, match=r"Got 0 and 1.* PyOD's labels.*np.where\(y == 1, -1, 1\)"):
            small(max_iter=1).fit(X, np.arange(40) % 2)

    def test_of_classes_that_a_search_passes_on_change_nothing(self):
        X = rows(40, 0)[0]
        alone, with_classes = small(max_iter=1).fit(X), small(max_iter=1).fit(X, np.arange(40) % 3)
        np.testing.assert_array_equal(alone.score_samples(X), with_classes.score_samples(X))
