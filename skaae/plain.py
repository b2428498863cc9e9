"""Fitted objects as plain things, and back: dicts, lists, tuples, strings, numbers, None and arrays.

A part of ours becomes a dict of its attributes and its *kind*; so do dtypes, indexes and arrays of pandas, and the
trees inside of scikit-learn's estimators, because files should outlast what other packages make of these. The
estimators around such trees stay, as does whatever else a user puts in, a function that draws a prior among it.

A file can have made what stands in `HOMES` and `MAKERS`, and nothing else by its name. Trees are checked: a wrong place
in one would be read without a question by compiled code.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["alive", "plain"]

KIND = "__kind__"
HOMES = {
    "Architecture": "_plan",
    "Block": "_plan",
    "CategoryColumn": "table._columns",
    "ClassStyles": "estimators._styles",
    "ColumnScaler": "table._scalers",
    "Conditions": "estimators._conditions",
    "Ellipsoid": "estimators._views",
    "Forest": "estimators._views",
    "Foretold": "estimators._views",
    "Identity": "table._scalers",
    "Margins": "estimators._views",
    "Mixture": "estimators._views",
    "Narrow": "estimators._views",
    "Neighbours": "estimators._views",
    "NumberColumn": "table._columns",
    "Opinion": "estimators._views",
    "RankScaler": "table._scalers",
    "Reconstruction": "estimators._views",
    "Surprise": "estimators._views",
    "TableEncoder": "table._encoder",
    "Teachers": "estimators._teachers",
}
PLAIN = (str, int, float, bool, type(None))


class Walk:
    """Creates a walk through values that turns each with a function, one that is met again into the same thing.

    Where nothing in a value turns into something else, it is left as it is.
    """

    def __init__(self, turned: Callable[[Any, Walk], Any]) -> None:
        self.turned = turned
        self.met: dict[int, tuple[Any, Any]] = {}

    def __call__(self, value: Any) -> Any:
        if type(value) in PLAIN:
            return value
        if id(value) not in self.met:
            self.met[id(value)] = value, self.turned(value, self)
        return self.met[id(value)][1]

    def inside(self, value: Any) -> Any:
        """A container of turned values."""
        if type(value) is dict:
            parts = {key: self(own) for key, own in value.items()}
            return value if all(parts[key] is value[key] for key in value) else parts
        if type(value) in (list, tuple) or (type(value) is np.ndarray and value.dtype == object):
            cells = value.ravel() if isinstance(value, np.ndarray) else value
            turned = [self(own) for own in cells]
            if all(new is own for new, own in zip(turned, cells, strict=True)):
                return value
            return array_of(turned).reshape(value.shape) if isinstance(value, np.ndarray) else type(value)(turned)
        return value


class Nameless:
    """Holds a function that has no name to find it by: processes and copies can take it along, but no file of skops.

    Of the two ways to ask for what makes an object anew, skops takes the one without a protocol.
    """

    def __init__(self, function: Any) -> None:
        self.function = function

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return itself, (self.function,)

    def __reduce__(self) -> Any:
        raise TypeError(
            f"Functions must have a name in a module, by which skops finds them again. Got {self.function.__qualname__}"
            f" of {self.function.__module__}."
        )


def itself(function: Any) -> Any:
    return function


def plain(value: Any) -> Any:
    """A value as plain things."""
    return Walk(made_plain)(value)


def alive(value: Any) -> Any:
    """The value that plain things stand for.

    Raises
    ------
    ValueError
        If something is of no known kind, or no such thing can be.
    """
    return Walk(made_alive)(value)


def made_plain(value: Any, plain: Walk) -> Any:
    name, home = type(value).__name__, type(value).__module__
    if home == f"skaae.{HOMES.get(name)}":
        return {KIND: name, **{own: plain(part) for own, part in vars(value).items()}}
    if home == "sklearn.tree._tree" and name == "Tree":
        _, (n_features, n_classes, n_outputs), state = value.__reduce__()
        return {
            KIND: "Tree",
            "n_features": n_features,
            "n_classes": n_classes,
            "n_outputs": n_outputs,
            **{own: state[own] for own in ("max_depth", "nodes", "values")},
        }
    if home == "sklearn.neighbors._kd_tree" and name == "KDTree":
        state = value.__getstate__()
        simple = type(state[11]).__name__ == "EuclideanDistance64" and state[12] is None
        return {KIND: "KDTree", "data": np.asarray(state[0]), "leaf_size": state[4]} if simple else value
    if home.startswith("sklearn.") and hasattr(value, "get_params"):
        own = plain.inside(vars(value))
        return value if own is vars(value) else with_attributes(type(value), own)
    if type(value) is dict and not all(type(key) in (str, int) for key in value):
        return {KIND: "dict", "items": [(plain(key), plain(own)) for key, own in value.items()]}
    if isinstance(value, FunctionType):
        return Nameless(value) if "<" in value.__qualname__ else value
    if isinstance(value, np.dtype):
        return {KIND: "dtype", "dtype": value.str}
    if home.split(".")[0] == "pandas":
        return pandas_made_plain(value, plain)
    return plain.inside(value)


def pandas_made_plain(value: Any, plain: Walk) -> Any:
    if value is pd.NA or value is pd.NaT:
        return {KIND: "NA" if value is pd.NA else "NaT"}
    if isinstance(value, pd.Interval):
        return {KIND: "Interval", **{own: plain(getattr(value, own)) for own in ("left", "right", "closed")}}
    if isinstance(value, pd.Timestamp) and value.tz is None:
        return {KIND: "Timestamp", "ts_input": value.isoformat()}
    if isinstance(value, pd.CategoricalDtype):
        return {KIND: "CategoricalDtype", "categories": plain(value.categories), "ordered": value.ordered}
    if isinstance(value, pd.StringDtype):
        return {KIND: "StringDtype", "storage": value.storage, "nan": value.na_value is not pd.NA}
    if isinstance(value, pd.api.extensions.ExtensionDtype):
        return {KIND: "ExtensionDtype", "dtype": str(value)}
    if isinstance(value, pd.MultiIndex):
        levels = [value.get_level_values(level).array for level in range(value.nlevels)]
        return {KIND: "MultiIndex", "arrays": [plain(own) for own in levels], "names": plain(list(value.names))}
    if isinstance(value, pd.RangeIndex):
        told = {own: getattr(value, own) for own in ("start", "stop", "step")}
        return {KIND: "RangeIndex", **told, "name": plain(value.name)}
    if isinstance(value, pd.Index):
        return {KIND: "Index", "cells": plain(value.array), "name": plain(value.name)}
    if isinstance(value, pd.Categorical):
        return {KIND: "Categorical", "codes": np.asarray(value.codes), "dtype": plain(value.dtype)}
    if isinstance(value, pd.arrays.IntervalArray):
        sides = {side: plain(getattr(value, side).array) for side in ("left", "right")}
        return {KIND: "IntervalArray", **sides, "closed": value.closed}
    if isinstance(value, pd.arrays.NumpyExtensionArray):
        return {KIND: "array", "cells": plain(value.to_numpy()), "dtype": plain(value.to_numpy().dtype)}
    if isinstance(value, pd.api.extensions.ExtensionArray):
        own = np.asarray(value, dtype=value.dtype if isinstance(value.dtype, np.dtype) else object)
        return {KIND: "array", "cells": plain(own), "dtype": plain(value.dtype)}
    return value


def made_alive(value: Any, alive: Walk) -> Any:
    if type(value) is dict and KIND in value:
        told = {own: alive(part) for own, part in value.items() if own != KIND}
        return made(value[KIND], told)
    if isinstance(value, Nameless):
        return value.function
    if type(value).__module__.startswith("sklearn.") and hasattr(value, "get_params"):
        vars(value).update(alive.inside(vars(value)))
        return value
    return alive.inside(value)


def made(kind: str, told: dict[str, Any]) -> Any:
    """A thing of a kind, from what is told of it."""
    if kind in MAKERS:
        return MAKERS[kind](**told)
    if kind not in HOMES:
        raise ValueError(f"Saved parts must be of kinds that this version of skaae knows. Got {kind!r}.")
    return with_attributes(getattr(importlib.import_module(f".{HOMES[kind]}", __package__), kind), told)


def with_attributes(kind: Any, attributes: dict[str, Any]) -> Any:
    """A thing of a class, of which nothing but attributes is set."""
    made = kind.__new__(kind)
    vars(made).update(attributes)
    return made


def array_of(cells: list[Any]) -> np.ndarray:
    """Objects in one dimension, lists among them or not."""
    array = np.empty(len(cells), object)
    array[:] = cells
    return array


def tree_of(n_features: int, n_classes: np.ndarray, n_outputs: int, max_depth: int, nodes: Any, values: Any) -> Any:
    """A tree of this version of scikit-learn."""
    from sklearn.tree._tree import Tree

    inner = np.flatnonzero(nodes["left_child"] != -1)
    branches = np.stack([nodes["left_child"][inner], nodes["right_child"][inner]])
    if (branches <= inner).any() or not np.array_equal(np.sort(branches, axis=None), np.arange(1, len(nodes))):
        raise ValueError("Branches of a saved tree must lead to later nodes, and one to each. Got others.")
    if not ((nodes["feature"][inner] >= 0) & (nodes["feature"][inner] < n_features)).all():
        raise ValueError(f"A saved tree must go by its {n_features} columns. Got others.")
    if np.shape(n_classes) != (n_outputs,):
        raise ValueError(f"A saved tree must have classes for each of {n_outputs} outputs. Got {n_classes!r}.")
    tree = Tree(n_features, np.asarray(n_classes, np.intp), n_outputs)
    known = np.zeros(len(nodes), tree.__getstate__()["nodes"].dtype)
    for name in set(known.dtype.names) & set(nodes.dtype.names):
        known[name] = nodes[name]
    tree.__setstate__({"max_depth": max_depth, "node_count": len(nodes), "nodes": known, "values": values})
    if max_depth < tree.compute_node_depths().max() - 1:
        raise ValueError(f"A saved tree must be as deep as it says ({max_depth}). Got a deeper one.")
    return tree


def kd_tree_of(data: np.ndarray, leaf_size: int) -> Any:
    """The tree of rows by their Euclidean distances."""
    from sklearn.neighbors import KDTree

    return KDTree(data, leaf_size=leaf_size)


def index_of(cells: Any, name: Any) -> pd.Index:
    """An index of cells in their dtype, of which nothing is guessed."""
    cells = cells.to_numpy() if isinstance(cells, pd.arrays.NumpyExtensionArray) else cells
    return pd.Index(cells, dtype=cells.dtype, name=name)


def text_of(storage: str, nan: bool) -> Any:
    """The dtype of text, in Python's storage where the other is not installed."""
    missing = {"na_value": np.nan} if nan else {}
    try:
        return pd.StringDtype(storage, **missing)
    except ImportError:
        return pd.StringDtype("python", **missing)


MAKERS: dict[str, Callable[..., Any]] = {
    "Categorical": lambda codes, dtype: pd.Categorical.from_codes(codes, dtype=dtype),
    "CategoricalDtype": pd.CategoricalDtype,
    "ExtensionDtype": pd.api.types.pandas_dtype,
    "Index": index_of,
    "Interval": pd.Interval,
    "IntervalArray": pd.arrays.IntervalArray.from_arrays,
    "KDTree": kd_tree_of,
    "MultiIndex": pd.MultiIndex.from_arrays,
    "NA": lambda: pd.NA,
    "NaT": lambda: pd.NaT,
    "RangeIndex": pd.RangeIndex,
    "StringDtype": text_of,
    "Timestamp": pd.Timestamp,
    "Tree": tree_of,
    "array": lambda cells, dtype: pd.array(cells, dtype=dtype),
    "dict": lambda items: dict(items),
    "dtype": np.dtype,
}
