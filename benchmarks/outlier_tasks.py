"""Who finds the anomalies where nobody tuned? Tasks that are made of public tables.

*Class* tasks: rows of a class among those of another, or of all others. *Category* tasks: rows of a category, or of
several, among the rest, without their column. There are 300 to 3,000 rows (``--max-rows 50000`` for more), 1 to 20 % of
them outliers, in two settings: trained on half of the normal rows, and tested on the other half and all outliers
(one-class), or trained on seven tenths of all rows, and tested on the rest (contaminated). *Synthetic* tasks (``--kinds
local cluster global dependency``) are apart, because they flatter: the outliers of ADBench (Han et al., 2022) among a
table's columns of numbers, from mixtures of Gaussians with five times the covariance (local) or mean (cluster), from
uniform distributions (global), or with columns that are independent (dependency).

Our detector takes tables as they are, peers those that `TableEncoder` encodes; all have default parameters. The tables
are those that no default was chosen on, or with ``--half tuned`` the others. "best of each task" is what an oracle
would choose; "best pair" is the sum of two methods' ranks, the pair with the highest mean AUROC, which is chosen on
these very tasks, and flatters therefore.

    python benchmarks/outlier_tasks.py              ten minutes on one core; --resume FILE keeps what is done
"""

import itertools
import json
import os
import time
import warnings
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import torch
from _data import load_table, table_names, tuned_on
from _results import argument_parser, parse_arguments, records, write_results
from outliers import ours, pyod
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import train_test_split

from skaae import TableEncoder

OURS = "AAEOutlierDetector"
PEERS = ("IForest", "KNN", "PCA", "HBOS", "ECOD", "GMM", "LOF", "INNE")
SETTINGS = ("one-class", "contaminated")
KINDS = ("class", "classes", "category")
SYNTHETIC = ("local", "cluster", "global", "dependency")
MIN_ROWS, MAX_ROWS, MIN_OUTLIERS, SHARES = 300, 3_000, 10, (0.01, 0.2)


class Task(NamedTuple):
    """What makes a task: a table, the kind of outliers, the setting, and a seed."""

    table: str
    kind: str
    setting: str
    draw: int


class Problem(NamedTuple):
    """Training rows, test rows, and which of either are outliers."""

    X: pd.DataFrame
    X_test: pd.DataFrame
    y: np.ndarray
    y_test: np.ndarray


