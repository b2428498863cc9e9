"""The tables of the adversarial autoencoder paper beside ours, all on MNIST.

Run ``python benchmarks/paper.py`` (one to two hours on two cores), or some rows with ``--rows likelihood clustering``.
The paper is Makhzani, Shlens, Jaitly, Goodfellow and Frey, "Adversarial autoencoders", 2015, arXiv 1511.05644. What
others obtained is quoted from the sources named in the table. Ours are means over ``--seeds``, on the 10,000 test rows,
which no choice was made on. Errors are in %.

- likelihood: log density of test rows under 10,000 samples, by a Parzen window (a historical figure: it says little).
- semi-supervised: see ``mnist_semi_supervised.py``.
- clustering: the paper's protocol, see ``clustering.py``.
- reduction: a two-dimensional code with cluster heads. "plain" is the paper's algorithm: 20 heads and no labels, each
  head with the digit of its most probable row, or 10 heads and some labels. The other rows have pseudo-labels: the
  clusters of ``AAEClusterer``, or the classes of ``SemiSupervisedAAEClassifier``.
"""

import time

import numpy as np
from _data import mnist_components, split_images
from _results import argument_parser, parse_arguments, write_results
from clustering import mnist_clusterer
from mnist_semi_supervised import classifier, mask_labels

from skaae import AAETransformer
from skaae.metrics import parzen_log_likelihood

STEPS = 8_000
BANDWIDTHS = np.geomspace(0.1, 0.3, 9)
PAPER = {  # in print, and the best independent reproduction known
    "likelihood": ("340 +- 2", "345 (PaddlePaddle)"),
    "semi-supervised, 100 labels": ("1.90", "about 5 (thadikari)"),
    "semi-supervised, 1000 labels": ("1.60", "6.8 (1henrypage)"),
    "clustering, 16 clusters": ("9.55", "none known"),
    "clustering, 30 clusters": ("4.10", "none known"),
    "reduction, no labels, plain": ("13.5", "about 40 (gagb)"),
    "reduction, no labels, clusters of AAEClusterer": ("13.5", "about 40 (gagb)"),
    "reduction, 100 labels, plain": ("6.08", "26 (1henrypage)"),
    "reduction, 100 labels, classes of SemiSupervisedAAEClassifier": ("6.08", "26 (1henrypage)"),
    "reduction, 1000 labels, plain": ("4.20", "none known"),
}


class Digits:
    """MNIST as pixels and as principal components."""

    def __init__(self):
        self.pixels, self.test_pixels, *_ = split_images("mnist")
        self.X, self.X_test, self.y, self.y_test = mnist_components()

    def error(self, predicted):
        """Percent of test rows."""
        return 100 * np.mean(predicted != self.y_test)


def likelihood(digits, seed):
    """The bandwidth is chosen on the last 1,000 training rows, which the model is not fitted to."""
    model = AAETransformer(
        8, hidden_layer_sizes=(500, 500), adversarial_weight=1, noise=0, scaling=None, max_iter=30, random_state=seed
    ).fit(digits.pixels[:-1000])
    samples = np.asarray(model.sample(10_000, random_state=seed)).clip(0, 1)
    held_out = digits.pixels[-1000:]
    best = max(BANDWIDTHS, key=lambda width: parzen_log_likelihood(held_out, samples, bandwidth=width)[0])
    return parzen_log_likelihood(digits.test_pixels, samples, bandwidth=best)[0]


def clustered(digits, n_clusters, seed):
    """A clusterer, and the digit of each of its clusters."""
    model = mnist_clusterer(n_clusters, seed).fit(digits.X)
    return model, digits.y[model.predict_proba(digits.X).argmax(0)]


def clustering(digits, seed, n_clusters):
    """The paper's protocol."""
    model, names = clustered(digits, n_clusters, seed)
    return digits.error(names[model.predict(digits.X_test)])


def semi_supervised(digits, seed, n_labels):
    """The classifier of `mnist_semi_supervised`, on a draw of labels that no choice was made on."""
    masked = mask_labels(digits.y, n_labels, 3 + seed)
    return digits.error(classifier(3 + seed, STEPS).fit(digits.X, masked).predict(digits.X_test))


def on_a_plane(n_clusters, seed):
    """A two-dimensional code with heads."""
    return AAETransformer(
        2, n_clusters=n_clusters, hidden_layer_sizes=(500, 500), noise=0.3, scaling=None, max_iter=20, random_state=seed
    )


def reduction(digits, seed, n_labels, pseudo_labels):
    """Errors of the heads."""
    if not n_labels and not pseudo_labels:
        model = on_a_plane(20, seed).fit(digits.X)
        code, heads = model.transform(digits.X), model.cluster_heads_
        distances = np.linalg.norm(code[:, None] - heads, axis=-1)
        distances[np.arange(len(code)), model.predict(digits.X)] -= 1e6  # of the rows of a head, the nearest
        return digits.error(digits.y[distances.argmin(0)][model.predict(digits.X_test)])
    if not n_labels:
        teacher, names = clustered(digits, 20, seed)
        return digits.error(names[on_a_plane(20, seed).fit(digits.X, teacher.labels_).predict(digits.X_test)])
    labels = mask_labels(digits.y, n_labels, 3 + seed)
    if pseudo_labels:
        labels = classifier(3 + seed, STEPS).fit(digits.X, labels).predict(digits.X)
    return digits.error(on_a_plane(10, seed).fit(digits.X, labels).predict(digits.X_test))


def row(name, digits, seed):
    """Our figure for a row of the table."""
    kind, *rest = name.split(", ")
    numbers = [int(word) for word in " ".join(rest).split() if word.isdigit()]
    if kind == "likelihood":
        return likelihood(digits, seed)
    if kind == "clustering":
        return clustering(digits, seed, *numbers)
    if kind == "semi-supervised":
        return semi_supervised(digits, seed, *numbers)
    return reduction(digits, seed, numbers[0] if numbers else 0, rest[-1] != "plain")


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--rows", nargs="+", default=[""], help="beginnings of the names of rows")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    arguments = parse_arguments(parser)
    digits, rows = Digits(), []
    for name, (printed, others) in PAPER.items():
        if not name.startswith(tuple(arguments.rows)):
            continue
        start = time.perf_counter()
        figures = [row(name, digits, seed) for seed in arguments.seeds]
        minutes = (time.perf_counter() - start) / 60 / len(figures)
        ours = f"{np.mean(figures):.2f}" + (f" +- {np.std(figures):.2f}" if len(figures) > 1 else "")
        entry = {"row": name, "in print": printed, "best independent": others, "skaae": ours}
        rows.append(entry | {"minutes": round(minutes, 1)})
        print(rows[-1], flush=True)
    write_results("paper", rows, arguments)


if __name__ == "__main__":
    main()
