"""Do codes look like draws from the prior, and what does that cost? On tables that no default was chosen on.

The sliced Wasserstein distance between standardised codes and draws from the prior, in units of the distance between
two fresh samples of the prior of the same size: 1 is what chance alone gives.
Run ``python benchmarks/prior_match.py`` (about five minutes on two cores).
"""

import argparse

import numpy as np
import pandas as pd
from _data import split_table, table_names, tuned_on
from joblib import Parallel, delayed

from skaae import AAETransformer
from skaae.metrics import sliced_wasserstein

N_TABLES, MIN_ROWS, MAX_ROWS = 25, 200, 3000


def times_noise(code, *, standardised=True, n_repeats=5):
    """Distance to the prior over the noise of sampling."""
    rng = np.random.default_rng(0)
    if standardised:
        code = (code - code.mean(0)) / np.maximum(code.std(0), 1e-9)
    draws = [rng.standard_normal(code.shape) for _ in range(2 * n_repeats)]
    to_codes = [sliced_wasserstein(draw, code, random_state=0) for draw in draws]
    between = [sliced_wasserstein(a, b, random_state=0) for a, b in zip(draws[::2], draws[1::2], strict=True)]
    return np.mean(to_codes) / np.mean(between)


def measure(name, seed):
    """One line of the table."""
    X_train, X_test, _, _ = split_table(name, max_rows=MAX_ROWS, seed=seed)
    line = {"name": name, "rows": len(X_train), "columns": X_train.shape[1]}
    width = min(16, X_train.shape[1] - 1)
    for label, weight in {"plain": 0, "AAE": AAETransformer().adversarial_weight, "AAE, weight 1": 1}.items():
        model = AAETransformer(width, random_state=seed, adversarial_weight=weight).fit(X_train)
        code = model.transform(X_train)
        line[f"{label}: distance, training rows"] = times_noise(code)
        line[f"{label}: distance, test rows"] = times_noise(model.transform(X_test))
        line[f"{label}: distance, codes as they are"] = times_noise(code, standardised=False)
        line[f"{label}: error, test rows"] = -model.score(X_test)
    return line


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    names = [name for name in table_names() if name not in tuned_on()]
    large = [name for name in names if len(split_table(name, max_rows=MAX_ROWS)[0]) >= MIN_ROWS][:N_TABLES]
    table = pd.DataFrame(Parallel(n_jobs=2)(delayed(measure)(name, arguments.seed) for name in large))
    with pd.option_context("display.width", 200, "display.max_rows", None, "display.max_columns", None):
        print(table.round(3).to_string(index=False))
    for column in table.columns[3:]:
        within = f", within 3 on {(table[column] <= 3).sum()} of {len(table)}" if "distance" in column else ""
        print(f"{column}: median {table[column].median():.3f}{within}")


if __name__ == "__main__":
    main()
