"""Dates, times and durations: what goes in comes out, however it is written, and samples keep what dates have."""

import datetime
import pickle

import dateutil.tz
import numpy as np
import pandas as pd
import pytest

from skaae import AAEClusterer, AAEDenoiser, AAEGenerator, AAEOutlierDetector, AAETransformer, TableEncoder
from skaae.metrics import column_shape_error, pair_trend_error
from skaae.table import identifier_columns

N = 200
IST = datetime.timezone(datetime.timedelta(hours=5, minutes=30), "EST")  # which is the name of another zone


def days(n=N, span=400, start="2023-01-01", seed=0):
    return pd.Timestamp(start) + pd.to_timedelta(np.random.default_rng(seed).integers(0, span, n), unit="D")


def times(n=N, span=400, seed=0):
    seconds = np.random.default_rng(seed).integers(0, span * 86_400, n)
    return pd.Timestamp("2023-01-01") + pd.to_timedelta(seconds, unit="s")


def objects(cells):
    return pd.Series(list(cells), dtype=object)


def arrow(cells, kind, *arguments):
    pyarrow = pytest.importorskip("pyarrow")
    return pd.Series(cells, dtype=pd.ArrowDtype(getattr(pyarrow, kind)(*arguments)))


FORMS = {
    "datetime64[ns]": lambda: pd.Series(days()).astype("datetime64[ns]"),
    "datetime64[s]": lambda: pd.Series(times()).astype("datetime64[s]"),
    "nanoseconds": lambda: pd.Series((times().as_unit("ns").asi8 + np.arange(N)).view("M8[ns]")),
    "zone": lambda: pd.Series(times()).dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin"),
    "days of a zone": lambda: pd.Series(days()).dt.tz_localize("Europe/Berlin"),
    "twice the same hour": lambda: pd.Series(pd.date_range("2023-10-27", periods=N, freq="30min", tz="Europe/Berlin")),
    "date": lambda: objects(days().date),
    "datetime": lambda: objects(times().to_pydatetime()),
    "datetime of a zone": lambda: objects(times().tz_localize("UTC").to_pydatetime()),
    "Timestamp": lambda: objects(times()),
    "time": lambda: objects(times().time),
    "timedelta": lambda: objects((times() - times()[0]).to_pytimedelta()),
    "timedelta64": lambda: pd.Series(times() - times()[0]),
    "Arrow's date32": lambda: arrow(days().date, "date32"),
    "Arrow's date64": lambda: arrow(days().date, "date64"),
    "Arrow's timestamp": lambda: arrow(times(), "timestamp", "us", "Europe/Berlin"),
    "Arrow's time": lambda: arrow(times().time, "time64", "us"),
    "Arrow's duration": lambda: arrow(times() - times()[0], "duration", "ms"),
    "months": lambda: pd.Series(days().to_period("M")),
    "text of days": lambda: pd.Series(days().strftime("%Y-%m-%d")),
    "objects of text": lambda: objects(days().strftime("%Y-%m-%d")),
    "eight digits": lambda: pd.Series(days().strftime("%Y%m%d")),
    "digits with a time": lambda: pd.Series(times().strftime("%Y%m%dT%H%M%S")),
    "digits with minutes of UTC": lambda: pd.Series(times().strftime("%Y%m%dT%H%MZ")),
    "digits with a fraction": lambda: pd.Series(times().strftime("%Y%m%dT%H%M%S,250-0330")),
    "text of hours": lambda: pd.Series(times().strftime("%Y-%m-%dT%H")),
    "text of weeks": lambda: pd.Series(days().strftime("%G-W%V")),
    "text of days of weeks": lambda: pd.Series(days().strftime("%GW%V%u")),
    "times of days of weeks": lambda: pd.Series(times().strftime("%G-W%V-%uT%H:%M")),
    "time of a zone": lambda: objects(at.time().replace(tzinfo=IST) for at in times()),
    "datetime of an offset with a name": lambda: objects(at.to_pydatetime().replace(tzinfo=IST) for at in times()),
    "UTC of dateutil": lambda: objects(at.to_pydatetime().replace(tzinfo=dateutil.tz.tzutc()) for at in times()),
    "text of months": lambda: pd.Series(days().strftime("%Y-%m")),
    "text of minutes": lambda: pd.Series(times().strftime("%Y-%m-%d %H:%M")),
    "text of a zone": lambda: pd.Series(times().strftime("%Y-%m-%dT%H:%M:%S+05:30")),
    "text of UTC": lambda: pd.Series(times().strftime("%Y-%m-%dT%H:%M:%S.250Z")),
    "text of times": lambda: pd.Series(times().strftime("%H:%M")),
    "ISO durations": lambda: objects(["P3DT4H", "PT15M", "PT0S", "P1D"] * 50),
    "ISO durations of pandas": lambda: objects(cell.isoformat() for cell in times() - times()[0]),
    "hours with fractions": lambda: objects(["PT1.25H", "PT0.50H", "PT36.00H"] * 60),
    "seconds with a comma": lambda: objects(["PT1,5S", "-PT30,25S", "PT900S"] * 60),
    "nanoseconds in text": lambda: objects(["PT0.000000001S", "PT8640000000.123456789S"] * 60),
    "months and years": lambda: objects(["P1Y2M", "P18M", "P0M", "P11M"] * 50).replace("P18M", "P1Y6M"),
    "years and days": lambda: pd.Series(["P300Y", "P1D", "P1Y10D", "P364D"] * 50),
    "weeks": lambda: pd.Series(["P2W", "P52W", "P1W"] * 50),
    "durations in words": lambda: (times() - times()[0]).astype(str).to_series().reset_index(drop=True),
    "fractions in words": lambda: pd.Series(["1 days 02:00:00", "-1 days +22:00:00.500000"] * 50),
    "days in words": lambda: pd.Series(["1 days", "30 days", "-2 days"] * 50),
    "before and after nanoseconds": lambda: pd.Series(np.array(["1500-01-01", "2500-03-04"] * 100, "M8[s]")),
    "all years of dates": lambda: objects([datetime.date.min, datetime.date.max, datetime.date(2000, 2, 29)] * 50),
    "old text": lambda: pd.Series(["0850-03-04", "9999-12-31"] * 50),
    "one date": lambda: pd.Series(pd.Timestamp("2023-05-05"), index=range(30)),
    "none": lambda: pd.Series(pd.NaT, index=range(30)),
}
if pd.__version__ >= "3":  # before, pandas cannot read the zones of a new dateutil
    FORMS["zone of dateutil"] = lambda: (
        pd.Series(times()).dt.tz_localize("UTC").dt.tz_convert(dateutil.tz.gettz("Asia/Tokyo"))
    )


