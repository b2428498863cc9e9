"""
Good and bad fits
=================

The loss curves of a fit with good parameters, and of fits with one parameter wrong: no adversarial loss, one that is
too strong, a learning rate that is too high, too few epochs.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skaae import AAETransformer
from skaae.display import LatentDisplay
from skaae.metrics import sliced_wasserstein

X, y = load_digits(return_X_y=True)
X_train, X_test, _, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)

# %%
# The codes have width 2, so that they can be plotted. Each fit changes one parameter of the first.

runs = {
    "good": {},
    "no adversarial loss": {"adversarial_weight": 0},
    "adversarial loss too strong": {"adversarial_weight": 100},
    "learning rate too high": {"learning_rate_init": 0.03},
    "too few epochs": {"max_iter": 5},
}
good = AAETransformer(2, adversarial_weight=1, max_iter=100, random_state=0)
models = {name: clone(good).set_params(**changed).fit(X_train) for name, changed in runs.items()}

# %%
# Two metrics of held-out rows: the score, minus the reconstruction error, which is about -1 for the column means; and
# the distance of their codes to the prior, compared with the distance between two samples of the prior.

draws = models["good"].sample_prior(2 * len(X_test), random_state=0)
first, second = np.split(draws, 2)
print(f"{'':<28} score  distance to the prior (of two samples of it: {sliced_wasserstein(first, second):.2f})")
for name, model in models.items():
    distance = sliced_wasserstein(first, model.transform(X_test), random_state=0)
    print(f"{name:<28} {model.score(X_test):5.2f}  {distance:8.2f}")

# %%
# Above, the reconstruction loss. Middle, the discriminator loss: it is log 4 (dashed) if the discriminator cannot
# distinguish codes from draws of the prior, and falls if codes do not follow the prior. Below, codes of held-out rows
# and the prior, of whose draws the circles contain a half and 95 %.

figure, axes = plt.subplots(3, len(models), figsize=(16, 7), height_ratios=[1, 1, 2.1], layout="constrained")
for (name, model), (top, middle, bottom) in zip(models.items(), axes.T, strict=True):
    top.plot(model.history_["reconstruction"])
    middle.axhline(np.log(4), color="gray", linestyle="--", linewidth=1)
    middle.plot(model.history_.get("discriminator", []), color="tab:orange")
    top.set(title=name, ylim=(0.3, 0.8))
    middle.set(xlabel="epoch", ylim=(0.9, 1.6), xlim=top.get_xlim())
    LatentDisplay.from_estimator(model, X_test, y_test, random_state=0, ax=bottom, s=5)
    bottom.set(title="", xlim=(-4, 4), ylim=(-4, 4), xlabel="", ylabel="")
    if bottom is not axes[-1, -1]:
        bottom.get_legend().remove()
axes[0, 0].set_ylabel("reconstruction")
axes[1, 0].set_ylabel("discriminator")
axes[2, 0].set_ylabel("codes")
figure.savefig("good_and_bad_runs.png", dpi=110)
print("Saved good_and_bad_runs.png")
