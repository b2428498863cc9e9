"""What happens under bad luck? Thousands of bad inputs to every public method, and a thousand fits of random tables.

Run ``python benchmarks/reliability.py`` (a quarter of an hour on one core). The cases are those of
``tests/test_fuzz.py``: tables of any dtype and shape, spoiled in one way or more, labels of any kind, and other rows
for the fitted model. A call ends right, or is refused, by a ValueError or a TypeError of our checks or scikit-learn's
(the most frequent messages are printed). A fit may also give up, where its losses do not stay finite even at lower
learning rates. Anything else is wrong: another error, a warning that is not ours, a result of another shape, NaN or
infinity, or rows that have been changed.

Random fits are of mixed columns (10 to 200 rows, 1 to 12 columns, some incomplete), with every parameter drawn within
its constraints; after each, every method is called.
"""

import re
import sys
from collections import Counter, defaultdict
from numbers import Integral
from pathlib import Path

import numpy as np
import torch
from _results import argument_parser, parse_arguments, write_results
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies
from sklearn.linear_model import LogisticRegression
from sklearn.utils._param_validation import Interval, StrOptions

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from bad_input import Case, cases
from fuzzed import METRICS, VARIANTS, estimators, of_estimator, of_metrics, of_search

from skaae import TableEncoder

KINDS = ("right", "refused", "gave up", "wrong")
GROUPS = {
    "other dtypes of arrays": r"kind='(float(16|32)|whole|8-bit|bools|objects|words|complex|lists|numbers and)",
    "frames of other dtypes": r"kind='(mixed frame|frame of (?!floats))",
    "sparse, one dimension or three, none": r"kind='(sparse|one dim|three|nothing|a word)|sparse in|one dimension in",
    "missing cells and infinity": r"missing|infinity|kind='frame of (boolean|Int64|Float64|string)",
    "scales of 1e300 or 1e-300, wild cells": r"1e300|1e-300|all scales|wild|far from zero",
    "constant, repeated or discrete columns": r"constant|column twice|zeros|two values|repeated values",
    "names and index": r"'a name|'names|'an index",
    "strides, byte order, read-only, on disk": r"read-only|Fortran|strides|on disk|bytes|masked",
    "no row, one or two": r"n_rows=[012],|no rows|one row",
    "no column": r"n_columns=0",
    "other rows than in training": r"change='(?!the same rows)",
}


class Tally:
    """Outcomes by what was called and by kind of input, and errors by message."""

    def __init__(self):
        self.called = defaultdict(Counter)
        self.inputs = defaultdict(Counter)
        self.messages = Counter()
        self.fits = Counter()
        self.wrong = []

    def add(self, of, case, steps):
        description = re.sub("labels='.*?'", "", repr(case))
        groups = [name for name, pattern in GROUPS.items() if re.search(pattern, description)]
        for counter in (self.called[of], *(self.inputs[name] for name in groups)):
            counter["inputs"] += 1
        for name, outcome in steps:
            for counter in (self.called[of], *(self.inputs[group] for group in groups)):
                counter[outcome.kind] += 1
            self.fits[outcome.kind] += name == "fit"
            if outcome.kind == "wrong":
                self.wrong.append((of, name, outcome.detail, case))
            elif outcome.kind != "right":
                self.messages[re.sub(r"[\d.]+|\[.*|'.*", "#", outcome.detail.partition("\n")[0])[:110]] += 1

    def rows(self, head, counters):
        """A row for each name: inputs, calls, and calls by outcome."""
        return [
            {head: name, "inputs": counter["inputs"], "calls": sum(counter[kind] for kind in KINDS)}
            | {kind: counter[kind] for kind in KINDS}
            for name, counter in counters.items()
        ]

    def rows_by_call(self):
        total = sum(self.called.values(), Counter())
        return self.rows("called", dict(sorted(self.called.items())) | {"all": total})

    def rows_by_input(self):
        return self.rows("input", dict(sorted(self.inputs.items())))

    def show(self, n_messages):
        print(*self.rows_by_call(), sep="\n")
        print(f"\nThe most frequent of {len(self.messages)} messages:\n")
        for message, count in self.messages.most_common(n_messages):
            print(f"- {count:,} times: {message}")
        for case in self.wrong:
            print("\nWRONG", *case, sep="\n  ")


def run_examples(n, *strategies):
    """A decorator that runs a function on n draws, always the same."""
    options = {"database": None, "deadline": None, "phases": [Phase.generate]}
    profile = settings(max_examples=n, suppress_health_check=list(HealthCheck), **options)
    return lambda function: seed(0)(profile(given(*strategies)(function)))()


