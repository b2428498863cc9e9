"""Do labels make codes better features? A logistic regression on codes that know labels, and on others.

Of each table, all training rows have labels, or ten of each class; the logistic regression is fitted to labelled rows.

Run ``python benchmarks/features_labels.py`` (ten minutes of one core); ``--tables 5`` for a quick look, 40 for all.
"""

import time
import warnings

import numpy as np
import pandas as pd
from _data import split_table, table_names, tuned_on
from _results import argument_parser, parse_arguments, write_results
from features import WIDTH
from joblib import Parallel, delayed
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaae import AAETransformer

MAX_ROWS = 1000
N_TABLES = 30  # of the forty that no default was chosen on
WEIGHT = 5.0
LABELS = {"all": None, "10 a class": 10}
METHODS = ("raw columns", "PCA", "AAETransformer", f"AAETransformer(supervised_weight={WEIGHT:g})")
FIGURES = {"accuracy": 2, "log loss": 3, "accuracy of training rows": 2}


def labelled_rows(y, n, seed):
    """Mask of all rows, or of n of each class."""
    rng = np.random.RandomState(seed)
    rows = [rng.permutation(np.flatnonzero(y == label))[:n] for label in np.unique(y)]
    return np.isin(np.arange(len(y)), np.concatenate(rows))


def probe(X_train, X_test, y_train, y_test):
    """Figures of a logistic regression on standardised features."""
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier.fit(X_train, y_train)
    probabilities = classifier.predict_proba(X_test)
    return {
        "accuracy": 100 * classifier.score(X_test, y_test),
        "log loss": log_loss(y_test, probabilities, labels=classifier.classes_),
        "accuracy of training rows": 100 * classifier.score(X_train, y_train),
    }


def compare(name, seed):
    """A line of each method and number of labels."""
    X_train, X_test, y_train, y_test = split_table(name, max_rows=MAX_ROWS, seed=seed)
    width = min(WIDTH, X_train.shape[1] - 1)
    pca = make_pipeline(StandardScaler(), PCA(width, random_state=seed)).fit(X_train)
    codes = AAETransformer(width, random_state=seed).fit(X_train)
    lines = []
    for labels, n in LABELS.items():
        known = labelled_rows(y_train, n, seed)
        start = time.process_time()
        y_known = np.where(known, np.unique(y_train, return_inverse=True)[1], -1)
        labelled_codes = AAETransformer(width, supervised_weight=WEIGHT, random_state=seed).fit(X_train, y_known)
        seconds = time.process_time() - start
        for method, encoder in zip(METHODS, (None, pca, codes, labelled_codes), strict=True):
            features = (X_train, X_test) if encoder is None else map(encoder.transform, (X_train, X_test))
            train, test = features
            figures = probe(train[known], test, y_train[known], y_test)
            seconds_of = seconds if encoder is labelled_codes else np.nan
            lines.append({"name": name, "labels": labels, "features": method, **figures, "seconds": seconds_of})
    return lines


def summary(lines):
    """Means of figures by the number of labels and the features, and tables won by more than a point."""
    rows = []
    for labels in LABELS:
        of_labels = lines[lines["labels"] == labels]
        accuracy = of_labels.pivot_table(index="name", columns="features", values="accuracy")
        for method in METHODS:
            means = of_labels[of_labels["features"] == method][list(FIGURES)].mean()
            gain = accuracy[METHODS[-1]] - accuracy[method]
            is_last = method == METHODS[-1]
            won_lost = {
                "won": None if is_last else int((gain > 1).sum()),
                "lost": None if is_last else int((gain < -1).sum()),
            }
            rows.append(
                {"labels": labels, "features": method} | {f: round(means[f], n) for f, n in FIGURES.items()} | won_lost
            )
    return rows


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--tables", type=int, default=N_TABLES, help="how many, in alphabetical order")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parse_arguments(parser)
    names = [name for name in table_names() if name not in tuned_on()][: arguments.tables]
    of_tables = Parallel(n_jobs=arguments.jobs)(delayed(compare)(name, arguments.seed) for name in names)
    lines = pd.DataFrame([line for of_table in of_tables for line in of_table])
    rows = summary(lines)
    print(pd.DataFrame(rows).to_string(index=False))
    print(f"seconds to fit, median: {lines['seconds'].median():.1f}")
    write_results("features_labels", rows, arguments, lines=lines)


if __name__ == "__main__":
    main()