@pytest.mark.parametrize("missing", [False, True], ids=["complete", "missing"])
@pytest.mark.parametrize("scaling", ["standard", "quantile", "linear", None])
@pytest.mark.parametrize("form", FORMS)
def test_cells_come_back(form, scaling, missing):
    cells = FORMS[form]().copy()
    if missing:
        cells[::7] = None
    X = pd.DataFrame({"at": cells, "x": np.arange(len(cells)) / 4})
    encoder = TableEncoder(scaling).fit(X)
    encoded = encoder.transform(X)
    assert np.isfinite(encoded).all()
    assert len(encoder.get_feature_names_out()) == len(encoder.source_columns_) == encoded.shape[1]
    decoded = encoder.inverse_transform(encoded)
    pd.testing.assert_frame_equal(decoded, X)
    assert [type(cell) for cell in decoded["at"][:3]] == [type(cell) for cell in X["at"][:3]]


def test_what_recurs_has_columns_of_its_own():
    long = pd.DataFrame({"at": times(span=900)})
    assert list(TableEncoder().fit(long).get_feature_names_out()) == [
        *("at", "at_time_sin", "at_time_cos", "at_season_sin", "at_season_cos"),
        *(f"at_weekday_{name}" for name in pd.date_range("2024-01-01", periods=7).day_name()),
    ]
    assert list(TableEncoder("quantile").fit(long[["at"]]).get_feature_names_out()[:2]) == ["at", "at_time"]
    short = pd.DataFrame({"at": times(span=1)})
    assert list(TableEncoder().fit(short).get_feature_names_out()) == ["at"]


def test_later_dates_are_encoded_as_the_last():
    X = pd.DataFrame({"day": pd.date_range("2023-01-01", periods=10)})
    encoder = TableEncoder().fit(X)
    later = encoder.transform(pd.DataFrame({"day": pd.date_range("2023-01-10", periods=3)}))
    assert (later == encoder.transform(X)[-1]).all()


