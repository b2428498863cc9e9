import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaae import AAEDenoiser, AAEGenerator, AAEOutlierDetector, AAETransformer, SemiSupervisedAAEClassifier
from skaae.callbacks import Checkpoint
from skaae.core.training import TRAINER, train_task

X, Y = load_iris(return_X_y=True)
FEW_LABELS = np.where(np.arange(len(Y)) % 10 == 0, Y, -1)
MODELS = {
    "transformer": (AAETransformer(2, max_iter=9, random_state=0), (X,)),
    "early stopping": (AAETransformer(2, max_iter=9, early_stopping=True, random_state=0), (X,)),
    "prior with labels": (AAETransformer(2, prior="mixture", max_iter=9, random_state=0), (X, FEW_LABELS)),
    "classifier": (
        SemiSupervisedAAEClassifier(teachers=[LogisticRegression()], n_members=2, max_iter=9, random_state=0),
        (X, FEW_LABELS),
    ),
    "detector": (AAEOutlierDetector(n_members=2, max_iter=9, random_state=0), (X,)),
    "denoiser": (AAEDenoiser(max_iter=9, random_state=0), (X,)),
    "generator": (AAEGenerator(max_iter=9, flow_max_iter=9, random_state=0), (X, Y)),
}


class Killed(Exception):
    """Stands for the end of a process."""


class KillCallback:
    """A callback that ends a fit after so many epochs."""

    def __init__(self, after, error=Killed):
        self.n_left, self.error = after, error

    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context): ...

    def on_fit_task_end(self, estimator, context):
        self.n_left -= 1
        if self.n_left == 0:
            raise self.error


def assert_same_state(model, other):
    for name, value in other._model.state.items():
        np.testing.assert_array_equal(model._model.state[name], value, err_msg=name)
    for name, value in other.history_.items():
        np.testing.assert_array_equal(model.history_[name], value, err_msg=name)


@pytest.mark.parametrize("kind", MODELS)
def test_a_fit_that_resumes_equals_one_without_interruption(kind, tmp_path):
    model, data = MODELS[kind]
    path = tmp_path / "checkpoint"
    with pytest.raises(Killed):
        clone(model).set_callbacks(KillCallback(7), Checkpoint(path, every=3)).fit(*data)
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoint"]
    assert TRAINER.get() is train_task
    counter = KillCallback(100)
    again = clone(model).set_callbacks(counter, Checkpoint(path, every=3)).fit(*data)
    assert counter.n_left == 100 - 3 - 1  # epochs 7 to 9, and the task of the fit
    assert_same_state(again, clone(model).fit(*data))
    assert not list(tmp_path.iterdir())


def test_complete_trainings_are_not_repeated(tmp_path, monkeypatch):
    model, data = MODELS["generator"]
    path = tmp_path / "checkpoint"

    def fail(self, *fitted):
        raise Killed

    monkeypatch.setattr(AAEGenerator, "_assign", fail)
    with pytest.raises(Killed):
        clone(model).set_callbacks(Checkpoint(path, every=100)).fit(*data)
    monkeypatch.undo()
    counter = KillCallback(100)
    again = clone(model).set_callbacks(counter, Checkpoint(path)).fit(*data)
    assert counter.n_left == 99
    expected = clone(model).fit(*data)
    assert_same_state(again, expected)
    np.testing.assert_array_equal(again.flow_curve_, expected.flow_curve_)


def test_reduced_learning_rates_are_restored(tmp_path):
    model = AAETransformer(2, learning_rate_init=3e4, max_iter=6, random_state=0)
    with pytest.raises(Killed):
        clone(model).set_callbacks(KillCallback(4), Checkpoint(tmp_path / "checkpoint", every=1)).fit(X)
    with np.load(tmp_path / "checkpoint") as file:
        assert file["0.lr_reductions"] > 0
    again = clone(model).set_callbacks(Checkpoint(tmp_path / "checkpoint")).fit(X)
    assert_same_state(again, clone(model).fit(X))


