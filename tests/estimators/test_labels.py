import numpy as np
import pandas as pd
import pytest

from skaae.estimators._labels import classes_of, known_labels, names_of, positions_of

MARKED = [
    np.array([0, 2, -1, 2, -1]),
    np.array([0.0, 2.0, np.nan, 2.0, -1.0]),
    np.array([0, 2, None, 2, -1], dtype=object),
    pd.Series([0, 2, pd.NA, 2, -1], dtype="Int64"),
    pd.DataFrame({"y": [0, 2, -1, 2, -1]}),
    [0, 2, -1, 2, -1],
]
MARKED_STRINGS = [
    np.array(["a", "b", -1, "b", None], dtype=object),
    np.array(["a", "b", np.nan, "b", -1.0], dtype=object),
    pd.Series(["a", "b", None, "b", None]),
    pd.Series(["a", "b", None, "b", None], dtype="string"),
    pd.Series(["a", "b", None, "b", None], dtype="category"),
]


@pytest.mark.parametrize("y", [*MARKED, *MARKED_STRINGS], ids=lambda y: str(getattr(y, "dtype", "list")))
def test_marks_of_unknown_labels(y):
    assert known_labels(y).tolist() == [True, True, False, True, False]
    classes = classes_of(y)
    assert positions_of(y, classes).tolist() == [0, 1, -1, 1, -1]
    assert classes.tolist() in (["a", "b"], [0, 2])


def test_labels_that_are_all_known():
    for y in (np.array([3, 5, 3]), np.array(["x", "y", "x"]), np.array([True, False, True]), pd.Series([3, 5, 3])):
        assert known_labels(y).all()
        assert np.array_equal(classes_of(y)[positions_of(y, classes_of(y))], np.asarray(y))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([-1, -1, -1], "labels of two classes at least. Got none"),
        ([None, np.nan, None], "labels of two classes at least. Got none"),
        ([0, 0, 0], "two classes at least. Got one class: 0"),
        ([0, -1, 0], "two classes at least. Got one class: 0"),
        ([-1, 1, 1], r"Got one class: 1.*recode the classes, to \(y \+ 1\) // 2"),
        ([0.5, 1.7, -1], "continuous"),
        ([np.inf, 1, 0], "contains infinity"),
        (np.array(["a", 1, -1], dtype=object), "all strings or all numbers"),
        ([[0, 1], [1, 0]], "y should be a 1d array"),
        ([{}, {1: 2}], "must be strings or numbers. Got {}"),
    ],
)
def test_labels_that_cannot_be_learned(y, message):
    with pytest.raises(ValueError, match=message):
        classes_of(np.asarray(y))


def test_a_frame_of_two_columns_is_no_column_of_labels():
    with pytest.raises(ValueError, match="y should be a 1d array"):
        classes_of(pd.DataFrame({"a": [0, 1], "b": [1, 0]}))


def test_dates_are_no_labels():
    with pytest.raises(ValueError, match=r"must be strings or numbers. Got Timestamp\('2020-01-01"):
        classes_of(pd.Series(pd.date_range("2020-01-01", periods=3)))


def test_labels_beside_the_classes():
    with pytest.raises(ValueError, match=r"among the classes \[0, 1\]. Got \[7\]"):
        positions_of([0, 1, 7, -1], np.array([0, 1]))


def test_names_of_positions_beyond_the_classes_are_unknown():
    places = np.array([0, 2, 1, 3])
    assert names_of(places, np.array([5, 7])).tolist() == [5, -1, 7, -1]
    assert names_of(places, np.array(["a", "b"])).tolist() == ["a", -1, "b", -1]
    assert names_of(places[:1], np.array(["a", "b"])).dtype.kind == "U"
