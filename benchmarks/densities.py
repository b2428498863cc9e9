"""From which density should codes be drawn? One generator a table, its codes refitted in several ways.

Run ``python benchmarks/densities.py`` (ten minutes). Its tables are some that the generator's defaults may be tuned on;
metrics are those of synthesis.py.
"""

import argparse
import warnings

import numpy as np
import pandas as pd
import torch
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import NearestNeighbors
from synthesis import detection, nearer, shape, split, trend, utility

from skaae import AAEGenerator

TABLES = ("stackoverflow", "covertype_10k", "compas", "cmc")
COMPONENTS = (1, 3, 10, 30)
NEIGHBOURS, LOCAL = 5, 40


def mixture(codes, n, rng):
    """Full Gaussians, as many as give the highest likelihood of held-out codes."""
    order = rng.permutation(len(codes))
    held_out, rest = codes[order[: len(codes) // 5]], codes[order[len(codes) // 5 :]]
    models = [GaussianMixture(k, reg_covar=1e-5, random_state=0) for k in COMPONENTS]
    best = max(models, key=lambda model: model.fit(rest).score(held_out))
    return best.fit(codes).sample(n)[0]


def between_neighbours(codes, n, rng):
    """Between a code and one of its five neighbours."""
    near = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(codes).kneighbors(codes, return_distance=False)
    rows = rng.randint(len(codes), size=n)
    other = near[rows, rng.randint(1, NEIGHBOURS + 1, size=n)]
    return codes[rows] + rng.rand(n, 1) * (codes[other] - codes[rows])


def local_gaussians(codes, n, rng):
    """Around a code, with the covariance of its forty neighbours."""
    near = NearestNeighbors(n_neighbors=LOCAL).fit(codes).kneighbors(codes, return_distance=False)
    rows = rng.randint(len(codes), size=n)
    around = codes[near[rows]]
    around = around - around.mean(1, keepdims=True)
    return codes[rows] + np.einsum("nkd,nk->nd", around, rng.standard_normal((n, LOCAL))) / LOCAL**0.5


def densities(model, strict, train, rng):
    """Rows drawn from each, by name."""
    n, codes = len(train), model._encode(model._scale(train))[0]
    yield "flow (the default)", model.sample(n, random_state=0)
    for density in (mixture, between_neighbours, local_gaussians):
        yield density.__name__.replace("_", " "), model._rows_of(density(codes, n, rng))
    yield "prior", model.sample(n, random_state=0, from_prior=True)
    yield "prior, adversarial_weight=1", strict.sample(n, random_state=0, from_prior=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--names", nargs="+", default=TABLES)
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    lines = []
    for name in parser.parse_args().names:
        train, test = split(name, 0)
        model = AAEGenerator(random_state=0).fit(train)
        strict = AAEGenerator(adversarial_weight=1.0, flow_max_iter=1, random_state=0).fit(train)
        for density, made in densities(model, strict, train, np.random.RandomState(0)):
            lines.append(
                {
                    "density": density,
                    "shape": shape(train, made),
                    "trend": trend(train, made),
                    "utility": utility(made, test, train),
                    "detection": detection(test, made, train),
                    "nearer": nearer(made, train, test),
                }
            )
            print(name, pd.Series(lines[-1]).to_dict(), flush=True)
    print(pd.DataFrame(lines).groupby("density", sort=False).mean().round(2).to_string())


if __name__ == "__main__":
    main()
