"""What happens under bad luck? Thousands of bad inputs to every public method, and a thousand fits of random tables.

Run ``python benchmarks/reliability.py`` (a quarter of an hour on one core). The cases are those of
``tests/test_fuzz.py``: tables of any dtype and shape, spoiled in one way or more, labels of any kind, and other rows
for the fitted model. A call ends right, or is refused: by a ValueError or a TypeError that somebody has written, as
they are told in the end. A fit may also give up, where its losses do not stay finite even at lower learning rates.
Anything else is wrong: another error, a warning that is not ours, a result of another shape, NaN or infinity, or rows
that have been changed.

Random fits are of mixed columns (10 to 200 rows, 1 to 12 columns, some incomplete), with every parameter drawn within
its constraints; after each, every method is called.
"""

import argparse
import re
import sys
import time
from collections import Counter, defaultdict
from numbers import Integral
from pathlib import Path

import numpy as np
import torch
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
    "memory: strides, byte order, read-only, on disk": r"read-only|Fortran|strides|on disk|bytes|masked",
    "no row, one or two": r"n_rows=[012],|no rows|one row",
    "no column": r"n_columns=0",
    "other rows than in training": r"change='(?!the same rows)",
}


class Tally:
    """Outcomes by what was called and by kind of input, and the errors by what they say."""

    def __init__(self):
        self.called = defaultdict(Counter)
        self.inputs = defaultdict(Counter)
        self.said = Counter()
        self.fits = Counter()
        self.wrong = []

    def add(self, of, case, steps):
        told = re.sub("labels='.*?'", "", repr(case))
        groups = [name for name, pattern in GROUPS.items() if re.search(pattern, told)]
        for counter in (self.called[of], *(self.inputs[name] for name in groups)):
            counter["inputs"] += 1
        for name, outcome in steps:
            for counter in (self.called[of], *(self.inputs[group] for group in groups)):
                counter[outcome.kind] += 1
            self.fits[outcome.kind] += name == "fit"
            if outcome.kind == "wrong":
                self.wrong.append((of, name, outcome.detail, case))
            elif outcome.kind != "right":
                self.said[re.sub(r"[\d.]+|\[.*|'.*", "#", outcome.detail.partition("\n")[0])[:110]] += 1

    def table(self, head, rows):
        print(f"\n| {head} | inputs | calls | {' | '.join(KINDS)} |\n|---|{'---|' * 6}")
        total = sum(rows.values(), Counter())
        for name, counter in [*sorted(rows.items()), *([("all", total)] if rows is self.called else [])]:
            counts = [counter["inputs"], sum(counter[kind] for kind in KINDS), *(counter[kind] for kind in KINDS)]
            print(f"| {name} | {' | '.join(f'{count:,}' for count in counts)} |")

    def show(self, n_said):
        self.table("called", self.called)
        if self.inputs:
            self.table("input", self.inputs)
        print(f"\nWhat was said most often, of {len(self.said)} sentences:\n")
        for sentence, count in self.said.most_common(n_said):
            print(f"- {count:,} times: {sentence}")
        for each in self.wrong:
            print("\nWRONG", *each, sep="\n  ")


def tried(n, *drawn):
    """Runs a function on so many draws, always the same."""
    health = list(HealthCheck)
    told = settings(max_examples=n, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=health)
    return lambda function: seed(0)(told(given(*drawn)(function)))()


def bad_inputs(n):
    tally = Tally()
    tried(n * 6 // 10, estimators(), cases())(
        lambda model, case: tally.add(type(model).__name__, case, of_estimator(model, *case.make()))
    )
    tried(n * 3 // 10, strategies.sampled_from([*METRICS]), cases())(
        lambda name, case: tally.add("metrics", case, of_metrics(name, *case.make()))
    )
    tried(n // 10, cases())(lambda case: tally.add("searches and splits", case, of_search(*case.make()[:2])))
    return tally


SET = {  # to keep fits small, and where constraints do not say what is right
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


def drawn(constraints, rng):
    """A value within one of a parameter's constraints."""
    allowed = [
        each for each in constraints if each is None or isinstance(each, (Interval, StrOptions)) or each == "boolean"
    ]
    one = allowed[rng.integers(len(allowed))]
    if one is None:
        return None
    if one == "boolean":
        return bool(rng.random() < 0.5)
    if isinstance(one, StrOptions):
        return sorted(one.options)[rng.integers(len(one.options))]
    if one.type is Integral:
        return int(rng.integers(one.left, one.left + 5))
    high = 2.0 if one.right is None else one.right
    return float(one.left + (high - one.left) * rng.uniform(0.01, 0.99))


def random_estimator(rng):
    kinds = [kind for kind in VARIANTS if kind is not TableEncoder]
    kind = kinds[rng.integers(len(kinds))]
    own = SET if kind.__name__ == "SemiSupervisedAAEClassifier" else {k: v for k, v in SET.items() if k != "teachers"}
    constraints = kind._parameter_constraints.items()
    return kind(**{name: own[name](rng) if name in own else drawn(each, rng) for name, each in constraints})


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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=5000, help="bad inputs to try")
    parser.add_argument("--fits", type=int, default=1000, help="random fits to try")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for title, function, n in (
        ("Bad inputs tried and outcomes by kind", bad_inputs, arguments.inputs),
        ("Random fits", random_fits, arguments.fits),
    ):
        if not n:
            continue
        start = time.perf_counter()
        tally = function(n)
        not_finite = sum(
            "NaN" in detail or "finite" in detail or "missing" in detail for _, _, detail, _ in tally.wrong
        )
        print(
            f"\n## {title}\n\n{n:,} in {time.perf_counter() - start:.0f} s. Wrong outcomes: {len(tally.wrong)}, of them"
        )
        print(f"not finite: {not_finite}. Fits: {', '.join(f'{tally.fits[kind]:,} {kind}' for kind in KINDS)}.")
        tally.show(20)


if __name__ == "__main__":
    main()
