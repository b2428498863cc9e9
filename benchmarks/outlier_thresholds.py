"""False alarms: how many fresh normal rows are taken for outliers, where one in twenty should be?

All rows of a public table count as normal: training rows and up to 2,000 fresh ones are drawn from it at random. The
tables are the forty that no default was chosen on, but for those of more than 100 columns. Peers have the threshold
that training rows set, ``contamination=0.05``, as the detector has without ``conformal=True``. "spread" is the standard
deviation over tables and draws, "spread of exact p-values" the one of a beta distribution, for so many training rows.

    python benchmarks/outlier_thresholds.py              a quarter of an hour on one core
"""

import math
import os
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from _data import load_table, table_names, tuned_on
from _results import argument_parser, parse_arguments, write_results
from joblib import Parallel, delayed
from scipy.stats import beta
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import LocalOutlierFactor
from sklearn.pipeline import make_pipeline

from skaae import AAEOutlierDetector, TableEncoder

MAX_COLUMNS, MIN_FRESH, MAX_FRESH = 100, 100, 2000
RATE = 0.05


def false_alarms(name, n_rows, seed):
    """Shares of fresh rows that are taken for outliers, by method; None for a table of too few rows."""
    warnings.simplefilter("ignore")
    X, _ = load_table(name)
    if len(X) < n_rows + MIN_FRESH or X.shape[1] > MAX_COLUMNS:
        return None
    order = np.random.RandomState(seed).permutation(len(X))
    train, fresh = X.iloc[order[:n_rows]], X.iloc[order[n_rows : n_rows + MAX_FRESH]]
    try:
        model = AAEOutlierDetector(conformal=True, random_state=seed).fit(train)
    except ValueError:  # of a column with hardly a repeated category
        return None
    p_values = model.p_values(fresh)
    shares = {"p-values": (p_values <= RATE).mean(), "p-values, 0.2": (p_values <= 0.2).mean()}
    peers = {
        "IsolationForest": IsolationForest(contamination=RATE, random_state=seed),
        "LocalOutlierFactor": LocalOutlierFactor(novelty=True, contamination=RATE),
    }
    shares["threshold of training rows"] = (model.predict(fresh) == -1).mean()
    for method, peer in peers.items():
        fitted = make_pipeline(TableEncoder(), peer).fit(train)
        shares[method] = (fitted.predict(fresh) == -1).mean()
    return {"table": name, "training rows": n_rows, "draw": seed, **shares}


def summary(lines, n_rows):
    """The row of the table for so many training rows: means, and the spread of the p-values' rate."""
    of_size = lines[lines["training rows"] == n_rows].drop(columns=["table", "draw", "training rows"])
    k = math.floor(RATE * (n_rows + 1))
    shares = {method: round(float(100 * of_size[method].mean()), 1) for method in of_size}
    return {
        "training rows": n_rows,
        "tables and draws": len(of_size),
        **shares,
        "spread": round(float(100 * of_size["p-values"].std()), 1),
        "spread of exact p-values": round(100 * float(beta(k, n_rows + 1 - k).std()), 1),
    }


if __name__ == "__main__":
    parser = argument_parser(__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[50, 200])
    parser.add_argument("--draws", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parse_arguments(parser)
    names = [name for name in table_names() if name not in tuned_on()]
    tasks = [(name, n, seed) for seed in range(arguments.draws) for n in arguments.rows for name in names]
    results = Parallel(arguments.jobs)(delayed(false_alarms)(*task) for task in tasks)
    lines = pd.DataFrame([shares for shares in results if shares is not None])
    rows = [summary(lines, n) for n in arguments.rows]
    print(pd.DataFrame(rows).to_string(index=False))
    write_results("outlier_thresholds", rows, arguments, lines=lines)
