import numpy as np
import pytest

from skaae.estimators._neighbors import Neighbors
from skaae.estimators._score_calibration import NegativeLogPValue, ScorerGroup
from skaae.estimators._scorers import Histograms, NearestNeighborDistance, ScorerInput


def test_values_are_minus_the_logarithm_of_the_share_of_scores_at_least_as_high():
    calibration = NegativeLogPValue().fit(np.arange(99.0))
    values = calibration.transform(np.array([0.0, 50.0, 98.0]))
    np.testing.assert_allclose(values, -np.log(np.array([99.5, 49.5, 1.5]) / 100))


def test_values_grow_beyond_the_training_scores():
    values = NegativeLogPValue().fit(np.arange(99.0)).transform(np.array([98.0, 100.0, 1e3, 1e9]))
    assert (np.diff(values) > 0).all()
    assert np.isfinite(values).all()


def test_scores_that_differ_by_rounding_are_tied():
    scores = np.array([0.0, 1.0, 2.0, np.nextafter(2.0, 3), 4.0]), np.array([0.0, 1.0, 2.0, 2.0, 4.0])
    np.testing.assert_allclose(*(NegativeLogPValue().fit(each).transform(each) for each in scores))


def test_scores_that_are_all_equal():
    calibration = NegativeLogPValue().fit(np.zeros(10))
    assert calibration.transform(np.zeros(1)) < 0.1
    assert calibration.transform(np.ones(1)) > 5


def test_new_scores_that_differ_by_rounding_have_one_value():
    calibration = NegativeLogPValue().fit(np.array([0.3, 1.0, 1.0, 1.0 + 1e-15, 1.0 + 3e-15, 2.0]))
    values = calibration.transform(1.0 + 1e-15 * np.arange(-2, 5))
    assert np.ptp(values) < 1e-9
    assert values[0] == pytest.approx(np.log(7 / 5.5))


def test_scores_of_a_group_are_negative_log_p_values_themselves():
    inputs = ScorerInput(*[np.random.default_rng(0).standard_normal((200, 3))] * 3)
    group = ScorerGroup([NearestNeighborDistance(Neighbors(1).fit(inputs.X), 1), Histograms().fit(inputs)]).fit(inputs)
    assert np.quantile(group.combine(group.log_p_values(inputs)), 0.95) == pytest.approx(-np.log(0.05), abs=0.2)
    far = ScorerInput(*[np.array([[5.0, 0.0, 0.0], [0.0, 0.0, 0.0]])] * 3)
    outlier, inlier = group.combine(group.log_p_values(far))
    assert outlier > 4 > inlier
    np.testing.assert_allclose(group.contributions(far).sum(1), 1)
    assert group.contributions(far)[0, 0] > 0.8
