"""Workers that are forked after their parent has computed with two threads."""

import os
import subprocess
import sys

import pytest

TIME_LIMIT = 150  # seconds, of which workers have 60

SCRIPT = """
import multiprocessing
import numpy as np
import torch
from skaae import AAEOutlierDetector, AAETransformer, PriorFittedClassifier

torch.set_num_threads(2)
X = np.random.default_rng(0).normal(size=(4096, 20))
options = {{"hidden_layer_sizes": (512,), "max_iter": 1, "random_state": 0}}
{call}
method(X)
with multiprocessing.get_context("fork").Pool(2) as pool:
    answers = pool.map_async(method, [X, X]).get(timeout=60)
np.testing.assert_allclose(answers[0], method(X), rtol=1e-4, atol=1e-6)
assert torch.get_num_threads() == 2
print("answered")
"""

CALLS = {
    "prior_fitted": "X = X[:300]\nmethod = PriorFittedClassifier(1).fit(X, np.arange(300) % 9 // 5).predict_proba",
    "detector": "method = AAEOutlierDetector(n_members=1, **options).fit(X[:500]).score_samples",
    "transformer": "method = AAETransformer(2, **options).fit(X).transform",
    "fit": "def method(X):\n    return AAETransformer(2, **options).fit(X).transform(X)",
}


@pytest.mark.skipif(sys.platform != "linux", reason="fork is Linux's way")
@pytest.mark.parametrize("call", CALLS)
def test_forked_workers_answer(call):
    script = SCRIPT.format(call=CALLS[call])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        env={**os.environ, "OMP_NUM_THREADS": "2"},
        timeout=TIME_LIMIT,
        capture_output=True,
    )
    assert done.stdout.split() == [b"answered"], done.stderr.decode()[-2000:]
