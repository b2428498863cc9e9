import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control

from skaae import AAEOutlierDetector
from skaae.estimators._conformal import draw_folds


def conformal(**parameters):
    return AAEOutlierDetector(
        **{
            "conformal": True,
            "n_members": 1,
            "hidden_layer_sizes": (16,),
            "max_iter": 10,
            "random_state": 0,
            **parameters,
        }
    )


def rows(n, seed=0):
    """Ten columns that four numbers make, with heavy tails."""
    rng = np.random.default_rng(seed)
    X = rng.standard_t(3, (n, 4)) @ np.random.default_rng(9).standard_normal((4, 10))
    return X + 0.1 * rng.standard_normal((n, 10))


class TestPValues:
    def test_new_normal_rows_have_them_evenly(self):
        p_values = [conformal(random_state=k).fit(rows(200, k)).p_values(rows(1000, k + 50)) for k in range(3)]
        for rate in (0.05, 0.2, 0.5):
            sampling_error = np.sqrt(rate * (1 - rate) / 600)
            assert abs((np.ravel(p_values) <= rate).mean() - rate) < 3 * sampling_error

    def test_the_usual_threshold_has_more_false_alarms_where_rows_are_few(self):
        model, fresh = conformal(max_iter=100).fit(rows(30)), rows(2000, seed=1)
        usual, conformal_rate = ((model.predict(fresh, rate) == -1).mean() for rate in (None, 0.05))
        assert conformal_rate < 0.08 < usual

    def test_outliers_have_the_lowest(self):
        model = conformal().fit(rows(200))
        strange = rows(50, seed=1)
        strange[:, 0] += 30
        assert np.median(model.p_values(strange)) == 1 / 201

    def test_new_categories_of_normal_rows_are_no_false_alarms(self):
        rng = np.random.default_rng(0)
        frames = [pd.DataFrame({"town": rng.zipf(1.3, 300).clip(max=5000).astype(str)}) for _ in range(2)]
        train, fresh = (frame.assign(x=rng.normal(size=300)) for frame in frames)
        assert (~fresh.town.isin(train.town)).mean() > 0.15
        model = conformal(categorical_features=["town"]).fit(train)
        assert (model.p_values(fresh) <= 0.1).mean() < 0.16
        assert (model.predict(fresh) == -1).mean() < 0.16
        assert (model.p_values(fresh) <= 0.3).mean() > 0.2  # nor are held-out rows stranger than these

    def test_scores_stay_what_they_are(self):
        X = rows(60)
        plain, model = conformal(conformal=False).fit(X), conformal().fit(X)
        np.testing.assert_array_equal(plain.score_samples(X), model.score_samples(X))
        assert plain.offset_ == model.offset_

    def test_control_of_false_discoveries(self):
        X = rows(250, seed=1)
        X[:50, 2] += 40
        found = false_discovery_control(conformal().fit(rows(300)).p_values(X)) <= 0.1
        assert found[:50].mean() > 0.8
        assert found[50:].sum() <= 0.2 * found.sum()

    def test_rows_by_themselves_and_saved_models(self):
        model, X = conformal().fit(rows(50)), rows(9, seed=1)
        together = model.p_values(X)
        np.testing.assert_array_equal(np.concatenate([model.p_values(row[None]) for row in X]), together)
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).p_values(X), together)

    def test_models_of_folds_go_to_the_device_that_is_there(self):
        model, X = conformal(max_iter=1).fit(rows(30)), rows(9, seed=1)
        expected = model.p_values(X)
        for fold in model._conformal:
            fold.model = replace(fold.model, device="cuda:7")
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).p_values(X), expected)

    def test_a_seed_repeats_them(self):
        first, again = (conformal(random_state=3).fit(rows(50)).p_values(rows(20, 1)) for _ in range(2))
        np.testing.assert_array_equal(first, again)

    def test_ten_rows(self):
        p_values = conformal().fit(rows(10)).p_values(np.vstack([rows(5, seed=1), np.full((1, 10), 1e6)]))
        assert p_values[-1] == 1 / 11
        assert ((p_values >= 1 / 11) & (p_values <= 1)).all()

    def test_duplicates_are_ordinary(self):
        X = np.repeat(rows(4), 30, axis=0)
        assert (conformal().fit(X).p_values(X[:4]) > 0.2).all()


class TestRules:
    def test_without_further_models(self):
        model = conformal(conformal=False).fit(rows(30))
        with pytest.raises(ValueError, match="fitted with `conformal=True`"):
            model.p_values(rows(3))
        with pytest.raises(ValueError, match="fitted with `conformal=True`"):
            model.predict(rows(3), false_alarm_rate=0.05)

    @pytest.mark.parametrize("rate", [0.01, 0, 1.5, float("nan"), True, "0.1", [0.1]])
    def test_a_rate_that_the_rows_do_not_allow(self, rate):
        with pytest.raises(ValueError, match=r"must be from 0\.0323, the lowest p-value"):
            conformal().fit(rows(30)).predict(rows(3), false_alarm_rate=rate)

    @pytest.mark.parametrize("share", [1e-9, 0.001, 0.02])
    def test_a_share_that_is_less_than_a_row_is_a_row(self, share):
        X = rows(50)
        model = conformal(conformal=False, contamination=share).fit(X)
        assert (model.predict(X) == -1).sum() == 1

    def test_another_threshold_needs_no_fit(self):
        X = rows(100)
        model, stricter = (conformal(conformal=False, contamination=share).fit(X) for share in (0.2, 0.01))
        model.offset_ = np.quantile(model.score_samples(X), 0.01)
        np.testing.assert_array_equal(model.predict(X), stricter.predict(X))

    def test_no_outlier_is_expected(self):
        X = rows(100)
        model = conformal(conformal=False, contamination=0).fit(X)
        assert (model.predict(X) == 1).all()
        assert model.predict(np.full((1, 10), 1e3)) == -1


@pytest.mark.parametrize(
    ("n", "n_folds", "n_held_out"), [(2, 0, 0), (3, 3, 3), (50, 5, 50), (1000, 3, 600), (9000, 1, 1800)]
)
def test_folds(n, n_folds, n_held_out):
    folds = draw_folds(n, np.random.RandomState(0))
    assert len(folds) == n_folds
    assert len(np.unique(np.concatenate([fold.held_out for fold in folds] or [[]]))) == n_held_out
    assert all(len(np.intersect1d(*fold)) == 0 and len(fold.learned) >= 2 for fold in folds)
