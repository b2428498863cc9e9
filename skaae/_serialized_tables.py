"""What tables hold as builtins and arrays, and back: frames, indexes and arrays of pandas; dates and decimals."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ._time_zones import zone_name

__all__ = ["CELL_TYPES", "TABLE_CONSTRUCTORS", "TYPE_KEY", "serialize_cell", "serialize_pandas"]

TYPE_KEY = "__type__"
MIN_PYARROW = 15  # those before 14.0.1 run code of a schema (CVE-2023-47248)
CELL_TYPES = (datetime.date, datetime.datetime, datetime.time, datetime.timedelta, Decimal)


def serialize_pandas(value: Any, serialize: Any) -> Any:
    def typed(type_name: str, /, **attributes: Any) -> dict[str, Any]:
        return {TYPE_KEY: type_name, **serialize.values(attributes)}

    def attributes(*names: str) -> dict[str, Any]:
        return {name: getattr(value, name) for name in names}

    if value is pd.NA or value is pd.NaT:
        return typed("NA" if value is pd.NA else "NaT")
    if isinstance(value, pd.Interval):
        return typed("Interval", **attributes("left", "right", "closed"))
    if isinstance(value, pd.Timestamp):
        zone = {"tz": None if value.tz is None else zone_name(value.tz)}
        return typed("Timestamp", ts_input=(value if value.tz is None else value.tz_convert(None)).isoformat(), **zone)
    if isinstance(value, pd.Timedelta):
        return typed("Timedelta", value=value.isoformat())
    if isinstance(value, pd.Period):
        return typed("Period", value=str(value), freq=value.freqstr)
    if isinstance(value, pd.CategoricalDtype):
        return typed("CategoricalDtype", **attributes("categories", "ordered"))
    if isinstance(value, pd.StringDtype):
        return typed("StringDtype", storage=value.storage, nan=value.na_value is not pd.NA)
    if isinstance(value, pd.ArrowDtype):
        return typed("ArrowDtype", schema=arrow_schema(value))
    if isinstance(value, pd.DatetimeTZDtype):
        return typed("ExtensionDtype", dtype=f"datetime64[{value.unit}, {zone_name(value.tz)}]")
    if isinstance(value, pd.api.extensions.ExtensionDtype):
        return typed("ExtensionDtype", dtype=str(value))
    if isinstance(value, pd.DataFrame):
        arrays = [value.iloc[:, index].array for index in range(value.shape[1])]
        return typed("DataFrame", columns=value.columns, arrays=arrays)
    if isinstance(value, pd.MultiIndex):
        levels = [value.get_level_values(level).array for level in range(value.nlevels)]
        return typed("MultiIndex", arrays=levels, names=list(value.names))
    if isinstance(value, pd.RangeIndex):
        return typed("RangeIndex", **attributes("start", "stop", "step", "name"))
    if isinstance(value, pd.Index):
        return typed("Index", data=value.array, name=value.name)
    if isinstance(value, pd.Categorical):
        return typed("Categorical", codes=np.asarray(value.codes), dtype=value.dtype)
    if isinstance(value, pd.arrays.IntervalArray):
        return typed("IntervalArray", left=value.left.array, right=value.right.array, closed=value.closed)
    if isinstance(value, pd.arrays.NumpyExtensionArray) and not isinstance(value.dtype, pd.StringDtype):
        return typed("array", data=value.to_numpy(), dtype=value.to_numpy().dtype)
    if isinstance(value, pd.api.extensions.ExtensionArray):
        data = np.asarray(value, dtype=value.dtype if isinstance(value.dtype, np.dtype) else object)
        return typed("array", data=data, dtype=value.dtype)
    return value


def serialize_cell(value: datetime.date | datetime.time | datetime.timedelta | Decimal) -> dict[str, Any]:
    """A cell of Python's own types of dates and decimals."""
    if isinstance(value, datetime.timedelta):
        return {TYPE_KEY: "timedelta", "days": value.days, "seconds": value.seconds, "microseconds": value.microseconds}
    name, zone = type(value).__name__, getattr(value, "tzinfo", None)
    text = str(value) if isinstance(value, Decimal) else value.isoformat()
    return {TYPE_KEY: name, "text": text} | ({} if zone is None else {"zone": zone_name(zone)})


