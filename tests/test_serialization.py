import pickle
import pickletools
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import GradientBoostingClassifier, IsolationForest, RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier

from skaae import AAETransformer
from skaae._plan import Architecture, Block
from skaae._serialization import TYPE_KEY, deserialize, serialize

X, Y = load_iris(return_X_y=True)


def unserialized_types(value):
    """Types that are neither builtins nor arrays."""
    if isinstance(value, dict):
        return {own for pair in value.items() for part in pair for own in unserialized_types(part)}
    if type(value) in (list, tuple) or (isinstance(value, np.ndarray) and value.dtype == object):
        return {own for part in list(value) for own in unserialized_types(part)}
    return set() if value is None or isinstance(value, str | int | float | np.ndarray | np.generic) else {type(value)}


INDEXES = {
    "text": pd.Index(["a", "b"]),
    "numbers": pd.Index([3, 1], name="n"),
    "mixed": pd.Index(["a", 1, None], dtype=object),
    "range": pd.RangeIndex(2, 8, 3, name="r"),
    "levels": pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["q", None]),
    "dates": pd.DatetimeIndex(["2020-01-01", "2020-03-02"]),
    "dates of a time zone": pd.DatetimeIndex(["2020-01-01", "2020-07-02"], tz="Europe/Berlin"),
    "durations": pd.TimedeltaIndex(["1 day", "02:00:03"]),
    "periods": pd.PeriodIndex(["2020-01", "2020-03"], freq="M"),
    "categories": pd.CategoricalIndex(["b", "a"], categories=["b", "a"], ordered=True),
}
BERLIN = ZoneInfo("Europe/Berlin")
CELLS = {
    "text": pd.Series(["a", None]),
    "text of pandas": pd.Series(["a", None], dtype="string"),
    "text of Python's storage": pd.Series(["a", None], dtype="string[python]"),
    "integers": pd.Series([1, None], dtype="Int8"),
    "bools": pd.Series([True, None], dtype="boolean"),
    "floats": pd.Series([1.5, None], dtype="Float32"),
    "objects": pd.Series(["a", None, pd.NA, pd.NaT, pd.Timestamp("2020-01-01"), pd.Interval(1, 2)], dtype=object),
    "numbers": pd.Series([1.0, np.nan]),
    "dates": pd.Series(pd.to_datetime(["2020-01-01", None])),
    "dates before time zones": pd.Series(np.array(["1500-01-01"], "M8[s]")).dt.tz_localize("Europe/Berlin"),
    "Python's dates": pd.Series([date(1, 2, 3), datetime(2020, 1, 2, 3), time(4, 5, 6, 7), timedelta(-1, 2, 3)]),
    "Python's dates of time zones": pd.Series([datetime(2020, 7, 1, tzinfo=BERLIN), time(4, tzinfo=UTC)]),
    "decimals": pd.Series([Decimal("1.50"), Decimal(7)]),
    "intervals": pd.Series(pd.cut([1, 2, 3], 2)),
    "categories": pd.Series(pd.Categorical([True, None, False], ordered=True)),
}


@pytest.mark.parametrize("kind", INDEXES)
def test_indexes(kind):
    serialized = serialize(INDEXES[kind])
    assert not unserialized_types(serialized)
    pd.testing.assert_index_equal(deserialize(serialized), INDEXES[kind], exact=True)


@pytest.mark.parametrize("kind", CELLS)
def test_extension_arrays(kind):
    serialized = serialize(CELLS[kind].array)
    assert not unserialized_types(serialized)
    pd.testing.assert_series_equal(pd.Series(deserialize(serialized)), CELLS[kind])


def test_types_of_arrow_with_parameters():
    pa = pytest.importorskip("pyarrow")
    for kind, cells in (
        (pa.string(), ["a", None]),
        (pa.decimal128(10, 2), [Decimal("1.25"), None]),
        (pa.dictionary(pa.int8(), pa.string()), ["a", None]),
        (pa.timestamp("ms", "+02:00"), [datetime(2020, 1, 1, tzinfo=UTC), None]),
        (pa.time64("ns"), [time(4, 5), None]),
    ):
        column = pd.Series(pd.array(pa.array(cells, kind), dtype=pd.ArrowDtype(kind)))
        serialized = serialize(column.array)
        assert not unserialized_types(serialized)
        pd.testing.assert_series_equal(pd.Series(deserialize(serialized)), column)


def test_types_of_arrow_are_not_read_by_versions_that_run_their_code(monkeypatch):
    pa = pytest.importorskip("pyarrow")
    serialized = serialize(pd.ArrowDtype(pa.string()))
    monkeypatch.setattr(pa, "__version__", "14.0.0")
    with pytest.raises(ValueError, match=r"need pyarrow 15 or newer. Got 14.0.0"):
        deserialize(serialized)


