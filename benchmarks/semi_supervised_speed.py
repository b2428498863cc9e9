"""How does the time of a fit grow with the rows? Seconds of the semi-supervised classifier and of its peers, with 100
labels and default parameters, on 50 columns that follow five hidden ones.

Run ``python benchmarks/semi_supervised_speed.py`` (minutes on two cores).
"""

import time
import warnings

import numpy as np
from _results import argument_parser, parse_arguments, write_results
from few_labels import OURS, OURS_LABELS_ONLY, contestants
from joblib import parallel_backend

N_COLUMNS, N_LABELS, N_CLASSES = 50, 100, 4
MAX_SECONDS = 120  # a method that takes longer is not run on more rows


def table(n_rows, seed=0):
    """Rows of four classes, each normal around a centre in five hidden columns."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(N_CLASSES, size=n_rows)
    hidden = 2 * rng.standard_normal((N_CLASSES, 5))[truth] + rng.standard_normal((n_rows, 5))
    X = np.tanh(hidden @ rng.standard_normal((5, N_COLUMNS))) + 0.3 * rng.standard_normal((n_rows, N_COLUMNS))
    y = np.where(np.arange(n_rows) < N_LABELS, truth, -1)
    return X, y


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--only-ours", action="store_true")
    arguments = parse_arguments(parser)
    rows, too_slow = {}, set()
    for n_rows in arguments.rows:
        X, y = table(n_rows)
        for method, model, uses_unlabelled in contestants(0):
            if method in too_slow or (arguments.only_ours and method not in (OURS, OURS_LABELS_ONLY)):
                continue
            selected = slice(None) if uses_unlabelled else y >= 0
            start = time.perf_counter()
            with warnings.catch_warnings(), parallel_backend("loky", n_jobs=1):
                warnings.simplefilter("ignore")
                model.fit(X[selected], y[selected])
            seconds = time.perf_counter() - start
            row = rows.setdefault(method, {"method": method})
            row[f"{n_rows:,} rows, seconds"] = float(f"{seconds:.2g}")
            print(f"{n_rows} rows, {method}: {seconds:.2f} s", flush=True)
            if seconds > MAX_SECONDS:
                too_slow.add(method)
    write_results("semi_supervised_speed", list(rows.values()), arguments)


if __name__ == "__main__":
    main()
