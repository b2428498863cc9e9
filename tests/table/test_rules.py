"""Rules by which columns depend on others: kept in rows that are decoded, whatever the cells of each column were."""

import pickle
import time

import numpy as np
import pandas as pd
import pytest

from skaae import TableEncoder
from skaae.table._dependences import FurtherSource
from skaae.table._lines import fit_line

RNG = np.random.default_rng(0)
N = 600


def fitted(X):
    return TableEncoder("quantile", rounding="seen").fit(X)


def shuffled(encoder, X):
    """Rows in which each column of the encoding is that of another row."""
    encoded = encoder.transform(X)
    groups = np.split(
        encoded,
        [*range(1, encoder.n_numeric_), *encoder.n_numeric_ + np.cumsum([0, *encoder.one_hot_groups_[:-1]])],
        axis=1,
    )
    groups = [group for group in groups if group.shape[1]]
    return encoder.inverse_transform(np.concatenate([group[RNG.permutation(len(X))] for group in groups], axis=1))


MINUTES = RNG.integers(0, 200, N) / 10
MANY_MINUTES = RNG.integers(0, 40_000, N) / 10


@pytest.mark.parametrize("minutes", [MINUTES, MANY_MINUTES])
@pytest.mark.parametrize(
    "charge",
    [
        lambda m: (0.27 * m).round(2),
        lambda m: np.floor(17 * m + 0.5) / 100,  # ties are rounded up
        lambda m: 1.8 * m + 32,
        lambda m: (5000 - 10 * m).round().astype(int),
        lambda m: (0.123456789 * m + 3).astype(np.float32),
    ],
)
def test_a_number_on_a_line_stays_there(minutes, charge):
    X = pd.DataFrame({"charge": charge(minutes), "calls": RNG.poisson(3, N), "minutes": minutes})
    encoder = fitted(X)
    rows = shuffled(encoder, X)
    assert rows.dtypes.equals(X.dtypes)
    assert np.isclose(rows.charge, charge(rows.minutes), rtol=1e-5, atol=1e-9).mean() > 0.995
    assert (rows.minutes.to_numpy() != X.minutes.to_numpy()).any()
    pd.testing.assert_frame_equal(encoder.inverse_transform(encoder.transform(X)), X, rtol=1e-6)


def test_arrays_and_missing_cells_have_lines_too():
    X = np.stack([MANY_MINUTES, (0.17 * MANY_MINUTES).round(2), RNG.normal(size=N)], axis=1)
    X[::7, 0] = X[::5, 1] = np.nan
    rows = shuffled(fitted(X), X)
    present = ~np.isnan(rows[:, :2]).any(axis=1)
    assert present.mean() > 0.5
    assert (np.abs(rows[present, 1] - 0.17 * rows[present, 0]) < 0.0051).all()


def test_a_number_looks_up_what_it_determines_by_any_function():
    area = RNG.integers(50, 150, N)
    X = pd.DataFrame({"diameter": 2 * np.sqrt(area / np.pi), "area": area, "x": RNG.normal(size=N)})
    rows = shuffled(fitted(X), X)
    assert np.allclose(rows.diameter, 2 * np.sqrt(rows.area / np.pi))


def test_a_decimal_number_determines_a_category():
    rain = np.where(RNG.random(N) < 0.5, 0, RNG.integers(0, 60, N) / 5)
    X = pd.DataFrame({"rain": rain, "rained": np.where(rain > 1, "yes", "no"), "x": RNG.normal(size=N)})
    encoder = fitted(X)
    rows = shuffled(encoder, X)
    assert ((rows.rain > 1) == (rows.rained == "yes")).all()
    assert encoder.columns_.loc["rain", "kind"] == "number"


def test_a_further_source_agrees_with_the_first():
    fuel = RNG.choice(["diesel", "gas"], N, p=[0.2, 0.8])
    X = pd.DataFrame(
        {
            "system": np.where(
                fuel == "gas", RNG.choice(["mpfi", "2bbl", "spdi"], N), RNG.choice(["idi", "common"], N)
            ),
            "fuel": fuel,
            "ratio": np.where(fuel == "gas", RNG.integers(70, 100, N), RNG.integers(210, 230, N)) / 10,
            "pump": np.where(fuel == "gas", RNG.choice(["a", "b"], N), RNG.choice(["c", "d"], N)),
        }
    )
    encoder = fitted(X)
    rows = shuffled(encoder, X)
    is_gas = rows.system.isin(["mpfi", "2bbl", "spdi"])
    assert ((rows.fuel == "gas") == is_gas).all()
    assert ((rows.ratio < 15) == is_gas).all()
    assert (rows.pump.isin(["a", "b"]) == is_gas).all()
    assert sum(isinstance(rule, FurtherSource) for rule in encoder._dependences) == 2
    assert pickle.loads(pickle.dumps(encoder)).inverse_transform(encoder.transform(X)).equals(X)


