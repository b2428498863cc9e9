import pickle
import warnings
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neighbors import LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaae import AAEOutlierDetector
from skaae.estimators import _expected_values


def small(**parameters):
    return AAEOutlierDetector(
        **{"n_members": 2, "hidden_layer_sizes": (16,), "max_iter": 20, "random_state": 0, **parameters}
    )


def related(n, seed=0):
    """Six columns that two numbers make."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, 2)) @ np.random.default_rng(9).standard_normal((2, 6)) + 0.1 * rng.standard_normal(
        (n, 6)
    )


@pytest.fixture(scope="module")
def ones():
    """Digits that are a one, and the others."""
    X, y = load_digits(return_X_y=True)
    return X[y == 1], X[y != 1]


class TestCopies:
    """A table that was joined with itself has each row twice."""

    @pytest.mark.parametrize("n_copied", [300, 200])
    def test_new_rows_are_as_normal_as_without(self, n_copied):
        X = related(300)
        model = small().fit(np.vstack([X, X[:n_copied]]))
        assert (model.predict(related(500, seed=1)) == -1).mean() < 0.15
        assert (model.predict(X) == -1).mean() < 0.1

    def test_twice_is_once(self):
        X = related(300)
        frame = pd.DataFrame(X, columns=list("abcdef")).assign(kind=np.where(X[:, 0] > 0, "x", "y"))
        new = pd.DataFrame(related(50, seed=1), columns=list("abcdef")).assign(kind="x")
        once, twice = (small().fit(table).score_samples(new) for table in (frame, pd.concat([frame, frame])))
        np.testing.assert_allclose(once, twice, rtol=0.2)  # shares of values are smoothed by fewer rows

    def test_values_that_recur_by_chance_count_as_often_as_they_occur(self):
        rng = np.random.default_rng(0)
        X = pd.DataFrame({"a": rng.choice(["x", "y"], 600, p=[0.95, 0.05]), "b": rng.choice(["u", "v"], 600)})
        score = small().fit(X).score_samples(pd.DataFrame({"a": ["x", "y"], "b": ["u", "u"]}))
        assert score[0] > score[1]


class TestLearning:
    def test_finds_what_was_not_among_the_training_rows(self, ones):
        ones, others = ones
        train, test = ones[::2], ones[1::2]
        X, strange = np.vstack([test, others]), np.r_[np.zeros(len(test)), np.ones(len(others))]
        found = roc_auc_score(strange, -AAEOutlierDetector(random_state=0).fit(train).score_samples(X))
        forest = roc_auc_score(strange, -IsolationForest(random_state=0).fit(train).score_samples(X))
        assert found > 0.97
        assert found > forest

    def test_finds_what_was_among_the_training_rows(self, ones):
        ones, others = ones
        X, strange = np.vstack([ones, others[:20]]), np.r_[np.zeros(len(ones)), np.ones(20)]
        assert roc_auc_score(strange, -AAEOutlierDetector(random_state=0).fit(X).score_samples(X)) > 0.97

    def test_finds_outliers_that_have_company(self):
        X = np.vstack([related(300), 4 + 0.01 * related(15)])
        strange = np.repeat([0, 1], [300, 15])
        neighbours = LocalOutlierFactor(5).fit(X).negative_outlier_factor_
        assert roc_auc_score(strange, -neighbours) < 0.6
        scores = [AAEOutlierDetector(random_state=seed).fit(X).score_samples(X) for seed in range(3)]
        assert np.mean([roc_auc_score(strange, -each) for each in scores]) > 0.95

    def test_finds_a_break_of_the_relation_between_columns(self):
        X, broken = related(400), related(200, seed=1)
        broken[:, 3] = np.random.default_rng(0).permutation(broken[:, 3])
        fresh, strange = np.vstack([related(200, seed=2), broken]), np.repeat([0, 1], 200)
        forest = IsolationForest(random_state=0).fit(X).score_samples(fresh)
        assert roc_auc_score(strange, -forest) < 0.65
        assert roc_auc_score(strange, -AAEOutlierDetector(random_state=0).fit(X).score_samples(fresh)) > 0.75


class TestThreshold:
    @pytest.mark.parametrize("contamination", [0.02, 0.2, 0.5])
    def test_share_of_training_rows(self, contamination):
        X = related(500)
        labels = small(contamination=contamination).fit_predict(X)
        assert set(labels) == {-1, 1}
        assert abs((labels == -1).mean() - contamination) <= 0.004

    def test_false_alarms_on_fresh_rows_are_near_what_is_documented(self):
        alarms = [
            (
                AAEOutlierDetector(random_state=seed).fit(related(1000, seed)).predict(related(2000, 50 + seed)) == -1
            ).mean()
            for seed in range(2)
        ]
        assert 0.03 < np.mean(alarms) < 0.08

    def test_of_more_rows_than_views_learn_from(self):
        X = related(12_000)
        labels = small(max_iter=1, contamination=0.1).fit_predict(X)
        assert abs((labels == -1).mean() - 0.1) < 0.01

    def test_decision_is_the_score_above_the_offset(self):
        X = related(100)
        model = small().fit(X)
        np.testing.assert_array_equal(model.decision_function(X), model.score_samples(X) - model.offset_)
        np.testing.assert_array_equal(model.predict(X) == -1, model.score_samples(X) < model.offset_)


class TestScores:
    def test_do_not_depend_on_the_company_of_a_row(self):
        model = small().fit(related(100))
        X = related(20, seed=1)
        one_by_one = np.concatenate([model.score_samples(row[None]) for row in X])
        np.testing.assert_allclose(model.score_samples(X), one_by_one, rtol=1e-9)

    def test_grow_beyond_the_training_rows_without_end(self):
        model = small().fit(related(100))
        steps = model.score_samples(related(1, seed=1) + np.array([[0], [2], [4], [6]]))
        assert (np.diff(steps) < 0).all()

    def test_units_of_columns_do_not_matter(self):
        X, units = related(200), 10.0 ** np.arange(-6, 6, 2)
        fresh = related(50, seed=1)
        plain, wild = small().fit(X).score_samples(fresh), small().fit(X * units + 7).score_samples(fresh * units + 7)
        assert np.corrcoef(plain, wild)[0, 1] > 0.99

    def test_a_row_that_came_twice_has_company(self):
        X = related(200)
        odd = X[0] + [4, -4, 4, -4, 4, -4]
        alone = small().fit(np.vstack([X, odd])).score_samples([odd])
        twice = small().fit(np.vstack([X, [odd] * 10])).score_samples([odd])
        assert twice > alone


class TestExplain:
    def test_the_planted_column_comes_first(self):
        model = AAEOutlierDetector(random_state=0).fit(related(400))
        planted = related(60, seed=1)
        columns = np.arange(60) % 6
        planted[np.arange(60), columns] += 4 * np.sign(planted[np.arange(60), columns])
        first = model.explain(planted).to_numpy().argmax(1)
        assert (first == columns).mean() > 0.9

    def test_is_a_frame_like_the_rows(self):
        X = pd.DataFrame(related(50), columns=list("abcdef"), index=[f"row {i}" for i in range(50)])
        shares = small().fit(X).explain(X)
        assert list(shares.columns) == list("abcdef")
        assert list(shares.index) == list(X.index)
        assert (shares.to_numpy() >= 0).all()
        np.testing.assert_allclose(shares.sum(axis=1), 1)

    def test_of_many_columns(self):
        X = np.random.default_rng(0).standard_normal((60, 80))
        odd = X[:1].copy()
        odd[0, 70] = 9
        assert small().fit(X).explain(odd).to_numpy().argmax() == 70


class TestExpectedValues:
    def test_restore_a_changed_cell(self):
        model, X = small().fit(related(400)), related(60, seed=1)
        changed, columns = X.copy(), np.arange(60) % 6
        changed[np.arange(60), columns] += 5
        expected = model.expected_values(changed).to_numpy()[np.arange(60), columns]
        errors = np.abs(expected - X[np.arange(60), columns])
        assert np.median(errors) < 0.3 * np.abs(X).mean()

    def test_are_cells_of_the_units_and_types_of_the_table(self):
        rng = np.random.default_rng(0)
        size = rng.integers(150, 200, 300)
        X = pd.DataFrame({"size": size, "kind": np.where(size > 175, "tall", "short")}, index=np.arange(300) + 7)
        X["extra"] = np.where(size > 175, np.nan, 1.5)
        strange = X[:50].assign(kind="new", size=X["size"].where(X["size"] != X["size"].iloc[0], 10**6))
        expected = small().fit(X).expected_values(strange)
        assert list(expected.columns) == list(X.columns)
        assert list(expected.index) == list(X.index[:50])
        assert (expected.kind == X.kind[:50]).mean() > 0.9
        assert (expected.extra.isna() == X.extra[:50].isna()).mean() > 0.9
        assert expected["size"].between(150, 200).all()
        assert expected["size"].dtype == X["size"].dtype

    def test_identifiers_are_what_they_are(self):
        X = pd.DataFrame(related(50), columns=list("abcdef")).assign(key=[f"key {i}" for i in range(50)])
        model = small(max_iter=1, column_kinds={"key": "identifier"}).fit(X)
        assert list(model.expected_values(X[3:5]).key) == ["key 3", "key 4"]

    def test_of_few_and_of_many_training_rows(self):
        assert small(max_iter=1).fit(related(2)).expected_values(related(3, 1)).shape == (3, 6)
        wide = np.random.default_rng(0).standard_normal((30, 80))
        with patch.object(_expected_values, "MAX_TRAINING_CELLS", 1000):
            assert np.isfinite(small(max_iter=1).fit(wide).expected_values(wide[:3])).all(axis=None)


class TestDropsIn:
    def test_pickle_holds_no_torch_and_scores_the_same(self):
        X = related(80)
        model = small().fit(X)
        dump = pickle.dumps(model)
        assert b"torch._" not in dump
        np.testing.assert_array_equal(pickle.loads(dump).score_samples(X), model.score_samples(X))

    def test_same_seed_same_scores(self):
        X = related(80)
        np.testing.assert_array_equal(small().fit(X).score_samples(X), small().fit(X).score_samples(X))
        assert not np.allclose(small(random_state=1).fit(X).score_samples(X), small().fit(X).score_samples(X))

    def test_pipeline_and_search(self):
        X = np.vstack([related(100), 5 + related(10)])
        strange = np.repeat([1, -1], [100, 10])
        pipeline = make_pipeline(StandardScaler(), small())
        splits = StratifiedKFold(2, shuffle=True, random_state=0).split(X, strange)
        search = GridSearchCV(
            pipeline, {"aaeoutlierdetector__trim_fraction": [0, 0.3]}, scoring="roc_auc", cv=list(splits), n_jobs=2
        ).fit(X, strange)
        assert search.best_score_ > 0.9
        assert (clone(pipeline).fit(X).predict(X[100:]) == -1).any()

    def test_warm_start_goes_on(self):
        X = related(80)
        model = small(warm_start=True).fit(X)
        assert model.fit(X).n_iter_ == 40

    def test_early_stopping(self):
        model = small(early_stopping=True, max_iter=500, n_iter_no_change=2).fit(related(80))
        assert model.n_iter_ < 500


class TestWhatPeopleDo:
    @pytest.mark.parametrize(
        "X",
        [
            related(2),
            related(10),
            related(80),
            np.repeat(related(20), 10, axis=0),
            np.hstack([related(60), np.ones((60, 1))]),
            np.zeros((30, 3)),
            np.random.default_rng(0).integers(0, 3, (100, 5)),
            related(60).astype(np.float32),
            np.random.default_rng(0).standard_normal((40, 300)),
            np.random.default_rng(0).standard_normal((40, 1)),
        ],
        ids=[
            "two",
            "ten",
            "eighty",
            "duplicates",
            "constant-column",
            "constant",
            "integers",
            "float32",
            "wide",
            "narrow",
        ],
    )
    def test_any_numbers(self, X):
        model = small().fit(X)
        scores = model.score_samples(X)
        assert scores.shape == (len(X),)
        assert np.isfinite(scores).all()
        assert np.isfinite(model.score_samples(X + 1e6)).all()
        np.testing.assert_allclose(model.explain(X).sum(axis=1), 1)

    def test_a_frame_of_several_types_of_numbers(self):
        X = pd.DataFrame(related(50), columns=list("abcdef"))
        X["b"], X["c"] = X["b"] > 0, X["c"].round().astype(int)
        assert set(small().fit(X).predict(X)) == {-1, 1}

    def test_change_of_a_constant_column_is_strange(self):
        X = np.hstack([related(100), np.ones((100, 1))])
        changed = X[:20].copy()
        changed[:, -1] = 2
        model = small().fit(X)
        assert (model.predict(changed) == -1).all()
        assert (model.explain(changed).to_numpy().argmax(1) == 6).all()

    def test_one_wild_value_does_not_blind_it(self):
        X = related(200)
        X[0, 0] = 1e12
        odd = related(1, seed=1)
        odd[0, 0] += 5
        assert small().fit(X).predict(odd) == -1

    def test_free_text_is_refused_with_advice(self):
        X = pd.DataFrame({"remark": [f"remark {i}" for i in range(200)], "size": range(200)})
        with pytest.raises(ValueError, match="encode it first if it is free text"):
            small().fit(X)

    def test_infinite_values_are_refused(self):
        X = related(20)
        X[3, 2] = np.inf
        with pytest.raises(ValueError, match="contains infinity"):
            small().fit(X)

    def test_of_two_rows_one_may_be_held_out(self):
        assert np.isfinite(small(early_stopping=True).fit(related(2)).score_samples(related(9))).all()

    @pytest.mark.parametrize(
        ("parameter", "value"), [("contamination", 0.6), ("contamination", -0.1), ("trim_fraction", 0.7)]
    )
    def test_parameter_out_of_its_rule(self, parameter, value):
        with pytest.raises(ValueError, match=f"'{parameter}' parameter"):
            small(**{parameter: value}).fit(related(20))


class TestCellsThatTrainingNeverHad:
    def test_a_missing_cell_is_stranger_than_any_value_and_is_explained(self):
        model, X = small().fit(related(300)), related(100, seed=1)
        holes = X.copy()
        holes[:, 2] = np.nan
        assert (model.score_samples(holes) < model.score_samples(X)).mean() > 0.95
        assert (model.explain(holes).to_numpy().argmax(1) == 2).mean() > 0.95

    @pytest.mark.parametrize("n_features", [1, 6])
    def test_a_row_of_missing_cells_is_an_outlier(self, n_features):
        model = small(contamination=0.001).fit(related(300)[:, :n_features])
        assert model.predict(np.full((1, n_features), np.nan)) == -1

    def test_missing_cells_that_training_had_are_ordinary(self):
        X = related(300)
        X[np.random.default_rng(0).random(X.shape) < 0.2] = np.nan
        assert (small().fit(X[:200]).predict(X[200:]) == -1).mean() < 0.2

    def test_a_new_category_is_stranger_than_the_rarest(self):
        rng = np.random.default_rng(0)
        odds = 1 / np.arange(1, 51)
        X = pd.DataFrame({"k": rng.choice([f"k{i}" for i in range(50)], 600, p=odds / odds.sum())}).assign(
            x=rng.normal(size=600), y=rng.normal(size=600)
        )
        model = small().fit(X)
        new, rarest = X[:100].assign(k="new"), X[:100].assign(k=X.k.value_counts().index[-1])
        assert (model.score_samples(new) < model.score_samples(rarest)).all()
        assert (model.predict(new) == -1).all()
        assert (model.explain(new).idxmax(axis=1) == "k").all()

    @pytest.mark.parametrize("scaling", ["standard", "quantile"])
    def test_scores_fall_without_end(self, scaling):
        rng = np.random.default_rng(0)
        X = np.column_stack([rng.lognormal(3, 2, 1000), rng.normal(size=(1000, 2))])
        far = [[k * np.quantile(X[:, 0], 0.99), 0, 0] for k in [1, 10, 1e3, 1e6, 1e9, 1e12]]
        scores = small(scaling=scaling).fit(X).score_samples(far)
        assert np.isfinite(scores).all()
        assert (np.diff(scores) < 0).all()

    @pytest.mark.parametrize(("was", "now"), [(0.02, 0.2), (1e-6, 1e-3), (5.0, 6.0), (0.0, 1.0), (1000, 1001)])
    def test_a_constant_that_changes_is_strange(self, was, now):
        X, fresh = (np.column_stack([related(200, seed), np.full(200, was)]) for seed in (0, 1))
        model, changed = small().fit(X), fresh.copy()
        changed[:, 6] = now
        assert (model.predict(changed) == -1).all()
        assert (model.predict(fresh) == -1).mean() < 0.2
        assert (model.explain(changed).to_numpy().argmax(1) == 6).all()


class TestManyRows:
    @pytest.mark.parametrize("contamination", [5e-4, 0.01])
    def test_the_share_is_exact(self, contamination):
        X = np.random.default_rng(0).standard_t(5, size=(20_000, 2))
        model = small(n_members=1, max_iter=1, contamination=contamination).fit(X)
        assert (model.predict(X) == -1).sum() == contamination * len(X)

    def test_the_share_of_few_rows_is_that_of_an_isolation_forest(self):
        X = related(123)
        forest = IsolationForest(contamination=0.07, random_state=0).fit(X)
        assert (small(contamination=0.07).fit_predict(X) == -1).sum() == (forest.predict(X) == -1).sum()


class TestDrift:
    @pytest.mark.parametrize("shift", [30, 300])
    def test_warm_start_follows(self, shift):
        model = small(warm_start=True).fit(related(300)).fit(related(300, seed=1) + shift)
        fresh, faulty = related(200, seed=2) + shift, related(200, seed=3) + shift
        faulty[:, 0] += 5
        assert (model.predict(fresh) == -1).mean() < 0.2
        anew = small().fit(related(300, seed=1) + shift)
        assert (model.predict(faulty) == -1).mean() > (anew.predict(faulty) == -1).mean() - 0.1

    def test_new_categories_and_gaps_need_a_fit_anew(self):
        X = pd.DataFrame({"k": ["a", "b"] * 30, "x": related(60)[:, 0]})
        model = small(warm_start=True, max_iter=1).fit(X)
        with pytest.raises(ValueError, match=r"in columns \['k'\]: fit anew"):
            model.fit(X.replace({"k": {"a": "c"}}))
        with pytest.raises(ValueError, match=r"in columns \['x'\]: fit anew"):
            model.fit(X.assign(x=X.x.where(X.x > 0)))
        assert model.fit(X).n_iter_ == 2


class TestLabels:
    @pytest.mark.parametrize(
        "columns",
        [
            [1, 2, 3],
            [3, 1, 2],
            pd.MultiIndex.from_product([["a"], ["x", "y", "z"]], names=["part", "what"]),
            pd.date_range("2024-01-01", periods=3),
        ],
        ids=["numbers", "unordered", "pairs", "dates"],
    )
    def test_of_explanations_are_the_inputs(self, columns):
        X = pd.DataFrame(related(60)[:, :3])
        X.columns = columns
        model = small(max_iter=1).fit(X)
        shares = model.explain(X[:4])
        pd.testing.assert_index_equal(shares.columns, X.columns)
        pd.testing.assert_index_equal(shares.index, X.index[:4])
        pd.testing.assert_index_equal(model.explain(X[:4].to_numpy()).columns, X.columns)


class TestIdentifiers:
    @pytest.mark.parametrize("as_input", [lambda X: X, lambda X: X.to_numpy()], ids=["frame", "array"])
    def test_row_numbers_are_told(self, as_input):
        X = as_input(pd.DataFrame({"entry": np.arange(100), "x": related(100)[:, 0]}))
        with pytest.warns(UserWarning, match=r"identify them in \['entry'\]|identify them in \[0\]"):
            small(max_iter=1).fit(X)


def test_a_column_of_many_names_costs_little():
    """Names that say nothing hide no outliers, and new ones among them are none."""
    rng = np.random.default_rng(0)
    X, fresh = related(600), related(600, seed=1)
    fresh[:30, 0] += 1.5
    tables = [pd.DataFrame(rows).assign(name=rng.integers(300, size=600).astype(str)) for rows in (X, fresh)]
    tables = [table.rename(columns=str) for table in tables]
    areas = [
        roc_auc_score(np.arange(600) < 30, -small().fit(train).score_samples(new))
        for train, new in ((X, fresh), tables)
    ]
    assert areas[1] > areas[0] - 0.03


def test_many_rows_are_not_seen_five_times():
    X = related(2000)  # 1,200 of which are trained on, in nine steps
    with patch.dict("skaae.estimators._outlier.PLAN_OPTIONS", max_auto_steps=20):
        assert small(max_iter="auto").fit(X).n_iter_ == 2
        assert small(max_iter=3).fit(X).n_iter_ == 3


def test_of_many_categories_none_is_an_outlier_by_how_common_it_is():
    rng = np.random.default_rng(0)
    probability = 1 / (1 + np.arange(300)) ** 0.7
    shop = rng.choice(300, 2400, p=probability / probability.sum()).astype(str)
    X = pd.DataFrame({"x": rng.normal(size=2400), "y": rng.normal(size=2400), "shop": shop})
    train, fresh = X[:1000], X[1000:]
    count = fresh.shop.map(train.shop.value_counts()).fillna(0)
    model = small().fit(train)
    is_outlier = pd.Series(model.predict(fresh) == -1)
    assert is_outlier.groupby(pd.cut(count.to_numpy(), [-1, 0, 9, 19, 99])).mean().max() < 0.12
    unseen = fresh[count > 0].assign(shop="new")
    assert (model.score_samples(unseen) < model.score_samples(fresh[count > 0])).mean() > 0.9


@pytest.mark.parametrize("dtype", ["datetime64[s]", str, "arrow"])
def test_a_column_that_runs_with_time_is_named(dtype):
    """Every later row would be an outlier by it, however ordinary."""
    rng = np.random.default_rng(0)
    days = np.sort(rng.integers(0, 30, 120))
    at = pd.Series(pd.Timestamp("2024-05-01") + pd.to_timedelta(days, unit="D"))
    X = pd.DataFrame({"at": at, "battery": 100 - days + rng.normal(0, 0.5, 120), "load": rng.normal(days / 30, 1, 120)})
    X["at"] = (
        at.dt.strftime("%Y-%m-%d") if dtype is str else at.astype("date32[pyarrow]" if dtype == "arrow" else dtype)
    )
    model = small(max_iter=1)
    with pytest.warns(UserWarning, match=r"Got \['battery'\], which rise or fall with 'at'") as caught:
        model.fit(X)
    assert [Path(warning.filename).name for warning in caught] == ["test_outlier.py"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X.assign(battery=X.battery.diff().fillna(0)))
        model.fit(X.drop(columns="at"))
