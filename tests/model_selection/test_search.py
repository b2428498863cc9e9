import os
import threading
import warnings

import numpy as np
import pandas as pd
import pytest
from joblib.parallel import get_active_backend
from scipy.stats import loguniform
from sklearn.datasets import load_iris
from sklearn.ensemble import IsolationForest
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, KFold, RandomizedSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import shuffle

from skaae import AAEGenerator, AAEOutlierDetector, AAETransformer, SemiSupervisedAAEClassifier
from skaae.core import packs
from skaae.metrics import scorers
from skaae.model_selection import PackedGridSearchCV, PackedRandomizedSearchCV, SemiSupervisedKFold, _scheduler
from skaae.model_selection._scheduler import run_concurrently

X, Y = shuffle(*load_iris(return_X_y=True), random_state=0)
GRID = {"learning_rate_init": [1e-3, 1e-2], "noise": [0.0, 0.1], "n_components": [1, 2]}


@pytest.fixture
def sizes(monkeypatch):
    """The number of tasks in each pack."""
    found = []
    alone = packs.train_pack

    def counted(tasks):
        found.append(len(tasks))
        return alone(tasks)

    monkeypatch.setattr(packs, "train_pack", counted)
    return found


def assert_same_results(packed, reference):
    assert packed.best_params_ == reference.best_params_
    assert packed.cv_results_.keys() == reference.cv_results_.keys()
    for name, column in reference.cv_results_.items():
        if name.startswith(("split", "mean_test", "std_test", "mean_train")):
            np.testing.assert_allclose(packed.cv_results_[name], column, rtol=1e-4, atol=1e-6, err_msg=name)
        elif name.startswith("rank"):
            np.testing.assert_array_equal(packed.cv_results_[name], column)


def test_results_equal_those_of_grid_search(sizes):
    model = AAETransformer(max_iter=5, random_state=0)
    packed = PackedGridSearchCV(model, GRID, cv=3, return_train_score=True).fit(X)
    assert sorted(sizes) == [6, 6, 6, 6]  # two widths, with noise and without; rates and folds together
    reference = GridSearchCV(model, GRID, cv=3, return_train_score=True).fit(X)
    assert_same_results(packed, reference)
    np.testing.assert_allclose(packed.transform(X), reference.transform(X))
    assert packed.score(X) == pytest.approx(reference.score(X))


def test_pipelines_and_several_scorers():
    model = make_pipeline(StandardScaler(), AAETransformer(2, max_iter=5, random_state=0))
    grid = {"aaetransformer__noise": [0.05, 0.4]}
    scoring = {"error": scorers.neg_reconstruction_error, "distance": scorers.neg_sliced_wasserstein}
    searches = [
        search(model, grid, cv=2, scoring=scoring, refit="error").fit(X)
        for search in (PackedGridSearchCV, GridSearchCV)
    ]
    assert_same_results(*searches)


def test_semi_supervised_classifier(sizes):
    few = np.where(np.arange(len(Y)) % 5 == 0, Y, -1)
    model = SemiSupervisedAAEClassifier(teachers=[LogisticRegression()], max_iter=3, n_members=2, random_state=0)
    grid = {"teacher_weight": [0.0, 1.0], "learning_rate_init": [1e-3, 1e-2]}
    packed, reference = (
        search(model, grid, cv=SemiSupervisedKFold(2)).fit(X, few) for search in (PackedGridSearchCV, GridSearchCV)
    )
    assert max(sizes) > 1
    assert_same_results(packed, reference)
    assert packed.predict(X).tolist() == reference.predict(X).tolist()


def test_shared_random_state_is_drawn_from_in_the_same_order():
    searches = [
        search(AAETransformer(2, max_iter=2, random_state=np.random.RandomState(3)), {"noise": [0.1, 0.2]}, cv=2).fit(X)
        for search in (PackedGridSearchCV, GridSearchCV)
    ]
    assert_same_results(*searches)


