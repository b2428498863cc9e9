"""
A synthetic table
=================

`AAEGenerator` draws new rows of a table with numbers, text, bools and missing cells, with the same columns and
dtypes. Several metrics evaluate them. The table is simulated, so new rows of the simulation show the best possible
values, and shuffled columns those of a trivial method.
"""

import numpy as np
import pandas as pd

from skaae import AAEGenerator
from skaae.display import ColumnDisplay
from skaae.metrics import column_shape_error, detection_score, nearest_record_share, pair_trend_error, utility_score


def borrowers(n_rows, seed):
    """A table of borrowers, and whether they paid their loans back."""
    rng = np.random.default_rng(seed)
    age = rng.integers(20, 75, n_rows)
    work = np.where(rng.random(n_rows) < 0.15, "none", np.where(rng.random(n_rows) < 0.5, "office", "outdoors"))
    pay = np.where(work == "none", 800, np.where(work == "office", 2500, 1900)) * np.exp(0.3 * rng.normal(size=n_rows))
    owner = rng.random(n_rows) < 1 / (1 + np.exp(-(age - 45) / 8 - (pay - 2000) / 1000))
    loan = np.round(pay * rng.gamma(4, 1.0, n_rows) * (1 + owner), -2)
    risk = loan / pay - 6 - 2 * owner + (work == "none") + rng.logistic(size=n_rows)
    stated = pay.round(2)
    stated[rng.random(n_rows) < np.where(work == "none", 0.4, 0.05)] = np.nan  # not missing at random
    table = pd.DataFrame({"age": age, "work": pd.Categorical(work), "pay": stated, "owner": owner, "loan": loan})
    return table, np.where(risk < 0, "paid", "late")


X, y = borrowers(1000, seed=0)
X_test, y_test = borrowers(1000, seed=1)

# %%
# The condition is whether a loan was paid back. New rows have the conditions of the test rows.

model = AAEGenerator(random_state=0).fit(X, y)
new = model.sample(len(y_test), y_test, random_state=0)
print(new.head(4).to_string())
assert (new.dtypes == X.dtypes).all()

# %%
# Errors of columns and of pairs of columns are best at 0. Detection is the AUC of a classifier of new against real
# rows, and best at 0.5; utility is the score on real rows of a classifier that was trained on new rows. The
# nearest-record share is 0.5 for new rows and 1 for copies of training rows.

X_fresh, y_fresh = borrowers(1000, seed=2)
X_more, _ = borrowers(1000, seed=3)
rng = np.random.default_rng(0)
shuffled = pd.DataFrame({name: cells.sample(frac=1, random_state=rng).array for name, cells in X.items()})
samples = {"AAEGenerator": (new, y_test), "simulated rows": (X_fresh, y_fresh), "shuffled columns": (shuffled, y)}
print(f"{'':<18}columns  pairs   detection utility  nearest")
for name, (rows, labels) in {**samples, "the training rows": (X, y)}.items():
    print(
        f"{name:<18}{column_shape_error(X_test, rows):7.3f}{pair_trend_error(X_test, rows):7.3f}"
        f"{detection_score(X_test, rows, random_state=0):12.2f}"
        f"{utility_score(X_test, y_test, rows, labels, random_state=0):8.2f}"
        f"{nearest_record_share(rows, X, X_more, random_state=0):9.2f}"
    )

# %%
# Each column of held-out and generated rows, and the differences between their correlations.

display = ColumnDisplay.from_tables(X_test, new)
display.figure_.savefig("synthetic_table.png", dpi=110)
print("Saved synthetic_table.png")