def arrow_schema(dtype: pd.ArrowDtype) -> NDArray[np.uint8]:
    """A schema of Arrow with one type: names of types have no parameters, and "string" is also a name of pandas."""
    import pyarrow as pa

    return np.frombuffer(pa.schema([pa.field("", dtype.pyarrow_dtype)]).serialize(), np.uint8)


def make_arrow_dtype(schema: NDArray[np.uint8]) -> pd.ArrowDtype:
    """The dtype of such a schema, which old versions of pyarrow unpickle where its type is an extension.

    Raises
    ------
    ValueError
        If pyarrow is one of these.
    """
    import pyarrow as pa

    if int(pa.__version__.split(".")[0]) < MIN_PYARROW:
        raise ValueError(f"Saved types of Arrow need pyarrow {MIN_PYARROW} or newer. Got {pa.__version__}: upgrade it.")
    return pd.ArrowDtype(pa.ipc.read_schema(pa.py_buffer(schema.tobytes())).field(0).type)


def make_index(data: Any, name: Any) -> pd.Index:
    """An index in the dtype of its data, which pandas would infer otherwise."""
    data = data.to_numpy() if isinstance(data, pd.arrays.NumpyExtensionArray) else data
    return pd.Index(data, dtype=data.dtype, name=name)


def make_frame(columns: Any, arrays: list[Any]) -> pd.DataFrame:
    """A frame of columns, whose rows are numbered."""
    return pd.DataFrame(dict(enumerate(arrays))).set_axis(columns, axis=1)


def make_string_dtype(storage: str, nan: bool) -> Any:
    """The dtype of text, in Python's storage where the other is not installed; objects where pandas is older than 3."""
    na_value = {"na_value": np.nan} if nan else {}
    try:
        return pd.StringDtype(storage, **na_value)
    except ImportError:
        return pd.StringDtype("python", **na_value)
    except TypeError:
        return np.dtype(object)


def make_timestamp(ts_input: str, tz: str | None = None) -> Any:
    """A time, in its time zone."""
    time = pd.Timestamp(ts_input)
    if tz is None:
        return time
    return (time.tz_localize("UTC") if time.tz is None else time).tz_convert(tz)


def make_datetime(text: str, zone: str | None = None) -> datetime.datetime:
    """A date and time of Python, in its time zone."""
    time = datetime.datetime.fromisoformat(text)
    return time if zone is None else time.astimezone(pd.Timestamp(0, tz=zone).tzinfo)


def make_time(text: str, zone: str | None = None) -> datetime.time:
    """A time of the day, in its time zone."""
    time = datetime.time.fromisoformat(text)
    return time if zone is None else time.replace(tzinfo=pd.Timestamp(0, tz=zone).tzinfo)


TABLE_CONSTRUCTORS: dict[str, Callable[..., Any]] = {
    "ArrowDtype": make_arrow_dtype,
    "Categorical": pd.Categorical.from_codes,
    "CategoricalDtype": pd.CategoricalDtype,
    "DataFrame": make_frame,
    "Decimal": lambda text: Decimal(text),
    "ExtensionDtype": pd.api.types.pandas_dtype,
    "Index": make_index,
    "Interval": pd.Interval,
    "IntervalArray": pd.arrays.IntervalArray.from_arrays,
    "MultiIndex": pd.MultiIndex.from_arrays,
    "NA": lambda: pd.NA,
    "NaT": lambda: pd.NaT,
    "Period": pd.Period,
    "RangeIndex": pd.RangeIndex,
    "StringDtype": make_string_dtype,
    "Timedelta": pd.Timedelta,
    "Timestamp": make_timestamp,
    "array": pd.array,
    "date": lambda text: datetime.date.fromisoformat(text),
    "datetime": make_datetime,
    "time": make_time,
    "timedelta": datetime.timedelta,
}
