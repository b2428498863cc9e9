"""Two samples and two tables whose metrics were computed by reference implementations."""

import numpy as np
import pandas as pd

_rng = np.random.RandomState(0)
REAL = _rng.standard_normal((300, 4))
MADE = _rng.standard_normal((300, 4)) * 1.2 + 0.3
LOGITS = _rng.standard_normal((300, 5)) * 2
PROBABILITIES = np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)


def table(rows, flag):
    """Numbers, integers, categories and bools."""
    kinds = np.where(rows[:, 2] > 0.5, "a", np.where(rows[:, 2] < -1, "b", "c"))
    whole = np.round(rows[:, 1] * 3).astype(int)
    return pd.DataFrame({"number": rows[:, 0], "whole": whole, "kind": kinds, "flag": flag > 0})


REAL_TABLE, MADE_TABLE = table(REAL, REAL[:, 3] + REAL[:, 0]), table(MADE, MADE[:, 3])
