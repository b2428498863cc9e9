"""Do more rows of a rare class help a classifier? Logistic regression and histogram boosting after each over-sampler.

Run ``python benchmarks/balancing.py`` (about ten minutes on one core). It resumes where it was stopped. The rare class
is the rarest of at least 50 rows, against all others. Half of the rows train, at most 2,000, and the others test, at
most 10,000. On tables that are made rarer, 25 rows of 5,000 are of the rare class, and rows of it that test weigh
less, so that one in 200 is. Gaps are filled, and all methods have the same columns: numbers are standardised and
categories one-hot encoded for classifiers. Over-samplers see categories as such, but for `ADASYN`, which takes encoded
columns only; where it raises, its figures are those of "none".
"""

import time
import warnings

import numpy as np
import pandas as pd
from _data import load_table
from _results import RESULTS, argument_parser, parse_arguments, records, write_results
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, balanced_accuracy_score
from sklearn.preprocessing import OneHotEncoder, StandardScaler

TABLES = (
    "analcatdata_halloffame",
    "cardiotocography",
    "chile_vote",
    "covertype_10k",
    "first_order_theorem_proving",
    "htru2_pulsar",
    "marketing_income",
    "mfeat_zernike",
    "page_blocks",
    "semeion",
    "solar_flare",
    "steel_plates_fault",
    "vowel",
    "wine_quality_red",
    "yeast",
)
MADE_RARER = ("adult", "default_credit_card_15k", "electricity", "online_shoppers", "weather_aus")
MIN_COUNT, MAX_TRAINING_ROWS, MAX_TEST_ROWS = 50, 2000, 10_000
N_RARE, RARITY = 25, 200
N_DRAWS = 1
NONE, WEIGHTS, OURS = "none", "class weights", "AAEOverSampler"
FIGURES = [
    f"{classifier}, {figure}"
    for classifier in ("logistic", "boosting")
    for figure in ("average precision", "balanced accuracy")
]


