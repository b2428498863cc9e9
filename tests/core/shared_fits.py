"""Fits of several processes, run by torchrun with a folder for the results and the names of the fits."""

import sys
import warnings

import numpy as np
import torch
from sklearn.datasets import load_iris
from torch import distributed

from skaae import (
    AAEClusterer,
    AAEDenoiser,
    AAEGenerator,
    AAEOutlierDetector,
    AAETransformer,
    SemiSupervisedAAEClassifier,
)

X, Y = load_iris(return_X_y=True)
X, Y = X[:129], Y[:129]  # batches of 32, the last of which has one row
FEW_LABELS = np.where(np.arange(len(Y)) % 16 == 1, Y, -1)
WITH_MISSING = np.where(np.random.default_rng(0).random(X.shape) < 0.1, np.nan, X)


PARAMETERS = {"batch_size": 32, "hidden_layer_sizes": 8, "max_iter": 3, "random_state": 0}


def transformer(**parameters):
    return AAETransformer(2, **PARAMETERS, **parameters)


FITS = {
    "transformer": (transformer(), (X,)),
    "early-stopping": (transformer(early_stopping=True, posterior="universal"), (X,)),
    "labels": (transformer(prior="mixture"), (X, FEW_LABELS)),
    "mmd": (transformer(regularizer="mmd"), (X,)),
    "sliced": (transformer(regularizer="sliced_wasserstein", prior="swiss_roll"), (X, FEW_LABELS)),
    "cluster-heads": (transformer(n_clusters=3), (X,)),
    "images": (AAETransformer(2, image_shape=(2, 2), **PARAMETERS), (X,)),
    "classifier": (SemiSupervisedAAEClassifier(n_members=2, vat_weight=0.5, **PARAMETERS), (X, FEW_LABELS)),
    "clusterer": (AAEClusterer(3, n_members=2, **PARAMETERS), (X,)),
    "detector": (AAEOutlierDetector(**PARAMETERS), (X,)),
    "denoiser": (AAEDenoiser(corruption="masked", **PARAMETERS), (WITH_MISSING,)),
    "generator": (AAEGenerator(**PARAMETERS, flow_max_iter=3), (X, Y)),
}


def fit_results(name):
    """The parameters and the curves of a fit."""
    model, data = FITS[name]
    model.fit(*data)
    state = {part: value for part, value in model._model.state.items() if part.startswith("model.")}
    return state | {f"curve.{part}": value for part, value in model.history_.items()}


def main(folder, *names):
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    distributed.init_process_group("gloo")
    rank = distributed.get_rank()
    if names == ("different-seeds",):
        transformer().set_params(random_state=rank).fit(X)
    for name in names:
        np.savez(f"{folder}/{name}.{rank}.npz", **fit_results(name))
    distributed.destroy_process_group()


if __name__ == "__main__":
    main(*sys.argv[1:])