def bad_inputs(n):
    tally = Tally()
    run_examples(n * 6 // 10, estimators(), cases())(
        lambda model, case: tally.add(type(model).__name__, case, of_estimator(model, *case.make()))
    )
    run_examples(n * 3 // 10, strategies.sampled_from([*METRICS]), cases())(
        lambda name, case: tally.add("metrics", case, of_metrics(name, *case.make()))
    )
    run_examples(n // 10, cases())(lambda case: tally.add("searches and splits", case, of_search(*case.make()[:2])))
    return tally


PARAMETERS = {  # to keep fits small, and where constraints do not say what is valid
    "hidden_layer_sizes": lambda rng: tuple(rng.integers(1, 9, rng.integers(0, 3)).tolist()),
    "flow_layer_sizes": lambda rng: tuple(rng.integers(1, 9, 2).tolist()),
    "max_iter": lambda rng: int(rng.integers(1, 6)),
    "flow_max_iter": lambda rng: int(rng.integers(1, 6)),
    "n_components": lambda rng: [None, 1, 2, 3][rng.integers(4)],
    "learning_rate_init": lambda rng: float(10 ** rng.uniform(-5, 0)),
    "teachers": lambda rng: None if rng.random() < 0.5 else [LogisticRegression()],
    "class_prior": lambda rng: None,
    "categorical_features": lambda rng: "from_dtype",
    "corruption": lambda rng: ["gaussian", "masked", "salt_and_pepper"][rng.integers(3)],
    "image_shape": lambda rng: None,
    "device": lambda rng: "cpu",
    "verbose": lambda rng: 0,
    "random_state": lambda rng: int(rng.integers(1000)),
}


def draw_value(constraints, rng):
    """A value within one of a parameter's constraints."""
    allowed = [
        each for each in constraints if each is None or isinstance(each, (Interval, StrOptions)) or each == "boolean"
    ]
    constraint = allowed[rng.integers(len(allowed))]
    if constraint is None:
        return None
    if constraint == "boolean":
        return bool(rng.random() < 0.5)
    if isinstance(constraint, StrOptions):
        return sorted(constraint.options)[rng.integers(len(constraint.options))]
    if constraint.type is Integral:
        return int(rng.integers(constraint.left, constraint.left + 5))
    high = 2.0 if constraint.right is None else constraint.right
    return float(constraint.left + (high - constraint.left) * rng.uniform(0.01, 0.99))


def random_estimator(rng):
    kinds = [kind for kind in VARIANTS if kind is not TableEncoder]
    kind = kinds[rng.integers(len(kinds))]
    draws = dict(PARAMETERS)
    if kind.__name__ != "SemiSupervisedAAEClassifier":
        del draws["teachers"]
    constraints = kind._parameter_constraints.items()
    return kind(**{name: draws[name](rng) if name in draws else draw_value(each, rng) for name, each in constraints})


def random_fits(n):
    tally = Tally()
    spoils = ["missing cells", "repeated values", "a constant column", "two values", "a column twice"]
    for i in range(n):
        rng = np.random.default_rng(i)
        kind = ["mixed frame", "mixed frame", "float64", "frame of Float64", "float32"][rng.integers(5)]
        chosen = tuple(rng.choice(spoils, rng.integers(3), replace=False).tolist())
        n_rows, n_columns = int(rng.integers(10, 201)), int(rng.integers(1, 13))
        labels = ["classes", "words", "some unknown", "some None"][rng.integers(4)]
        case = Case(kind, n_rows, n_columns, chosen, "the same rows", labels, i)
        model = random_estimator(rng)
        tally.add(type(model).__name__, (model, case), of_estimator(model, *case.make()))
    tally.inputs.clear()
    return tally


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--inputs", type=int, default=5000, help="bad inputs to try")
    parser.add_argument("--fits", type=int, default=1000, help="random fits to try")
    arguments = parse_arguments(parser)
    torch.set_num_threads(1)
    if arguments.inputs:
        tally = bad_inputs(arguments.inputs)
        tally.show(20)
        write_results("reliability", tally.rows_by_call(), arguments)
        write_results("reliability_kinds", tally.rows_by_input(), arguments)
    if arguments.fits:
        tally = random_fits(arguments.fits)
        tally.show(20)
        total = sum(tally.called.values(), Counter())
        n_calls = sum(total[kind] for kind in KINDS) - sum(tally.fits.values())
        outcomes = {kind: tally.fits[kind] for kind in KINDS if kind != "wrong"}
        row = {"called": "all", "fits": arguments.fits, **outcomes, "calls afterwards": n_calls}
        write_results("reliability_fits", [row | {"wrong": len(tally.wrong)}], arguments)


if __name__ == "__main__":
    main()
