"""
Clusters, and what varies within them
=====================================

A clusterer finds groups of digits without a label, and keeps apart what group a row is of and what it looks like
within it. So new rows of a cluster can be drawn, and say what the cluster is.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaae import AAEClusterer, AAETransformer
from skaae.display import LatentDisplay, SampleDisplay
from skaae.metrics import clustering_accuracy

X, y = load_digits(return_X_y=True)

# %%
# Labels are for judging only. Accuracy lets each cluster stand for one digit; the adjusted Rand index asks of pairs of
# rows whether they are rightly together or apart, and is 0 for chance.

clusterer = AAEClusterer(10, random_state=0).fit(X)
found = {
    "AAEClusterer": clusterer.labels_,
    "KMeans": KMeans(10, n_init=10, random_state=0).fit_predict(X),
    "KMeans, scaled": make_pipeline(StandardScaler(), KMeans(10, n_init=10, random_state=0)).fit_predict(X),
    "GaussianMixture": GaussianMixture(10, covariance_type="diag", reg_covar=1, random_state=0).fit_predict(X),
}
print("Ten clusters of digits    accuracy  adjusted Rand index")
for name, labels in found.items():
    print(f"  {name:<22} {100 * clustering_accuracy(y, labels):8.1f} %  {adjusted_rand_score(y, labels):8.2f}")

# %%
# Left, ten new rows of each cluster. They show what numbers cannot: which clusters are a digit, and which are mixed.
# Right, a map: a code of width 2 with a place for each cluster, coloured by the real digits. Where a place has two
# colours, the clusterer has mixed two digits up.

flat = AAETransformer(2, n_clusters=10, max_iter=60, random_state=0).fit(X, clusterer.labels_)
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5.5), layout="constrained")
SampleDisplay.from_estimator(
    clusterer, y=np.repeat(clusterer.classes_, 10), image_shape=(8, 8), limits=(0, 16), random_state=0, ax=left
)
left.set(title="New rows of each cluster", ylabel="cluster")
LatentDisplay.from_codes(flat.transform(X), y, ax=right, s=8)
right.set_title("A map of the clusters, by digit")
figure.savefig("clusters.png", dpi=110)
print("Saved clusters.png")
