import os

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from threadpoolctl import threadpool_info, threadpool_limits

from skaae import AAEClusterer
from skaae._openmp import MIN_THREADED_CELLS, limit_openmp
from skaae.metrics import detection_score

SEEN = []  # threads that models were fitted with


def n_threads():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "openmp"}


class Teacher(BaseEstimator):
    def fit_predict(self, X, y=None):
        SEEN.append(n_threads())
        return (X[:, 0] > 0).astype(int)


class Detector(DummyClassifier):
    def fit(self, X, y, sample_weight=None):
        SEEN.append(n_threads())
        return super().fit(X, y)


@pytest.fixture
def four_threads():
    with threadpool_limits(4, "openmp"):
        yield


def test_small_fits_have_one_thread(four_threads):
    with limit_openmp(MIN_THREADED_CELLS - 1):
        assert n_threads() == {1}
    assert n_threads() == {4}


@pytest.mark.skipif(not hasattr(os, "getloadavg"), reason="needs the load of the machine")
def test_large_fits_leave_the_cores_that_are_busy(four_threads, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    for load, expected in ((0.0, 4), (5.2, 2), (30.0, 1)):
        monkeypatch.setattr(os, "getloadavg", lambda load=load: (load, 0.0, 0.0))
        with limit_openmp(MIN_THREADED_CELLS):
            assert n_threads() == {expected}


def test_clusterings_and_detection_have_one_thread(four_threads):
    SEEN.clear()
    X = np.random.default_rng(0).standard_normal((60, 3))
    AAEClusterer(2, teachers=[Teacher()], max_iter=1).fit(X)
    detection_score(X, X, estimator=Detector())
    assert len(SEEN) == 4
    assert all(each == {1} for each in SEEN)
