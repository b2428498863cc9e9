"""
A search on other machines
==========================

joblib sends the candidates of a search to a dask cluster; the code of the search does not change. Start a scheduler
on one machine and workers on the others, with skaae installed on all of them::

    dask scheduler                                  # prints its address: tcp://10.0.0.1:8786
    dask worker tcp://10.0.0.1:8786 --nthreads 1    # on each machine, once for each core
    python examples/remote_search.py tcp://10.0.0.1:8786

Without an address, it uses two processes of this machine (``pip install "dask[distributed]"``). For ray, call
``ray.init("ray://10.0.0.1:10001")`` and ``ray.util.joblib.register_ray()``, and set ``backend="ray"`` and
``n_jobs=-1``.
"""

import sys

from distributed import Client
from joblib import parallel_config
from sklearn.datasets import load_breast_cancer

from skaae import AAETransformer
from skaae.metrics import scorers
from skaae.model_selection import PackedGridSearchCV


def connect(addresses):
    """A client of the scheduler at an address, or of a new local cluster."""
    if addresses:
        return Client(addresses[0])
    return Client(n_workers=2, threads_per_worker=1, dashboard_address=None)


def main():
    X, _ = load_breast_cancer(return_X_y=True)
    grid = {"learning_rate_init": [3e-4, 1e-3, 3e-3], "noise": [0.0, 0.3]}
    model = AAETransformer(4, max_iter=10, random_state=0)
    search = PackedGridSearchCV(model, grid, cv=3, scoring=scorers.neg_reconstruction_error)
    with connect(sys.argv[1:]) as client, parallel_config(backend="dask"):
        print(f"{sum(client.ncores().values())} cores of workers")
        search.fit(X)  # each worker packs its share of the 18 trainings
    print(f"Best of {len(search.cv_results_['params'])}: {search.best_params_}, error {-search.best_score_:.4f}")


if __name__ == "__main__":
    main()