def problem(name, seed):
    """Training and test rows without gaps, whether they are of the rare class, and the weights of test rows."""
    X, y = load_table(name)
    counts = y.value_counts()
    rare = y.to_numpy() == counts[counts >= MIN_COUNT].index[-1]
    order = np.random.RandomState(seed).permutation(len(X))
    positive, negative = order[rare[order]], order[~rare[order]]
    if name not in MADE_RARER:
        share = min(MAX_TRAINING_ROWS, len(X) // 2) / len(X)
        n_positive, n_negative = round(share * len(positive)), round(share * len(negative))
    else:
        n_positive, n_negative = N_RARE, (RARITY - 1) * N_RARE
    train = np.r_[positive[:n_positive], negative[:n_negative]]
    test = np.r_[positive[n_positive:], negative[n_negative:]]
    test = np.random.RandomState(seed).permutation(test)[:MAX_TEST_ROWS]
    weight = np.ones(len(test))
    if name in MADE_RARER:
        weight[rare[test]] = (~rare[test]).sum() / rare[test].sum() / (RARITY - 1)
    X_train, X_test = (without_gaps(X.iloc[rows], X.iloc[train]) for rows in (train, test))
    return X_train, rare[train].astype(int), X_test, rare[test].astype(int), weight


def without_gaps(X, training_rows):
    """Gaps are filled by the median or the most frequent category of training rows."""
    X = X.reset_index(drop=True).copy()
    for name in X:
        cells = training_rows[name]
        filled = X[name].fillna(cells.mode()[0] if X[name].dtype == "category" else cells.median())
        X[name] = filled.astype(object) if X[name].dtype == "category" else filled.astype(float)
    return X


class Columns:
    """Tables of standardised numbers and categories, and these as numbers."""

    def __init__(self, X):
        self.numeric = list(X.select_dtypes("number"))
        self.categorical = [name for name in X if name not in self.numeric]
        self.scaler = StandardScaler().fit(X[self.numeric]) if self.numeric else None
        self.encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        if self.categorical:
            self.encoder.fit(X[self.categorical])

    def scale(self, X):
        X = X.copy()
        if self.numeric:
            X[self.numeric] = self.scaler.transform(X[self.numeric])
        return X

    def encode(self, X):
        parts = [self.encoder.transform(X[self.categorical])] if self.categorical else []
        return np.concatenate([*parts, self.scale(X)[self.numeric].to_numpy(float)], axis=1)


def smote(columns, seed):
    """The form of SMOTE that takes such columns."""
    from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC

    if not columns.categorical:
        return SMOTE(random_state=seed)
    if not columns.numeric:
        return SMOTEN(random_state=seed)
    return SMOTENC(columns.categorical, random_state=seed)


def resampled(X, y, columns, seed):
    """Encoded training rows and their classes by method, and the seconds that it took."""
    from imblearn.over_sampling import ADASYN, RandomOverSampler

    from skaae import AAEOverSampler

    yield NONE, lambda: (columns.encode(X), y)
    yield WEIGHTS, lambda: (columns.encode(X), y)
    yield "RandomOverSampler", lambda: RandomOverSampler(random_state=seed).fit_resample(columns.encode(X), y)
    yield "SMOTE", lambda: by_smote(X, y, columns, seed)
    yield "ADASYN", lambda: ADASYN(random_state=seed).fit_resample(columns.encode(X), y)
    yield OURS, lambda: encoded(columns, *AAEOverSampler(random_state=seed).fit_resample(X, y))


def by_smote(X, y, columns, seed):
    X, y = smote(columns, seed).fit_resample(columns.scale(X), y)
    if columns.numeric:
        X[columns.numeric] = columns.scaler.inverse_transform(X[columns.numeric])
    return columns.encode(X), y


def encoded(columns, X, y):
    return columns.encode(X), y


def classifiers(class_weight):
    return {
        "logistic": LogisticRegression(max_iter=1000, class_weight=class_weight),
        "boosting": HistGradientBoostingClassifier(random_state=0, class_weight=class_weight),
    }


def compete(name, seed, methods=None):
    """A line for each method."""
    X, y, X_test, y_test, weight = problem(name, seed)
    columns = Columns(X)
    test = columns.encode(X_test)
    lines = []
    for method, resample in resampled(X, y, columns, seed):
        if methods and method not in methods:
            continue
        line = {"table": name, "seed": seed, "method": method, "raised": False}
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                rows, classes = resample()
            except (ValueError, RuntimeError):
                rows, classes, line["raised"] = columns.encode(X), y, True
            line["seconds"] = time.perf_counter() - start
            for classifier, model in classifiers("balanced" if method == WEIGHTS else None).items():
                p = model.fit(rows, classes).predict_proba(test)[:, 1]
                figures = {
                    "average precision": average_precision_score(y_test, p, sample_weight=weight),
                    "balanced accuracy": balanced_accuracy_score(y_test, p > 0.5),
                }
                line |= {f"{classifier}, {figure}": 100 * value for figure, value in figures.items()}
        lines.append(line)
    return lines


def ranks(lines):
    """Mean rank of each method over tables, by figure."""
    means = lines.groupby(["table", "method"])[FIGURES].mean().round(6)
    return means.groupby("table").rank(ascending=False).groupby("method").mean()


def report(lines):
    """Means over tables and draws, mean ranks, and how often class weights do as well."""
    table = lines.groupby("method")[FIGURES].mean()
    table["rank"] = ranks(lines).mean(axis=1)
    for title, part in (
        ("rank, below 15 %", ~lines.table.isin(MADE_RARER)),
        ("rank, 1 in 200", lines.table.isin(MADE_RARER)),
    ):
        table[title] = ranks(lines[part]).mean(axis=1)
    table["seconds"] = lines.groupby("method")["seconds"].median()
    table["raised"] = lines.groupby("method")["raised"].sum()
    return table.sort_values("rank")


def by_table(lines):
    """What the over-sampler gains over class weights, in points; means of the draws."""
    means = lines.groupby(["method", "table"])[FIGURES].mean()
    return means.loc[OURS] - means.loc[WEIGHTS]


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--names", nargs="+", default=None, help="these tables only")
    parser.add_argument("--draws", type=int, default=N_DRAWS)
    arguments = parse_arguments(parser)
    done = (arguments.output or RESULTS) / f"balancing{'' if arguments.is_complete else '.partial'}.csv"
    lines = pd.read_csv(done).to_dict("records") if done.exists() else []
    for seed in range(arguments.draws):
        for name in arguments.names or [*TABLES, *MADE_RARER]:
            if (name, seed) not in {(line["table"], line["seed"]) for line in lines}:
                lines += compete(name, seed)
                pd.DataFrame(lines).to_csv(done, index=False)
                print(name, seed, flush=True)
    lines = pd.DataFrame(lines)
    table = report(lines)
    print(table.round(2).to_string())
    decimals = dict.fromkeys(table, 2) | {"seconds": 1, "raised": 0}
    best = dict.fromkeys(FIGURES, "max") | {name: "min" for name in table if name.startswith("rank")}
    packages = ["imbalanced-learn"]
    write_results("balancing", records(table, "method", decimals), arguments, best=best, packages=packages, lines=lines)
    gains = records(by_table(lines), "table", dict.fromkeys(FIGURES, 1))
    write_results("balancing_tables", gains, arguments)


if __name__ == "__main__":
    main()
