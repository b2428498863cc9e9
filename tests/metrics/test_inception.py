import numpy as np
import pytest
from known_samples import LOGITS, PROBABILITIES

from skaae.metrics import inception_score


def test_equals_recorded_torch_fidelity():
    assert inception_score(PROBABILITIES) == pytest.approx((2.0054488618603172, 0.1302376335911984))  # 0.4.0
    assert inception_score(PROBABILITIES, 7)[0] == pytest.approx(inception_score(PROBABILITIES, n_splits=7)[0])


def test_equals_torch_fidelity():
    torch = pytest.importorskip("torch")
    reference = pytest.importorskip("torch_fidelity.metric_isc")
    found = reference.isc_features_to_metric(torch.tensor(LOGITS), 7, shuffle=False)  # 300 rows in 7 parts
    assert inception_score(PROBABILITIES, 7) == pytest.approx(tuple(found.values()))


def test_bounds():
    assert inception_score(np.full((20, 4), 0.25), 2) == pytest.approx((1, 0))
    assert inception_score(np.tile(np.eye(4), (5, 1)), 5) == pytest.approx((4, 0))


def test_sorted_rows_need_shuffling():
    by_class = np.repeat(np.eye(4), 50, axis=0)
    assert inception_score(by_class, 4) == pytest.approx((1, 0))
    mean, spread = inception_score(by_class, 4, shuffle=True, random_state=0)
    assert mean > 3.8
    assert (mean, spread) == inception_score(by_class, 4, shuffle=True, random_state=0)


def test_invalid_input_raises():
    with pytest.raises(ValueError, match="sum to 1"):
        inception_score(LOGITS)
    with pytest.raises(ValueError, match="must not be negative"):
        inception_score([[1.5, -0.5]], 1)
    with pytest.raises(ValueError, match=r"`n_splits` must be .* 300 at most, as many as there are rows. Got 301"):
        inception_score(PROBABILITIES, 301)
