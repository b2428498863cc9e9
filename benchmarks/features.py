"""Are codes good features? A logistic regression on codes, on principal components as many, and on raw columns.

Run ``python benchmarks/features.py`` (about half an hour on two cores); ``--tables 5`` for a quick look.
"""

import argparse
import time
import warnings

import pandas as pd
from _data import FOLDER, split_images, split_table, table_names, tuned_on
from joblib import Parallel, delayed
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaae import AAETransformer

WIDTH = 16
MAX_ROWS = 3000


def probe(X_train, X_test, y_train, y_test):
    """Test accuracy of a logistic regression on standardised features."""
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return classifier.fit(X_train, y_train).score(X_test, y_test)


def encoders(width, seed):
    """Who competes: everyone sees the same columns, and makes as many features of them."""
    return {
        "PCA": make_pipeline(StandardScaler(), PCA(width, random_state=seed)),
        "autoencoder": AAETransformer(width, adversarial_weight=0, random_state=seed),
        "AAETransformer": AAETransformer(width, random_state=seed),
    }


def compare(name, seed):
    """One line of the table."""
    if name in ("mnist", "usps"):
        X_train, X_test, y_train, y_test = split_images(name, n_train=10_000)
    else:
        X_train, X_test, y_train, y_test = split_table(name, max_rows=MAX_ROWS, seed=seed)
    n, d = X_train.shape
    line = {"name": name, "rows": n, "columns": d, "raw": probe(X_train, X_test, y_train, y_test)}
    for method, encoder in encoders(min(WIDTH, d - 1), seed).items():
        start = time.perf_counter()
        encoder.fit(X_train)
        line[f"{method} seconds"] = time.perf_counter() - start
        line[method] = probe(encoder.transform(X_train), encoder.transform(X_test), y_train, y_test)
    return line


def show(title, lines):
    """Means, and wins against the principal components."""
    table = pd.DataFrame(lines).set_index("name")
    methods = ["raw", "PCA", "autoencoder", "AAETransformer"]
    means = "  ".join(f"{method} {100 * table[method].mean():.2f}" for method in methods)
    gain = table["AAETransformer"] - table["PCA"]
    print(f"\n{title} ({len(table)}): {means}")
    won, lost = (gain > 0.005).sum(), (gain < -0.005).sum()
    print(f"  AAETransformer over PCA: {won} won, {lost} lost, the rest within half a point")
    print(f"  seconds to fit, median: {table['AAETransformer seconds'].median():.1f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tables", type=int, default=None, help="how many tables, all by default")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    names = table_names()[: arguments.tables]
    images = ["usps", "mnist"] if arguments.tables is None and (FOLDER / "mnist.npz").exists() else []
    lines = Parallel(n_jobs=2)(delayed(compare)(name, arguments.seed) for name in [*images[::-1], *names])
    table = pd.DataFrame(lines).round(3)
    with pd.option_context("display.width", 200, "display.max_rows", None, "display.max_columns", None):
        print(table.to_string(index=False))
    show("All", lines)
    untouched = set(names) - tuned_on()
    show("Tables that no default was chosen on", [line for line in lines if line["name"] in untouched])
    show("Tables", [line for line in lines if line["name"] in names])
    wide = [line for line in lines if line["columns"] > WIDTH + 1]
    if wide:
        show(f"More than {WIDTH + 1} columns", wide)


if __name__ == "__main__":
    main()
