"""How many generated rows break what holds in every training row?

Two kinds of rules, of at most 3,000 rows of each table. *Columns*: equal cells of one column go with equal cells of
another in every row, such as the number of a month and its name. *Cells*: all rows of one category, twenty at least,
have the same cell in another categorical column, such as those without a phone under "several lines". Each would be
broken twenty times at least if its columns were independent. `AAEGenerator` with default parameters makes as many rows
as it was fitted to; *pairs* is the mean share of rows that break a pair of columns, *worst pair* the largest, and *any
cell* the share of rows that break some rule of cells, in percent; *real* is the share of the rows of either half of a
table that break the rules of the other half. The tables are all that have rules of columns, and then the first in
alphabetical order that have rules of cells, twenty in all.

Run ``python benchmarks/dependences.py`` (about ten minutes). It resumes where it was stopped;
``--before FOLDER`` fits with another checkout of the project as well, for a comparison.
"""

import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from _data import load_table, table_names
from _results import RESULTS, argument_parser, parse_arguments, records, write_results

MAX_ROWS, N_TABLES = 3000, 20
MAX_COLUMNS = 300
MIN_ROWS_OF_CELL = MIN_EXPECTED_BREACHES = 20
HERE = Path(__file__).parent.parent


def rows_of(name):
    """The rows that are trained on."""
    X = load_table(name)[0]
    return X.iloc[np.random.RandomState(0).permutation(len(X))[:MAX_ROWS]].reset_index(drop=True)


def column_rules(X):
    """Pairs of columns, the first of which determines the second."""
    codes = {name: pd.factorize(X[name])[0] for name in X if 2 <= X[name].nunique() <= len(X) / 3}
    return [(a, b) for a in codes for b in codes if a != b and determines(codes[a], codes[b])]


def determines(source, target):
    present = (source >= 0) & (target >= 0)
    source, target = source[present], target[present]
    if not len(source):
        return False
    image = np.zeros(source.max() + 1, int)
    image[source] = target
    n_repeated = len(source) - len(np.unique(source))
    return (image[source] == target).all() and n_repeated * chance_of_breach(target) >= MIN_EXPECTED_BREACHES


def chance_of_breach(codes):
    return 1 - np.square(np.bincount(codes) / len(codes)).sum()


def cell_rules(X, pairs):
    """Cells of categories that go with one cell of another category: (column, cell, other column, its cell)."""
    rules = []
    names = list(X.select_dtypes("category"))
    for a in names:
        for cell, rows in X.groupby(a, observed=True).groups.items():
            for b in names:
                others = X.loc[rows, b].dropna()
                if a == b or (a, b) in pairs or len(others) < MIN_ROWS_OF_CELL or others.nunique() > 1:
                    continue
                share = (X[b] == others.iloc[0]).mean()
                if len(others) * (1 - share) >= MIN_EXPECTED_BREACHES:
                    rules.append((a, cell, b, others.iloc[0]))
    return rules


def broken_pair(X, made, a, b):
    """Share of the generated rows with other cells than those of training rows, where the first cell occurred."""
    known = X[[a, b]].dropna().drop_duplicates(a).set_index(a)[b]
    expected = made[a].astype(object).map(known.astype(object).to_dict())
    present = expected.notna() & made[b].notna()
    return 100 * (~are_equal(expected[present], made.loc[present, b])).sum() / len(made)


def are_equal(expected, cells):
    if pd.api.types.is_numeric_dtype(cells):
        return np.isclose(expected.astype(float), cells.astype(float), rtol=1e-5)
    return expected.astype(str).to_numpy() == cells.astype(str).to_numpy()


def broken_by_cells(made, rules):
    """Share of the generated rows that break some rule of cells."""
    broken = np.zeros(len(made), bool)
    for a, cell, b, other in rules:
        broken |= ((made[a] == cell) & made[b].notna() & (made[b] != other)).to_numpy(bool)
    return 100 * broken.mean()


def broken_by_real_rows(X):
    """Share of the rows of one half that break the rules of cells of the other half, in the mean of both."""
    rows = np.random.RandomState(0).permutation(len(X))
    halves = [X.iloc[rows[start::2]] for start in (0, 1)]
    return np.mean([broken_by_cells(b, cell_rules(a, column_rules(a))) for a, b in (halves, halves[::-1])])


def tables():
    """The rules of the tables that are reported, by name."""
    by_columns, by_cells = {}, {}
    for name in table_names():
        if load_table(name)[0].shape[1] > MAX_COLUMNS:
            continue
        X = rows_of(name)
        pairs = column_rules(X)
        cells = cell_rules(X, pairs)
        (by_columns if pairs else by_cells if cells else {})[name] = (pairs, cells)
    return dict([*by_columns.items(), *by_cells.items()][:N_TABLES])


def generate(name, checkout):
    """Rows by the package of a checkout, made in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.pickle"
        environment = os.environ | {"PYTHONPATH": str(checkout)}
        subprocess.run([sys.executable, __file__, "--make", name, str(path)], env=environment, check=True)
        return pd.read_pickle(path)


def make(name, path):
    """Generated rows, as many as the training rows, into a file."""
    from skaae import AAEGenerator

    X = rows_of(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        AAEGenerator(random_state=0).fit(X).sample(len(X), random_state=0).to_pickle(path)


def commit_of(checkout):
    run = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=checkout, capture_output=True, text=True)
    return run.stdout.strip()


def compete(name, rules, checkout):
    """One line: the rules of a table, and the shares of generated rows that break them."""
    X, made, (pairs, cells) = rows_of(name), generate(name, checkout), rules
    broken = [broken_pair(X, made, *pair) for pair in pairs]
    return {
        "table": name,
        "column rules": len(pairs),
        "cell rules": len(cells),
        "commit": commit_of(checkout),
        "pairs": np.mean(broken) if broken else np.nan,
        "worst pair": max(broken, default=np.nan),
        "any cell": broken_by_cells(made, cells) if cells else np.nan,
        "any cell, real": broken_by_real_rows(X) if cells else np.nan,
    }


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--before", type=Path, default=None, help="another checkout to compare with")
    arguments = parse_arguments(parser, selectors=["before"])
    checkouts = {"before": arguments.before, "now": HERE} if arguments.before else {"now": HERE}
    done = (arguments.output or RESULTS) / "dependences.csv"
    lines = pd.read_csv(done).to_dict("records") if done.exists() else []
    for name, rules in tables().items():
        for checkout in checkouts.values():
            if (name, commit_of(checkout)) not in {(line["table"], line["commit"]) for line in lines}:
                lines.append(compete(name, rules, checkout))
                print(lines[-1], flush=True)
                pd.DataFrame(lines).to_csv(done, index=False)
    shown = pd.DataFrame(lines)
    of_commit = {when: shown[shown.commit == commit_of(path)].set_index("table") for when, path in checkouts.items()}
    table = of_commit["now"][["column rules", "cell rules"]].copy()
    for figure in ("pairs", "worst pair", "any cell"):
        for when, part in of_commit.items():
            table[f"{figure}, {when}"] = part[figure]
    table["any cell, real"] = of_commit["now"]["any cell, real"]
    decimals = {column: 0 if column.endswith("rules") else 2 for column in table}
    write_results("dependences", records(table, "table", decimals), arguments, lines=shown)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--make"]:
        make(*sys.argv[2:])
    else:
        main()
