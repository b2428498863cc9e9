import warnings
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from skaae.estimators._conditions import Conditions


def people(n=2000):
    """Only men smoke; the number of a region goes with its name, and ages with it."""
    rng = np.random.default_rng(0)
    y = pd.DataFrame({"born": rng.integers(1950, 1990, n), "sex": rng.choice(["f", "m"], n)})
    y["smoker"] = (y.sex == "m") & (rng.random(n) < 0.8)
    y["region"] = rng.integers(1, 4, n)
    y["name"] = pd.Categorical(
        y.region.map({1: "north", 2: "west", 3: "east"}), ["north", "west", "east"], ordered=True
    )
    y["wealth"] = 1000 * y.region + rng.random(n)
    return y


Y = people()
CONDITIONS = Conditions(Y)


def asked(y, n=400, **options):
    """Conditions as they are encoded for rows, decoded."""
    encoded = CONDITIONS.encode(y, n, np.random.RandomState(0), **options)
    return CONDITIONS.encoder.inverse_transform(encoded)


@pytest.fixture(autouse=True)
def no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


class TestForms:
    def test_names_tell_conditions_apart_in_any_order(self):
        rows = [Y[::-1][:50], Y[::-1][:50].iloc[:, ::-1], dict(reversed(list(Y[::-1][:50].to_dict("list").items())))]
        for y in rows:
            pd.testing.assert_frame_equal(asked(y, 50), Y[::-1][:50].reset_index(drop=True))
        for y in (Y.loc[7], Y.loc[7].to_dict(), Y.loc[[7]], Y.loc[[7]].to_dict("list")):
            pd.testing.assert_frame_equal(asked(y, 3), Y.loc[[7] * 3].reset_index(drop=True))

    @pytest.mark.parametrize(
        "container",
        [list, np.array, pd.Series, pd.Index, lambda cells: pd.Series(cells, index=range(5, 8)).astype("object")],
    )
    def test_a_list_has_a_value_for_each_row_and_a_value_is_of_all(self, container):
        rows = asked({"born": container([1960, 1970, 1980]), "sex": "m", "smoker": container([True, False, True])}, 3)
        assert rows.born.tolist() == [1960, 1970, 1980]
        assert rows.smoker.tolist() == [True, False, True]
        assert set(rows.sex) == {"m"}

    @pytest.mark.parametrize("born", [1970, 1970.0, np.int8(70) + np.int32(1900), Decimal(1970), np.array(1970)])
    @pytest.mark.parametrize("smoker", [True, 1, 1.0, "True", "true", np.bool_(1)])
    def test_equal_values_of_another_type(self, born, smoker):
        pd.testing.assert_frame_equal(
            asked({"born": born, "smoker": smoker, "region": 2.0}), asked({"born": 1970, "smoker": True, "region": 2})
        )

    @pytest.mark.parametrize("y", [[0, 1, 1, 2] * 5, np.repeat(["a", "b"], 5), [0.5, 1.5, 2.5]])
    def test_one_condition_needs_no_name(self, y):
        conditions = Conditions(y)
        assert conditions.encode(y[0], 3).tolist() == conditions.encode({"y": [y[0]] * 3}, 3).tolist()
        drawn = conditions.encode({y[0], y[-1]}, 50, np.random.RandomState(0))
        assert len(np.unique(drawn, axis=0)) == 2

    def test_names_may_be_numbers(self):
        conditions = Conditions(pd.DataFrame(np.arange(40).reshape(20, 2) / 7))
        encoded = conditions.encode({1: 3 / 7, 0: 2 / 7}, 2)
        assert encoded.tolist() == conditions.encode(pd.DataFrame({0: [2 / 7], 1: [3 / 7]}), 2).tolist()

    def test_a_range_of_classes(self):
        conditions = Conditions(np.arange(10).repeat(3))
        drawn = conditions.encode({"y": (3, 5)}, 300, np.random.RandomState(0))
        assert np.flatnonzero(drawn.sum(0)).tolist() == [3, 4, 5]


