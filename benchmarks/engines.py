"""Do searches on clusters find what one process finds, and how long do they take?

Run ``python benchmarks/engines.py`` (two minutes on two cores; ``pip install "dask[distributed]" ray``). Engines that
are not installed are left out. Clusters are two processes of this machine: what is measured is what it costs to send
work to them, not what many machines gain. Each engine is warmed up by a small search.
"""

import time
from contextlib import contextmanager, nullcontext

import numpy as np
from _results import argument_parser, parse_arguments, write_results
from joblib import parallel_config
from sklearn.model_selection import GridSearchCV

from skaae import AAETransformer
from skaae.metrics import scorers
from skaae.model_selection import PackedGridSearchCV

GRID = {"learning_rate_init": [3e-4, 1e-3, 3e-3], "noise": [0.1, 0.3]}
N_SPLITS = 3


@contextmanager
def dask():
    from distributed import Client, LocalCluster

    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50)
    with cluster, Client(cluster), parallel_config(backend="dask"):
        yield


@contextmanager
def ray():
    import ray as engine
    from ray.util.joblib import register_ray

    engine.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    register_ray()
    try:
        with parallel_config(backend="ray"):
            yield
    finally:
        engine.shutdown()


def timed_search(search, X, n_jobs, max_iter=10):
    """Scores of all candidates in all folds, and seconds."""
    model = AAETransformer(4, hidden_layer_sizes=64, max_iter=max_iter, random_state=0)
    start = time.perf_counter()
    search = search(model, GRID, cv=N_SPLITS, scoring=scorers.neg_reconstruction_error, n_jobs=n_jobs, refit=False)
    results = search.fit(X).cv_results_
    seconds = time.perf_counter() - start
    scores = [results[f"split{split}_test_score"] for split in range(N_SPLITS)]
    return np.array(scores), seconds


def main():
    arguments = parse_arguments(argument_parser(__doc__))
    rng = np.random.default_rng(0)
    X = np.tanh(rng.standard_normal((1_000, 6)) @ rng.standard_normal((6, 20)))
    engines = {"one process": (nullcontext, 1), "loky": (nullcontext, 2), "dask": (dask, 2), "ray": (ray, 2)}
    serial, _ = timed_search(GridSearchCV, X, 1)
    rows = []
    for name, (engine, n_jobs) in engines.items():
        row = {"engine": name}
        try:
            with engine():
                timed_search(GridSearchCV, X[:100], n_jobs, max_iter=1)
                for search in (GridSearchCV, PackedGridSearchCV):
                    scores, seconds = timed_search(search, X, n_jobs)
                    row[f"{search.__name__}, seconds"] = round(seconds, 1)
                    difference = np.abs(scores - serial).max() / np.abs(serial).mean()
                    print(f"{name}, {search.__name__}: {seconds:.1f} s, scores differ by {difference:.0e}", flush=True)
        except ImportError as error:
            print(f"{name} is left out: {error}.")
            continue
        rows.append(row)
    write_results("engines", rows, arguments, packages=("dask", "ray"))


if __name__ == "__main__":
    main()
