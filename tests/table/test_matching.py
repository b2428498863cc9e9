"""Cells and the categories of training, whatever type they come as."""

import warnings

import numpy as np
import pandas as pd
import pytest

from skaae import TableEncoder
from skaae.table._matching import match_categories


@pytest.mark.parametrize(
    ("categories", "cells", "indices"),
    [
        (["101", "102"], [101, 102.0, np.int64(101), np.float64(102)], [0, 1, 0, 1]),
        ([101, 102], ["101", "102", "102.0", 101.0], [0, 1, 1, 0]),
        (["False", "True"], [True, False, np.bool_(True)], [1, 0, 1]),
        ([False, True], ["True", "false", 1, 0.0, "TRUE"], [1, 0, 1, 0, 1]),
        (["007", "12"], [7, 12, "7"], [0, 1, -1]),
        (["1", "01"], [1], [0]),
        (["01", "001"], [1], [-1]),
        (["a", "b"], ["A", 3, "c"], [-1, -1, -1]),
        ([0.5, 1.5], ["0.5", "2.5"], [0, -1]),
        (["7", "A3"], [7.0, "A3"], [0, 1]),
    ],
)
def test_cells_of_another_type_are_the_category_they_can_only_be(categories, cells, indices):
    found = match_categories(np.array(cells, dtype=object), pd.Index(categories, dtype=object))
    assert found.tolist() == indices


@pytest.fixture
def products():
    rng = np.random.default_rng(0)
    X = np.empty((300, 3), dtype=object)
    X[:, 0] = rng.choice(["7", "12", "A3"], 300)
    X[:, 1] = rng.normal(size=300)
    X[:, 2] = rng.random(300) < 0.5
    return X


@pytest.mark.parametrize("as_input", [list, lambda rows: np.array(rows, dtype=object), pd.DataFrame, tuple])
def test_a_row_by_itself_is_read_as_in_a_batch(products, as_input):
    encoder = TableEncoder().fit(products)
    rows = [["7", 0.1, True], ["12", 1 / 3, False], ["A3", 0.1, True]]
    batch = encoder.transform(np.array(rows, dtype=object))
    np.testing.assert_array_equal(encoder.transform(as_input(rows)), batch)
    for row, wanted in zip(rows, batch, strict=True):
        np.testing.assert_array_equal(encoder.transform(as_input([row])), wanted[None])


def test_missing_cells_in_lists_are_missing():
    encoder = TableEncoder().fit([["a", 1.0], [None, 2.0], ["b", np.nan]] * 5)
    np.testing.assert_array_equal(
        encoder.transform([["a", np.nan], [None, 1.0]]),
        encoder.transform(pd.DataFrame({0: ["a", None], 1: [np.nan, 1.0]})),
    )


def test_rows_of_lists_keep_numbers_beside_text():
    X = [["a", i / 7] for i in range(200)] + [["b", i / 7] for i in range(200)]
    assert TableEncoder().fit(X).n_numeric_ == 1


def test_numbers_as_text_are_numbers():
    X = pd.DataFrame({"x": np.linspace(0, 1, 30), "k": ["a", "b", "c"] * 10})
    encoder = TableEncoder().fit(X)
    np.testing.assert_array_equal(encoder.transform(X.assign(x=X.x.astype(str))), encoder.transform(X))
    with pytest.raises(ValueError, match=r"Got text or dates in \['x'\]"):
        encoder.transform(X.assign(x="many"))


@pytest.mark.parametrize("dtype", [int, float, "Int64", object])
def test_codes_as_numbers_are_the_text_they_were(dtype):
    X = pd.DataFrame({"shop": ["101", "102", "103"] * 10, "x": np.arange(30.0) % 7})
    encoder = TableEncoder().fit(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encoded = encoder.transform(X.assign(shop=X.shop.astype(int).astype(dtype)))
    np.testing.assert_array_equal(encoded, encoder.transform(X))


def test_cells_of_another_type_that_are_no_category_are_told():
    X = pd.DataFrame({"shop": ["a", "b", "c"] * 10, "bin": [1, 2, 3] * 10})
    encoder = TableEncoder(categorical_features=["bin"]).fit(X)
    with pytest.warns(UserWarning, match="Column 'shop' was text in training"):
        encoder.transform(X.assign(shop=5))
    with pytest.warns(UserWarning, match="Column 'bin' was numbers or bools in training"):
        encoder.transform(X.assign(bin="x"))
