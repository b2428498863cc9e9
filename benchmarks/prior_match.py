"""Do codes look like draws from the prior, and what does that cost? On tables that no default was chosen on.

The sliced Wasserstein distance between standardised codes and draws from the prior, in units of the distance between
two fresh samples of the prior of the same size: 1 is what chance alone gives.
Run ``python benchmarks/prior_match.py`` (about five minutes on two cores).
"""

import numpy as np
import pandas as pd
from _data import split_table, table_names, tuned_on
from _results import argument_parser, parse_arguments, write_results
from joblib import Parallel, delayed

from skaae import AAETransformer
from skaae.metrics import sliced_wasserstein

N_TABLES, MIN_ROWS, MAX_ROWS = 25, 200, 3000
DISTANCES = {"training rows": "within 3", "test rows": "test rows within 3"}
DISTANCES["codes as they are"] = "codes as they are within 3"
WEIGHTS = {
    "plain autoencoder": 0,
    "AAETransformer": AAETransformer().adversarial_weight,
    "AAETransformer(adversarial_weight=1)": 1,
}


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
    for label, weight in WEIGHTS.items():
        model = AAETransformer(width, random_state=seed, adversarial_weight=weight).fit(X_train)
        code = model.transform(X_train)
        line[label, "training rows"] = times_noise(code)
        line[label, "test rows"] = times_noise(model.transform(X_test))
        line[label, "codes as they are"] = times_noise(code, standardised=False)
        line[label, "error"] = -model.score(X_test)
    return line


def row(label, table):
    """Medians of a model, and on how many tables distances are within three times the noise."""
    result = {"model": label}
    for distance, within in DISTANCES.items():
        result[distance] = round(table[label, distance].median(), 2)
        result[within] = (table[label, distance] <= 3).sum()
    return result | {"error": round(table[label, "error"].median(), 3)}


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--tables", type=int, default=N_TABLES)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parse_arguments(parser)
    names = [name for name in table_names() if name not in tuned_on()]
    large = [name for name in names if len(split_table(name, max_rows=MAX_ROWS)[0]) >= MIN_ROWS][: arguments.tables]
    table = pd.DataFrame(Parallel(n_jobs=2)(delayed(measure)(name, arguments.seed) for name in large))
    print(table.round(3).to_string(index=False))
    write_results("prior_match", [row(label, table) for label in WEIGHTS], arguments, lines=table)


if __name__ == "__main__":
    main()
