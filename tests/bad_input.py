"""Tables as they come: of any dtype and shape, spoiled in one way or more; other rows of them; and labels.

A case is drawn by hypothesis as a few words and numbers, from which its table is made; so it prints as what it is.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sparse
from hypothesis import strategies

__all__ = ["CHANGES", "KINDS", "LABELS", "SPOILS", "Case", "cases"]

WORDS = np.array(["north", "south", "", "naïve", "0", "none"], dtype=object)


def numbers(rng, n, d):
    """Columns that hang together, in 64-bit floats."""
    hidden = rng.standard_normal((n, 2))
    return hidden @ rng.standard_normal((2, d)) + 0.3 * rng.standard_normal((n, d))


def words(rng, n, d):
    return WORDS[rng.integers(len(WORDS), size=(n, d))]


def holes(values, rng, dtype):
    """A DataFrame of a nullable dtype, some of whose cells are missing."""
    table = pd.DataFrame(values).astype(dtype)
    return table.mask(pd.DataFrame(rng.random(values.shape) < 0.2, columns=table.columns))


def mixed(rng, n, d):
    """A DataFrame whose columns are of six dtypes in turn."""
    columns = {}
    for place in range(d):
        values = 10 * rng.standard_normal(n)
        columns[f"c{place}"] = (
            values,
            values.round().astype(int),
            values > 0,
            pd.Series(words(rng, n, 1)[:, 0]),
            pd.Categorical(rng.choice(["b", "a"], n), categories=["a", "b", "never"]),
            pd.array(np.where(values > 0, values.round(), np.nan), dtype="Int64"),
        )[place % 6]
    return pd.DataFrame(columns)


# Each makes rows from a generator of numpy's, how many, and of how many columns.
KINDS = {
    "float64": numbers,
    "float32": lambda rng, n, d: numbers(rng, n, d).astype(np.float32),
    "float16": lambda rng, n, d: numbers(rng, n, d).astype(np.float16),
    "whole numbers": lambda rng, n, d: (10 * numbers(rng, n, d)).astype(int),
    "8-bit counts": lambda rng, n, d: rng.integers(0, 256, (n, d)).astype(np.uint8),
    "bools": lambda rng, n, d: numbers(rng, n, d) > 0,
    "objects": lambda rng, n, d: numbers(rng, n, d).astype(object),
    "words": words,
    "words of fixed length": lambda rng, n, d: words(rng, n, d).astype(str),
    "numbers and words": lambda rng, n, d: np.hstack([numbers(rng, n, d).astype(object), words(rng, n, 1)]),
    "complex numbers": lambda rng, n, d: numbers(rng, n, d) + 1j,
    "lists": lambda rng, n, d: numbers(rng, n, d).tolist(),
    "frame of floats": lambda rng, n, d: pd.DataFrame(numbers(rng, n, d)).rename(columns=str),
    "frame of float32": lambda rng, n, d: pd.DataFrame(numbers(rng, n, d).astype(np.float32)).rename(columns=str),
    "frame of float16": lambda rng, n, d: pd.DataFrame(numbers(rng, n, d).astype(np.float16)).rename(columns=str),
    "mixed frame": mixed,
    "frame of Int64": lambda rng, n, d: holes((10 * numbers(rng, n, d)).round(), rng, "Int64"),
    "frame of Float64": lambda rng, n, d: holes(numbers(rng, n, d), rng, "Float64"),
    "frame of boolean": lambda rng, n, d: holes(numbers(rng, n, d) > 0, rng, "boolean"),
    "frame of string": lambda rng, n, d: holes(words(rng, n, d), rng, "string"),
    "frame of categories": lambda rng, n, d: pd.DataFrame(words(rng, n, d)).astype("category"),
    "frame of ordered numbers": lambda rng, n, d: pd.DataFrame(rng.integers(3, size=(n, d))).astype("category"),
    "frame of dates": lambda rng, n, d: pd.DataFrame(rng.integers(10**9, size=(n, d)).astype("datetime64[s]")),
    "frame of durations": lambda rng, n, d: pd.DataFrame(rng.integers(10**9, size=(n, d)).astype("timedelta64[s]")),
    "sparse matrix": lambda rng, n, d: sparse.csr_matrix(numbers(rng, n, d)),
    "sparse array": lambda rng, n, d: sparse.coo_array(numbers(rng, n, d)),
    "frame of sparse columns": lambda rng, n, d: pd.DataFrame(
        {f"c{i}": pd.arrays.SparseArray(column) for i, column in enumerate(numbers(rng, n, d).T)}
    ),
    "one dimension": lambda rng, n, d: numbers(rng, n, 1)[:, 0],
    "three dimensions": lambda rng, n, d: numbers(rng, n, d)[:, :, None],
    "nothing": lambda rng, n, d: None,
    "a word": lambda rng, n, d: "table",
}


def spoil_cells(X, rng, how):
    """Rows in whose columns of floats cells are others; the rest stays."""
    if isinstance(X, pd.DataFrame):
        for place, dtype in enumerate(X.dtypes):
            if dtype in (np.float64, np.float32):
                X = put(X, place, how(X.iloc[:, place].to_numpy(copy=True), place, rng))
    elif isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype in (np.float64, np.float32):
        X = np.array(X, subok=True)
        for place in range(X.shape[1]):
            X[:, place] = how(X[:, place].copy(), place, rng)
    return X


def cells(how):
    """A spoil by what becomes of a column's values, given its place and some of its rows."""

    def spoiled(column, place, rng):
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            return how(column, place, rng.random(len(column)) < 0.2)

    return lambda X, rng: spoil_cells(X, rng, spoiled)


