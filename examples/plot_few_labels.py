"""
Few labels, many rows
=====================

Rows are cheap, labels are not. The semi-supervised classifier learns from all rows what digits look like, and from 50
labels what they are called. A random forest can use the labelled rows only. Which of the two to believe in must be
found out from the 50 labels too, and a common way of doing so misleads.
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
# Unlabelled rows are marked with -1. As the labels were only hidden, we can see how well they are told.

forest = RandomForestClassifier(random_state=0).fit(X[labelled], y[labelled])
model = SemiSupervisedAAEClassifier(n_members=2, random_state=0).fit(X, few)  # 4 are a little better, and slower
print(f"Accuracy on the {hidden.sum()} rows whose label was hidden, with {len(labelled)} labels")
print(f"  random forest: {100 * forest.score(X[hidden], y[hidden]):.1f} %")
print(f"  SemiSupervisedAAEClassifier: {100 * model.score(X[hidden], y[hidden]):.1f} %")

# %%
# In earnest nobody knows the hidden labels. An ordinary splitter takes -1 for an eleventh class, and a forest that
# answers "-1" nearly always then scores high. ``SemiSupervisedKFold`` scores labelled rows only, each by a model that
# was shown all rows but not that label. Of 50 rows one is two points, so expect to be some points off.

forest = RandomForestClassifier(random_state=0)
misled = cross_val_score(forest, X, few, cv=StratifiedKFold(3)).mean()
alone = cross_val_score(forest, X[labelled], y[labelled], cv=StratifiedKFold(3)).mean()
folds = SemiSupervisedKFold(3)
honest = cross_val_score(SemiSupervisedAAEClassifier(n_members=2, random_state=0), X, few, cv=folds).mean()
print("What cross-validation says without the hidden labels")
print(f"  random forest, -1 taken for a class: {100 * misled:.1f} %")
print(f"  random forest, labelled rows only: {100 * alone:.1f} %")
print(f"  SemiSupervisedAAEClassifier, SemiSupervisedKFold: {100 * honest:.1f} %")

# %%
# Left, what is taken for what. Right, digits that are mistaken, a line for each class that they really have, and
# twelve at most.

guesses, truth = model.predict(X[hidden]), y[hidden]
wrong = np.concatenate([np.flatnonzero((guesses != truth) & (truth == digit))[:12] for digit in range(10)])
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
ConfusionMatrixDisplay.from_predictions(truth, guesses, ax=left, colorbar=False, cmap="Blues")
left.set_title("Rows whose label was hidden")
SampleDisplay.from_samples(X[hidden][wrong], truth[wrong], image_shape=(8, 8), ax=right)
right.set_title("Digits that are mistaken")
figure.savefig("few_labels.png", dpi=110)
print("Saved few_labels.png")
