"""Where does the time of a step go, and does compiling pay? One thread.

Run ``python benchmarks/step.py`` (three minutes). *shares* are of the operators' own time, by torch's profiler; what
operators do not account for is Python and torch's dispatch, which the profiler itself makes larger: the milliseconds
are without it. *compile* compares steps as they are, with all products left to torch, and with encoder, decoder and
discriminators compiled by `torch.compile`, which cannot see into our own products.
"""

import argparse
import time

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile

from skaae import AAETransformer
from skaae._plan import TrainingData
from skaae.core import matmul, training
from skaae.core.training import train

TASKS = {
    "small, 2,000 x 20, hidden 64, batch 128": (2_000, 20, 64, 128, 10),
    "middle, 50,000 x 50, hidden (256, 256), batch 512": (50_000, 50, (256, 256), 512, 1),
    "images, 10,000 x 784, hidden (1000, 1000), batch 256": (10_000, 784, (1000, 1000), 256, 1),
}
MODEL = training.AdversarialAutoencoder
KINDS = {
    "products": ("mm", "bmm", "baddbmm", "addmm", "mkldnn::_linear_pointwise"),
    "optimizer": ("_fused_adamw_",),
    "draws": ("normal_", "uniform_", "randperm"),
    "rows": ("index_select", "index", "copy_", "cat", "select", "slice", "stack"),
    "rectifiers": ("relu_", "threshold_backward"),
}


def plan_of(n_rows, n_columns, hidden, batch_size, n_epochs, n_members):
    X = np.random.default_rng(0).standard_normal((n_rows, n_columns)).astype(np.float32)
    model = AAETransformer(8, hidden_layer_sizes=hidden, batch_size=batch_size, max_iter=1, random_state=0).fit(X[:500])
    plan = model._plan(n_rows, tuple(range(n_members)), n_epochs=n_epochs)
    return model._architecture, plan, TrainingData(X)


def shares(events):
    """Percent of the time, by kind of operator."""
    own = {event.key.removeprefix("aten::"): event.self_cpu_time_total for event in events}
    whole = sum(own.values())
    found = {kind: sum(own.get(name, 0) for name in names) for kind, names in KINDS.items()}
    return {kind: 100 * value / whole for kind, value in (found | {"all else": whole - sum(found.values())}).items()}


def timed(work):
    """Seconds of the first run, and milliseconds of a step of the best of three others."""
    seconds = []
    for _ in range(4):
        start = time.perf_counter()
        train(*work)
        seconds.append(time.perf_counter() - start)
    plan, data = work[1:]
    return seconds[0], 1e3 * min(seconds[1:]) / plan.n_epochs / -(-len(data) // plan.batch_size)


def show_shares(name, task):
    for n_members in (1, 8):
        work = plan_of(*task, n_members)
        _, milliseconds = timed(work)
        with profile(activities=[ProfilerActivity.CPU]) as profiled:
            train(*work)
        parts = ", ".join(f"{kind} {share:.0f} %" for kind, share in shares(profiled.key_averages()).items())
        print(f"{name}, {n_members} members: {milliseconds / n_members:.2f} ms a member; {parts}", flush=True)


def compiled(*arguments):
    """A model whose networks are compiled."""
    model = MODEL(*arguments)
    for network in (model.encoder, model.decoder, *model.discriminators):
        network.compile()
    return model


def show_compiled(name, task):
    n_rows, n_columns, hidden, batch_size, n_epochs = task
    whole = n_rows // batch_size * batch_size  # for each shape would be compiled by itself
    work = plan_of(whole, n_columns, hidden, batch_size, n_epochs, 1)
    own_products = matmul.MIN_ONEDNN_MULTIPLICATIONS, matmul.MIN_TRANSPOSED_NUMBERS
    for way, model, limits in (
        ("as it is", MODEL, own_products),
        ("torch's products", MODEL, (np.inf, np.inf)),
        ("compiled", compiled, (np.inf, np.inf)),
    ):
        training.AdversarialAutoencoder = model
        matmul.MIN_ONEDNN_MULTIPLICATIONS, matmul.MIN_TRANSPOSED_NUMBERS = limits
        first, milliseconds = timed(work)
        print(f"{name}, {way}: {milliseconds:.2f} ms, first run {first:.1f} s", flush=True)
    training.AdversarialAutoencoder = MODEL
    matmul.MIN_ONEDNN_MULTIPLICATIONS, matmul.MIN_TRANSPOSED_NUMBERS = own_products


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--parts", nargs="+", default=["shares", "compile"])
    parts = parser.parse_args().parts
    torch.set_num_threads(1)
    for part, show in (("shares", show_shares), ("compile", show_compiled)):
        for name, task in TASKS.items() if part in parts else ():
            show(name, task)


if __name__ == "__main__":
    main()
