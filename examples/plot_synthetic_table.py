"""
A synthetic table
=================

Numbers, text, bools and missing cells go in as they are, and come out as they were: the same columns and dtypes. How
good the new rows are is a question with several answers. As the table is made up by a rule, fresh rows by the same rule
say what could be had at best, and shuffled columns what comes for nothing.
"""

import numpy as np
import pandas as pd

from skaae import AAEGenerator
from skaae.display import ColumnDisplay
from skaae.metrics import column_shape_error, detection_score, nearest_record_share, pair_trend_error, utility_score


def borrowers(n_rows, seed):
    """Rows of a table of people who borrow, and whether they paid back."""
    rng = np.random.default_rng(seed)
    age = rng.integers(20, 75, n_rows)
    work = np.where(rng.random(n_rows) < 0.15, "none", np.where(rng.random(n_rows) < 0.5, "office", "outdoors"))
    pay = np.where(work == "none", 800, np.where(work == "office", 2500, 1900)) * np.exp(0.3 * rng.normal(size=n_rows))
    owner = rng.random(n_rows) < 1 / (1 + np.exp(-(age - 45) / 8 - (pay - 2000) / 1000))
    loan = np.round(pay * rng.gamma(4, 1.0, n_rows) * (1 + owner), -2)
    risk = loan / pay - 6 - 2 * owner + (work == "none") + rng.logistic(size=n_rows)
    told = pay.round(2)
    told[rng.random(n_rows) < np.where(work == "none", 0.4, 0.05)] = np.nan  # who earns little says so less often
    table = pd.DataFrame({"age": age, "work": pd.Categorical(work), "pay": told, "owner": owner, "loan": loan})
    return table, np.where(risk < 0, "paid", "late")


X, y = borrowers(1000, seed=0)
X_test, y_test = borrowers(1000, seed=1)

# %%
# The generator is told who paid back, and is asked for as many rows of either kind as the test rows have.

model = AAEGenerator(random_state=0).fit(X, y)
new = model.sample(len(y_test), y_test, random_state=0)
print(new.head(4).to_string())
assert (new.dtypes == X.dtypes).all()

# %%
# Errors of columns and of pairs of columns are best at 0; a classifier should not tell new rows from real ones (0.5),
# but one that learned from new rows should do well on real ones. Near 0.5 of new rows should have a training row for
# their nearest neighbour; of copies all have.

X_fresh, y_fresh = borrowers(1000, seed=2)
X_more, _ = borrowers(1000, seed=3)
rng = np.random.default_rng(0)
shuffled = pd.DataFrame({name: cells.sample(frac=1, random_state=rng).array for name, cells in X.items()})
sources = {"AAEGenerator": (new, y_test), "fresh rows": (X_fresh, y_fresh), "shuffled columns": (shuffled, y)}
print(f"{'':<18}columns  pairs  told apart  useful  nearest")
for name, (rows, labels) in {**sources, "the training rows": (X, y)}.items():
    print(
        f"{name:<18}{column_shape_error(X_test, rows):7.3f}{pair_trend_error(X_test, rows):7.3f}"
        f"{detection_score(X_test, rows, random_state=0):12.2f}"
        f"{utility_score(X_test, y_test, rows, labels, random_state=0):8.2f}"
        f"{nearest_record_share(rows, X, X_more, random_state=0):9.2f}"
    )

# %%
# Each column of held-out rows beside generated ones, and where correlations are off.

display = ColumnDisplay.from_tables(X_test, new)
display.figure_.savefig("synthetic_table.png", dpi=110)
print("Saved synthetic_table.png")