def put(X, place, column):
    X = X.copy()
    X.isetitem(place, column)
    return X


def at(column, places, value):
    column[places] = value
    return column


def on_frame(how):
    return lambda X, rng: how(X) if isinstance(X, pd.DataFrame) and X.shape[1] else X


def on_array(how):
    return lambda X, rng: how(X) if isinstance(X, np.ndarray) and X.ndim == 2 else X


def read_only(X):
    X.flags.writeable = False
    return X


def mapped(X):
    """The same rows on disk, mapped read-only."""
    if X.dtype.kind not in "biuf" or not X.size:
        return X
    with tempfile.NamedTemporaryFile() as file:
        np.asarray(X).tofile(file.name)
        return np.memmap(file.name, X.dtype, "r", shape=X.shape)


def dense(X):
    """Rows to which columns can be added, or None."""
    tables = isinstance(X, (pd.DataFrame, np.ndarray)) and X.ndim == 2 and X.shape[1]
    return X if tables and not isinstance(getattr(X, "columns", None), pd.MultiIndex) else None


def with_constant(X, rng):
    if dense(X) is None or not X.shape[0]:
        return X
    first = X.iloc[:1] if isinstance(X, pd.DataFrame) else X[:1]
    every = np.zeros(X.shape[0], int)
    if isinstance(X, pd.DataFrame):
        return X.assign(constant=first.iloc[every, 0].to_numpy())
    return np.hstack([X, first[every, :1]])


def twice(X, rng):
    if dense(X) is None:
        return X
    return X.assign(again=X.iloc[:, 0]) if isinstance(X, pd.DataFrame) else np.hstack([X, X[:, :1]])


