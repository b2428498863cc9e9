"""How does the time of a fit grow with the rows? Seconds of the semi-supervised classifier and of its peers, with 100
labels and default parameters, on 50 columns that follow five hidden ones.

Run ``python benchmarks/semi_supervised_speed.py`` (minutes on two cores).
"""

import argparse
import time
import warnings

import numpy as np
import pandas as pd
from few_labels import OURS, OURS_LABELS_ONLY, contestants
from joblib import parallel_backend

N_COLUMNS, N_LABELS, N_CLASSES = 50, 100, 4
TOO_LONG = 120  # seconds; who took longer is not asked for more rows


def table(n_rows, seed=0):
    """Rows of four classes, each a cloud around a centre in five hidden columns."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(N_CLASSES, size=n_rows)
    hidden = 2 * rng.standard_normal((N_CLASSES, 5))[truth] + rng.standard_normal((n_rows, 5))
    X = np.tanh(hidden @ rng.standard_normal((5, N_COLUMNS))) + 0.3 * rng.standard_normal((n_rows, N_COLUMNS))
    y = np.where(np.arange(n_rows) < N_LABELS, truth, -1)
    return X, y


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 3_000, 10_000, 30_000, 100_000])
    parser.add_argument("--only-ours", action="store_true")
    arguments = parser.parse_args()
    seconds, tired = {}, set()
    for n_rows in arguments.rows:
        X, y = table(n_rows)
        for method, model, takes_all in contestants(0):
            if method in tired or (arguments.only_ours and method not in (OURS, OURS_LABELS_ONLY)):
                continue
            rows = slice(None) if takes_all else y >= 0
            start = time.perf_counter()
            with warnings.catch_warnings(), parallel_backend("loky", n_jobs=1):
                warnings.simplefilter("ignore")
                model.fit(X[rows], y[rows])
            seconds[method, n_rows] = time.perf_counter() - start
            print(f"{n_rows} rows, {method}: {seconds[method, n_rows]:.2f} s", flush=True)
            if seconds[method, n_rows] > TOO_LONG:
                tired.add(method)
    print(pd.Series(seconds).unstack().round(2).to_string())


if __name__ == "__main__":
    main()
