"""Numbers and dates in text that is not read as such are told of, and codes are not."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest

from skaae import (
    AAEClusterer,
    AAEDenoiser,
    AAEGenerator,
    AAEOutlierDetector,
    AAETransformer,
    PriorFittedClassifier,
    SemiSupervisedAAEClassifier,
    TableEncoder,
)
from skaae.streaming import fit_stream

N_ROWS = 300
RNG = np.random.default_rng(0)
NUMBERS = RNG.choice(RNG.gamma(2, 900, 60).round(2), N_ROWS)
WHOLE = RNG.choice(np.arange(5, 65), N_ROWS)
DAYS = pd.Series(RNG.choice(pd.date_range("2024-01-01", periods=90).to_numpy(), N_ROWS))
IS_LOST = RNG.random(N_ROWS) < 0.1
WAITS = pd.Series(pd.to_timedelta(WHOLE * 3700, unit="s"))
SWAP = str.maketrans(",.", ".,")
WRITTEN = {
    "1234,5": [f"{x:.1f}".replace(".", ",") for x in NUMBERS],
    "1.234,50": [f"{x:,.2f}".translate(SWAP) for x in NUMBERS],
    "1,234.50": [f"{x:,.2f}" for x in NUMBERS],
    "1 234,50": [f"{x:,.2f}".replace(",", "\N{NO-BREAK SPACE}").replace(".", ",") for x in NUMBERS],
    "1,234": [f"{x:,.0f}" for x in NUMBERS],
    "12 %": [f"{x} %" for x in WHOLE],
    "-12%": [f"{x - 30}%" for x in WHOLE],
    "€ 12.50": [f"€ {x:.2f}" for x in NUMBERS],
    "1.234,50 EUR": [f"{x:,.2f} EUR".translate(SWAP) for x in NUMBERS],
    "12.5 kg": [f"{x} kg" for x in NUMBERS],
    "n/a": np.where(IS_LOST, "n/a", WHOLE.astype(str)),
    " - ": np.where(IS_LOST, " - ", NUMBERS.astype(str)),
    " ": np.where(IS_LOST, " ", NUMBERS.astype(str)),
    "year?": np.where(IS_LOST, "?", (1950 + WHOLE).astype(str)),
    "typo": np.where(np.arange(N_ROWS) == 7, "l2", WHOLE.astype(str)),
    "few": [f"{x:.1f}".replace(".", ",") for x in WHOLE % 5 / 2],
    "1 day, 2:00:00": [str(wait.to_pytimedelta()) for wait in WAITS],
    "2024-12-31 15:00:00 UTC": DAYS.dt.strftime("%Y-%m-%d 15:00:00 UTC"),
    "31/12/2024": DAYS.dt.strftime("%d/%m/%Y"),
    "12/31/2024": DAYS.dt.strftime("%m/%d/%Y"),
    "31.12.2024 15:00": DAYS.dt.strftime("%d.%m.%Y 15:00"),
    "31-Dec-24": DAYS.dt.strftime("%d-%b-%y"),
    "2024-12-31 or unknown": np.where(RNG.random(N_ROWS) < 0.3, "unknown", DAYS.dt.strftime("%Y-%m-%d")),
}
TRUE = dict.fromkeys(list(WRITTEN)[-5:], DAYS) | {
    **{"1234,5": [float(f"{x:.1f}") for x in NUMBERS], "1,234": NUMBERS.round(), "12 %": WHOLE, "-12%": WHOLE - 30},
    **{"n/a": WHOLE, "year?": 1950 + WHOLE, "typo": WHOLE, "few": WHOLE % 5 / 2},
    "31.12.2024 15:00": DAYS + pd.Timedelta(hours=15),
    "2024-12-31 15:00:00 UTC": (DAYS + pd.Timedelta(hours=15)).dt.tz_localize("UTC"),
    "1 day, 2:00:00": WAITS,
}
CODES = {
    "zip": [f"{x:05d}" for x in RNG.integers(1000, 99_999, 60)],
    "zip or ?": ["?", *map(str, RNG.integers(10_000, 99_999, 60))],
    "A12": [f"A{x}" for x in range(40)],
    "12B": [f"{x}B" for x in range(40)],
    "10-20": [f"{x}-{x + 10}" for x in range(0, 300, 10)],
    "65+": ["0-17", "18-24", "25-34", "35-44", "45-54", "55-64", "65+", "unknown"],
    "sizes": ["XS", "S", "M", "L", "38", "40", "42"],
    "8GB": ["4GB", "8GB", "16GB", "32GB", "64GB"],
    "version": [f"{x}.{y}" for x in range(1, 5) for y in range(13)],
    "1.2.3": [f"{x}.{y}.3" for x in range(1, 5) for y in range(13)],
    "phone": [f"0228 {x}" for x in RNG.integers(10**5, 10**6, 60)],
    "phone in groups": [f"{x} 555 {x}" for x in RNG.integers(100, 999, 60)],
    "flag": ["0", "1"],
    "flag or ?": ["0", "1", "?"],
    "rating": [*map(str, range(1, 11)), "n/a"],
    "store": list(map(str, range(1, 46))),
    "grade": ["K", *map(str, range(1, 13))],
    "diagnosis": ["?", *map(str, range(250, 290)), *(f"V{x}" for x in range(10, 40))],
    "children": ["0", "1", "2", "3+"],
    "pressure": [f"{x}/{y}" for x in range(110, 140, 5) for y in range(60, 90, 5)],
    "class": ["<=50K", ">50K"],
    "answers": ["1", "2", "1,2", "1,2,3", "2,3", "1,3", "1,2,3,4"],
    "address": [f"10.0.{x}.{y}" for x in range(5) for y in range(9)],
    "score": [f"{x}:{y}" for x in range(5) for y in range(5)],
    "ordinal date": [f"2024-{x:03d}" for x in range(1, 200, 7)],
    "month": ["Jan 2024", "Feb 2024", "Mar 2024"],
}


@pytest.mark.parametrize("name", WRITTEN)
def test_conversion_that_the_warning_names_restores_the_values(name):
    X = pd.DataFrame({"x": NUMBERS, "c": WRITTEN[name]})
    with pytest.warns(UserWarning, match="Numbers and dates in text") as record:
        TableEncoder().fit(X)
    assert len(record) == 1
    message = str(record[0].message)
    count, expression = re.search(r"'c' \((\d+) of 300 cells .*?\): `(.*?)`\. If", message).groups()
    converted = eval(expression, {"pd": pd, "X": X})
    expected = pd.Series(TRUE.get(name, NUMBERS)).where(converted.notna())
    assert int(count) == converted.notna().sum() >= 200
    pd.testing.assert_series_equal(converted, expected, check_dtype=False, check_names=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TableEncoder().fit(X.assign(c=converted))
        TableEncoder(column_kinds={"c": "category"}).fit(X)
        TableEncoder(categorical_features=["c"]).fit(X)
        TableEncoder().fit(X.astype({"c": "category"}))


@pytest.mark.parametrize("name", CODES)
def test_codes_are_categories_without_a_word(name):
    X = pd.DataFrame({"x": NUMBERS, "c": RNG.choice(CODES[name], N_ROWS)})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TableEncoder().fit(X)
        TableEncoder().fit(X.mask(RNG.random(X.shape) < 0.1))


def test_text_that_has_too_many_categories_is_refused_with_the_conversion():
    numbers = np.arange(N_ROWS) / 8 + 1000
    X = pd.DataFrame({"c": [f"{x:,.3f} €".translate(SWAP) for x in numbers]})
    with pytest.raises(ValueError, match="it looks like numbers or dates, which it becomes by") as error:
        TableEncoder().fit(X)
    converted = eval(re.search("`(.*)`", str(error.value))[1], {"pd": pd, "X": X})
    np.testing.assert_array_equal(converted, numbers)
    with pytest.raises(ValueError, match=r"of the kind 'number'.* Try `pd.to_numeric\(X\['c'\].str.replace"):
        TableEncoder(column_kinds={"c": "number"}).fit(X)
    mixed = pd.DataFrame({"c": [*range(40), "n/a"]})
    with pytest.raises(ValueError, match=r"Got both in column 'c': `pd.to_numeric\(X\['c'\], errors='coerce'\)`"):
        TableEncoder().fit(mixed)
    codes = pd.DataFrame({"c": [f"{x:05d}" for x in range(N_ROWS)]})
    with pytest.raises(ValueError, match="drop it if it identifies rows"):
        TableEncoder().fit(codes)


@pytest.mark.parametrize(
    "fit",
    [
        lambda X, y: AAETransformer(2, max_iter=1).fit(X),
        lambda X, y: AAETransformer(2, max_iter=1).partial_fit(X),
        lambda X, y: fit_stream(AAETransformer(2, max_iter=1), [X]),
        lambda X, y: SemiSupervisedAAEClassifier(max_iter=1).fit(X, y),
        lambda X, y: PriorFittedClassifier().fit(X, y),
        lambda X, y: AAEClusterer(2, teachers=None, max_iter=1).fit(X),
        lambda X, y: AAEOutlierDetector(max_iter=1).fit(X),
        lambda X, y: AAEDenoiser(max_iter=1).fit(X),
        lambda X, y: AAEGenerator(max_iter=1, rejection_sampling=False).fit(X, y),
    ],
)
def test_every_fit_tells_once_of_all_columns(fit):
    X = pd.DataFrame(
        {"price": WRITTEN["1.234,50"], "day": WRITTEN["31/12/2024"], "x": NUMBERS + RNG.normal(size=N_ROWS)}
    )
    X, y = X[:80], np.where(IS_LOST, "1,5", "2,5")[:80]
    with pytest.warns(UserWarning, match=r"column 'price' .*; column 'day' .*'price': 'category', 'day'") as record:
        fit(X, y)
    assert [str(warning.message)[:21] for warning in record].count("Numbers and dates in ") == 1


def test_text_that_differs_by_spaces_is_one():
    X = pd.DataFrame({"day": ["31/12/2024", "31/12/2024 ", " 01/02/2024", "05/06/2024"] * 5, "b": np.arange(20.0)})
    with pytest.warns(UserWarning, match="20 of 20 cells are dates"):
        TableEncoder().fit(X)
