"""Frames of other libraries, such as polars and Arrow: read as DataFrames of pandas, and written as what came in."""

from __future__ import annotations

import warnings
from decimal import Decimal
from importlib import import_module
from io import BytesIO
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from narwhals.exceptions import DuplicateError
from numpy.typing import NDArray

from .._time_zones import zone_name
from ._formats import clip_decimals

__all__ = ["FrameFormat", "is_frame", "to_pandas"]

NO_FRAMES = (np.ndarray, pd.DataFrame, pd.Series, list, tuple, dict, str, type(None))
TEXT = pd.Series(["text"]).dtype  # that of objects where pandas is older than 3


class FrameFormat:
    """Creates the format of another library's frame.

    Attributes
    ----------
    library : str
        Which library.
    schema : ndarray of uint8
        Names and types of the columns as Arrow writes them, if the library has other types than pandas.
    """

    def __init__(self, frame: nw.DataFrame[Any]) -> None:
        self.library = str(frame.implementation.value)
        self.schema = np.frombuffer(dump_schema(self.library, frame.to_native()), np.uint8)

    @classmethod
    def of(cls, X: Any) -> FrameFormat | None:
        """The format of a frame; None of pandas', and of what is no frame."""
        frame = as_frame(X)
        return None if frame is None else cls(frame)

    def write(self, table: pd.DataFrame, *, with_types: bool = True) -> Any:
        """A DataFrame as a frame of the library; the types of columns are those of the same names, if cells fit in."""
        schema = self.schema.tobytes() if with_types else None
        if self.library == "polars":
            return to_polars(table, schema)
        if self.library == "pyarrow":
            return to_arrow(table, schema)
        if self.library in ("modin", "cudf"):
            return import_module({"modin": "modin.pandas", "cudf": "cudf"}[self.library]).DataFrame(table)
        return table


def to_pandas(X: Any) -> Any:
    """Another library's frame as a DataFrame whose dtypes hold its cells exactly; all else as it is.

    Raises
    ------
    ValueError
        If a frame is lazy, or has columns of the same name, or of lists or other nested cells.
    """
    frame = as_frame(X)
    if frame is None:
        return X
    if frame.implementation.is_pandas_like():
        return frame.to_pandas()
    columns = {name: pd.Series(read_column(frame[name]), copy=False) for name in frame.columns}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(frame)), columns=pd.Index(frame.columns, dtype=TEXT))


def is_frame(X: Any) -> bool:
    """Whether `X` is a frame, of pandas or another library."""
    return isinstance(X, pd.DataFrame) or as_frame(X) is not None


def as_frame(X: Any) -> nw.DataFrame[Any] | None:
    """A frame of a library other than pandas, as narwhals sees it; None for all else."""
    if isinstance(X, NO_FRAMES):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of frames that later versions of narwhals will not know
            frame = nw.from_native(X, pass_through=True, allow_series=True)
            if not isinstance(frame, nw.DataFrame | nw.LazyFrame | nw.Series) and hasattr(X, "__arrow_c_stream__"):
                frame = nw.from_arrow(X, backend="pyarrow")
    except DuplicateError as error:
        raise ValueError(f"Columns must have different names. {error}") from None
    if isinstance(frame, nw.LazyFrame):
        method = "collect" if hasattr(X, "collect") else "compute"
        raise ValueError(
            f"Rows must be in memory. Got a lazy frame of {frame.implementation.value}: pass `X.{method}()`, or, if"
            " they do not fit into memory, one part after the other."
        )
    return frame if isinstance(frame, nw.DataFrame) else None


def read_column(cells: nw.Series[Any]) -> Any:
    """A column as an array of numpy or pandas."""
    dtype = cells.dtype
    if isinstance(dtype, nw.Categorical) and cells.implementation.is_pyarrow():
        return cells.to_native().unify_dictionaries().to_pandas().array
    if isinstance(dtype, nw.Categorical | nw.Enum):
        categories = list(dtype.categories) if isinstance(dtype, nw.Enum) else None
        return pd.Categorical(cells.to_list(), categories=categories, ordered=categories is not None)
    if isinstance(dtype, nw.String):
        return pd.array(cells.to_list(), dtype=TEXT)
    is_exact = isinstance(dtype, nw.Decimal | nw.Int128 | nw.UInt128 | nw.Time)
    if isinstance(dtype, nw.Boolean) or (dtype.is_numeric() and not is_exact):
        return read_numbers(cells)
    if not is_exact and (values := cells.to_numpy()).dtype.kind in "mM":
        return read_times(values, getattr(dtype, "time_zone", None))
    objects = np.empty(len(cells), object)
    objects[:] = cells.to_list()
    if not is_exact and not all(cell is None or isinstance(cell, Decimal) for cell in objects):
        kind = getattr(cells.to_native(), "type", dtype)
        raise ValueError(
            f"Cells must be numbers, text, bools, categories, dates or times. Got {kind} in column {cells.name!r}:"
            " make columns of these from it, or drop it."
        )
    return objects


