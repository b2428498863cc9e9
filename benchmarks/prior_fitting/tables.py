"""Synthetic classification tables: what the network believes about tables before it has seen one.

A table starts as latent columns and a class of each row, by one of three kinds of sampler: a sparse random network of
causes of which some nodes decide the class; latent columns (factors, clusters, independent ones) with a random
function of few of them (trees, sums of trees, linear and small networks, prototypes, additive rules); or classes first,
with clusters, latent factors and level probabilities of their own. Scores become classes by the largest of noisy scores
or by thresholds, with shares from a Dirichlet distribution, so there are rare and ordered classes. Then columns are
observed: skewed, rounded, counted, cut into levels, with noise columns, copies, missing cells and wrong labels.
"""

from dataclasses import dataclass

import numpy as np

MAX_CLASSES = 26
MAX_LABELS_PER_CLASS = 25
MAX_COLUMNS = 64
MAX_CELLS = 16_000  # of one table
MIN_SIGNAL, WEAK_FRACTION = 0.3, 0.2


@dataclass
class Table:
    """Rows, the labelled ones first: NaN is a missing cell, and categories are codes in no order."""

    X: np.ndarray
    categorical: np.ndarray
    y: np.ndarray
    n_labelled: int

    @property
    def labels(self):
        """The classes of labelled rows, -1 elsewhere."""
        return np.where(np.arange(len(self.y)) < self.n_labelled, self.y, -1)


