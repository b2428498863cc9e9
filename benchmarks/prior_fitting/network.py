r"""A network that classifies the rows of a table in one pass: it reads labelled and unlabelled rows together.

A cell is embedded from its value among all rows of its column, a mark of missing values, a random tag of its column,
and the label of its row, a random tag of the class (or a vector for "unknown"). Two more tokens a row stand for the
label column. Layers attend along rows (within a column) and along columns (within a row) in turn; then the two label
tokens are the row's embedding, and further layers attend along rows only, which costs little.

The read-out is equivariant to classes: with scores :math:`s_{ij}` (scaled cosines) of an unlabelled row :math:`i` for
labelled rows :math:`j`, the probability of class :math:`c` is proportional to the mean of :math:`\exp s_{ij}` over
the labelled rows of :math:`c`. As tags are drawn for classes in the order of their labelled rows' means, the order or
names of classes cannot change the answer. It is fitted to a loss in which all classes of a table weigh the same, so
it answers as if all classes were equally frequent: another class prior is a factor by Bayes' rule.
"""

from dataclasses import asdict, dataclass

import numpy as np
import torch
from evidence import N_CELL_EVIDENCES, N_ROW_EVIDENCES, evidences
from torch import nn
from torch.nn import functional as F

N_LEVELS = 64  # categories of more levels share tags
N_LABEL_TOKENS = 2
N_UNLABELLED_CELL_KEYS = 48  # unlabelled rows that cells attend to
MAX_ROW_KEYS = 512  # rows that rows attend to, unless more are labelled
MIN_CLASS_SCORE = 1e-5
INITIAL_SHARPNESS = 8.0
MAX_COLUMNS = 64  # more are chosen at random, anew for each order


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of the network."""

    cell_width: int = 64
    n_cell_layers: int = 4
    n_row_layers: int = 4
    n_heads: int = 4
    hidden_factor: int = 2
    class_tag_width: int = 32
    column_tag_width: int = 16
    level_tag_width: int = 16

    @property
    def row_width(self):
        return N_LABEL_TOKENS * self.cell_width


class Attention(nn.Module):
    """Multi-head attention with a temperature that may depend on the number of keys."""

    def __init__(self, width, n_heads, *, similarity=False):
        super().__init__()
        self.n_heads, self.head_width = n_heads, width // n_heads
        self.norm = nn.LayerNorm(width, bias=False)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.log_scale = nn.Parameter(torch.zeros(n_heads, 1, 1))
        self._initialize(width, similarity)

    @torch.no_grad()
    def _initialize(self, width, similarity):
        """What is read is written back as it is; with `similarity`, tokens attend to those like them."""
        q, k, v = (nn.init.orthogonal_(torch.empty(width, width)) for _ in range(3))
        self.qkv.weight.copy_(torch.cat([q, q if similarity else k, v]))
        self.out.weight.copy_(0.5 * v.T)

    def forward(self, x, n_queries=None, n_keys=None):
        """x (..., sequence, width): the first `n_queries` tokens attend to the first `n_keys`, by default to all."""
        *batch, length, width = x.shape
        n_queries, n_keys = n_queries or length, n_keys or length
        x = self.norm(x)
        q = self._split(x[..., :n_queries, :], self._scaled_query(n_keys))
        k, v = self._split(x[..., :n_keys, :], self.qkv.weight[width:]).chunk(2, dim=1)
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.out(mixed.transpose(1, 2).reshape(*batch, n_queries, width))

    def _split(self, x, weight):
        return (
            F.linear(x, weight).view(-1, x.shape[-2], len(weight) // self.head_width, self.head_width).transpose(1, 2)
        )

    def _scaled_query(self, n_keys):
        weight = self.qkv.weight[: self.n_heads * self.head_width].view(self.n_heads, self.head_width, -1)
        return (weight * (1 + self.log_scale * np.log(n_keys))).flatten(0, 1)


class FeedForward(nn.Sequential):
    """One hidden layer."""

    def __init__(self, width, factor):
        super().__init__(
            nn.LayerNorm(width, bias=False),
            nn.Linear(width, factor * width, bias=False),
            nn.GELU(),
            nn.Linear(factor * width, width, bias=False),
        )
        nn.init.normal_(self[-1].weight, std=0.5 / (factor * width) ** 0.5)


class CellLayer(nn.Module):
    """Attention along rows, then along columns; x (tables, columns, rows, width)."""

    def __init__(self, config):
        super().__init__()
        self.along_rows = Attention(config.cell_width, config.n_heads, similarity=True)
        self.along_columns = Attention(config.cell_width, config.n_heads)
        self.feed_forward = FeedForward(config.cell_width, config.hidden_factor)

    def forward(self, x, n_keys, n_columns_out=None):
        x = x + self.along_rows(x, n_keys=n_keys)
        x = x[:, :n_columns_out] + self.along_columns(x.transpose(1, 2), n_columns_out).transpose(1, 2)
        return x + self.feed_forward(x)


class RowLayer(nn.Module):
    """Attention along rows; x (tables, rows, width)."""

    def __init__(self, config):
        super().__init__()
        self.along_rows = Attention(config.row_width, config.n_heads, similarity=True)
        self.feed_forward = FeedForward(config.row_width, config.hidden_factor)

    def forward(self, x, n_keys):
        x = x + self.along_rows(x, n_keys=n_keys)
        return x + self.feed_forward(x)


class PriorFittedNetwork(nn.Module):
    """Log probabilities of classes, for all rows of several tables of one shape."""

    def __init__(self, config=NetworkConfig()):
        super().__init__()
        self.config = config
        width = config.cell_width
        self.embed_value = nn.Linear(N_VALUE_FEATURES, width)
        self.embed_level = nn.Linear(config.level_tag_width, width, bias=False)
        self.embed_column = nn.Linear(config.column_tag_width, width, bias=False)
        self.embed_relevance = nn.Linear(N_CELL_EVIDENCES, width, bias=False)
        self.embed_cell_evidence = nn.Linear(N_CELL_EVIDENCES * config.class_tag_width, width, bias=False)
        self.embed_row_evidence = nn.Linear(
            N_ROW_EVIDENCES * config.class_tag_width, N_LABEL_TOKENS * width, bias=False
        )
        self.embed_class = nn.Linear(config.class_tag_width, (1 + N_LABEL_TOKENS) * width, bias=False)
        self.unknown_class = nn.Parameter(torch.zeros(1 + N_LABEL_TOKENS, width))
        self.label_tokens = nn.Parameter(0.1 * torch.randn(N_LABEL_TOKENS, width))
        self.cell_layers = nn.ModuleList(CellLayer(config) for _ in range(config.n_cell_layers))
        self.row_layers = nn.ModuleList(RowLayer(config) for _ in range(config.n_row_layers))
        self.norm = nn.LayerNorm(config.row_width, bias=False)
        self.query = nn.Linear(config.row_width, config.row_width)
        self.key = nn.Linear(config.row_width, config.row_width)
        self.decode_class = nn.Linear(config.row_width, config.class_tag_width, bias=False)
        self.log_sharpness = nn.Parameter(torch.tensor(INITIAL_SHARPNESS).log())
        self._initialize()

    @torch.no_grad()
    def _initialize(self):
        """Before it has learned anything, the network compares cells, and rows by the labels of like cells."""
        self.embed_value.weight.mul_(4)
        self.embed_level.weight.mul_(2)
        class_weight = self.embed_class.weight[: self.config.cell_width]
        self.embed_class.weight.copy_(class_weight.repeat(1 + N_LABEL_TOKENS, 1))
        self.embed_cell_evidence.weight.copy_(0.2 * class_weight.repeat(1, N_CELL_EVIDENCES))
        self.embed_row_evidence.weight.copy_(0.2 * class_weight.repeat(N_LABEL_TOKENS, N_ROW_EVIDENCES))
        self.decode_class.weight.copy_(0.1 * class_weight.repeat(N_LABEL_TOKENS, 1).T)
        nn.init.orthogonal_(self.key.weight)
        self.query.weight.copy_(self.key.weight)

    def forward(self, tables):
        """Log probabilities (tables, rows, classes) of a `TableBatch`."""
        n_rows = tables.labels.shape[1]
        n_cell_keys = min(n_rows, tables.n_labelled + N_UNLABELLED_CELL_KEYS)
        n_row_keys = min(n_rows, max(tables.n_labelled, MAX_ROW_KEYS))
        x = self._embed(tables)
        for layer in self.cell_layers[:-1]:
            x = layer(x, n_cell_keys)
        x = self.cell_layers[-1](x, n_cell_keys, N_LABEL_TOKENS)
        x = x.transpose(1, 2).flatten(2)
        for layer in self.row_layers:
            x = layer(x, n_row_keys)
        return self._read_out(self.norm(x), tables)

    def _embed(self, tables):
        """(tables, label tokens and columns, rows, width)."""
        n_tables, n_rows = tables.labels.shape
        cells = self.embed_value(tables.values) + self.embed_level(tables.levels)
        cells = cells + (self.embed_column(tables.column_tags) + self.embed_relevance(tables.relevance))[:, :, None]
        cells = cells + self.embed_cell_evidence(tables.cell_evidence)
        labels = self.embed_class(tables.row_tags).view(n_tables, n_rows, 1 + N_LABEL_TOKENS, -1)
        labels = torch.where((tables.labels < 0)[..., None, None], self.unknown_class, labels).transpose(1, 2)
        row_evidence = self.embed_row_evidence(tables.row_evidence).view(n_tables, n_rows, N_LABEL_TOKENS, -1)
        tokens = labels[:, 1:] + row_evidence.transpose(1, 2) + self.label_tokens[:, None]
        return torch.cat([tokens, cells + labels[:, :1]], dim=1)

    def _read_out(self, x, tables):
        """Log of the mean of exponential scores over each class's labelled rows, normalised over classes."""
        n = tables.n_labelled
        q, k = F.normalize(self.query(x), dim=2), F.normalize(self.key(x[:, :n]), dim=2)
        scores = q @ k.transpose(1, 2) * self.log_sharpness.exp()
        members = F.one_hot(tables.labels[:, :n] + 1, tables.n_classes + 1)[..., 1:].to(x.dtype)
        scores = scores.masked_fill((tables.labels[:, :n] < 0)[:, None], -torch.inf)
        weights = (scores - scores.amax(2, keepdim=True).detach()).exp()
        counts = members.sum(1, keepdim=True)
        means = weights @ members / counts.clamp(min=1) + MIN_CLASS_SCORE
        decoded = self.decode_class(x) @ tables.class_tags.transpose(1, 2) / tables.class_tags.shape[2] ** 0.5
        return (means.log() + decoded).masked_fill(counts == 0, -torch.inf).log_softmax(2)


