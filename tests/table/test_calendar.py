"""Columns that say again what a date says follow it in decoded rows."""

import numpy as np
import pandas as pd
import pytest

from skaae import AAEDenoiser, AAEGenerator, TableEncoder


def orders(n=300, **columns):
    rng = np.random.default_rng(0)
    days = pd.Timestamp("2022-01-05") + pd.to_timedelta(rng.integers(0, 800, n), unit="D")
    date = days + pd.to_timedelta(rng.integers(0, 24, n), unit="h")
    return pd.DataFrame({"date": date, "amount": rng.normal(size=n)} | {name: of(date) for name, of in columns.items()})


def decoded(X, **parameters):
    """Rows whose dates were exchanged for those of other rows while they were encoded."""
    encoder = TableEncoder("standard", **parameters).fit(X)
    encoded, order = encoder.transform(X), np.random.default_rng(1).permutation(len(X))
    is_date = encoder.source_columns_ == X.columns.get_loc("date")
    encoded[:, is_date] = encoded[np.ix_(order, is_date)]
    return encoder.inverse_transform(encoded)


SAYINGS = {
    "year": lambda date: date.year,
    "quarter": lambda date: "Q" + date.quarter.astype(str),
    "month": lambda date: date.month,
    "name of the month": lambda date: date.month_name(),
    "period": lambda date: date.strftime("%Y/%m "),
    "season": lambda date: np.where(date.month % 12 < 3, "winter", "another"),
    "week": lambda date: date.isocalendar().week.to_numpy(),
    "day of the month": lambda date: date.day,
    "weekend": lambda date: date.day_of_week >= 5,
    "hour": lambda date: date.hour,
    "half of the day": lambda date: pd.Categorical(np.where(date.hour < 12, "AM", "PM")),
}


@pytest.mark.parametrize("name", SAYINGS)
def test_what_a_date_says_is_said_of_the_decoded_date(name):
    X = orders(said=SAYINGS[name])
    rows = decoded(X)
    np.testing.assert_array_equal(rows.said, SAYINGS[name](pd.DatetimeIndex(rows.date)))
    assert rows.dtypes.equals(X.dtypes)
    assert rows.date.nunique() > 50


def test_dates_in_text_and_with_time_zones():
    X = orders(month=SAYINGS["name of the month"])
    text = decoded(X.assign(date=X.date.dt.strftime("%Y-%m-%d %H:%M")))
    assert (pd.to_datetime(text.date).dt.month_name() == text.month).all()
    zoned = X.assign(date=X.date.dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"))
    zoned["month"] = zoned.date.dt.month_name()  # by the clocks of Tokyo
    rows = decoded(zoned)
    assert (rows.date.dt.month_name() == rows.month).all()


def test_missing_cells_stay_missing():
    X = orders(month=SAYINGS["name of the month"])
    X.loc[::5, "date"], X.loc[::7, "month"] = pd.NaT, None
    rows = decoded(X, keep_missing=True)
    both = rows.date.notna() & rows.month.notna()
    assert 0 < both.sum() < len(rows)
    assert (rows.date[both].dt.month_name() == rows.month[both]).all()


def test_what_a_date_does_not_determine_is_left_alone():
    X = orders(kind=lambda date: np.random.default_rng(1).choice(["x", "y"], len(date)))
    X["nearly"] = X.date.dt.month_name().where(X.index != 7, "Smarch")  # but for one row
    rows = decoded(X)
    assert (rows.nearly != rows.date.dt.month_name()).mean() > 0.5
    assert 0.3 < (rows.kind == "x").mean() < 0.7


def test_a_month_that_did_not_occur_has_no_name():
    X = orders(month=SAYINGS["name of the month"])
    X = X[X.date.dt.month != 3]
    assert "March" not in set(decoded(X).month)


@pytest.fixture(scope="module")
def contracts():
    X = orders(400).rename(columns={"date": "start"})
    X["start"] = X.start.dt.normalize()
    days = np.random.default_rng(2).integers(1, 30, len(X))
    return X.assign(end=(X.start + pd.to_timedelta(days, unit="D")).dt.strftime("%Y-%m-%d"))


class TestOrder:
    """Dates that are filled in beside given ones."""

    @pytest.mark.parametrize("hidden", ["start", "end"])
    def test_completed_dates_keep_it(self, contracts, hidden):
        model = AAEGenerator(completion=True, max_iter=5, flow_max_iter=2, random_state=0).fit(contracts)
        rows = model.complete(contracts.assign(**{hidden: None}), random_state=0)
        assert (pd.to_datetime(rows.end) > rows.start).all()

    @pytest.mark.parametrize("hidden", ["start", "end"])
    def test_imputed_dates_keep_it(self, contracts, hidden):
        model = AAEDenoiser(corruption="masked", max_iter=5, random_state=0).fit(contracts)
        rows = model.transform(contracts.assign(**{hidden: None}))
        assert (pd.to_datetime(rows.end) > rows.start).all()
        kept = "end" if hidden == "start" else "start"
        assert (rows[kept] == contracts[kept]).all()

    def test_given_dates_in_another_order_stay(self, contracts):
        model = AAEDenoiser(corruption="masked", max_iter=5, random_state=0).fit(contracts)
        odd = contracts.head(20).assign(end="2022-01-01", amount=np.nan)
        assert (model.transform(odd).end == "2022-01-01").all()
