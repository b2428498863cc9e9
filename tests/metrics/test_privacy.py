import numpy as np
import pytest

from skaae.metrics import nearest_record_share

TRAIN, TEST, NEW = np.random.default_rng(0).normal(size=(3, 1000, 4))


def test_copies_of_training_rows_are_nearer_to_them_and_those_of_held_out_rows_are_not():
    assert nearest_record_share(TRAIN[:500], TRAIN, TEST, random_state=0) == 1
    assert nearest_record_share(TEST[:500], TRAIN, TEST, random_state=0) == 0


def test_fresh_rows_are_nearer_to_either_half_of_the_time():
    assert nearest_record_share(NEW, TRAIN, TEST, random_state=0) == pytest.approx(0.5, abs=0.05)


def test_more_training_rows_than_held_out_ones_make_no_difference():
    many = np.random.default_rng(1).normal(size=(9000, 4))
    assert nearest_record_share(NEW, many, TEST, random_state=0) == pytest.approx(0.5, abs=0.05)


def test_rows_as_near_to_both_count_half():
    assert nearest_record_share([[1.0]], [[0.0], [3.0]], [[2.0], [4.0]], random_state=0) == 0.5


def test_columns_count_by_their_range():
    assert nearest_record_share([[0.0, 60.0]], [[0.0, 0.0], [1.0, 100.0]], [[0.9, 60.0], [0.9, 60.0]]) == 1


def test_columns_must_agree():
    with pytest.raises(ValueError, match=r"same number of columns \(4\). Got 3 and 4"):
        nearest_record_share(NEW[:, :3], TRAIN, TEST)