def test_dates_after_the_first_are_also_gaps():
    start = pd.Series(days())
    X = pd.DataFrame({"start": start, "x": 1.5, "end": start + pd.to_timedelta(np.arange(N), unit="D")})
    encoder = TableEncoder(None).fit(X)
    names = list(encoder.get_feature_names_out())
    assert "end_gap" in names
    assert encoder.transform(X)[:, names.index("end_gap")].tolist() == list(range(N))
    one_missing = X.assign(start=X.start.where(X.index > 3))
    pd.testing.assert_frame_equal(
        TableEncoder().fit(one_missing).inverse_transform(encoder_output(one_missing)), one_missing
    )


def encoder_output(X):
    return TableEncoder().fit_transform(X)


def orders(n=600):
    rng = np.random.default_rng(0)
    placed = pd.Series(rng.choice(pd.bdate_range("2022-01-03", "2023-12-29"), n))
    shipped = pd.Series(pd.DatetimeIndex(placed + pd.to_timedelta(rng.integers(0, 9, n), unit="D")))
    paid = shipped + pd.to_timedelta(rng.integers(0, 20, n), unit="D")
    text = paid.dt.strftime("%Y-%m-%d")
    return pd.DataFrame({"placed": placed, "shipped": shipped, "paid": text, "total": rng.lognormal(3, 1, n).round(2)})


@pytest.mark.parametrize(
    "make", [lambda: AAEGenerator(max_iter=4, flow_max_iter=4), lambda: AAETransformer(4, max_iter=4)]
)
def test_samples_keep_days_range_and_order(make):
    X = orders()
    model = make().set_params(random_state=0).fit(X)
    S = model.sample(400, random_state=0)
    assert S.dtypes.equals(X.dtypes)
    assert (S.placed.dt.day_of_week < 5).all()
    for name in ("placed", "shipped", "paid"):
        assert S[name].between(X[name].min(), X[name].max()).all()
        assert (pd.to_datetime(S[name]).dt.normalize() == pd.to_datetime(S[name])).all()
    assert (S.placed <= S.shipped).all()
    assert (S.shipped <= pd.to_datetime(S.paid)).all()
    loaded = pickle.loads(pickle.dumps(model))
    pd.testing.assert_frame_equal(loaded.sample(50, random_state=1), model.sample(50, random_state=1))


@pytest.mark.parametrize(
    "make", [AAETransformer, lambda **settings: AAEClusterer(2, teachers=None, **settings)], ids=["normal", "category"]
)
def test_samples_have_weekends_as_often(make):
    rng = np.random.default_rng(0)
    dates = pd.date_range("2022-01-01", "2023-12-31")
    weights = np.where(dates.day_of_week > 4, 4.0, 1.0)
    X = pd.DataFrame({"day": rng.choice(dates, 800, p=weights / weights.sum()), "x": rng.normal(size=800)})
    X.loc[::9, "day"] = pd.NaT
    model = make(max_iter=40, hidden_layer_sizes=(64,), random_state=0).fit(X)
    made = model.sample(3000, random_state=0)["day"].dropna()
    assert abs((made.dt.day_of_week > 4).mean() - (X["day"].dropna().dt.day_of_week > 4).mean()) < 0.05
    alone = model.sample(1, random_state=3)
    pd.testing.assert_frame_equal(alone, model.sample(1, random_state=3))


def test_month_starts_and_month_ends_stay_so():
    months = days(span=700).to_period("M")
    X = pd.DataFrame({"first": months.to_timestamp(), "last": months.to_timestamp(how="end").normalize(), "x": 0.5})
    encoder = TableEncoder(rounding=True).fit(X)
    noise = np.random.default_rng(0).normal(size=(100, len(encoder.source_columns_)))
    decoded = encoder.inverse_transform(noise)
    assert decoded["first"].dt.is_month_start.all()
    assert decoded["last"].dt.is_month_end.all()


def test_hours_of_other_days_are_not_wrapped():
    at = pd.Timestamp("2023-01-01") + pd.to_timedelta(np.repeat(np.arange(30), 2) * 24 + np.tile([0, 23], 30), unit="h")
    X = pd.DataFrame({"at": at})
    encoder = TableEncoder("linear").fit(X)
    pd.testing.assert_frame_equal(encoder.inverse_transform(encoder.transform(X)), X)


