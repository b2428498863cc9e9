"""Does a packed search pay? Seconds beside those of `GridSearchCV`, of the same estimator, grid and splits.

Run ``python benchmarks/search.py`` (a quarter of an hour on two cores); ``--growth`` measures how the ratio grows with
the number of fits, and saves a picture. Both run in one process and take turns; `GridSearchCV` has two processes, which
are started before the clock. Best candidates and scores are compared too. Without ``--growth``:

- *small*: 2,000 x 20, one hidden layer of 64, batches of 128, 16 candidates x 5 folds;
- *defaults*: 2,000 x 20, whatever `AAETransformer` does, 16 candidates x 5 folds;
- *large*: 10,000 x 50, defaults, 16 candidates x 5 folds.
"""

import argparse
import time
import warnings
from statistics import median

import numpy as np
from sklearn.model_selection import GridSearchCV

from skaae import AAETransformer
from skaae.model_selection import PackedGridSearchCV

TASKS = {
    "small": (2000, 20, {"hidden_layer_sizes": (64,), "batch_size": 128, "max_iter": 50}),
    "defaults": (2000, 20, {}),
    "large": (10_000, 50, {}),
}
FOLDS = 5


def rows(n_rows, n_columns):
    """Columns that a third as many numbers make."""
    rng = np.random.default_rng(0)
    hidden = rng.standard_normal((n_rows, n_columns // 3))
    return np.tanh(hidden @ rng.standard_normal((n_columns // 3, n_columns))) + 0.1 * rng.standard_normal(
        (n_rows, n_columns)
    )


def grid(n_candidates):
    """Rates times noises."""
    rates = [1e-3] if n_candidates < 4 else [3e-4, 1e-3, 2e-3, 4e-3]
    return {"learning_rate_init": rates, "noise": np.linspace(0.05, 0.4, n_candidates // len(rates)).tolist()}


def searched(search, X, options, n_candidates, n_jobs):
    model = AAETransformer(8, random_state=0, **options)
    start = time.perf_counter()
    found = search(model, grid(n_candidates), cv=FOLDS, n_jobs=n_jobs, refit=False).fit(X)
    return time.perf_counter() - start, found


def compare(name, n_candidates, n_repeats, jobs):
    """Median seconds of each, their ratio, and whether they agree."""
    n_rows, n_columns, options = TASKS[name]
    X = rows(n_rows, n_columns)
    searched(GridSearchCV, X[:200], {"max_iter": 1}, 2, 2)
    seconds = {"GridSearchCV": [], **{f"packed, n_jobs={n}": [] for n in jobs}}
    for _ in range(n_repeats):
        took, plain = searched(GridSearchCV, X, options, n_candidates, 2)
        seconds["GridSearchCV"].append(took)
        for n in jobs:
            took, packed = searched(PackedGridSearchCV, X, options, n_candidates, n)
            seconds[f"packed, n_jobs={n}"].append(took)
    gap = np.abs(packed.cv_results_["mean_test_score"] - plain.cv_results_["mean_test_score"]).max()
    result = {method: median(values) for method, values in seconds.items()}
    times = {method: result["GridSearchCV"] / value for method, value in result.items()}
    line = "; ".join(f"{method} {value:.2f} s ({times[method]:.2f})" for method, value in result.items())
    lost = plain.best_score_ - plain.cv_results_["mean_test_score"][packed.best_index_]
    best = "the same best" if packed.best_params_ == plain.best_params_ else f"a best that is {lost:.1e} behind"
    print(f"{name}, {n_candidates} x {FOLDS}: {line}; {best}, scores differ by {gap:.1e}", flush=True)
    return max(times.values())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", nargs="+", default=list(TASKS))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2], help="of the packed search")
    parser.add_argument("--growth", nargs="*", type=int, default=None, help="numbers of candidates")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    if arguments.growth is None:
        for name in arguments.tasks:
            compare(name, 16, arguments.repeats, arguments.jobs)
        return
    candidates = arguments.growth or [1, 2, 4, 8, 16, 32, 64]
    ratios = {
        name: [compare(name, n, arguments.repeats, arguments.jobs) for n in candidates] for name in arguments.tasks
    }
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(layout="constrained")
    for name, own in ratios.items():
        axis.plot([FOLDS * n for n in candidates], own, marker="o", label=name)
    axis.set(xscale="log", xlabel="fits", ylabel="times as fast as GridSearchCV with two processes")
    axis.axhline(1, color="gray", linewidth=1)
    axis.legend()
    figure.savefig("search.png", dpi=110)


if __name__ == "__main__":
    main()
