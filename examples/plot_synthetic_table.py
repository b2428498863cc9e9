"""
Sharing a synthetic copy of a table
===================================

Somebody wants to work with a table that must not leave the house. `AAEGenerator` draws new rows of it: the same columns
and dtypes, missing cells where some were missing, keys that are made up. A report says what the copy is good for,
beside what real rows would have.
"""

import numpy as np
import pandas as pd

from skaae import AAEGenerator
from skaae.display import QualityDisplay
from skaae.metrics import quality_report, utility_score


def borrowers(n_rows, seed):
    """A table of borrowers, with a key and a date, and whether they paid their loans back."""
    rng = np.random.default_rng(seed)
    age = rng.integers(20, 75, n_rows)
    work = np.where(rng.random(n_rows) < 0.15, "none", np.where(rng.random(n_rows) < 0.5, "office", "outdoors"))
    pay = np.where(work == "none", 800, np.where(work == "office", 2500, 1900)) * np.exp(0.3 * rng.normal(size=n_rows))
    owner = rng.random(n_rows) < 1 / (1 + np.exp(-(age - 45) / 8 - (pay - 2000) / 1000))
    loan = np.round(pay * rng.gamma(4, 1.0, n_rows) * (1 + owner), -2)
    risk = loan / pay - 6 - 2 * owner + (work == "none") + rng.logistic(size=n_rows)
    stated = pay.round(2)
    stated[rng.random(n_rows) < np.where(work == "none", 0.4, 0.05)] = np.nan  # not missing at random
    table = pd.DataFrame({"contract": [f"L{i:06d}" for i in rng.choice(10**6, n_rows, replace=False)], "age": age})
    table["since"] = pd.Timestamp("2021-01-04") + pd.offsets.BDay() * rng.integers(0, 1000, n_rows)
    table = table.assign(work=pd.Categorical(work), pay=stated, owner=owner, loan=loan)
    return table.assign(outcome=np.where(risk < 0, "paid", "late"))


table = borrowers(2000, seed=0)
train, holdout = table[:1000], table[1000:].reset_index(drop=True)

# %%
# Keys are replaced, because they would say who is who. The outcome is the condition of a row: classes that a model is
# to learn are drawn best so. As many new rows of each as there are in the rows held out.

generator = AAEGenerator(identifiers="replace", random_state=0).fit(train.drop(columns="outcome"), train["outcome"])
copy = generator.sample(len(holdout), holdout["outcome"], random_state=0).assign(outcome=holdout["outcome"])
print(copy.head(4).to_string())
assert (copy.dtypes == train.dtypes).all()

# %%
# Is it good? Each figure stands beside that of real rows: training rows in the place of the copy. A value that a real
# sample has too is no fault. "nearer to training" near one half and no copies say that rows were not repeated.

tables = [rows.drop(columns="contract") for rows in (train, holdout, copy)]
report = quality_report(*tables, target="outcome", random_state=0)
print(report.round(3).to_string())

# %%
# Which column is worst? And which pair of columns?

display = QualityDisplay.from_tables(*tables, target="outcome", random_state=0)
display.figure_.savefig("synthetic_table.png", dpi=110)

# %%
# Do more new rows than there were real ones make a better model? They fill the copy's own gaps, and no others.

X, y = tables[1].drop(columns="outcome"), tables[1]["outcome"]
for n_rows in (250, 1000, 4000):
    y_new = np.random.default_rng(1).choice(train["outcome"], n_rows)
    new = generator.sample(n_rows, y_new, random_state=1).drop(columns="contract")
    print(f"{n_rows} new rows: utility {utility_score(X, y, new, y_new, random_state=0):.3f}")
real = utility_score(X, y, tables[0].drop(columns="outcome"), train["outcome"], random_state=0)
print(f"1000 real rows: utility {real:.3f}")
print("Saved synthetic_table.png")