TYPO = pd.Series(["2023-01-05"] * 30 + ["2023-02-30"] + ["2023-01-06"] * 30)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (TYPO, r"'2023-02-30' in column 'day': correct it, or make it missing"),
        (TYPO.where(TYPO != "2023-02-30", "unknown"), r"'unknown' in column 'day'"),
        (pd.Series([datetime.date(2023, 1, 1)] * 20 + ["never"]), r"'never' in column 'day'"),
        (pd.Series(["2023-01-01T10:00+01:00", "2023-07-01T10:00+02:00"] * 9), "same time zone"),
        (
            objects([pd.Timestamp("2023", tz="UTC"), pd.Timestamp("2023", tz="Europe/Berlin")] * 9),
            r"(?s)same time zone.*Europe/Berlin.*column 'day'.*pd.to_datetime",
        ),
        (pd.Series(["2023-01-01", "2023-01-01 10:00"] * 9), "one form"),
        (pd.Series([*["PT15M", "P1D"] * 9, "15 min"]), "column of durations .*'15 min' in column 'day': correct it"),
        (pd.Series(["PT15M", "1 days"] * 9), "one form.*'PT15M' and '1 days' in column 'day'"),
    ],
)
def test_what_is_no_column_of_dates_is_told(cells, message):
    with pytest.raises(ValueError, match=message):
        TableEncoder().fit(pd.DataFrame({"day": cells}))


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["2023-01-05", "soon"], "'soon' in column 'day'"),
        ([1.5, 2.5], "Got 1.5 in column 'day'"),
        (pd.to_timedelta([1, 2], unit="D"), "Got .*1 days.* in column 'day'"),
        (pd.date_range("2023-01-01", periods=2, tz="UTC"), "time zone"),
    ],
)
def test_other_cells_are_told_at_transform(cells, message):
    encoder = TableEncoder().fit(pd.DataFrame({"day": days()}))
    with pytest.raises(ValueError, match=message):
        encoder.transform(pd.DataFrame({"day": cells}))


def test_dates_written_otherwise_are_the_same():
    X = pd.DataFrame({"day": days(), "x": 0.5})
    encoder = TableEncoder().fit(X)
    encoded = encoder.transform(X[:5])
    for cells in (
        X.day.dt.date,
        X.day.dt.strftime("%Y-%m-%d"),
        X.day.dt.strftime("%Y-%m-%dT00:00"),
        X.day.astype("M8[s]"),
    ):
        np.testing.assert_array_equal(encoder.transform(X.assign(day=cells)[:5]), encoded)
    rows = [[day.date(), 0.5] for day in X.day[:5]]
    with pytest.warns(UserWarning, match="feature names"):
        np.testing.assert_array_equal(encoder.transform(rows), encoded)


def test_text_in_shorter_forms_of_iso_8601_is_the_same_date():
    X = pd.DataFrame({"at": times().floor("h"), "x": 0.5})
    encoder = TableEncoder().fit(X)
    encoded = encoder.transform(X)
    for form in ("%Y%m%dT%H%M%S", "%Y%m%dT%H", "%Y-%m-%d %H", "%G-W%V-%uT%H:%M", "%GW%V%uT%H%M"):
        np.testing.assert_array_equal(encoder.transform(X.assign(at=X["at"].dt.strftime(form))), encoded)
    weeks = pd.DataFrame({"week": X["at"].dt.strftime("%G-W%V")})
    encoder = TableEncoder().fit(weeks)
    noisy = encoder.inverse_transform(encoder.transform(weeks) + np.random.default_rng(0).normal(size=(N, 1)))["week"]
    assert noisy.isin(weeks["week"]).all()
    with pytest.raises(ValueError, match="'2023-W54' in column 'week'"):
        encoder.transform(pd.DataFrame({"week": ["2023-W54"]}))


@pytest.mark.parametrize("zone", [IST, dateutil.tz.gettz("Europe/Berlin"), dateutil.tz.tzoffset("BRST", -7200)])
def test_zones_of_every_library_are_saved(zone):
    X = pd.DataFrame({"at": pd.Series(times()).dt.tz_localize("UTC").dt.tz_convert(zone)})
    skops = pytest.importorskip("skops.io")
    file = skops.dumps(TableEncoder().fit(X))
    encoder = skops.loads(file, trusted=["skaae.table._encoder.TableEncoder"])
    at = encoder.inverse_transform(encoder.transform(X))["at"]
    assert (at == X["at"]).all()
    assert at.dt.hour.equals(X["at"].dt.hour)


