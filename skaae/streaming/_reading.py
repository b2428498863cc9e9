"""Sources of rows, which are read piece by piece: files, arrays, and what makes batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_consistent_length

__all__ = ["Rows", "Stream", "batches_of", "chosen", "joined", "mixed"]

Rows = tuple[Any, Any]  # a table, and labels or None
Piece = Callable[[], Iterable[Any]]


def batches_of(source: Any, *, columns: Sequence[str] | None = None, batch_rows: int = 65_536) -> Iterator[Any]:
    """Go through the rows of a source in their order, as DataFrames or arrays, to apply a model to them.

    Parameters
    ----------
    source : path, list of paths, array, DataFrame, iterable or callable
        As in `fit_stream`.
    columns : list of str or None, default=None
        The columns to read. None reads all.
    batch_rows : int, default=65_536
        At most so many rows of a file or an array at a time.

    Yields
    ------
    X : DataFrame or ndarray
        Some rows.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae import AAETransformer
    >>> from skaae.streaming import batches_of
    >>> X = np.random.default_rng(0).normal(size=(1000, 4))
    >>> model = AAETransformer(2, max_iter=5, random_state=0).fit(X)
    >>> codes = np.concatenate([model.transform(rows) for rows in batches_of(X, batch_rows=300)])
    >>> np.allclose(codes, model.transform(X))
    True
    """
    for rows, _ in Stream(source, None, columns, batch_rows).read():
        yield rows


class Stream:
    """Creates what reads a source, piece by piece."""

    def __init__(self, source: Any, target: Any, columns: Sequence[str] | None, batch_rows: int) -> None:
        self.target, self.columns = target, None if columns is None else list(columns)
        is_array = isinstance(source, np.ndarray | pd.DataFrame)
        if not (target is None or isinstance(target, str) or is_array):
            raise ValueError("`target` must be the name of a column, unless the source is an array.")
        of_array = target if is_array and not isinstance(target, str) else None
        wanted = columns if columns is None or not isinstance(target, str) else [*columns, target]
        self.pieces = pieces_of(source, of_array, wanted, batch_rows)

    def read(self, rng: np.random.RandomState | None = None) -> Iterator[Rows]:
        """Rows with their labels, in their order or, given what draws it, in a random order of pieces."""
        order = range(len(self.pieces)) if rng is None else rng.permutation(len(self.pieces))
        for place in order:
            for batch in self.pieces[place]():
                if len(batch[0] if isinstance(batch, tuple) else batch):
                    yield self._parted(batch)

    def _parted(self, batch: Any) -> Rows:
        X, y = batch if isinstance(batch, tuple) else (batch, None)
        named = [*(self.columns or []), *([self.target] if isinstance(self.target, str) else [])]
        if not named:
            return X, None if y is None else np.asarray(y)
        strange = [name for name in named if name not in getattr(X, "columns", ())]
        if strange:
            raise ValueError(f"`columns` and `target` must be names of columns. Got {strange}.")
        if isinstance(self.target, str):
            y = X[self.target].to_numpy()
            X = X.drop(columns=self.target)
        return X if self.columns is None else X[self.columns], y


def pieces_of(source: Any, labels: Any, columns: Sequence[str] | None, batch_rows: int) -> list[Piece]:
    """What reads the parts of a source, which may be read in any order."""
    if isinstance(source, np.ndarray | pd.DataFrame):
        check_consistent_length(source, labels)
        starts = range(0, len(source), batch_rows)
        return [partial(slice_of, source, labels, slice(start, start + batch_rows)) for start in starts]
    if isinstance(source, str | PathLike):
        return pieces_of_file(Path(source), columns, batch_rows)
    if isinstance(source, list | tuple) and all(isinstance(path, str | PathLike) for path in source):
        return [piece for path in source for piece in pieces_of_file(Path(path), columns, batch_rows)]
    if callable(source):
        return [source]
    if isinstance(source, Iterable):
        return [lambda: source]
    raise TypeError(f"`source` must be paths, an array, an iterable or a function. Got {type(source).__name__}.")


def slice_of(table: Any, labels: Any, rows: slice) -> list[Any]:
    """Some rows of an array in memory of their own, with their labels."""
    part = table.iloc[rows] if isinstance(table, pd.DataFrame) else np.array(table[rows])
    return [part if labels is None else (part, _safe_indexing(labels, rows))]


def pieces_of_file(path: Path, columns: Sequence[str] | None, batch_rows: int) -> list[Piece]:
    """What reads the groups of rows of a Parquet file, or a CSV file."""
    if ".csv" in path.suffixes:
        return [partial(rows_of_csv, path, columns, batch_rows)]
    if path.suffix != ".parquet":
        raise ValueError(f"`source` must be files that end in .parquet or .csv. Got {str(path)!r}.")
    n_groups = parquet_file(path).num_row_groups
    return [partial(rows_of_group, path, group, columns, batch_rows) for group in range(n_groups)]


def rows_of_csv(path: Path, columns: Sequence[str] | None, batch_rows: int) -> Iterator[pd.DataFrame]:
    """The rows of a CSV file as DataFrames."""
    with pd.read_csv(path, usecols=columns, chunksize=batch_rows) as chunks:
        yield from chunks


def parquet_file(path: Path) -> Any:
    """An open Parquet file."""
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise ImportError("To read Parquet files, pyarrow is needed: pip install 'skaae[parquet]'.") from None
    return ParquetFile(path)


def rows_of_group(path: Path, group: int, columns: Sequence[str] | None, batch_rows: int) -> Iterator[pd.DataFrame]:
    """The rows of a group of a Parquet file as DataFrames."""
    with parquet_file(path) as file:
        for batch in file.iter_batches(batch_rows, row_groups=[group], columns=columns, use_threads=False):
            yield batch.to_pandas()


def mixed(
    parts: Iterable[Rows], batch_rows: int, buffer_rows: int, rng: np.random.RandomState, *, whole_first: bool
) -> Iterator[Rows]:
    """Batches of rows that are shuffled with others near them; the first may be all that were shuffled together."""
    buffer: list[Rows] = []
    n = 0
    for rows in parts:
        buffer.append(rows)
        n += len(rows[0])
        if n < max(buffer_rows, batch_rows):
            continue
        shuffled = chosen(joined(buffer), rng.permutation(n))
        buffer.clear()
        n_out = n if whole_first else max(1, n // batch_rows - 1) * batch_rows
        yield from sliced(shuffled, range(0, n_out, n if whole_first else batch_rows), n_out)
        n, whole_first = n - n_out, False
        buffer = [chosen(shuffled, np.arange(n_out, n_out + n))] if n else []
        del shuffled
    if n:
        size = -(-n // -(-n // batch_rows))
        yield from sliced(chosen(joined(buffer), rng.permutation(n)), range(0, n, n if whole_first else size), n)


def sliced(rows: Rows, starts: range, end: int) -> Iterator[Rows]:
    """Parts of rows, each from a start to the next."""
    for start in starts:
        yield chosen(rows, slice(start, min(start + starts.step, end)))


def joined(parts: list[Rows]) -> Rows:
    """Rows below each other."""
    tables, labels = zip(*parts, strict=True)
    frames = isinstance(tables[0], pd.DataFrame)
    X = pd.concat(tables, ignore_index=True) if frames else np.concatenate(tables)
    return X, None if labels[0] is None else np.concatenate(labels)


def chosen(rows: Rows, places: Any) -> Rows:
    """Some of the rows."""
    X, y = rows
    return _safe_indexing(X, places), None if y is None else y[places]
