"""Which columns identify rows."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from skaae import TableEncoder
from skaae.table._identifiers import identifier_columns

RNG = np.random.default_rng(0)
N = 400

KEYS = {
    "row numbers": np.arange(N),
    "row numbers in floats": np.arange(N, dtype=float),
    "shuffled row numbers": RNG.permutation(N),
    "row numbers of a part": RNG.permutation(3 * N)[:N],
    "descending": -np.arange(N),
    "ascending with gaps": np.cumsum(RNG.integers(1, 100, N)),
    "row numbers of which some repeat": RNG.permutation(np.r_[np.arange(N - 8), np.arange(8)]),
    "phone numbers": RNG.choice(9 * 10**8, N, replace=False) + 10**8,
    "customer numbers": RNG.choice(900_000, N, replace=False) + 100_000,
    "each four times": RNG.permutation(np.repeat(np.arange(1000, 1000 + N // 4), 4)),
    "names": np.array([f"name{i}" for i in range(N)], dtype=object),
    "big keys": np.arange(N, dtype=np.uint64) + np.uint64(2**63),
    "keys of 2^53 and more": 2**53 + np.arange(N),
}


QUANTITIES = {
    "normal": RNG.normal(size=N),
    "ages": RNG.integers(18, 90, N),
    "counts": RNG.poisson(3, N),
    "amounts": RNG.lognormal(8, 1, N).round(),
    "prices": (RNG.lognormal(12.5, 0.3, N) // 1000) * 1000,
    "bools": RNG.random(N) < 0.5,
    "constant": np.ones(N),
    "text": RNG.choice(list("abc"), N),
    "sorted measurements": np.sort(RNG.normal(size=N)),
    "sorted amounts": np.sort(RNG.lognormal(10, 1, N).round()),
    "sorted normal amounts": np.sort(RNG.normal(1e6, 2e5, N).round()),
    "sorted ages": np.sort(RNG.integers(18, 90, N)),
    "all missing": np.full(N, np.nan),
}


@pytest.mark.parametrize("name", KEYS)
def test_keys(name):
    table = pd.DataFrame({"x": RNG.normal(size=N), "key": KEYS[name], "y": RNG.integers(0, 9, N)})
    assert identifier_columns(table) == ["key"]


@pytest.mark.parametrize("name", QUANTITIES)
def test_quantities(name):
    assert identifier_columns(pd.DataFrame({"x": QUANTITIES[name]})) == []


def test_columns_of_arrays_are_indices():
    X = RNG.normal(size=(N, 3))
    X[:, 1] = np.arange(N)
    assert identifier_columns(X) == [1]


def test_missing_cells_do_not_count():
    keys = pd.array([*range(N - 1), None], dtype="Int64")
    names = [*(f"name{i}" for i in range(N - 1)), None]
    floats = np.r_[np.arange(N - 1), np.nan]
    assert identifier_columns(pd.DataFrame({"a": keys, "b": names, "c": floats})) == ["a", "b", "c"]


def test_small_tables_have_no_identifiers():
    assert identifier_columns(pd.DataFrame({"a": range(10)})) == []


def test_names_of_forty_rows():
    names = [f"{chr(65 + i % 26)}. Surname{i}" for i in range(40)]
    assert identifier_columns(pd.DataFrame({"name": pd.array(names, dtype="string"), "x": [1, 2] * 20})) == ["name"]


def test_keys_as_categories():
    table = pd.DataFrame({"a": pd.Categorical(range(N)), "b": pd.Categorical([f"k{i}" for i in range(N)])})
    assert identifier_columns(table) == ["a", "b"]


def test_arrays_have_the_identifiers_of_their_columns():
    rng = np.random.default_rng(0)
    for n in (8, 60, 500):
        rows = np.arange(n)
        columns = [
            *(rng.normal(size=n), rows + 7, rng.integers(0, 10, n), rng.permutation(n), np.repeat(rows, 3)[:n]),
            *(np.where(rows % 9, rows, np.nan), rng.integers(10**6, 10**8, n), np.full(n, np.nan), np.full(n, 7.0)),
        ]
        X = np.column_stack(columns)
        for table in (X, np.nan_to_num(X).astype(np.int64)):
            assert identifier_columns(table) == identifier_columns(pd.DataFrame(table))


@pytest.mark.parametrize("places", [0, 2])
@pytest.mark.parametrize("library", ["pandas", "arrow"])
def test_decimals_and_floats_among_objects_are_keys_too(library, places):
    dtype = pd.ArrowDtype(pytest.importorskip("pyarrow").decimal128(12, 2)) if library == "arrow" else object
    keys = [Decimal(1000 + i).quantize(Decimal(10) ** -places) for i in range(40)]
    prices = [Decimal(int(cents)).scaleb(-2) for cents in np.sort(RNG.integers(0, 9999, 40))]
    X = pd.DataFrame({"key": pd.array(keys, dtype=dtype), "price": pd.array(prices, dtype=dtype)})
    X["float"] = pd.Series([*map(float, keys[1:]), None], dtype=object)
    assert identifier_columns(X) == ["key", "float"]
    encoder = TableEncoder(identifiers=["key"]).fit(X)
    made = encoder.inverse_transform(encoder.transform(X))["key"]
    assert made.dtype == X["key"].dtype
    assert made.tolist() == [key + 40 for key in X["key"]]


def test_a_few_addresses_and_long_numbers_that_recur_equally_often_are_keys():
    rows = RNG.permutation(40)
    for key in ("CUST-{}", "user{}@mail.org"):
        keys = np.array([key.format(123456 + 789 * (i // 3)) for i in range(40)])[rows]
        assert identifier_columns(pd.DataFrame({"key": keys})) == ["key"]
    treatments = np.array([f"treatment {i % 10}" for i in range(40)])[rows]
    towns = RNG.choice([f"1011{i} Berlin" for i in range(9)], 40)
    assert identifier_columns(pd.DataFrame({"treatment": treatments, "town": towns})) == []
