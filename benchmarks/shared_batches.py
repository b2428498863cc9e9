"""Do processes that share batches end as one does, and how much sooner?

Run ``python benchmarks/shared_batches.py`` (two minutes on two cores). It starts torchrun with one process and with
two, one thread each, that fit the same to the same rows: a transformer to 20,000 images of MNIST with hidden layers of
1,000, where arithmetic counts, and a classifier to a table with few labels, where messages do.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from _results import argument_parser, parse_arguments, write_results


def images():
    from _data import split_images

    from skaae import AAETransformer

    X = split_images("mnist", n_train=20_000)[0]
    return AAETransformer(16, hidden_layer_sizes=(1000, 1000), batch_size=512, max_iter=2, random_state=0), (X,)


def table():
    from skaae import SemiSupervisedAAEClassifier

    rng = np.random.default_rng(0)
    X = rng.standard_normal((10_000, 50))
    y = np.where(np.arange(len(X)) < 100, X[:, 0] > 0, -1)
    return SemiSupervisedAAEClassifier(teachers=None, max_iter=5, random_state=0), (X, y)


TASKS = {"images, 20,000 x 784, hidden (1000, 1000), batch 512": images, "classifier, 10,000 x 50, hidden 256": table}


def fit_in_process(folder):
    """Fits in one of the processes, and saves losses and seconds."""
    import torch
    from torch import distributed

    torch.set_num_threads(1)
    distributed.init_process_group("gloo")
    process = f"{distributed.get_world_size()}.{distributed.get_rank()}"
    for task in TASKS.values():
        model, data = task()
        model.fit(*data)  # torch loads what it needs
        start = time.perf_counter()
        model.fit(*data)
        seconds = time.perf_counter() - start
        np.savez(f"{folder}/{task.__name__}.{process}.npz", seconds=seconds, **model.history_)
    distributed.destroy_process_group()


def run_processes(n_processes, folder):
    script = os.fspath(Path(__file__).resolve())
    options = ["--standalone", "--nproc-per-node", str(n_processes)]
    command = [sys.executable, "-m", "torch.distributed.run", *options, script, folder]
    subprocess.run(command, check=True, env=os.environ | {"OMP_NUM_THREADS": "1"})


def row(name, folder):
    """Seconds of one process and of two, and how far their losses differ."""
    one, *two = (dict(np.load(f"{folder}/{TASKS[name].__name__}.{process}.npz")) for process in ("1.0", "2.0", "2.1"))
    seconds, shared = float(one.pop("seconds")), max(float(history.pop("seconds")) for history in two)
    difference = max(np.abs(history[loss] / one[loss] - 1).max() for history in two for loss in one)
    return {
        "fit": name,
        "one process, seconds": round(seconds, 1),
        "two processes, seconds": round(shared, 1),
        "times as fast": round(seconds / shared, 2),
        "losses differ by at most, %": float(f"{100 * difference:.1g}"),
    }


def main():
    arguments = parse_arguments(argument_parser(__doc__))
    with tempfile.TemporaryDirectory() as folder:
        for n_processes in (1, 2):
            run_processes(n_processes, folder)
        rows = [row(name, folder) for name in TASKS]
    print(*rows, sep="\n")
    write_results("shared_batches", rows, arguments)


if __name__ == "__main__":
    fit_in_process(sys.argv[1]) if "RANK" in os.environ else main()
