import numpy as np
import pandas as pd
import pytest

from skaae.metrics import nearest_record_share

TRAIN, TEST, NEW = np.random.default_rng(0).normal(size=(3, 1000, 4))


def test_copies_of_training_and_held_out_rows():
    assert nearest_record_share(TRAIN[:500], TRAIN, TEST, random_state=0) == 1
    assert nearest_record_share(TEST[:500], TRAIN, TEST, random_state=0) == 0


def test_new_rows_have_one_half():
    assert nearest_record_share(NEW, TRAIN, TEST, random_state=0) == pytest.approx(0.5, abs=0.05)


def test_unequal_numbers_of_training_and_held_out_rows():
    many = np.random.default_rng(1).normal(size=(9000, 4))
    assert nearest_record_share(NEW, many, TEST, random_state=0) == pytest.approx(0.5, abs=0.05)


def test_ties_count_half():
    assert nearest_record_share([[1.0]], [[0.0], [3.0]], [[2.0], [4.0]], random_state=0) == 0.5


def test_columns_are_scaled_by_their_range():
    assert nearest_record_share([[0.0, 60.0]], [[0.0, 0.0], [1.0, 100.0]], [[0.9, 60.0], [0.9, 60.0]]) == 1


def test_missing_cells_and_categories():
    train = pd.DataFrame({"a": [0.0, 10.0], "b": ["x", "y"]})
    assert nearest_record_share(train, train, train.assign(a=np.nan)) == 1
    holes = train.assign(a=np.nan)
    assert nearest_record_share(holes, train, holes) == 0
    new = pd.DataFrame({"a": [0.0], "b": ["y"]})
    far, near = pd.DataFrame({"a": [0.0, 10.0], "b": "x"}), pd.DataFrame({"a": [9.0, 9.0], "b": "y"})  # 1, and 0.9
    assert nearest_record_share(new, far, near) == 0
    assert nearest_record_share(new, far, near.assign(a=11.0)) == 1  # 1.1


def test_tables():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "whole": rng.integers(0, 9, 900),
            "flag": rng.random(900) < 0.5,
            "kind": pd.Categorical(rng.choice(["a", "b"], 900)),
            "none": np.nan,
        }
    )
    parts = table[:300], table[300:600].iloc[:, ::-1], table[600:].iloc[:, ::-1]
    assert nearest_record_share(*parts, random_state=0) == pytest.approx(0.5, abs=0.05)
    assert nearest_record_share(*parts, random_state=0) == nearest_record_share(*parts, random_state=0)


def test_invalid_input_raises():
    with pytest.raises(ValueError, match=r"without \[3\]"):
        nearest_record_share(NEW[:, :3], TRAIN, TEST)
    with pytest.raises(ValueError, match=r"`max_rows` must be an integer, 1 at least. Got 0"):
        nearest_record_share(NEW, TRAIN, TEST, max_rows=0)
