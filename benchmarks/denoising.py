"""How clean do rows become, and how well are missing cells filled?

Run ``python benchmarks/denoising.py`` (about an hour on one core; ``--groups tables cells`` for a part, ``--tuned`` for
tables that defaults were chosen on). Mean squared errors against clean rows: of images with Gaussian noise of three
levels, of tables with such noise, and of cells that are missing from tables completely at random. Every method is
fitted to clean training rows and told the level. PCA takes the number of components that is best for noisy training
rows. "without adversary" is the same model with ``adversarial_weight=0``, and "one member" moreover with
``n_members=1``: a plain denoising autoencoder.
"""

import argparse
import time
import warnings

import numpy as np
import pandas as pd
import sklearn
from _data import load_table, split_images, table_names, tuned_on
from sklearn.decomposition import PCA
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from skaae import AAEDenoiser

OURS = "AAEDenoiser"
SEEN = {"breast_w", "cardiotocography"}  # at odd places, but looked at while defaults were chosen
N_TABLES, LEAST_COLUMNS, LEAST_ROWS, MAX_ROWS = 10, 5, 300, 2000
N_IMAGES, N_TEST_IMAGES = 10_000, 2_000
LEVELS = {"images": (0.2, 0.4, 0.8), "tables": (0.25, 0.5, 1.0), "cells": (0.1, 0.3, 0.5)}


class BestPCA:
    """Reconstruction from as many principal components as are best for noisy training rows."""

    def __init__(self, noise):
        self.noise = noise

    def fit(self, X):
        """Tries numbers of components on a thousand rows."""
        most = min(X.shape)
        numbers = np.unique(np.geomspace(1, most, 20).astype(int))
        rows = X[:1000]
        noisy = rows + self.noise * np.random.default_rng(1).standard_normal(rows.shape)
        whole = PCA(most).fit(X)
        centred = (noisy - whole.mean_) @ whole.components_.T

        def error(n):
            return np.square(centred[:, :n] @ whole.components_[:n] + whole.mean_ - rows).mean()

        self.pca = PCA(min(numbers, key=error)).fit(X)
        return self

    def transform(self, X):
        """Projects rows onto the components."""
        return self.pca.inverse_transform(self.pca.transform(X))


def contestants(group, level):
    """All of them by name."""
    parameters = {"noise": level, "random_state": 0}
    if group == "cells":
        parameters = {"corruption": "masked", "random_state": 0}
    if group != "cells":
        parameters["scaling"] = None  # the level is known in units of the columns
    yield OURS, AAEDenoiser(**parameters)
    yield "without adversary", AAEDenoiser(**parameters, adversarial_weight=0)
    yield "one member", AAEDenoiser(**parameters, adversarial_weight=0, n_members=1)
    if group != "cells":
        yield "PCA", BestPCA(level)
        return
    yield "KNNImputer", KNNImputer()
    yield "IterativeImputer", IterativeImputer(random_state=0)
    yield "mean", SimpleImputer()


def data_sets(group, tuned):
    """Names, training rows and test rows, clean."""
    if group == "images":
        for name in ("mnist", "usps"):
            X, X_test, *_ = split_images(name, n_train=N_IMAGES)
            yield name, X, X_test[:N_TEST_IMAGES]
        return
    found = 0
    for name in table_names():
        if (name in tuned_on()) != tuned or name in SEEN:
            continue
        X = load_table(name)[0].select_dtypes("number").dropna().to_numpy(float)
        X = X[:, X.std(axis=0) > 0] if len(X) else X
        if len(X) < LEAST_ROWS or X.shape[1] < LEAST_COLUMNS or X.shape[1] > 100:
            continue
        X = X[np.random.RandomState(0).permutation(len(X))[:MAX_ROWS]]
        n = int(0.7 * len(X))
        scaler = StandardScaler().fit(X[:n])
        yield name, scaler.transform(X[:n]), scaler.transform(X[n:])
        found += 1
        if found == N_TABLES:
            return


def compete(group, level, X, X_test):
    """Mean squared error and seconds of each contestant."""
    rng = np.random.default_rng(0)
    if group == "cells":
        spoilt = rng.random(X_test.shape) < level
        shown = np.where(spoilt, np.nan, X_test)
    else:
        spoilt = np.ones(X_test.shape, bool)
        shown = X_test + level * rng.standard_normal(X_test.shape)
    for method, model in contestants(group, level):
        start = time.perf_counter()
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore")
            clean = model.fit(X.astype(float)).transform(shown)
        yield method, np.square(clean - X_test)[spoilt].mean(), time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--groups", nargs="+", choices=list(LEVELS), default=list(LEVELS))
    parser.add_argument("--tuned", action="store_true", help="tables that defaults were chosen on")
    parser.add_argument("--save", default=None, help="a csv file for every line")
    arguments = parser.parse_args()
    print(f"scikit-learn {sklearn.__version__}")
    lines = []
    for group in arguments.groups:
        for name, X, X_test in data_sets(group, arguments.tuned):
            for level in LEVELS[group]:
                found = {m: (error, seconds) for m, error, seconds in compete(group, level, X, X_test)}
                print(f"{name} {level}:", {m: round(error, 4) for m, (error, _) in found.items()}, flush=True)
                lines += [(group, name, level, m, *each) for m, each in found.items()]
    lines = pd.DataFrame(lines, columns=["group", "set", "level", "method", "error", "seconds"])
    if arguments.save:
        lines.to_csv(arguments.save, index=False)
    for group, own in lines.groupby("group"):
        errors = own.pivot_table(index=["set", "level"], columns="method", values="error")
        above = np.exp(np.log(errors.div(errors.min(axis=1), axis=0)).mean()) - 1
        table = pd.DataFrame(
            {
                "error": errors.mean(),
                "% above the best": 100 * above,
                "first": errors.eq(errors.min(axis=1), axis=0).sum(),
                "seconds": own.groupby("method")["seconds"].mean(),
            }
        )
        print(f"\n{group}: {errors.index.get_level_values('set').nunique()} sets, levels {LEVELS[group]}")
        print(table.sort_values("% above the best").round(4).to_string())


if __name__ == "__main__":
    main()
