import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skaae import AAEGenerator
from skaae.estimators._cell_bins import bins_of


def small(**parameters):
    defaults = {"hidden_layer_sizes": (64,), "flow_layer_sizes": (16,), "flow_max_iter": 1, "max_iter": 60}
    defaults |= {"completion": True, "rejection_sampling": False, "random_state": 0}
    return AAEGenerator(**{**defaults, **parameters})


def shop(n, seed=0):
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, n)
    price, pieces = rng.lognormal(2, 0.5, n).round(2), rng.integers(1, 9, n)
    X = pd.DataFrame(
        {
            "age": age,
            "job": np.where(age > 60, "none", rng.choice(["nurse", "smith"], n)),
            "price": price,
            "pieces": pieces,
            "total": (price * pieces).round(2),
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 400, n), "D"),
            "income": np.where(rng.random(n) < 0.3, 0.0, 1000 * age + rng.normal(0, 3000, n)),
        }
    )
    X.loc[rng.random(n) < 0.1, "income"] = np.nan
    X.index = np.repeat(np.arange(n // 2), 2)
    return X


def hide(X, seed=1, fraction=0.3):
    return X.mask(np.random.default_rng(seed).random(X.shape) < fraction)


@pytest.fixture(scope="module")
def table():
    return shop(400)


@pytest.fixture(scope="module")
def model(table):
    return small(constraints=["total == price * pieces"]).fit(table)


def test_given_cells_stay_and_missing_ones_are_filled_in_the_form_of_training_rows(model, table):
    incomplete = hide(table)
    first, second = model.complete(incomplete, n_draws=2, random_state=0)
    assert first.notna().all().all()
    pd.testing.assert_series_equal(first.dtypes, table.dtypes)
    pd.testing.assert_index_equal(first.index, table.index)
    for name in table:
        known = incomplete[name].notna().to_numpy()
        assert (first[name].to_numpy()[known] == table[name].to_numpy()[known]).all()
        assert (first[name].to_numpy() != second[name].to_numpy())[~known].mean() > 0.1
    pd.testing.assert_frame_equal(first, model.complete(incomplete, n_draws=2, random_state=0)[0])


def test_rules_hold_whatever_of_them_is_missing(model, table):
    for missing in (["total"], ["price"], ["pieces"], ["price", "pieces"], ["total", "price", "pieces"]):
        incomplete = table[:100].assign(**dict.fromkeys(missing, np.nan))
        completed = model.complete(incomplete, random_state=0)
        np.testing.assert_allclose(completed.total, completed.price * completed.pieces, atol=0.00501)


def test_cells_that_no_rule_allows_are_an_error(model, table):
    impossible = table[:3].assign(total=-5.0, pieces=np.nan)
    with pytest.raises(ValueError, match="first for row 0"):
        model.complete(impossible, random_state=0)


def test_given_cells_that_break_a_rule_are_told_before_anything_is_drawn(model, table):
    wrong = table[:3].assign(age=np.nan).reset_index(drop=True)
    wrong.loc[1, "total"] += 1
    message = f"'price': {wrong.price[1]}, .* in row 1, which break 'total == price \\* pieces', as in 1 of 3 rows"
    with pytest.raises(ValueError, match=message):
        model.complete(wrong, random_state=0)
    wrong.loc[1, "total"] = np.nan
    assert model.complete(wrong, random_state=0).notna().all(axis=None)


def test_draws_follow_what_is_given(model, table):
    rows = table.iloc[[0] * 200].assign(job=np.nan, income=np.nan)
    old, young = (model.complete(rows.assign(age=age), random_state=0) for age in (70, 25))
    assert (old.job == "none").mean() > 0.8
    assert (young.job != "none").mean() > 0.8
    assert abs(young.job.eq("nurse").mean() - 0.5) < 0.2
    assert 0.15 < (old.income == 0).mean() < 0.45
    assert old.income[old.income > 0].median() > 1.5 * young.income[young.income > 0].median()


def test_ranges_of_draws_hold_as_many_numbers_as_they_say(model):
    test = shop(300, seed=5)
    draws = model.complete(test.assign(price=np.nan, total=np.nan), n_draws=39, random_state=0)
    low, *_, high = np.sort([each.price for each in draws], axis=0)[1:-1]
    assert 0.82 < ((test.price >= low) & (test.price <= high)).mean() < 0.97


def test_ranges_and_sets_are_evidence(model, table):
    incomplete = hide(table)
    spring = pd.Timestamp("2024-03-01"), pd.Timestamp("2024-04-01")
    known = {"age": (30, 40), "job": {"nurse"}, "day": spring, "income": (10_000, np.inf)}
    completed = model.complete(incomplete, within=known, random_state=0)
    missing = incomplete.isna()
    assert completed.age[missing.age].between(30, 40).all()
    assert completed.job[missing.job].eq("nurse").all()
    assert completed.day[missing.day].between(*spring).all()
    assert (completed.income[missing.income] >= 10_000).all()
    assert completed.age[~missing.age].eq(table.age[~missing.age]).all()


def test_evidence_of_one_column_tells_of_others(model, table):
    nothing = table.iloc[[0] * 200].mask(np.ones((200, table.shape[1]), bool))
    jobs = model.complete(nothing, within={"age": (65, 80)}, random_state=0).job
    ages = model.complete(nothing, within={"job": {"none"}, "pieces": {1, 2}}, random_state=0).age
    assert jobs.eq("none").mean() > 0.8
    assert (ages > 55).mean() > 0.8


@pytest.mark.parametrize(
    ("within", "message"),
    [
        ({"town": {"A"}}, "must have names of columns"),
        ({"age": 30}, "ranges"),
        ({"age": (40, 30)}, "low <= high"),
        ({"job": {"king"}}, "training rows allow"),
        ({"job": ("a", "b")}, "durations, as in training, or of categories in an order"),
    ],
)
def test_evidence_that_cannot_be_is_an_error(model, table, within, message):
    with pytest.raises(ValueError, match=message):
        model.complete(table[:3], within=within)


def test_conditions_are_given_or_unknown():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 300)
    X = pd.DataFrame({"a": 5.0 * y + rng.normal(size=300), "b": rng.normal(size=300)})
    model = small(max_iter=40).fit(X, y)
    nothing = X.assign(a=np.nan)
    ones, zeros = (model.complete(nothing, label, random_state=0).a.mean() for label in (1, 0))
    assert ones > zeros + 3
    assert abs(model.complete(nothing, random_state=0).a.mean() - X.a.mean()) < 1


def test_arrays_and_frames_of_polars():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 3))
    incomplete = np.where(rng.random(X.shape) < 0.3, np.nan, X)
    completed = small(max_iter=5).fit(X).complete(incomplete, random_state=0)
    assert isinstance(completed, np.ndarray)
    np.testing.assert_array_equal(completed[~np.isnan(incomplete)], X[~np.isnan(incomplete)])
    assert np.isfinite(completed).all()
    frame = pl.DataFrame({"a": [1, 2, 3, None] * 20, "b": ["x", "y", None, "x"] * 20})
    completed = small(max_iter=5).fit(frame).complete(frame, random_state=0)
    assert completed.schema == frame.schema
    assert completed.null_count().sum_horizontal().item() == 0


