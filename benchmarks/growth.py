"""What grows with what? Seconds and memory by rows, columns and members, and a million rows through fitted models.

Run ``python benchmarks/growth.py`` (five minutes on two cores). Each fit has a process of its own; memory is the most
that this has allocated beyond what it held with its rows, torch and a first small fit, also in units of the rows' own
size (64-bit floats). Slopes are those of the logarithm of seconds between the two largest sizes: 1 is linear. An epoch
is one pass over the rows, so epochs are fixed where rows grow.
"""

import math
import time

import numpy as np
from _data import correlated_rows
from _measurement import AllocationMonitor, run_in_process
from _results import argument_parser, parse_arguments, write_results

N_ROWS, N_COLUMNS, N_MEMBERS = (1_000, 10_000, 100_000, 1_000_000), (10, 30, 100, 300, 1_000), (1, 4, 16, 64)


def fit_by_rows(X, n):
    from skaae import AAETransformer

    AAETransformer(8, max_iter=2, batch_size=256, random_state=0).fit(X)


def fit_by_members(X, n):
    from skaae import AAEClusterer

    AAEClusterer(3, n_members=n, teachers=None, max_iter=20, batch_size=256, random_state=0).fit(X)


def transformer_call(X):
    from skaae import AAETransformer

    return AAETransformer(8, max_iter=5, random_state=0).fit(X[:5_000]).transform


def detector_call(X):
    from skaae import AAEOutlierDetector

    return AAEOutlierDetector(max_iter=5, random_state=0).fit(X[:5_000]).score_samples


def classifier_call(X):
    from skaae import SemiSupervisedAAEClassifier

    y = np.where(np.arange(5_000) < 100, X[:5_000, 0] > 0, -1)
    return SemiSupervisedAAEClassifier(max_iter=5, random_state=0).fit(X[:5_000], y).predict_proba


CALLS = {
    "AAETransformer.transform": transformer_call,
    "SemiSupervisedAAEClassifier.predict_proba": classifier_call,
    "AAEOutlierDetector.score_samples": detector_call,
}


def monitored(call):
    start = time.perf_counter()
    with AllocationMonitor() as monitor:
        call()
    return time.perf_counter() - start, monitor.peak


def measure_fit(fit, n_rows, n_columns, n_members=1):
    """Seconds, MiB beyond those before, and these in units of the rows' size."""
    fit_by_rows(correlated_rows(200, n_columns), 1)
    X = correlated_rows(n_rows, n_columns)
    seconds, peak = monitored(lambda: fit(X, n_members))
    return seconds, peak, peak / (X.nbytes / 2**20)


def measure_call(name):
    X = correlated_rows(1_000_000, 20)
    method = CALLS[name](X)
    return monitored(lambda: method(X))


def growth_rows(suffix, sizes, results, *, in_rows=True):
    """A row for each size; the last has the slope."""
    rows = []
    for size, (seconds, peak, times_rows) in zip(sizes, results, strict=True):
        row = {"fit": f"{size:,} {suffix}", "seconds": round(seconds, 2), "MiB": round(peak)}
        rows.append(row | {"times the rows": round(times_rows, 1) if in_rows else None, "slope": None})
        print(rows[-1], flush=True)
    slope = math.log(results[-1][0] / results[-2][0]) / math.log(sizes[-1] / sizes[-2])
    rows[-1]["slope"] = round(slope, 2)
    return rows


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--parts", nargs="+", choices=["fits", "calls"], default=["fits", "calls"])
    arguments = parse_arguments(parser)
    if "fits" in arguments.parts:
        by_rows = [run_in_process(measure_fit, fit_by_rows, n, 20) for n in N_ROWS]
        by_columns = [run_in_process(measure_fit, fit_by_rows, 10_000, n) for n in N_COLUMNS]
        by_members = [run_in_process(measure_fit, fit_by_members, 2_000, 20, n) for n in N_MEMBERS]
        rows = [
            *growth_rows("rows, 20 columns", N_ROWS, by_rows),
            *growth_rows("columns, 10,000 rows", N_COLUMNS, by_columns),
            *growth_rows("members, 2,000 x 20", N_MEMBERS, by_members, in_rows=False),
        ]
        write_results("growth", rows, arguments)
    if "calls" in arguments.parts:
        measured = {name: run_in_process(measure_call, name) for name in CALLS}
        rows = [
            {"call on a million rows": name, "seconds": round(seconds, 1), "MiB": round(peak)}
            for name, (seconds, peak) in measured.items()
        ]
        write_results("growth_fitted", rows, arguments)


if __name__ == "__main__":
    main()
