from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from known_samples import MADE, MADE_TABLE, REAL, REAL_TABLE
from scipy.sparse import csr_matrix

from skaae.metrics import column_shape_error, pair_trend_error


def test_column_shapes_equal_recorded_sdmetrics():
    errors = column_shape_error(REAL_TABLE, MADE_TABLE, average=False)  # sdmetrics 0.32.0
    known = {"number": 0.14333333, "whole": 0.21333333, "kind": 0.15, "flag": 0.08333333}
    assert errors.to_dict() == pytest.approx(known)
    assert column_shape_error(REAL_TABLE, MADE_TABLE) == pytest.approx(0.1475)


def test_column_shapes_equal_sdmetrics():
    reference = pytest.importorskip("sdmetrics.single_column")
    metrics = {"number": reference.KSComplement, "whole": reference.KSComplement}
    errors = column_shape_error(REAL_TABLE, MADE_TABLE, average=False)
    for name, error in errors.items():
        metric = metrics.get(name, reference.TVComplement)
        assert 1 - error == pytest.approx(metric.compute(REAL_TABLE[name], MADE_TABLE[name]))


def test_pair_trends_equal_recorded_sdmetrics():
    errors = pair_trend_error(REAL_TABLE, MADE_TABLE, average=False)  # sdmetrics 0.32.0
    assert errors["number", "kind"] == pytest.approx(0.24333333)
    assert errors["kind", "flag"] == pytest.approx(0.16333333)
    assert pair_trend_error(REAL_TABLE, MADE_TABLE) == pytest.approx(errors.mean())


def test_pair_trends_equal_sdmetrics():
    reference = pytest.importorskip("sdmetrics.column_pairs")
    errors = pair_trend_error(REAL_TABLE, MADE_TABLE, average=False)
    for pair, error in errors.items():
        columns, numbers = list(pair), [name for name in pair if name in {"number", "whole"}]
        parts = REAL_TABLE[columns], MADE_TABLE[columns]
        if len(numbers) == 2:
            expected = reference.CorrelationSimilarity.compute(*parts)
        else:
            expected = reference.ContingencySimilarity.compute(*parts, continuous_column_names=numbers or None)
        assert 1 - error == pytest.approx(expected, abs=0.01)  # theirs bin integers by other edges


def test_numeric_pair_trends_are_correlations():
    expected = np.abs(np.corrcoef(REAL.T) - np.corrcoef(MADE.T))[np.triu_indices(4, 1)] / 2
    np.testing.assert_allclose(pair_trend_error(REAL, MADE, average=False), expected)


def test_categories_of_different_dtypes():
    whole, flags = pd.DataFrame({"a": [1, 2]}, dtype=object), pd.DataFrame({"a": [True, False]})
    assert column_shape_error(whole, whole.astype(float)) == 0
    assert column_shape_error(flags, flags.astype(str)) == 0
    assert column_shape_error(flags, ~flags) == 0
    assert column_shape_error(flags, flags | True) == 0.5


def test_object_arrays_and_lists():
    rows = [[1.5, "a"], [2.5, "b"], [None, "b"]]
    for other in ([[1.5, "a"], [9.0, "b"], [None, "a"]], np.array([[1.5, "a"], [9.0, "b"], [None, "a"]], dtype=object)):
        assert column_shape_error(np.array(rows, dtype=object), other, average=False).to_dict() == {0: 0.5, 1: 1 / 3}
    numbers = REAL.astype(object)
    assert pair_trend_error(numbers, MADE) == pair_trend_error(REAL, MADE)


def test_dates_are_numbers():
    days = pd.DataFrame({"day": pd.date_range("2026-01-01", periods=4)})
    assert column_shape_error(days, days + pd.Timedelta(days=2)) == 0.5


@pytest.mark.parametrize("metric", [column_shape_error, pair_trend_error])
def test_same_rows_have_no_error(metric):
    table = REAL_TABLE.assign(
        category=REAL_TABLE.kind.astype("category"),
        nullable=pd.array([1, None, 3] * 100, dtype="Int64"),
        text=pd.Series(["x", None, "y"] * 100),
        constant=1.0,
        nothing=np.nan,
    )
    others = table[::-1].astype({"category": str, "nullable": float, "whole": float})[list(table)[::-1]]
    assert metric(table, others) == pytest.approx(0, abs=1e-12)


def test_missing_cells():
    whole, half = pd.DataFrame({"a": np.arange(4.0)}), pd.DataFrame({"a": [0, np.nan, 3, np.nan]})
    assert column_shape_error(whole, half) == 0.5
    text = pd.DataFrame({"a": ["x", "x", "y", "y"]})
    assert column_shape_error(text, text.replace("y", None)) == 0.5
    assert column_shape_error(half * np.nan, half) == 0.5
    assert column_shape_error(half * np.nan, whole) == 1


def test_undefined_correlation_is_zero():
    straight = np.column_stack([np.arange(5.0), np.arange(5.0)])
    assert pair_trend_error(straight, np.column_stack([np.arange(5.0), np.ones(5)])) == pytest.approx(0.5)


def test_shuffled_columns_have_pair_errors_only():
    rng = np.random.default_rng(0)
    shuffled = REAL_TABLE.apply(lambda cells: rng.permutation(cells))
    assert column_shape_error(REAL_TABLE, shuffled) == 0
    assert pair_trend_error(REAL_TABLE, shuffled) > 0.05


