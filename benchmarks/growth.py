"""What grows with what? Seconds and memory by rows, columns and members, and a million rows through fitted models.

Run ``python benchmarks/growth.py`` (five minutes on two cores). Each fit has a process of its own; memory is the most
that this has allocated beyond what it held with its rows, torch and a first small fit, also in units of the rows' own
size (64-bit floats). Slopes are those of the logarithm of seconds between the two largest sizes: 1 is linear. An epoch
is one pass over the rows, so epochs are fixed where rows grow.
"""

import argparse
import math
import multiprocessing
import time

import numpy as np
from streaming import Watch

ROWS, COLUMNS, MEMBERS = (1_000, 10_000, 100_000, 1_000_000), (10, 30, 100, 300, 1_000), (1, 4, 16, 64)


def table(n_rows, n_columns):
    """Columns that a third as many numbers make."""
    rng = np.random.default_rng(0)
    n_hidden = max(1, n_columns // 3)
    return np.tanh(rng.standard_normal((n_rows, n_hidden)) @ rng.standard_normal((n_hidden, n_columns)))


def fit_by_rows(X, n):
    from skaae import AAETransformer

    AAETransformer(8, max_iter=2, batch_size=256, random_state=0).fit(X)


def fit_by_members(X, n):
    from skaae import AAEClusterer

    AAEClusterer(3, n_members=n, teachers=None, max_iter=20, batch_size=256, random_state=0).fit(X)


def through_transformer(X, n):
    from skaae import AAETransformer

    model = AAETransformer(8, max_iter=5, random_state=0).fit(X[:5_000])
    return lambda: model.transform(X)


def through_detector(X, n):
    from skaae import AAEOutlierDetector

    model = AAEOutlierDetector(max_iter=5, random_state=0).fit(X[:5_000])
    return lambda: model.score_samples(X)


def through_classifier(X, n):
    from skaae import SemiSupervisedAAEClassifier

    y = np.where(np.arange(5_000) < 100, X[:5_000, 0] > 0, -1)
    model = SemiSupervisedAAEClassifier(max_iter=5, random_state=0).fit(X[:5_000], y)
    return lambda: model.predict_proba(X)


def measure(work, shape, n, answer):
    """Puts seconds, and megabytes beyond those before, into a queue."""
    fit_by_rows(table(200, shape[1]), 1)
    X = table(*shape)
    prepared = work(X, n) if work.__name__.startswith("through") else lambda: work(X, n)
    start = time.perf_counter()
    with Watch() as watch:
        prepared()
    answer.put((time.perf_counter() - start, watch.most, X.nbytes / 2**20))


def measured(work, shape, n=1):
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    process = context.Process(target=measure, args=(work, shape, n, answer))
    process.start()
    result = answer.get()
    process.join()
    return result


def report(title, sizes, results):
    print(title)
    for size, (seconds, extra, own) in zip(sizes, results, strict=True):
        print(f"  {size:>9,}: {seconds:8.2f} s, {extra:7.0f} MiB more ({extra / own:.1f} times the rows)", flush=True)
    if len(sizes) > 1:
        slope = math.log(results[-1][0] / results[-2][0]) / math.log(sizes[-1] / sizes[-2])
        print(f"  slope {slope:.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--parts", nargs="+", default=["rows", "columns", "members", "through"])
    parts = parser.parse_args().parts
    if "rows" in parts:
        report("fit by rows, 20 columns, 2 epochs", ROWS, [measured(fit_by_rows, (n, 20)) for n in ROWS])
    if "columns" in parts:
        report("fit by columns, 10,000 rows, 2 epochs", COLUMNS, [measured(fit_by_rows, (10_000, n)) for n in COLUMNS])
    if "members" in parts:
        results = [measured(fit_by_members, (2_000, 20), n) for n in MEMBERS]
        report("fit by members, 2,000 x 20, 20 epochs of a clusterer", MEMBERS, results)
    if "through" in parts:
        for work in (through_transformer, through_classifier, through_detector):
            report(f"a million rows {work.__name__}", [1_000_000], [measured(work, (1_000_000, 20))])


if __name__ == "__main__":
    main()