N_FREQUENCIES = 3
N_VALUE_FEATURES = 5 + 2 * N_FREQUENCIES


@dataclass
class TableBatch:
    """What the network reads of tables of one shape: rows in order, the labelled ones first."""

    values: torch.Tensor  # (tables, columns, rows, N_VALUE_FEATURES)
    levels: torch.Tensor  # (tables, columns, rows, level_tag_width), 0 for numbers
    column_tags: torch.Tensor  # (tables, columns, column_tag_width)
    relevance: torch.Tensor  # (tables, columns, N_CELL_EVIDENCES)
    cell_evidence: torch.Tensor  # (tables, columns, rows, N_CELL_EVIDENCES * class_tag_width)
    row_evidence: torch.Tensor  # (tables, rows, N_ROW_EVIDENCES * class_tag_width)
    class_tags: torch.Tensor  # (tables, classes, class_tag_width)
    row_tags: torch.Tensor  # (tables, rows, class_tag_width), those of the labels
    labels: torch.Tensor  # (tables, rows), -1 for unlabelled rows
    n_labelled: int  # no row from here on is labelled
    n_classes: int


def batch_tables(tables, rng, config=NetworkConfig()):
    """A `TableBatch` of (X, categorical, labels) triples of one shape: NaN is missing, -1 unlabelled."""
    X = np.ascontiguousarray(np.stack([table[0].T for table in tables]))
    categorical = np.stack([table[1] for table in tables])
    labels = np.stack([table[2] for table in tables])
    n_labelled = int(np.flatnonzero((labels >= 0).any(0)).max()) + 1
    n_classes = int(labels.max()) + 1
    values, z, rank = value_features(X, categorical)
    class_tags = [
        draw_class_tags(*pair, n_classes, rng, config.class_tag_width) for pair in zip(X, labels, strict=True)
    ]
    class_tags, known_labels = torch.from_numpy(np.stack(class_tags)), torch.from_numpy(labels)
    cell_evidence, relevance, row_evidence = evidences(
        rank,
        z,
        torch.from_numpy(categorical),
        torch.from_numpy(np.isnan(X)),
        torch.from_numpy(np.where(categorical[:, :, None], np.nan_to_num(X, nan=-1), 0).astype(np.int32)),
        known_labels,
        n_labelled,
        n_classes,
    )
    row_tags = class_tags[torch.arange(len(X))[:, None], known_labels.clamp(min=0)] * (known_labels >= 0)[..., None]
    return TableBatch(
        values,
        torch.from_numpy(level_tags(X, categorical, rng, config.level_tag_width)),
        torch.from_numpy(rng.standard_normal((*X.shape[:2], config.column_tag_width), np.float32)),
        relevance,
        (cell_evidence @ class_tags[:, None, None]).flatten(3),
        (row_evidence @ class_tags[:, None]).flatten(2),
        class_tags,
        row_tags,
        known_labels,
        n_labelled,
        n_classes,
    )


