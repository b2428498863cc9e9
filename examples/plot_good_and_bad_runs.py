"""
Good and bad runs
=================

What the curves of a fit look like when it goes well, and when one parameter is wrong. One model, five times: as it
should be, and with too little, or too much, of one thing.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skaae import AAETransformer
from skaae.display import LatentDisplay
from skaae.metrics import sliced_wasserstein

X, y = load_digits(return_X_y=True)
X_train, X_test, _, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)

# %%
# Codes of width 2, so that they can be seen. Each run changes one parameter of the first.

runs = {
    "as it should be": {},
    "adversary off": {"adversarial_weight": 0},
    "adversary too strong": {"adversarial_weight": 100},
    "steps too large": {"learning_rate_init": 0.03},
    "stopped too soon": {"max_iter": 5},
}
good = AAETransformer(2, adversarial_weight=1, max_iter=100, random_state=0)
models = {name: type(good)(**{**good.get_params(), **wrong}).fit(X_train) for name, wrong in runs.items()}

# %%
# Two numbers judge a run, both of rows that it has not seen: how well they come back (the score is minus an error, of
# which column means have about one), and how far their codes are from the prior. Fresh draws of the prior are the
# yardstick of the second.

draws = models["as it should be"].sample_prior(2 * len(X_test), random_state=0)
first, second = np.split(draws, 2)
print(f"{'':<22} score  distance to the prior (of two samples of it: {sliced_wasserstein(first, second):.2f})")
for name, model in models.items():
    distance = sliced_wasserstein(first, model.transform(X_test), random_state=0)
    print(f"{name:<22} {model.score(X_test):5.2f}  {distance:8.2f}")

# %%
# Above, the reconstruction error. Middle, the adversary's loss: guessing costs it log 4 (dashed). Where it stays there,
# codes cannot be told from draws; where it falls, the encoder is losing. Below, codes of held-out rows over the prior,
# of which the circles hold a half and 95 %.

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
