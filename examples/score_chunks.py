"""
Scores of rows that do not fit into memory
==========================================

A fitted detector scores each row by itself, so chunks of a file with pandas, or partitions with dask, have the same
scores as all rows at once. Run ``python examples/score_chunks.py``; dask is optional (``pip install
"dask[dataframe]"``).
"""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from skaae import AAEOutlierDetector


def make_rows(n, seed):
    """Two columns of numbers that depend on each other, and one of categories."""
    rng = np.random.default_rng(seed)
    hidden = rng.standard_normal(n)
    size = np.exp(hidden / 2) + rng.normal(0, 0.05, n)
    return pd.DataFrame({"size": size, "weight": size**2 + rng.normal(0, 0.1, n), "kind": rng.choice(["a", "b"], n)})


def scores_of(chunk, model):
    """Scores with the index of the chunk."""
    return pd.Series(model.score_samples(chunk), index=chunk.index, name="score")


def by_pandas(path, model, rows=5_000):
    """Scores of a file of any length, with one chunk in memory."""
    with pd.read_csv(path, chunksize=rows) as chunks:
        return pd.concat([scores_of(chunk, model) for chunk in chunks])


def by_dask(path, model):
    """The same on the processes or machines of dask, which get copies of the model."""
    import dask.dataframe

    table = dask.dataframe.read_csv(path, blocksize="200kB")
    return table.map_partitions(scores_of, model, meta=("score", float)).compute(scheduler="sync")


def main():
    model = AAEOutlierDetector(max_iter=20, random_state=0).fit(make_rows(2_000, seed=0))
    rows = make_rows(20_000, seed=1)
    at_once = model.score_samples(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        rows.to_csv(path, index=False)
        results = {"pandas, chunks of 5,000 rows": by_pandas(path, model)}
        try:
            results["dask, partitions of 200 kB"] = by_dask(path, model)
        except ImportError:
            print("dask.dataframe is not installed; pandas alone.")
    for method, scores in results.items():
        difference = np.abs(scores.to_numpy() - at_once).max()
        assert difference < 1e-9, difference
        print(f"{method}: {len(scores):,} scores, at most {difference:.0e} from those of all rows at once")


if __name__ == "__main__":
    main()
