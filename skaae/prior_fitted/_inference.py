"""Class probabilities by the network of the package, in numpy arrays.

The context is read several times, each with its columns in another order, and some of them where they are many; the
answer is the mean. All draws follow from a seed, so that a context always gives the same answer, and no row's answer
depends on other rows that are not of the context.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..core.threads import limit_threads_for
from ._context import Context
from ._network import PriorFittedNetwork
from ._weights import shipped_network

__all__ = ["LabelledRows", "answer", "count_read_columns", "predict_proba", "read"]

MAX_COLUMNS = 64  # of the tables that the network was fitted to; more are shared out among several
MAX_TABLES = 8
MAX_BATCH_CELLS = 8_000  # few, so that they stay in the cache of a core
MAX_BATCH_DISTANCES = 10_000_000


class LabelledRows(Protocol):
    """The rows of a context, labelled ones first: cells, which columns are categories, and classes from 0, or -1."""

    @property
    def cells(self) -> NDArray[Any]: ...

    @property
    def categorical(self) -> NDArray[np.bool_]: ...

    @property
    def labels(self) -> NDArray[np.intp]: ...

    @property
    def n_orders(self) -> int: ...

    @property
    def seed(self) -> int: ...


class ReadContext(NamedTuple):
    """A context of some columns, and what the network's layers made of it."""

    columns: NDArray[np.intp]
    context: Context
    keys: list[Tensor]


READ: WeakKeyDictionary[LabelledRows, list[ReadContext]] = WeakKeyDictionary()  # for as long as the rows are kept


def predict_proba(rows: LabelledRows, cells: NDArray[Any]) -> NDArray[np.float32]:
    """Probabilities of equally frequent classes by the network of the package, (n, classes)."""
    if rows not in READ:
        READ[rows] = read(shipped_network(), rows)
    return answer(shipped_network(), READ[rows], cells)


def read(network: PriorFittedNetwork, rows: LabelledRows) -> list[ReadContext]:
    """The context in all orders."""
    rng, contexts = np.random.default_rng(rows.seed), []
    with torch.inference_mode(), limit_threads_for(n_operations(network, *rows.cells.shape)):
        for columns in choose_columns(rows.cells.shape[1], rows.n_orders, rng):
            table = rows.cells[:, columns], rows.categorical[columns], rows.labels
            context = Context([table], rng, network.config)
            contexts.append(ReadContext(columns, context, network.encode(context.batch)[1]))
    return contexts


def answer(network: PriorFittedNetwork, contexts: list[ReadContext], cells: NDArray[Any]) -> NDArray[np.float32]:
    """Probabilities of equally frequent classes for cells of other rows, (n, classes)."""
    members = contexts[0].context.evidence.members
    probabilities = np.zeros((len(cells), members.shape[2]), np.float32)
    with torch.inference_mode(), limit_threads_for(n_operations(network, *cells.shape)):
        for columns, context, keys in contexts:
            n_distances = len(columns) * members.shape[1]
            batch_size = max(1, min(MAX_BATCH_CELLS // len(columns), MAX_BATCH_DISTANCES // n_distances))
            for start in range(0, len(cells), batch_size):
                rows = slice(start, start + batch_size)
                batch = context.batch_of([cells[rows, columns]])
                log_probabilities = network.read_out(network.encode(batch, keys)[0], batch, keys[-1])
                probabilities[rows] += log_probabilities[0].exp().numpy()
    return probabilities / np.float32(len(contexts))


def n_operations(network: PriorFittedNetwork, n_rows: int, n_columns: int) -> int:
    """Of the largest matrix product of a layer."""
    return 2 * n_rows * min(n_columns, MAX_COLUMNS) * 3 * network.config.cell_width**2


def count_tables(n_columns: int, n_orders: int) -> int:
    """How many tables of at most 64 columns a context is read as."""
    return max(n_orders, min(MAX_TABLES, -(-n_columns // MAX_COLUMNS)))


def count_read_columns(n_columns: int, n_orders: int) -> int:
    """How many of the columns are in some table."""
    return min(n_columns, MAX_COLUMNS * count_tables(n_columns, n_orders))


def choose_columns(n_columns: int, n_orders: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Columns of each table, (tables, at most 64): all in random order, or shared out among tables."""
    width, n_tables = min(n_columns, MAX_COLUMNS), count_tables(n_columns, n_orders)
    orders = [rng.permutation(n_columns) for _ in range(-(-n_tables * width // n_columns))]
    return np.concatenate(orders)[: n_tables * width].reshape(n_tables, width)
