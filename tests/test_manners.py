"""Manners of all estimators: beside other threads, other generators and other programs, and in the long run."""

import gc
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from skaae import (
    AAEClusterer,
    AAEDenoiser,
    AAEGenerator,
    AAEOutlierDetector,
    AAETransformer,
    SemiSupervisedAAEClassifier,
)

pytestmark = pytest.mark.filterwarnings("ignore:`y` must have -1 for rows known to be outliers:UserWarning")

SMALL = {"hidden_layer_sizes": (8,), "max_iter": 2}
KINDS = {
    AAETransformer: {},
    AAEDenoiser: {},
    SemiSupervisedAAEClassifier: {"teachers": [LogisticRegression()], "n_members": 2},
    AAEClusterer: {"n_clusters": 3},
    AAEOutlierDetector: {"n_members": 2},
    AAEGenerator: {"flow_layer_sizes": (8,), "flow_max_iter": 2},
}
METHODS = ("transform", "predict", "predict_proba", "score_samples", "decision_function")


def made(kind, **parameters):
    return kind(**{**SMALL, **KINDS[kind], "random_state": 0, **parameters})


def answers(model, X):
    """What a fitted model says of rows, and what it draws."""
    found = {name: getattr(model, name)(X) for name in METHODS if hasattr(model, name)}
    return found | ({"sample": model.sample(5, random_state=0)} if hasattr(model, "sample") else {})


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


@pytest.fixture
def y(X):
    return np.where(np.arange(len(X)) % 2, np.arange(len(X)) % 3, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_ten_threads_get_the_answers_that_one_gets(kind, X, y):
    model = made(kind).fit(X, y)
    parts = np.array_split(X, 10)
    expected = [answers(model, part) for part in parts]
    with ThreadPoolExecutor(10) as threads:
        for found, alone in zip(threads.map(lambda part: answers(model, part), 3 * parts), 3 * expected, strict=True):
            assert_same(found, alone)


@pytest.mark.parametrize("kind", KINDS)
def test_one_seed_gives_one_model_and_the_generators_of_others_rest(kind, X, y):
    before = np.random.get_state()[1].copy(), random.getstate(), torch.get_rng_state()
    first = answers(made(kind).fit(X, y), X)
    assert (np.random.get_state()[1] == before[0]).all()
    assert random.getstate() == before[1]
    assert torch.equal(torch.get_rng_state(), before[2])
    np.random.seed(1)
    torch.manual_seed(1)
    assert_same(answers(made(kind).fit(X, y), X), first)


def test_memory_does_not_grow(X, y):
    process = psutil.Process()

    def after(n_fits):
        for seed in range(n_fits):
            kind = [*KINDS][seed % len(KINDS)]
            model = made(kind, random_state=seed, **({"teachers": None} if kind is AAEClusterer else {}))
            model.fit(X, y)
        gc.collect()
        return process.memory_info().rss

    before = after(20)
    assert after(100) - before < 10e6  # 100 kB for each fit


def test_nothing_is_opened_but_to_read(tmp_path):
    """In a fresh process, from the first import on."""
    program = f"""
import sys

WRITING = (
    "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.system", "os.exec",
    "os.posix_spawn", "os.fork", "subprocess.", "shutil.", "socket.", "urllib.", "http.", "ftplib.", "sqlite3.",
)

def hook(event, arguments):
    opened = event == "open" and (arguments[2] or 0) & 3 and "/dev/null" not in str(arguments[0])
    if opened or event.startswith(WRITING):
        raise RuntimeError(f"{{event}}: {{arguments}}")

sys.dont_write_bytecode = True
sys.addaudithook(hook)
sys.path[:0] = {sys.path!r}
import warnings
warnings.simplefilter("ignore")
import numpy as np
from test_manners import KINDS, answers, made
X = np.random.default_rng(0).standard_normal((60, 4))
for kind in KINDS:
    answers(made(kind).fit(X, np.arange(60) % 3), X)
import skaae.metrics, skaae.model_selection, skaae.display
for name in skaae.metrics.__all__:
    getattr(skaae.metrics, name)
print("done")
"""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")
    }  # which writes
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "done\n", done.stderr
    assert not [*tmp_path.iterdir()]
