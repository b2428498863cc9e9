r"""A network that classifies the rows of a table in one pass: it reads labelled and unlabelled rows together.

A cell is embedded from its value among all rows of its column, a mark of missing values, a random tag of its column,
and the label of its row, a random tag of the class (or a vector for "unknown"). Two more tokens a row stand for the
label column. Layers attend along rows (within a column) and along columns (within a row) in turn; then the two label
tokens are the row's embedding, and further layers attend along rows only, which costs little.

Rows attend to rows of the context only, labelled ones first, so the answer for a row that is not of the context
depends on no other such row; what the context's rows are in each layer can be kept for it.

The read-out is equivariant to classes: with scores :math:`s_{ij}` (scaled cosines) of a row :math:`i` for labelled rows
:math:`j`, the probability of class :math:`c` is proportional to the mean of :math:`\exp s_{ij}` over the labelled rows
of :math:`c`. It is fitted to a loss in which all classes of a table weigh the same, so it answers as if all classes
were equally frequent: another class prior is a factor by Bayes' rule.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ._evidence import N_CELL_EVIDENCES, N_ROW_EVIDENCES
from ._values import N_VALUE_FEATURES

__all__ = ["NetworkConfig", "PriorFittedNetwork", "TableBatch"]

N_LABEL_TOKENS = 2
N_UNLABELLED_CELL_KEYS = 48  # unlabelled rows that cells attend to
MAX_ROW_KEYS = 512  # rows that rows attend to, unless more are labelled
MIN_CLASS_SCORE = 1e-5
INITIAL_SHARPNESS = 8.0


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
    def row_width(self) -> int:
        """Width of the embedding of a row."""
        return N_LABEL_TOKENS * self.cell_width


@dataclass
class TableBatch:
    """What the network reads of rows of several tables: of a context, labelled rows first, or of others."""

    values: Tensor  # (tables, columns, rows, N_VALUE_FEATURES)
    levels: Tensor  # (tables, columns, rows, level_tag_width), 0 for numbers
    column_tags: Tensor  # (tables, columns, column_tag_width)
    relevance: Tensor  # (tables, columns, N_CELL_EVIDENCES)
    cell_evidence: Tensor  # (tables, columns, rows, N_CELL_EVIDENCES * class_tag_width)
    row_evidence: Tensor  # (tables, rows, N_ROW_EVIDENCES * class_tag_width)
    row_tags: Tensor  # (tables, rows, class_tag_width), those of the labels
    labels: Tensor  # (tables, rows), -1 for unlabelled rows
    class_tags: Tensor  # (tables, classes, class_tag_width)
    members: Tensor  # (tables, first rows of the context, classes), 1 for the class of a label
    n_rows: int  # of the context

    @property
    def n_cell_keys(self) -> int:
        """How many rows of the context cells attend to."""
        return min(self.n_rows, self.members.shape[1] + N_UNLABELLED_CELL_KEYS)

    @property
    def n_row_keys(self) -> int:
        """How many rows of the context rows attend to."""
        return min(self.n_rows, max(self.members.shape[1], MAX_ROW_KEYS))


class Attention(nn.Module):
    """Multi-head attention with a temperature that may depend on the number of keys."""

    def __init__(self, width: int, n_heads: int, *, similarity: bool = False) -> None:
        super().__init__()
        self.n_heads, self.head_width = n_heads, width // n_heads
        self.norm = nn.LayerNorm(width, bias=False)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.log_scale = nn.Parameter(torch.zeros(n_heads, 1, 1))
        self._initialize(width, similarity)

    @torch.no_grad()
    def _initialize(self, width: int, similarity: bool) -> None:
        """What is read is written back as it is; with `similarity`, tokens attend to those like them."""
        q, k, v = (nn.init.orthogonal_(torch.empty(width, width)) for _ in range(3))
        self.qkv.weight.copy_(torch.cat([q, q if similarity else k, v]))
        self.out.weight.copy_(0.5 * v.T)

    def forward(self, x: Tensor, keys: Tensor) -> Tensor:
        """Tokens (..., queries, width) attend to others, (..., keys, width)."""
        q = self._split(self.norm(x), self._scaled_query(keys.shape[-2]))
        k, v = self._split(self.norm(keys), self.qkv.weight[x.shape[-1] :]).chunk(2, dim=1)
        mixed = F.scaled_dot_product_attention(q, k, v)
        return F.linear(mixed.transpose(1, 2).reshape(x.shape), self.out.weight)

    def _split(self, x: Tensor, weight: Tensor) -> Tensor:
        n_heads = len(weight) // self.head_width
        return F.linear(x, weight).view(-1, x.shape[-2], n_heads, self.head_width).transpose(1, 2)

    def _scaled_query(self, n_keys: int) -> Tensor:
        weight = self.qkv.weight[: self.n_heads * self.head_width].view(self.n_heads, self.head_width, -1)
        return torch.mul(weight, 1 + self.log_scale * math.log(n_keys)).flatten(0, 1)


class FeedForward(nn.Sequential):
    """One hidden layer."""

    def __init__(self, width: int, factor: int) -> None:
        super().__init__(
            nn.LayerNorm(width, bias=False),
            nn.Linear(width, factor * width, bias=False),
            nn.GELU(),
            last := nn.Linear(factor * width, width, bias=False),
        )
        nn.init.normal_(last.weight, std=0.5 / (factor * width) ** 0.5)


class CellLayer(nn.Module):
    """Attention along rows, then along columns; x (tables, columns, rows, width)."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.along_rows = Attention(config.cell_width, config.n_heads, similarity=True)
        self.along_columns = Attention(config.cell_width, config.n_heads)
        self.feed_forward = FeedForward(config.cell_width, config.hidden_factor)

    def forward(self, x: Tensor, keys: Tensor, n_columns_out: int | None = None) -> Tensor:
        """New cells of the first columns, by default all."""
        x = x + self.along_rows(x, keys)
        of_rows = x.transpose(1, 2)
        mixed = self.along_columns(of_rows[:, :, :n_columns_out], of_rows)
        x = x[:, :n_columns_out] + mixed.transpose(1, 2)
        return torch.add(x, self.feed_forward(x))