def sample_shape(rng):
    """Numbers of rows and columns: mostly small, sometimes up to 1,000 rows or 64 columns."""
    n_columns = log_uniform_int(rng, 2, 36) if rng.random() < 0.92 else log_uniform_int(rng, 24, MAX_COLUMNS)
    n_rows = log_uniform_int(rng, 30, 300) if rng.random() < 0.9 else log_uniform_int(rng, 200, 1000)
    return min(n_rows, max(60, MAX_CELLS // (n_columns + 2))), n_columns


def sample_table(rng, n_rows, n_columns):
    """A table of this shape with at least two classes, of which each has a label."""
    while True:
        n_classes = sample_n_classes(rng, n_rows)
        n_pool = int(n_rows * rng.uniform(1.3, 2.5))
        sampler = SAMPLERS[rng.choice(len(SAMPLERS), p=SAMPLER_WEIGHTS)]
        X, categorical, y = sampler(rng, n_pool, n_columns, n_classes)
        X, categorical = observe(rng, X, categorical, y)
        X, categorical = fit_width(rng, X, categorical, n_columns)
        if rank_signal(X, y) < MIN_SIGNAL and rng.random() > WEAK_FRACTION:
            continue
        y = with_wrong_labels(rng, y)
        rows, n_labelled = choose_rows(rng, y, n_rows)
        y = np.unique(y[rows], return_inverse=True)[1]
        if n_labelled and n_labelled < n_rows - 5:
            return Table(X[rows], categorical, y, n_labelled)


def rank_signal(X, y):
    """How much of the columns' ranks the classes explain, beyond chance, summed over columns."""
    n, members = len(y), np.eye(y.max() + 1)[y]
    ranks = standardize(X.argsort(0).argsort(0))
    sums = members.T @ ranks
    explained = (sums**2 / np.maximum(members.sum(0), 1)[:, None]).sum(0) / n
    return np.maximum(explained - 2 * members.shape[1] / n, 0).sum()


def sample_n_classes(rng, n_rows):
    """Two classes most often, sometimes up to 26."""
    low, high = [(2, 2), (3, 5), (6, 10), (11, MAX_CLASSES)][rng.choice(4, p=[0.32, 0.3, 0.26, 0.12])]
    return int(min(rng.integers(low, high + 1), max(2, n_rows // 6)))


def choose_rows(rng, y, n_rows):
    """Indices of `n_rows` rows, labelled ones first, and how many are labelled; 0 where it cannot be done."""
    counts = np.bincount(y)
    y = np.where(counts[y] < 2, -1, y)
    classes = np.unique(y[y >= 0])
    if len(classes) < 2 or (y >= 0).sum() < n_rows:
        return np.arange(0), 0
    order = rng.permutation(np.flatnonzero(y >= 0))
    max_labels = max(1, min(MAX_LABELS_PER_CLASS, int(0.7 * n_rows / len(classes))))
    n_labels = log_uniform_int(rng, 1 if rng.random() < 0.5 else min(5, max_labels), max_labels)
    if rng.random() < 0.75:
        labelled = np.concatenate([order[y[order] == c][: min(n_labels, counts[c] - 1)] for c in classes])
    else:
        one_of_each = np.array([order[y[order] == c][0] for c in classes])
        labelled = np.union1d(one_of_each, order[: len(classes) * (n_labels - 1)])
    others = np.setdiff1d(order, labelled)
    rows = np.concatenate([labelled, rng.permutation(others)])[:n_rows]
    return rows, len(labelled)


# Samplers: latent columns, which of them are categories already, and classes


def sample_network(rng, n, n_columns, n_classes):
    """A sparse network of causes; some of its nodes decide the class, others are the columns."""
    n_nodes = int(n_columns * rng.uniform(1, 1.6)) + 3
    n_layers = int(rng.integers(1, 5))
    Z = sample_latent(rng, n, max(2, n_nodes // (n_layers + 1)))
    noise = log_uniform(rng, 0.01, 0.5)
    kinds = np.append(
        rng.integers(2, size=int(rng.integers(0, 4))), rng.integers(len(ACTIVATIONS), size=int(rng.integers(1, 5)))
    )
    while Z.shape[1] < n_nodes:
        width = min(max(1, n_nodes // n_layers), n_nodes - Z.shape[1])
        new = sparse_products(rng, Z, width)
        for j in range(width):
            new[:, j] = standardize(ACTIVATIONS[rng.choice(kinds)](rng, new[:, j]))
        new += noise * rng.exponential(size=width) * noise_of(rng, (n, width))
        Z = np.hstack([Z, new])
    n_targets = int(rng.integers(1, min(6, n_nodes // 2) + 1))
    late = rng.random() < 0.6
    candidates = np.arange(n_nodes // 2, n_nodes) if late else np.arange(n_nodes)
    targets = rng.choice(candidates, size=min(n_targets, len(candidates)), replace=False)
    if n_targets == 1 or rng.random() < 0.3:
        y = classes_by_thresholds(rng, Z[:, targets].sum(1), n_classes)
    else:
        y = random_function(rng, Z[:, targets], n_classes)
    columns = np.setdiff1d(np.arange(n_nodes), targets if rng.random() < 0.85 else targets[:1])
    return Z[:, rng.permutation(columns)[:n_columns]], np.full(min(n_columns, len(columns)), -1), y


def sample_function(rng, n, n_columns, n_classes):
    """Latent columns, some of them cut into levels or rounded first, and a random function of few of them."""
    Z = sample_latent(rng, n, n_columns)
    level_fraction = rng.choice([0, 1, rng.random()], p=[0.35, 0.15, 0.5])
    X, categorical = Z.copy(), np.full(n_columns, -1)
    for j in np.flatnonzero(rng.random(n_columns) < level_fraction):
        codes, n_levels = cut_into_levels(rng, Z[:, j])
        if rng.random() < 0.6:
            X[:, j], categorical[j] = codes, n_levels
            Z[:, j] = rng.standard_normal(n_levels)[codes]
        else:
            X[:, j] = Z[:, j] = codes
    Z = standardize(Z)
    n_relevant = min(n_columns, rng.geometric(rng.choice([0.1, 0.25, 0.5])) + (n_columns > 2))
    relevant = rng.choice(n_columns, size=n_relevant, replace=False)
    return X, categorical, random_function(rng, Z[:, relevant], n_classes)


def sample_classes_first(rng, n, n_columns, n_classes):
    """Classes with clusters of their own: means, scales and a few common factors; and levels by class."""
    y = rng.choice(n_classes, size=n, p=sample_shares(rng, n_classes))
    n_clusters = n_classes * int(rng.choice([1, 1, 2, 3, 5]))
    cluster = y + n_classes * rng.integers(n_clusters // n_classes, size=n)
    relevance = (
        log_uniform(rng, 0.4, 2.5) * rng.exponential(size=n_columns) * (rng.random(n_columns) < rng.uniform(0.3, 1.2))
    )
    means = noise_of(rng, (n_clusters, n_columns)) * relevance
    if rng.random() < 0.3:  # classes in an order
        means += np.outer(np.arange(n_clusters) % n_classes, relevance * rng.standard_normal(n_columns)) * 2 / n_classes
    scales = np.exp(rng.uniform(0, 0.8) * rng.standard_normal((n_clusters, n_columns)))
    n_factors = int(rng.integers(0, 4))
    factors = rng.standard_normal((n, n_factors)) @ rng.standard_normal((n_factors, n_columns)) * rng.uniform(0, 1.5)
    within = noise_of(rng, (n, n_columns)) + factors
    X = means[cluster] + within * scales[cluster]
    categorical = np.full(n_columns, -1)
    for j in np.flatnonzero(rng.random(n_columns) < rng.choice([0, 1, rng.random()], p=[0.5, 0.15, 0.35])):
        n_levels = sample_n_levels(rng)
        common = noise_of(rng, n_levels)
        utilities = common + relevance[j] * 1.5 * rng.standard_normal((n_clusters, n_levels))
        X[:, j] = (utilities[cluster] + rng.gumbel(size=(n, n_levels))).argmax(1)
        categorical[j] = n_levels
    return X, categorical, y


SAMPLERS = (sample_network, sample_function, sample_classes_first)
SAMPLER_WEIGHTS = (0.36, 0.4, 0.24)


def sample_latent(rng, n, width):
    """Latent columns: independent, with common factors, in clusters, or both."""
    Z = noise_of(rng, (n, width))
    if rng.random() < 0.6:
        n_factors = int(rng.integers(1, max(2, width // 2 + 1)))
        loadings = rng.standard_normal((n_factors, width)) * (rng.random((n_factors, width)) < rng.uniform(0.2, 1))
        Z = Z * log_uniform(rng, 0.05, 1) + rng.standard_normal((n, n_factors)) @ loadings
    if rng.random() < 0.4:
        n_clusters = int(rng.integers(2, 12))
        cluster = rng.choice(n_clusters, size=n, p=sample_shares(rng, n_clusters))
        centers = rng.standard_normal((n_clusters, width)) * log_uniform(rng, 0.5, 4)
        Z = Z * np.exp(0.5 * rng.standard_normal((n_clusters, 1)))[cluster] + centers[cluster]
    return standardize(Z)


def noise_of(rng, shape):
    """Normal, uniform, exponential or heavy-tailed numbers of unit scale."""
    kind = rng.choice(5, p=[0.5, 0.2, 0.1, 0.1, 0.1])
    if kind == 0:
        return rng.standard_normal(shape)
    if kind == 1:
        return rng.uniform(-1.7, 1.7, shape)
    if kind == 2:
        return rng.exponential(size=shape) - 1
    return rng.standard_t(3, shape) / 1.7 if kind == 3 else rng.laplace(size=shape) / 1.4


def sparse_products(rng, Z, width):
    """Weighted sums of a few columns each; some are products or maxima of two."""
    n_causes = 1 + rng.poisson(rng.choice([0.7, 1.5, 3]), size=width)
    sums = np.empty((len(Z), width))
    for j in range(width):
        causes = rng.choice(Z.shape[1], size=min(n_causes[j], Z.shape[1]), replace=False)
        sums[:, j] = Z[:, causes] @ rng.standard_normal(len(causes))
        draw = rng.random()
        if len(causes) > 1 and draw < 0.2:
            pair = Z[:, causes[:2]]
            sums[:, j] = pair.prod(1) if draw < 0.1 else pair.max(1)
    return standardize(sums)


def step_function(rng, x):
    """Constant between a few thresholds, not monotone."""
    thresholds = np.sort(rng.choice(x, size=int(rng.integers(1, 7))))
    return rng.standard_normal(len(thresholds) + 1)[np.searchsorted(thresholds, x)]


ACTIVATIONS = (
    lambda rng, x: x,
    lambda rng, x: np.tanh(x * log_uniform(rng, 0.5, 4)),
    lambda rng, x: np.maximum(x - rng.normal(), 0),
    lambda rng, x: np.abs(x - 0.5 * rng.normal()),
    lambda rng, x: np.sin(x * rng.uniform(1, 4) + rng.uniform(0, 6)),
    lambda rng, x: (x - 0.5 * rng.normal()) ** 2,
    lambda rng, x: np.where(x > rng.choice(x), 1.0, 0.0),
    lambda rng, x: np.exp(-((x - rng.normal()) ** 2) * rng.uniform(0.5, 4)),
    lambda rng, x: np.round(x * rng.uniform(0.5, 3)),
    step_function,
)


# Random functions from latent columns to classes


def random_function(rng, Z, n_classes):
    """Classes by the scores of a random function."""
    function = FUNCTIONS[rng.choice(len(FUNCTIONS), p=FUNCTION_WEIGHTS)]
    ordinal = rng.random() < 0.3
    if ordinal or (function is additive_scores and rng.random() < 0.5):
        return classes_by_thresholds(rng, function(rng, Z, 1)[:, 0], n_classes)
    return classes_by_scores(rng, function(rng, Z, n_classes))


def tree_scores(rng, Z, n_scores):
    """One decision tree, nearly every leaf of one class."""
    least = 1 + int(np.ceil(np.log2(n_scores)))
    depth = int(rng.integers(least, least + 4))
    leaf = tree_leaves(rng, Z, 1, depth)[:, 0]
    if n_scores == 1:
        return rng.standard_normal((2**depth, 1))[leaf]
    scores = np.eye(n_scores)[rng.permutation(np.resize(rng.permutation(n_scores), 2**depth))]
    return (2 * scores + 0.3 * rng.standard_normal(scores.shape))[leaf]


def forest_scores(rng, Z, n_scores):
    """The sum of small trees."""
    n_trees, depth = log_uniform_int(rng, 2, 20), int(rng.integers(1, 5))
    leaves = tree_leaves(rng, Z, n_trees, depth)
    values = rng.standard_normal((n_trees, 2**depth, n_scores))
    return values[np.arange(n_trees), leaves].sum(1)


def tree_leaves(rng, Z, n_trees, depth):
    """Indices of leaves (rows, trees) of random trees that split at values of random rows."""
    n, width = Z.shape
    node = np.zeros((n, n_trees), int)
    feature = rng.integers(width, size=(n_trees, 2**depth))
    threshold = Z[rng.integers(n, size=feature.shape), feature]
    tree = np.arange(n_trees)
    for level in range(depth):
        at = node + 2**level - 1
        node = 2 * node + (np.take_along_axis(Z, feature[tree, at], 1) > threshold[tree, at])
    return node


def linear_scores(rng, Z, n_scores):
    """Linear, with a few products."""
    scores = Z @ (rng.standard_normal((Z.shape[1], n_scores)) * rng.exponential(size=(Z.shape[1], 1)))
    if rng.random() < 0.3:
        i, j = rng.integers(Z.shape[1], size=2)
        scores += (Z[:, i] * Z[:, j])[:, None] * rng.standard_normal(n_scores)
    return scores


def network_scores(rng, Z, n_scores):
    """One hidden layer, of mixed activations."""
    width = log_uniform_int(rng, 3, 40)
    H = Z @ rng.standard_normal((Z.shape[1], width)) * log_uniform(rng, 0.5, 3) / Z.shape[1] ** 0.5
    H += rng.standard_normal(width)
    H = [np.tanh(H), np.maximum(H, 0), np.sin(2 * H), (H > 0).astype(float)][rng.integers(4)]
    return H @ rng.standard_normal((width, n_scores))


def prototype_scores(rng, Z, n_scores):
    """The nearest of a few prototypes decides, in a random metric."""
    n_prototypes = n_scores * int(rng.integers(1, 6)) + int(n_scores == 1) * int(rng.integers(2, 8))
    scaled = Z * rng.exponential(size=Z.shape[1])
    prototypes = scaled[rng.integers(len(Z), size=n_prototypes)] + 0.3 * rng.standard_normal((n_prototypes, Z.shape[1]))
    squared = (scaled**2).sum(1)[:, None] - 2 * scaled @ prototypes.T + (prototypes**2).sum(1)
    if n_scores == 1:
        return rng.standard_normal(n_prototypes)[squared.argmin(1)][:, None]
    return -squared.reshape(len(Z), -1, n_scores).min(1)


def additive_scores(rng, Z, n_scores):
    """The sum of a function of each column."""
    scores = np.zeros((len(Z), n_scores))
    for column in Z.T:
        for _ in range(n_scores if rng.random() < 0.3 else 1):
            kind = ACTIVATIONS[rng.integers(len(ACTIVATIONS))]
            scores += standardize(kind(rng, column))[:, None] * rng.standard_normal(n_scores) * rng.exponential()
    return scores


FUNCTIONS = (tree_scores, forest_scores, linear_scores, network_scores, prototype_scores, additive_scores)
FUNCTION_WEIGHTS = (0.2, 0.24, 0.16, 0.14, 0.14, 0.12)


def classes_by_scores(rng, scores):
    """The class of the largest score, with noise, and a bias towards some classes."""
    scores = standardize(scores) * log_uniform(rng, 3, 60)
    shift = log_uniform(rng, 0.05, 2) * rng.standard_normal(scores.shape[1]) * scores.std() * 0.5
    return (scores + shift + rng.gumbel(size=scores.shape)).argmax(1)


def classes_by_thresholds(rng, score, n_classes):
    """Classes in an order (or intervals of shuffled classes) of one noisy score."""
    score = standardize(score) + log_uniform(rng, 0.01, 0.5) * rng.standard_normal(len(score))
    repeats = 1 if rng.random() < 0.75 else int(rng.integers(2, 4))
    bounds = np.cumsum(sample_shares(rng, n_classes * repeats))[:-1]
    interval = np.searchsorted(np.quantile(score, np.minimum(bounds, 1)), score)
    return interval if repeats == 1 else rng.permutation(np.arange(n_classes * repeats) % n_classes)[interval]


def sample_shares(rng, n):
    """Shares of classes or levels: nearly equal to very unequal."""
    shares = rng.dirichlet(np.full(n, rng.choice([0.7, 1.5, 4, 20, 200]))) + 0.02 / n
    return shares / shares.sum()


# How columns are observed


def observe(rng, X, categorical, y):
    """Columns as measured; `categorical` holds numbers of levels, -1 for numbers."""
    X, categorical = X.astype(float), categorical.copy()
    scatter(rng, X, categorical)
    weights = rng.dirichlet(0.25 * WARP_WEIGHTS * len(WARPS))
    level_fraction = rng.choice([0, rng.random()], p=[0.7, 0.3])
    for j in np.flatnonzero(categorical < 0):
        if rng.random() < level_fraction:
            X[:, j], categorical[j] = cut_into_levels(rng, X[:, j])
        else:
            X[:, j] = WARPS[rng.choice(len(WARPS), p=weights)](rng, standardize(X[:, j]))
    copy_columns(rng, X, categorical)
    if rng.random() < 0.1:
        X, categorical = one_hot(X, categorical)
    remove_cells(rng, X, y)
    return X, categorical


def scatter(rng, X, categorical):
    """Turn some columns into noise of the same distribution, by shuffling their rows."""
    if X.shape[1] > 4 and rng.random() < 0.3:
        for j in np.flatnonzero(rng.random(X.shape[1]) < rng.uniform(0, 0.6)):
            X[:, j] = rng.permutation(X[:, j])
    if rng.random() < 0.4:
        numeric = categorical < 0
        X[:, numeric] += (
            log_uniform(rng, 0.01, 0.4) * X[:, numeric].std(0) * rng.standard_normal((len(X), numeric.sum()))
        )


def copy_columns(rng, X, categorical):
    """Make some columns noisy copies or sums of others."""
    numeric = np.flatnonzero(categorical < 0)
    if len(numeric) > 2 and rng.random() < 0.2:
        for j in rng.choice(numeric, size=int(rng.integers(1, len(numeric) // 2 + 1)), replace=False):
            i, k = rng.choice(numeric, size=2)
            X[:, j] = standardize(X[:, i]) + rng.choice([0, 1]) * standardize(X[:, k])
            X[:, j] += log_uniform(rng, 0.01, 0.5) * rng.standard_normal(len(X))


def one_hot(X, categorical):
    """Categories as columns of zeros and ones."""
    blocks = [
        X[:, [j]] if n < 0 else np.eye(n)[X[:, j].astype(int)][:, int(n == 2) :] for j, n in enumerate(categorical)
    ]
    X = np.hstack(blocks)
    return X, np.full(X.shape[1], -1)


def remove_cells(rng, X, y):
    """Missing cells: at random, or depending on the value, another column, or the class."""
    if rng.random() > 0.25:
        return
    fraction = rng.beta(0.7, 1.5)
    for j in np.flatnonzero(rng.random(X.shape[1]) < rng.choice([0.1, 0.4, 1.0])):
        cause = [rng.random(len(X)), X[:, j], X[:, rng.integers(X.shape[1])], y][
            rng.choice(4, p=[0.6, 0.15, 0.15, 0.1])
        ]
        propensity = standardize(np.nan_to_num(cause)) * rng.choice([-1, 1]) + rng.gumbel(size=len(X))
        X[propensity > np.quantile(propensity, 1 - fraction * rng.random()), j] = np.nan


def heavy_tail(rng, x):
    return np.exp(x * log_uniform(rng, 0.4, 2.5))


def counts(rng, x):
    return rng.poisson(np.exp(np.clip(x * rng.uniform(0.3, 1.5) + rng.uniform(-2, 3), -20, 8))).astype(float)


def inflate_zeros(rng, x):
    """Zero below a quantile, or zero at random."""
    if rng.random() < 0.6:
        return np.maximum(x - np.quantile(x, rng.uniform(0.2, 0.95)), 0)
    return np.where(rng.random(len(x)) < rng.uniform(0.2, 0.9), 0, np.exp(x))


def rounded(rng, x):
    return np.round(x * log_uniform(rng, 0.5, 10))


def power(rng, x):
    return np.sign(x) * np.abs(x) ** rng.choice([0.5, 2, 3])


def ranked(rng, x):
    return x.argsort().argsort() / len(x)


def binary(rng, x):
    return (x > np.quantile(x, rng.uniform(0.05, 0.95))).astype(float)


def clipped(rng, x):
    return np.clip(x, *np.quantile(x, [rng.uniform(0, 0.3), rng.uniform(0.7, 1)]))


def unchanged(rng, x):
    return x


WARPS = (unchanged, heavy_tail, power, rounded, ranked, counts, inflate_zeros, binary, clipped)
WARP_WEIGHTS = np.array([0.36, 0.16, 0.07, 0.12, 0.05, 0.08, 0.06, 0.06, 0.04])


def cut_into_levels(rng, x):
    """Codes of levels in no order, and how many there are: quantiles of the value, with shares of their own."""
    n_levels = sample_n_levels(rng)
    bounds = np.quantile(x, np.cumsum(sample_shares(rng, n_levels))[:-1].clip(0, 1))
    codes = np.searchsorted(bounds, x)
    return (codes if rng.random() < 0.3 else rng.permutation(n_levels)[codes]), n_levels


def sample_n_levels(rng):
    """Two to five levels most often, sometimes up to 40."""
    return int(rng.integers(2, 6)) if rng.random() < 0.75 else log_uniform_int(rng, 6, 40)


def fit_width(rng, X, categorical, n_columns):
    """Exactly this many columns: a random choice, or noise columns added."""
    lacking = n_columns - X.shape[1]
    if lacking > 0:
        X = np.hstack([X, noise_of(rng, (len(X), lacking))])
        categorical = np.append(categorical, np.full(lacking, -1))
    chosen = rng.permutation(X.shape[1])[:n_columns]
    return X[:, chosen], categorical[chosen] >= 0


def with_wrong_labels(rng, y):
    """Some labels of random other rows."""
    if rng.random() < 0.3:
        y = np.where(rng.random(len(y)) < log_uniform(rng, 0.01, 0.2), rng.permutation(y), y)
    return y


def standardize(x):
    """Zero mean and unit deviation; outliers are cut at ten deviations."""
    x = x - x.mean(0)
    return np.clip(x / np.maximum(x.std(0), 1e-9), -10, 10)


def log_uniform(rng, low, high):
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def log_uniform_int(rng, low, high):
    return int(min(high, log_uniform(rng, low, high + 1)))
