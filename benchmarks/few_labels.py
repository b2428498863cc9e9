"""Do unlabelled rows count? Balanced accuracy on public tables with 5, 10 and 25 labelled rows of each class.

Run ``python benchmarks/few_labels.py`` (hours on two cores); ``--labels 10 --tables 5`` for a quick look. All methods
have default parameters and the same columns: imputed, one-hot, and standardised.
"""

import time
import warnings

import numpy as np
import pandas as pd
from _data import load_table, split_table, table_names, tuned_on
from _results import argument_parser, parse_arguments, records, write_results
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
N_BINS = 10
BEST_IF_LOW = ("rank", "log loss", "calibration error")
OURS, OURS_LABELS_ONLY = "SemiSupervisedAAEClassifier", "the same, labelled rows only"


def problem(name, n_labels, seed):
    """Training rows, their classes from 0 or -1 where unlabelled, test rows and their classes."""
    X_train, X_test, y_train, y_test = split_table(name, max_rows=MAX_ROWS, seed=seed)
    classes, truth = np.unique(y_train, return_inverse=True)
    scaler = StandardScaler().fit(X_train)
    order = np.random.RandomState(seed).permutation(len(truth))
    labelled = np.concatenate([order[truth[order] == c][:n_labels] for c in range(len(classes))])
    y = np.full(len(truth), -1)
    y[labelled] = truth[labelled]
    return scaler.transform(X_train), y, scaler.transform(X_test), np.searchsorted(classes, y_test)


def peers(seed):
    """Classifiers, and semi-supervised classifiers."""
    supervised = {
        "LogisticRegression": LogisticRegression(max_iter=1000),
        "RandomForestClassifier": RandomForestClassifier(random_state=seed),
        "ExtraTreesClassifier": ExtraTreesClassifier(random_state=seed),
        "HistGradientBoostingClassifier": HistGradientBoostingClassifier(random_state=seed),
        "MLPClassifier": MLPClassifier(max_iter=500, random_state=seed),
        "KNeighborsClassifier": KNeighborsClassifier(),
        "SVC": SVC(random_state=seed),
    }
    semi_supervised = {
        'LabelSpreading(kernel="knn")': LabelSpreading(kernel="knn"),
        "SelfTrainingClassifier, logistic": SelfTrainingClassifier(LogisticRegression(max_iter=1000)),
        "SelfTrainingClassifier, forest": SelfTrainingClassifier(RandomForestClassifier(random_state=seed)),
    }
    return supervised, semi_supervised


def contestants(seed):
    """Names and models, each with whether it uses unlabelled rows."""
    from skaae import SemiSupervisedAAEClassifier

    supervised, semi_supervised = peers(seed)
    yield OURS, SemiSupervisedAAEClassifier(random_state=seed), True
    yield OURS_LABELS_ONLY, SemiSupervisedAAEClassifier(random_state=seed), False
    yield from ((name, model, False) for name, model in supervised.items())
    yield from ((name, model, True) for name, model in semi_supervised.items())


def compete(name, n_labels, seed, methods=None):
    """A line for each contestant."""
    X, y, X_test, y_test = problem(name, n_labels, seed)
    labelled = y >= 0
    lines = []
    for method, model, uses_unlabelled in contestants(seed):
        if methods and method not in methods:
            continue
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(X, y) if uses_unlabelled else model.fit(X[labelled], y[labelled])
            seconds = time.perf_counter() - start
            score = balanced_accuracy_score(y_test, model.predict(X_test))
            loss = error = None
            if hasattr(model, "predict_proba"):
                p = np.nan_to_num(model.predict_proba(X_test)).clip(1e-6)  # label spreading may say nothing of a row
                p = p / p.sum(1, keepdims=True)
                loss = log_loss(y_test, p, labels=np.unique(y[labelled]))
                error = expected_calibration_error(y_test, p)
        lines.append(
            {
                "table": name,
                "labels": n_labels,
                "seed": seed,
                "method": method,
                "score": 100 * score,
                "log loss": loss,
                "calibration error": error,
                "seconds": seconds,
            }
        )
    return lines


