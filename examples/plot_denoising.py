"""
Clean rows of noisy ones
========================

A denoiser is shown noisy rows in training and has to give back clean ones; another is shown rows with holes. Both are
tried on digits that they have not seen, beside principal components and nearest neighbours.
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
holes = np.where(rng.random(test.shape) < 0.4, np.nan, test)

# %%
# The noise is given in the units of the pixels, so these are left unscaled. "masked" hides cells in training, as many
# as are missing here; cells that are there are left alone. 80 epochs are for speed; by default there are 250.

denoiser = AAEDenoiser(noise=0.3, scaling=None, max_iter=80, random_state=0).fit(train)
filler = AAEDenoiser(corruption="masked", scaling=None, max_iter=80, random_state=0).fit(train)
clean, filled = denoiser.transform(noisy), filler.transform(holes)


def error(rows):
    """Root of the mean squared error of pixels, which go from 0 to 1."""
    return np.sqrt(np.square(rows - test).mean())


pca = PCA(16).fit(train)
by_components = pca.inverse_transform(pca.transform(noisy))
by_neighbors = KNNImputer().fit(train).transform(holes)
print(f"noisy {error(noisy):.3f}, cleaned {error(clean):.3f} (by 16 principal components {error(by_components):.3f})")
print(f"with holes, filled {error(filled):.3f} (by five neighbours {error(by_neighbors):.3f})")

# %%
# A digit is a column: what the models are given, what they give back, and between the two the digit as it was.

shown = rng.permutation(len(test))[:12]
lines = {"noisy": noisy, "cleaned": clean, "as it was": test, "with holes": holes, "filled": filled}
figure, axes = plt.subplots(len(lines), 1, figsize=(11, 5), layout="constrained")
for axis, (name, rows) in zip(axes, lines.items(), strict=True):
    images = [np.pad(row.reshape(8, 8), 1, constant_values=0.5) for row in rows[shown]]
    axis.imshow(np.hstack(images), cmap=plt.get_cmap("gray_r").with_extremes(bad="tab:red"), vmin=0, vmax=1)
    axis.set_ylabel(name, rotation=0, ha="right", va="center")
    axis.set(xticks=[], yticks=[])
figure.savefig("denoising.png", dpi=110)
print("Saved denoising.png")
