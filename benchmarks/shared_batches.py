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


WORK = {"images": images, "table": table}


def share(folder):
    """What each process does: fits, and saves losses and seconds."""
    import torch
    from torch import distributed

    torch.set_num_threads(1)
    distributed.init_process_group("gloo")
    place = f"{distributed.get_world_size()}.{distributed.get_rank()}"
    for name, work in WORK.items():
        model, data = work()
        model.fit(*data)  # so that all is warm
        start = time.perf_counter()
        model.fit(*data)
        seconds = time.perf_counter() - start
        np.savez(f"{folder}/{name}.{place}.npz", seconds=seconds, **model.history_)
    distributed.destroy_process_group()


def main():
    here = os.fspath(Path(__file__).resolve())
    with tempfile.TemporaryDirectory() as folder:
        for n_processes in (1, 2):
            command = [
                "-m",
                "torch.distributed.run",
                "--standalone",
                "--nproc-per-node",
                str(n_processes),
                here,
                folder,
            ]
            subprocess.run([sys.executable, *command], check=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
        for name in WORK:
            alone, *both = (dict(np.load(f"{folder}/{name}.{place}.npz")) for place in ("1.0", "2.0", "2.1"))
            seconds, shared = float(alone.pop("seconds")), max(float(own.pop("seconds")) for own in both)
            apart = max(np.abs(own[part] / alone[part] - 1).max() for own in both for part in alone)
            print(
                f"{name}: one process {seconds:.2f} s, two {shared:.2f} s ({seconds / shared:.2f} times as fast),",
                end=" ",
            )
            print(f"losses of epochs at most {100 * apart:.1e} % apart")


if __name__ == "__main__":
    share(sys.argv[1]) if "RANK" in os.environ else main()
