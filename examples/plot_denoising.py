"""
Denoising and imputation
========================

One `AAEDenoiser` is trained to remove noise, another to fill missing cells. Both are evaluated on held-out digits,
and compared with principal components and nearest neighbours.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.impute import KNNImputer

from skaae import AAEDenoiser

X = load_digits().data / 16
train, test = X[:1400], X[1400:]
rng = np.random.default_rng(0)
noisy = test + 0.3 * rng.standard_normal(test.shape)
incomplete = np.where(rng.random(test.shape) < 0.4, np.nan, test)

# %%
# The noise is in units of pixels, so pixels are not scaled. ``corruption="masked"`` masks as many cells in training
# as are missing here; other cells stay as they are. There are 80 epochs, for speed; by default there are 250.

denoiser = AAEDenoiser(noise=0.3, scaling=None, max_iter=80, random_state=0).fit(train)
filler = AAEDenoiser(corruption="masked", scaling=None, max_iter=80, random_state=0).fit(train)
clean, filled = denoiser.transform(noisy), filler.transform(incomplete)


def error(rows):
    """Root of the mean squared error of pixels, which go from 0 to 1."""
    return np.sqrt(np.square(rows - test).mean())


pca = PCA(16).fit(train)
by_components = pca.inverse_transform(pca.transform(noisy))
by_neighbors = KNNImputer().fit(train).transform(incomplete)
print(f"noisy {error(noisy):.3f}, denoised {error(clean):.3f} (by 16 principal components {error(by_components):.3f})")
print(f"missing cells filled {error(filled):.3f} (by five neighbours {error(by_neighbors):.3f})")

# %%
# Each column is a digit: the input and the output of both models, and between them the original digit.

shown = rng.permutation(len(test))[:12]
lines = {"noisy": noisy, "denoised": clean, "original": test, "incomplete": incomplete, "filled": filled}
figure, axes = plt.subplots(len(lines), 1, figsize=(11, 5), layout="constrained")
for axis, (name, rows) in zip(axes, lines.items(), strict=True):
    images = [np.pad(row.reshape(8, 8), 1, constant_values=0.5) for row in rows[shown]]
    axis.imshow(np.hstack(images), cmap=plt.get_cmap("gray_r").with_extremes(bad="tab:red"), vmin=0, vmax=1)
    axis.set_ylabel(name, rotation=0, ha="right", va="center")
    axis.set(xticks=[], yticks=[])
figure.savefig("denoising.png", dpi=110)
print("Saved denoising.png")
