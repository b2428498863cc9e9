"""
Clusters, and what varies within them
=====================================

`AAEClusterer` finds clusters of digits without labels. It separates the cluster of a row from its style, the
variation within clusters, so that new rows of each cluster can be drawn.
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
# Labels are used for evaluation only. For the accuracy, each cluster is matched to one digit. The adjusted Rand index
# counts the pairs of rows that are rightly in the same or in different clusters, and is 0 for random labels.

clusterer = AAEClusterer(10, random_state=0).fit(X)
labels = {
    "AAEClusterer": clusterer.labels_,
    "KMeans": KMeans(10, n_init=10, random_state=0).fit_predict(X),
    "KMeans, scaled": make_pipeline(StandardScaler(), KMeans(10, n_init=10, random_state=0)).fit_predict(X),
    "GaussianMixture": GaussianMixture(10, covariance_type="diag", reg_covar=1, random_state=0).fit_predict(X),
}
print("Ten clusters of digits    accuracy  adjusted Rand index")
for name, clusters in labels.items():
    print(f"  {name:<22} {100 * clustering_accuracy(y, clusters):8.1f} %  {adjusted_rand_score(y, clusters):8.2f}")

# %%
# Left, ten new rows of each cluster, which show the clusters that are a digit, and those that are mixed. Right, a
# map: a code of width 2 with a head for each cluster, coloured by the true digits. A cluster of two colours is a
# mixture of two digits.

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
