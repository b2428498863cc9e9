"""
A walk over digits
==================

Pictures as in the paper on adversarial autoencoders. Codes of width 2 are brought to a distribution of our choice, so
every place of that distribution decodes to a digit: nothing is left empty. With a mixture of Gaussians for the
distribution, and labels, each digit has a Gaussian of its own, and a few labels do.
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
# A normal prior, without labels; and a mixture, told by the labels of a quarter of the training rows. Rows whose label
# is unknown have -1, and go to whichever Gaussian they fit. Pixels have one scale already, so they stay as they are.

some = np.where(np.random.default_rng(0).random(len(y_train)) < 0.25, y_train, -1)
normal = AAETransformer(2, adversarial_weight=1, scaling=None, noise=0.1, random_state=0).fit(X_train)
mixture = AAETransformer(2, prior="mixture", scaling=None, noise=0.1, random_state=0).fit(X_train, some)

# %%
# How far apart digits are: five neighbours in the code tell the class of rows that were held out.

print(f"Nearest neighbours by codes of width 2, on {len(y_test)} held-out digits")
for name, model in {"normal, no labels": normal, f"mixture, {(some >= 0).sum()} labels": mixture}.items():
    neighbors = KNeighborsClassifier().fit(model.transform(X_train), y_train)
    print(f"  {name:<22} {100 * neighbors.score(model.transform(X_test), y_test):.1f} %")

# %%
# Left, what is decoded on a grid over the normal prior. Middle, held-out rows on that plane. Right, held-out rows on
# the plane of the mixture, ten Gaussians on a circle: most digits are in the one of their label.

figure, axes = plt.subplots(1, 3, figsize=(18, 5), layout="compressed")
ManifoldDisplay.from_estimator(normal, n_steps=10, image_shape=(8, 8), limits=(0, 1), ax=axes[0])
LatentDisplay.from_estimator(normal, X_test, y_test, random_state=0, ax=axes[1], s=10)
LatentDisplay.from_estimator(mixture, X_test, y_test, random_state=0, ax=axes[2], s=10)
for ax, title in zip(axes, ("Decoded from a grid", "A normal prior", "A mixture, told by labels"), strict=True):
    ax.set_title(title)
figure.savefig("manifold.png", dpi=110)
print("Saved manifold.png")