def expected_calibration_error(y, p):
    """Difference between the confidence of predictions and how many are right, over bins of confidence (Guo, 2017)."""
    confidence, is_right = p.max(1), p.argmax(1) == y
    bins = np.minimum((confidence * N_BINS).astype(int), N_BINS - 1)
    return np.abs(np.bincount(bins, is_right - confidence, minlength=N_BINS)).sum() / len(y)


def report(title, lines):
    """Means, ranks, and what was won and lost by more than a point."""
    scores = lines.pivot_table(index="table", columns="method", values="score")
    difference = -scores.sub(scores[OURS], axis=0)
    table = pd.DataFrame(
        {
            "balanced accuracy": scores.mean(),
            "rank": scores.rank(axis=1, ascending=False).mean(),
            "log loss": lines.groupby("method")["log loss"].mean(),
            "calibration error": 100 * lines.groupby("method")["calibration error"].mean(),
            "seconds": lines.groupby("method")["seconds"].median(),
            "won": (difference > 1).sum(),
            "lost": (difference < -1).sum(),
        }
    ).sort_values("balanced accuracy", ascending=False)
    table.loc[OURS, ["won", "lost"]] = None
    print(f"\n{title}: {len(scores)} tables\n{table.round(2).to_string()}")
    return table


def effect_of_unlabelled_rows(n_labels, lines):
    """The classifier with all rows against labelled rows only."""
    scores = lines.pivot_table(index="table", columns="method", values="score")
    gain = (scores[OURS] - scores[OURS_LABELS_ONLY]).sort_values()
    return {
        "labels of each class": n_labels,
        "all rows": round(scores[OURS].mean(), 2),
        "labelled rows only": round(scores[OURS_LABELS_ONLY].mean(), 2),
        "tables more than a point better": (gain > 1).sum(),
        "worse": (gain < -1).sum(),
        "worst": ", ".join(f"{name} {value:+.1f}" for name, value in gain.head(3).items()),
    }


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--tables", type=int, default=None, help="how many tables, all by default")
    parser.add_argument("--names", nargs="+", default=None, help="these tables only")
    parser.add_argument("--labels", type=int, nargs="+", default=[5, 10, 25])
    parser.add_argument("--draws", type=int, default=N_DRAWS)
    parser.add_argument("--methods", nargs="+", default=None, help="these contestants only")
    parser.add_argument("--first-draw", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parse_arguments(parser, selectors=("labels",))
    names = arguments.names or [name for name in table_names() if len(load_table(name)[1]) >= MIN_ROWS]
    names = names[: arguments.tables]
    draws = range(arguments.first_draw, arguments.first_draw + arguments.draws)
    effects = []
    for n_labels in arguments.labels:
        jobs = [(name, n_labels, seed) for name in names for seed in draws]
        results = Parallel(n_jobs=arguments.jobs)(delayed(compete)(*job, arguments.methods) for job in jobs)
        lines = pd.DataFrame([line for result in results for line in result])
        table = report(f"{n_labels} labels a class, all", lines)
        is_tuned = lines.table.isin(tuned_on())
        for title, part in (("tuned on", lines[is_tuned]), ("untouched", lines[~is_tuned])):
            if len(part):
                table[title] = report(f"{n_labels} labels a class, {title}", part)["balanced accuracy"]
        decimals = dict.fromkeys(table, 2) | {"won": 0, "lost": 0}
        best = dict.fromkeys(["balanced accuracy", "tuned on", "untouched"], "max") | dict.fromkeys(BEST_IF_LOW, "min")
        write_results(f"few_labels_{n_labels}", records(table, "method", decimals), arguments, best=best, lines=lines)
        if OURS_LABELS_ONLY in table.index:
            effects.append(effect_of_unlabelled_rows(n_labels, lines))
    arguments.is_complete &= arguments.labels == parser.get_default("labels")
    write_results("few_labels_unlabelled", effects, arguments)


if __name__ == "__main__":
    main()