# Each makes other rows of rows, where it can.
SPOILS_OF_CELLS = {
    "missing cells": cells(lambda column, place, here: at(column, here, np.nan)),
    "a column of missing cells": cells(lambda column, place, here: column * np.nan if place == 0 else column),
    "only missing cells": cells(lambda column, place, here: column * np.nan),
    "infinity": cells(lambda column, place, here: at(column, here, -np.inf)),
    "times 1e300": cells(
        lambda column, place, here: column * column.dtype.type(1e300 if column.itemsize == 8 else 1e37)
    ),
    "times 1e-300": cells(
        lambda column, place, here: column * column.dtype.type(1e-300 if column.itemsize == 8 else 1e-37)
    ),
    "far from zero": cells(lambda column, place, here: column + column.dtype.type(1e9)),
    "columns of all scales": cells(lambda column, place, here: column * column.dtype.type(10.0 ** (place % 60 - 30))),
    "wild cells": cells(lambda column, place, here: at(column, here, np.finfo(column.dtype).max)),
    "wild cells of both signs": cells(
        lambda column, place, here: at(column, here, np.finfo(column.dtype).max * (-1) ** np.arange(here.sum()))
    ),
    "zeros": cells(lambda column, place, here: np.zeros_like(column)),
    "two values": cells(lambda column, place, here: np.sign(column)),
    "repeated values": cells(lambda column, place, here: at(column, here, 0.5)),
}
SPOILS = {
    **SPOILS_OF_CELLS,
    "a constant column": with_constant,
    "a column twice": twice,
    "a name twice": on_frame(lambda X: X.set_axis(["same"] * X.shape[1], axis=1)),
    "names that are numbers": on_frame(lambda X: X.set_axis(range(X.shape[1]), axis=1)),
    "names of two kinds": on_frame(lambda X: X.set_axis([*range(X.shape[1] - 1), "last"], axis=1)),
    "names in levels": on_frame(lambda X: X.set_axis(pd.MultiIndex.from_product([["a"], range(X.shape[1])]), axis=1)),
    "an index that repeats": on_frame(lambda X: X.set_axis([7] * len(X), axis=0)),
    "an index of dates": on_frame(lambda X: X.set_axis(pd.date_range("2020-01-01", periods=len(X)), axis=0)),
    "read-only": on_array(read_only),
    "Fortran order": on_array(np.asfortranarray),
    "strides": on_array(lambda X: np.repeat(np.repeat(X, 2, axis=0), 2, axis=1)[::2, ::-2]),
    "on disk": on_array(mapped),
    "bytes in another order": on_array(lambda X: X.astype(X.dtype.newbyteorder()) if X.dtype.kind in "iuf" else X),
    "masked": on_array(lambda X: np.ma.masked_array(np.array(X), np.eye(*X.shape, dtype=bool))),
}


def with_other_words(X, rng):
    """Text that has not been seen, in the first column that holds some."""
    if isinstance(X, np.ndarray) and X.dtype.kind in "OU" and X.ndim == 2 and X.size:
        X = X.astype(object)
        X[:, -1] = "unseen"
    if isinstance(X, pd.DataFrame):
        for place in [p for p, dtype in enumerate(X.dtypes) if dtype.kind not in "biuf"][:1]:
            X = put(X, place, ["unseen"] * len(X))
    return X


# Each makes rows for a fitted model of the rows it was fitted to.
CHANGES = {
    "the same rows": lambda X, rng: X,
    "no rows": lambda X, rng: X[:0] if hasattr(X, "shape") and not isinstance(X, sparse.coo_array) else [],
    "one row": lambda X, rng: X[:1] if dense(X) is not None else X,
    "fewer columns": lambda X, rng: (
        X if dense(X) is None else X.T[1:].T if isinstance(X, np.ndarray) else X.iloc[:, 1:]
    ),
    "more columns": lambda X, rng: twice(X, rng),
    "columns in another order": on_frame(lambda X: X[X.columns[::-1]]),
    "an array in place of a frame": on_frame(lambda X: X.to_numpy()),
    "a frame in place of an array": on_array(lambda X: pd.DataFrame(np.asarray(X))),
    "other words": with_other_words,
    "words in place of numbers": lambda X, rng: words(rng, *X.shape) if dense(X) is not None else X,
    "a frame of words": lambda X, rng: (
        pd.DataFrame(words(rng, *X.shape), columns=getattr(X, "columns", None)) if dense(X) is not None else X
    ),
    "objects in place of numbers": lambda X, rng: X.astype(object) if dense(X) is not None else X,
    "sparse in place of dense": lambda X, rng: sparse.csr_matrix(np.ones(X.shape)) if dense(X) is not None else X,
    "one dimension in place of two": lambda X, rng: numbers(rng, 5, 1)[:, 0],
    **{f"new rows with {name}": spoil for name, spoil in SPOILS_OF_CELLS.items()},
}