def test_nanoseconds_are_not_wrapped():
    zeros = pd.DataFrame({"at": ["2500-01-01T00:00:00.000000000", "1200-01-01T00:00:00.000000000"] * 20})
    encoder = TableEncoder().fit(zeros)
    pd.testing.assert_frame_equal(encoder.inverse_transform(encoder.transform(zeros)), zeros)
    with pytest.raises(ValueError, match=r"between the years 1678 and 2262. Got '2500-01-01T00:00:00.000000001'"):
        TableEncoder().fit(zeros.replace("2500-01-01T00:00:00.000000000", "2500-01-01T00:00:00.000000001"))
    precise = TableEncoder().fit(pd.DataFrame({"at": FORMS["nanoseconds"]()}))
    with pytest.raises(ValueError, match=r"between the years 1678 and 2262, as those with nanoseconds\. Got 2500"):
        precise.transform(pd.DataFrame({"at": np.array(["2500-01-01"], "M8[s]")}))


def test_durations_that_are_too_long_are_told():
    for text, message in (
        (["P400000Y", "P1D"], "shorter than 292,277 years. Got 'P400000Y'"),
        (["P400Y", "PT0.000000001S"], "shorter than 292 years if some have nanoseconds. Got 'P400Y'"),
    ):
        with pytest.raises(ValueError, match=message):
            TableEncoder().fit(pd.DataFrame({"wait": text * 20}))


def test_times_of_another_zone_are_told():
    X = pd.DataFrame({"at": objects(at.time().replace(tzinfo=IST) for at in times())})
    encoder = TableEncoder().fit(X)
    with pytest.raises(ValueError, match=r"zone of the training rows, UTC\+05:30. Got datetime.time\(10, 0\)"):
        encoder.transform(pd.DataFrame({"at": [datetime.time(10)]}))


def test_durations_in_text_are_durations():
    text = pd.Series(["P3DT4H", "PT15M", "P1D", "-PT1H"] * 10)
    X = pd.DataFrame({"wait": text, "x": np.arange(40) / 4})
    encoder = TableEncoder().fit(X)
    assert encoder.columns_.loc["wait", "kind"] == "duration"
    as_durations = X.assign(wait=pd.to_timedelta([76, 0.25, 24, -1] * 10, unit="h"))
    np.testing.assert_array_equal(encoder.transform(as_durations), encoder.transform(X))
    made = AAEGenerator(max_iter=3, flow_max_iter=2, rejection_sampling=False, random_state=0).fit(X).sample(50)
    assert made["wait"].isin(text).all()
    kept = TableEncoder(column_kinds={"wait": "category"}).fit(X)
    assert kept.one_hot_groups_ == (4,)
    assert TableEncoder().fit(pd.DataFrame({"c": ["P", "PT", "P1", "P1X"] * 20})).one_hot_groups_ == (4,)


def test_text_that_only_looks_like_dates_is_categories():
    for cells in (["2023", "2024"] * 20, ["1-2", "3-4"] * 20, ["12345678", "99999999"] * 20):
        assert TableEncoder().fit(pd.DataFrame({"c": cells})).one_hot_groups_ == (2,)


def test_dates_can_be_categories():
    X = pd.DataFrame({"day": days(span=5), "x": np.arange(N) / 4})
    encoder = TableEncoder(categorical_features=["day"]).fit(X)
    assert encoder.one_hot_groups_ == (5,)
    pd.testing.assert_frame_equal(encoder.inverse_transform(encoder.transform(X)), X)


def test_arrays_of_dates():
    days = np.arange("2023-01-01", "2023-03-02", dtype="M8[D]").reshape(-1, 2)
    encoder = TableEncoder().fit(days)
    assert (encoder.inverse_transform(encoder.transform(days)).to_numpy() == days).all()


def test_dates_identify_nothing():
    X = pd.DataFrame({"at": times().sort_values(), "text": times().strftime("%Y-%m-%dT%H:%M:%S")})
    assert identifier_columns(X) == []


