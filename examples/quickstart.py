"""Codes as features: a code fitted to all digits improves a classifier that is fitted to the labels of 50 of them.

Prints a table and saves quickstart.png: codes coloured by digit, originals and reconstructions, and samples.
"""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaae import AAETransformer

WIDTH, N_LABELS, N_DRAWS = 16, 50, 10

X, y = load_digits(return_X_y=True)
model = AAETransformer(WIDTH, random_state=0).fit(X)
features = {
    "raw columns (64)": X,
    f"PCA ({WIDTH})": PCA(WIDTH, random_state=0).fit_transform(X),
    f"AAETransformer ({WIDTH})": model.transform(X),
}

print(f"Logistic regression with {N_LABELS} labels, accuracy on the other rows, mean of {N_DRAWS} draws")
for name, Z in features.items():
    scores = []
    for draw in range(N_DRAWS):
        labelled, rest = train_test_split(np.arange(len(y)), train_size=N_LABELS, stratify=y, random_state=draw)
        classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(Z[labelled], y[labelled])
        scores.append(classifier.score(Z[rest], y[rest]))
    print(f"  {name:<22} {100 * np.mean(scores):.1f} %")

flat = AAETransformer(2, adversarial_weight=1, random_state=0).fit(X)
code = flat.transform(X)
figure, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 4.3), width_ratios=[1, 1, 1], layout="constrained")
points = left.scatter(*code.T, c=y, cmap="tab10", s=6)
figure.colorbar(points, ax=left, ticks=range(10))
left.set(title="Codes of width 2, by digit", aspect="equal", xlim=(-4, 4), ylim=(-4, 4))


def tiles(rows, n_columns):
    """Digits side by side in one image."""
    images = rows.reshape(-1, n_columns, 8, 8)
    return np.block([[np.pad(image, 1, constant_values=8) for image in line] for line in images])


shown = np.random.default_rng(0).permutation(len(X))[:32]
pairs = np.stack([X[shown], model.inverse_transform(features[f"AAETransformer ({WIDTH})"][shown])], axis=1)
middle.imshow(tiles(pairs.reshape(-1, 64), 8), cmap="gray_r", vmin=0, vmax=16)
middle.set(title=f"Originals, and reconstructions from {WIDTH} numbers")
right.imshow(tiles(model.sample(64, random_state=0), 8), cmap="gray_r", vmin=0, vmax=16)
right.set(title="Samples: draws from the prior, decoded")
for axes in (middle, right):
    axes.axis("off")
figure.savefig("quickstart.png", dpi=110)
print("Saved quickstart.png")
