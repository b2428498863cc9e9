"""Which rows to label? Accuracy after five rounds of ten labels, by the rows that several rules choose.

Run ``OMP_NUM_THREADS=1 python benchmarks/rows_to_label.py``. Twenty tables, untouched by default, at most 1,600 rows of
each, of which 30 % are for testing; imputed, one-hot and standardised columns. The first ten rows are chosen without
any label. Rules and scores use one quick classifier: a member, one teacher, and five epochs.
"""

import warnings

import numpy as np
import pandas as pd
from _data import load_table, split_table, table_names, tuned_on
from _results import argument_parser, parse_arguments, records, write_results
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.preprocessing import StandardScaler

from skaae import AAETransformer, SemiSupervisedAAEClassifier

MAX_ROWS, MIN_ROWS, MAX_COLUMNS, MAX_CLASSES = 1600, 500, 70, 10
N_TABLES, N_DRAWS, N_ROUNDS, N_LABELS = 20, 1, 5, 10
OURS, RANDOM = "`rows_to_label`", "random rows"


def classifier(seed):
    teachers = [ExtraTreesClassifier(random_state=seed)]
    return SemiSupervisedAAEClassifier(n_members=1, teachers=teachers, max_iter=5, random_state=seed)


def at_random(X, y, pool, seed):
    return np.random.RandomState(seed).permutation(pool)[:N_LABELS]


def first_by_codes(X, y, pool, seed):
    codes = AAETransformer(max_iter=20, random_state=seed).fit(X)
    return pool[codes.rows_to_label(X[pool], N_LABELS, random_state=seed)]


def most_uncertain(X, y, pool, seed):
    p = np.sort(classifier(seed).fit(X, y).predict_proba(X[pool]), axis=1)
    return pool[np.argsort(p[:, -1] - p[:, -2], kind="stable")[:N_LABELS]]


def chosen(X, y, pool, seed):
    return pool[classifier(seed).fit(X, y).rows_to_label(X[pool], N_LABELS, random_state=seed)]


RULES = {  # for the first round, and for the others
    RANDOM: (at_random, at_random),
    "random rows, then the most uncertain": (at_random, most_uncertain),
    OURS: (first_by_codes, chosen),
}


def compete(name, seed, rules):
    """A line for each rule."""
    X_train, X_test, y_train, y_test = split_table(name, max_rows=MAX_ROWS, seed=seed)
    truth = np.unique(y_train, return_inverse=True)[1]
    y_test = np.searchsorted(np.unique(y_train), y_test)
    scaler = StandardScaler().fit(X_train)
    X, X_test = scaler.transform(X_train), scaler.transform(X_test)
    lines = []
    for rule in rules:
        y = np.full(len(truth), -1)
        for index in range(N_ROUNDS):
            pool = np.flatnonzero(y < 0)
            choose = RULES[rule][0 if n_classes(y) < 2 else 1]
            rows = choose(X, y, pool, 10 * seed + index)
            y[rows] = truth[rows]
        answers = classifier(seed).fit(X, y).predict(X_test) if n_classes(y) > 1 else y.max()
        line = {"table": name, "seed": seed, "rule": rule, "accuracy": 100 * np.mean(answers == y_test)}
        lines.append({**line, "classes found": n_classes(y) / len(np.unique(truth))})
    return lines


def n_classes(y):
    return len(np.unique(y[y >= 0]))


def report(lines):
    """Means, and what was won and lost by more than a point against random rows."""
    scores = lines.pivot_table(index="table", columns="rule", values="accuracy")
    gain = scores.sub(scores[RANDOM], axis=0) if RANDOM in scores else scores
    table = pd.DataFrame(
        {
            "accuracy": scores.mean(),
            "against random rows": gain.mean(),
            "won": (gain > 1).sum(),
            "lost": (gain < -1).sum(),
            "worst": gain.min(),
            "classes found, %": 100 * lines.groupby("rule")["classes found"].mean(),
        }
    ).loc[list(dict.fromkeys(lines.rule))]
    print(f"\n{len(scores)} tables\n{table.round(2).to_string()}\n{gain.round(1).to_string()}")
    return table


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--tables", type=int, default=N_TABLES)
    parser.add_argument("--tuned-on", action="store_true", help="tables that defaults were chosen on")
    parser.add_argument("--draws", type=int, default=N_DRAWS)
    parser.add_argument("--rules", nargs="+", default=list(RULES))
    arguments = parse_arguments(parser)
    half = [name for name in table_names() if (name in tuned_on()) == arguments.tuned_on]
    tables = [name for name in half if is_fit(*load_table(name))]
    lines = []
    for name in np.random.RandomState(0).permutation(tables)[: arguments.tables]:
        for seed in range(arguments.draws):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                lines += compete(name, seed, arguments.rules)
            scores = [round(float(line["accuracy"]), 1) for line in lines[-len(arguments.rules) :]]
            print(name, seed, scores, flush=True)
    lines = pd.DataFrame(lines)
    decimals = {"accuracy": 2, "against random rows": 2, "won": 0, "lost": 0, "worst": 1, "classes found, %": 1}
    best = {"accuracy": "max", "against random rows": "max"}
    write_results("rows_to_label", records(report(lines), "rule", decimals), arguments, best=best, lines=lines)


def is_fit(X, y):
    return len(X) >= MIN_ROWS and X.shape[1] <= MAX_COLUMNS and y.nunique() <= MAX_CLASSES


if __name__ == "__main__":
    main()
