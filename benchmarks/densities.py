"""From which density should codes be drawn? One generator a table, its codes refitted in several ways.

Run ``python benchmarks/densities.py`` (ten minutes). Its tables are some that the generator's defaults may be tuned on;
figures are those of synthesis.py.
"""

import warnings

import numpy as np
import pandas as pd
import torch
from _results import argument_parser, parse_arguments, records, write_results
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import NearestNeighbors
from synthesis import QUALITY, quality, split

from skaae import AAEGenerator
from skaae.core.inference import decode, encode

TABLES = ("stackoverflow", "covertype_10k", "compas", "cmc")
N_COMPONENTS = (1, 3, 10, 30)
N_NEIGHBORS, N_LOCAL_NEIGHBORS = 5, 40


def mixture(codes, n, rng):
    """Full Gaussians, as many as give the highest likelihood of held-out codes."""
    order = rng.permutation(len(codes))
    held_out, rest = codes[order[: len(codes) // 5]], codes[order[len(codes) // 5 :]]
    models = [GaussianMixture(k, reg_covar=1e-5, random_state=0) for k in N_COMPONENTS]
    best = max(models, key=lambda model: model.fit(rest).score(held_out))
    return best.fit(codes).sample(n)[0]


def between_neighbors(codes, n, rng):
    """Between a code and one of its five neighbours."""
    near = NearestNeighbors(n_neighbors=N_NEIGHBORS + 1).fit(codes).kneighbors(codes, return_distance=False)
    rows = rng.randint(len(codes), size=n)
    other = near[rows, rng.randint(1, N_NEIGHBORS + 1, size=n)]
    return codes[rows] + rng.rand(n, 1) * (codes[other] - codes[rows])


def local_gaussians(codes, n, rng):
    """Around a code, with the covariance of its forty neighbours."""
    near = NearestNeighbors(n_neighbors=N_LOCAL_NEIGHBORS).fit(codes).kneighbors(codes, return_distance=False)
    rows = rng.randint(len(codes), size=n)
    around = codes[near[rows]]
    around = around - around.mean(1, keepdims=True)
    weights = rng.standard_normal((n, N_LOCAL_NEIGHBORS)) / N_LOCAL_NEIGHBORS**0.5
    return codes[rows] + np.einsum("nkd,nk->nd", around, weights)


DENSITIES = {
    "mixture of full Gaussians, 1 to 30 by held-out likelihood": mixture,
    "between a code and one of its five neighbours": between_neighbors,
    "a Gaussian with the covariance of a code's 40 neighbours": local_gaussians,
}


def samples(train, rng):
    """Rows drawn from each density, by name."""
    model = AAEGenerator(random_state=0).fit(train)
    strict = AAEGenerator(adversarial_weight=1.0, flow_max_iter=1, random_state=0).fit(train)
    network, encoder, n = (model._model.architecture, model._model.state), model.table_encoder_, len(train)
    codes = encode(*network, encoder.transform(train), "cpu")[0]
    yield "flow (the default)", model.sample(n, random_state=0)
    for name, density in DENSITIES.items():
        yield name, encoder.inverse_transform(decode(*network, density(codes, n, rng), "cpu")[0])
    yield "the prior", model.sample(n, random_state=0, from_prior=True)
    yield "the prior, adversarial_weight=1", strict.sample(n, random_state=0, from_prior=True)


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--names", nargs="+", default=TABLES)
    arguments = parse_arguments(parser)
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    lines = []
    for name in arguments.names:
        train, test = split(name, 0)
        for density, made in samples(train, np.random.RandomState(0)):
            lines.append({"density": density} | quality(train, test, made))
            print(name, lines[-1], flush=True)
    means = pd.DataFrame(lines).groupby("density", sort=False).mean()
    write_results("densities", records(means, "density", dict.fromkeys(QUALITY, 2)), arguments)


if __name__ == "__main__":
    main()
