import calendar
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
            "rejection_sampling": False,  # has tests of its own, in test_density_ratio.py
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
        masked = np.ma.masked_array([0, 1] * 3, [0, 0, 0, 0, 0, 1])
        for y in (["a", "b", float("nan")] * 2, ["a", "b", None] * 2, masked):
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

    def test_conditions_that_are_not_given_are_drawn(self, on_table, table):
        rows, age, old = on_table, table[1].age, table[0].retired
        for y, wanted in (
            ({"sex": "f"}, old.mean()),
            ({"sex": {"f", "m"}, "age": (30, 70)}, old[age.between(30, 70)].mean()),
        ):
            assert rows.sample(2000, y, random_state=0).retired.mean() == pytest.approx(wanted, abs=0.06)
        styles = on_table.transform(table[0], table[1])
        assert on_table.inverse_transform(styles, {"age": (70, 79)}).retired.mean() > 0.9

    def test_a_transfer_changes_what_is_asked_for(self, on_table, table):
        X, y = table
        changed = on_table.transfer(X, {"sex": "f"}, y_from=y)
        pd.testing.assert_frame_equal(changed, on_table.transfer(X, y.assign(sex="f"), y_from=y))
        assert on_table.transfer(X, {"age": (70, 79)}, y_from=y).retired.mean() > 0.9

    def test_conditions_that_rows_seem_to_have_complete_those_given(self, on_table, table):
        X, y = table
        told = on_table.transform(X)
        partly = on_table.transform(X, {"sex": y.sex.tolist()})
        assert 0 < (np.abs(partly - told).max(1) < 1e-9).mean() < 1
        assert np.isfinite(on_table.score_samples(X[:20], {"age": 30})).all()

    @pytest.mark.parametrize(
        ("y", "message"),
        [
            ({"age": 30, "sex": "x"}, r"'sex' must be one of the training rows' \('f', 'm'\). Got 'x'"),
            ({"age": 130, "sex": "f"}, r"within the range of training rows \(18 to 79\). Got 130"),
            ({"age": None, "sex": "f"}, "a condition for every row. Got some that are missing"),
            (pd.DataFrame({"age": [30, 31], "sex": ["f", "m"]}), "one for each of 5 rows. Got 2"),
            (pd.DataFrame({"sex": ["f"], "town": ["A"]}), r"names of conditions \('age', 'sex'\). Got 'town'"),
            ({"age": "old", "sex": "f"}, "must be numbers"),
            ({"age": 30, "sex": {}}, "must be text or numbers"),
            ("f", "must be a dict or a DataFrame, with names of conditions"),
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
        model = small(flow_max_iter=200, rejection_sampling=True).fit(X)
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
            ([f"name {i}" for i in range(600)], "must not have what identifies training rows"),
            (np.full(600, 1j), "must be numbers, categories or dates"),
            ([1, "a"] * 300, "either text or numbers"),
        ],
    )
    def test_columns_that_are_refused(self, table, column, message):
        with pytest.raises(ValueError, match=message):
            small().fit(table[0].assign(strange=column))

    def test_a_failed_fit_leaves_it_as_it_was(self, on_table, table):
        model = pickle.loads(pickle.dumps(on_table))
        with pytest.raises(ValueError, match="drop them"):
            model.fit(table[0].assign(strange=[f"name {i}" for i in range(600)]), table[1])
        pd.testing.assert_frame_equal(model.sample(5, random_state=1), on_table.sample(5, random_state=1))

    def test_as_many_conditions_as_rows(self, table):
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            small().fit(table[0], table[1][:9])


