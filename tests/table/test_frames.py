"""Frames of polars and Arrow: read as pandas, and written as what came in."""

import datetime as dt
import pickle
import sys
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from skaae import TableEncoder
from skaae.table import FrameFormat, missing_mask, to_pandas

pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")

NUMBERS = {
    "integer": pl.Series([1, 2, 1, 2], dtype=pl.Int64),
    "small": pl.Series([1, None, 1, 2], dtype=pl.Int8),
    "large": pl.Series([2**63, 2**63 + 1, None, 2**63], dtype=pl.UInt64),
    "float": pl.Series([0.5, None, 1.5, 2.5]),
    "single": pl.Series([0.5, 1.5, 1.5, 2.5], dtype=pl.Float32),
    "not a number": pl.Series([0.5, np.nan, 1.5, 2.5]),
    "amount": pl.Series([Decimal("1.50"), Decimal("0.25"), None, Decimal("999.99")], dtype=pl.Decimal(5, 2)),
    "flag": pl.Series([True, None, False, True]),
    "always": pl.Series([True, False, True, True]),
}
OTHERS = {
    "text": pl.Series(["a", None, "b", "a"]),
    "category": pl.Series(["a", None, "b", "a"], dtype=pl.Categorical),
    "size": pl.Series(["s", None, "l", "s"], dtype=pl.Enum(["s", "m", "l"])),
    "nothing": pl.Series([None] * 4),
}
TIMES = {
    "day": pl.Series([dt.date(1500, 1, 1), None, dt.date(3000, 1, 1), dt.date(2020, 2, 29)]),
    "time": pl.Series([dt.time(1, 2, 3, 4), None, dt.time(0), dt.time(23)]),
    "moment": pl.Series([dt.datetime(1500, 1, 1), None, dt.datetime(2020, 1, 1, 3, 4, 5, 6), dt.datetime(2020, 1, 1)]),
    "milli": pl.Series([dt.datetime(2020, 1, day) for day in (1, 2, 3, 4)], dtype=pl.Datetime("ms")),
    "zoned": pl.Series([dt.datetime(2020, month, 1) for month in (1, 4, 7, 10)]).dt.replace_time_zone("Europe/Berlin"),
    "duration": pl.Series([dt.timedelta(1), None, dt.timedelta(0, 0, 1), dt.timedelta(-1)]),
}
FRAME = pl.DataFrame({**NUMBERS, **OTHERS, **TIMES, "wide": pl.Series([2**70, None, 1, 2], dtype=pl.Int128)})


def arrow_table():
    """What polars has as Arrow's types, and some that it has not."""
    table = FRAME.drop("wide").to_arrow()
    more = {
        "half": pa.array(np.float16([0.5, 1.5, 2.5, 0.5])),
        "ordered": pa.DictionaryArray.from_arrays(
            pa.array([1, None, 0, 1], pa.int8()), pa.array(["low", "high"]), ordered=True
        ),
        "codes": pa.array([3, None, 7, 3]).dictionary_encode(),
        "date64": pa.array([dt.date(2020, 1, 1), None] * 2, pa.date64()),
        "seconds": pa.array([dt.datetime(2020, 1, 1), None] * 2, pa.timestamp("s", "+02:00")),
        "short": pa.array([dt.time(1), None] * 2, pa.time32("s")),
        "exact": pa.array([Decimal("1.5"), None] * 2, pa.decimal256(50, 2)),
    }
    for name, cells in more.items():
        table = table.append_column(name, cells)
    return table.replace_schema_metadata({"from": "a file"})


@pytest.mark.parametrize("X", [FRAME, FRAME[:0], FRAME[:1], arrow_table()], ids=["polars", "empty", "one row", "arrow"])
def test_any_type_there_and_back(X):
    frame_format, table = FrameFormat.of(X), to_pandas(X)
    back = frame_format.write(table)
    assert table.shape == X.shape
    assert back.schema == X.schema
    if isinstance(X, pl.DataFrame):
        assert back.equals(X, null_equal=True) or back.fill_nan(None).equals(X.fill_nan(None))
    else:
        names = [name for name in X.column_names if name != "not a number"]
        assert [name for name in names if not back[name].equals(X[name])] == []
        assert back.schema.metadata == X.schema.metadata


def test_what_is_missing_stays_null_or_nan():
    X = FRAME.select("float", "not a number")
    table = to_pandas(X)
    assert missing_mask(table)[1].all()
    back = FrameFormat.of(X).write(table)
    assert back["float"].null_count() == 1
    assert back["not a number"].null_count() == 0


