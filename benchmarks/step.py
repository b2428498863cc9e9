"""Where does the time of a step go? Shares of the operators' own time, by torch's profiler, one thread.

Run ``python benchmarks/step.py`` (a minute). What operators do not account for is Python and torch's dispatch, which
the profiler itself makes larger: the first line of a task is without it.
"""

import time

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile

from skaae import AAETransformer
from skaae.core.training import train

TASKS = {
    "small, 2,000 x 20, hidden 64, batch 128": (2_000, 20, 64, 128, 10),
    "middle, 50,000 x 50, hidden (256, 256), batch 512": (50_000, 50, (256, 256), 512, 1),
    "images, 10,000 x 784, hidden (1000, 1000), batch 256": (10_000, 784, (1000, 1000), 256, 1),
}
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
    return model._architecture, plan, X


def shares(events):
    """Percent of the time, by kind of operator."""
    own = {event.key.removeprefix("aten::"): event.self_cpu_time_total for event in events}
    whole = sum(own.values())
    found = {kind: sum(own.get(name, 0) for name in names) for kind, names in KINDS.items()}
    return {kind: 100 * value / whole for kind, value in (found | {"all else": whole - sum(found.values())}).items()}


def main():
    torch.set_num_threads(1)
    for name, task in TASKS.items():
        for n_members in (1, 8):
            work = plan_of(*task, n_members)
            train(*work)
            start = time.perf_counter()
            train(*work)
            seconds = time.perf_counter() - start
            n_steps = task[4] * -(-task[0] // task[3])
            with profile(activities=[ProfilerActivity.CPU]) as profiled:
                train(*work)
            parts = ", ".join(f"{kind} {share:.0f} %" for kind, share in shares(profiled.key_averages()).items())
            print(
                f"{name}, {n_members} members: {1e3 * seconds / n_steps / n_members:.2f} ms a member; {parts}",
                flush=True,
            )


if __name__ == "__main__":
    main()
