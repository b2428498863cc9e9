import numpy as np
import pandas as pd
import pytest

from skaae.estimators._labels import decode_labels, encode_labels, is_labelled, unique_classes

NUMBERS = [
    np.array([0, 2, -1, 2, -1]),
    np.array([0.0, 2.0, np.nan, 2.0, -1.0]),
    np.array([0, 2, None, 2, -1], dtype=object),
    pd.Series([0, 2, pd.NA, 2, -1], dtype="Int64"),
    pd.DataFrame({"y": [0, 2, -1, 2, -1]}),
    [0, 2, -1, 2, -1],
]
STRINGS = [
    np.array(["a", "b", -1, "b", None], dtype=object),
    np.array(["a", "b", np.nan, "b", -1.0], dtype=object),
    pd.Series(["a", "b", None, "b", None]),
    pd.Series(["a", "b", None, "b", None], dtype="string"),
    pd.Series(["a", "b", None, "b", None], dtype="category"),
]


@pytest.mark.parametrize("y", [*NUMBERS, *STRINGS], ids=lambda y: str(getattr(y, "dtype", "list")))
def test_unknown_labels(y):
    assert is_labelled(y).tolist() == [True, True, False, True, False]
    classes = unique_classes(y)
    assert encode_labels(y, classes).tolist() == [0, 1, -1, 1, -1]
    assert classes.tolist() in (["a", "b"], [0, 2])


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
        ([-1, 1, 1], r"Got one class: 1.*recode the classes, to \(y \+ 1\) // 2"),
        ([0.5, 1.7, -1], "continuous"),
        ([np.inf, 1, 0], "contains infinity"),
        (np.array(["a", 1, -1], dtype=object), "all strings or all numbers"),
        ([[0, 1], [1, 0]], "y should be a 1d array"),
        ([{}, {1: 2}], "must be strings or numbers. Got {}"),
    ],
)
def test_labels_that_are_refused(y, message):
    with pytest.raises(ValueError, match=message):
        unique_classes(np.asarray(y))


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
