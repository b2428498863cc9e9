"""
Few labels in a CRM export
==========================

A table of customers as it was exported: a key, a date, codes, a plan, money with gaps. For 80 of them somebody has
found out whether they will leave. The others have no label, but a semi-supervised classifier learns from them too.
"""

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.metrics import ConfusionMatrixDisplay, balanced_accuracy_score
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from skaae import SemiSupervisedAAEClassifier
from skaae.model_selection import SemiSupervisedKFold

rng = np.random.default_rng(0)
n = 1200
plan = rng.choice(["free", "team", "company"], n, p=[0.5, 0.3, 0.2])
seats = 1 + rng.poisson(np.select([plan == "free", plan == "team"], [0, 6], 40))
since = pd.Timestamp("2022-01-01") + pd.to_timedelta(rng.integers(0, 1200, n), unit="D")
logins = rng.poisson(np.exp(1.5 + 0.3 * np.log(seats) + 0.7 * rng.normal(size=n)))
tickets = rng.poisson(0.3 * np.sqrt(seats) * np.exp(0.8 * rng.normal(size=n)))
paid = np.where(plan == "free", 0.0, (seats * rng.uniform(8, 12, n)).round(2))
risk = 1.2 * np.log1p(tickets) - 1.3 * np.log1p(logins) + 1.5 * (plan == "free") + 1.2 + rng.logistic(0, 0.6, n)
X = pd.DataFrame({"customer": [f"C-{i:05d}" for i in rng.permutation(n)], "since": since, "plan": plan})
X = X.assign(region=rng.integers(1, 9, n), seats=seats, logins=logins, tickets=tickets, paid=paid)
X.loc[rng.random(n) < 0.15, "logins"] = np.nan
truth = np.where(risk > 0, "leaves", "stays")
y = pd.Series(truth).where(np.arange(n) < 80)  # missing: nobody knows

# %%
# The key identifies rows, so it goes; the region is a code and no quantity, so we say that it is a category. How each
# column was read is in ``columns_`` of the encoder.

X = X.drop(columns="customer")
model = SemiSupervisedAAEClassifier(column_kinds={"region": "category"}, random_state=0).fit(X, y)
print(model.table_encoder_.columns_[["kind", "n_distinct", "n_missing", "values"]].to_string())

# %%
# What would it score on rows that nobody has labelled? Cross-validation answers from the 80 labels: folds are of the
# labelled rows, and unlabelled rows are always among the training rows.

quick = SemiSupervisedAAEClassifier(column_kinds={"region": "category"}, n_members=1, max_iter=60, random_state=0)
cv = SemiSupervisedKFold(3, shuffle=True, random_state=0)
scores = cross_val_score(quick, X, y, cv=cv, scoring="balanced_accuracy")
print(f"Balanced accuracy by cross-validation on 80 labels: {scores.mean():.2f}, by fold {scores.round(2)}")

# %%
# Here the truth is known, because the table is simulated; so is what a random forest makes of the same labels.

one_hot = make_column_transformer((OneHotEncoder(), ["plan", "region"]), ("drop", ["since"]), remainder=SimpleImputer())
forest = make_pipeline(one_hot, RandomForestClassifier(random_state=0)).fit(X[:80], y[:80])
for name, predicted in {"skaae": model.predict(X[80:]), "random forest": forest.predict(X[80:])}.items():
    print(f"Balanced accuracy on the other rows, {name}: {balanced_accuracy_score(truth[80:], predicted):.2f}")

# %%
# And whom should somebody call next? ``rows_to_label`` chooses customers of whom the model is uncertain, who are
# typical of many, and unlike each other.

others = X[y.isna()]
print("Call next:\n" + others.iloc[model.rows_to_label(others, 3, random_state=0)].to_string())
display = ConfusionMatrixDisplay.from_predictions(truth[80:], model.predict(X[80:]), normalize="true")
display.figure_.savefig("crm_labels.png", dpi=110)
print("Saved crm_labels.png")
