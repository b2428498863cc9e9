"""Contexts: tables of one shape that rows are classified by, labelled rows first, as inputs of the network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ._evidence import Evidence
from ._network import NetworkConfig, TableBatch
from ._values import CellReader, Cells

__all__ = ["Context"]

N_LEVELS = 64  # categories of more levels share tags


class Context:
    """Reads tables of one shape, and gives their rows and others as inputs of the network.

    Tags of columns, levels and classes are random, those of classes in the order of the classes' means, so that the
    order or the names of classes do not count.

    Parameters
    ----------
    tables : sequence of (X, categorical, labels)
        `X` (rows, columns) holds numbers, codes of categories where `categorical`, and NaN where missing; labels are
        classes from 0, or -1. No row behind the first unlabelled one of all tables is labelled.
    rng : Generator
        What tags are drawn by.
    config : NetworkConfig
        Their widths.
    """

    def __init__(
        self,
        tables: Sequence[tuple[NDArray[Any], NDArray[np.bool_], NDArray[np.intp]]],
        rng: np.random.Generator,
        config: NetworkConfig,
    ) -> None:
        X = stack_columns([table[0] for table in tables])
        labels = np.stack([table[2] for table in tables])
        n_labelled, n_classes = int(np.flatnonzero((labels >= 0).any(0)).max()) + 1, int(labels.max()) + 1
        self.reader = CellReader(X, np.stack([table[1] for table in tables]))
        self.labels = torch.from_numpy(labels)
        members = torch.nn.functional.one_hot(self.labels[:, :n_labelled] + 1, n_classes + 1)[..., 1:]
        width = config.class_tag_width
        class_tags = [draw_class_tags(*pair, n_classes, rng, width) for pair in zip(X, labels, strict=True)]
        self.class_tags = torch.from_numpy(np.stack(class_tags))
        level_tags = torch.from_numpy(rng.standard_normal((len(X), N_LEVELS, config.level_tag_width), np.float32))
        self.level_tags = torch.nn.functional.pad(level_tags, (0, 0, 0, 1))  # none of numbers and missing cells
        self.column_tags = torch.from_numpy(rng.standard_normal((*X.shape[:2], config.column_tag_width), np.float32))
        cells = self.reader.read(X, is_context=True)
        self.evidence = Evidence(cells, members.to(cells.rank.dtype))
        self.batch = self._batch(cells, self.labels, self.evidence.of_cells, self.evidence.of_rows)

    def batch_of(self, rows: Sequence[NDArray[Any]]) -> TableBatch:
        """Rows that are not of the contexts, (rows, columns) for each."""
        cells = self.reader.read(stack_columns(rows))
        labels = torch.full((len(rows), len(rows[0])), -1)
        return self._batch(cells, labels, *self.evidence.of(cells))

    def _batch(self, cells: Cells, labels: Tensor, of_cells: Tensor, of_rows: Tensor) -> TableBatch:
        tables = torch.arange(len(labels))[:, None]
        is_level = cells.categorical[:, :, None] & ~cells.missing
        levels = torch.where(is_level, cells.codes % N_LEVELS, N_LEVELS)
        return TableBatch(
            values=cells.features,
            levels=self.level_tags[tables[..., None], levels],
            column_tags=self.column_tags,
            relevance=self.evidence.relevance,
            cell_evidence=(of_cells @ self.class_tags[:, None, None]).flatten(3),
            row_evidence=(of_rows @ self.class_tags[:, None]).flatten(2),
            row_tags=self.class_tags[tables, labels.clamp(min=0)] * (labels >= 0)[..., None],
            labels=labels,
            class_tags=self.class_tags,
            members=self.evidence.members,
            n_rows=self.labels.shape[1],
        )


def stack_columns(tables: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Tables (rows, columns) as one array, (tables, columns, rows)."""
    return np.ascontiguousarray(np.stack([table.T for table in tables]))


def draw_class_tags(
    X: NDArray[Any], labels: NDArray[np.intp], n_classes: int, rng: np.random.Generator, width: int
) -> NDArray[np.float32]:
    """Random orthogonal vectors for classes, drawn in the order of the classes' means, (classes, width)."""
    classes = np.unique(labels[labels >= 0])
    cells = np.nan_to_num(X)
    means = np.stack([cells[:, labels == c].mean(1) for c in classes])
    vectors = np.linalg.qr(rng.standard_normal((width, width)))[0] * width**0.5
    tags = np.zeros((n_classes, width), np.float32)
    tags[classes[np.lexsort(means.T[::-1])]] = np.resize(vectors, (len(classes), width))
    return tags
