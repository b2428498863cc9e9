"""Workers that are forked after their parent has computed with two threads."""

import subprocess
import sys
import textwrap

import pytest

TIME_LIMIT = 60  # seconds, of which a hang takes as many as it gets

SCRIPT = """
import multiprocessing
import numpy as np
import torch
from skaae import AAEOutlierDetector, AAETransformer, SemiSupervisedAAEClassifier

torch.set_num_threads(2)
X = np.random.default_rng(0).normal(size=(5000, 20))
{call}
method(X)
with multiprocessing.get_context("fork").Pool(2) as pool:
    answers = pool.map_async(method, [X, X]).get(timeout=30)
np.testing.assert_allclose(answers[0], method(X), rtol=1e-6, atol=1e-9)
assert torch.get_num_threads() == 2
print("answered")
"""

CALLS = {
    "detector": "method = AAEOutlierDetector(n_members=1, max_iter=1, random_state=0).fit(X).score_samples",
    "transformer": "method = AAETransformer(2, max_iter=1, random_state=0).fit(X).transform",
    "classifier": (
        "method = SemiSupervisedAAEClassifier(max_iter=1, random_state=0).fit(X[:300], X[:300, 0] > 0).predict_proba"
    ),
    "fit": """
        def method(X):
            return AAETransformer(2, max_iter=1, random_state=0).fit(X).transform(X)
    """,
}


@pytest.mark.skipif(sys.platform != "linux", reason="fork is Linux's way")
@pytest.mark.parametrize("call", CALLS)
def test_forked_workers_answer(call):
    script = SCRIPT.format(call=textwrap.dedent(CALLS[call]))
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], timeout=TIME_LIMIT, capture_output=True)
    assert done.stdout.split() == [b"answered"], done.stderr.decode()[-2000:]