class TestDraws:
    @pytest.mark.parametrize("sex", ["f", "m"])
    def test_as_they_went_with_what_is_given(self, sex):
        assert asked({"sex": sex}, 5000).smoker.mean() == pytest.approx(Y.smoker[Y.sex == sex].mean(), abs=0.02)
        assert asked({"smoker": True}).sex.unique().tolist() == ["m"]

    def test_for_each_row(self):
        rows = asked({"sex": Y.sex, "region": Y.region}, len(Y))
        assert (rows.sex == Y.sex).all()
        assert (rows.name == Y.name).all()
        assert not rows.smoker[rows.sex == "f"].any()

    @pytest.mark.parametrize("region", [1, 2, 3])
    def test_as_they_went_with_numbers(self, region):
        assert asked({"region": region}).name.nunique() == 1
        wealth = 1000 * region + 0.123456  # as no row has it, so the nearest count
        rows = asked({"wealth": wealth})
        assert rows.region.unique().tolist() == [region]
        assert rows.wealth.to_numpy() == pytest.approx(wealth)
        assert rows.born.nunique() > 20

    def test_from_ranges_and_sets(self):
        rows = asked({"born": (1960, 1969), "sex": {"f"}, "name": frozenset(["west", "east"])}, 5000)
        assert rows.born.between(1960, 1969).all()
        assert set(rows.born) == set(range(1960, 1970))
        assert set(rows.sex) == {"f"}
        wanted = Y.name[Y.born.between(1960, 1969) & (Y.sex == "f") & (Y.region > 1)]
        assert (rows.name == "west").mean() == pytest.approx((wanted == "west").mean(), abs=0.03)
        assert set(asked({"name": ("west", "east")}).name) == {"west", "east"}
        assert set(asked({"born": {1950, 1951.0}, "smoker": True}).born) == {1950, 1951}
        assert asked({"born": (1989, np.inf)}).born.unique().tolist() == [1989]
        assert asked({"born": [1960, 1970], "name": {"east"}}, 2).region.tolist() == [3, 3]

    def test_or_as_rows_have_them(self):
        current = CONDITIONS.encode(Y, len(Y))
        assert (asked({"region": 1, "name": "north"}, len(Y), current=current).born == Y.born).all()
        rows = asked({"wealth": (0, 1999)}, len(Y), current=current)
        assert (rows.wealth < 2000).all()
        assert (rows.drop(columns="wealth") == Y.drop(columns="wealth")).all(axis=None)

    def test_from_many_conditions(self, monkeypatch):
        monkeypatch.setattr("skaae.estimators._conditions.MAX_DISTINCT", 300)
        conditions = Conditions(Y)
        rows = conditions.encode({"sex": "f"}, 1000, np.random.RandomState(0))
        assert not conditions.encoder.inverse_transform(rows).smoker.any()

    def test_in_32_bits(self):
        y = pd.DataFrame({"a": np.float32([0.1, 0.2, 1e5] * 10), "b": np.float32([1, 2, 3] * 10)})
        encoded = Conditions(y).encode({"a": np.float32(0.1)}, 50, np.random.RandomState(0))
        assert len(np.unique(encoded, axis=0)) == 1


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ({"sexes": "f"}, r"names of conditions \('born', 'sex', 'smoker', 'region', 'name', \.\.\.\). Got 'sexes'"),
        ({"born": "1970"}, r"'born' must be numbers or dates as in training \(1950 to 1989\). Got '1970'"),
        ({"born": [1970, "1970"] * 200}, "'born' must be numbers"),
        ({"born": 1949}, r"'born' must be within the range of training rows \(1950 to 1989\). Got 1949"),
        ({"born": np.inf}, "'born' must be within the range"),
        ({"sex": "F1"}, r"'sex' must be one of the training rows' \('f', 'm'\). Got 'F1'"),
        ({"sex": None}, "every row. Got some that are missing in 'sex'"),
        ({"born": np.nan, "sex": "f"}, "missing in 'born'"),
        ({"sex": set()}, "Got an empty one for 'sex'"),
        ({"sex": {"f", "x"}}, "Got 'x'"),
        ({"sex": {"f", None}}, "missing in 'sex'"),
        (
            {"wealth": {1000.0, 2000.0, *range(1100, 1900, 100)}},
            r"'wealth' must be within|Got 1000.0, .*\.\.\. for 'wealth'",
        ),
        ({"born": (1989, 1950)}, r"low <= high. Got \(1989, 1950\) for 'born'"),
        ({"born": (1950,)}, r"Got \(1950,\) for 'born'"),
        ({"born": (1950, np.nan)}, "low <= high"),
        ({"born": ("1950", "1960")}, "of numbers, dates or durations, as in training, or of categories in an order"),
        ({"born": (1800, 1900)}, r"Got \(1800, 1900\) for 'born', where these are between 1950 and 1989"),
        ({"sex": ("f", "m")}, "ask for a set of values"),
        ({"name": ("east", "north")}, "low <= high"),
        ({"name": ("north", "south")}, "low <= high"),
        ({"wealth": (1500, 1600)}, "A range must have training rows"),
        ({"sex": "f", "smoker": True}, "no such row for {'sex': 'f', 'smoker': True}"),
        ({"region": (1, 1), "name": "east"}, "no such row for {'name': 'east'}"),
        ({"born": [1970, 1971]}, "one for each of 400 rows. Got 2"),
        ({"born": []}, "one for each of 400 rows. Got 0"),
        ({"born": {"a": 1}}, "'born' must be numbers"),
        ("f", "must be a dict or a DataFrame, with names of conditions"),
        (pd.concat([Y, Y], axis=1), "twice"),
    ],
)
def test_what_is_refused(y, message):
    with pytest.raises(ValueError, match=message):
        asked(y)


