import numpy as np
import pytest

from skaae.metrics import distribution_precision_recall_curve
from skaae.metrics._precision_recall_curve import make_curve


# Vectors of the authors' own tests (msmsajjadi/precision-recall-distributions), by shares of modes.
@pytest.mark.parametrize(
    ("generated", "real", "precision", "recall"),
    [
        ([1, 0], [0, 1], dict.fromkeys(range(11), 0.0), dict.fromkeys(range(11), 0.0)),
        ([1, 0], [1, 0], {5: 1.0, 10: 1.0}, {0: 1.0, 5: 1.0}),
        ([0.5, 0.5], [1, 0], {5: 0.5, 10: 0.5}, {1: 1.0, 5: 0.5}),
        ([1, 0], [0.5, 0.5], {10: 1.0, 5: 0.5}, {1: 0.5, 5: 0.5}),
    ],
)
def test_curve_of_known_fractions(generated, real, precision, recall):
    found = make_curve(np.array(real, float), np.array(generated, float), 11)
    for curve, known in zip(found, (precision, recall), strict=True):
        assert [curve[i] for i in known] == pytest.approx(list(known.values()), abs=1e-4)


@pytest.fixture
def modes():
    return np.random.default_rng(0).standard_normal((4, 100, 2)) + 30 * np.array(
        [[[0, 0]], [[0, 1]], [[1, 0]], [[1, 1]]]
    )


def test_missing_and_additional_modes(modes):
    real, generated = np.vstack(modes[:2]), np.vstack(modes[1:])
    precision, recall = distribution_precision_recall_curve(real, generated, n_clusters=4, random_state=0)
    assert precision.shape == recall.shape == (1001,)
    assert precision.max() == pytest.approx(1 / 3, abs=1e-3)
    assert recall.max() == pytest.approx(1 / 2, abs=1e-3)
    assert (np.diff(precision) > -1e-9).all()
    assert (np.diff(recall) < 1e-9).all()


def test_samples_of_different_sizes(modes):
    real = np.vstack(modes)
    precision, recall = distribution_precision_recall_curve(real, np.tile(real, (5, 1)), n_clusters=4, random_state=0)
    middle = len(precision) // 2
    assert precision[middle] == pytest.approx(1, abs=1e-6)
    assert recall[middle] == pytest.approx(1, abs=1e-6)


def test_same_random_state_gives_the_same_curve(modes):
    first, second = (
        distribution_precision_recall_curve(modes[0], modes[1] - [0, 29], n_runs=2, random_state=3) for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


def test_invalid_input_raises(modes):
    with pytest.raises(ValueError, match=r"`n_clusters` must be .* 4 at most, as many as there are rows. Got 5"):
        distribution_precision_recall_curve(np.eye(2), np.eye(2), n_clusters=5)
    with pytest.raises(ValueError, match=r"`n_angles` must be an integer, 3 at least. Got 2"):
        distribution_precision_recall_curve(modes[0], modes[1], n_angles=2)
