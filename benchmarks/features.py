"""Are codes good features? A logistic regression on codes, on principal components as many, and on raw columns.

Run ``python benchmarks/features.py`` (about half an hour on two cores); ``--tables 5`` for a quick look.
"""

import time
import warnings

import pandas as pd
from _data import FOLDER, split_images, split_table, table_names, tuned_on
from _results import argument_parser, parse_arguments, write_results
from joblib import Parallel, delayed
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaae import AAETransformer

WIDTH = 16
MAX_ROWS = 3000
METHODS = ("raw columns", "PCA", "plain autoencoder", "AAETransformer")


def probe(X_train, X_test, y_train, y_test):
    """Test accuracy of a logistic regression on standardised features."""
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return classifier.fit(X_train, y_train).score(X_test, y_test)


def encoders(width, seed):
    """Methods that make so many features of the same columns."""
    return {
        "PCA": make_pipeline(StandardScaler(), PCA(width, random_state=seed)),
        "plain autoencoder": AAETransformer(width, adversarial_weight=0, random_state=seed),
        "AAETransformer": AAETransformer(width, random_state=seed),
    }


def compare(name, seed):
    """One line of the table."""
    if name in ("mnist", "usps"):
        X_train, X_test, y_train, y_test = split_images(name, n_train=10_000)
    else:
        X_train, X_test, y_train, y_test = split_table(name, max_rows=MAX_ROWS, seed=seed)
    n, d = X_train.shape
    line = {"name": name, "rows": n, "columns": d, "raw columns": probe(X_train, X_test, y_train, y_test)}
    for method, encoder in encoders(min(WIDTH, d - 1), seed).items():
        start = time.perf_counter()
        encoder.fit(X_train)
        line[f"{method} seconds"] = time.perf_counter() - start
        line[method] = probe(encoder.transform(X_train), encoder.transform(X_test), y_train, y_test)
    return line


def summary(title, lines):
    """Mean accuracies in percent, and how often codes win against as many principal components."""
    table = pd.DataFrame(lines)
    gain = table["AAETransformer"] - table["PCA"]
    won, lost = int((gain > 0.005).sum()), int((gain < -0.005).sum())
    row = {"sets": title} | {method: round(100 * table[method].mean(), 2) for method in METHODS}
    if len(lines) == 1:
        return row
    return row | {"won": won, "lost": lost, "within half a point": len(lines) - won - lost}


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--tables", type=int, default=None, help="how many tables, all by default")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parse_arguments(parser)
    names = table_names()[: arguments.tables]
    images = ["mnist", "usps"] if arguments.tables is None and (FOLDER / "mnist.npz").exists() else []
    lines = Parallel(n_jobs=2)(delayed(compare)(name, arguments.seed) for name in [*images, *names])
    table = pd.DataFrame(lines)
    print(table.round(3).to_string(index=False))
    print(f"seconds to fit, median: {table['AAETransformer seconds'].median():.1f}")
    of_tables = [line for line in lines if line["name"] in names]
    untouched = [line for line in of_tables if line["name"] not in tuned_on()]
    wide = [line for line in lines if line["columns"] > WIDTH + 1]
    parts = {
        f"all {len(lines)}": lines,
        f"{len(untouched)} tables that no default was chosen on": untouched,
        f"{len(of_tables)} tables": of_tables,
        f"{len(wide)} with more than {WIDTH + 1} columns": wide,
        **{line["name"].upper(): [line] for line in lines if line["name"] in images},
    }
    rows = [summary(title, part) for title, part in parts.items() if part]
    write_results("features", rows, arguments, lines=table)


if __name__ == "__main__":
    main()