def test_private_objects_and_shared_references():
    block = Block("style", 2, "normal")
    architecture = Architecture(4, (block, block), (8,), "relu")
    serialized = serialize({"built": architecture, "again": [architecture], ("a", 1): None})
    assert not unserialized_types(serialized)
    back = deserialize(serialized)
    assert back == {"built": architecture, "again": [architecture], ("a", 1): None}
    assert back["built"] is back["again"][0]
    assert back["built"].blocks[0] is back["built"].blocks[1]


def test_builtins_are_not_copied():
    value = {"a": [1, "b", None], "c": np.arange(3), "d": np.array(["x", None], object)}
    assert serialize(value) is value
    assert deserialize(value) is value


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(5, random_state=0),
        GradientBoostingClassifier(n_estimators=3, random_state=0),
        KNeighborsClassifier(3, algorithm="kd_tree"),
    ],
)
def test_estimators_with_trees_are_restored_and_not_modified(model):
    model.fit(X, Y)
    before = model.predict_proba(X)
    serialized = serialize(model)
    assert serialized is not model
    np.testing.assert_array_equal(model.predict_proba(X), before)
    np.testing.assert_array_equal(deserialize(serialized).predict_proba(X), before)


def test_estimators_without_trees_are_unchanged():
    model = KNeighborsClassifier(3, algorithm="brute").fit(X, Y)
    assert serialize(model) is model
    assert deserialize(model) is model


@pytest.fixture
def forest():
    """A serialized forest of one tree, which can be modified."""
    found = serialize(IsolationForest(n_estimators=1, random_state=0).fit(X))
    tree = found.estimators_[0].tree_
    tree["nodes"] = tree["nodes"].copy()
    return found


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("left_child", 10**6),
        ("right_child", 0),
        ("right_child", 2),
        ("left_child", -1),
        ("feature", 4),
        ("feature", -7),
    ],
)
def test_trees_with_wrong_indices_raise(forest, field, wrong):
    forest.estimators_[0].tree_["nodes"][field][0] = wrong
    with pytest.raises(ValueError, match="saved tree must"):
        deserialize(forest)


@pytest.mark.parametrize(("what", "wrong"), [("max_depth", 1), ("n_outputs", 2), ("n_features", 1)])
def test_trees_with_wrong_attributes_raise(forest, what, wrong):
    forest.estimators_[0].tree_[what] = wrong
    with pytest.raises(ValueError, match="A saved tree must"):
        deserialize(forest)


def test_tree_nodes_of_another_version():
    forest = IsolationForest(n_estimators=1, random_state=0).fit(X)
    serialized = serialize(forest)
    tree = serialized.estimators_[0].tree_
    names = [name for name in tree["nodes"].dtype.names if name != "missing_go_to_left"]
    tree["nodes"] = tree["nodes"][[*names]].copy()
    np.testing.assert_array_equal(deserialize(serialized).score_samples(X), forest.score_samples(X))


def test_unknown_types_raise():
    with pytest.raises(ValueError, match="Got 'system'"):
        deserialize({"part": {TYPE_KEY: "system", "command": "ls"}})


class StringDtypeBefore3(pd.StringDtype):
    """The dtype of text of an older pandas, in which text is always missing as NA."""

    def __init__(self, storage=None):
        super().__init__(storage)


@pytest.mark.parametrize("kind", ["numbers", "text", "missing text"])
def test_files_hold_nothing_of_pandas_and_are_read_by_older_ones(kind, monkeypatch):
    table = pd.DataFrame({"x": np.sqrt(np.arange(60.0)), "z": np.arange(60) % 7})
    if kind != "numbers":
        table["k"] = ["u", "v", None if kind == "missing text" else "w"] * 20
    model = AAETransformer(2, hidden_layer_sizes=8, max_iter=2, random_state=0).fit(table)
    file = pickle.dumps(model)
    names = {argument for _, argument, _ in pickletools.genops(file) if isinstance(argument, str)}
    assert not any(name.split(".")[0] == "pandas" for name in names)
    monkeypatch.setattr(pd, "StringDtype", StringDtypeBefore3)
    loaded = pickle.loads(file)
    codes = model.transform(table)
    np.testing.assert_array_equal(loaded.transform(table), codes)
    back = loaded.inverse_transform(codes)
    assert list(back) == list(table)
    if kind != "numbers":
        assert set(back["k"].dropna()) <= {"u", "v", "w"}
