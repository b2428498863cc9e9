"""Are the cores used, and not used twice? Four fits in turn, in processes, in threads and on dask workers.

Run ``python benchmarks/threads.py`` (two minutes on two cores). Seconds of the clock, and for each way how many threads
torch has in a worker. *Small*: 2,000 x 20, hidden 64; a product is too small to share, and is left to one thread.
*Large*: 5,000 x 784, hidden (1000, 1000).
"""

import time
import warnings

import numpy as np
import torch
from _results import argument_parser, parse_arguments, write_results
from joblib import Parallel, delayed, parallel_config

from skaae import AAETransformer

TASKS = {
    "small": (2_000, 20, {"hidden_layer_sizes": 64, "batch_size": 128, "max_iter": 50}),
    "large": (5_000, 784, {"hidden_layer_sizes": (1000, 1000), "batch_size": 256, "max_iter": 2}),
}
N_FITS = 4


def fit(X, options):
    """Fits, and says with how many threads at most."""
    AAETransformer(8, random_state=0, **options).fit(X)
    return torch.get_num_threads()


def in_turn(X, options, n_threads):
    torch.set_num_threads(n_threads)
    start = time.perf_counter()
    for _ in range(N_FITS):
        fit(X, options)
    return time.perf_counter() - start, n_threads


def side_by_side(X, options, backend):
    with parallel_config(backend=backend, n_jobs=2):
        Parallel()(delayed(fit)(X[:300], options) for _ in range(2))  # starts the workers
        start = time.perf_counter()
        threads = Parallel()(delayed(fit)(X, options) for _ in range(N_FITS))
    return time.perf_counter() - start, max(threads)


def ways():
    yield "in turn, one thread", lambda *work: in_turn(*work, 1)
    yield "in turn, two threads", lambda *work: in_turn(*work, 2)
    yield "loky, two processes", lambda *work: side_by_side(*work, "loky")
    yield "two threads of Python", lambda *work: side_by_side(*work, "threading")
    try:
        from distributed import Client
    except ImportError:
        return
    with Client(n_workers=2, threads_per_worker=1, dashboard_address=None):
        yield "dask, two workers", lambda *work: side_by_side(*work, "dask")


def main():
    arguments = parse_arguments(argument_parser(__doc__))
    warnings.simplefilter("ignore")
    rows = []
    for way, run in ways():
        row = {"fits": way}
        for task, (n_rows, n_columns, options) in TASKS.items():
            X = np.random.default_rng(0).standard_normal((n_rows, n_columns))
            seconds, n_threads = run(X, options)
            row[f"{task}, seconds"] = round(seconds, 2)
        rows.append(row | {"threads of torch in a worker": n_threads})
        print(rows[-1], flush=True)
    write_results("threads", rows, arguments, packages=("dask",))


if __name__ == "__main__":
    main()
