"""How novel single cells are, which scaling hides."""

import numpy as np
import pandas as pd
import pytest

from skaae import TableEncoder
from skaae.estimators._cell_novelty import CellNovelty


def fitted(X, never_seen=10.0):
    encoder = TableEncoder("clip").fit(X)
    return lambda new: CellNovelty(0, never_seen).fit(encoder, X).score(encoder, new)


RNG = np.random.default_rng(0)


def test_training_rows_have_nothing_novel():
    X = RNG.normal(size=(500, 3))
    assert (fitted(X)(X) == 0).all()


def test_missing_cells_of_complete_columns_are_novel():
    X = np.array([[0.0, 1.0], [1.0, np.nan], [2.0, 3.0]] * 10)
    np.testing.assert_array_equal(fitted(X)(np.array([[np.nan, np.nan]])), [[10, 0]])


def test_new_categories_are_novel():
    X = pd.DataFrame({"k": ["a", "b", None] * 10, "c": ["a", "b", "b"] * 10, "b": [True, False, True] * 10})
    new = pd.DataFrame({"k": [None, "z", "a"], "c": [None, "a", "z"], "b": [True, None, False]})
    np.testing.assert_array_equal(fitted(X)(new), [[0, 10, 0], [10, 0, 10], [0, 10, 0]])


def test_new_categories_are_as_novel_as_they_are_seldom():
    """Of names that hardly repeat, new ones are to be expected; of codes that all rows share, none is."""
    rng = np.random.default_rng(1)
    X = pd.DataFrame({name: rng.integers(size, size=2000).astype(str) for name, size in (("code", 5), ("shop", 900))})
    X.loc[0, "code"] = "rare"
    new = fitted(X)(pd.DataFrame([["new"] * 2, [None] * 2], columns=X.columns, dtype=object))
    assert new[0, 0] > 7
    assert 0 < new[0, 1] < 0.2
    np.testing.assert_array_equal(new[1], 10)


@pytest.mark.parametrize("draw", [RNG.standard_normal, RNG.standard_cauchy, lambda n: RNG.lognormal(3, 2, n)])
@pytest.mark.parametrize("sign", [1, -1])
def test_far_values_are_the_more_novel_the_farther_they_are(draw, sign):
    X = draw(2000)[:, None]
    far = np.abs(X).max() * np.array([2, 10, 1e3, 1e6, 1e12, 1e100, 1e300])[:, None]
    novelty = fitted(X)(sign * far)[:, 0]
    assert np.isfinite(novelty).all()
    assert (np.diff(novelty) > 0).all()
    assert novelty[3] > 15


def test_the_tail_of_a_column_is_its_measure():
    normal, cauchy = RNG.standard_normal((2000, 1)), RNG.standard_cauchy((2000, 1))
    of_normal, of_cauchy = (fitted(X)(3 * X.max(axis=0, keepdims=True))[0, 0] for X in (normal, cauchy))
    assert of_normal > 5
    assert of_cauchy < 1


def test_fresh_rows_are_hardly_novel():
    X, fresh = (RNG.standard_t(3, size=(1000, 20)) for _ in range(2))
    assert (fitted(X)(fresh).sum(1) > 0.5).mean() < 0.02


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("was", "now"),
    [(0.02, 0.2), (1e-6, 1e-3), (5, 6), (5, 5.01), (0, 1), (0, 1e-9), (-1e9, -1e9 + 100), (1e-30, 2e-30)],
)
def test_constants_that_change_are_novel(was, now, dtype):
    score = fitted(np.full((50, 1), was, dtype))
    same, changed = score(np.array([[was], [now]], dtype))[:, 0]
    assert same == 0
    assert changed >= 10


def test_precision_is_no_change():
    score = fitted(np.full((50, 1), 0.1))
    assert (score(np.array([[0.1 + 1e-16], [np.float32(0.1)]])) < 1e-3).all()


def test_columns_without_a_value_have_no_range():
    X = pd.DataFrame({"x": RNG.normal(size=20), "none": np.full(20, np.nan)})
    assert np.isfinite(fitted(X)(X.assign(none=3.0))).all()


def test_numbers_of_many_rows():
    X = RNG.lognormal(3, 2, (70_000, 2))
    new = np.repeat(X.max(axis=0, keepdims=True), 3, axis=0) * [[1], [1e3], [1e6]]
    assert (np.diff(fitted(X)(new), axis=0) > 0).all()
