"""How long does a detector take? Fits, one row at a time, many rows, and many columns.

Run ``python benchmarks/outlier_speed.py`` (about a minute on two cores).
"""

import time

import numpy as np
from sklearn.ensemble import IsolationForest

from skaae import AAEOutlierDetector


def seconds(function, *arguments):
    """Wall time of a call."""
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def related(n, width, seed=0):
    """Rows of so many columns that a third as many numbers make."""
    rng = np.random.default_rng(seed)
    hidden = rng.standard_normal((n, max(1, width // 3)))
    return hidden @ np.random.default_rng(9).standard_normal((hidden.shape[1], width)) + 0.3 * rng.standard_normal(
        (n, width)
    )


def main():
    fresh = related(100_000, 20, seed=1)
    for model in (AAEOutlierDetector(random_state=0), IsolationForest(random_state=0)):
        print(type(model).__name__)
        for n, width in ((2_000, 20), (100_000, 20), (2_000, 1_500)):
            print(f"  fit {n:,} x {width:,}: {seconds(model.fit, related(n, width)):.1f} s")
        model.fit(related(10_000, 20))
        model.predict(fresh[:1])
        each = [seconds(model.predict, fresh[i : i + 1]) for i in range(50)]
        print(f"  predict one row: {1000 * np.median(each):.1f} ms, at worst {1000 * max(each):.1f}")
        print(f"  score 100,000 x 20: {seconds(model.score_samples, fresh):.1f} s")


if __name__ == "__main__":
    main()