def test_randomized_search():
    drawn = {"learning_rate_init": loguniform(1e-4, 1e-2)}
    searches = [
        search(AAETransformer(2, max_iter=2, random_state=0), drawn, n_iter=3, cv=2, random_state=0).fit(X)
        for search in (PackedRandomizedSearchCV, RandomizedSearchCV)
    ]
    assert_same_results(*searches)


def test_dataframes_flows_and_other_estimators():
    frame = pd.DataFrame({"size": X[:, 0], "kind": np.where(X[:, 1] > 3, "wide", "narrow")})
    model = AAEGenerator(max_iter=2, flow_max_iter=2, random_state=0)
    searches = [
        search(model, {"noise": [0.1, 0.2]}, cv=2, scoring=scorers.neg_column_shape_error).fit(frame)
        for search in (PackedGridSearchCV, GridSearchCV)
    ]
    assert_same_results(*searches)
    forest = PackedGridSearchCV(IsolationForest(random_state=0), {"n_estimators": [5, 10]}, cv=2, scoring=depth).fit(X)
    assert forest.cv_results_["mean_test_score"].shape == (2,)


def depth(model, X, y=None):
    return float(model.score_samples(X).mean())


def test_failed_candidate_gets_error_score():
    grid = {"n_components": [2, 99]}
    with pytest.warns(match="2 fits failed"):
        search = PackedGridSearchCV(AAETransformer(max_iter=2, random_state=0), grid, cv=2, error_score=-9).fit(X)
    assert search.cv_results_["mean_test_score"][1] == -9
    assert search.best_params_ == {"n_components": 2}
    with pytest.raises(ValueError, match=r"`n_components` must be at most .* Got 99"):
        PackedGridSearchCV(AAETransformer(max_iter=2), grid, cv=2, error_score="raise").fit(X)
    assert not hasattr(search, "_backend_config")


def test_error_ends_search_before_others_are_trained(sizes):
    grid = {"n_components": [99, 2]}
    with pytest.raises(ValueError, match="Got 99"):
        PackedGridSearchCV(AAETransformer(max_iter=2), grid, cv=2, error_score="raise").fit(X)
    assert not sizes


def test_warning_filters_of_a_job_stay_with_it():
    def silent():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            AAETransformer(1, max_iter=1).fit(X)

    def loud():
        with np.errstate(divide="raise"):
            AAETransformer(1, max_iter=1).fit(X)
        warnings.warn("loud", stacklevel=1)
        return np.geterr()["divide"]

    before = warnings.filters
    with pytest.warns(match="loud") as caught, np.errstate(divide="print"):
        assert run_concurrently([silent, loud, silent, loud])[1::2] == ["print", "print"]
    assert len(caught) == 2
    assert warnings.filters is before


def test_jobs_release_results_and_tasks(monkeypatch):
    jobs = []
    init = _scheduler.Job.__init__

    def recorded_init(job, *arguments):
        init(job, *arguments)
        jobs.append(job)

    monkeypatch.setattr(_scheduler.Job, "__init__", recorded_init)
    PackedGridSearchCV(AAETransformer(2, max_iter=1), {"noise": [0.1, 0.2]}, cv=2, refit=False).fit(X)
    assert len(jobs) == 4
    assert all(job.training_result is job.task is job.function is None for job in jobs)


def test_interruption_leaves_no_job_pending():
    before = threading.active_count()

    def interrupted():
        AAETransformer(1, max_iter=1).fit(X)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_concurrently([interrupted, lambda: AAETransformer(1, max_iter=1).fit(X)])
    join_jobs()
    assert threading.active_count() == before


def join_jobs():
    for thread in threading.enumerate():
        if type(thread).__name__ == "Job":
            thread.join(10)


def test_error_leaves_no_job_pending_and_restores_joblib():
    before = threading.active_count()
    model = AAETransformer(2, max_iter=2, random_state=0)
    with pytest.raises(ValueError, match="no score"):
        PackedGridSearchCV(model, {"noise": [0.1, 0.2, 0.3]}, cv=2, scoring=no_score, error_score="raise").fit(X)
    join_jobs()
    assert threading.active_count() == before
    assert type(get_active_backend()[0]).__name__ != "PackedBackend"


