"""Are drawn cells as uncertain as they should be? Missing cells of rows, completed many times.

Up to 1,000 rows of a table, its class among the columns; models are fitted to 70 % of them, which are complete as far
as the table is, and a quarter of the other cells is hidden completely at random.

- *coverage*: hidden numbers between the 5th and the 95th percentile of their draws, in percent, where equal numbers are
  in random order, as numbers of few values ask for; 90 is best;
- *CRPS*: continuous ranked probability score of hidden numbers, in standard deviations of their column;
- *log loss*: of hidden categories, by their share among the draws, summed over columns, relative to that of histogram
  boosting, fitted to each column by the others with as many cells hidden; below 1 is better than that. By its defaults
  it learns tables of this size by heart, so that the reference is a gentle one: 50 trees of 8 leaves, a rate of .05.

Run ``python benchmarks/completion.py`` (some minutes on one core; ``--tuned`` for tables that defaults were chosen on).
The generator's flow is fitted for one epoch only, because completion does not use it. Seconds are those of a core.
"""

import time
import warnings

import numpy as np
import pandas as pd
from _data import load_table, table_names, tuned_on
from _results import argument_parser, parse_arguments, records, write_results
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer
from threadpoolctl import threadpool_limits

from skaae import AAEGenerator

OURS = "AAEGenerator"
TARGET = "target"
MAX_ROWS, MIN_ROWS, MAX_COLUMNS, HIDDEN_FRACTION, N_TABLES = 1000, 300, 40, 0.25, 8
MIN_CELLS = 20
N_DRAWS, N_PEER_DRAWS = 99, 39  # the latter take longer


def tables(tuned):
    """Names of tables with numbers and a class, evenly chosen."""
    names = [name for name in table_names() if (name in tuned_on()) == tuned and is_suitable(load_table(name)[0])]
    return [names[i] for i in np.linspace(0, len(names) - 1, N_TABLES).astype(int)]


def is_suitable(X):
    return len(X) >= MIN_ROWS and 3 <= X.shape[1] <= MAX_COLUMNS and X.select_dtypes("number").shape[1] >= 2


def split(name):
    """Training and test rows, and which cells of these are hidden."""
    X, y = load_table(name)
    X = X.assign(**{TARGET: pd.Categorical(y.astype(str))})
    rng = np.random.RandomState(0)
    X = X.iloc[rng.permutation(len(X))[:MAX_ROWS]].reset_index(drop=True)
    n = int(0.7 * len(X))
    train, test = X[:n], X[n:].reset_index(drop=True)
    kept = [column for column in X if train[column].nunique() > 1]
    train, test = train[kept], test[kept].copy()
    for column in test.select_dtypes("category"):
        test[column] = test[column].where(test[column].isin(train[column].unique()))
    return train, test, (rng.random_sample(test.shape) < HIDDEN_FRACTION) & test.notna().to_numpy()


def ours(train, incomplete):
    model = AAEGenerator(completion=True, flow_max_iter=1, rejection_sampling=False, random_state=0).fit(train)
    return model.complete(incomplete, n_draws=N_DRAWS, random_state=0)


def iterative(train, incomplete):
    """Bayesian regressions in turn, of numbers and one-hot columns; the largest of these is the category; 39 draws."""
    both = pd.get_dummies(pd.concat([train, incomplete]), dtype=float)
    for column in train.select_dtypes("category"):
        names = [f"{column}_{category}" for category in train[column].cat.categories]
        both.loc[pd.concat([train, incomplete])[column].isna().to_numpy(), names] = np.nan
    both = both.loc[:, both[: len(train)].std() > 0]
    scale = both[: len(train)].agg(["mean", "std"])
    both = (both - scale.loc["mean"]) / scale.loc["std"]
    imputer = IterativeImputer(sample_posterior=True, random_state=0).fit(both[: len(train)].to_numpy())
    for _ in range(N_PEER_DRAWS):
        filled = imputer.transform(both[len(train) :].to_numpy())
        filled = pd.DataFrame(filled, columns=both.columns) * scale.loc["std"] + scale.loc["mean"]
        drawn = {}
        for column in train:
            if train[column].dtype != "category":
                drawn[column] = filled[column].to_numpy()
                continue
            names = [name for name in filled if name.startswith(f"{column}_")]
            drawn[column] = filled[names].idxmax(axis=1).str.slice(len(column) + 1).to_numpy()
        yield pd.DataFrame(drawn)


