"""Does a packed search pay? Seconds beside those of `GridSearchCV`, of the same estimator, grid and splits.

Run ``python benchmarks/search.py`` (a quarter of an hour on two cores); ``--growth`` measures how the ratio grows with
the number of fits, and saves a picture. Both searches take turns; `GridSearchCV` has two processes, which
are started before the clock. Best candidates and scores are compared too. Without ``--growth``:

- *small*: 2,000 x 20, one hidden layer of 64, batches of 128, 16 candidates x 5 folds;
- *defaults*: 2,000 x 20, whatever `AAETransformer` does, 16 candidates x 5 folds;
- *large*: 10,000 x 50, defaults, 16 candidates x 5 folds.
"""

import time
import warnings
from statistics import median

import numpy as np
from _data import correlated_rows
from _results import HERE, argument_parser, parse_arguments, write_results
from sklearn.model_selection import GridSearchCV

from skaae import AAETransformer
from skaae.model_selection import PackedGridSearchCV

TASKS = {
    "small": (2000, 20, {"hidden_layer_sizes": (64,), "batch_size": 128, "max_iter": 50}),
    "defaults": (2000, 20, {}),
    "large": (10_000, 50, {}),
}
N_FOLDS = 5


def grid(n_candidates):
    """Rates times noises."""
    rates = [1e-3] if n_candidates < 4 else [3e-4, 1e-3, 2e-3, 4e-3]
    return {"learning_rate_init": rates, "noise": np.linspace(0.05, 0.4, n_candidates // len(rates)).tolist()}


def timed_search(search, X, options, n_candidates, n_jobs):
    model = AAETransformer(8, random_state=0, **options)
    start = time.perf_counter()
    fitted = search(model, grid(n_candidates), cv=N_FOLDS, n_jobs=n_jobs, refit=False).fit(X)
    return time.perf_counter() - start, fitted


def compare(name, n_candidates, n_repeats, jobs):
    """Median seconds of GridSearchCV and of packed searches by number of processes."""
    n_rows, n_columns, options = TASKS[name]
    X = correlated_rows(n_rows, n_columns)
    timed_search(GridSearchCV, X[:200], {"max_iter": 1}, 2, 2)
    seconds = {"GridSearchCV": [], **{n: [] for n in jobs}}
    for _ in range(n_repeats):
        elapsed, plain = timed_search(GridSearchCV, X, options, n_candidates, 2)
        seconds["GridSearchCV"].append(elapsed)
        for n in jobs:
            elapsed, packed = timed_search(PackedGridSearchCV, X, options, n_candidates, n)
            seconds[n].append(elapsed)
    gap = np.abs(packed.cv_results_["mean_test_score"] - plain.cv_results_["mean_test_score"]).max()
    loss = plain.best_score_ - plain.cv_results_["mean_test_score"][packed.best_index_]
    result = {method: median(values) for method, values in seconds.items()}
    print(name, n_candidates, "candidates:", result, end="; ")
    print(f"scores differ by {gap:.1e}, the best candidate of the packed search is {loss:.1e} behind", flush=True)
    return result


def table_row(name, seconds):
    names = {1: "one process", 2: "two processes"}
    row = {"task": name, "GridSearchCV, seconds": round(seconds["GridSearchCV"], 1)}
    for n, title in names.items():
        elapsed = seconds.get(n)
        row[f"packed, {title}, seconds"] = elapsed and round(elapsed, 1)
        row[f"{title}, times as fast"] = elapsed and round(seconds["GridSearchCV"] / elapsed, 2)
    return row


def growth_row(n_candidates, seconds, n_jobs):
    row = {"fits": N_FOLDS * n_candidates, "GridSearchCV, seconds": round(seconds["GridSearchCV"], 2)}
    row["packed, seconds"] = round(seconds[n_jobs], 2)
    return row | {"times as fast": round(seconds["GridSearchCV"] / seconds[n_jobs], 2)}


def save_picture(name, rows):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(layout="constrained")
    axis.plot([row["fits"] for row in rows], [row["times as fast"] for row in rows], marker="o", label=name)
    axis.set(xscale="log", xlabel="fits", ylabel="times as fast as GridSearchCV with two processes")
    axis.axhline(1, color="gray", linewidth=1)
    axis.legend()
    figure.savefig(HERE / "search.png", dpi=110)


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--n-jobs", type=int, nargs="+", default=[1, 2], help="of the packed search")
    parser.add_argument("--growth", action="store_true", help="the small task by number of fits, instead of a table")
    parser.add_argument("--candidates", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32, 64], help="of the growth")
    arguments = parse_arguments(parser, selectors=("growth",))
    warnings.simplefilter("ignore")
    if not arguments.growth:
        rows = [table_row(name, compare(name, 16, arguments.repeats, arguments.n_jobs)) for name in arguments.tasks]
        write_results("search", rows, arguments)
        return
    n_jobs = arguments.n_jobs[-1]
    rows = [growth_row(n, compare("small", n, arguments.repeats, [n_jobs]), n_jobs) for n in arguments.candidates]
    write_results("search_growth", rows, arguments)
    save_picture("small", rows)


if __name__ == "__main__":
    main()