def test_thousands_of_categories():
    names = np.array([f"name {i}" for i in range(5000)])
    table = pd.DataFrame({"a": names, "b": names[::-1]})
    assert pair_trend_error(table, table) == 0
    assert pair_trend_error(table, table.assign(b=names)) == 1


def test_invalid_input_raises():
    with pytest.raises(ValueError, match=r"without \['flag'\] and one with \['other'\] beside"):
        column_shape_error(REAL_TABLE, MADE_TABLE.rename(columns={"flag": "other"}))
    with pytest.raises(ValueError, match="two columns at least"):
        pair_trend_error(REAL_TABLE[["flag"]], MADE_TABLE[["flag"]])
    with pytest.raises(ValueError, match="different names"):
        column_shape_error(REAL_TABLE.iloc[:, [0, 0]], MADE_TABLE.iloc[:, [0, 0]])
    with pytest.raises(ValueError, match="one row and one column"):
        column_shape_error(REAL_TABLE[:0], MADE_TABLE)
    with pytest.raises(ValueError, match="finite"):
        column_shape_error([[np.inf]], [[1.0]])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (csr_matrix(np.eye(3)), "`X_real` must be a table, of rows and columns. Got csr_matrix: it is sparse"),
        ("rows", "`X_real` must be a table, of rows and columns. Got str"),
        (np.zeros((2, 2, 2)), "`X_real` must be a table, of rows and columns. Got ndarray"),
        (1e200 * REAL, r"must be at most 1e\+150. Got greater ones in column 0"),
    ],
)
def test_invalid_tables_raise(X, message):
    with pytest.raises(ValueError, match=message):
        pair_trend_error(X, REAL)


def test_one_row_and_big_endian_arrays():
    assert column_shape_error(np.eye(1), np.eye(1)) == 0
    assert column_shape_error(REAL.astype(">f4"), REAL.astype("f4")) == 0


@pytest.fixture
def kinds():
    """A table with a column of each kind, as 0 and 1 or text."""
    rng = np.random.default_rng(0)
    n = 400
    return pd.DataFrame(
        {"flag": rng.random(n) < 0.3, "town": rng.choice(["Bonn", "Kiel"], n), "x": rng.normal(size=n).round(2)}
    )


@pytest.mark.parametrize("metric", [column_shape_error, pair_trend_error])
@pytest.mark.parametrize("dtype", [int, float, "Int8", "boolean", object])
def test_bools_are_zeros_and_ones(metric, dtype, kinds):
    others = kinds.astype({"flag": dtype})
    assert metric(kinds, others) == metric(others, kinds) == 0
    assert metric(kinds, others.assign(flag=1 - others.flag.astype(int))) > 0.1
    with_missing = others.assign(flag=others.flag.astype("Int8").where(others.index % 2 == 0))
    assert column_shape_error(kinds, with_missing, average=False).flag == pytest.approx(0.5)


@pytest.mark.parametrize("metric", [column_shape_error, pair_trend_error])
def test_arrow_columns(metric, kinds):
    pa = pytest.importorskip("pyarrow")
    arrow = kinds.convert_dtypes(dtype_backend="pyarrow").assign(
        x=pd.Series([Decimal(str(x)) for x in kinds.x], dtype=pd.ArrowDtype(pa.decimal128(9, 2)))
    )
    assert metric(arrow, kinds) == metric(kinds, arrow) == pytest.approx(0, abs=1e-12)
    for table in (arrow, kinds):
        nowhere = table.assign(town=pd.Series(["Nowhere"] * len(table), dtype=table.town.dtype))
        errors = [metric(arrow, nowhere, average=False), metric(kinds, nowhere, average=False)]
        assert all(error[error.index.map(lambda name: "town" in name)].min() > 0.99 for error in errors)


def test_decimals_are_numbers(kinds):
    decimals = kinds.assign(x=[Decimal(str(x)) for x in kinds.x])
    assert column_shape_error(decimals, kinds) == column_shape_error(kinds, decimals) == 0
    assert column_shape_error(decimals[:200], decimals[200:]) < 0.15
    assert pair_trend_error(decimals, decimals.assign(x=[x + 9 for x in decimals.x])) > 0.3


def test_what_cannot_be_compared_raises(kinds):
    for garbage in (["text"] * 400, pd.date_range("2020", periods=400)):
        for metric in (column_shape_error, pair_trend_error):
            with pytest.raises(ValueError, match=r"numbers in both tables. Got others in column 'x'|turn it into"):
                metric(kinds, kinds.assign(x=garbage))
    assert column_shape_error(kinds, kinds.assign(x=kinds.x.astype(str))) == 0


def test_a_column_without_cells_is_no_perfect_one(kinds):
    nothing = kinds.assign(x=np.nan)
    assert column_shape_error(kinds, nothing, average=False).x == 1
    numbers = pd.DataFrame(np.random.default_rng(0).normal(size=(100, 2)))
    assert pair_trend_error(numbers, numbers.assign(**{}).mask(numbers < np.inf)) == 1


def test_dates_in_columns_without_names():
    X = pd.DataFrame({0: pd.date_range("2023-01-01", periods=60), 1: np.arange(60.0)})
    assert column_shape_error(X, X[::-1]) == 0
    assert column_shape_error(X, pd.concat([X[:30], X[:30]])) > 0.2