def log(first, n_days, rng):
    at = pd.Timestamp("2024-02-01") + pd.to_timedelta(first + np.arange(0, n_days, 1 / 24), unit="D")
    x = rng.normal(size=len(at))
    return pd.DataFrame({"at": at.round("s"), "x": x, "y": x + 0.2 * rng.normal(size=len(at))})


def test_tomorrow_is_ordinary_and_other_times_are_not():
    rng = np.random.default_rng(0)
    X, new = log(0, 30, rng), log(30, 3, rng)
    detector = AAEOutlierDetector(max_iter=20, random_state=0).fit(X)
    assert np.mean(detector.predict(new) == -1) <= 0.25
    for year in ("1970", "2099"):
        far = new[:5].assign(at=pd.Timestamp(f"{year}-01-01"))
        assert (detector.predict(far) == -1).all()
        assert (detector.explain(far).idxmax(axis=1) == "at").all()
    missing = new[:5].assign(at=pd.NaT)
    assert (detector.explain(missing).idxmax(axis=1) == "at").all()


def test_missing_first_date_is_blamed_alone():
    X = orders()[["placed", "shipped", "total"]]
    encoder = TableEncoder().fit(X)
    unknown = encoder.unknown_cells(X.assign(placed=pd.NaT)[:3])
    assert unknown.tolist() == [[True, False, False]] * 3


def test_missing_dates_are_filled_in_form():
    X = orders()
    holes = X[:100].assign(paid=X.paid[:100].where(X.index[:100] % 2 > 0, None))
    filled = AAEDenoiser(corruption="masked", max_iter=4, random_state=0).fit(X).transform(holes)
    assert filled.paid.str.fullmatch(r"\d{4}-\d\d-\d\d").all()
    assert (filled.paid[1::2] == X.paid[:100][1::2]).all()


@pytest.mark.parametrize("form", ["datetime of a zone", "datetime", "Timestamp", "timedelta", "date", "time"])
def test_objects_are_filled_as_objects(form):
    X = pd.DataFrame({"at": FORMS[form](), "x": np.arange(N) / 4})
    holes = X.assign(at=X["at"].where(X.index % 4 > 0, None).astype(object))
    filled = AAEDenoiser(corruption="masked", max_iter=1, random_state=0).fit(X).transform(holes)["at"]
    assert filled.dtype == object
    assert {*map(type, filled)} == {type(X["at"][0])}
    assert (filled[X.index % 4 > 0] == X["at"][X.index % 4 > 0]).all()


def test_metrics_compare_dates_as_numbers():
    X = pd.DataFrame({"day": days(), "x": np.arange(N) / 4})
    text = X.assign(day=X.day.dt.strftime("%Y-%m-%d"))
    assert column_shape_error(X, text) == 0
    assert pair_trend_error(X, text) == pytest.approx(0)
    later = X.assign(day=X.day + pd.Timedelta(days=1000))
    assert column_shape_error(X, later, average=False)["day"] == 1
    with pytest.raises(ValueError, match="'garbage' in column 'day'"):
        column_shape_error(X, X.assign(day="garbage"))


def test_codes_far_away_are_the_last_day_of_the_range():
    X = pd.DataFrame(
        {"at": pd.date_range("2024-01-01", periods=60, freq="7h"), "wait": pd.to_timedelta(range(60), "h")}
    )
    encoder = TableEncoder(None).fit(X)
    far = encoder.transform(X) + np.outer(np.array([1e30, -1e30] * 30), np.ones(len(encoder.source_columns_)))
    decoded = encoder.inverse_transform(far)
    assert decoded["at"].between(X["at"].min(), X["at"].max()).all()
    assert decoded["wait"].between(X.wait.min(), X.wait.max()).all()


@pytest.mark.parametrize("other", [datetime.datetime.date, datetime.datetime.isoformat, pd.Timestamp])
def test_dates_of_several_types_are_of_the_first(other):
    days = [datetime.datetime(2024, 1, 1) + datetime.timedelta(days) for days in range(60)]
    X = pd.DataFrame({"at": pd.Series([day if i % 2 == 0 else other(day) for i, day in enumerate(days)], dtype=object)})
    encoder = TableEncoder().fit(X)
    assert encoder.inverse_transform(encoder.transform(X))["at"].tolist() == days
    assert encoder.columns_.loc["at", ["kind", "n_distinct"]].tolist() == ["date", 60]
    assert encoder.columns_.loc["at", "values"].startswith("2024-01-01")
