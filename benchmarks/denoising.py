"""How clean do rows become, and how well are missing cells filled?

Run ``python benchmarks/denoising.py`` (about an hour on one core; ``--groups tables cells`` for a part, ``--tuned`` for
tables that defaults were chosen on). Mean squared errors against clean rows: of images with Gaussian noise of three
levels, of tables with such noise, and of cells that are missing from tables completely at random. Every method is
fitted to clean training rows and gets the level. PCA takes the number of components that is best for noisy training
rows. "without discriminator" is the same model with ``adversarial_weight=0``, and "one member" has ``n_members=1`` too:
a plain denoising autoencoder.
"""

import time
import warnings

import numpy as np
import pandas as pd
from _data import load_table, split_images, table_names, tuned_on
from _results import argument_parser, parse_arguments, write_results
from sklearn.decomposition import PCA
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from skaae import AAEDenoiser

OURS = "AAEDenoiser"
SKIPPED = {"breast_w", "cardiotocography"}  # at odd places, but looked at while defaults were chosen
N_TABLES, MIN_COLUMNS, MAX_COLUMNS, MIN_ROWS, MAX_ROWS = 10, 5, 100, 300, 2000
N_IMAGES, N_TEST_IMAGES = 10_000, 2_000
LEVELS = {"cells": (0.1, 0.3, 0.5), "tables": (0.25, 0.5, 1.0), "images": (0.2, 0.4, 0.8)}
TITLES = {"cells": "missing cells", "tables": "tables with noise", "images": "images with noise"}


class BestPCA:
    """Reconstruction from as many principal components as are best for noisy training rows."""

    def __init__(self, noise):
        self.noise = noise

    def fit(self, X):
        """Chooses the number of components on a thousand rows."""
        max_components = min(X.shape)
        candidates = np.unique(np.geomspace(1, max_components, 20).astype(int))
        rows = X[:1000]
        noisy = rows + self.noise * np.random.default_rng(1).standard_normal(rows.shape)
        pca = PCA(max_components).fit(X)
        codes = (noisy - pca.mean_) @ pca.components_.T

        def error(n):
            return np.square(codes[:, :n] @ pca.components_[:n] + pca.mean_ - rows).mean()

        self.pca = PCA(min(candidates, key=error)).fit(X)
        return self

    def transform(self, X):
        """Projects rows onto the components."""
        return self.pca.inverse_transform(self.pca.transform(X))


def contestants(group, level):
    """Methods by name; levels of noise are in units of the columns."""
    masked = {"corruption": "masked", "random_state": 0}
    noisy = {"noise": level, "scaling": None, "random_state": 0}
    parameters = masked if group == "cells" else noisy
    yield OURS, AAEDenoiser(**parameters)
    yield "without discriminator", AAEDenoiser(**parameters, adversarial_weight=0)
    yield "one member, without discriminator", AAEDenoiser(**parameters, adversarial_weight=0, n_members=1)
    if group != "cells":
        yield "PCA", BestPCA(level)
        return
    yield "KNNImputer", KNNImputer()
    yield "IterativeImputer", IterativeImputer(random_state=0)
    yield "means", SimpleImputer()


def data_sets(group, tuned):
    """Names, training rows and test rows, clean."""
    if group == "images":
        for name in ("mnist", "usps"):
            X, X_test, *_ = split_images(name, n_train=N_IMAGES)
            yield name, X, X_test[:N_TEST_IMAGES]
        return
    n_found = 0
    for name in table_names():
        if (name in tuned_on()) != tuned or name in SKIPPED:
            continue
        X = load_table(name)[0].select_dtypes("number").dropna().to_numpy(float)
        X = X[:, X.std(axis=0) > 0] if len(X) else X
        if len(X) < MIN_ROWS or not MIN_COLUMNS <= X.shape[1] <= MAX_COLUMNS:
            continue
        X = X[np.random.RandomState(0).permutation(len(X))[:MAX_ROWS]]
        n = int(0.7 * len(X))
        scaler = StandardScaler().fit(X[:n])
        yield name, scaler.transform(X[:n]), scaler.transform(X[n:])
        n_found += 1
        if n_found == N_TABLES:
            return


def compete(group, level, X, X_test):
    """Mean squared error and seconds of each contestant."""
    rng = np.random.default_rng(0)
    if group == "cells":
        corrupted = rng.random(X_test.shape) < level
        X_corrupted = np.where(corrupted, np.nan, X_test)
    else:
        corrupted = np.ones(X_test.shape, bool)
        X_corrupted = X_test + level * rng.standard_normal(X_test.shape)
    for method, model in contestants(group, level):
        start = time.perf_counter()
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore")
            clean = model.fit(X.astype(float)).transform(X_corrupted)
        yield method, np.square(clean - X_test)[corrupted].mean(), time.perf_counter() - start


def summary(lines):
    """Means over sets and levels, by method."""
    errors = lines.pivot_table(index=["set", "level"], columns="method", values="error")
    excess = np.exp(np.log(errors.div(errors.min(axis=1), axis=0)).mean()) - 1
    return pd.DataFrame(
        {
            "error": errors.mean(),
            "% above the best": 100 * excess,
            "first": errors.eq(errors.min(axis=1), axis=0).sum(),
            "seconds": lines.groupby("method")["seconds"].mean(),
        }
    )


def result_rows(lines):
    """A row for each method, with columns for each group."""
    rows, best = {}, {}
    for group, title in TITLES.items():
        if not (lines.group == group).any():
            continue
        table = summary(lines[lines.group == group])
        print(f"\n{title}\n{table.sort_values('% above the best').round(4).to_string()}")
        scale, unit = (100, " in hundredths") if group == "images" else (1, "")
        for method, (error, excess, first, seconds) in table.iterrows():
            rows.setdefault(method, {"method": method}).update(
                {
                    f"{title}, error{unit}": round(scale * error, 2 if group == "images" else 3),
                    f"{title}, % above the best": round(excess, 2),
                    f"{title}, first": int(first),
                    f"{title}, seconds": round(seconds, 2),
                }
            )
        best |= {f"{title}, error{unit}": "min", f"{title}, % above the best": "min", f"{title}, first": "max"}
    return list(rows.values()), best


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--groups", nargs="+", choices=list(LEVELS), default=list(LEVELS))
    parser.add_argument("--tuned", action="store_true", help="tables that defaults were chosen on")
    arguments = parse_arguments(parser)
    lines = []
    for group in arguments.groups:
        for name, X, X_test in data_sets(group, arguments.tuned):
            for level in LEVELS[group]:
                for method, error, seconds in compete(group, level, X, X_test):
                    lines.append((group, name, level, method, error, seconds))
                    print(*lines[-1], flush=True)
    lines = pd.DataFrame(lines, columns=["group", "set", "level", "method", "error", "seconds"])
    rows, best = result_rows(lines)
    write_results("denoising", rows, arguments, best=best, lines=lines)


if __name__ == "__main__":
    main()
