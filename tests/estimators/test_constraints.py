"""Rules that hold in every generated row."""

import datetime

import numpy as np
import pandas as pd
import pytest

from skaae import AAEGenerator
from skaae.estimators._constraints import Constraints

TABLE = pd.DataFrame(
    {
        "start": pd.to_datetime(["2024-01-01", "2024-03-05", None]),
        "end": pd.to_datetime(["2024-01-01", "2024-03-09", "2024-02-01"]),
        "price": [1.55, 2.25, 4.0],
        "number": [2, 4, 3],
        "total": [3.1, 9.0, 12.0],
        "unit price": [1.0, 2.0, 3.0],
        "state": pd.Categorical(["sold", "open", "open"]),
        "code": ["a", "b", "c"],
    }
)
RULES = [
    "start <= end",
    "total == price * number",
    "price > 0",
    "0 < number <= 4",
    "`unit price` <= price",
    "state == 'open' or total < 5",
    "not (number == 1 and price == 1)",
    "unique(code)",
    "unique(state, number)",
    "-price < number - 1",
]


def changed(**cells):
    return TABLE.assign(**cells)


@pytest.mark.parametrize("rule", RULES)
def test_rules_hold_in_the_training_rows(rule):
    assert Constraints([rule], TABLE).holds(TABLE).all()


TIMES = pd.DataFrame(
    {
        "start": ["2024-01-01", "2024-03-05", None],
        "end": pd.to_datetime(["2024-02-01", "2024-03-09", "2024-02-01"]),
        "at": pd.to_datetime(["2024-02-01", "2024-03-09", "2024-02-01"]).tz_localize("Europe/Berlin"),
        "day": [datetime.date(2024, 1, 1), datetime.date(2024, 3, 5), datetime.date(2024, 2, 1)],
        "clock": [datetime.time(8), datetime.time(9, 30), datetime.time(17)],
        "wait": ["PT15M", "P1DT2H", "PT30M"],
        "zip": ["9", "10", "11"],
        "kind": pd.Categorical(["sold", "open", "open"]),
        "days": [31, 4, 0],
        "\u00b5g": [1.0, 2.0, 3.0],
        "european": ["05.03.2024", "01.01.2024", "12.12.2023"],
        "size": pd.Categorical(["S", "M", "M"], ["S", "M"], ordered=True),
    }
)


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("start <= end", [True, True, True]),
        ("end - start <= '30 days'", [False, True, True]),
        ("end - start <= 'P31D'", [True, True, True]),
        ("end - start <= '4 weeks'", [False, True, True]),
        ("end - start < '2 months'", [True, True, True]),
        ("start + '10 days' >= end", [False, True, True]),
        ("start >= '2024-02-01'", [False, True, True]),
        ("day == start", [True, True, True]),
        ("day > '2024-01-31' and at > '2024-02-01'", [False, True, False]),
        ("at <= '2024-02-01T00:00+01:00'", [True, False, True]),
        ("'08:00' <= clock < '17:00'", [True, True, False]),
        ("wait <= '0 days 00:30:00'", [True, False, True]),
        ("days == (end - start) / '1 day'", [True, True, True]),
        ("\u00b5g < 3", [True, True, False]),
        ("`\u00b5g` < 3", [True, True, False]),
        ("\u03bcg < 3", [True, True, False]),
    ],
)
def test_dates_and_durations_are_compared_however_they_are_written(rule, holds):
    assert Constraints([rule], TIMES[np.array(holds)]).holds(TIMES).tolist() == holds


def test_missing_cells_are_no_repeats():
    X = pd.DataFrame({"code": [1.0, np.nan, np.nan, 2.0], "part": ["a", "b", "b", "a"]})
    assert Constraints(["unique(code)", "unique(code, part)"], X).holds(X).all()
    assert not Constraints(["unique(code)"], X).holds(X.fillna(1.0)).all()


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("kind != 'sodl'", r"Got 'sodl' in .*; the nearest of column 'kind' are \['sold', 'open'\]"),
        ("zip == 9", "Got 9 in .*, where column 'zip' has cells such as '9'"),
        ("kind != 3", "Got 3 in .*, where column 'kind' has cells such as 'open'"),
        ("days != '3'", "Got '3' in .*, where column 'days' has cells such as 31"),
        ("zip < '10'", "not text. Got .*, where column 'zip' has text such as '9': convert it by `pd.to_numeric`"),
        ("kind <= 'sold'", "or make it an ordered category"),
        ("end >= european", "not text. Got .*, where column 'european' has text such as '05.03.2024'"),
        ("size <= 'X'", "Got 'X' in .*; the nearest of column 'size' are"),
        ("end != 'soon'", "'soon' is no date, such as"),
        ("end >= '01.02.2020'", "'01.02.2020' is no date, such as"),
        ("end - start >= '2'", "'2' is no duration, such as"),
        ("end - start <= 'long'", "'long' is no duration, such as"),
    ],
)
def test_constants_that_cannot_be_are_errors(rule, message):
    with pytest.raises(ValueError, match=message):
        Constraints([rule], TIMES)


