"""How far do 100 and 1,000 labels go on MNIST, with no knowledge that rows are images?

Run ``python benchmarks/mnist_semi_supervised.py`` (about an hour on two cores); ``--labels 100 --draws 3`` for a quick
look. All 60,000 training rows are shown, of which so many have a label, as many of each digit; parameters were chosen
by the labels of training rows, with ``--validate``, which scores the training rows without a label in place of the
test rows.
"""

import argparse
import time

import numpy as np
from _data import split_images
from sklearn.decomposition import PCA

from skaae import SemiSupervisedAAEClassifier

N_COMPONENTS = 150


def hide(y, n_labels, seed):
    """So many labels, as many of each class, and -1 for the others."""
    order = np.random.RandomState(seed).permutation(len(y))
    shown = np.concatenate([order[y[order] == c][: n_labels // 10] for c in range(10)])
    few = np.full(len(y), -1)
    few[shown] = y[shown]
    return few


def classifier(seed, steps):
    """The model alone: labels, reconstruction, adversaries, and the three regularisers of the category."""
    return SemiSupervisedAAEClassifier(
        10,
        n_members=1,
        teachers=None,
        scaling=None,
        noise=0.0,
        hidden_layer_sizes=(500, 500),
        smoothness=1.0,
        certainty=0.1,
        balance=0.4,
        max_iter=-(-steps * 256 // 60_000),
        random_state=seed,
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--labels", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--draws", type=int, nargs="+", default=[3, 4, 5], help="0, 1 and 2 were looked at before")
    parser.add_argument("--steps", type=int, default=8_000)
    parser.add_argument("--validate", action="store_true", help="score unlabelled training rows, not test rows")
    parser.add_argument("--set", nargs="*", default=[], help="parameters, as name=value")
    arguments = parser.parse_args()
    X, X_test, y, y_test = split_images("mnist")
    components = PCA(N_COMPONENTS, random_state=0).fit(X)
    spread = components.transform(X).std()
    X, X_test = (components.transform(part) / spread for part in (X, X_test))
    for n_labels in arguments.labels:
        errors = []
        for seed in arguments.draws:
            few = hide(y.astype(int), n_labels, seed)
            model = classifier(seed, arguments.steps)
            model.set_params(**{name: eval(value) for name, value in (pair.split("=") for pair in arguments.set)})
            start = time.perf_counter()
            model.fit(X, few)
            seconds = time.perf_counter() - start
            rows, truth = (X[few < 0], y[few < 0]) if arguments.validate else (X_test, y_test)
            errors.append(100 * (1 - model.score(rows, truth)))
            print(f"{n_labels} labels, draw {seed}: {errors[-1]:.2f} % errors, {seconds:.0f} s", flush=True)
        print(f"{n_labels} labels: mean {np.mean(errors):.2f} %, worst {max(errors):.2f} %", flush=True)


if __name__ == "__main__":
    main()