class RowLayer(nn.Module):
    """Attention along rows; x (tables, rows, width)."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.along_rows = Attention(config.row_width, config.n_heads, similarity=True)
        self.feed_forward = FeedForward(config.row_width, config.hidden_factor)

    def forward(self, x: Tensor, keys: Tensor) -> Tensor:
        """New rows."""
        x = x + self.along_rows(x, keys)
        return torch.add(x, self.feed_forward(x))


class PriorFittedNetwork(nn.Module):
    """Log probabilities of classes for rows of several tables of one shape."""

    def __init__(self, config: NetworkConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or NetworkConfig()
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
    def _initialize(self) -> None:
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

    def forward(self, context: TableBatch) -> Tensor:
        """Log probabilities (tables, rows, classes) of the rows of contexts."""
        x, keys = self.encode(context)
        return self.read_out(x, context, keys[-1])

    def encode(self, batch: TableBatch, keys: Sequence[Tensor] | None = None) -> tuple[Tensor, list[Tensor]]:
        """Embeddings of rows (tables, rows, row width), and what rows attend to in each layer, labelled ones last.

        Without `keys` of a context, rows are the context.
        """
        found: list[Tensor] = []

        def keys_among(x: Tensor, n_keys: int) -> Tensor:
            found.append(x[..., :n_keys, :] if keys is None else keys[len(found)])
            return found[-1]

        x = self._embed(batch)
        for index, layer in enumerate(self.cell_layers, 1):
            n_columns_out = N_LABEL_TOKENS if index == len(self.cell_layers) else None
            x = layer(x, keys_among(x, batch.n_cell_keys), n_columns_out)
        x = x.transpose(1, 2).flatten(2)
        for layer in self.row_layers:
            x = layer(x, keys_among(x, batch.n_row_keys))
        x = self.norm(x)
        keys_among(x, batch.members.shape[1])
        return x, found

    def read_out(self, x: Tensor, batch: TableBatch, labelled: Tensor) -> Tensor:
        """Log of the mean of exponential scores over each class's labelled rows, normalised over classes."""
        q, k = F.normalize(self.query(x), dim=2), F.normalize(self.key(labelled), dim=2)
        scores = q @ k.transpose(1, 2) * self.log_sharpness.exp()
        scores = scores.masked_fill((batch.members.amax(2) == 0)[:, None], -torch.inf)
        weights = (scores - scores.amax(2, keepdim=True).detach()).exp()
        counts = batch.members.sum(1, keepdim=True)
        means = weights @ batch.members / counts.clamp(min=1) + MIN_CLASS_SCORE
        decoded = self.decode_class(x) @ batch.class_tags.transpose(1, 2) / batch.class_tags.shape[2] ** 0.5
        return torch.add(means.log(), decoded).masked_fill(counts == 0, -torch.inf).log_softmax(2)

    def _embed(self, batch: TableBatch) -> Tensor:
        """(tables, label tokens and columns, rows, cell width)."""
        n_tables, n_rows = batch.labels.shape
        cells = self.embed_value(batch.values) + self.embed_level(batch.levels)
        cells = cells + (self.embed_column(batch.column_tags) + self.embed_relevance(batch.relevance))[:, :, None]
        cells = cells + self.embed_cell_evidence(batch.cell_evidence)
        labels = self.embed_class(batch.row_tags).view(n_tables, n_rows, 1 + N_LABEL_TOKENS, -1)
        labels = torch.where((batch.labels < 0)[..., None, None], self.unknown_class, labels).transpose(1, 2)
        row_evidence = self.embed_row_evidence(batch.row_evidence).view(n_tables, n_rows, N_LABEL_TOKENS, -1)
        tokens = labels[:, 1:] + row_evidence.transpose(1, 2) + self.label_tokens[:, None]
        return torch.cat([tokens, cells + labels[:, :1]], dim=1)
