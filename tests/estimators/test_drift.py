"""Rows of another distribution than the first: `warm_start` follows them, `partial_fit` warns of them."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest

from skaae import AAEClusterer, AAEDenoiser, AAEGenerator, AAETransformer, SemiSupervisedAAEClassifier, TableEncoder
from skaae.streaming import fit_stream

SHARED = {"max_iter": 3, "hidden_layer_sizes": (16,), "random_state": 0}
FITTED = {
    "transformer": (AAETransformer(2, **SHARED), True),
    "classifier": (SemiSupervisedAAEClassifier(2, teachers=None, **SHARED), True),
    "clusterer": (AAEClusterer(2, teachers=None, **SHARED), False),
    "denoiser": (AAEDenoiser(2, **SHARED), False),
    "generator": (AAEGenerator(2, flow_layer_sizes=(16,), flow_max_iter=2, **SHARED), True),
}
FAR = r"columns \['b'\] that are so far off"


def rows(seed=0, n=200):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n, 3)) @ rng.normal(size=(3, 3)), columns=list("abc"))
    return X.assign(kind=rng.choice(["x", "y"], n)), rng.integers(0, 2, n)


def drifted(seed=1, n=200, shift=1000.0):
    X, y = rows(seed, n)
    return X.assign(b=X.b + shift), y


@pytest.fixture(params=FITTED)
def estimator(request):
    model, takes_labels = FITTED[request.param]
    model = pickle.loads(pickle.dumps(model))
    return lambda X, y, **parameters: model.set_params(**parameters).fit(X, y if takes_labels else None)


class TestWarmStart:
    def test_scales_follow(self, estimator):
        estimator(*rows(), warm_start=True)
        X, y = drifted()
        model = estimator(X, y)
        assert model.n_iter_ == 6
        anew = TableEncoder(model.table_encoder_.scaling, rounding=model.table_encoder_.rounding).fit(X)
        np.testing.assert_array_equal(model.table_encoder_.transform(X)[:, :3], anew.transform(X)[:, :3])
        if hasattr(model, "sample"):
            made = model.sample(100, random_state=0)
            assert abs(made["b"] - 1000).median() < 20

    def test_the_same_rows_keep_the_same_scales(self, estimator):
        X, y = rows()
        before = estimator(X, y, warm_start=True).table_encoder_.transform(X)
        np.testing.assert_array_equal(estimator(X, y).table_encoder_.transform(X), before)

    def test_new_categories_and_gaps_need_a_fit_anew(self, estimator):
        X, y = rows()
        model = estimator(X, y, warm_start=True)
        code = model.table_encoder_.transform(X)
        with pytest.raises(ValueError, match=r"in columns \['kind'\]: fit anew"):
            estimator(X.replace({"kind": {"x": "z"}}), y)
        with pytest.raises(ValueError, match="fit anew, with `warm_start=False`"):
            estimator(X.assign(a=X.a.where(X.a > 0)), y)
        np.testing.assert_array_equal(model.table_encoder_.transform(X), code)

    def test_arrays(self, estimator):
        X, y = np.random.default_rng(0).normal(size=(100, 3)).astype(np.float32), np.arange(100) % 2
        estimator(X, y, warm_start=True)
        model = estimator(X * 1e4, y)
        assert np.abs(model.table_encoder_.transform(X * 1e4)).max() < 4

    def test_a_denoiser_that_had_gaps_may_have_others(self):
        X, _ = rows()
        holes = X.assign(a=X.a.where(X.a > 0))
        model = AAEDenoiser(2, warm_start=True, **SHARED).fit(holes)
        model.fit(X.assign(a=X.a.where(X.a < 0), kind=X.kind.where(X.b > 0)))
        assert not model.transform(holes).isna().any(axis=None)

    def test_a_denoiser_of_complete_rows_has_no_mask_for_gaps_in_categories(self):
        X, _ = rows()
        model = AAEDenoiser(2, warm_start=True, **SHARED).fit(X)
        with pytest.raises(ValueError, match=r"rows must be complete .* Got missing cells in columns \['kind'\]"):
            model.fit(X.assign(kind=X.kind.where(X.b > 0)))

    def test_a_generator_rounds_and_looks_up_as_the_last_rows(self):
        rng = np.random.default_rng(0)
        number = rng.integers(0, 32, 300)
        name = np.char.add("n", (number // 8).astype(str))
        X = pd.DataFrame({"number": number, "name": name, "x": rng.normal(size=300)})
        model = AAEGenerator(2, warm_start=True, flow_layer_sizes=(16,), flow_max_iter=2, **SHARED).fit(X)
        swapped = X.assign(number=X.number + 500, name=X.name.map({"n0": "n1", "n1": "n0", "n2": "n2", "n3": "n3"}))
        made = model.fit(swapped).sample(200, random_state=0)
        assert made["number"].isin(swapped["number"]).all()
        names = swapped.drop_duplicates("number").set_index("number")["name"]
        assert (made["number"].map(names) == made["name"]).all()

    def test_new_values_in_a_column_of_few_need_a_fit_anew(self):
        X = pd.DataFrame({"stars": np.arange(100) % 5, "x": np.linspace(0, 1, 100) ** 2})
        model = AAEGenerator(1, warm_start=True, flow_layer_sizes=(16,), flow_max_iter=2, **SHARED).fit(X)
        with pytest.raises(ValueError, match=r"in columns \['stars'\]: fit anew"):
            model.fit(X.assign(stars=X.stars + 3))

    def test_made_up_identifiers_come_after_the_last_rows(self):
        X = pd.DataFrame({"key": np.arange(100), "x": np.linspace(0, 1, 100) ** 2})
        settings = {"identifiers": "replace", "flow_layer_sizes": (16,), "flow_max_iter": 2, "warm_start": True}
        model = AAEGenerator(1, **settings, **SHARED).fit(X)
        made = model.fit(X.assign(key=X.key + 5000)).sample(50, random_state=0)
        assert made["key"].min() == 5100

    def test_conditions_have_the_scales_and_the_shares_of_the_new_rows(self):
        X, _ = rows()
        settings = {"flow_layer_sizes": (16,), "flow_max_iter": 2, "rejection_sampling": False, "warm_start": True}
        model = AAEGenerator(2, **settings, **SHARED)
        conditions = pd.DataFrame({"load": X.a, "site": X.kind})
        model.fit(X, conditions)
        later = conditions.assign(load=X.a + 1000, site=np.where(np.arange(len(X)) < 20, "x", "y"))
        model.fit(X.assign(a=X.a + 1000), later[["site", "load"]])
        assert len(model.sample(3, {"load": 1000.0, "site": "x"}, random_state=0)) == 3
        drawn = model.conditions_.encoder.inverse_transform(model.conditions_.sample(500, np.random.RandomState(0)))
        assert abs(drawn["load"] - 1000).median() < 5
        assert 0.05 < (drawn["site"] == "x").mean() < 0.15
        with pytest.raises(ValueError, match="Condition 'load' must be within the range"):
            model.sample(3, {"load": 0.0, "site": "x"})
        with pytest.raises(ValueError, match=r"Condition 'site' must be one of the training rows' .'x', 'y'.*Got 'z'"):
            model.fit(X, conditions.assign(site="z"))
        with pytest.raises(ValueError, match=r"must have the conditions of the first fit .'load', 'site'.*Got 'load'"):
            model.fit(X, conditions[["load"]])


@pytest.fixture(params=["transformer", "classifier"])
def online(request):
    model = pickle.loads(pickle.dumps(FITTED[request.param][0]))
    X, y = rows()
    return model.partial_fit(X, y)


class TestPartialFit:
    def test_a_column_that_drifts_is_named_once(self, online):
        X, y = drifted()
        with pytest.warns(UserWarning, match=FAR) as caught:
            online.partial_fit(X, y)
        assert caught[0].filename == __file__
        online.partial_fit(X, y)  # warnings are errors
        online = pickle.loads(pickle.dumps(online)).partial_fit(X, y)
        with pytest.warns(UserWarning, match=r"columns \['a'\] that are so far off"):
            online.partial_fit(X.assign(a=X.a - 500), y)

    @pytest.mark.parametrize("scaling", ["standard", "quantile"])
    def test_arrays_and_single_rows(self, scaling):
        X = rows()[0].iloc[:, :3].to_numpy()
        model = AAETransformer(2, scaling=scaling, **SHARED).partial_fit(X)
        with pytest.warns(UserWarning, match=r"columns \[1\] that"):
            model.partial_fit(X[:1] + np.array([0, 1e6, 0]))

    def test_a_column_of_few_values_by_ranks(self):
        X = np.column_stack([np.arange(100) % 4, np.linspace(0, 1, 100) ** 2])
        model = AAETransformer(1, scaling="quantile", **SHARED).partial_fit(X)
        with pytest.warns(UserWarning, match=r"columns \[0\] that"):
            model.partial_fit(X + np.array([7, 0]))

    def test_a_column_with_gaps(self):
        X, _ = rows()
        model = AAETransformer(2, **SHARED).partial_fit(X.assign(b=X.b.where(X.b > -1)))
        with pytest.warns(UserWarning, match=FAR):
            model.partial_fit(drifted()[0])

    def test_a_fit_in_between_is_a_new_start(self, online):
        X, y = drifted()
        with pytest.warns(UserWarning, match=FAR):
            online.partial_fit(X, y)
        online.fit(X, y).partial_fit(X, y)
        with pytest.warns(UserWarning, match=FAR):
            online.partial_fit(*rows())

    @pytest.mark.parametrize("n", [1, 7, 200])
    def test_rows_of_the_same_kind_do_not_warn(self, n):
        rng = np.random.default_rng(0)
        X = np.column_stack(
            [rng.lognormal(0, 1, 3000), rng.standard_t(3, 3000), rng.integers(0, 3, 3000), np.ones(3000)]
        )
        for scaling in ("standard", "quantile"):
            model = AAETransformer(2, scaling=scaling, **SHARED).partial_fit(X[:1000])
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                for start in range(1000, 1000 + min(10 * n, 2000), n):
                    model.partial_fit(X[start : start + n])

    def test_streams(self):
        frames = [rows(seed)[0] for seed in range(2)] + [drifted(seed)[0] for seed in range(2, 6)]
        model = AAETransformer(2, **SHARED)
        with pytest.warns(UserWarning, match=FAR) as caught:
            fit_stream(model, iter(frames), scan=False, batch_rows=200, buffer_rows=200, random_state=0)
        assert len(caught) == 1
        fit_stream(AAETransformer(2, **SHARED), lambda: iter(frames), random_state=0)  # a scan sees all
