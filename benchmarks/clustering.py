"""How well do clusters that are found without labels match classes?

Run ``python benchmarks/clustering.py`` for tables (about 10 minutes on two cores), with ``--tuned`` for those that
defaults were chosen on; ``python benchmarks/clustering.py --parts mnist`` for MNIST (about an hour). Every method gets
the number of classes and the same columns, imputed, one-hot and standardised; HDBSCAN finds its own number, and its
noise counts as one cluster. On MNIST, whose parameters were chosen by the labels of training rows, all 60,000 training
rows are clustered without their labels, and test rows are scored: by the best one-to-one assignment of clusters to
digits, and by the paper's protocol, where a cluster has the digit of its most probable training row.
"""

import time
import warnings

import numpy as np
import pandas as pd
from _data import load_table, mnist_components, split_table, table_names, tuned_on
from _results import argument_parser, parse_arguments, records, write_results
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
CLASS_COUNTS = range(3, 21)
MAX_COLUMNS = 500  # after encoding; mixtures of wider tables take hours
MAX_ROWS = 2000
PAPER_ERRORS = {16: 9.55, 30: 4.10}


def k_means(k, seed):
    return KMeans(k, n_init=10, random_state=seed)


def contestants(k, seed):
    """Functions from rows to clusters, by name."""
    yield OURS, AAEClusterer(k, random_state=seed).fit_predict
    yield "KMeans", k_means(k, seed).fit_predict
    yield "GaussianMixture", GaussianMixture(k, random_state=seed).fit_predict
    yield "SpectralClustering", SpectralClustering(k, affinity="nearest_neighbors", random_state=seed).fit_predict
    yield "AgglomerativeClustering, Ward", AgglomerativeClustering(k).fit_predict
    yield "HDBSCAN", HDBSCAN(copy=True).fit_predict
    yield "KMeans on PCA", lambda X: k_means(k, seed).fit_predict(PCA(0.9, svd_solver="full").fit_transform(X))
    code = AAETransformer(adversarial_weight=0, random_state=seed)
    yield "KMeans on the code of a plain autoencoder", lambda X: k_means(k, seed).fit_predict(code.fit_transform(X))


def compete(name, seed):
    """A line for each contestant; none for a table that is too wide."""
    train, test, *classes = split_table(name, max_rows=MAX_ROWS)
    X, y = np.vstack([train, test]), pd.factorize(np.concatenate(classes))[0]
    if X.shape[1] > MAX_COLUMNS:
        return []
    X, lines = StandardScaler().fit_transform(X), []
    for method, fit_predict in contestants(y.max() + 1, seed):
        start = time.perf_counter()
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore")
            clusters = fit_predict(X)
        seconds = time.perf_counter() - start
        index = adjusted_rand_score(y, clusters)
        lines.append({"table": name, "seed": seed, "method": method, "ARI": 100 * index, "seconds": seconds})
    return lines


def tables(arguments):
    """Means and ranks over tables."""
    names = [name for name in table_names() if (name in tuned_on()) == arguments.tuned]
    names = [name for name in names if load_table(name)[1].nunique() in CLASS_COUNTS]
    jobs = [(name, seed) for name in names for seed in arguments.seeds]
    results = Parallel(n_jobs=arguments.jobs, verbose=1)(delayed(compete)(*job) for job in jobs)
    lines = pd.DataFrame([line for result in results for line in result])
    of_tables = lines.pivot_table(index="table", columns="method", values=["ARI", "seconds"])
    index = of_tables["ARI"]
    table = pd.DataFrame(
        {
            "adjusted Rand index": index.mean(),
            "rank": index.round(4).rank(axis=1, ascending=False).mean(),
            "first": (index.eq(index.max(axis=1), axis=0)).sum(),
            "seconds": of_tables["seconds"].mean(),
        }
    ).sort_values("rank")
    print(f"{len(of_tables)} tables\n{table.round(2).to_string()}")
    peers = index.drop(columns=OURS)
    print((index[OURS] - peers.max(axis=1)).sort_values().round(1).to_string())
    decimals = {"adjusted Rand index": 2, "rank": 2, "first": 0, "seconds": 2}
    best = {"adjusted Rand index": "max", "rank": "min", "first": "max"}
    write_results("clustering", records(table, "method", decimals), arguments, best=best, lines=lines)


def mnist_clusterer(k, seed):
    """Learns from teachers that use shared neighbours for a quarter of the epochs."""
    return AAEClusterer(
        k,
        n_components=10,
        n_members=1,
        teachers="neighbors",
        teacher_fraction=0.25,
        vat_weight=1.0,
        entropy_weight=0.1,
        balance_weight=0.4,
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
    X, X_test, y, y_test = mnist_components()
    rows = []
    for k in arguments.clusters:
        lines = []
        for seed in arguments.seeds:
            start = time.perf_counter()
            model = mnist_clusterer(k, seed).fit(X)
            seconds = time.perf_counter() - start
            clusters = model.predict(X_test)
            most_probable = model.predict_proba(X).argmax(0)
            error = 100 * np.mean(y[most_probable][clusters] != y_test)
            lines.append((100 * clustering_accuracy(y_test, clusters), error, seconds))
            print(k, "clusters, seed", seed, lines[-1], flush=True)
        accuracy, errors, seconds = np.array(lines).T
        rows.append(
            {
                "clusters": k,
                "one-to-one accuracy": round(accuracy.mean(), 2) if k == 10 else None,
                "worst accuracy": round(accuracy.min(), 2) if k == 10 else None,
                "error by the paper's protocol": round(errors.mean(), 2),
                "worst error": round(errors.max(), 2),
                "error in the paper": PAPER_ERRORS.get(k),
                "seconds": round(seconds.mean()),
            }
        )
    write_results("clustering_mnist", rows, arguments)


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--parts", nargs="+", choices=["tables", "mnist"], default=["tables"])
    parser.add_argument("--tuned", action="store_true", help="the tables that defaults were chosen on")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--clusters", type=int, nargs="+", default=[10, 16, 30])
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parse_arguments(parser)
    for part in arguments.parts:
        {"tables": tables, "mnist": mnist}[part](arguments)


if __name__ == "__main__":
    main()
