"""
A packed search
===============

A higher adversarial weight makes samples better, and may increase the reconstruction error. A grid search shows this
trade-off. ``PackedGridSearchCV`` trains candidates and folds at once, packed into one model, with the same results as
``GridSearchCV``, in less time.
"""

from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV, KFold

from skaae import AAETransformer
from skaae.metrics import scorers
from skaae.model_selection import PackedGridSearchCV

X, _ = load_breast_cancer(return_X_y=True)

# %%
# Each candidate is evaluated on held-out rows by two metrics: their reconstruction error, and the distance between
# them and samples. Both have a negative sign, so that higher is better. ``refit`` names the metric that selects the
# best candidate.

model = AAETransformer(4, max_iter=20, random_state=0)
grid = {"adversarial_weight": [0.0, 0.1, 1.0, 10.0], "learning_rate_init": [1e-3, 4e-3]}
scoring = {"reconstruction": scorers.neg_reconstruction_error, "samples": scorers.neg_sliced_wasserstein}
folds = KFold(3, shuffle=True, random_state=0)

# %%
# The same search with both classes. Scoring is not packed, and takes the same time in both.

searches, seconds = {}, {}
for kind in (GridSearchCV, PackedGridSearchCV):
    start = perf_counter()
    searches[kind] = kind(model, grid, scoring=scoring, refit="samples", cv=folds).fit(X)
    seconds[kind] = perf_counter() - start
    print(f"{kind.__name__:<18} {seconds[kind]:5.1f} s, best {searches[kind].best_params_}")
search = searches[PackedGridSearchCV]
print(f"Packed, the search took {seconds[PackedGridSearchCV] / seconds[GridSearchCV]:.0%} of the time.")
for name in scoring:
    scores = [other.cv_results_[f"mean_test_{name}"] for other in searches.values()]
    print(f"Largest difference of a score by {name}: {np.abs(scores[0] - scores[1]).max():.1g}")

# %%
# Each point is a candidate, a mean of three folds; both axes are errors, so a candidate to the left of another and
# below it is better by both. The best by samples is at the edge of the grid; in practice, extend the grid there.

weights = search.cv_results_["param_adversarial_weight"].astype(float)
rates = search.cv_results_["param_learning_rate_init"].astype(float)
figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
for rate, marker in zip(grid["learning_rate_init"], "os", strict=True):
    chosen = rates == rate
    errors = -search.cv_results_["mean_test_reconstruction"][chosen]
    distances = -search.cv_results_["mean_test_samples"][chosen]
    axes.plot(errors, distances, color="lightgray", zorder=1)
    indices = np.searchsorted(grid["adversarial_weight"], weights[chosen])
    points = axes.scatter(errors, distances, c=indices, marker=marker, s=60, vmin=0, vmax=3)
    axes.scatter([], [], color="gray", marker=marker, s=60, label=f"{rate:g}")
bar = figure.colorbar(points, ax=axes, ticks=range(4), label="adversarial_weight")
bar.set_ticklabels([f"{weight:g}" for weight in grid["adversarial_weight"]])
axes.set(xlabel="reconstruction error, in variances", ylabel="distance of samples from held-out rows")
axes.legend(title="learning_rate_init")
figure.savefig("search.png", dpi=110)
print("Saved search.png")
