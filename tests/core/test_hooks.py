import io

import numpy as np
import pytest

from skaae._plan import Architecture, Block, TrainingData, TrainingPlan
from skaae.core.hooks import EarlyStopping, Epoch, ProgressLine
from skaae.core.inference import decode, encode
from skaae.core.training import train
from skaae.metrics import sliced_wasserstein

ARCHITECTURE = Architecture(6, (Block("style", 2, "normal"),), (16,), "relu")


@pytest.fixture
def rows(X):
    return ((X - X.mean(0)) / X.std(0)).astype(np.float32)


def test_the_progress_line_is_one_line():
    out = io.StringIO()
    line = ProgressLine("Model", out)
    for index in range(3):
        line(Epoch(index, 9, {"reconstruction": np.array([0.5])}, None, None, None, last=index == 2))
    assert out.getvalue().startswith("\rModel [##  ")
    assert "3/9 reconstruction 0.5000" in out.getvalue()
    assert out.getvalue().count("\n") == 1


def test_early_stopping_restores_the_best_weights(rows):
    early_stopping = EarlyStopping(TrainingData(rows[:30]), patience=3, tol=0.0, seed=0)
    plan = TrainingPlan((0, 1), n_epochs=200, batch_size=32, learning_rate=(1e-3, 0.3))
    state, curves = train(ARCHITECTURE, plan, TrainingData(rows[30:]), hooks=[early_stopping])
    validation = curves["validation"]
    assert 3 < len(validation) < 200
    assert len(validation) - 1 - validation.argmin(0).max() == 3
    code = encode(ARCHITECTURE, state, rows[:30], "cpu")
    error = np.square(decode(ARCHITECTURE, state, code[0], "cpu")[0] - rows[:30]).mean()
    distance = sliced_wasserstein(early_stopping.prior[0], code[0], n_projections=32, random_state=0)
    assert error + distance == pytest.approx(validation[:, 0].min(), rel=1e-4)


def test_a_packed_member_stops_as_it_does_alone(rows):
    def fit(learning_rate, seeds):
        early_stopping = EarlyStopping(TrainingData(rows[:30]), patience=3, tol=0.0, seed=0)
        plan = TrainingPlan(seeds, 40, 32, learning_rate)
        return train(ARCHITECTURE, plan, TrainingData(rows[30:]), hooks=[early_stopping]).state

    packed, alone = fit((1e-3, 0.3), (0, 1)), fit((0.3,), (1,))
    np.testing.assert_allclose(
        packed["model.encoder.linear.weight"][1], alone["model.encoder.linear.weight"][0], atol=1e-5
    )


def first_validation_loss(rows, held_out):
    hooks = [EarlyStopping(held_out, patience=3, tol=0.0, seed=0)]
    return train(ARCHITECTURE, TrainingPlan((0,), 1, 32), TrainingData(rows), hooks=hooks).curves["validation"]


def test_held_out_rows_count_by_weight(rows):
    weighted = first_validation_loss(rows, TrainingData(rows[:30], sample_weight=np.repeat([1.0, 1e-9], [10, 20])))
    assert weighted == first_validation_loss(rows, TrainingData(rows[:10].repeat(3, 0)))


def test_the_encoder_gets_its_own_input_of_held_out_rows(rows):
    plain, same, other = (
        first_validation_loss(rows, TrainingData(rows[:30], encoder_input=encoder_input))
        for encoder_input in (None, lambda epoch: rows[:30] + epoch, lambda epoch: rows[30:60])
    )
    assert plain == same  # the input of epoch 0
    assert (other > plain).all()
