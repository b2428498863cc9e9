import numpy as np
import pytest

from skaae.metrics import clustering_accuracy


def test_cluster_names_do_not_matter():
    y = np.array(["a", "b", "c", "a", "b"])
    assert clustering_accuracy(y, np.array([7, 1, 3, 7, 1])) == 1


def test_assignment_is_not_greedy():
    # Greedy takes the 5 rows shared by 0 and "x", and is left with 0 for "y"; the best takes 4 and 4.
    y = ["x"] * 5 + ["y"] * 4 + ["x"] * 4
    clusters = [0] * 5 + [0] * 4 + [1] * 4
    assert clustering_accuracy(y, clusters) == pytest.approx(8 / 13)


def test_clusters_beyond_the_classes_are_wrong():
    assert clustering_accuracy([0, 0, 0, 0], [0, 0, 1, 2]) == 0.5


def test_weights_are_numbers_of_rows():
    y, clusters, weights = np.array(list("xxyyyz")), np.array([0, 1, 1, 1, 0, 2]), np.array([3, 1, 0, 2, 1, 0])
    repeated = clustering_accuracy(y.repeat(weights), clusters.repeat(weights))
    assert clustering_accuracy(y, clusters, sample_weight=weights) == pytest.approx(repeated)
    assert repeated != clustering_accuracy(y, clusters)
    with pytest.raises(ValueError, match="Negative values"):
        clustering_accuracy(y, clusters, sample_weight=-weights)


def test_invalid_input_raises():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        clustering_accuracy([0, 1], [0])
    with pytest.raises(ValueError, match="one row at least"):
        clustering_accuracy([], [])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([[0, 1], [1, 0]], "1d array"),
        ([0, np.nan], "must have a label for every row"),
        (["a", None], "must have a label for every row"),
        (np.array(["a", 1], dtype=object), "`labels_true` must be all text or all numbers"),
        (np.array([{}, {}]), "`labels_true` must be all text or all numbers"),
    ],
)
def test_invalid_labels_raise(labels, message):
    with pytest.raises(ValueError, match=message):
        clustering_accuracy(labels, [0, 1])


def test_missing_labels_in_a_list_are_refused():
    with pytest.raises(ValueError, match="must have a label for every row"):
        clustering_accuracy(["a", "b", float("nan")], [0, 1, 2])