def value_features(X, categorical):
    """Features of cells (tables, columns, rows, N_VALUE_FEATURES), and two of them; X is (tables, columns, rows)."""
    missing = np.isnan(X)
    n_known = np.maximum((~missing).sum(2, keepdims=True), 1)
    filled = torch.from_numpy(np.where(missing, np.inf, X))
    ordered = filled.sort(2).values.contiguous()
    first = torch.searchsorted(ordered, filled).numpy()
    n_equal = torch.searchsorted(ordered, filled, right=True).numpy() - first
    rank = (2 * first + n_equal) / n_known - 1
    numeric = [soft_standardize(X, ordered.numpy(), n_known), rank]
    for frequency in 2.0 ** np.arange(N_FREQUENCIES):
        numeric += [np.sin(np.pi * frequency * rank), np.cos(np.pi * frequency * rank)]
    ties = np.log(np.maximum(n_equal, 1)) / np.log(n_known + 1)
    is_categorical = np.broadcast_to(categorical[:, :, None], X.shape)
    features = np.stack([*numeric, ties, is_categorical, missing], axis=3).astype(np.float32)
    features[is_categorical, : len(numeric)] = 0
    features[missing, : len(numeric) + 1] = 0
    features = torch.from_numpy(features)
    return features, features[..., 0].contiguous(), features[..., 1].contiguous()


