"""Whose rows could have been real ones? Synthetic tables against trees, CTGAN, TVAE, a Gaussian copula and baselines.

Each table is split 80/20; a generator gets the training part, its class among the columns, and makes as many rows.

- *shape*, *trend*: `column_shape_error` and `pair_trend_error`, in percent;
- *utility*: `utility_score`, AUC in percent of gradient boosting trained on synthetic rows and tested on real ones;
- *detection*: `detection_score`, AUC in percent of gradient boosting that discriminates synthetic rows from as many
  test rows; 50 is best;
- *nearer*: `nearest_record_share`, in percent: synthetic rows that are nearer to a training than to a test row; 50 is
  best.

CART is synthpop's (Nowok, Raab and Dibben, 2016), one tree for each column given those before it, by `synthpop-py`; ARF
adversarial random forests (Watson, Blesch, Kapar and Wright, 2023), by `arfpy`. *Real rows* are one half of the
training rows as if made from the other half: the floor of each figure, higher in shape and trend by about the root of
two, because halves are smaller.

Run ``python benchmarks/synthesis.py`` (hours, because of CTGAN); ``--methods AAEGenerator`` for a quarter of an hour.
Each line is kept in ``results/synthesis.jsonl``, and not made again; generators without lines of all tables keep their
row in the results. Delete the lines of a generator to run it anew.
"""

import contextlib
import io
import json
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from _data import load_table, table_names
from _results import RESULTS, argument_parser, commit, parse_arguments, records, versions, write_results
from scipy.stats import norm
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestNeighbors

from skaae import AAEGenerator, TableEncoder
from skaae.metrics import column_shape_error, detection_score, nearest_record_share, pair_trend_error, utility_score

TARGET = "target"
# Chosen by name; then ten with both kinds of columns, at odd indices of the alphabetical list of such tables.
TABLES = ("adult", "online_shoppers", "magic_telescope", "default_credit_card_15k", "churn_telco", "penguins")
N_MORE = 10
TRIED_ON = ("covertype_10k", "stackoverflow", "cmc", "wine_quality_red", "weather_aus", "compas")
OURS = "AAEGenerator"
REAL_ROWS = "real rows, half against half"
QUALITY = ("shape", "trend", "utility", "detection", "nearer")
SHOWN = (OURS, "CART", "ARF", "TVAE", "CTGAN", "interpolation between neighbours")  # table by table
PEERS = ("ctgan", "synthpop-py", "arfpy")


def tables():
    """Names of the tables that are reported."""
    mixed = [name for name in table_names() if name not in (*TABLES, *TRIED_ON) and is_mixed(load_table(name)[0])]
    return [*TABLES, *mixed[1::2][:N_MORE]]


def is_mixed(X):
    kinds = {is_number(X[column]) for column in X}
    return kinds == {True, False} and len(X) >= 250


def is_number(cells):
    return cells.dtype.kind in "iuf"


def split(name, seed):
    """Training and test rows, the class among the columns."""
    X, y = load_table(name)
    X = X.assign(**{TARGET: pd.Categorical(y.astype(str))})
    return [
        part.reset_index(drop=True)
        for part in train_test_split(X, test_size=0.2, random_state=seed, stratify=X[TARGET])
    ]


# Each generator returns synthetic rows, and the seconds of fitting and of sampling, of processor time.


def timed(fit, sample):
    start = time.process_time()
    model = fit()
    fitted = time.process_time()
    return sample(model), fitted - start, time.process_time() - fitted


def ours(train, seed):
    return timed(
        lambda: AAEGenerator(random_state=seed).fit(train), lambda model: model.sample(len(train), random_state=seed)
    )


def filled(train):
    """Rows without missing cells, for peers that take none."""
    out = train.copy()
    for column in out:
        numeric = is_number(out[column])
        out[column] = out[column].fillna(out[column].median()) if numeric else out[column].astype(object).fillna("?")
    return out


def ctgan_generator(name):
    def make(train, seed):
        import ctgan

        np.random.seed(seed)  # noqa: NPY002, which the package draws from
        torch.manual_seed(seed)
        rows = filled(train)
        categories = [column for column in rows if not is_number(rows[column])]
        model = getattr(ctgan, name)(**({"cuda": False}))
        return timed(lambda: (model.fit(rows, categories), model)[1], lambda fitted: fitted.sample(len(train)))

    return make


def cart(train, seed):
    from synthpop import Synthesiser

    def sample(model):
        made = model.generate(len(train))
        for column in train:  # numbers come back in 32 bits
            if is_number(train[column]):
                made[column] = nearest(train[column], made[column])
        return made

    return timed(lambda: Synthesiser(random_seed=seed).fit(train), sample)


