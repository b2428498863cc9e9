"""Where does the time of a step go, and does compiling pay? One thread.

Run ``python benchmarks/step.py`` (three minutes). *shares* are of the operators' own time, by torch's profiler; what
operators do not account for is Python and torch's dispatch, which the profiler itself makes larger: the milliseconds
are without it. *compile* compares steps as they are, with torch's graph and products, and with encoder, decoder and
discriminators compiled by `torch.compile`, which cannot see into skaae's own gradients and products.
"""

from unittest.mock import patch

import numpy as np
import torch
from _measurement import seconds_of
from _results import argument_parser, parse_arguments, write_results
from torch.profiler import ProfilerActivity, profile

from skaae._plan import Architecture, Block, TrainingData, TrainingPlan
from skaae.core import matmul, training
from skaae.core.training import train

TASKS = {
    "2,000 x 20, hidden 64, batch 128": (2_000, 20, (64,), 128, 10),
    "50,000 x 50, hidden (256, 256), batch 512": (50_000, 50, (256, 256), 512, 1),
    "10,000 x 784, hidden (1000, 1000), batch 256": (10_000, 784, (1000, 1000), 256, 1),
}
MODEL = training.AdversarialAutoencoder
OPERATORS = {
    "products": ("mm", "bmm", "baddbmm", "addmm", "mkldnn::_linear_pointwise"),
    "optimizer": ("_fused_adamw_",),
    "draws": ("normal_", "uniform_", "randperm"),
    "picking rows": ("index_select", "index", "copy_", "cat", "select", "slice", "stack"),
    "rectifiers": ("relu_", "threshold_backward"),
}
WIDTH = 8


def training_arguments(n_rows, n_columns, hidden, batch_size, n_epochs, n_members):
    """Those of ``train`` that a transformer with its defaults would pass."""
    X = np.random.default_rng(0).standard_normal((n_rows, n_columns)).astype(np.float32)
    architecture = Architecture(n_columns, (Block("style", WIDTH, "normal"),), hidden, "relu")
    plan = TrainingPlan(
        seeds=tuple(range(n_members)),
        n_epochs=n_epochs,
        batch_size=batch_size,
        learning_rate=1e-3,
        adversarial_weight=0.03,
        noise=1 - WIDTH / n_columns,
    )
    return architecture, plan, TrainingData(X)


def shares(events):
    """Percent of the time, by kind of operator."""
    times = {event.key.removeprefix("aten::"): event.self_cpu_time_total for event in events}
    total = sum(times.values())
    kinds = {kind: sum(times.get(name, 0) for name in names) for kind, names in OPERATORS.items()}
    kinds["all else"] = total - sum(kinds.values())
    return {f"{kind}, %": round(100 * value / total) for kind, value in kinds.items()}


def timed(arguments):
    """Seconds of the first run, and milliseconds of a step of the best of three others."""
    _, plan, data = arguments
    first, *others = (seconds_of(train, *arguments) for _ in range(4))
    return first, 1e3 * min(others) / plan.n_epochs / -(-len(data.X) // plan.batch_size)


def share_rows(name, task):
    for n_members in (1, 8):
        arguments = training_arguments(*task, n_members)
        _, milliseconds = timed(arguments)
        with profile(activities=[ProfilerActivity.CPU]) as profiled:
            train(*arguments)
        row = {"task": name, "members": n_members, "milliseconds": float(f"{milliseconds / n_members:.3g}")}
        yield row | shares(profiled.key_averages())


def compiled(*arguments):
    """A model whose networks are compiled."""
    model = MODEL(*arguments)
    for network in (model.encoder, model.decoder, *model.discriminators):
        network.compile()
    return model


LIMITS = ("MIN_ONEDNN_MULTIPLICATIONS", "MIN_TRANSPOSED_NUMBERS")  # from which products are not torch's


def compile_row(name, task):
    n_rows, n_columns, hidden, batch_size, n_epochs = task
    n_rows = n_rows // batch_size * batch_size  # each shape would be compiled by itself
    arguments = training_arguments(n_rows, n_columns, hidden, batch_size, n_epochs, 1)
    torchs_products = dict.fromkeys(LIMITS, np.inf)
    row = {"task": name}
    for title, model, limits in (
        ("as it is", MODEL, {name: getattr(matmul, name) for name in LIMITS}),
        ("torch's products", MODEL, torchs_products),
        ("compiled", compiled, torchs_products),
    ):
        has_graph = {} if title == "as it is" else {"is_supported": lambda *arguments: False}
        with patch.multiple(training, AdversarialAutoencoder=model, **has_graph), patch.multiple(matmul, **limits):
            first, milliseconds = timed(arguments)
        row[f"{title}, milliseconds"] = float(f"{milliseconds:.3g}")
        row[f"{title}, first run, seconds"] = round(first, 1)
    return row


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--parts", nargs="+", choices=["shares", "compile"], default=["shares", "compile"])
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=list(TASKS))
    arguments = parse_arguments(parser)
    torch.set_num_threads(1)
    if "shares" in arguments.parts:
        rows = [row for name in arguments.tasks for row in share_rows(name, TASKS[name])]
        print(*rows, sep="\n", flush=True)
        write_results("step", rows, arguments)
    if "compile" in arguments.parts:
        rows = [compile_row(name, TASKS[name]) for name in arguments.tasks]
        print(*rows, sep="\n", flush=True)
        write_results("step_compile", rows, arguments)


if __name__ == "__main__":
    main()
