"""Searches on a dask cluster of two local processes."""

import os

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.utils import shuffle

from skaae import AAETransformer
from skaae.metrics import scorers
from skaae.model_selection import PackedGridSearchCV

distributed = pytest.importorskip("distributed")

X, _ = shuffle(*load_iris(return_X_y=True), random_state=0)
MODEL = AAETransformer(2, max_iter=3, random_state=0)
GRID = {"learning_rate_init": [1e-3, 1e-2], "noise": [0.1, 0.2]}


def process(estimator, X, y=None):
    return float(os.getpid())


@pytest.fixture(scope="module")
def workers():
    """The ids of the workers' processes."""
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    )
    with cluster, distributed.Client(cluster) as client:
        yield set(client.run(os.getpid).values())


@pytest.mark.parametrize("search", [GridSearchCV, PackedGridSearchCV])
def test_scores_equal_those_of_one_process(search, workers):
    serial = GridSearchCV(MODEL, GRID, cv=2, scoring=scorers.neg_reconstruction_error).fit(X)
    with parallel_config(backend="dask"):
        distributed_search = search(MODEL, GRID, cv=2, scoring=scorers.neg_reconstruction_error).fit(X)
    assert distributed_search.best_params_ == serial.best_params_
    for name in ("split0_test_score", "split1_test_score"):
        np.testing.assert_allclose(distributed_search.cv_results_[name], serial.cv_results_[name], rtol=1e-4)
    np.testing.assert_allclose(distributed_search.transform(X), serial.transform(X))


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_packed_search_distributes_candidates_to_all_workers(n_jobs, workers):
    with parallel_config(backend="dask"):
        search = PackedGridSearchCV(MODEL, GRID, cv=2, scoring=process, n_jobs=n_jobs, refit=False).fit(X)
    scores = [search.cv_results_[f"split{split}_test_score"] for split in range(2)]
    assert set(np.concatenate(scores)) == workers
