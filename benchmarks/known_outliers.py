"""A few known anomalies: what do they add, and to whom?

Contaminated training rows of ADBench's classical sets, as in ``outliers.py``, of which 5, 10 or 50 anomalies are known,
or all that there are; a peer takes all other rows for normal. "worst set" is the lowest difference of an AUROC to that
of the detector without `y`, in points.

Run ``python benchmarks/known_outliers.py`` (a quarter of an hour on one core); ``--methods XGBOD`` takes as long again,
with 10 known anomalies only; ``--resume FILE`` keeps what is done, and goes on. The sets are the thirteen that no
default was chosen on. PyOD 3.6.7 has no DeepSAD, and its DevNet ranks below chance (with 10 known anomalies AUROC 3.4
on thyroid, 0.5 on WBC).
"""

import contextlib
import importlib
import io
import json
import os
import time
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import torch
from _data import outlier_names
from _results import argument_parser, parse_arguments, write_results
from outliers import problem
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score

from skaae import AAEOutlierDetector

OURS, UNSUPERVISED = "AAEOutlierDetector", "without y"
SLOW = ("XGBOD",)
COUNTS, COUNTS_OF_SLOW = (5, 10, 50), (10,)


def scores_of(method, X, y, X_test, seed):
    """Scores of test rows, higher for anomalies, by a method that is told of the anomalies in ``y``."""
    if method in (OURS, UNSUPERVISED):
        known = np.where(y == 1, -1, 0) if method == OURS else None
        return -AAEOutlierDetector(random_state=seed).fit(X, known).score_samples(X_test)
    if method == "RandomForestClassifier":
        return RandomForestClassifier(random_state=seed).fit(X, y).predict_proba(X_test)[:, 1]
    if method == "LogisticRegression":
        return LogisticRegression(class_weight="balanced", max_iter=500).fit(X, y).predict_proba(X_test)[:, 1]
    if method == "XGBClassifier":
        xgboost = importlib.import_module("xgboost")
        return xgboost.XGBClassifier(n_jobs=1, random_state=seed).fit(X, y).predict_proba(X_test)[:, 1]
    xgbod = importlib.import_module("pyod.models.xgbod")
    return np.ravel(xgbod.XGBOD(random_state=seed).fit(X, y).decision_function(X_test))


def compete(method, name, n_known, draw):
    """A line: how well a method that knows so many anomalies ranks the test rows."""
    X, X_test, y_train, y_test = problem(name, "contaminated", draw)
    known = np.random.RandomState(100 + draw).permutation(np.flatnonzero(y_train == 1))[:n_known]
    y = np.zeros(len(X), int)
    y[known] = 1
    start = time.perf_counter()
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        try:
            scores, failure = np.nan_to_num(scores_of(method, X, y, X_test, draw)), None
        except Exception as error:  # a peer that fails scores all rows alike
            scores, failure = np.zeros(len(X_test)), f"{type(error).__name__}: {error}"
    line = {"set": name, "draw": draw, "known": n_known, "method": method, "failure": failure}
    line |= {"AUROC": 100 * roc_auc_score(y_test, scores), "precision": 100 * average_precision_score(y_test, scores)}
    return {**line, "seconds": time.perf_counter() - start}


def tasks(names, draws, methods):
    """Arguments of ``compete``, quick methods first; without `y` the number of known anomalies makes no difference."""
    quick = [method for method in methods if method not in SLOW]
    for draw in range(draws):
        for name in names:
            for method in quick:
                for n_known in (0,) if method == UNSUPERVISED else COUNTS:
                    yield method, name, n_known, draw
    for draw in range(draws):
        for name in names:
            for method in methods:
                if method in SLOW:
                    yield from ((method, name, n_known, draw) for n_known in COUNTS_OF_SLOW)


def summary(lines):
    """A row for each method: means over the sets, and the worst set against the detector without `y`."""
    without = lines[lines.method == UNSUPERVISED]
    lines = pd.concat([lines[lines.method != UNSUPERVISED], *(without.assign(known=n) for n in COUNTS)])
    of_sets = lines.pivot_table(index="set", columns=["method", "known"], values=["AUROC", "precision"])
    rows = []
    for method in dict.fromkeys(lines.method):
        row = {"method": method}
        for figure in ("AUROC", "precision"):
            for n in COUNTS:
                present = (figure, method, n) in of_sets
                row[f"{figure}, {n} known"] = round(float(of_sets[figure, method, n].mean()), 1) if present else None
        for n in COUNTS if method != UNSUPERVISED else ():
            if ("AUROC", method, n) in of_sets:
                difference = of_sets["AUROC", method, n] - of_sets["AUROC", UNSUPERVISED, n]
                row[f"worst set, {n} known"] = round(float(difference.min()), 1)
        rows.append(row)
    return rows


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--names", nargs="+", default=None, help="these sets only")
    parser.add_argument("--draws", type=int, default=1)
    methods = [OURS, UNSUPERVISED, "RandomForestClassifier", "LogisticRegression", "XGBClassifier"]
    parser.add_argument("--methods", nargs="+", default=methods)
    parser.add_argument("--resume", type=Path, default=None, help="a file of lines that are done")
    arguments = parse_arguments(parser, selectors=("resume",))
    torch.set_num_threads(1)
    lines = []
    if arguments.resume is not None and arguments.resume.exists():
        lines = [json.loads(line) for line in arguments.resume.read_text().splitlines()]
    done = {(line["method"], line["set"], line["known"], line["draw"]) for line in lines}
    names = arguments.names or outlier_names()[1::2]
    for task in tasks(names, arguments.draws, arguments.methods):
        if task not in done:
            lines.append(compete(*task))
            print(lines[-1], flush=True)
            if arguments.resume is not None:
                with arguments.resume.open("a") as file:
                    file.write(json.dumps(lines[-1]) + "\n")
    table = pd.DataFrame(lines)
    rows = summary(table[table.set.isin(names) & table.method.isin([UNSUPERVISED, *arguments.methods])])
    print(pd.DataFrame(rows).to_string(index=False))
    best = {column: "max" for column in rows[0] if column != "method"}
    write_results("known_outliers", rows, arguments, best=best, packages=("xgboost",), lines=table)


if __name__ == "__main__":
    main()
