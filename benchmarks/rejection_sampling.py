"""What do samples gain from choosing among draws by a density ratio? Those of a fitted generator, with and without it.

Figures are those of ``synthesis.py``, with the class among the columns, and at most 5,000 training and 5,000 test rows.
*Copies* are generated rows that are equal to a training row, in percent, beside the share of test rows that are.
*Acceptance* is the share of draws that were accepted; seconds are of processor time of one core, of the whole fit, of
what the density ratio adds to it, and of samples of as many rows as there are training rows.

Run ``OMP_NUM_THREADS=1 python benchmarks/rejection_sampling.py`` (half an hour).
"""

import copy
import time
import warnings
from unittest import mock

import pandas as pd
import torch
from _results import argument_parser, parse_arguments, records, write_results
from synthesis import quality, split

from skaae import AAEGenerator
from skaae.estimators import _generator

TABLES = ("online_shoppers", "default_credit_card_15k", "compas", "electricity", "chile_vote", "titanic")
TRIED_ON = ("adult", "churn_telco", "abalone", "churn_mlc", "hr_attrition", "stroke")
MAX_ROWS = 5000
FIGURES = ("shape", "trend", "utility", "detection", "nearer")


def parts(name, seed):
    """Training and test rows."""
    return [
        rows.sample(min(len(rows), MAX_ROWS), random_state=seed).reset_index(drop=True) for rows in split(name, seed)
    ]


def copies(train, rows):
    """The share of rows that are equal to a training row, in percent."""
    names = list(train)
    known = set(map(tuple, train[names].astype(str).to_numpy()))
    return 100 * sum(row in known for row in map(tuple, rows[names].astype(str).to_numpy())) / len(rows)


def compare(name, seed):
    """Lines of a table: samples by the flow, samples that were accepted, and the training rows."""
    train, test = parts(name, seed)
    spent = []

    def timed(*arguments):
        start = time.process_time()
        ratio = fit_density_ratio(*arguments)
        spent.append(time.process_time() - start)
        return ratio

    fit_density_ratio = _generator.fit_density_ratio
    start = time.process_time()
    with mock.patch.object(_generator, "fit_density_ratio", timed):
        chosen = AAEGenerator(random_state=seed).fit(train)
    of_fit = {"fit, seconds": time.process_time() - start, "ratio, seconds": spent[0]}
    plain = copy.copy(chosen)
    plain._density_ratio = None
    for method, model in (("all draws", plain), ("accepted draws", chosen)):
        start = time.process_time()
        made = model.sample(len(train), random_state=seed)
        seconds = {"sample, seconds": time.process_time() - start, "acceptance": model.acceptance_rate_}
        figures = {**quality(train, test, made), "copies": copies(train, made), **of_fit, **seconds}
        yield {"table": name, "seed": seed, "samples": method, **figures}
    of_test, of_train = (quality(train, test, rows) for rows in (test, train))
    floor = {**of_train, "shape": of_test["shape"], "trend": of_test["trend"], "nearer": float("nan")}
    yield {"table": name, "seed": seed, "samples": "real rows", **floor, "copies": copies(train, test)}


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--names", nargs="+", default=list(TABLES), help="these tables only")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    arguments = parse_arguments(parser)
    torch.set_num_threads(1)
    lines = []
    for name in arguments.names:
        for seed in arguments.seeds:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                for line in compare(name, seed):
                    lines.append(line)
                    print(pd.DataFrame([line]).round(2).to_string(index=False, header=len(lines) == 1), flush=True)
    lines = pd.DataFrame(lines)
    decimals = dict.fromkeys((*FIGURES, "copies", "acceptance"), 2) | dict.fromkeys(
        ("fit, seconds", "ratio, seconds", "sample, seconds"), 1
    )
    means = lines.drop(columns=["seed", "table"]).groupby("samples", sort=False).mean()
    write_results("rejection_sampling", records(means, "samples", decimals), arguments, lines=lines)


if __name__ == "__main__":
    main()
