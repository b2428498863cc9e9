"""Weights of rows: is drawing rows in proportion to their weights as good as repeating them, and are weighted losses?

Three tables of scikit-learn, three draws of the weights, 400 steps of batches of 64 rows. The error of a row's
reconstruction, in units of the columns' variances, is averaged by weight; that of a fit to repeated rows is right. For
weighted losses, a batch has rows as without weights, and its losses are weighted means over rows.

    python benchmarks/row_weights.py              two minutes on one core
"""

import os
from contextlib import nullcontext
from unittest.mock import patch

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import torch
from _results import argument_parser, parse_arguments, records, write_results
from sklearn.datasets import load_breast_cancer, load_digits, load_wine

from skaae import AAETransformer
from skaae.core.data import Batches
from skaae.metrics import reconstruction_error

N_DRAWS, N_STEPS, BATCH_SIZE, MAX_ROWS = 3, 400, 64, 600
TABLES = {"wine": load_wine, "breast cancer": load_breast_cancer, "digits": load_digits}
WEIGHTS = {
    "1, 2 or 3": lambda rng, n: rng.integers(1, 4, n),
    "lognormal, 1.5 wide": lambda rng, n: np.ceil(3 * np.exp(1.5 * rng.normal(size=n))).astype(int),
    "50 for one row in twenty": lambda rng, n: np.where(rng.random(n) < 0.05, 50, 1),
}


def weighted_losses():
    """Has batches drawn without weights, and these in the means over rows."""
    shuffle, batch = Batches._shuffle, Batches._batch

    def shuffle_all(self, *arguments):
        weight, self.data.sample_weight = self.data.sample_weight, None
        try:
            return shuffle(self, *arguments)
        finally:
            self.data.sample_weight = weight

    def with_weights(self, indices, *arguments):
        made = batch(self, indices, *arguments)
        made.row_weight = torch.from_numpy(self.data.sample_weight)[indices].float()
        return made

    return patch.multiple(Batches, _shuffle=shuffle_all, _batch=with_weights)


def errors(X, weights, seed):
    """The weighted error after each way of training."""
    rows = X.repeat(weights, 0)
    ways = {
        "no weights": (X, None),
        "drawn by weight": (X, weights),
        "weighted losses": (X, weights),
        "repeated rows": (rows, None),
    }
    found = {}
    for way, (data, sample_weight) in ways.items():
        max_iter = round(N_STEPS / np.ceil(len(data) / BATCH_SIZE))
        model = AAETransformer(3, hidden_layer_sizes=64, batch_size=BATCH_SIZE, max_iter=max_iter, random_state=seed)
        with weighted_losses() if way == "weighted losses" else nullcontext():
            model.fit(data, sample_weight=sample_weight)
        decoded = model.inverse_transform(model.transform(X))
        found[way] = reconstruction_error(X / X.std(0), decoded / X.std(0), sample_weight=weights)
    return found


def main():
    arguments = parse_arguments(argument_parser(__doc__))
    lines = []
    for table, load in TABLES.items():
        X = load().data[:MAX_ROWS]
        X = X[:, X.std(0) > 0]
        for kind, draw in WEIGHTS.items():
            for seed in range(N_DRAWS):
                weights = draw(np.random.default_rng(seed), len(X))
                lines.append({"weights": f"{kind}, {table}"} | errors(X, weights, seed))
    means = pd.DataFrame(lines).groupby("weights", sort=False).mean()
    write_results("row_weights", records(means, "weights", dict.fromkeys(means, 3)), arguments)


if __name__ == "__main__":
    main()