def nearest(cells, made):
    """Numbers as those cells that are nearest to them; missing ones stay missing."""
    known = np.sort(cells.dropna().unique()).astype(float)
    after = np.searchsorted(known, made.fillna(known[0])).clip(1, max(len(known) - 1, 1))
    low, high = known[after - 1], known[np.minimum(after, len(known) - 1)]
    return pd.Series(np.where(made - low < high - made, low, high)).where(made.notna()).astype(cells.dtype)


def arf(train, seed):
    vars(np).setdefault("in1d", np.isin)  # its name until numpy 2.4
    from arfpy.arf import arf as Forest

    rows = filled(train).set_axis(range(train.shape[1]), axis=1)  # names that are indices: it reads columns by both
    rows = rows.astype({column: "category" for column in rows if not is_number(rows[column])})

    def fit():
        with contextlib.redirect_stdout(io.StringIO()):
            model = Forest(rows, random_state=seed)
        model.forde()
        return model

    def sample(model):
        made = model.forge(len(rows))
        for column in rows:
            if is_number(rows[column]) and (rows[column] % 1 == 0).all():
                made[column] = made[column].round()
        return made.set_axis(train.columns, axis=1)

    np.random.seed(seed)  # noqa: NPY002, which the package draws from
    return timed(fit, sample)


def copula(train, seed):
    """A Gaussian copula over ranks; categories are intervals of them, as in SDV's synthesizer of that name."""

    def fit():
        columns = [Margin(train[column], np.random.RandomState(seed)) for column in train]
        normal = np.column_stack([column.normal for column in columns])
        return columns, np.corrcoef(normal, rowvar=False)

    def sample(model):
        columns, correlation = model
        rng = np.random.RandomState(seed)
        correlation = np.nan_to_num(correlation) * (1 - 1e-6) + 1e-6 * np.eye(len(columns))
        shares = norm.cdf(
            rng.multivariate_normal(np.zeros(len(columns)), correlation, len(train), check_valid="ignore")
        )
        return pd.DataFrame({m.name: m.cells(u) for m, u in zip(columns, shares.T, strict=True)}).astype(train.dtypes)

    return timed(fit, sample)


class Margin:
    """A column of the copula: its cells in order, and normal scores of its cells with ties spread at random."""

    def __init__(self, cells, rng):
        self.name = cells.name
        codes = cells if is_number(cells) else pd.Series(pd.factorize(cells, sort=True)[0], index=cells.index)
        order = np.lexsort([rng.rand(len(cells)), codes.fillna(np.inf)])
        self.ordered = cells.iloc[order].reset_index(drop=True)
        ranks = np.empty(len(cells))
        ranks[order] = (np.arange(len(cells)) + 0.5) / len(cells)
        self.normal = norm.ppf(ranks)

    def cells(self, shares):
        return self.ordered.iloc[(shares * len(self.ordered)).astype(int)].to_numpy()


def independent(train, seed):
    rng = np.random.RandomState(seed)
    return timed(
        lambda: train, lambda rows: rows.apply(lambda c: c.iloc[rng.permutation(len(c))].reset_index(drop=True))
    )


def interpolation(train, seed):
    """Between a row and one of its five neighbours, as SMOTE does; categories are either's."""

    def fit():
        rows = TableEncoder().fit_transform(train)
        return NearestNeighbors(n_neighbors=6).fit(rows).kneighbors(rows, return_distance=False)[:, 1:]

    def sample(near):
        rng = np.random.RandomState(seed)
        other = train.iloc[near[np.arange(len(train)), rng.randint(5, size=len(train))]].reset_index(drop=True)
        share, out = rng.rand(len(train)), train.copy()
        for column in train:
            if is_number(train[column]):
                between = train[column] + share * (other[column] - train[column])
                whole = train[column].dropna() % 1 == 0
                out[column] = (between.round() if whole.all() else between).astype(train[column].dtype)
            else:
                out[column] = train[column].where(share < 0.5, other[column])
        return out

    return timed(fit, sample)


def training_rows(train, seed):
    return timed(lambda: train, lambda rows: rows)


METHODS = {
    OURS: ours,
    "CART": cart,
    "ARF": arf,
    "CTGAN": ctgan_generator("CTGAN"),
    "TVAE": ctgan_generator("TVAE"),
    "Gaussian copula": copula,
    "independent columns": independent,
    "interpolation between neighbours": interpolation,
    "the training rows": training_rows,
    REAL_ROWS: None,
}
OF_FILLED_ROWS = {"CTGAN", "TVAE", "ARF"}


