"""Rows that are other rows again, but for noise, do not make new rows outliers."""

import numpy as np
import pytest

from skaae import AAEOutlierDetector

RNG = np.random.default_rng(0)
WEIGHTS = RNG.normal(size=(2, 4))


def draw(n):
    return RNG.normal(size=(n, 2)) @ WEIGHTS + 0.3 * RNG.normal(size=(n, 4))


@pytest.mark.parametrize("n_copies", [2, 5, "held"])
def test_new_rows_are_as_ordinary_as_without_near_copies(n_copies):
    rows, new = draw(300), draw(500)
    X = np.repeat(rows, RNG.integers(1, 12, 300) if n_copies == "held" else n_copies, axis=0)
    X += 1e-3 * RNG.normal(size=X.shape)
    detector = AAEOutlierDetector(contamination=0.05, max_iter=3, random_state=0).fit(X)
    assert (detector.predict(new) == -1).mean() < 0.12
    assert (detector.predict(X) == -1).mean() == pytest.approx(0.05, abs=0.002)
    assert (detector.predict(8 * new) == -1).mean() > 0.5


def test_ordinary_rows_have_no_near_copies():
    discrete = np.column_stack([RNG.integers(0, 500, 400) / 100, *RNG.integers(0, 3, (3, 400))])
    for X in (draw(400), draw(400)[:, :1], discrete, np.sin(np.arange(400)[:, None] / 50 + np.arange(3))):
        detector = AAEOutlierDetector(max_iter=1, random_state=0).fit(X)
        assert detector.scorers_["local"].scorers[0].neighbors.copy_distance == 1e-6
