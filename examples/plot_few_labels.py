"""
Few labels, many rows
=====================

Labels are expensive. `SemiSupervisedAAEClassifier` learns the distribution of digits from all rows, and the classes
from 50 labels. A random forest can use the labelled rows only. To compare the two, there are only the 50 labels
again, and ordinary cross-validation is misleading.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import StratifiedKFold, cross_val_score

from skaae import SemiSupervisedAAEClassifier
from skaae.display import SampleDisplay
from skaae.model_selection import SemiSupervisedKFold

X, y = load_digits(return_X_y=True)
rng = np.random.default_rng(0)
labelled = np.concatenate([rng.choice(np.flatnonzero(y == digit), 5, replace=False) for digit in range(10)])
few = np.full_like(y, -1)
few[labelled] = y[labelled]
hidden = few == -1

# %%
# Unlabelled rows have the label -1. Here the labels were only hidden, so the predictions can be compared with them.

forest = RandomForestClassifier(random_state=0).fit(X[labelled], y[labelled])
model = SemiSupervisedAAEClassifier(n_members=2, random_state=0).fit(X, few)  # 4 are a little better, and slower
print(f"Accuracy on the {hidden.sum()} rows whose label was hidden, with {len(labelled)} labels")
print(f"  random forest: {100 * forest.score(X[hidden], y[hidden]):.1f} %")
print(f"  SemiSupervisedAAEClassifier: {100 * model.score(X[hidden], y[hidden]):.1f} %")

# %%
# In practice the other labels are unknown. An ordinary splitter takes -1 for an eleventh class, and a forest that
# predicts -1 nearly always then has a high score. ``SemiSupervisedKFold`` scores labelled rows only, each by a model
# that was fitted to all rows without that label. One of 50 rows is two points, so the estimate may be some points
# off.

forest = RandomForestClassifier(random_state=0)
as_a_class = cross_val_score(forest, X, few, cv=StratifiedKFold(3)).mean()
labelled_only = cross_val_score(forest, X[labelled], y[labelled], cv=StratifiedKFold(3)).mean()
folds = SemiSupervisedKFold(3)
semi_supervised = cross_val_score(SemiSupervisedAAEClassifier(n_members=2, random_state=0), X, few, cv=folds).mean()
print("Accuracy by cross-validation, without the hidden labels")
print(f"  random forest, -1 taken for a class: {100 * as_a_class:.1f} %")
print(f"  random forest, labelled rows only: {100 * labelled_only:.1f} %")
print(f"  SemiSupervisedAAEClassifier, SemiSupervisedKFold: {100 * semi_supervised:.1f} %")

# %%
# Left, the confusion matrix. Right, misclassified digits, a line for each true class, and twelve at most.

predicted, truth = model.predict(X[hidden]), y[hidden]
wrong = np.concatenate([np.flatnonzero((predicted != truth) & (truth == digit))[:12] for digit in range(10)])
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
ConfusionMatrixDisplay.from_predictions(truth, predicted, ax=left, colorbar=False, cmap="Blues")
left.set_title("Rows whose label was hidden")
SampleDisplay.from_samples(X[hidden][wrong], truth[wrong], image_shape=(8, 8), ax=right)
right.set_title("Misclassified digits")
figure.savefig("few_labels.png", dpi=110)
print("Saved few_labels.png")
