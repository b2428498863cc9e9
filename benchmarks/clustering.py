"""How well do clusters that are found without labels match classes?

Run ``python benchmarks/clustering.py`` for tables (about 10 minutes on two cores), with ``--tuned`` for those that
defaults were chosen on; ``python benchmarks/clustering.py mnist`` for MNIST (about an hour). Every method is told the
number of classes, and shown the same columns, imputed, one-hot and standardised; HDBSCAN finds its own number, and what
it holds for noise counts as one cluster. On MNIST, whose parameters were chosen by the labels of training rows, all
60,000 training rows are clustered without their labels, and test rows are scored: by the best one-to-one assignment
of clusters to digits, and by the paper's protocol, where a cluster has the digit of the row that is most surely in it,
among training rows.
"""

import argparse
import time
import warnings

import numpy as np
import pandas as pd
import sklearn
from _data import load_table, split_images, split_table, table_names, tuned_on
from joblib import Parallel, delayed
from sklearn.cluster import HDBSCAN, AgglomerativeClustering, KMeans, SpectralClustering
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from skaae import AAEClusterer, AAETransformer
from skaae.metrics import clustering_accuracy

OURS = "AAEClusterer"
CLASSES = range(3, 21)
WIDEST = 500  # columns after encoding; mixtures of wider ones take hours
MAX_ROWS = 2000


def k_means(k, seed):
    """The first peer, and the last step of two others."""
    return KMeans(k, n_init=10, random_state=seed)


def contestants(k, seed):
    """All of them by name, as functions from rows to clusters."""
    yield OURS, AAEClusterer(k, random_state=seed).fit_predict
    yield "KMeans", k_means(k, seed).fit_predict
    yield "GaussianMixture", GaussianMixture(k, random_state=seed).fit_predict
    yield "Spectral", SpectralClustering(k, affinity="nearest_neighbors", random_state=seed).fit_predict
    yield "Ward", AgglomerativeClustering(k).fit_predict
    yield "HDBSCAN", HDBSCAN(copy=True).fit_predict
    yield "KMeans on PCA", lambda X: k_means(k, seed).fit_predict(PCA(0.9, svd_solver="full").fit_transform(X))
    code = AAETransformer(adversarial_weight=0, random_state=seed)
    yield "KMeans on AE code", lambda X: k_means(k, seed).fit_predict(code.fit_transform(X))


def compete(name, seed):
    """A line for each contestant; None for a table that is too wide."""
    train, test, *classes = split_table(name, max_rows=MAX_ROWS)
    X, y = np.vstack([train, test]), pd.factorize(np.concatenate(classes))[0]
    if X.shape[1] > WIDEST:
        return []
    X, lines = StandardScaler().fit_transform(X), []
    for method, clusters_of in contestants(y.max() + 1, seed):
        start = time.perf_counter()
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore")
            clusters = clusters_of(X)
        seconds = time.perf_counter() - start
        index = adjusted_rand_score(y, clusters)
        lines.append({"table": name, "seed": seed, "method": method, "ARI": 100 * index, "seconds": seconds})
    return lines


def tables(arguments):
    """Means and ranks over tables."""
    names = [name for name in table_names() if (name in tuned_on()) == arguments.tuned]
    names = [name for name in names if load_table(name)[1].nunique() in CLASSES]
    jobs = [(name, seed) for name in names for seed in arguments.seeds]
    results = Parallel(n_jobs=arguments.jobs, verbose=1)(delayed(compete)(*job) for job in jobs)
    lines = pd.DataFrame([line for result in results for line in result])
    if arguments.save:
        lines.to_csv(arguments.save, index=False)
    of_tables = lines.pivot_table(index="table", columns="method", values=["ARI", "seconds"])
    print(f"scikit-learn {sklearn.__version__}; {len(of_tables)} tables, seeds {arguments.seeds}")
    index = of_tables["ARI"]
    table = pd.DataFrame(
        {
            "ARI": index.mean(),
            "rank": index.round(4).rank(axis=1, ascending=False).mean(),
            "first": (index.eq(index.max(axis=1), axis=0)).sum(),
            "seconds": of_tables["seconds"].mean(),
        }
    )
    print(table.sort_values("rank").round(2).to_string())
    peers = index.drop(columns=OURS)
    print((index[OURS] - peers.max(axis=1)).sort_values().round(1).to_string())


def mnist_clusterer(k, seed):
    """Teachers first, by shared neighbours; then the model alone."""
    return AAEClusterer(
        k,
        n_components=10,
        n_members=1,
        teachers="neighbors",
        taught=0.25,
        smoothness=1.0,
        certainty=0.1,
        balance=0.4,
        cluster_prior="uniform" if k == 10 else "teachers",
        hidden_layer_sizes=(500, 500),
        learning_rate_init=2e-3,
        noise=0.0,
        scaling=None,
        max_iter=16,
        random_state=seed,
    )


def mnist(arguments):
    """Errors of one-to-one assignment and of the paper's protocol, on test rows."""
    X, X_test, y, y_test = split_images("mnist")
    components = PCA(150, random_state=0).fit(X)
    spread = components.transform(X).std()
    X, X_test = (components.transform(part) / spread for part in (X, X_test))
    for k in arguments.clusters:
        found = []
        for seed in arguments.seeds:
            start = time.perf_counter()
            model = mnist_clusterer(k, seed).fit(X)
            seconds = time.perf_counter() - start
            clusters = model.predict(X_test)
            surest = model.predict_proba(X).argmax(0)
            paper = 100 * np.mean(y[surest][clusters] != y_test)
            one_to_one = 100 * clustering_accuracy(y_test, clusters)
            found.append((one_to_one, paper))
            print(
                f"{k} clusters, seed {seed}: {one_to_one:.2f} % one to one, {paper:.2f} % errors, {seconds:.0f} s",
                flush=True,
            )
        accuracy, errors = np.array(found).T
        print(f"{k} clusters: one to one {accuracy.mean():.2f} % (worst {accuracy.min():.2f}),", end=" ")
        print(f"errors {errors.mean():.2f} % (worst {errors.max():.2f})", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="?", choices=["tables", "mnist"], default="tables")
    parser.add_argument("--tuned", action="store_true", help="the tables that defaults were chosen on")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--clusters", type=int, nargs="+", default=[10, 16, 30])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--save", default=None, help="a csv file for every line")
    arguments = parser.parse_args()
    {"tables": tables, "mnist": mnist}[arguments.what](arguments)


if __name__ == "__main__":
    main()