def no_score(model, X, y=None):
    raise ValueError("no score")


def test_processes_share_candidates():
    model = AAETransformer(2, max_iter=3, random_state=0)
    grid = {"noise": [0.1, 0.2]}
    packed = PackedGridSearchCV(model, grid, cv=2, n_jobs=2, scoring=process).fit(X)
    found = {packed.cv_results_[f"split{fold}_test_score"][index] for fold in range(2) for index in range(2)}
    assert len(found) == 2
    assert os.getpid() not in found
    assert_same_results(*(search(model, grid, cv=2, n_jobs=2).fit(X) for search in (PackedGridSearchCV, GridSearchCV)))


def process(model, X, y=None):
    return os.getpid()


@pytest.mark.parametrize("pre_dispatch", [1, "all"])
def test_all_candidates_are_dispatched(sizes, pre_dispatch):
    model = AAETransformer(2, max_iter=1)
    PackedGridSearchCV(model, {"noise": [0.1, 0.2]}, cv=2, pre_dispatch=pre_dispatch, refit=False).fit(X)
    assert sizes == [4]


class OneNormal:
    """A prior without a hash."""

    __hash__ = None

    def __eq__(self, other):
        return type(other) is type(self)

    def __call__(self, n, rng):
        return rng.standard_normal((n, 1))


def test_unhashable_priors_train_alone(sizes):
    PackedGridSearchCV(AAETransformer(1, prior=OneNormal(), max_iter=1), {"noise": [0.1]}, cv=2, refit=False).fit(X)
    assert sizes == [1, 1]


def test_pending_rows_are_bounded(sizes, monkeypatch):
    monkeypatch.setattr(
        _scheduler, "MAX_PENDING_BYTES", 3 * _scheduler.N_COPIES * X[:100].astype(np.float32).nbytes - 1
    )
    PackedGridSearchCV(AAETransformer(2, max_iter=1), {"noise": [0.1, 0.2]}, cv=3, refit=False).fit(X)
    assert sizes == [3, 3]


def test_halving_search_and_detectors():
    model = AAETransformer(2, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search = HalvingGridSearchCV(
            model, {"noise": [0.1, 0.2, 0.4]}, resource="max_iter", max_resources=9, min_resources=3, cv=KFold(2)
        ).fit(X)
    assert search.best_estimator_.get_params()["max_iter"] in {3, 9}
    detector = AAEOutlierDetector(max_iter=2, n_members=2, random_state=0)
    scores = PackedGridSearchCV(detector, {"noise": [0.1, 1.0]}, cv=StratifiedKFold(2), scoring=depth).fit(X, Y)
    assert np.isfinite(scores.cv_results_["mean_test_score"]).all()


def test_jobs_run_in_order_and_one_at_a_time():
    running = []

    def make_function(number):
        def run():
            running.append(number)
            model = AAETransformer(1, max_iter=1, random_state=number).fit(X)
            running.append(number)
            return model

        return run

    models = run_concurrently(make_function(number) for number in range(3))
    assert running == [0, 1, 2, 0, 1, 2]
    for number, model in enumerate(models):
        alone = AAETransformer(1, max_iter=1, random_state=number).fit(X)
        np.testing.assert_allclose(model.transform(X), alone.transform(X), rtol=1e-5, atol=1e-6)
    with pytest.raises(KeyError):
        run_concurrently([make_function(0), {}.popitem])


def test_optuna_search():
    integration = pytest.importorskip("optuna_integration")
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    drawn = {"noise": optuna.distributions.FloatDistribution(0.01, 1.0, log=True)}
    model = AAETransformer(2, max_iter=3, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search = integration.OptunaSearchCV(model, drawn, n_trials=3, cv=2, random_state=0).fit(X)
    assert search.transform(X).shape == (150, 2)
    assert 0.01 <= search.best_params_["noise"] <= 1.0