def test_a_saved_model_completes(model, table):
    again = pickle.loads(pickle.dumps(model))
    incomplete = hide(table[:50])
    pd.testing.assert_frame_equal(
        again.complete(incomplete, random_state=0), model.complete(incomplete, random_state=0)
    )


def test_samples_are_the_same_with_and_without(table):
    samples = [small(max_iter=3, completion=each).fit(table).sample(20, random_state=0) for each in (True, False)]
    pd.testing.assert_frame_equal(*samples)


def test_a_model_without_says_what_to_do(table):
    with pytest.raises(ValueError, match="completion=True"):
        small(max_iter=3, completion=False).fit(table).complete(table)


def test_equal_numbers_are_in_one_bin():
    edges, points = bins_of(np.array([1.0] * 50 + [2.0] * 3 + list(range(3, 50))), 10)
    assert (edges[:2] > 1).all()
    assert (points[0] == 1).all()
    assert len(points) == len(edges) + 1


def test_columns_without_a_cell_stay_missing_and_tables_of_one_column_are_completed():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"never": [np.nan] * 60, "b": rng.normal(size=60), "no": pd.Series([None] * 60, dtype=object)})
    completed = small(max_iter=3).fit(X).complete(X.mask(rng.random(X.shape) < 0.3), random_state=0)
    assert completed.isna().mean().tolist() == [1, 0, 1]
    for column in ("b", "never"):
        completed = small(max_iter=3).fit(X[[column]]).complete(X[[column]] * np.nan, random_state=0)
        assert completed[column].isna().mean() == (column == "never")


def test_a_few_rows_are_enough_for_a_fit():
    X = shop(40)
    completed = small(max_iter=3).fit(X).complete(hide(X), random_state=0)
    assert completed.notna().all().all()