@pytest.mark.parametrize(
    ("rule", "cells", "holds"),
    [
        ("start <= end", {"start": pd.to_datetime(["2024-01-02", "2024-03-05", None])}, [False, True, True]),
        ("total == price * number", {"total": [3.1, 9.1, 12.0]}, [True, False, True]),
        ("0 < number <= 4", {"number": [0, 4, 5]}, [False, True, False]),
        ("`unit price` <= price", {"unit price": [1.0, np.nan, 5.0]}, [True, True, False]),
        ("state == 'open' or total < 5", {"total": [5.0, 9.0, 12.0]}, [False, True, True]),
        ("unique(code)", {"code": ["a", "b", "a"]}, [True, True, False]),
    ],
)
def test_rows_that_break_a_rule_are_found(rule, cells, holds):
    assert Constraints([rule], TABLE).holds(changed(**cells)).tolist() == holds


def test_computed_columns_have_their_decimals_and_dtype():
    whole = pd.DataFrame({"net": [10, 20], "tax": [2, 4], "gross": [12, 24]})
    made = Constraints(["gross == net + tax"], whole).complete(whole.assign(net=[7, 8], gross=[0, 0]))
    assert made.gross.tolist() == [9, 12]
    assert made.gross.dtype == whole.gross.dtype
    priced = Constraints(["total == price * number"], TABLE).complete(changed(price=[1.55, np.nan, 2.125]))
    assert priced.total.tolist() == [3.1, 9.0, 6.4]


def test_what_a_zero_divides_is_unknown():
    table = pd.DataFrame({"a": [4, 6, 6], "b": [2, 3, 0], "share": [2, 2, 7]})
    rules = Constraints(["share == a / b"], table)
    assert rules.complete(table.assign(a=[8, 9, 9])).share.tolist() == [4, 3, 7]
    assert rules.holds(table.assign(share=[3, 2, 7])).tolist() == [False, True, True]


def test_missing_cells_of_a_computed_column_stay():
    table = pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, 1.0], "sum": [2.0, np.nan]})
    made = Constraints(["sum == a + b"], table).complete(table)
    np.testing.assert_array_equal(made["sum"], [2, np.nan])


def test_small_integers_and_bools_do_not_wrap_around():
    table = pd.DataFrame({"a": [1, 100], "b": [2, 100]}, dtype="uint8").assign(yes=[True, True], two=[2, 2])
    with pytest.raises(ValueError, match="fails in 1 of 2 rows, first in row 0"):
        Constraints(["a - b >= 0"], table)
    assert Constraints(["a * b <= 10000", "a - 70000 < 0", "two == yes + yes"], table).holds(table).all()


def test_what_depends_on_a_missing_cell_is_not_broken():
    table = pd.DataFrame({"a": [np.nan, 1.0, 1.0], "b": [0.0, 2.0, 0.0], "c": [1, 1, 1]})
    rules = Constraints(["not a > b", "a < b or c == 1"], table.iloc[:2])
    assert rules.holds(table, "not a > b").tolist() == [True, True, False]
    assert rules.holds(table.assign(c=2), "a < b or c == 1").tolist() == [True, True, False]


@pytest.mark.parametrize("rules", [["c == a + b", "d == c * 2"], ["d == c * 2", "c == a + b"]])
def test_equations_are_computed_in_the_order_of_what_they_need(rules):
    table = pd.DataFrame({"a": [1, 2], "b": [3, 4], "c": [4, 6], "d": [8, 12]})
    assert Constraints(rules, table).complete(table.assign(a=[5, 6])).d.tolist() == [16, 20]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("start >= end", r"'start >= end', which fails in 1 of 3 rows, first in row 1"),
        ("price > cost", r"\['cost'\]"),
        ("price", "'price' is no comparison"),
        ("price != None", "neither a column nor a sum"),
        ("end - start <= 4", "must compare columns with what is of their kind. Got 'end - start <= 4'"),
        ("number == end - start", "dates or durations"),
        ("state < 5", "must put numbers, dates, durations or ordered categories in order, not text"),
        ("price > max(number)", "neither a column nor a sum"),
        ("__import__('os')", "is no comparison"),
        ("price.size > 0", "neither a column nor a sum"),
        ("price >", "invalid syntax"),
        ("code in state", "no comparison by In; one of several is 'x == 1 or x == 2'"),
        ("(price > 1) & (number > 1)", "is no comparison; comparisons are joined by `and`, `or` and `not`"),
        ("price > 1 AND number > 1", "comparisons are joined by `and`, `or` and `not`"),
        ("state == 'open' or 'sold'", "on each side of `and` and `or` stands a comparison"),
        ("if price > 1 then number > 1", "if a then b is 'not a or b'"),
        ("price = number", "equal is `==`"),
        ("start > 2024-01-31", "dates stand in quotes"),
        ("state == price * number", "category in column 'state'"),
    ],
)
def test_what_is_no_rule_is_an_error(rule, message):
    with pytest.raises(ValueError, match=message):
        Constraints([rule], TABLE)


