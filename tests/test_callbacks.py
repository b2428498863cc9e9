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
from skaae.core.training import TRAINER, train_alone

X, Y = load_iris(return_X_y=True)
FEW = np.where(np.arange(len(Y)) % 10 == 0, Y, -1)
MODELS = {
    "transformer": (AAETransformer(2, max_iter=9, random_state=0), (X,)),
    "early stopping": (AAETransformer(2, max_iter=9, early_stopping=True, random_state=0), (X,)),
    "informed prior": (AAETransformer(2, prior="mixture", max_iter=9, random_state=0), (X, FEW)),
    "classifier": (
        SemiSupervisedAAEClassifier(teachers=[LogisticRegression()], n_members=2, max_iter=9, random_state=0),
        (X, FEW),
    ),
    "detector": (AAEOutlierDetector(n_members=2, max_iter=9, random_state=0), (X,)),
    "denoiser": (AAEDenoiser(max_iter=9, random_state=0), (X,)),
    "generator": (AAEGenerator(max_iter=9, flow_max_iter=9, random_state=0), (X, Y)),
}


class Killed(Exception):
    """What stands for the end of a process."""


class Kills:
    """A callback that ends a fit after so many epochs."""

    def __init__(self, after, error=Killed):
        self.left, self.error = after, error

    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context): ...

    def on_fit_task_end(self, estimator, context):
        self.left -= 1
        if self.left == 0:
            raise self.error


def assert_same_state(model, other):
    for name, value in other._state.items():
        np.testing.assert_array_equal(model._state[name], value, err_msg=name)
    for name, value in other.history_.items():
        np.testing.assert_array_equal(model.history_[name], value, err_msg=name)


@pytest.mark.parametrize("kind", MODELS)
def test_a_fit_that_goes_on_ends_as_one_that_never_stopped(kind, tmp_path):
    model, data = MODELS[kind]
    path = tmp_path / "checkpoint"
    with pytest.raises(Killed):
        clone(model).set_callbacks(Kills(7), Checkpoint(path, every=3)).fit(*data)
    assert [file.name for file in tmp_path.iterdir()] == ["checkpoint"]
    assert TRAINER.get() is train_alone
    seen = Kills(100)
    again = clone(model).set_callbacks(seen, Checkpoint(path, every=3)).fit(*data)
    assert seen.left == 100 - 3 - 1  # epochs 7 to 9, and the task of the fit
    assert_same_state(again, clone(model).fit(*data))
    assert not list(tmp_path.iterdir())


def test_trainings_that_were_done_are_not_done_again(tmp_path, monkeypatch):
    model, data = MODELS["generator"]
    path = tmp_path / "checkpoint"
    finish = AAEGenerator._finish

    def fail(self, rows):
        finish(self, rows)
        raise Killed

    monkeypatch.setattr(AAEGenerator, "_finish", fail)
    with pytest.raises(Killed):
        clone(model).set_callbacks(Checkpoint(path, every=100)).fit(*data)
    monkeypatch.undo()
    seen = Kills(100)
    again = clone(model).set_callbacks(seen, Checkpoint(path)).fit(*data)
    assert seen.left == 99
    expected = clone(model).fit(*data)
    assert_same_state(again, expected)
    np.testing.assert_array_equal(again.flow_curve_, expected.flow_curve_)


def test_lower_rates_are_remembered(tmp_path):
    model = AAETransformer(2, learning_rate_init=3e4, max_iter=6, random_state=0)
    with pytest.raises(Killed):
        clone(model).set_callbacks(Kills(4), Checkpoint(tmp_path / "checkpoint", every=1)).fit(X)
    with np.load(tmp_path / "checkpoint") as file:
        assert file["0.cuts"] > 0
    again = clone(model).set_callbacks(Checkpoint(tmp_path / "checkpoint")).fit(X)
    assert_same_state(again, clone(model).fit(X))


def test_it_works_in_a_pipeline(tmp_path):
    def pipeline(*callbacks):
        model = AAETransformer(2, max_iter=6, random_state=0)
        return make_pipeline(StandardScaler(), model.set_callbacks(*callbacks))

    with pytest.raises(Killed):
        pipeline(Kills(4), Checkpoint(tmp_path / "checkpoint", every=2)).fit(X)
    again = pipeline(Checkpoint(tmp_path / "checkpoint")).fit(X)
    np.testing.assert_array_equal(again.transform(X), pipeline().fit(X).transform(X))


