"""How long does a detector take? Fits, one row at a time, many rows, and many columns.

Run ``python benchmarks/outlier_speed.py`` (about a minute on two cores).
"""

import numpy as np
from _data import correlated_rows
from _measurement import seconds_of
from _results import argument_parser, parse_arguments, write_results
from sklearn.ensemble import IsolationForest

from skaae import AAEOutlierDetector

SHAPES = ((2_000, 20), (100_000, 20), (2_000, 1_500))


def measure(model, X_new):
    """Seconds of calls, by what is called."""
    seconds = {f"fit {n:,} x {width:,}": seconds_of(model.fit, correlated_rows(n, width)) for n, width in SHAPES}
    model.fit(correlated_rows(10_000, 20))
    model.predict(X_new[:1])
    single = [seconds_of(model.predict, X_new[i : i + 1]) for i in range(50)]
    seconds["predict one row, median of 50"] = np.median(single)
    seconds["predict one row, worst of 50"] = max(single)
    seconds["score 100,000 x 20"] = seconds_of(model.score_samples, X_new)
    return seconds


def main():
    arguments = parse_arguments(argument_parser(__doc__))
    X_new = correlated_rows(100_000, 20, seed=1)
    rows = {}
    for model in (AAEOutlierDetector(random_state=0), IsolationForest(random_state=0)):
        for call, seconds in measure(model, X_new).items():
            column = f"{type(model).__name__}, seconds"
            rows.setdefault(call, {"call": call})[column] = float(f"{seconds:.2g}")
            print(column, call, seconds, flush=True)
    write_results("outlier_speed", list(rows.values()), arguments)


if __name__ == "__main__":
    main()