def orders(n=150):
    rng = np.random.default_rng(0)
    price, number = rng.lognormal(2, 1, n).round(2), rng.integers(1, 9, n)
    table = pd.DataFrame({"price": price, "number": number, "total": (price * number).round(2)})
    return table.assign(state=rng.choice(["open", "sold"], n), paid=np.where(rng.random(n) < 0.5, table.total, 0.0))


def fit(constraints, X, y=None, **parameters):
    sizes = {"hidden_layer_sizes": (16,), "flow_layer_sizes": (16,), "max_iter": 2, "flow_max_iter": 2}
    return AAEGenerator(constraints=constraints, random_state=0, **sizes, **parameters).fit(X, y)


class TestGenerator:
    def test_rules_hold_in_every_row_that_is_drawn(self):
        X = orders()
        rules = ["total == price * number", "paid <= total", "price > 1 or number > 1", "unique(price, number, state)"]
        X = X[(X.price > 1) | (X.number > 1)].drop_duplicates(["price", "number", "state"])
        model = fit(rules, X, X.state)
        rows = model.sample(300, "open", random_state=0)
        assert ((rows.price * rows.number).round(2) - rows.total).abs().max() < 1e-9
        assert (rows.paid <= rows.total).all()
        assert ((rows.price > 1) | (rows.number > 1)).all()
        assert not rows.duplicated(["price", "number", "state"]).any()
        assert (rows.dtypes == X.dtypes).all()
        assert 0.01 < model.acceptance_rate_ < 1
        pd.testing.assert_frame_equal(rows, model.sample(300, "open", random_state=0))

    def test_draws_of_the_prior_keep_them_too(self):
        rows = fit(["paid <= total"], orders()).sample(200, from_prior=True, random_state=0)
        assert (rows.paid <= rows.total).all()

    def test_columns_of_arrays_are_numbered(self):
        X = np.sort(np.random.default_rng(0).normal(size=(100, 2)), axis=1)
        rows = fit(["x0 <= x1"], X).sample(200, random_state=0)
        assert isinstance(rows, np.ndarray)
        assert (rows[:, 0] <= rows[:, 1]).all()

    def test_what_cannot_be_kept_is_an_error_of_fit(self):
        side = np.random.default_rng(0).normal(size=100)
        X = pd.DataFrame({"side": side, "area": side * side})
        with pytest.raises(ValueError, match=r"`constraints` must hold in 1% of the draws.*'area - side \* side == 0'"):
            fit(["area - side * side == 0"], X)

    def test_more_unique_rows_than_there_can_be_are_an_error(self, monkeypatch):
        monkeypatch.setattr("skaae.estimators._constraints.MAX_ROUNDS", 20)
        X = pd.DataFrame({"a": [1.0, 2.0, 3.0] * 20, "b": np.arange(60) % 7})
        model = fit(["unique(a, b)"], X.drop_duplicates())
        with pytest.raises(ValueError, match=r"for \d+ of 100 rows"):
            model.sample(100, random_state=0)

    def test_what_a_computed_column_determines_follows_it(self):
        rng = np.random.default_rng(0)
        p, q, ship = *rng.integers(1, 9, (2, 300)), rng.choice([0, 5, 10], 300)
        X = pd.DataFrame({"p": p, "q": q, "ship": ship, "total": p * q + ship})
        X = X.assign(vat=(X.total * 0.19).round(2), free=np.where(X.total >= 40, "yes", "no"))
        rows = fit(["total == sub + ship", "sub == p * q"], X.assign(sub=p * q)).sample(200, random_state=0)
        assert ((rows.p * rows.q + rows.ship) == rows.total).all()
        assert (rows.vat - rows.total * 0.19).abs().max() < 0.011
        assert (rows.free == np.where(rows.total >= 40, "yes", "no")).mean() > 0.95

    def test_a_circle_of_equations_is_an_error(self):
        X = pd.DataFrame({"a": [2, 4], "b": [4, 8]})
        with pytest.raises(ValueError, match="in a circle"):
            Constraints(["b == a * 2", "a == b / 2"], X)


@pytest.mark.parametrize("rule", ["a == b + c", "a == b - c", "a == b * c", "a == b / c", "a == -b + 2 * c"])
@pytest.mark.parametrize("name", ["b", "c"])
def test_missing_cells_are_solved_for_by_every_operation(rule, name):
    table = pd.DataFrame({"b": [8.0, 6.0, 4.0], "c": [2.0, 3.0, 4.0]})
    table.insert(0, "a", table.eval(rule.split(" == ")[1]))
    missing = np.zeros((3, 3), bool)
    missing[1:, table.columns.get_loc(name)] = True
    drawn = table.mask(missing, 1.0)
    solved = Constraints([rule], table).solve(drawn, missing)
    pd.testing.assert_frame_equal(solved, table)
