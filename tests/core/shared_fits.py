"""Fits that processes share: run by torchrun with a folder for their states and names of fits."""

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
LAST = np.where(np.arange(len(Y)) % 16 == 1, Y, -1)
HOLES = np.where(np.random.default_rng(0).random(X.shape) < 0.1, np.nan, X)


SMALL = {"batch_size": 32, "hidden_layer_sizes": 8, "max_iter": 3, "random_state": 0}


def transformer(**parameters):
    return AAETransformer(2, **SMALL, **parameters)


FITS = {
    "transformer": (transformer(), (X,)),
    "early-stopping": (transformer(early_stopping=True, posterior="universal"), (X,)),
    "informed": (transformer(prior="mixture"), (X, LAST)),
    "mmd": (transformer(regularizer="mmd"), (X,)),
    "sliced": (transformer(regularizer="sliced_wasserstein", prior="swiss_roll"), (X, LAST)),
    "heads": (transformer(n_clusters=3), (X,)),
    "images": (
        AAETransformer(2, image_shape=(2, 2), **SMALL),
        (X,),
    ),
    "classifier": (
        SemiSupervisedAAEClassifier(n_members=2, smoothness=0.5, **SMALL),
        (X, LAST),
    ),
    "clusterer": (AAEClusterer(3, n_members=2, **SMALL), (X,)),
    "detector": (AAEOutlierDetector(**SMALL), (X,)),
    "denoiser": (
        AAEDenoiser(corruption="masked", **SMALL),
        (HOLES,),
    ),
    "generator": (
        AAEGenerator(**SMALL, flow_max_iter=3),
        (X, Y),
    ),
}


def fitted(name):
    """The state and the curves of a fit, without the optimizers' step counts and moments."""
    model, data = FITS[name]
    model.fit(*data)
    state = {part: value for part, value in model._state.items() if part.startswith("model.")}
    return state | {f"curve.{part}": value for part, value in model.history_.items()}


def main(folder, *names):
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    distributed.init_process_group("gloo")
    rank = distributed.get_rank()
    if names == ("disagreeing",):
        transformer().set_params(random_state=rank).fit(X)
    for name in names:
        np.savez(f"{folder}/{name}.{rank}.npz", **fitted(name))
    distributed.destroy_process_group()


if __name__ == "__main__":
    main(*sys.argv[1:])