def quality(train, test, made):
    """The five figures, in percent."""
    X, y, X_made, y_made = (part for rows in (test, made) for part in (rows.drop(columns=TARGET), rows[TARGET]))
    figures = {
        "shape": column_shape_error(train, made),
        "trend": pair_trend_error(train, made),
        "utility": utility_score(X, y, X_made, y_made, random_state=0),
        "detection": detection_score(test, made[: len(test)], random_state=0),
        "nearer": nearest_record_share(made, train, test, random_state=0),
    }
    return {name: 100 * value for name, value in figures.items()}


def compete(name, seed, method):
    """One line of the table."""
    torch.set_num_threads(1)
    train, test = split(name, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if method == REAL_ROWS:
            halves = train_test_split(train, test_size=0.5, random_state=seed, stratify=train[TARGET])
            train, made = (half.reset_index(drop=True) for half in halves)
            fit_seconds = sample_seconds = None
        else:
            made, fit_seconds, sample_seconds = METHODS[method](train, seed)
            made = made.reset_index(drop=True)
        figures = quality(train, test, made)
        if method in OF_FILLED_ROWS:  # made of filled rows, and compared with these
            filled_figures = quality(filled(train), filled(test), made)
            figures |= {key: filled_figures[key] for key in ("shape", "trend", "detection")}
    times = {"fit, seconds": fit_seconds, "sample, seconds": sample_seconds}
    return {"table": name, "seed": seed, "generator": method} | figures | times


def run(tasks, path):
    """Lines of tables, seeds and generators, those in the file as they are; others are added to it."""
    known = [json.loads(line) for line in path.open()] if path.exists() else []
    done = {(line["table"], line["seed"], line["generator"]) for line in known}
    with path.open("a") as file:
        for task in tasks:
            if task in done:
                continue
            known.append(compete(*task) | {"commit": commit(), "versions": versions(PEERS)})
            print(json.dumps(known[-1]), file=file, flush=True)
            shown = pd.DataFrame(known[-1:]).drop(columns=["commit", "versions"])
            print(shown.round(2).to_string(index=False, header=False), flush=True)
    return pd.DataFrame(known).drop(columns=["commit", "versions"])


def merged(name, rows, keys):
    """Rows of results, and those of the published ones that they have not, in the order of tables and generators."""
    published = json.loads((RESULTS / f"{name}.json").read_text())["rows"]
    by_key = {tuple(row[key] for key in keys): row for row in [*published, *rows]}
    ranks = {each: rank for rank, each in enumerate([*TABLES, *METHODS])}
    return [by_key[key] for key in sorted(by_key, key=lambda key: [ranks.get(each, len(ranks)) for each in key])]


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--names", nargs="+", default=None, help="these tables only")
    parser.add_argument("--seeds", type=int, nargs="+", default=None, help="of splits; 0, and 0 to 2 for adult")
    parser.add_argument("--methods", nargs="+", default=list(METHODS), help="these generators only")
    parser.add_argument("--lines", type=Path, default=RESULTS / "synthesis.jsonl", help="where lines are kept")
    arguments = parse_arguments(parser, selectors=("names", "seeds", "methods", "lines"))
    tasks = [
        (name, seed, method)
        for name in arguments.names or tables()
        for seed in arguments.seeds or range(3 if name == "adult" else 1)
        for method in arguments.methods
    ]
    lines = run(tasks, arguments.lines)
    by_table = lines.drop(columns="seed").groupby(["table", "generator"], sort=False).mean().reset_index("table")
    most = by_table[by_table.table != "adult"]
    n_tables = most.groupby("generator").table.nunique()
    most = most[most.index.map(n_tables) == len(tables()) - 1]
    means = most.drop(columns="table").groupby("generator", sort=False).mean()
    decimals = dict.fromkeys(QUALITY, 2) | {"fit, seconds": 1, "sample, seconds": 1}
    rows = merged("synthesis", records(means, "generator", decimals), ["generator"])
    write_results("synthesis", rows, arguments, packages=PEERS, lines=lines)
    shown = by_table[by_table.table.isin(TABLES) & by_table.index.isin(SHOWN)].reset_index().set_index("table")
    rows = records(shown, "table", {"generator": 0} | dict.fromkeys(QUALITY, 2) | {"fit, seconds": 0})
    rows = merged("synthesis_tables", rows, ["table", "generator"])
    write_results("synthesis_tables", rows, arguments, packages=PEERS)


if __name__ == "__main__":
    main()