def test_ranges_of_rows_that_have_conditions_are_refused():
    current = CONDITIONS.encode(Y[:4], 4)
    with pytest.raises(ValueError, match=r"`sample`, .* draw from ranges and sets. Got some for 'born'"):
        CONDITIONS.encode({"born": (1960, 1970)}, 4, current=current)
    with pytest.raises(ValueError, match="must have all conditions"):
        CONDITIONS.encode({"born": 1960}, 4)


def test_messages_show_five_values_at_most():
    with pytest.raises(ValueError, match=r"\(0, 1, 2, 3, 4, \.\.\.\). Got 50, 51, 52, 53, 54, \.\.\.\."):
        Conditions(np.arange(50).repeat(3)).encode(np.arange(50, 100), 50)


def test_what_never_occurred_together_is_drawn_with_a_warning():
    y = Y.loc[[5]].assign(sex="f", smoker=True)
    with pytest.warns(UserWarning, match="No training row had these conditions together: {'sex': 'f', 'smoker': True"):
        assert asked(y, 3).sex.tolist() == ["f"] * 3


def test_conditions_are_drawn_as_often_as_they_occurred():
    y = np.zeros(30_000, int)
    y[1::2] = 1
    y[100:108] = 2
    conditions = Conditions(y)
    drawn = conditions.sample(100_000, np.random.RandomState(0)).mean(axis=0)
    np.testing.assert_allclose(drawn, np.bincount(y) / len(y), atol=0.005)
    assert conditions.counts.min() == 8


def test_conditions_beyond_the_limit_are_drawn_at_random(monkeypatch):
    monkeypatch.setattr("skaae.estimators._conditions.MAX_DISTINCT", 500)
    rng = np.random.default_rng(0)
    y = pd.DataFrame({"kind": np.arange(20_000) % 2, "year": rng.normal(size=20_000)})
    y["kind"] = y.kind.astype(str).where(y.index >= 8, "rare")
    conditions = Conditions(y)
    assert 300 < len(conditions.values) < 600
    drawn = conditions.sample(100_000, np.random.RandomState(0))
    np.testing.assert_allclose(drawn.mean(axis=0)[1:], [0.4998, 0.4998, 0.0004], atol=0.05)
    assert (conditions.values[:, 3] == 1).sum() == 8