@pytest.mark.parametrize(
    ("changed", "rows"), [({"max_iter": 8}, X), ({"random_state": 1}, X), ({"noise": 0.4}, X), ({}, X[:100])]
)
def test_a_checkpoint_of_another_fit_is_an_error_and_is_left(tmp_path, changed, rows):
    model, _ = MODELS["transformer"]
    path = tmp_path / "checkpoint"
    with pytest.raises(Killed):
        clone(model).set_callbacks(Kills(4), Checkpoint(path, every=2)).fit(X)
    other = clone(model).set_params(**changed).set_callbacks(Checkpoint(path))
    with pytest.raises(ValueError, match="A checkpoint must be of the same fit"):
        other.fit(rows)
    assert not other.__sklearn_is_fitted__()
    assert path.exists()
    assert TRAINER.get() is train_alone


def test_bad_input(tmp_path):
    (tmp_path / "other").write_text("something else")
    model, _ = MODELS["transformer"]
    with pytest.raises(ValueError, match="must be a file that `Checkpoint` wrote"):
        clone(model).set_callbacks(Checkpoint(tmp_path / "other")).fit(X)
    with pytest.raises(ValueError, match="every == 0, must be >= 1"):
        clone(model).set_callbacks(Checkpoint(tmp_path / "new", every=0)).fit(X)
    assert TRAINER.get() is train_alone


SCRIPT = """
import sys
import numpy as np
from skaae import AAETransformer
from skaae.callbacks import Checkpoint

X = np.random.default_rng(0).standard_normal((2000, 10))
model = AAETransformer(2, max_iter=30, batch_size=32, random_state=0)
if len(sys.argv) > 2:
    model.set_callbacks(Checkpoint(sys.argv[2], every=1))
np.save(sys.argv[1], model.fit(X).transform(X))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="processes are killed otherwise there")
def test_a_process_that_is_killed_goes_on(tmp_path):
    def start(*names):
        return subprocess.Popen([sys.executable, "-c", SCRIPT, *(os.fspath(tmp_path / name) for name in names)])

    first = start("first.npy", "checkpoint")
    for _ in range(600):
        if (tmp_path / "checkpoint").exists():
            break
        time.sleep(0.1)
    first.kill()
    assert first.wait() == -signal.SIGKILL
    assert (tmp_path / "checkpoint").exists()
    assert not (tmp_path / "first.npy").exists()
    assert start("second.npy", "checkpoint").wait() == 0
    assert start("expected.npy").wait() == 0
    np.testing.assert_array_equal(np.load(tmp_path / "second.npy"), np.load(tmp_path / "expected.npy"))


@pytest.mark.parametrize("kind", ["transformer", "classifier", "detector", "generator"])
def test_with_a_warm_start_an_interrupt_keeps_the_epochs_that_are_done(kind):
    model, data = MODELS[kind]
    model = clone(model).set_params(warm_start=True).set_callbacks(Kills(5, KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        model.fit(*data)
    assert model.n_iter_ == len(model.history_["reconstruction"]) == 4
    answer = model.score_samples(X) if kind in {"detector", "generator"} else model.transform(X)
    assert np.isfinite(answer).all()
    assert model.set_callbacks().fit(*data).n_iter_ == 13


def test_an_interrupt_before_the_first_epoch_is_done_leaves_nothing():
    model = AAETransformer(2, warm_start=True).set_callbacks(Kills(1, KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        model.fit(X)
    assert not model.__sklearn_is_fitted__()
    assert set(vars(model)) == {*model.get_params(), "_skl_callbacks"}


def test_a_checkpoint_outlives_an_interrupt(tmp_path):
    model, data = MODELS["transformer"]
    checkpoint = Checkpoint(tmp_path / "checkpoint", every=2)
    stopped = clone(model).set_params(warm_start=True).set_callbacks(Kills(6, KeyboardInterrupt), checkpoint)
    with pytest.raises(KeyboardInterrupt):
        stopped.fit(*data)
    again = clone(model).set_callbacks(Checkpoint(tmp_path / "checkpoint")).fit(*data)
    assert_same_state(again, clone(model).fit(*data))
