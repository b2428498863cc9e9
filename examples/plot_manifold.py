"""
A manifold of digits
====================

Figures as in the paper on adversarial autoencoders. Codes of width 2 follow a prior, so every point of the prior
decodes to a digit. With a class-conditional mixture of Gaussians, each digit has one Gaussian; labels of some rows
are enough.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from skaae import AAETransformer
from skaae.display import LatentDisplay, ManifoldDisplay

X, y = load_digits(return_X_y=True)
X = X / 16
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=1)

# %%
# A normal prior, without labels; and a mixture prior, with labels of a quarter of the training rows. Unlabelled rows
# have -1, and may be encoded near any Gaussian. Pixels have one scale, so they are not scaled.

some = np.where(np.random.default_rng(0).random(len(y_train)) < 0.25, y_train, -1)
normal = AAETransformer(2, adversarial_weight=1, scaling=None, noise=0.1, random_state=0).fit(X_train)
mixture = AAETransformer(2, prior="mixture", scaling=None, noise=0.1, random_state=0).fit(X_train, some)

# %%
# How well digits are separated: the accuracy of five nearest neighbours in the code, on held-out rows.

print(f"Nearest neighbours by codes of width 2, on {len(y_test)} held-out digits")
for name, model in {"normal, no labels": normal, f"mixture, {(some >= 0).sum()} labels": mixture}.items():
    neighbors = KNeighborsClassifier().fit(model.transform(X_train), y_train)
    print(f"  {name:<22} {100 * neighbors.score(model.transform(X_test), y_test):.1f} %")

# %%
# Left, digits decoded from a grid over the normal prior. Middle, codes of held-out rows. Right, codes of held-out
# rows and the mixture prior, ten Gaussians on a circle: most digits are in that of their class.

figure, axes = plt.subplots(1, 3, figsize=(18, 5), layout="compressed")
ManifoldDisplay.from_estimator(normal, n_steps=10, image_shape=(8, 8), limits=(0, 1), ax=axes[0])
LatentDisplay.from_estimator(normal, X_test, y_test, random_state=0, ax=axes[1], s=10)
LatentDisplay.from_estimator(mixture, X_test, y_test, random_state=0, ax=axes[2], s=10)
for ax, title in zip(axes, ("Decoded from a grid", "Normal prior", "Class-conditional mixture prior"), strict=True):
    ax.set_title(title)
figure.savefig("manifold.png", dpi=110)
print("Saved manifold.png")