def months(n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(1, 13, n), rng.lognormal(3, 0.5, n).round(2)


class TestCodes:
    """Columns that another determines."""

    @pytest.mark.parametrize("kind", ["int", "missing", "Int64", "price"])
    def test_a_code_stays_with_its_name(self, kind):
        codes, sales = months(1000)
        X = pd.DataFrame({"code": codes, "name": [calendar.month_name[code] for code in codes], "sales": sales})
        if kind == "missing":
            X["code"] = X.code.where(X.index % 9 > 0)
        elif kind == "Int64":
            X["code"] = X.code.astype("Int64").where(X.index % 9 > 0)
        elif kind == "price":
            X["code"] = X.code * 1.25 + 0.99
        known = X.dropna().groupby("name").code.first()
        rows = small(max_iter=3, flow_max_iter=3).fit(X).sample(500, random_state=0)
        assert rows.dtypes.equals(X.dtypes)
        present = rows[rows.code.notna()]
        assert len(present) > 300
        assert (known[present.name].to_numpy() == present.code.to_numpy()).all()

    def test_a_code_that_determines_a_name_is_a_category(self):
        rng = np.random.default_rng(0)
        store = rng.integers(1, 46, 2000)
        kinds = rng.choice(["A", "B", "C"], 46)
        X = pd.DataFrame({"store": store, "kind": kinds[store], "sales": rng.normal(size=2000)})
        model = small(max_iter=3, flow_max_iter=3).fit(X)
        rows = model.sample(500, random_state=0)
        assert (kinds[rows.store] == rows.kind).all()
        assert sorted(model.table_encoder_.one_hot_groups_)[-1] == 45

    def test_an_age_with_its_group_stays_a_number(self):
        rng = np.random.default_rng(0)
        age = rng.integers(1, 90, 3000)
        X = pd.DataFrame({"age": age, "group": np.where(age < 18, "child", np.where(age < 65, "adult", "senior"))})
        model = small(max_iter=3, flow_max_iter=3).fit(X)
        rows = model.sample(500, random_state=0)
        assert ((rows.age < 18) == (rows.group == "child")).all()
        assert ((rows.age >= 65) == (rows.group == "senior")).all()
        assert model.table_encoder_.one_hot_groups_ == (3,)

    def test_chance_is_no_dependence(self):
        rng = np.random.default_rng(0)
        X = pd.DataFrame(
            {"rare": rng.random(300) < 0.01, "town": rng.choice(list("abcdefgh"), 300), "n": rng.poisson(3, 300)}
        )
        assert small(max_iter=2, flow_max_iter=2).fit(X).table_encoder_._dependences == []


class TestIdentifiers:
    """Columns that identify rows."""

    @pytest.fixture
    def people(self):
        rng = np.random.default_rng(0)
        X = pd.DataFrame({"surname": [f"Person {n}" for n in range(60)], "key": np.arange(60) + 7})
        return X.assign(order=np.repeat([f"c{n}@example.org" for n in range(30)], 2), age=rng.integers(30, 50, 60))

    def test_they_are_refused(self, people):
        with pytest.raises(ValueError, match=r"\['surname', 'key', 'order'\]: drop them, have them made up"):
            small().fit(people)

    def test_they_are_made_up(self, people):
        model = small(max_iter=3, flow_max_iter=3, identifiers="replace").fit(people)
        rows = pickle.loads(pickle.dumps(model)).sample(50, random_state=0)
        assert list(rows) == list(people)
        assert rows.dtypes.equals(people.dtypes)
        assert not any(rows[name].isin(people[name]).any() for name in ("surname", "key", "order"))
        assert rows.surname.is_unique
        assert rows.key.tolist() == list(range(67, 117))
        assert rows.order.nunique() == 25
        assert rows.age.isin(people.age).all()
        assert "Person" not in str(vars(model.table_encoder_._columns.apart[0]))
        assert np.isfinite(model.transform(people)).all()

    def test_conditions_are_no_identifiers(self, people):
        with pytest.raises(ValueError, match=r"Conditions must not identify training rows. Got \['y'\]"):
            small().fit(people[["age"]], people.surname)
        with pytest.raises(ValueError, match=r"Got \['key'\]"):
            small().fit(people[["age"]], people[["key", "age"]])

    def test_they_are_kept(self, people):
        rows = small(max_iter=3, flow_max_iter=3, identifiers="keep").fit(people).sample(20, random_state=0)
        assert rows.surname.isin(people.surname).all()


class TestKinds:
    """What goes in comes out."""

    @pytest.mark.parametrize("dtype", [np.int8, np.int64, np.uint64, np.float32, np.float64, bool])
    def test_arrays_keep_their_dtype(self, dtype):
        X = np.random.default_rng(0).choice([0, 1, 20, 100], (200, 2)).astype(dtype)
        rows = small(max_iter=2, flow_max_iter=2).fit(X).sample(100, random_state=0)
        assert rows.dtype == X.dtype
        assert set(rows.ravel()) <= set(X.ravel())

    @pytest.mark.parametrize("offset", [0, 2**60])
    def test_large_integers_of_arrays(self, offset):
        X = np.random.default_rng(0).choice(offset + np.array([2**53 + 1, 2**53 + 2, 2**54 + 1]), (300, 2))
        rows = small(max_iter=2, flow_max_iter=2).fit(X).sample(100, random_state=0)
        assert rows.dtype == X.dtype
        assert set(rows.ravel().tolist()) <= set(X.ravel().tolist())