def test_order_of_categories():
    table = to_pandas(FRAME)
    assert table["size"].cat.ordered
    assert list(table["size"].cat.categories) == ["s", "m", "l"]
    assert list(to_pandas(arrow_table())["ordered"].cat.categories) == ["low", "high"]


def test_cells_that_do_not_fit_make_a_wider_type():
    frame_format = FrameFormat.of(FRAME)
    table = to_pandas(FRAME[["size", "amount", "integer"]])
    table["size"], table["amount"] = ["xl"] * 4, [Decimal("12345.6")] * 4
    back = frame_format.write(table.astype({"integer": float}).replace({"integer": {1.0: np.nan}}))
    assert back["size"].to_list() == ["xl"] * 4
    assert back["amount"].to_list() == [Decimal("999.99")] * 4  # as Arrow's decimals are
    assert back["integer"].to_list() == [None, 2, None, 2]
    assert back["integer"].dtype == pl.Int64
    X = arrow_table().select(["amount", "small"])
    table = to_pandas(X).assign(small="a", amount=[Decimal("12345.6")] * 4)
    assert FrameFormat.of(X).write(table).to_pydict() == {"amount": [Decimal("999.99")] * 4, "small": ["a"] * 4}


@pytest.mark.parametrize("X", [FRAME[[*NUMBERS, *OTHERS]], arrow_table().select([*NUMBERS, *OTHERS])])
def test_encoder_gives_types_and_names_back(X, tmp_path):
    encoder = TableEncoder().fit(X)
    names = getattr(X, "column_names", X.columns)
    assert list(encoder.feature_names_in_) == names
    for again in (encoder, pickle.loads(pickle.dumps(encoder))):
        back = again.inverse_transform(encoder.transform(X))
        assert type(back) is type(X)
        assert back.schema == X.schema
        left, right = (
            frame.to_pydict() if isinstance(X, pa.Table) else frame.to_dict(as_series=False) for frame in (back, X)
        )
        for name in names:
            is_null = [cell is None or cell != cell for cell in right[name]]
            pairs = zip(left[name], right[name], is_null, strict=True)
            assert all(a == b or missing for a, b, missing in pairs), name


def test_rows_of_another_library_are_the_same_rows():
    X = FRAME[["integer", "float", "text", "flag"]]
    encoder = TableEncoder().fit(X)
    wanted = encoder.transform(X)
    for other in (X.to_arrow(), X.to_arrow().to_batches()[0], to_pandas(X), X.to_pandas()):
        np.testing.assert_array_equal(encoder.transform(other), wanted)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_set_output(library):
    encoder = TableEncoder().set_output(transform=library).fit(FRAME[["integer", "text"]])
    codes = encoder.transform(FRAME[["integer", "text"]])
    assert type(codes).__module__.split(".")[0] == library
    assert list(codes.columns) == list(encoder.get_feature_names_out())
    assert encoder.inverse_transform(codes).columns == ["integer", "text"]


@pytest.mark.parametrize(
    ("cells", "kind"), [([[1], None], "list"), ([{"a": 1}, None], "struct"), ([b"a", None], "binary")]
)
def test_nested_cells_are_refused_by_name(cells, kind):
    X = pl.DataFrame({"x": [1, 2], "parts": cells})
    for frame in (X, X.to_arrow()):
        with pytest.raises(ValueError, match=rf"(?i)Got (large_)?{kind}.* in column 'parts'"):
            TableEncoder().fit(frame)


def test_names_that_are_there_twice():
    with pytest.raises(ValueError, match="Columns must have different names"):
        TableEncoder().fit(pa.table([[1, 2], [1, 2]], names=["a", "a"]))


def test_lazy_frames_are_to_be_collected():
    with pytest.raises(ValueError, match=r"lazy frame of polars: pass `X.collect\(\)`"):
        TableEncoder().fit(FRAME.lazy())
    dask = pytest.importorskip("dask.dataframe")
    lazy = dask.from_pandas(pd.DataFrame({"a": [1.0, 2.0]}), npartitions=1)
    with pytest.raises(ValueError, match=r"lazy frame of dask: pass `X.compute\(\)`"):
        TableEncoder().fit(lazy)


def test_frames_with_the_dtypes_of_pandas(monkeypatch):
    class Frame(pd.DataFrame):
        pass

    monkeypatch.setitem(sys.modules, "cudf", SimpleNamespace(DataFrame=Frame))
    frame_format = FrameFormat.of(FRAME)
    frame_format.library = "cudf"
    assert type(frame_format.write(pd.DataFrame({"a": [1]}))) is Frame


def test_columns_are_no_frames():
    for column in (pl.Series([1]), pa.chunked_array([[1]]), pd.Series([1]), [1], None):
        assert FrameFormat.of(column) is None
        assert to_pandas(column) is column