# Each makes what is said of rows, from a generator of numpy's and how many they are.
LABELS = {
    "none": lambda rng, n: None,
    "classes": lambda rng, n: rng.integers(3, size=n),
    "bools": lambda rng, n: rng.random(n) > 0.5,
    "words": lambda rng, n: rng.choice(["a", "b"], n),
    "objects": lambda rng, n: rng.choice(np.array(["a", "b"], dtype=object), n),
    "some unknown": lambda rng, n: rng.integers(-1, 2, size=n),
    "some NaN": lambda rng, n: rng.choice([0.0, 1.0, np.nan], n),
    "some None": lambda rng, n: rng.choice(np.array(["a", "b", None], dtype=object), n),
    "some NA": lambda rng, n: pd.Series(pd.array(rng.choice([0, 1, -1], n), dtype="Int64")).replace(-1, pd.NA),
    "words, some NA": lambda rng, n: pd.Series(rng.choice(np.array(["a", "b", None], dtype=object), n), dtype="string"),
    "pandas' categories": lambda rng, n: pd.Series(pd.Categorical(rng.choice(["a", "b"], n))),
    "a frame of one column": lambda rng, n: pd.DataFrame({"y": rng.integers(2, size=n)}),
    "a frame of two columns": lambda rng, n: pd.DataFrame({"y": rng.integers(2, size=n), "z": rng.random(n)}),
    "one class": lambda rng, n: np.zeros(n, int),
    "-1 and 1": lambda rng, n: rng.choice([-1, 1], n),
    "all unknown": lambda rng, n: np.full(n, -1),
    "a class for each row": lambda rng, n: np.arange(n),
    "fractions": lambda rng, n: rng.standard_normal(n),
    "infinity": lambda rng, n: rng.choice([0.0, 1.0, np.inf], n),
    "words and numbers": lambda rng, n: rng.choice(np.array(["a", 1], dtype=object), n),
    "two dimensions": lambda rng, n: rng.integers(2, size=(n, 2)),
    "too few": lambda rng, n: rng.integers(2, size=max(0, n - 1)),
    "dates": lambda rng, n: pd.Series(rng.integers(2, size=n).astype("datetime64[s]")),
    "lists": lambda rng, n: rng.integers(2, size=n).tolist(),
    "objects without order": lambda rng, n: np.array([*[{}] * n], dtype=object),
}


@dataclass(frozen=True)
class Case:
    """A table, what is said of its rows, and the rows that a fitted model is asked about, in words."""

    kind: str
    n_rows: int
    n_columns: int
    spoils: tuple[str, ...]
    change: str
    labels: str
    seed: int

    def make(self) -> tuple[Any, Any, Any]:
        """The table, the labels, and the rows to ask about."""
        X = self._table(self.seed)
        n = X.shape[0] if hasattr(X, "shape") else len(X) if isinstance(X, list) else self.n_rows
        y = LABELS[self.labels](np.random.default_rng(self.seed), n)
        return X, y, CHANGES[self.change](self._table(self.seed), np.random.default_rng(self.seed + 1))

    def _table(self, seed: int) -> Any:
        rng = np.random.default_rng(seed)
        X = KINDS[self.kind](rng, self.n_rows, self.n_columns)
        for name in self.spoils:
            X = SPOILS[name](X, rng)
        return X


def cases() -> strategies.SearchStrategy[Case]:
    """Cases, ordinary ones as likely as the strangest."""
    return strategies.builds(
        Case,
        kind=strategies.sampled_from([*KINDS, *["float64", "mixed frame", "frame of floats", "float32"] * 4]),
        n_rows=strategies.sampled_from([12, 30, 5, 2, 1, 0, 3, 60]),
        n_columns=strategies.sampled_from([4, 6, 1, 2, 0, 40]),
        spoils=strategies.lists(strategies.sampled_from([*SPOILS]), max_size=2, unique=True).map(tuple),
        change=strategies.sampled_from([*CHANGES]),
        labels=strategies.sampled_from([*LABELS]),
        seed=strategies.integers(0, 999),
    )