def problem(task, max_rows=MAX_ROWS):
    """The rows of a task; None where the table has not enough of them."""
    places = (table_names().index(task.table), (*KINDS, *SYNTHETIC).index(task.kind))
    rng = np.random.default_rng([task.draw, *places])
    X, classes = load_table(task.table)
    make = synthetic_rows if task.kind in SYNTHETIC else real_rows
    made = make(X, as_text(classes), task.kind, max_rows, rng)
    if made is None:
        return None
    rows, y = made
    seed = int(rng.integers(2**31))
    if task.setting == "contaminated":
        train, test = train_test_split(np.arange(len(y)), test_size=0.3, stratify=y, random_state=seed)
    else:
        normal = np.random.RandomState(seed).permutation(np.flatnonzero(~y))
        train = normal[: len(normal) // 2]
        test = np.concatenate([normal[len(normal) // 2 :], np.flatnonzero(y)])
    return Problem(rows.iloc[train], rows.iloc[test], y[train], y[test])


def real_rows(X, classes, kind, max_rows, rng):
    """Rows of a table, some of which are of a class or of categories that make them outliers."""
    if kind == "category":
        columns = [name for name in X.select_dtypes("category") if X[name].nunique() > 1]
        if not columns:
            return None
        column = rng.choice(columns)
        groups, X = as_text(X[column]), X.drop(columns=column)
    else:
        groups = classes
    names, counts = np.unique(groups, return_counts=True)
    order = rng.permutation(len(names))
    n_outlying = int(rng.integers(1, max(2, len(names) // 3 + 1))) if kind == "category" else 1
    outlying = names[order[:n_outlying]]
    normal = names[order[n_outlying:]] if kind != "class" else names[order[1:][np.argmax(counts[order[1:]])]]
    pools = np.flatnonzero(np.isin(groups, normal)), np.flatnonzero(np.isin(groups, outlying))
    sizes = sample_sizes(len(pools[0]), len(pools[1]), max_rows, rng)
    if sizes is None or X.shape[1] == 0:
        return None
    chosen = [rng.permutation(pool)[:size] for pool, size in zip(pools, sizes, strict=True)]
    return X.iloc[np.concatenate(chosen)], np.repeat([False, True], sizes)


def as_text(cells):
    """Cells as text, missing ones too."""
    return np.array([str(cell) for cell in cells])


def sample_sizes(n_normal, n_outlying, max_rows, rng):
    """How many normal rows and outliers are drawn of so many; None if these are too few."""
    most = min(max_rows, n_normal)
    if most < MIN_ROWS or n_outlying < MIN_OUTLIERS:
        return None
    n = round(np.exp(rng.uniform(np.log(MIN_ROWS), np.log(most))))
    share = np.exp(rng.uniform(*np.log(SHARES)))
    n_outliers = int(np.clip(round(share * n), MIN_OUTLIERS, n_outlying))
    return min(n, n_normal), n_outliers


def synthetic_rows(X, classes, kind, max_rows, rng):
    """A table's columns of numbers, and outliers that are made of them."""
    X = X.select_dtypes("number").dropna(axis=1)
    X = X.loc[:, X.nunique() > 5]
    sizes = sample_sizes(len(X), len(X), max_rows, rng)
    if sizes is None or not 2 <= X.shape[1] <= 100:
        return None
    rows = X.to_numpy(float)[rng.permutation(len(X))[: sizes[0]]]
    center, spread = rows.mean(0), rows.std(0) + 1e-9
    rows = (rows - center) / spread
    if kind == "global":
        outliers = rng.uniform(1.1 * rows.min(0), 1.1 * rows.max(0), (sizes[1], rows.shape[1]))
    elif kind == "dependency":
        outliers = np.stack([rng.choice(column, sizes[1]) for column in rows.T], axis=1)
    else:
        mixture = GaussianMixture(4, reg_covar=1e-3, random_state=int(rng.integers(2**31))).fit(rows)
        if kind == "cluster":
            mixture.means_ = mixture.means_ * 5
        else:
            mixture.covariances_ = mixture.covariances_ * 5
        outliers = mixture.sample(sizes[1])[0]
    everything = np.concatenate([rows, outliers]) * spread + center
    return pd.DataFrame(everything, columns=X.columns), np.repeat([False, True], sizes)


def scores_of(method, X, X_test, seed):
    """Scores of test rows, higher for outliers."""
    if method == OURS:
        fit, score = ours(seed)
        fit(X)
        return score(X_test)
    encoder = TableEncoder().fit(X)
    fit, score = pyod(method, seed)
    fit(encoder.transform(X))
    return np.nan_to_num(score(encoder.transform(X_test)))


def compete(task, methods, max_rows=MAX_ROWS):
    """A line for each method, with its ranks of the test rows; none where the table has not enough rows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = problem(task, max_rows)
        if made is None:
            return []
        lines, ranks = [], {}
        for method in methods:
            torch.manual_seed(task.draw)
            start = time.process_time()
            try:
                scores = scores_of(method, made.X, made.X_test, task.draw)
            except Exception as error:  # a peer that fails scores all rows alike
                print(f"{method} failed on {task}: {type(error).__name__}: {str(error)[:100]}", flush=True)
                scores = np.zeros(len(made.y_test))
            ranks[method] = rankdata(scores)
            lines.append(line(task, method, made.y_test, scores, time.process_time() - start))
        for pair in itertools.combinations(methods, 2):
            lines.append(line(task, " and ".join(pair), made.y_test, ranks[pair[0]] + ranks[pair[1]], np.nan))
    return lines


def line(task, method, y_test, scores, seconds):
    """What a method achieves in a task."""
    auroc, precision = roc_auc_score(y_test, scores), average_precision_score(y_test, scores)
    return {**task._asdict(), "method": method, "AUROC": 100 * auroc, "precision": 100 * precision, "seconds": seconds}


def summary(lines):
    """A row for each method, the oracle and the best pair: means and mean ranks in both settings."""
    is_pair = lines.method.str.contains(" and ")
    alone = lines[~is_pair]
    best_pair = lines[is_pair].groupby("method").AUROC.mean().idxmax() if is_pair.any() else None
    table = {}
    for setting in SETTINGS:
        in_setting = lines[lines.setting == setting]
        for figure in ("AUROC", "precision"):
            of_setting = alone[alone.setting == setting]
            of_tasks = of_setting.pivot(index=["table", "kind", "draw"], columns="method", values=figure)
            values = of_tasks.mean()
            values["best of each task"] = of_tasks.max(axis=1).mean()
            if best_pair is not None:
                values[f"best pair: {best_pair}"] = in_setting[in_setting.method == best_pair][figure].mean()
            table[f"{setting} {figure}"] = values
            table[f"{setting} {figure} rank"] = of_tasks.rank(axis=1, ascending=False).mean()
    return pd.DataFrame(table)


def all_tasks(draws, kinds=KINDS):
    """Every table, kind, setting and draw."""
    return [
        Task(name, kind, setting, draw)
        for draw in range(draws)
        for name in table_names()
        for kind in kinds
        for setting in SETTINGS
    ]


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--draws", type=int, default=1)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=(*KINDS, *SYNTHETIC))
    parser.add_argument("--max-rows", type=int, default=MAX_ROWS)
    parser.add_argument("--methods", nargs="+", default=[OURS, *PEERS])
    parser.add_argument("--half", choices=("tuned", "untouched"), default="untouched")
    parser.add_argument("--resume", type=Path, default=None, help="a file of lines that are done")
    arguments = parse_arguments(parser, selectors=("resume",))
    torch.set_num_threads(1)
    done = []
    if arguments.resume is not None and arguments.resume.exists():
        done = [json.loads(each) for each in arguments.resume.read_text().splitlines()]
    known = {Task(**each["task"]) for each in done}
    for task in all_tasks(arguments.draws, arguments.kinds):
        if task in known or (task.table in tuned_on()) != (arguments.half == "tuned"):
            continue
        done.append({"task": task._asdict(), "lines": compete(task, arguments.methods, arguments.max_rows)})
        if arguments.resume is not None:
            with arguments.resume.open("a") as file:
                file.write(json.dumps(done[-1]) + "\n")
    lines = pd.DataFrame([each for group in done for each in group["lines"]])
    table = summary(lines).round(2)
    print(f"{len(lines.drop_duplicates(list(Task._fields)))} tasks\n{table.to_string()}")
    best = {column: "min" for column in table if "rank" in column}
    rows = records(table.sort_values("one-class AUROC", ascending=False), "method", dict.fromkeys(table, 2))
    write_results("outlier_tasks", rows, arguments, best=best, packages=("pyod",), lines=lines)


if __name__ == "__main__":
    main()
