import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import pairwise_distances_argmin
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from skaae import AAEGenerator
from skaae.metrics import sliced_wasserstein


def small(**parameters):
    return AAEGenerator(
        **{
            "hidden_layer_sizes": (64,),
            "flow_layer_sizes": (64, 64),
            "max_iter": 60,
            "flow_max_iter": 60,
            "random_state": 0,
            **parameters,
        }
    )


def people(n, seed=0):
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, n)
    income = np.where(rng.random(n) < 0.3, 0.0, (20_000 + 900 * age + rng.normal(0, 4000, n)).round(2))
    X = pd.DataFrame(
        {
            "income": np.where(rng.random(n) < 0.1, np.nan, income),
            "retired": age > 62,
            "job": pd.Categorical(
                np.where(age > 62, "none", rng.choice(["nurse", "smith"], n)), ["smith", "nurse", "none"]
            ),
            "children": pd.array(rng.integers(0, 4, n), dtype="Int64"),
            "town": np.where(rng.random(n) < 0.05, None, rng.choice(["A", "B"], n)),
        }
    )
    return X, pd.DataFrame({"age": age, "sex": rng.choice(["f", "m"], n)})


@pytest.fixture(scope="module")
def table():
    return people(600)


@pytest.fixture(scope="module")
def on_table(table):
    return small(max_iter=150, flow_max_iter=400).fit(*table)


@pytest.fixture(scope="module")
def digits():
    return train_test_split(*load_digits(return_X_y=True), random_state=0, stratify=load_digits().target)


@pytest.fixture(scope="module")
def judge(digits):
    X_train, X_test, y_train, y_test = digits
    judge = SVC().fit(X_train, y_train)
    assert judge.score(X_test, y_test) > 0.97
    return judge


@pytest.fixture(scope="module")
def on_digits(digits):
    X_train, _, y_train, _ = digits
    return AAEGenerator(max_iter=120, flow_max_iter=120, random_state=0).fit(X_train, y_train)