def soft_standardize(X, ordered, n_known):
    """Deviation from the median in units of the quartiles' distance (or the deviation), bounded by 4."""

    def quantile(fraction):
        return np.take_along_axis(ordered, np.round(fraction * (n_known - 1)).astype(int), 2)

    center = np.where(np.isfinite(quantile(0.5)), quantile(0.5), 0)
    deviation = np.where(np.isnan(X), 0, X - center)
    scale = (quantile(0.75) - quantile(0.25)) / 1.35
    spread = np.sqrt((deviation**2).sum(2, keepdims=True) / n_known)
    scale = np.where(np.isfinite(scale) & (scale > 1e-9 * spread), scale, spread)
    z = deviation / np.where(scale > 0, scale, 1)
    return z / np.sqrt(1 + (z / 4) ** 2)


def level_tags(X, categorical, rng, width):
    """Random vectors of categories: a code has one in all columns of a table."""
    tags = rng.standard_normal((len(X), N_LEVELS, width), np.float32)
    codes = np.where(categorical[:, :, None] & ~np.isnan(X), X, -1).astype(int)
    chosen = tags[np.arange(len(X))[:, None, None], codes % N_LEVELS]
    chosen[codes < 0] = 0
    return chosen


def draw_class_tags(X, labels, n_classes, rng, width):
    """Random orthogonal vectors for classes, drawn in the order of the classes' means, (classes, width)."""
    classes = np.unique(labels[labels >= 0])
    cells = np.nan_to_num(X)
    means = np.stack([cells[:, labels == c].mean(1) for c in classes])
    vectors = np.linalg.qr(rng.standard_normal((width, width)))[0] * width**0.5
    tags = np.zeros((n_classes, width), np.float32)
    tags[classes[np.lexsort(means.T[::-1])]] = np.resize(vectors, (len(classes), width))
    return tags


def save_weights(network, path):
    """Weights in half precision and the config, as npz."""
    weights = {name: value.detach().numpy().astype(np.float16) for name, value in network.state_dict().items()}
    np.savez(path, **weights, **{f"config.{name}": value for name, value in asdict(network.config).items()})


def load_weights(path):
    """The network of an npz file."""
    with np.load(path) as saved:
        sizes = {name.removeprefix("config."): int(saved[name]) for name in saved if name.startswith("config.")}
        network = PriorFittedNetwork(NetworkConfig(**sizes))
        state = {name: torch.from_numpy(saved[name].astype(np.float32)) for name in network.state_dict()}
    network.load_state_dict(state)
    return network.eval()


@torch.no_grad()
def predict_proba(network, X, categorical, labels, *, n_orders=4, seed=0, max_columns=MAX_COLUMNS):
    """Class probabilities of all rows, the mean over orders of columns (and choices, where there are too many).

    `X` holds numbers, codes of categories where `categorical`, and NaN where missing; `labels` holds classes from 0, or
    -1. All rows are context.
    """
    rng = np.random.default_rng(seed)
    order = np.argsort(labels < 0, kind="stable")
    columns = [rng.permutation(X.shape[1])[:max_columns] for _ in range(n_orders)]
    tables = [(X[order][:, chosen], categorical[chosen], labels[order]) for chosen in columns]
    log_probabilities = torch.cat([network(batch_tables([table], rng, network.config)) for table in tables])
    probabilities = np.empty(log_probabilities.shape[1:])
    probabilities[order] = log_probabilities.exp().mean(0)
    return probabilities
