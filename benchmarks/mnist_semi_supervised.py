"""How far do 100 and 1,000 labels go on MNIST, with no knowledge that rows are images?

Run ``python benchmarks/mnist_semi_supervised.py`` (about an hour on two cores); ``--labels 100 --draws 3`` for a quick
look. The model gets all 60,000 training rows, of which so many have a label, as many of each digit; parameters were
chosen by the labels of training rows, with ``--validate``, which scores the training rows without a label in place of
the test rows.
"""

import time

import numpy as np
from _data import mnist_components
from _results import argument_parser, parse_arguments, write_results

from skaae import SemiSupervisedAAEClassifier

PAPER_ERRORS = {100: 1.90, 1000: 1.60}


def mask_labels(y, n_labels, seed):
    """So many labels, as many of each class, and -1 for the others."""
    order = np.random.RandomState(seed).permutation(len(y))
    labelled = np.concatenate([order[y[order] == c][: n_labels // 10] for c in range(10)])
    masked = np.full(len(y), -1)
    masked[labelled] = y[labelled]
    return masked


def classifier(seed, steps):
    """The model without teachers, with the three regularisers of the category."""
    return SemiSupervisedAAEClassifier(
        10,
        n_members=1,
        teachers=None,
        scaling=None,
        noise=0.0,
        hidden_layer_sizes=(500, 500),
        vat_weight=1.0,
        entropy_weight=0.1,
        balance_weight=0.4,
        max_iter=-(-steps * 256 // 60_000),
        random_state=seed,
    )


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--labels", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--draws", type=int, nargs="+", default=[3, 4, 5], help="0, 1 and 2 were used for choices")
    parser.add_argument("--steps", type=int, default=8_000)
    parser.add_argument("--validate", action="store_true", help="score unlabelled training rows, not test rows")
    parser.add_argument("--set", nargs="*", default=[], help="parameters, as name=value")
    arguments = parse_arguments(parser)
    X, X_test, y, y_test = mnist_components()
    rows = []
    for n_labels in arguments.labels:
        errors = []
        for seed in arguments.draws:
            masked = mask_labels(y, n_labels, seed)
            model = classifier(seed, arguments.steps)
            model.set_params(**{name: eval(value) for name, value in (pair.split("=") for pair in arguments.set)})
            start = time.perf_counter()
            model.fit(X, masked)
            seconds = time.perf_counter() - start
            scored = (X[masked < 0], y[masked < 0]) if arguments.validate else (X_test, y_test)
            errors.append(100 * (1 - model.score(*scored)))
            print(f"{n_labels} labels, draw {seed}: {errors[-1]:.2f} % errors, {seconds:.0f} s", flush=True)
        rows.append(
            {
                "labels": n_labels,
                "errors by draw": ", ".join(f"{error:.2f}" for error in errors),
                "mean error": round(np.mean(errors), 2),
                "error in the paper": PAPER_ERRORS.get(n_labels),
            }
        )
    write_results("mnist_semi_supervised", rows, arguments)


if __name__ == "__main__":
    main()
