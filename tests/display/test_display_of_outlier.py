import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import KernelDensity

from skaae import AAEOutlierDetector
from skaae.display import OutlierDisplay

SCORES = np.array([-0.5, -4.0, -1.0, -3.0, -0.1])


def texts(labels):
    return [label.get_text() for label in labels]


def group_sizes(display):
    """The number of rows in all bars of each group."""
    groups = display.ax_.containers
    groups = groups if len(groups) > 1 else [display.ax_.patches]
    return [sum(bar.get_height() for bar in group) for group in groups]


def test_draws_scores_threshold_and_explanation_of_a_detector(detector, iris):
    X, y = iris
    display = OutlierDisplay.from_estimator(detector, X, y == 2, n_top=3, max_columns=2)
    scores = detector.score_samples(X)
    np.testing.assert_allclose(display.scores, scores)
    assert display.ax_.lines[0].get_xdata() == [detector.offset_, detector.offset_]
    assert group_sizes(display) == [100, 50]
    top = np.argsort(scores)[:3]
    lines = texts(display.axes_[1].get_yticklabels())
    assert lines == [f"row {index} ({scores[index]:.2f})" for index in top]
    shares = detector.explain(X.iloc[top])
    columns = shares.mean().sort_values(ascending=False).index[:2]
    assert display.columns_ == list(columns)
    np.testing.assert_allclose(display.axes_[1].images[0].get_array(), shares[columns])
    cells = [text.get_text() for text in display.axes_[1].texts]
    expected = detector.expected_values(X)
    strangest = shares[columns].idxmax(axis=1)
    usual = {index: f"\n({expected.loc[index, strangest[index]]:.4g})" for index in top}
    assert cells == [
        f"{X.loc[index, column]:.4g}{usual[index] if column == strangest[index] else ''}"
        for index in top
        for column in columns
    ]
    assert display.axes_[1].get_title() == "The 3 strangest rows, 2 of 4 columns; in brackets, what is usual"


def test_says_how_many_rows_are_below_the_threshold():
    display = OutlierDisplay.from_scores(SCORES, offset=-2.0)
    assert texts(display.ax_.get_legend().get_texts()) == ["rows", "threshold, 40 % below"]


@pytest.mark.parametrize("y", [[False, True, False, True, False], [1, -1, 1, -1, 1]])
def test_known_anomalies_are_marked(y):
    display = OutlierDisplay.from_scores(SCORES, y)
    assert group_sizes(display) == [3, 2]
    assert texts(display.ax_.get_legend().get_texts()) == ["others", "known anomalies"]
    assert to_hex(display.ax_.containers[1][0].get_facecolor()).upper() == "#D55E00"


@pytest.mark.parametrize("y", [[0, 1, 0, 1, 0], ["a"] * 5, [1, -1, np.nan, 1, 1]])
def test_other_labels_of_anomalies_are_refused(y):
    with pytest.raises(ValueError, match=r"bools, True for anomalies, or -1 for them and 1 for the others\. Got"):
        OutlierDisplay.from_scores(SCORES, y)


def test_any_estimator_of_scores_is_drawn(iris):
    X = iris[0].to_numpy()
    with_offset = OutlierDisplay.from_estimator(IsolationForest(n_estimators=10, random_state=0).fit(X), X)
    assert len(with_offset.axes_) == 1
    assert len(with_offset.ax_.lines) == 1
    without = OutlierDisplay.from_estimator(KernelDensity().fit(X), X)
    assert len(without.ax_.lines) == 0
    assert without.ax_.get_legend() is None


def test_text_and_missing_cells_are_written():
    X = pd.DataFrame({"town": ["Ulm", None, "Bonn"], "age": [1.0, np.nan, 1234.0]}, index=["p", "q", "r"])
    shares = np.array([[0.4, 0.6], [0.9, 0.1], [0.3, 0.7]])
    display = OutlierDisplay.from_scores([-1.0, -3.0, -2.0], X=X, shares=shares)
    table = dict(
        zip(display.columns_, np.reshape([t.get_text() for t in display.axes_[1].texts], (3, 2)).T, strict=True)
    )
    assert table["town"].tolist() == ["missing", "Bonn", "Ulm"]
    assert table["age"].tolist() == ["missing", "1,234", "1"]
    assert texts(display.axes_[1].get_yticklabels()) == ["row q (-3.00)", "row r (-2.00)", "row p (-1.00)"]


def test_a_detector_of_a_table_with_text(table):
    model = AAEOutlierDetector(n_members=1, max_iter=1, hidden_layer_sizes=(8,), random_state=0).fit(table)
    display = OutlierDisplay.from_estimator(model, table, n_top=2)
    display.figure_.canvas.draw()
    assert sorted(display.columns_) == sorted(table.columns)


def test_of_many_rows_some_are_scored_and_keep_their_index(iris):
    X = iris[0]
    model = AAEOutlierDetector(n_members=1, max_iter=1, hidden_layer_sizes=(8,), random_state=0).fit(X.to_numpy())
    scores = model.score_samples(X.to_numpy())
    is_low = scores < np.median(scores)
    display = OutlierDisplay.from_estimator(model, X.to_numpy(), is_low, max_rows=60, n_top=4, random_state=0)
    assert len(display.scores) == 60
    assert display.ax_.get_ylabel() == "rows (60 of 150)"
    np.testing.assert_array_equal(display.X.to_numpy(), X.to_numpy()[display.X.index])
    np.testing.assert_array_equal(display.y, display.scores < np.median(scores))
    assert 0 < display.y.sum() < 60


def test_a_long_tail_is_in_the_first_bar_with_a_note():
    scores = np.append(np.random.default_rng(0).normal(size=1000), [-1e5])
    display = OutlierDisplay.from_scores(scores)
    assert display.ax_.patches[0].get_x() > -10
    assert group_sizes(display) == [1001]
    assert display.ax_.get_xlabel() == "score (lower is stranger; the first bar has the tail)"


@pytest.mark.parametrize("scores", [[[1.0]], [], [np.nan, 1.0]])
def test_scores_are_checked(scores):
    with pytest.raises(ValueError, match="finite numbers in one dimension"):
        OutlierDisplay.from_scores(scores)


def test_shares_must_be_consistent_with_scores():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        OutlierDisplay.from_scores(SCORES, shares=np.ones((2, 2)))
