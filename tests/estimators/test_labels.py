import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from skaae.estimators._labels import decode_labels, encode_labels, is_labelled, unique_classes

nan = float("nan")
NUMBERS = [
    np.array([0, 2, -1, 2, -1]),
    np.array([0.0, 2.0, np.nan, 2.0, np.nan]),
    np.array([0, 2, None, 2, np.nan], dtype=object),
    np.ma.masked_array([0, 2, 9, 2, -1], mask=[0, 0, 1, 0, 1]),
    pd.Series([0, 2, pd.NA, 2, None], dtype="Int64"),
    pd.Series([0, 2, None, 2, None], dtype="int64[pyarrow]"),
    pd.Series([0, 2, None, 2, None], dtype="category"),
    pd.DataFrame({"y": [0, 2, -1, 2, -1]}),
    pa.array([0, 2, None, 2, None]),
    [0, 2, -1, 2, -1],
    [0, 2, nan, 2, None],
]
BOOLS = [
    np.array([False, True, None, True, None]),
    pd.Series([False, True, None, True, None], dtype="boolean"),
    pd.Series([False, True, None, True, None], dtype="bool[pyarrow]"),
    [False, True, -1, True, -1],
    [False, True, None, True, pd.NA],
]
STRINGS = [
    np.array(["a", "b", -1, "b", -1.0], dtype=object),
    np.array(["a", "b", np.nan, "b", None], dtype=object),
    np.array(["a", "b", -1, "b", -1]),  # which turns -1 into text
    np.ma.masked_array(["a", "b", "c", "b", "c"], mask=[0, 0, 1, 0, 1]),
    pd.Series(["a", "b", None, "b", None]),
    pd.Series(["a", "b", None, "b", None], dtype="string"),
    pd.Series(["a", "b", None, "b", None], dtype="string[pyarrow]"),
    pd.Series(["a", "b", None, "b", None], dtype="category"),
    pd.Series(["a", "b", "-1", "b", "-1"]),
    pd.Index(["a", "b", None, "b", None]),
    pa.chunked_array([["a", "b", None], ["b", None]]),
    ["a", "b", nan, "b", nan],
    ["a", "b", pd.NA, "b", None],
    ["a", "b", -1, "b", -1],
    ("a", "b", "-1", "b", "-1"),
]


@pytest.mark.parametrize(
    "y", [*NUMBERS, *BOOLS, *STRINGS], ids=lambda y: f"{type(y).__name__}-{getattr(y, 'dtype', None)}"
)
def test_unknown_labels(y):
    assert is_labelled(y).tolist() == [True, True, False, True, False]
    classes = unique_classes(y)
    assert encode_labels(y, classes).tolist() == [0, 1, -1, 1, -1]
    assert classes.tolist() in (["a", "b"], [0, 2], [False, True])


@pytest.mark.parametrize("y", [[0, 2, None, 2, None], [0, 2, -1, 2, -1], [False, True, None, True, None], STRINGS[1]])
def test_unknown_labels_of_polars(y):
    pl = pytest.importorskip("polars")
    test_unknown_labels(pl.Series([None if pd.isna(label) else label for label in y]))


def test_large_integers_stay_apart():
    y = [2**60, 2**60 + 1, nan]
    assert unique_classes(y).tolist() == y[:2]


@pytest.mark.parametrize("y", [["None", "Low", "High"], np.array(["NA", "n/a", "null"]), pd.Series(["None", "NA"])])
def test_words_that_are_no_marks_are_classes(y):
    assert is_labelled(y).all()
    assert sorted(unique_classes(y)) == sorted(y)