METHODS = {OURS: ours, "IterativeImputer, posterior draws": iterative}


def boosting_losses(train, test, hidden):
    """Log loss of each column's hidden categories by histogram boosting."""
    rng = np.random.RandomState(1)
    codes = [part.apply(as_codes, train=train) for part in (train, test.mask(hidden))]
    rows = codes[0].mask(rng.random_sample(train.shape) < HIDDEN_FRACTION)
    losses = {}
    for index, column in enumerate(train):
        chosen = hidden[:, index]
        if train[column].dtype != "category" or chosen.sum() < MIN_CELLS:
            continue
        known = train[column].notna()
        model = HistGradientBoostingClassifier(learning_rate=0.05, max_iter=50, max_leaf_nodes=8, random_state=0)
        model.fit(rows[known].drop(columns=column), train[column][known].astype(str))
        p = model.predict_proba(codes[1][chosen].drop(columns=column))
        places = np.searchsorted(model.classes_, test[column][chosen].astype(str))
        losses[column] = log_loss(p[np.arange(len(p)), places])
    return losses


def as_codes(cells, train):
    if cells.dtype != "category":
        return cells.astype(float)
    codes = cells.cat.codes
    return codes.where(codes >= 0).astype(float)


def log_loss(p):
    return -np.log(np.clip(p, 1e-4, None)).mean()


def figures(draws, train, test, hidden, references):
    """Coverage in percent, CRPS, and log loss relative to the references."""
    draws = list(draws)
    n, rng = len(draws), np.random.RandomState(0)
    coverage, scores, losses = [], [], {}
    for index, column in enumerate(train):
        chosen = hidden[:, index]
        if chosen.sum() < MIN_CELLS:
            continue
        truth = test[column][chosen]
        if train[column].dtype == "category":
            drawn = np.stack([each[column].astype(object).to_numpy()[chosen] for each in draws], axis=1)
            prior = truth.astype(object).map(train[column].value_counts(normalize=True)).to_numpy(float)
            losses[column] = log_loss(((drawn == truth.to_numpy(object)[:, None]).sum(1) + prior) / (n + 1))
            continue
        drawn = np.sort(np.stack([each[column].to_numpy(float)[chosen] for each in draws], axis=1), axis=1)
        truth = truth.to_numpy(float)
        below, equal = (drawn < truth[:, None]).sum(1), (drawn == truth[:, None]).sum(1)
        rank = (below + rng.random_sample(len(truth)) * (equal + 1)) / (n + 1)
        coverage.append(100 * ((rank >= 0.05) & (rank <= 0.95)).mean())
        apart = (drawn * (2 * np.arange(1, n + 1) - n - 1)).sum(1) / (n * (n - 1))
        scores.append((np.abs(drawn - truth[:, None]).mean(1) - apart).mean() / train[column].std())
    relative = sum(losses.values()) / sum(references.values()) if references else np.nan
    return np.mean(coverage), np.mean(scores), relative


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--methods", nargs="+", choices=list(METHODS), default=list(METHODS))
    parser.add_argument("--tuned", action="store_true", help="tables that defaults were chosen on")
    parser.add_argument("--names", nargs="+", default=None)
    arguments = parse_arguments(parser)
    lines = []
    for name in arguments.names or tables(arguments.tuned):
        train, test, hidden = split(name)
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore")
            references = boosting_losses(train, test, hidden)
            for method in arguments.methods:
                start = time.process_time()
                draws = list(METHODS[method](train, test.mask(hidden)))
                seconds = time.process_time() - start
                lines.append((name, method, *figures(draws, train, test, hidden, references), seconds))
                print(*lines[-1], flush=True)
    columns = ["table", "method", "coverage", "CRPS", "log loss", "seconds"]
    lines = pd.DataFrame(lines, columns=columns)
    by_method = lines.groupby("method", sort=False)
    far = lines.assign(far=(lines.coverage - 90).abs()).groupby("method", sort=False)["far"]
    table = by_method[columns[2:]].mean().assign(**{"tables within 88 to 92": far.agg(lambda each: (each <= 2).sum())})
    print(table.round(3).to_string())
    decimals = {"coverage": 1, "tables within 88 to 92": 0, "CRPS": 3, "log loss": 3, "seconds": 1}
    rows = records(table, "method", decimals)
    write_results("completion", rows, arguments, best={"CRPS": "min", "log loss": "min"}, lines=lines)


if __name__ == "__main__":
    main()