class TestConditions:
    def test_samples_are_of_the_class_asked_for(self, on_digits, judge):
        recognised = [(judge.predict(on_digits.sample(1000, c, random_state=0)) == c).mean() for c in range(10)]
        assert min(recognised) >= 0.9

    def test_transfer_changes_the_class(self, on_digits, digits, judge):
        _, X, _, y = digits
        wanted = (y + 1) % 10
        assert (judge.predict(on_digits.transfer(X, wanted)) == wanted).mean() > 0.85
        assert (judge.predict(on_digits.transfer(X, wanted, y_from=y)) == wanted).mean() > 0.9

    def test_transfer_keeps_the_style(self, on_digits, digits):
        _, X, _, y = digits
        sevens = on_digits.transfer(X, 7, y_from=y)
        before, after = on_digits.transform(X, y), on_digits.transform(sevens, np.full(len(X), 7))
        assert (pairwise_distances_argmin(after, before) == np.arange(len(X))).mean() > 0.8

    def test_styles_say_nothing_of_the_class(self, on_digits, digits):
        X, _, y, _ = digits
        styles = on_digits.transform(X, y)
        np.testing.assert_allclose(styles.std(0), 1, atol=0.3)
        own = [styles[y == c].mean(0) for c in range(10)]
        assert np.abs(own).max() < 0.6

    def test_conditions_are_told_from_rows(self, on_digits, digits):
        _, X, _, y = digits
        told, known = on_digits.transform(X), on_digits.transform(X, y)
        assert (np.abs(told - known).max(1) < 1e-6).mean() > 0.9

    def test_a_table_of_conditions(self, on_table, table):
        old = on_table.sample(300, {"age": 75, "sex": "f"}, random_state=0)
        young = on_table.sample(300, {"age": 25, "sex": "f"}, random_state=0)
        assert old.retired.mean() > 0.9 > 0.1 > young.retired.mean()
        earned = [rows.income[rows.income > 0].mean() for rows in (old, young)]
        assert earned[0] - earned[1] == pytest.approx(45_000, rel=0.2)
        each = on_table.sample(600, table[1], random_state=0)
        assert (each.retired == table[0].retired).mean() > 0.9

    def test_conditions_are_drawn_as_often_as_they_occurred(self):
        X = np.random.default_rng(0).normal(size=(200, 2)) + np.repeat([[0], [50]], [50, 150], 0)
        model = small().fit(X, np.repeat(["low", "high"], [50, 150]))
        assert (model.sample(1000, random_state=0)[:, 0] > 25).mean() == pytest.approx(0.75, abs=0.05)

    def test_classes_with_a_missing_one_are_refused_in_any_container(self):
        X = np.random.default_rng(0).normal(size=(6, 2))
        for y in (
            ["a", "b", float("nan")] * 2,
            ["a", "b", None] * 2,
            np.ma.masked_array([0, 1] * 3, [0, 0, 0, 0, 0, 1]),
        ):
            with pytest.raises(ValueError, match="a condition for every row"):
                small().fit(X, y)
        with pytest.raises(ValueError, match="Got 'nan', which is what missing values become"):
            small().fit(X, np.array(["a", "b", np.nan] * 2))
        with pytest.raises(ValueError, match="either text or numbers"):
            small().fit(X, ["a", "b", -1] * 2)

    def test_numbers_that_are_not_whole_are_no_classes(self):
        rng = np.random.default_rng(0)
        y = rng.normal(size=400)
        model = small().fit(np.stack([y, -y], 1) + 0.1 * rng.normal(size=(400, 2)), y)
        assert model.sample(200, 1.0, random_state=0)[:, 0].mean() == pytest.approx(1, abs=0.2)
        with pytest.raises(ValueError, match="within the range of training rows"):
            model.sample(3, 99.0)

    @pytest.mark.parametrize(
        ("y", "message"),
        [
            ({"age": 30, "sex": "x"}, "must be conditions of training rows"),
            ({"age": 130, "sex": "f"}, r"within the range of training rows \(18 to 79\). Got 130"),
            ({"age": None, "sex": "f"}, "a condition for every row. Got some that are missing"),
            (pd.DataFrame({"age": [30, 31], "sex": ["f", "m"]}), "one for each of 5 rows. Got 2"),
            (pd.DataFrame({"sex": ["f"], "age": [30]}), "same order"),
            ({"age": "old", "sex": "f"}, "must be numbers"),
            ({"age": 30, "sex": {}}, "must be text or numbers"),
            ("f", r"must have the columns \['age', 'sex'\], in the same order. Got \['y'\]"),
        ],
    )
    def test_conditions_that_are_refused(self, on_table, y, message):
        with pytest.raises(ValueError, match=message):
            on_table.sample(5, y)

    @pytest.mark.parametrize(
        ("y", "message"),
        [
            ([0.0, 1.0, np.inf], "must be finite"),
            (np.array(["a", 1, 2], dtype=object), "either text or numbers"),
            (np.array([{}, {}, {}]), "must be text or numbers"),
        ],
    )
    def test_conditions_that_cannot_be_learned(self, y, message):
        with pytest.raises(ValueError, match=message):
            small().fit(np.eye(3), y)

    def test_conditions_are_told_from_32_bits_far_from_zero(self):
        X = (1e9 + np.random.default_rng(0).standard_normal((60, 40))).astype(np.float32)
        model = small(scaling=None, max_iter=1, flow_max_iter=1).fit(X, np.arange(60) % 2)
        assert np.isfinite(model.transform(X)).all()

    def test_conditions_where_there_are_none_and_none_where_there_are(self, table):
        model = small(max_iter=1, flow_max_iter=1).fit(table[0])
        with pytest.raises(ValueError, match="`y` must be None for a model that was fitted without conditions"):
            model.sample(3, 1)
        with pytest.raises(ValueError, match="`transfer` needs a model that was fitted with conditions"):
            model.transfer(table[0], 1)
        with pytest.raises(ValueError, match="`y` must have a condition for every row"):
            small().fit(table[0], np.where(np.arange(600) < 10, np.nan, 1.0))


