"""Balanced accuracy on public tables with few labels, for the network alone, beside others, and together with them.

Run ``python benchmarks/prior_fitting/evaluate.py WEIGHTS`` (an npz file or a checkpoint). Every second table by name
may be used for decisions; ``--held-out`` takes the others. Labelled rows and others that are not classified are the
context.
"""

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fit import load_checkpoint
from sklearn.compose import make_column_transformer
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skaae.estimators._labelled_context import MAX_CLASSES, MIN_CONTEXT_ROWS, LabelledContext
from skaae.prior_fitted._inference import answer, read
from skaae.prior_fitted._weights import load_weights

sys.path.append(str(Path(__file__).parents[1]))
from _data import load_table, table_names, tuned_on

MIN_ROWS = 300
MAX_CLASSIFIED = 400
N_ORDERS = 4
NETWORK, MEAN = "network", "mean of three"


def sample_problem(name, n_labels, seed):
    """Columns, classes from 0, and how many rows come first that are labelled, and how many others.

    There are `n_labels` of each class, other rows of the context, and rows to classify.
    """
    X, y = load_table(name)
    y = y.to_numpy()
    counts = pd.Series(y).value_counts()
    y = pd.Categorical(y, categories=sorted(counts.index[counts >= 4], key=str)).codes
    order = np.random.RandomState(seed).permutation(len(y))
    order = order[y[order] >= 0]
    of_class = [order[y[order] == c] for c in range(y.max() + 1)]
    labelled = np.concatenate([rows[: min(n_labels, int(0.7 * len(rows)))] for rows in of_class])
    others = order[~np.isin(order, labelled)]
    n_unlabelled = min(max(0, MIN_CONTEXT_ROWS - len(labelled)), len(others) // 2)
    rows = np.concatenate([labelled, others[: n_unlabelled + MAX_CLASSIFIED]])
    return X.iloc[rows].reset_index(drop=True), y[rows].astype(int), len(labelled), n_unlabelled


def as_codes(X):
    """Numbers, codes of categories, NaN where missing; and which columns are categories."""
    categorical = np.array([dtype == "category" for dtype in X.dtypes])
    columns = [X[c].cat.codes.where(X[c].notna()) if dtype == "category" else X[c] for c, dtype in X.dtypes.items()]
    return np.column_stack(columns).astype(float), categorical


def as_numbers(X):
    """Imputed, one-hot and standardised."""
    categorical = list(X.select_dtypes("category").columns)
    numeric = [c for c in X.columns if c not in categorical]
    one_hot = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(sparse_output=False))
    encoder = make_column_transformer((one_hot, categorical), (SimpleImputer(), numeric))
    return StandardScaler().fit_transform(encoder.fit_transform(X))


def peer_probabilities(X, y, labelled, classified, seed):
    """Class probabilities of rows by three classifiers."""
    peers = {
        "logistic": LogisticRegression(max_iter=500),
        "forest": RandomForestClassifier(random_state=seed),
        "extra trees": ExtraTreesClassifier(random_state=seed),
    }
    X = as_numbers(X)
    return {name: model.fit(X[labelled], y[labelled]).predict_proba(X[classified]) for name, model in peers.items()}


def network_probabilities(network, X, y, n_labelled, n_context, seed):
    """Class probabilities of the rows that are not of the context."""
    cells, categorical = as_codes(X)
    labels = np.where(np.arange(n_context) < n_labelled, y[:n_context], -1)
    context = LabelledContext(cells[:n_context], categorical, labels, N_ORDERS, seed)
    return answer(network, read(network, context), cells[n_context:])


def all_probabilities(network, name, n_labels, seed):
    """Class probabilities by everyone, and the true classes; None where there are too many classes."""
    X, y, n_labelled, n_unlabelled = sample_problem(name, n_labels, seed)
    if y.max() >= MAX_CLASSES:
        return None
    n_context = n_labelled + n_unlabelled
    p = peer_probabilities(X, y, slice(n_labelled), slice(n_context, None), seed)
    ours, mean = network_probabilities(network, X, y, n_labelled, n_context, seed), sum(p.values()) / 3
    return {NETWORK: ours, **p, MEAN: mean, f"{MEAN} and twice {NETWORK}": 3 * mean + 2 * ours}, y[n_context:]


def evaluate(network, names, n_labels, n_draws):
    """Balanced accuracy in percent: a line for each table, the mean of the draws."""
    lines = []
    for name in names:
        for seed in range(n_draws):
            found = all_probabilities(network, name, n_labels, seed)
            if found is None:
                continue
            probabilities, y = found
            scores = {method: 100 * balanced_accuracy_score(y, p.argmax(1)) for method, p in probabilities.items()}
            ours = probabilities[NETWORK][np.arange(len(y)), y]
            lines.append({"table": name, **scores, "network's log loss": -np.log(ours.clip(1e-6)).mean()})
    return pd.DataFrame(lines).groupby("table").mean()


def load_network(path):
    """The network of an npz file or a checkpoint."""
    return load_weights(path) if path.suffix == ".npz" else load_checkpoint(path)[0].eval()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("weights", type=Path)
    parser.add_argument("--labels", type=int, nargs="+", default=[5, 10, 25])
    parser.add_argument("--draws", type=int, default=1)
    parser.add_argument("--tables", type=int, default=None, help="how many, all by default")
    parser.add_argument("--held-out", action="store_true", help="the tables that no decision may be based on")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    network = load_network(arguments.weights)
    names = [name for name in table_names() if (name in tuned_on()) != arguments.held_out]
    names = [name for name in names if len(load_table(name)[1]) >= MIN_ROWS][: arguments.tables]
    for n_labels in arguments.labels:
        scores = evaluate(network, names, n_labels, arguments.draws)
        print(f"\n{n_labels} labels a class, {len(scores)} tables\n{scores.round(1).to_string()}")
        print(scores.mean().round(2).to_string(), flush=True)


if __name__ == "__main__":
    main()
