"""Fit the network to synthetic tables: ``python benchmarks/prior_fitting/fit.py --out FOLDER --steps N``.

The same command goes on where it was interrupted. The learning rate is constant for the first 40 % of the steps (the
trunk) and falls to zero in a line after that. The folder holds ``latest.pt`` (weights, optimizer, step), ``trunk.pt``
(the same, just before the rate falls), ``weights.npz`` (half precision, at the end) and ``log.csv``. To go on later
with a longer trunk: ``--start FOLDER/trunk.pt --out NEW_FOLDER --steps MORE``. Tables depend on seed and step only.
"""

import argparse
import os
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from tables import sample_shape, sample_table

from skaae.prior_fitted._context import Context
from skaae.prior_fitted._network import NetworkConfig, PriorFittedNetwork
from skaae.prior_fitted._weights import save_weights

N_TOKENS_PER_BATCH = 7_000  # cells and label tokens
N_BATCHES_PER_STEP = 3
TRUNK_FRACTION = 0.4
N_WARMUP_STEPS = 50
MUON_RATE, ADAM_RATE = 0.012, 2e-3
MAX_ROW_WEIGHT = 10.0
MAX_GRADIENT_NORM = 1.0
LOG_STEPS = 20


class Muon(torch.optim.Optimizer):
    """Momentum whose matrices are made orthogonal before each step (Jordan et al., "Muon", 2024)."""

    def __init__(self, params, lr, momentum=0.95, weight_decay=0.01):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                velocity = self.state[p].setdefault("velocity", torch.zeros_like(p))
                velocity.lerp_(p.grad, 1 - group["momentum"])
                direction = p.grad.lerp(velocity, group["momentum"])
                n_blocks = max(1, len(p) // p.shape[1])  # queries, keys and values are matrices of their own
                update = orthogonalize(direction.unflatten(0, (n_blocks, -1))).flatten(0, 1)
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_(update, alpha=-group["lr"])


def orthogonalize(matrices, n_iterations=5):
    """The nearest orthogonal matrices, about, by a Newton-Schulz iteration."""
    wide = matrices if matrices.shape[1] <= matrices.shape[2] else matrices.mT
    x = wide / (wide.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(n_iterations):
        gram = x @ x.mT
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return x if wide is matrices else x.mT


def make_optimizers(network):
    """Muon for matrices of the layers, AdamW for everything else."""
    matrices = [p for name, p in network.named_parameters() if "layers" in name and p.ndim == 2]
    chosen = set(map(id, matrices))
    others = [p for p in network.parameters() if id(p) not in chosen]
    adamw = torch.optim.AdamW(others, lr=ADAM_RATE, betas=(0.9, 0.98), weight_decay=0.01)
    return [Muon(matrices, lr=MUON_RATE), adamw]


def rate_factor(step, n_steps):
    """One in the trunk, after a short warm-up, then a line to zero."""
    decay_start = int(TRUNK_FRACTION * n_steps)
    return min((step + 1) / N_WARMUP_STEPS, 1.0, (n_steps - step) / (n_steps - decay_start))


def sample_batch(rng):
    """Tables of one shape, as many as a batch holds."""
    n_rows, n_columns = sample_shape(rng)
    n_tables = max(1, round(N_TOKENS_PER_BATCH / (n_rows * (n_columns + 2))))
    return [sample_table(rng, n_rows, n_columns) for _ in range(min(n_tables, 16))]


def table_losses(network, tables, rng):
    """Cross-entropy of the unlabelled rows of each table, all classes weighing the same."""
    contexts = Context([(table.X, table.categorical, table.labels) for table in tables], rng, network.config)
    y = torch.from_numpy(np.stack([table.y for table in tables]))
    weights = torch.from_numpy(np.stack([row_weights(table) for table in tables]))
    log_probabilities = network(contexts.batch)
    return -(log_probabilities.gather(2, y[:, :, None])[:, :, 0] * weights).sum(1)


def row_weights(table):
    """Inverse shares of classes among unlabelled rows, cut for very rare ones; they sum to one."""
    unlabelled = np.arange(len(table.y)) >= table.n_labelled
    counts = np.bincount(table.y[unlabelled], minlength=table.y.max() + 1)
    weights = np.where(unlabelled, 1 / np.maximum(counts[table.y], 1), 0)
    weights = np.minimum(weights, MAX_ROW_WEIGHT / unlabelled.sum())
    return (weights / weights.sum()).astype(np.float32)


def fit_step(network, optimizers, seed, step, factor):
    """One step; returns losses of tables, and the same relative to the logarithm of the number of classes."""
    generators = [np.random.default_rng([seed, step, i]) for i in range(N_BATCHES_PER_STEP)]
    batches = [sample_batch(rng) for rng in generators]
    total = sum(len(tables) ** 0.5 for tables in batches)
    losses, relative = [], []
    for tables, rng in zip(batches, generators, strict=True):
        loss = table_losses(network, tables, rng)
        (loss.mean() * len(tables) ** 0.5 / total).backward()
        losses += loss.tolist()
        relative += (loss.detach().numpy() / np.log([table.y.max() + 1 for table in tables])).tolist()
    torch.nn.utils.clip_grad_norm_(network.parameters(), MAX_GRADIENT_NORM)
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = factor * group.setdefault("base_lr", group["lr"])
        optimizer.step()
        optimizer.zero_grad()
    return losses, relative


def save_checkpoint(path, network, optimizers, step, n_tables):
    """Write beside the file, then rename."""
    content = {
        "config": asdict(network.config),
        "network": network.state_dict(),
        "optimizers": [optimizer.state_dict() for optimizer in optimizers],
        "step": step,
        "n_tables": n_tables,
    }
    torch.save(content, f"{path}.part")
    os.replace(f"{path}.part", path)


def load_checkpoint(path):
    """Network, optimizers, step, and how many tables were seen."""
    content = torch.load(path, weights_only=True)
    network = PriorFittedNetwork(NetworkConfig(**content["config"]))
    network.load_state_dict(content["network"])
    optimizers = make_optimizers(network)
    for optimizer, state in zip(optimizers, content["optimizers"], strict=True):
        optimizer.load_state_dict(state)
    return network, optimizers, content["step"], content["n_tables"]


def start(arguments):
    """From the folder's latest checkpoint, or the one that is named, or anew."""
    latest = arguments.out / "latest.pt"
    if latest.exists() or arguments.start:
        return load_checkpoint(latest if latest.exists() else arguments.start)
    torch.manual_seed(arguments.seed)
    network = PriorFittedNetwork()
    return network, make_optimizers(network), 0, 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=9_000)
    parser.add_argument("--start", type=Path, default=None, help="a checkpoint of another run")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save-minutes", type=float, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 1)))
    arguments.out.mkdir(parents=True, exist_ok=True)
    network, optimizers, step, n_tables = start(arguments)
    decay_start = int(TRUNK_FRACTION * arguments.steps)
    losses, relative, saved, since = [], [], time.monotonic(), (time.monotonic(), time.process_time())
    while step < arguments.steps:
        if step == decay_start:
            save_checkpoint(arguments.out / "trunk.pt", network, optimizers, step, n_tables)
        factor = rate_factor(step, arguments.steps)
        new_losses, new_relative = fit_step(network, optimizers, arguments.seed, step, factor)
        losses, relative, step, n_tables = (
            losses + new_losses,
            relative + new_relative,
            step + 1,
            n_tables + len(new_losses),
        )
        if step % LOG_STEPS == 0:
            now = time.monotonic(), time.process_time()
            wall, cpu = ((b - a) / LOG_STEPS for a, b in zip(since, now, strict=True))
            line = f"{step},{n_tables},{np.mean(losses):.4f},{np.mean(relative):.4f},{wall:.3f},{cpu:.3f},{factor:.4f}"
            with open(arguments.out / "log.csv", "a") as log:
                log.write(("" if log.tell() else "step,tables,loss,relative,wall_s,cpu_s,rate\n") + line + "\n")
            losses, relative, since = [], [], now
        if time.monotonic() - saved > 60 * arguments.save_minutes or step == arguments.steps:
            save_checkpoint(arguments.out / "latest.pt", network, optimizers, step, n_tables)
            saved = time.monotonic()
    save_weights(network, arguments.out / "weights.npz")


if __name__ == "__main__":
    main()
