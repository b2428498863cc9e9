"""Do unlabelled rows count? Balanced accuracy on public tables with 5, 10 and 25 labelled rows of each class.

Run ``python benchmarks/few_labels.py`` (hours on two cores); ``--labels 10 --tables 5`` for a quick look. Everyone has
default parameters and sees the same columns: imputed, one-hot, and standardised.
"""

import argparse
import time
import warnings

import numpy as np
import pandas as pd
from _data import load_table, split_table, table_names, tuned_on
from joblib import Parallel, delayed
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, log_loss
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import LabelSpreading, SelfTrainingClassifier
from sklearn.svm import SVC

MAX_ROWS = 5000
MIN_ROWS = 300
N_DRAWS = 3
OURS, OURS_LABELS_ONLY = "skaae", "skaae, labelled rows only"


def problem(name, n_labels, seed):
    """Training rows, their classes from 0 or -1 where not shown, test rows and their classes."""
    X_train, X_test, y_train, y_test = split_table(name, max_rows=MAX_ROWS, seed=seed)
    classes, truth = np.unique(y_train, return_inverse=True)
    scaler = StandardScaler().fit(X_train)
    order = np.random.RandomState(seed).permutation(len(truth))
    shown = np.concatenate([order[truth[order] == c][:n_labels] for c in range(len(classes))])
    y = np.full(len(truth), -1)
    y[shown] = truth[shown]
    return scaler.transform(X_train), y, scaler.transform(X_test), np.searchsorted(classes, y_test)


def peers(seed):
    """Those that learn from labelled rows, and those that take the others too."""
    supervised = {
        "LogisticRegression": LogisticRegression(max_iter=1000),
        "RandomForest": RandomForestClassifier(random_state=seed),
        "ExtraTrees": ExtraTreesClassifier(random_state=seed),
        "HistGradientBoosting": HistGradientBoostingClassifier(random_state=seed),
        "MLPClassifier": MLPClassifier(max_iter=500, random_state=seed),
        "KNN": KNeighborsClassifier(),
        "SVC": SVC(random_state=seed),
    }
    semi_supervised = {
        "LabelSpreading": LabelSpreading(kernel="knn"),
        "SelfTraining (logistic)": SelfTrainingClassifier(LogisticRegression(max_iter=1000)),
        "SelfTraining (forest)": SelfTrainingClassifier(RandomForestClassifier(random_state=seed)),
    }
    return supervised, semi_supervised


def contestants(seed):
    """All of them, each with whether it is given the unlabelled rows."""
    from skaae import SemiSupervisedAAEClassifier

    supervised, semi_supervised = peers(seed)
    yield OURS, SemiSupervisedAAEClassifier(random_state=seed), True
    yield OURS_LABELS_ONLY, SemiSupervisedAAEClassifier(random_state=seed), False
    yield from ((name, model, False) for name, model in supervised.items())
    yield from ((name, model, True) for name, model in semi_supervised.items())


def compete(name, n_labels, seed, methods=None):
    """A line for each contestant."""
    X, y, X_test, y_test = problem(name, n_labels, seed)
    shown = y >= 0
    lines = []
    for method, model, takes_all in contestants(seed):
        if methods and method not in methods:
            continue
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(X, y) if takes_all else model.fit(X[shown], y[shown])
            seconds = time.perf_counter() - start
            score = balanced_accuracy_score(y_test, model.predict(X_test))
            loss = None
            if hasattr(model, "predict_proba"):
                p = np.nan_to_num(model.predict_proba(X_test)).clip(1e-6)  # label spreading may say nothing of a row
                loss = log_loss(y_test, p / p.sum(1, keepdims=True), labels=np.unique(y[shown]))
        lines.append(
            {
                "table": name,
                "labels": n_labels,
                "seed": seed,
                "method": method,
                "score": 100 * score,
                "log loss": loss,
                "seconds": seconds,
            }
        )
    return lines


def report(title, lines):
    """Means, ranks, and what was won and lost by more than a point."""
    scores = lines.pivot_table(index="table", columns="method", values="score")
    rivals = scores.drop(columns=[OURS, OURS_LABELS_ONLY], errors="ignore")
    table = pd.DataFrame(
        {
            "mean": scores.mean(),
            "mean rank": scores.rank(axis=1, ascending=False).mean(),
            "log loss": lines.groupby("method")["log loss"].mean(),
            "seconds": lines.groupby("method")["seconds"].median(),
            "skaae won": (scores[OURS].to_numpy()[:, None] > scores + 1).sum(),
            "lost": (scores[OURS].to_numpy()[:, None] < scores - 1).sum(),
        }
    )
    print(f"\n{title}: {len(scores)} tables")
    print(table.sort_values("mean", ascending=False).round(2).to_string())
    if len(rivals.columns):
        print(f"skaae minus the best peer in the mean: {scores[OURS].mean() - rivals.mean().max():+.2f}")
    loss = (scores[OURS] - scores[OURS_LABELS_ONLY]).sort_values()
    print("against the labelled rows only, worst:", ", ".join(f"{t} {d:+.1f}" for t, d in loss.head(6).items()))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tables", type=int, default=None, help="how many tables, all by default")
    parser.add_argument("--names", nargs="+", default=None, help="these tables only")
    parser.add_argument("--labels", type=int, nargs="+", default=[10, 5, 25])
    parser.add_argument("--draws", type=int, default=N_DRAWS)
    parser.add_argument("--methods", nargs="+", default=None, help="these contestants only")
    parser.add_argument("--first-draw", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--save", default=None, help="a csv file for every line")
    arguments = parser.parse_args()
    names = arguments.names or [name for name in table_names() if len(load_table(name)[1]) >= MIN_ROWS]
    names = names[: arguments.tables]
    draws = range(arguments.first_draw, arguments.first_draw + arguments.draws)
    for n_labels in arguments.labels:
        jobs = [(name, n_labels, seed) for name in names for seed in draws]
        results = Parallel(n_jobs=arguments.jobs)(delayed(compete)(*job, arguments.methods) for job in jobs)
        lines = pd.DataFrame([line for result in results for line in result])
        if arguments.save:
            lines.to_csv(arguments.save.replace(".csv", f"_{n_labels}.csv"), index=False)
        report(f"{n_labels} labels a class, all", lines)
        for title, part in (("tuned on", lines.table.isin(tuned_on())), ("untouched", ~lines.table.isin(tuned_on()))):
            if part.any():
                report(f"{n_labels} labels a class, {title}", lines[part])


if __name__ == "__main__":
    main()