def test_fully_labelled_rows():
    for y in (np.array([3, 5, 3]), np.array(["x", "y", "x"]), np.array([True, False, True]), pd.Series([3, 5, 3])):
        assert is_labelled(y).all()
        assert np.array_equal(unique_classes(y)[encode_labels(y, unique_classes(y))], np.asarray(y))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([-1, -1, -1], "labels of at least two classes. Got none"),
        ([None, np.nan, None], "labels of at least two classes. Got none"),
        ([0, 0, 0], "at least two classes. Got one class: 0"),
        ([0, -1, 0], "at least two classes. Got one class: 0"),
        ([-1, 1, 1], r"Got one class: 1.*recode the classes, for instance to 0 and 1"),
        ([0.5, 1.7, -1], "continuous"),
        ([np.inf, 1, 0], "contains infinity"),
        (np.array(["a", 1, -1], dtype=object), "all strings or all numbers"),
        ([[0, 1], [1, 0]], "y should be a 1d array"),
        ([{}, {1: 2}], "must be strings or numbers. Got {}"),
        (np.array([0, 1, np.inf], dtype=object), "contains infinity"),
        (np.array([0, 1, np.nan, -1]), "must all have -1, or all have a missing value"),
        (np.array([0, 1, None, -1]), "Got both in `y`"),
        (np.array(["a", "b", None, -1]), "Got both in `y`"),
        (np.array(["a", "b", np.nan]), "Got 'nan', which is what missing values become"),
        (np.array(["a", "b", pd.NA]).astype(str), "Got '<NA>'.*with None or -1 for unlabelled rows"),
        (["a", "b", ""], "Got ''"),
        (["a", "b", "?"], r"Got '\?', by which files mark what is unknown: replace it.*'-1', y\)"),
        (pd.Categorical(["a", "b", "NULL"], categories=["NULL", "a", "b", "c"]), "Got 'NULL', by which"),
        (["-1", "1", "1"], r"Got one class: '1'. -1 marks rows without a label: if it is a class here, recode"),
    ],
)
def test_labels_that_are_refused(y, message):
    with pytest.raises(ValueError, match=message):
        unique_classes(np.asarray(y))


def test_question_marks_become_unknown_as_the_error_says():
    y = np.array(["yes", "no", "?"])
    assert is_labelled(np.where(y == "?", "-1", y)).tolist() == [True, True, False]


def test_a_frame_of_two_columns_is_refused():
    with pytest.raises(ValueError, match="y should be a 1d array"):
        unique_classes(pd.DataFrame({"a": [0, 1], "b": [1, 0]}))


def test_dates_are_refused():
    with pytest.raises(ValueError, match=r"must be strings or numbers. Got Timestamp\('2020-01-01"):
        unique_classes(pd.Series(pd.date_range("2020-01-01", periods=3)))


def test_labels_that_are_not_among_the_classes():
    with pytest.raises(ValueError, match=r"among the classes \[0, 1\]. Got \[7\]"):
        encode_labels([0, 1, 7, -1], np.array([0, 1]))


def test_indices_beyond_the_classes_are_unknown():
    indices = np.array([0, 2, 1, 3])
    assert decode_labels(indices, np.array([5, 7])).tolist() == [5, -1, 7, -1]
    assert decode_labels(indices, np.array(["a", "b"])).tolist() == ["a", -1, "b", -1]
    assert decode_labels(indices[:1], np.array(["a", "b"])).dtype.kind == "U"


def test_few_labels_of_many_classes_are_no_regression_problem():
    few = np.where(np.arange(300) < 60, np.arange(300), -1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(unique_classes(few)) == 60
    with pytest.warns(UserWarning, match="could represent a regression problem"):
        unique_classes(few[:60])


def test_what_minus_one_becomes_without_a_sign_is_told():
    """In uint8 it is 255, and would be a class; two classes may be black and white."""
    labels = np.array([0, 1, 2, -1, -1]).astype(np.uint8)
    with pytest.warns(UserWarning, match="becomes 255 there. Got that as a class of 4"):
        unique_classes(labels)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert unique_classes(np.array([0, 255, 255], np.uint8)).tolist() == [0, 255]
        assert unique_classes(labels.astype(int)).tolist() == [0, 1, 2, 255]
