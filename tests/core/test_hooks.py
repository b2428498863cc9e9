import io

import numpy as np
import pytest

from skaae.core.hooks import EarlyStopping, Epoch, ProgressLine
from skaae.core.inference import decode, encode
from skaae.core.training import train
from skaae.metrics import sliced_wasserstein
from skaae.plan import Architecture, Block, Training

ARCHITECTURE = Architecture(6, (Block("style", 2, "normal"),), (16,), "relu")


@pytest.fixture
def rows(X):
    return ((X - X.mean(0)) / X.std(0)).astype(np.float32)


def test_progress_is_one_line_that_ends():
    out = io.StringIO()
    line = ProgressLine("Model", out)
    for index in range(3):
        line(Epoch(index, 9, {"reconstruction": np.array([0.5])}, None, None, None, last=index == 2))
    assert out.getvalue().startswith("\rModel [##  ")
    assert "3/9 reconstruction 0.5000" in out.getvalue()
    assert out.getvalue().count("\n") == 1


def test_early_stopping_ends_with_the_best_weights(rows):
    stop = EarlyStopping(rows[:30], patience=3, tol=0.0, seed=0)
    training = Training((0, 1), n_epochs=200, batch_size=32, learning_rate=(1e-3, 0.3))
    state, curves = train(ARCHITECTURE, training, rows[30:], hooks=[stop])
    validation = curves["validation"]
    assert 3 < len(validation) < 200
    assert len(validation) - 1 - validation.argmin(0).max() == 3
    code = encode(ARCHITECTURE, state, rows[:30], "cpu")
    again = np.square(decode(ARCHITECTURE, state, code[0], "cpu")[0] - rows[:30]).mean() + sliced_wasserstein(
        stop.prior[0], code[0], n_projections=32, random_state=0
    )
    assert again == pytest.approx(validation[:, 0].min(), rel=1e-4)


def test_a_member_stops_as_it_would_alone(rows):
    def run(rates, seeds):
        stop = EarlyStopping(rows[:30], patience=3, tol=0.0, seed=0)
        return train(ARCHITECTURE, Training(seeds, 40, 32, rates), rows[30:], hooks=[stop])[0]

    packed, alone = run((1e-3, 0.3), (0, 1)), run((0.3,), (1,))
    np.testing.assert_allclose(
        packed["model.encoder.linear.weight"][1], alone["model.encoder.linear.weight"][0], atol=1e-6
    )