def read_numbers(cells: nw.Series[Any]) -> Any:
    """Numbers or bools, in a dtype with missing values only if some are missing."""
    missing = cells.is_null().to_numpy().astype(bool)
    if not missing.any():
        return cells.to_numpy()
    values = cells.fill_null(False if isinstance(cells.dtype, nw.Boolean) else 0).to_numpy()
    if values.dtype.kind == "f":
        values = values.astype(np.promote_types(values.dtype, np.float32))
        return pd.arrays.FloatingArray(values, missing | np.isnan(values))
    return (pd.arrays.BooleanArray if values.dtype.kind == "b" else pd.arrays.IntegerArray)(values, missing)


def read_times(values: NDArray[Any], time_zone: str | None) -> Any:
    """Dates, times or durations in their unit, days in seconds."""
    if values.dtype == "datetime64[D]":
        values = values.astype("datetime64[s]")
    return values if time_zone is None else pd.DatetimeIndex(values).tz_localize("UTC").tz_convert(time_zone).array


def dump_schema(library: str, native: Any) -> bytes:
    """The schema of a frame as Arrow writes it."""
    if library == "polars":
        file = BytesIO()
        native.clear().write_ipc(file)
        return file.getvalue()
    return bytes(native.schema.serialize()) if library == "pyarrow" else b""


def to_polars(table: pd.DataFrame, schema: bytes | None) -> Any:
    """A frame of polars, with the types of a schema."""
    import polars

    types = {} if schema is None else dict(polars.read_ipc(BytesIO(schema)).schema)
    return polars.DataFrame([to_polars_series(str(name), cells, types.get(str(name))) for name, cells in table.items()])


def to_polars_series(name: str, cells: pd.Series, dtype: Any) -> Any:
    """A column of polars, of a type if its cells fit in."""
    import polars

    if isinstance(cells.dtype, np.dtype | pd.DatetimeTZDtype) and cells.dtype.kind in "mM":
        zone = getattr(cells.dtype, "tz", None)
        times = cells.to_numpy() if zone is None else cells.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
        unit = np.datetime_data(times.dtype)[0]
        series = polars.Series(name, times.astype(f"{times.dtype.kind}8[{'ms' if unit == 's' else unit}]"))
        series = series if zone is None else series.dt.replace_time_zone("UTC").dt.convert_time_zone(zone_name(zone))
        return series if dtype is None else series.cast(dtype)
    if dtype is not None and dtype.is_integer() and cells.dtype.kind == "f":
        cells = cells.round().astype("Int64")  # some are missing
    if isinstance(cells.dtype, np.dtype) and cells.dtype.kind in "iufb":
        values = cells.to_numpy()
    else:
        values = cells.astype(object).where(cells.notna(), None).tolist()
        if dtype is not None and dtype.is_decimal():
            values = clip_decimals(values, dtype.precision, dtype.scale)
    try:
        return polars.Series(name, values, dtype=dtype)
    except (TypeError, polars.exceptions.PolarsError):
        return polars.Series(name, values, strict=False)


def to_arrow(table: pd.DataFrame, schema: bytes | None) -> Any:
    """A table of Arrow, with the types and metadata of a schema."""
    import pyarrow as pa

    known = pa.schema([]) if schema is None else pa.ipc.read_schema(pa.py_buffer(schema))
    types = dict(zip(known.names, known.types, strict=True))
    columns = {str(name): to_arrow_array(cells, types.get(str(name))) for name, cells in table.items()}
    return pa.table(columns).replace_schema_metadata(known.metadata if list(columns) == known.names else None)


def to_arrow_array(cells: pd.Series, dtype: Any) -> Any:
    """A column of Arrow, of a type if its cells fit in."""
    import pyarrow as pa

    if isinstance(cells.dtype, pd.CategoricalDtype) and dtype is not None and pa.types.is_dictionary(dtype):
        codes, categories = cells.cat.codes.to_numpy(), pa.array(cells.cat.categories, type=dtype.value_type)
        indices = pa.array(codes, type=dtype.index_type, mask=codes < 0)
        return pa.DictionaryArray.from_arrays(indices, categories, ordered=dtype.ordered)
    if isinstance(cells.dtype, pd.CategoricalDtype):
        cells = cells.astype(object)
    elif dtype is not None and pa.types.is_decimal(dtype):
        present = cells.astype(object).where(cells.notna(), None).tolist()
        cells = pd.Series(clip_decimals(present, dtype.precision, dtype.scale), dtype=object)
    has_nan = isinstance(cells.dtype, np.dtype) and cells.dtype.kind == "f"
    try:
        nan_is_missing = not has_nan or (dtype is not None and not pa.types.is_floating(dtype))
        return pa.array(cells, type=dtype, from_pandas=nan_is_missing)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        return pa.array(cells, from_pandas=True)
