"""Who finds the anomalies? AUROC and average precision on ADBench's classical sets, in two settings.

*One-class*: trained on half of the normal rows, tested on the other half and all anomalies. *Contaminated*: trained on
seven tenths of all rows, tested on the rest. At most 5,000 rows of each set, columns standardised on the training
part, default parameters, and no duplicated rows (the published protocol bootstraps small sets before it splits them,
so that test rows are copies of training rows).

Run ``python benchmarks/outliers.py`` (hours on two cores); ``--sets 5 --seeds 0`` for a quick look,
``--methods AAEOutlierDetector`` without peers. ``--full`` takes the sets of 10,000 rows and more as they are, with the
peers that can be fitted to them, each set a line, of the first seed.
"""

import contextlib
import importlib
import io
import time
import warnings

import numpy as np
import pandas as pd
import torch
from _data import load_outliers, outlier_names
from _results import argument_parser, parse_arguments, records, write_results
from joblib import Parallel, delayed
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import train_test_split

MAX_ROWS = 5000
FULL_ROWS = FULL_SAMPLE = (
    10_000  # of the sets that are taken whole, at least; those that neighbours are looked up among
)
SETTINGS = ("one-class", "contaminated")
MAX_COLUMNS_OF_MCD = 500  # a fit of the only set that has more did not end in five minutes
OURS = "AAEOutlierDetector"


