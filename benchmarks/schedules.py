"""Which schedule of phases? The paper's, one phase after another, against all at once, on tables that may be tuned on.

Run ``python benchmarks/schedules.py`` (about three minutes on two cores).
"""

import time

import numpy as np
import pandas as pd
import torch
from _data import split_table, table_names, tuned_on
from _results import argument_parser, parse_arguments, write_results
from joblib import Parallel, delayed
from prior_match import times_noise

from skaae._plan import Architecture, Block, TrainingData, TrainingPlan
from skaae.core.inference import decode, encode
from skaae.core.training import train
from skaae.table import ColumnScaler

N_TABLES, MIN_ROWS, MAX_ROWS, N_STEPS, BATCH_SIZE = 20, 300, 2000, 1500, 128
SCHEDULES = {
    "alternating": "the paper's: reconstruction, discriminator, generator in turn",
    "joint": "all at once, one pass through encoder and discriminator (the default)",
}


def measure(name, schedule):
    """Test error, distance to the prior, and milliseconds a step."""
    torch.set_num_threads(1)
    X_train, X_test, _, _ = split_table(name, max_rows=MAX_ROWS)
    scaler = ColumnScaler().fit(X_train)
    X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
    width = min(16, X_train.shape[1] - 1)
    architecture = Architecture(X_train.shape[1], (Block("style", width, "normal"),), (256,), "relu")
    n_batches = -(-len(X_train) // BATCH_SIZE)
    plan = TrainingPlan(
        seeds=(0,),
        n_epochs=-(-N_STEPS // n_batches),
        batch_size=BATCH_SIZE,
        learning_rate=1e-3,
        adversarial_weight=0.03,
        noise=1 - width / X_train.shape[1],
        schedule=schedule,
    )
    start = time.perf_counter()
    state = train(architecture, plan, TrainingData(X_train)).state
    seconds = time.perf_counter() - start
    code = encode(architecture, state, X_test, "cpu")[0]
    error = np.square(decode(architecture, state, code, "cpu")[0] - X_test).mean()
    return {"error": error, "times noise": times_noise(code), "ms": 1000 * seconds / plan.n_epochs / n_batches}


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--tables", type=int, default=N_TABLES)
    arguments = parse_arguments(parser)
    names = [name for name in table_names() if name in tuned_on()]
    large = [name for name in names if len(split_table(name, max_rows=MAX_ROWS)[0]) >= MIN_ROWS][: arguments.tables]
    rows = []
    for schedule, title in SCHEDULES.items():
        table = pd.DataFrame(Parallel(n_jobs=2)(delayed(measure)(name, schedule) for name in large))
        median = table.median()
        rows.append(
            {
                "schedule": title,
                "test error": round(median["error"], 4),
                "distance, times noise": round(median["times noise"], 2),
                "within 3 times": f"{(table['times noise'] <= 3).sum()} of {len(table)}",
                "milliseconds a step": round(median["ms"], 2),
            }
        )
        print(rows[-1], flush=True)
    write_results("schedules", rows, arguments)


if __name__ == "__main__":
    main()