@pytest.mark.parametrize(
    "noisy",
    [
        lambda x: (0.27 * x).round(2) + 0.02 * (np.arange(N) == 99),
        lambda x: x + RNG.normal(size=N) / 5,
        lambda x: (x > 2000).astype(int) * np.where(np.arange(N) == 99, 0, 1),
    ],
)
def test_what_holds_in_most_rows_is_no_rule(noisy):
    x = MANY_MINUTES.copy()
    x[99] = 3999
    assert fitted(pd.DataFrame({"x": x, "y": noisy(x)}))._dependences == []


def test_lines_have_few_digits():
    x = pd.Series(MANY_MINUTES)
    assert fit_line(x, (1.8 * x + 32).round(2)) == (1.8, 32.0, 2)
    slope, intercept, decimals = fit_line(x, (0.17 * x).round(2))
    assert (slope, decimals) == (0.17, 2)
    assert abs(intercept) < 1e-5
    assert fit_line(x, pd.Series(RNG.normal(size=N))) is None


@pytest.mark.parametrize("scales", [(1e300, 1e-300), (1e150, 1.0), (1.0, 1e-308)])
def test_numbers_near_the_largest_and_the_smallest(scales):
    x = np.tanh(RNG.normal(size=N))
    X = pd.DataFrame({"a": scales[0] * x, "b": scales[1] * x})
    encoder = fitted(X)
    assert np.isfinite(encoder.inverse_transform(encoder.transform(X))).all(axis=None)


def test_other_byte_orders_are_no_error():
    X = pd.DataFrame(np.stack([MINUTES, 2 * MINUTES], axis=1).astype(">f8"))
    assert fitted(X).inverse_transform(fitted(X).transform(X)).equals(X)


def test_floats_are_searched_in_no_time():
    X = np.random.default_rng(0).normal(size=(5000, 300))
    encoder = TableEncoder("quantile", rounding="seen")
    start = time.process_time()
    encoder.fit(X)
    with_rules = time.process_time() - start
    start = time.process_time()
    TableEncoder("quantile").fit(X)
    assert with_rules < 3 * (time.process_time() - start) + 0.5


@pytest.mark.parametrize(("low", "high"), [(0.3, 0.7), (1, 4)])
def test_small_differences_of_large_numbers_are_no_line(low, high):
    rng = np.random.default_rng(0)
    day = 2_450_000 + rng.uniform(0, 5000, 300)
    X = pd.DataFrame({"rise": day, "set": day + rng.uniform(low, high, 300)})
    assert fitted(X)._dependences == []
    assert fitted(X.round(2))._dependences == []


def test_a_line_far_from_zero_is_exact():
    start = 1_700_000_000 + np.random.default_rng(0).integers(0, 10**7, 300)
    X = pd.DataFrame({"start": start, "end": start + 3600})
    (line,) = fitted(X)._dependences
    columns = [X.start.array, X.end.array]
    line.apply(columns)
    np.testing.assert_array_equal(columns[line.target], X.iloc[:, line.target])


@pytest.mark.parametrize(
    "dtype", ["category", "string", "str", "object", pd.CategoricalDtype(list("cabde"), ordered=True)]
)
def test_names_of_any_dtype_stay_with_their_numbers(dtype):
    number = RNG.integers(0, 5, N)
    names = pd.Series(np.array(list("abcde"))[number]).astype(dtype)
    X = pd.DataFrame({"number": number, "name": names, "x": RNG.normal(size=N)})
    encoder = fitted(X)
    rows = shuffled(encoder, X)
    assert rows.dtypes.equals(X.dtypes)
    assert (rows["name"].astype(object) == np.array(list("abcde"), object)[rows["number"]]).all()


@pytest.mark.parametrize("related", [False, True])
def test_a_number_that_goes_with_others_is_no_code(related):
    size = RNG.integers(1, 40, N)
    colors = np.array(["red", "green", "blue"])[RNG.integers(0, 3, 40)]
    weight = size * 2.5 + RNG.normal(size=N) if related else RNG.normal(size=N)
    X = pd.DataFrame({"size": size, "color": colors[size], "weight": weight})
    encoder = fitted(X)
    assert encoder.columns_.loc["size", "kind"] == ("whole number" if related else "category")
    rows = shuffled(encoder, X)
    assert (rows["color"] == colors[rows["size"]]).all()