def problem(name, setting, seed, max_rows=MAX_ROWS):
    """Training rows and test rows, and which of either are anomalies."""
    X, y = load_outliers(name)
    if max_rows and len(y) > max_rows:
        _, X, _, y = train_test_split(X, y, test_size=max_rows, stratify=y, random_state=0)
    if setting == "one-class":
        normal = np.random.RandomState(seed).permutation(np.flatnonzero(y == 0))
        train, rest = normal[: len(normal) // 2], normal[len(normal) // 2 :]
        test = np.concatenate([rest, np.flatnonzero(y == 1)])
    else:
        train, test = train_test_split(np.arange(len(y)), test_size=0.3, stratify=y, random_state=seed)
    mean, spread = X[train].mean(0), X[train].std(0)
    spread[spread == 0] = 1
    return (X[train] - mean) / spread, (X[test] - mean) / spread, y[train], y[test]


def pyod(name, seed, **parameters):
    """A detector of PyOD's with its defaults: how to fit it, and its score, higher for anomalies."""
    module = {"AutoEncoder": "auto_encoder", "DeepSVDD": "deep_svdd"}.get(name, name.lower())
    model = getattr(importlib.import_module(f"pyod.models.{module}"), name)(**parameters)
    if "random_state" in model.get_params():
        model.set_params(random_state=seed)
    if "verbose" in model.get_params():
        model.set_params(verbose=0)
    return model.fit, model.decision_function


def scikit_learn(model):
    """As ``pyod``, for a model whose score is higher for normal rows."""
    return model.fit, lambda X: -model.score_samples(X)


def ours(seed):
    """Our detector with its defaults."""
    from skaae import AAEOutlierDetector

    return scikit_learn(AAEOutlierDetector(random_state=seed))


QUICK = ("IForest", "ECOD", "COPOD", "KNN", "LOF", "CBLOF", "HBOS", "PCA", "OCSVM", "MCD", "GMM", "INNE")
NETWORKS = ("LUNAR", "AutoEncoder", "VAE", "DeepSVDD", "ALAD", "DIF")


def on_sample(fit, score):
    """A detector that is fitted to some of the rows."""

    def fit_sample(X):
        return fit(X[np.random.RandomState(0).permutation(len(X))[:FULL_SAMPLE]])

    return fit_sample, score


def contestants_full(seed):
    """As ``contestants``, for sets of any size."""
    yield OURS, lambda: ours(seed)
    for name in ("IForest", "PCA", "HBOS", "ECOD", "GMM"):
        yield name, lambda name=name: pyod(name, seed)
    yield f"KNN on {FULL_SAMPLE:,} rows", lambda: on_sample(*pyod("KNN", seed))


def contestants(n_features, seed):
    """Names, and functions that make a detector."""
    yield OURS, lambda: ours(seed)
    yield "GaussianMixture", lambda: scikit_learn(GaussianMixture(random_state=seed))
    yield "GaussianMixture(4)", lambda: scikit_learn(GaussianMixture(4, random_state=seed))
    for name in (*QUICK, *NETWORKS):
        parameters = {"n_features": n_features} if name == "DeepSVDD" else {}
        yield name, lambda name=name, parameters=parameters: pyod(name, seed, **parameters)


def compete(name, setting, seed, methods, full=False):
    """A line for each contestant."""
    torch.set_num_threads(1)
    X, X_test, _, y_test = problem(name, setting, seed, None if full else MAX_ROWS)
    lines = []
    for method, make in contestants_full(seed) if full else contestants(X.shape[1], seed):
        if methods and method not in methods:
            continue
        if method == "MCD" and X.shape[1] > MAX_COLUMNS_OF_MCD:
            continue
        torch.manual_seed(seed)  # for those of PyOD's that take no seed
        start = time.perf_counter()
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            try:
                fit, score = make()
                fit(X)
                scores = np.nan_to_num(score(X_test))
            except Exception as error:  # a peer that fails scores all rows alike
                scores, failure = np.zeros(len(y_test)), f"{type(error).__name__}: {error}"
            else:
                failure = None
        if failure:
            print(f"{method} failed on {name}, {setting}, seed {seed}: {failure[:200]}", flush=True)
        lines.append(
            {
                "set": name,
                "setting": setting,
                "seed": seed,
                "method": method,
                "AUROC": 100 * roc_auc_score(y_test, scores),
                "precision": 100 * average_precision_score(y_test, scores),
                "seconds": time.perf_counter() - start,
            }
        )
    return lines


def report(title, lines):
    """Means and ranks, and by how much the best peer is ahead or behind."""
    of_sets = lines.pivot_table(index="set", columns="method", values=["AUROC", "precision", "seconds"])
    table = pd.DataFrame(
        {
            "AUROC": of_sets["AUROC"].mean(),
            "AUROC rank": of_sets["AUROC"].rank(axis=1, ascending=False).mean(),
            "precision": of_sets["precision"].mean(),
            "precision rank": of_sets["precision"].rank(axis=1, ascending=False).mean(),
            "seconds": of_sets["seconds"].median(),
        }
    )
    print(f"\n{title}: {len(of_sets)} sets")
    print(table.sort_values("AUROC", ascending=False).round(2).to_string())
    if OURS in table.index and len(table) > 1:
        behind = (of_sets["AUROC"][OURS] - of_sets["AUROC"].drop(columns=OURS).max(axis=1)).sort_values()
        print("against the best peer of each set, worst:", ", ".join(f"{k} {v:+.1f}" for k, v in behind[:8].items()))
    return table


def best_peer(table, column, best, decimals=2):
    peers = table[column].drop(OURS, errors="ignore")
    name = getattr(peers, f"idx{best}")()
    return f"{name} {peers[name]:.{decimals}f}"


def report_full(lines):
    """Each set and setting: ours, and the best peer, by AUROC and by average precision."""
    rows = []
    for (setting, name), group in lines.groupby(["setting", "set"]):
        of_methods = group.groupby("method")[["AUROC", "precision"]].mean()
        row = {"set": name, "setting": setting, "rows": f"{len(load_outliers(name)[1]):,}"}
        for column in ("AUROC", "precision"):
            row |= {
                column: round(of_methods[column][OURS], 1),
                f"{column}, best peer": best_peer(of_methods, column, "max", 1),
            }
        rows.append(row)
    print(pd.DataFrame(rows).to_string())
    return rows


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--sets", type=int, default=None, help="how many sets, all by default")
    parser.add_argument("--names", nargs="+", default=None, help="these sets only")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--methods", nargs="+", default=None, help="these contestants only")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--full", action="store_true", help="sets of 10,000 rows and more, whole")
    arguments = parse_arguments(parser, selectors=("full",))
    if arguments.full:
        names = arguments.names or [name for name in outlier_names() if len(load_outliers(name)[1]) >= FULL_ROWS]
        jobs = [(name, setting, arguments.seeds[0]) for name in names for setting in SETTINGS]
        lines = pd.DataFrame([line for job in jobs for line in compete(*job, arguments.methods, full=True)])
        write_results("outliers_full", report_full(lines), arguments, packages=("pyod",), lines=lines)
        return
    names = (arguments.names or outlier_names())[: arguments.sets]
    jobs = [(name, setting, seed) for seed in arguments.seeds for name in names for setting in SETTINGS]
    results = Parallel(n_jobs=arguments.jobs, verbose=1)(delayed(compete)(*job, arguments.methods) for job in jobs)
    lines = pd.DataFrame([line for result in results for line in result])
    halves = [{"sets": "tuned on"}, {"sets": "untouched"}]
    tables = []
    for setting in SETTINGS:
        in_setting = lines[lines.setting == setting]
        tables.append(report(f"{setting}, all", in_setting).add_prefix(f"{setting} "))
        for row, part in zip(halves, (outlier_names()[::2], outlier_names()[1::2]), strict=True):
            half = in_setting[in_setting.set.isin(part)]
            if OURS not in half.method.to_numpy() or half.method.nunique() < 2:
                continue
            table = report(f"{setting}, {row['sets']}", half)
            row[f"{setting} AUROC"] = round(table["AUROC"][OURS], 2)
            row[f"{setting} best peer"] = best_peer(table, "AUROC", "max")
            row[f"{setting} rank"] = f"{table['AUROC rank'][OURS]:.2f} ({best_peer(table, 'AUROC rank', 'min')})"
    table = pd.concat(tables, axis=1).rename(columns={"contaminated seconds": "seconds"})
    columns = [name for name in table if name != "one-class seconds"]
    best = {name: "min" if "rank" in name else "max" for name in columns[:-1]}
    table = table.sort_values("one-class AUROC", ascending=False)
    rows = records(table, "method", dict.fromkeys(columns, 2))
    write_results("outliers", rows, arguments, best=best, packages=("pyod",), lines=lines)
    write_results("outliers_halves", halves, arguments, packages=("pyod",))


if __name__ == "__main__":
    main()
