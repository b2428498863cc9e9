"""Sources of rows that are read in chunks: files, arrays and iterables; and a buffer in which these are shuffled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_consistent_length

from ..estimators._labels import labels_as_array
from ..table import FrameFormat, is_frame, to_pandas
from ._csv_labels import LabelKind, infer_label_kind, mark_as_text, parse_labels, parse_text

__all__ = ["Chunk", "Stream", "concatenate_chunks", "read_chunks", "shuffle_chunks", "take"]

Chunk = tuple[Any, Any]  # a table, and labels or None
Reader = Callable[[], Iterable[Any]]


def read_chunks(source: Any, *, columns: Sequence[str] | None = None, batch_rows: int = 65_536) -> Iterator[Any]:
    """Read the rows of a source in chunks, in their order, for instance to apply a model to them.

    Parameters
    ----------
    source : path, list of paths, array, DataFrame, iterable or callable
        As in `fit_stream`.
    columns : list of str or None, default=None
        The columns to read. None reads all.
    batch_rows : int, default=65_536
        Maximum number of rows of a file or an array in a chunk.

    Yields
    ------
    X : DataFrame or ndarray
        A chunk of rows.

    Examples
    --------
    >>> import numpy as np
    >>> from skaae import AAETransformer
    >>> from skaae.streaming import read_chunks
    >>> X = np.random.default_rng(0).normal(size=(1000, 4))
    >>> model = AAETransformer(2, max_iter=5, random_state=0).fit(X)
    >>> codes = np.concatenate([model.transform(chunk) for chunk in read_chunks(X, batch_rows=300)])
    >>> np.allclose(codes, model.transform(X))
    True
    """
    stream = Stream(source, None, columns, batch_rows)
    for X, _ in stream.read():
        yield X if stream.frame_format is None else stream.frame_format.write(X)


class Stream:
    """Creates a stream of the chunks of a source."""

    def __init__(self, source: Any, target: Any, columns: Sequence[str] | None, batch_rows: int) -> None:
        self.target, self.columns = target, None if columns is None else list(columns)
        if not (target is None or isinstance(target, str) or is_array(source)):
            raise ValueError("`target` must be the name of a column, unless the source is an array.")
        self.target_columns = [target] if isinstance(target, str) else []
        wanted = None if columns is None else [*columns, *self.target_columns]
        labels = None if self.target_columns or target is None else labels_as_array(target)
        self.readers = make_readers(source, labels, wanted, batch_rows, self.target_columns)
        self.frame_format: FrameFormat | None = None  # of the last chunk, if it is none of pandas
        self.label_kind: LabelKind | None = None  # of labels in CSV files
        self.has_text_labels = bool(self.target_columns) and any(".csv" in path.suffixes for path in as_paths(source))

    def read(self, rng: np.random.RandomState | None = None, *, as_text: bool = False) -> Iterator[Chunk]:
        """Chunks in their order or, if ``rng`` draws it, those of each reader in a random order of the readers.

        Labels of CSV files are text with ``as_text``. Otherwise they are of the stream's kind, which the first ones
        decide where it is unknown.
        """
        for index in range(len(self.readers)) if rng is None else rng.permutation(len(self.readers)):
            for rows in self.readers[index]():
                X, y = rows if isinstance(rows, tuple) else (rows, None)
                if not len(X):
                    continue
                self.frame_format, X = FrameFormat.of(X), to_pandas(X)
                X, y = self._split_target(X, y)
                yield X, y if y is None or as_text else self.parse_labels(y)

    def parse_labels(self, y: NDArray[Any]) -> NDArray[Any]:
        """Labels in the kind of all of them, or of the first ones."""
        if not self.has_text_labels:
            return y
        self.label_kind = self.label_kind or infer_label_kind(pd.unique(y))
        return parse_labels(y, self.label_kind)

    def _split_target(self, X: Any, y: Any) -> Chunk:
        names = [*(self.columns or []), *self.target_columns]
        if not names:
            return X, None if y is None else labels_as_array(y)
        unknown = [name for name in names if name not in getattr(X, "columns", ())]
        if unknown:
            raise ValueError(f"`columns` and `target` must be names of columns. Got {unknown}.")
        if self.target_columns:
            y = labels_as_array(X[self.target])
            X = X.drop(columns=self.target)
        return X if self.columns is None else X[self.columns], y


def make_readers(
    source: Any, y: Any, columns: Sequence[str] | None, batch_rows: int, target_columns: Sequence[str]
) -> list[Reader]:
    """Functions that each read a part of a source, in any order."""
    if is_array(source):
        check_consistent_length(source, y)
        starts = range(0, len(source), batch_rows)
        return [partial(read_slice, source, y, slice(start, start + batch_rows)) for start in starts]
    if paths := as_paths(source):
        return [reader for path in paths for reader in make_file_readers(path, columns, batch_rows, target_columns)]
    if callable(source):
        return [source]
    if isinstance(source, Iterable):
        return [lambda: source]
    raise TypeError(f"`source` must be paths, an array, an iterable or a function. Got {type(source).__name__}.")


def is_array(source: Any) -> bool:
    """Whether a source is one table in memory, or an array in a file."""
    return isinstance(source, np.ndarray) or (not isinstance(source, Iterator) and is_frame(source))


def as_paths(source: Any) -> list[Path]:
    """The files of a source, none if it is of another kind."""
    paths = [source] if isinstance(source, str | PathLike) else source
    if not isinstance(paths, list | tuple) or not all(isinstance(path, str | PathLike) for path in paths):
        return []
    return [Path(path) for path in paths]


def read_slice(X: Any, y: Any, rows: slice) -> list[Any]:
    """Some rows of an array, copied into memory, with their labels."""
    part = np.array(X[rows]) if isinstance(X, np.ndarray) else _safe_indexing(X, rows)
    return [part if y is None else (part, _safe_indexing(y, rows))]


def make_file_readers(
    path: Path, columns: Sequence[str] | None, batch_rows: int, target_columns: Sequence[str]
) -> list[Reader]:
    """Functions that read a CSV file, or a row group of a Parquet file."""
    if ".csv" in path.suffixes:
        return [partial(read_csv, path, columns, batch_rows, target_columns)]
    if path.suffix != ".parquet":
        raise ValueError(f"`source` must be files that end in .parquet or .csv. Got {str(path)!r}.")
    groups = range(open_parquet(path).num_row_groups)
    return [partial(read_row_group, path, group, columns, batch_rows) for group in groups]


def read_csv(
    path: Path, columns: Sequence[str] | None, batch_rows: int, target_columns: Sequence[str]
) -> Iterator[pd.DataFrame]:
    """The rows of a CSV file in chunks, labels as text."""
    converters: Any = dict.fromkeys(target_columns, mark_as_text)
    with pd.read_csv(path, usecols=columns, chunksize=batch_rows, converters=converters) as chunks:
        for chunk in chunks:
            yield chunk.assign(**{name: chunk[name].map(parse_text) for name in target_columns if name in chunk})


def open_parquet(path: Path) -> Any:
    """An open Parquet file."""
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise ImportError("To read Parquet files, pyarrow is needed: pip install 'skaae[parquet]'.") from None
    return ParquetFile(path)


def read_row_group(path: Path, group: int, columns: Sequence[str] | None, batch_rows: int) -> Iterator[pd.DataFrame]:
    """The rows of a row group of a Parquet file in chunks; in exact dtypes where the file names none of pandas."""
    with open_parquet(path) as file:
        has_dtypes = b"pandas" in (file.schema_arrow.metadata or {})
        for batch in file.iter_batches(batch_rows, row_groups=[group], columns=columns, use_threads=False):
            yield batch.to_pandas() if has_dtypes else to_pandas(batch)


def shuffle_chunks(
    chunks: Iterable[Chunk], batch_rows: int, buffer_rows: int, rng: np.random.RandomState, *, whole_first: bool
) -> Iterator[Chunk]:
    """Chunks of ``batch_rows`` rows, shuffled in a buffer; the first is a whole buffer if ``whole_first``."""
    buffer: list[Chunk] = []
    n = 0
    for chunk in chunks:
        buffer.append(chunk)
        n += len(chunk[0])
        if n < max(buffer_rows, batch_rows):
            continue
        shuffled = take(concatenate_chunks(buffer), rng.permutation(n))
        buffer.clear()
        n_out = n if whole_first else max(1, n // batch_rows - 1) * batch_rows
        yield from split_chunk(shuffled, range(0, n_out, n if whole_first else batch_rows), n_out)
        n, whole_first = n - n_out, False
        buffer = [take(shuffled, np.arange(n_out, n_out + n))] if n else []
        del shuffled
    if n:
        size = n if whole_first else -(-n // -(-n // batch_rows))
        yield from split_chunk(take(concatenate_chunks(buffer), rng.permutation(n)), range(0, n, size), n)


def split_chunk(chunk: Chunk, starts: range, stop: int) -> Iterator[Chunk]:
    """Parts of a chunk, each from a start to the next."""
    for start in starts:
        yield take(chunk, slice(start, min(start + starts.step, stop)))


def concatenate_chunks(chunks: list[Chunk]) -> Chunk:
    """Chunks as one."""
    tables, labels = zip(*chunks, strict=True)
    are_frames = isinstance(tables[0], pd.DataFrame)
    X = pd.concat(tables, ignore_index=True) if are_frames else np.concatenate(tables)
    return X, None if labels[0] is None else concatenate_labels(labels)


def concatenate_labels(labels: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Labels of chunks as one array; of objects where some are numbers and others text."""
    kinds = {y.dtype.kind for y in labels}
    return np.concatenate(labels if len(kinds) == 1 else [y.astype(object) for y in labels])


def take(chunk: Chunk, rows: Any) -> Chunk:
    """Some rows of a chunk, by a slice or their indices."""
    X, y = chunk
    return _safe_indexing(X, rows), None if y is None else y[rows]