DAYS = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=120, freq="D"), "town": ["a", "b", "b"] * 40})


def days_asked(y, n=50):
    """Dates and towns as they are encoded for rows, decoded."""
    conditions = Conditions(DAYS)
    return conditions.encoder.inverse_transform(conditions.encode(y, n, np.random.RandomState(0)))


@pytest.mark.parametrize(
    "day",
    [pd.Timestamp("2024-02-03"), np.datetime64("2024-02-03"), date(2024, 2, 3), datetime(2024, 2, 3), "2024-02-03"],
)
def test_a_date_is_of_all_rows_and_the_others_go_with_it(day):
    rows = days_asked({"day": day})
    assert rows.day.dt.normalize().unique().tolist() == [pd.Timestamp("2024-02-03")]
    assert set(rows.town) <= {"a", "b"}


def test_ranges_and_sets_of_dates():
    rows = days_asked({"day": (pd.Timestamp("2024-02-01"), pd.Timestamp("2024-02-10")), "town": {"b"}})
    assert rows.day.between("2024-02-01", "2024-02-10").all()
    assert rows.day.nunique() > 2
    assert set(rows.town) == {"b"}
    days = {pd.Timestamp("2024-01-05"), pd.Timestamp("2024-04-01")}
    assert set(days_asked({"day": days}).day) == days


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
@pytest.mark.parametrize("kind", [date.fromisoformat, pd.Timestamp, np.datetime64, str])
def test_ends_of_a_range_are_dates_of_any_type_in_the_time_zone(kind, zone):
    y = pd.DataFrame({"day": DAYS["day"].dt.tz_localize(zone)})
    conditions = Conditions(y)
    asked = {"day": (kind("2024-02-01"), kind("2024-02-03"))}
    encoded = conditions.encode(asked, 50, np.random.RandomState(0))
    drawn = conditions.encoder.inverse_transform(encoded)["day"]
    assert {*drawn} == {*y["day"][31:34]}


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ((pd.Timestamp("2030-01-01"), pd.Timestamp("2031-01-01")), "A range must have training rows"),
        ("soon", "Condition 'day' must be numbers or dates as in training"),
        (20240203, "Condition 'day' must be numbers or dates as in training"),
    ],
)
def test_dates_that_are_none_or_never_were(day, message):
    with pytest.raises(ValueError, match=message):
        days_asked({"day": day})


def test_dates_and_durations_in_text_are_in_order():
    rng = np.random.default_rng(0)
    minutes, day = rng.integers(1, 60, 200), pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 90, 200), "D")
    y = pd.DataFrame({"wait": [f"PT{m}M" for m in minutes], "day": day.strftime("%Y-%m-%d")})
    conditions = Conditions(y)

    def drawn(asked):
        condition = conditions.encode(asked, 50, np.random.RandomState(0))
        return conditions.encoder.inverse_transform(condition)

    waits = drawn({"wait": ("PT5M", "PT30M")})["wait"].str.extract(r"(\d+)")[0].astype(int)
    assert waits.between(5, 30).all()
    assert waits.nunique() > 5
    assert drawn({"day": ("2024-02-01", "2024-02-29")})["day"].str.startswith("2024-02").all()
    assert drawn({"wait": "PT7M"})["wait"].eq("PT7M").all()
    with pytest.raises(ValueError, match="'wait' must be within the range"):
        drawn({"wait": "PT100M"})
    with pytest.raises(ValueError, match="'wait' must be numbers or dates as in training"):
        drawn({"wait": "long"})


def test_a_set_of_numbers_is_of_those_of_training_rows():
    conditions = Conditions(pd.DataFrame({"size": [1.5, 2.5, 4.0]}))
    with pytest.raises(
        ValueError, match=r"A set must have values of training rows\. Got 3\.0 for 'size': ask for a range"
    ):
        conditions.encode({"size": {1.5, 3.0}}, 2, np.random.RandomState(0))