def test_checkpoints_work_in_a_pipeline(tmp_path):
    def pipeline(*callbacks):
        model = AAETransformer(2, max_iter=6, random_state=0)
        return make_pipeline(StandardScaler(), model.set_callbacks(*callbacks))

    with pytest.raises(Killed):
        pipeline(KillCallback(4), Checkpoint(tmp_path / "checkpoint", every=2)).fit(X)
    again = pipeline(Checkpoint(tmp_path / "checkpoint")).fit(X)
    np.testing.assert_array_equal(again.transform(X), pipeline().fit(X).transform(X))


@pytest.mark.parametrize(
    ("changed", "rows"), [({"max_iter": 8}, X), ({"random_state": 1}, X), ({"noise": 0.4}, X), ({}, X[:100])]
)
def test_a_checkpoint_of_another_fit_is_an_error_and_is_kept(tmp_path, changed, rows):
    model, _ = MODELS["transformer"]
    path = tmp_path / "checkpoint"
    with pytest.raises(Killed):
        clone(model).set_callbacks(KillCallback(4), Checkpoint(path, every=2)).fit(X)
    other = clone(model).set_params(**changed).set_callbacks(Checkpoint(path))
    with pytest.raises(ValueError, match="A checkpoint must be of the same fit"):
        other.fit(rows)
    assert not other.__sklearn_is_fitted__()
    assert path.exists()
    assert TRAINER.get() is train_task


def test_bad_input(tmp_path):
    (tmp_path / "other").write_text("something else")
    model, _ = MODELS["transformer"]
    with pytest.raises(ValueError, match="must be a file that `Checkpoint` wrote"):
        clone(model).set_callbacks(Checkpoint(tmp_path / "other")).fit(X)
    with pytest.raises(ValueError, match="every == 0, must be >= 1"):
        clone(model).set_callbacks(Checkpoint(tmp_path / "new", every=0)).fit(X)
    assert TRAINER.get() is train_task


LONG_RUN = """
import sys
import numpy as np
from skaae import AAETransformer
from skaae.callbacks import Checkpoint

X = np.random.default_rng(0).standard_normal((2000, 10))
model = AAETransformer(2, max_iter=30, batch_size=32, random_state=0).set_callbacks(Checkpoint(sys.argv[1], every=1))
model.fit(X)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL")
def test_a_fit_of_a_killed_process_resumes(tmp_path):
    path = tmp_path / "checkpoint"
    process = subprocess.Popen([sys.executable, "-c", LONG_RUN, os.fspath(path)])
    for _ in range(600):
        if path.exists():
            break
        time.sleep(0.1)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    rows = np.random.default_rng(0).standard_normal((2000, 10))
    model = AAETransformer(2, max_iter=30, batch_size=32, random_state=0)
    resumed = clone(model).set_callbacks(Checkpoint(path)).fit(rows)
    np.testing.assert_array_equal(resumed.transform(rows), model.fit(rows).transform(rows))


@pytest.mark.parametrize("kind", ["transformer", "classifier", "detector", "generator"])
def test_with_a_warm_start_an_interrupt_keeps_the_complete_epochs(kind):
    model, data = MODELS[kind]
    model = clone(model).set_params(warm_start=True).set_callbacks(KillCallback(5, KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        model.fit(*data)
    assert model.n_iter_ == len(model.history_["reconstruction"]) == 4
    output = model.score_samples(X) if kind in {"detector", "generator"} else model.transform(X)
    assert np.isfinite(output).all()
    assert model.set_callbacks().fit(*data).n_iter_ == 13


def test_an_interrupt_in_the_first_epoch_leaves_the_estimator_unfitted():
    model = AAETransformer(2, warm_start=True).set_callbacks(KillCallback(1, KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        model.fit(X)
    assert not model.__sklearn_is_fitted__()
    assert set(vars(model)) == {*model.get_params(), "_skl_callbacks"}


def test_a_checkpoint_is_kept_after_an_interrupt(tmp_path):
    model, data = MODELS["transformer"]
    checkpoint = Checkpoint(tmp_path / "checkpoint", every=2)
    stopped = clone(model).set_params(warm_start=True).set_callbacks(KillCallback(6, KeyboardInterrupt), checkpoint)
    with pytest.raises(KeyboardInterrupt):
        stopped.fit(*data)
    again = clone(model).set_callbacks(Checkpoint(tmp_path / "checkpoint")).fit(*data)
    assert_same_state(again, clone(model).fit(*data))