class TestRows:
    def test_samples_have_the_form_of_the_table(self, on_table, table):
        X, _ = table
        rows = on_table.sample(500, random_state=0)
        assert list(rows.columns) == list(X.columns)
        assert (rows.dtypes == X.dtypes).all()
        assert set(rows.town.dropna()) == {"A", "B"}
        assert rows.town.isna().any()
        assert rows.income.isna().mean() == pytest.approx(0.1, abs=0.05)
        assert (rows.income == 0).mean() == pytest.approx(0.27, abs=0.06)

    def test_columns_go_together(self, on_table):
        rows = on_table.sample(1000, random_state=0)
        assert ((rows.job == "none") == rows.retired).mean() > 0.97

    def test_arrays_come_as_arrays(self):
        X = np.random.default_rng(0).normal(size=(300, 3)) @ np.array([[1, 0, 2], [0, 1, 1], [0, 0, 0.1]])
        model = small().fit(X)
        made = model.sample(2000, random_state=0)
        assert isinstance(made, np.ndarray)
        np.testing.assert_allclose(np.corrcoef(made.T), np.corrcoef(X.T), atol=0.12)

    def test_the_fitted_density_is_closer_than_the_prior(self):
        rng = np.random.default_rng(0)
        angle = rng.random(1000) * 2 * np.pi
        X = np.stack([np.cos(angle), np.sin(angle)], 1) + 0.05 * rng.normal(size=(1000, 2))
        model = small(flow_max_iter=200).fit(X)
        fitted, prior = (model.sample(1000, random_state=0, from_prior=p) for p in (False, True))
        assert 2 * sliced_wasserstein(X, fitted, random_state=0) < sliced_wasserstein(X, prior, random_state=0)

    def test_styles_become_rows_again(self, on_table, table):
        X, y = table
        back = on_table.inverse_transform(on_table.transform(X, y), y)
        assert (back.dtypes == X.dtypes).all()
        assert (back.job == X.job).mean() > 0.97
        of_any = on_table.inverse_transform(on_table.transform(X, y))
        pd.testing.assert_frame_equal(of_any, on_table.inverse_transform(on_table.transform(X, y)))
        assert of_any.retired.mean() == pytest.approx(X.retired.mean(), abs=0.1)
        with pytest.raises(ValueError, match="`y` must be given to a model that was fitted with conditions"):
            on_table.transfer(X, None)
        with pytest.raises(ValueError, match="as many columns as styles"):
            on_table.inverse_transform(np.zeros((2, 99)), {"age": 30, "sex": "f"})

    def test_interpolation_ends_where_it_should(self, on_table, table):
        X, y = table
        ends = [slice(0, 5), slice(5, 10)]
        rows = on_table.interpolate(*(X[e] for e in ends), 4, y_from=y[ends[0]], y_to=y[ends[1]])
        assert len(rows) == 20
        for end, row in zip(ends, (0, 3), strict=True):
            assert (rows.job[row::4].to_numpy() == X.job[end].to_numpy()).all()
        with pytest.raises(ValueError, match=r"must have as many rows. Got 5 and 4"):
            on_table.interpolate(X[:5], X[:4])

    def test_strange_rows_have_a_low_density(self):
        X = np.random.default_rng(0).normal(size=(500, 2))
        X[:, 1] = X[:, 0] + 0.1 * X[:, 1]
        model = small().fit(X)
        assert model.score_samples([[1.5, -1.5]])[0] < np.quantile(model.score_samples(X), 0.01)


class TestBehaviour:
    def test_same_seed_same_rows_and_global_generators_rest(self, table):
        before = torch.get_rng_state().clone(), np.random.get_state()[1].copy()
        first, again = (small(max_iter=5, flow_max_iter=5).fit(*table) for _ in range(2))
        pd.testing.assert_frame_equal(again.sample(20, random_state=1), first.sample(20, random_state=1))
        assert torch.equal(before[0], torch.get_rng_state())
        assert (before[1] == np.random.get_state()[1]).all()

    def test_pickles(self, on_table):
        again = pickle.loads(pickle.dumps(on_table))
        pd.testing.assert_frame_equal(again.sample(20, random_state=1), on_table.sample(20, random_state=1))

    def test_early_stopping_and_warm_start(self, table):
        model = small(early_stopping=True, n_iter_no_change=3, warm_start=True).fit(*table)
        n_before = model.n_iter_
        assert "validation" in model.history_
        assert model.fit(*table).n_iter_ > n_before
        with pytest.raises(ValueError, match="and only then"):
            model.fit(table[0])

    def test_ten_rows_and_columns_that_say_nothing(self):
        X = pd.DataFrame(
            {"a": np.arange(10.0), "empty": [np.nan] * 10, "one": ["x"] * 10, "same": [7] * 10, "nothing": [None] * 10}
        )
        rows = small(max_iter=5, flow_max_iter=5).fit(X).sample(30, random_state=0)
        assert (rows.dtypes == X.dtypes).all()
        assert rows["empty"].isna().all()
        assert (rows.one == "x").all()
        assert (rows.same == 7).all()

    @pytest.mark.parametrize(
        ("column", "message"),
        [
            ([f"name {i}" for i in range(600)], "drop it if it identifies rows"),
            (pd.date_range("2020", periods=600), "turn it into numbers first"),
            ([1, "a"] * 300, "either text or numbers"),
        ],
    )
    def test_columns_that_are_refused(self, table, column, message):
        with pytest.raises(ValueError, match=message):
            small().fit(table[0].assign(strange=column))

    def test_a_failed_fit_leaves_it_as_it_was(self, on_table, table):
        model = pickle.loads(pickle.dumps(on_table))
        with pytest.raises(ValueError, match="drop it"):
            model.fit(table[0].assign(strange=[f"name {i}" for i in range(600)]), table[1])
        pd.testing.assert_frame_equal(model.sample(5, random_state=1), on_table.sample(5, random_state=1))

    def test_as_many_conditions_as_rows(self, table):
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            small().fit(table[0], table[1][:9])
