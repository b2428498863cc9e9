"""Detectors that follow a stream by a window of its latest rows."""

import pickle

import numpy as np
import pandas as pd
import pytest

from skaae import AAEOutlierDetector
from skaae.streaming import fit_stream


def follower(**parameters):
    return AAEOutlierDetector(
        **{"n_members": 1, "hidden_layer_sizes": (16,), "max_iter": 20, "random_state": 0, **parameters}
    )


def chunk(time, n=200, seed=0):
    """Two numbers that go together and rise, and a category."""
    rng = np.random.default_rng((seed, int(10 * time)))
    a = rng.normal(size=n) + time
    return pd.DataFrame({"a": a, "b": 2 * a + 0.1 * rng.normal(size=n), "kind": rng.choice(["x", "y"], n)})


def alarms(model, X):
    return (model.predict(X) == -1).mean()


class TestDrift:
    def test_what_everybody_does_becomes_normal(self):
        model = follower(window_size=600)
        for time in range(6):
            model.partial_fit(chunk(time))
        assert alarms(follower().fit(chunk(0)), chunk(5, seed=1)) == 1
        assert alarms(model, chunk(5, seed=1)) < 0.2
        assert alarms(model, chunk(0, seed=1)) > 0.9  # which was long ago

    def test_what_breaks_a_relation_is_found_all_along(self):
        model = follower(window_size=600)
        for time in range(6):
            model.partial_fit(chunk(time / 5))
        assert alarms(model, chunk(1, seed=1).assign(b=lambda X: X.b + 3)) > 0.9

    def test_without_drift_false_alarms_stay_as_they_are(self):
        model = follower()
        for seed in range(4):
            model.partial_fit(chunk(0, seed=seed))
        assert alarms(model, chunk(0, 1000, seed=9)) < 0.12

    def test_fit_counts_as_the_first_chunk(self):
        model = follower().fit(chunk(0, 500)).partial_fit(chunk(8, 5))
        assert alarms(model, chunk(0, 500, seed=1)) < 0.15

    def test_streams_of_files(self, tmp_path):
        chunk(0, 900).to_csv(tmp_path / "rows.csv", index=False)
        model = fit_stream(follower(), tmp_path / "rows.csv", batch_rows=300, random_state=0)
        assert alarms(model, chunk(0, 500, seed=1)) < 0.15


class TestChunks:
    def test_a_row_alone_is_a_chunk(self):
        model = follower().partial_fit(chunk(0))
        assert model.partial_fit(chunk(0, 1)).n_iter_ == 21
        assert model.max_iter == 20
        assert not model.warm_start

    def test_arrays_frames_and_lists_follow_each_other(self):
        X = chunk(0)[["a", "b"]].to_numpy()
        model = follower().partial_fit(X).partial_fit(X[:10].tolist()).partial_fit(pd.DataFrame(X))
        assert alarms(model, X) < 0.15

    def test_a_chunk_that_does_not_fit_changes_nothing(self):
        model = follower().partial_fit(chunk(0))
        before = pickle.dumps(model)
        for wrong, y, words in [(chunk(0)[["a"]], None, "feature names"), (chunk(0), [1, 0], "a label for each row")]:
            with pytest.raises(ValueError, match=words):
                model.partial_fit(wrong, y)
        assert pickle.dumps(model) == before

    @pytest.mark.parametrize(("name", "value"), [("window_size", 0), ("window_size", 2.5), ("contamination", 5)])
    def test_parameters_that_were_changed_are_checked(self, name, value):
        model = follower().partial_fit(chunk(0)).set_params(**{name: value})
        with pytest.raises(ValueError, match=f"The '{name}' parameter of AAEOutlierDetector must be"):
            model.partial_fit(chunk(1))

    def test_a_pickle_goes_on_as_if_nothing_had_been(self):
        model = follower().partial_fit(chunk(0)).partial_fit(chunk(0.5))
        other = pickle.loads(pickle.dumps(model))
        X = chunk(1)
        np.testing.assert_array_equal(model.partial_fit(X).score_samples(X), other.partial_fit(X).score_samples(X))

    def test_new_categories_stay_outliers_and_many_are_told(self):
        model = follower().partial_fit(chunk(0))
        new = chunk(0, 10).assign(kind="z")
        model.partial_fit(new)  # warnings are errors
        assert alarms(model, new) == 1
        with pytest.warns(UserWarning, match=r"Got 12% of the latest rows with others, in columns \['kind'\]"):
            model.partial_fit(pd.concat([new, new]).head(18))
        model.partial_fit(new)  # without a warning, since it would be the same
        assert alarms(model, new) == 1

    def test_each_column_of_which_many_are_new_is_told(self):
        model = follower(window_size=200).partial_fit(chunk(0))
        with pytest.warns(UserWarning, match=r"in columns \['kind'\]"):
            model.partial_fit(chunk(0, 30).assign(kind="z"))
        with pytest.warns(UserWarning, match=r"in columns \['a', 'kind'\]"):
            model.partial_fit(chunk(0, 5).assign(a=np.nan))
        model.partial_fit(chunk(0))  # which pushes them out
        with pytest.warns(UserWarning, match=r"in columns \['kind'\]"):
            model.partial_fit(chunk(0, 30).assign(kind="z"))


class TestSensors:
    """A column without a value in some chunks."""

    def test_one_that_dies(self):
        X = np.random.default_rng(0).normal(size=(200, 3))
        alive, dead = X.copy(), X.copy()
        alive[:100, 2], dead[:, 2] = np.nan, np.nan
        model = follower(window_size=200).partial_fit(alive).partial_fit(dead)
        assert alarms(model, dead) < 0.15

    def test_one_that_comes_later(self):
        X = np.random.default_rng(0).normal(size=(200, 3))
        X[:, 2] = np.nan
        model = follower().partial_fit(X)
        X[:3, 2] = 1.0
        assert alarms(model.partial_fit(X), X[3:]) < 0.15

    def test_of_which_everything_is_new(self):
        model = follower(window_size=50).partial_fit(chunk(0, 50))
        with pytest.raises(ValueError, match=r"Got 100% of the latest rows with others, in columns \['kind'\]"):
            model.partial_fit(chunk(0, 50).assign(kind="z"))


class TestKnownOutliers:
    def test_they_steer_what_comes_later(self):
        rng = np.random.default_rng(0)
        X = rng.normal(size=(400, 3))
        odd = rng.normal(size=(20, 3)) * 0.3 + [1, 1, 1]  # among the others
        model = follower().partial_fit(X)
        before = model.score_samples(odd).mean() - model.score_samples(X).mean()
        model.partial_fit(odd[:10], np.full(10, -1))
        after = model.score_samples(odd[10:]).mean() - model.score_samples(X).mean()
        assert after < before - 1

    def test_a_chunk_may_be_one_known_outlier(self):
        X = np.random.default_rng(0).normal(size=(100, 2))
        model = follower().partial_fit(X).partial_fit([[4.0, 4.0]], [-1])
        assert model.predict([[4.0, 4.0]]) == [-1]
