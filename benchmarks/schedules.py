"""Which schedule of phases? The paper's, one phase after another, against all at once, on tables that may be tuned on.

Run ``python benchmarks/schedules.py`` (about three minutes on two cores).
"""

import time

import numpy as np
import pandas as pd
import torch
from _data import split_table, table_names, tuned_on
from joblib import Parallel, delayed
from prior_match import times_noise

from skaae._plan import Architecture, Block, TrainingData, TrainingPlan
from skaae.core.inference import decode, encode
from skaae.core.training import train
from skaae.table import ColumnScaler

N_TABLES, MIN_ROWS, MAX_ROWS, N_STEPS, BATCH_SIZE = 20, 300, 2000, 1500, 128


def measure(name, schedule):
    """Test error, distance to the prior, and milliseconds a step."""
    torch.set_num_threads(1)
    X_train, X_test, _, _ = split_table(name, max_rows=MAX_ROWS)
    scaler = ColumnScaler().fit(X_train)
    X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
    width = min(16, X_train.shape[1] - 1)
    architecture = Architecture(X_train.shape[1], (Block("style", width, "normal"),), (256,), "relu")
    n_epochs = -(-N_STEPS // -(-len(X_train) // BATCH_SIZE))
    plan = TrainingPlan((0,), n_epochs, BATCH_SIZE, noise=1 - width / X_train.shape[1], schedule=schedule)
    start = time.perf_counter()
    state, _ = train(architecture, plan, TrainingData(X_train))
    seconds = time.perf_counter() - start
    code = encode(architecture, state, X_test, "cpu")[0]
    error = np.square(decode(architecture, state, code, "cpu")[0] - X_test).mean()
    steps = n_epochs * -(-len(X_train) // BATCH_SIZE)
    return {"error": error, "times noise": times_noise(code), "ms per step": 1000 * seconds / steps}


def main():
    names = [name for name in table_names() if name in tuned_on()]
    large = [name for name in names if len(split_table(name, max_rows=MAX_ROWS)[0]) >= MIN_ROWS][:N_TABLES]
    lines = {}
    for schedule in ("alternating", "joint"):
        table = pd.DataFrame(Parallel(n_jobs=2)(delayed(measure)(name, schedule) for name in large))
        within = (table["times noise"] <= 3).sum()
        lines[schedule] = {**table.median().round(4), "within 3": f"{within} of {len(table)}"}
    print(pd.DataFrame(lines).T.to_string())


if __name__ == "__main__":
    main()
