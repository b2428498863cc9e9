"""Fitted objects as builtins and arrays, and back: dicts, lists, tuples, strings, numbers, None and ndarrays.

A private object of skaae becomes a dict of its attributes and its type's name; so do dtypes, indexes and arrays of
pandas, and the trees inside of scikit-learn's estimators, because files should outlast what other packages make of
these. The estimators around such trees stay, as does whatever else a user passes, such as a function that samples a
prior.

A file can create what `CLASSES` and `CONSTRUCTORS` name, and nothing else. Trees are checked: compiled code would read
a wrong index in one without a check.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from importlib.metadata import version
from types import FunctionType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import __version__
from ._serialized_tables import CELL_TYPES, TABLE_CONSTRUCTORS, TYPE_KEY, serialize_cell, serialize_pandas

__all__ = ["FORMAT", "SerializableMixin", "deserialize", "serialize"]

FORMAT = 1  # of a fitted state, which later versions can tell apart
PACKAGES = ("scikit-learn", "torch", "numpy")
VERSIONS_KEY = "_versions"
CLASSES = {
    "_plan": ("Architecture", "Block"),
    "estimators._anomaly_score": ("AnomalyScore",),
    "estimators._cell_bins": ("Cell", "CellBins"),
    "estimators._cell_novelty": ("CellNovelty",),
    "estimators._completion": ("Completion",),
    "estimators._conformal": ("ConformalFold",),
    "estimators._class_styles": ("ClassStyles",),
    "estimators._conditions": ("Conditions",),
    "estimators._constraints": ("Constraints",),
    "estimators._corrections": ("Corrections",),
    "estimators._covariance": ("PCAReduction",),
    "estimators._density_ratio": ("DensityRatio",),
    "estimators._gibbs_sweep": ("ColumnDraws", "GibbsSweep", "Leaves"),
    "estimators._inference": ("TrainedModel",),
    "estimators._known_outliers": ("KnownOutliers",),
    "estimators._labelled_context": ("LabelledContext",),
    "estimators._network_teacher": ("PriorFittedTeacher",),
    "estimators._neighbors": ("Neighbors",),
    "estimators._score_calibration": ("ExponentialTail", "NegativeLogPValue", "ScorerGroup"),
    "estimators._scorers": (
        *("GaussianMixtureDensity", "Histograms", "IsolationDepth", "NearestNeighborDistance"),
        *("ReconstructionError", "RobustCovariance"),
    ),
    "estimators._teachers": ("TeacherEnsemble",),
    "estimators._window": ("Window",),
    "table._calendar": ("CalendarPart",),
    "table._cells": ("CellLayout",),
    "table._columns": ("CategoricalColumn", "IdentifierColumn", "IgnoredColumn", "NumericColumn"),
    "table._date_formats": ("DateFormat",),
    "table._duration_text": ("DurationForm",),
    "table._date_parts": ("DateParts",),
    "table._dates": ("DateColumn", "Gap"),
    "table._dependences": ("Dependence", "FurtherSource"),
    "table._encoded_columns": ("EncodedColumns",),
    "table._encoder": ("TableEncoder",),
    "table._formats": ("NumberFormat",),
    "table._frames": ("FrameFormat",),
    "table._lines": ("Line",),
    "table._scalers": ("ColumnScaler", "Identity", "RankScaler"),
    "table._structural_zeros": ("StructuralZeros",),
    "table._table_format": ("TableFormat",),
}
MODULES = {name: module for module, names in CLASSES.items() for name in names}
BUILTINS = (str, int, float, bool, type(None))


class SerializableMixin:
    """An estimator whose pickled state is builtins and arrays, with the versions that wrote it."""

    def __getstate__(self) -> dict[str, Any]:
        """The serialized attributes, with the format and the versions of packages."""
        versions = {"skaae": __version__, **{package: version(package) for package in PACKAGES}}
        state: Any = super().__getstate__()
        return {**serialize(state), VERSIONS_KEY: {"format": FORMAT, **versions}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the attributes.

        Raises
        ------
        ValueError
            If this version does not know the format.
        """
        state = dict(state)
        versions = state.pop(VERSIONS_KEY, {})
        if versions.get("format") != FORMAT:
            raise ValueError(
                f"A saved {type(self).__name__} must have format {FORMAT}, which skaae {__version__} reads. Got"
                f" {versions.get('format')}, saved by skaae {versions.get('skaae')}: load it with that version."
            )
        if versions["skaae"] != __version__:
            warnings.warn(
                f"{type(self).__name__} was saved by skaae {versions['skaae']} and is loaded by {__version__}: its"
                " outputs may differ. Load it with that version, or fit it again.",
                stacklevel=2,
            )
        super().__setstate__(deserialize(state))  # type: ignore[misc]


class TreeMap:
    """Creates a map of nested values: ``function(value, tree_map)`` of each, called once for an object that recurs.

    A container of which no part changes is returned as it is.
    """

    def __init__(self, function: Callable[[Any, TreeMap], Any]) -> None:
        self.function = function
        self.memo: dict[int, tuple[Any, Any]] = {}

    def __call__(self, value: Any) -> Any:
        if type(value) in BUILTINS:
            return value
        if id(value) not in self.memo:
            self.memo[id(value)] = value, self.function(value, self)
        return self.memo[id(value)][1]

    def values(self, items: dict[Any, Any]) -> dict[Any, Any]:
        """A dict with the same keys and mapped values."""
        return {key: self(value) for key, value in items.items()}

    def container(self, value: Any) -> Any:
        """A dict, list, tuple or array of mapped elements."""
        if type(value) is dict:
            mapped = self.values(value)
            return value if all(mapped[key] is value[key] for key in value) else mapped
        if type(value) in (list, tuple) or (type(value) is np.ndarray and value.dtype == object):
            elements = value.ravel() if isinstance(value, np.ndarray) else value
            found = [self(element) for element in elements]
            if all(new is old for new, old in zip(found, elements, strict=True)):
                return value
            return object_array(found).reshape(value.shape) if isinstance(value, np.ndarray) else type(value)(found)
        return value


class LocalFunction:
    """Holds a function that cannot be imported by its name: joblib's processes and `copy` can take it, skops cannot.

    `copy` and pickle ask for ``__reduce_ex__``, skops for ``__reduce__``.
    """

    def __init__(self, function: FunctionType) -> None:
        self.function = function

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return identity, (self.function,)

    def __reduce__(self) -> Any:
        raise TypeError(
            f"Functions must have a name in a module, by which skops finds them again. Got {self.function.__qualname__}"
            f" of {self.function.__module__}."
        )


def identity(function: FunctionType) -> FunctionType:
    return function


def serialize(value: Any) -> Any:
    """A value as builtins and arrays."""
    return TreeMap(serialize_object)(value)


def deserialize(value: Any) -> Any:
    """The value that was serialized.

    Raises
    ------
    ValueError
        If a type is unknown, or its attributes are wrong.
    """
    return TreeMap(deserialize_object)(value)


def serialize_object(value: Any, serialize: TreeMap) -> Any:
    name, module = type(value).__name__, type(value).__module__
    if module == f"{__package__}.{MODULES.get(name)}":
        return {TYPE_KEY: name, **serialize.values(vars(value))}
    if module == "sklearn.tree._tree" and name == "Tree":
        _, arguments, state = value.__reduce__()
        attributes = dict(zip(("n_features", "n_classes", "n_outputs"), arguments, strict=True))
        return {TYPE_KEY: "Tree", **attributes, **{key: state[key] for key in ("max_depth", "nodes", "values")}}
    if module == "sklearn.neighbors._kd_tree" and name == "KDTree":
        state = value.__getstate__()
        is_euclidean = type(state[11]).__name__ == "EuclideanDistance64" and state[12] is None
        return {TYPE_KEY: "KDTree", "data": np.asarray(state[0]), "leaf_size": state[4]} if is_euclidean else value
    if module.startswith("sklearn.") and hasattr(value, "get_params"):
        attributes = serialize.container(vars(value))
        return value if attributes is vars(value) else new_object(type(value), attributes)
    if type(value) is dict and not all(type(key) in (str, int) for key in value):
        return {TYPE_KEY: "dict", "items": [(serialize(key), serialize(item)) for key, item in value.items()]}
    if isinstance(value, FunctionType):
        return LocalFunction(value) if "<" in value.__qualname__ else value
    if isinstance(value, np.dtype):
        return {TYPE_KEY: "dtype", "dtype": value.str}
    if module.split(".")[0] == "pandas":
        return serialize_pandas(value, serialize)
    if type(value) in CELL_TYPES:
        return serialize_cell(value)
    return serialize.container(value)


def deserialize_object(value: Any, deserialize: TreeMap) -> Any:
    if type(value) is dict and TYPE_KEY in value:
        attributes = deserialize.values({name: item for name, item in value.items() if name != TYPE_KEY})
        return construct(value[TYPE_KEY], attributes)
    if isinstance(value, LocalFunction):
        return value.function
    if type(value).__module__.startswith("sklearn.") and hasattr(value, "get_params"):
        vars(value).update(deserialize.container(vars(value)))
        return value
    return deserialize.container(value)


def construct(name: str, attributes: dict[str, Any]) -> Any:
    """An object of a type that is known by its name."""
    if name in CONSTRUCTORS:
        return CONSTRUCTORS[name](**attributes)
    if name not in MODULES:
        raise ValueError(f"Saved objects must be of types that this version of skaae knows. Got {name!r}.")
    return new_object(getattr(importlib.import_module(f".{MODULES[name]}", __package__), name), attributes)


def new_object(cls: Any, attributes: dict[str, Any]) -> Any:
    """An object of a class with these attributes, made without `__init__`."""
    instance = cls.__new__(cls)
    vars(instance).update(attributes)
    return instance


def object_array(elements: list[Any]) -> NDArray[np.object_]:
    """A one-dimensional array of objects, even if these are lists."""
    array = np.empty(len(elements), object)
    array[:] = elements
    return array


def make_tree(
    n_features: int, n_classes: NDArray[np.intp], n_outputs: int, max_depth: int, nodes: NDArray[Any], values: Any
) -> Any:
    """A tree of this version of scikit-learn."""
    from sklearn.tree._tree import Tree

    inner = np.flatnonzero(nodes["left_child"] != -1)
    children = np.stack([nodes["left_child"][inner], nodes["right_child"][inner]])
    if (children <= inner).any() or not np.array_equal(np.sort(children, axis=None), np.arange(1, len(nodes))):
        raise ValueError("Children in a saved tree must be later nodes, each of one parent. Got others.")
    if not ((nodes["feature"][inner] >= 0) & (nodes["feature"][inner] < n_features)).all():
        raise ValueError(f"A saved tree must split by its {n_features} features. Got others.")
    if np.shape(n_classes) != (n_outputs,):
        raise ValueError(f"A saved tree must have classes for each of {n_outputs} outputs. Got {n_classes!r}.")
    tree = Tree(n_features, np.asarray(n_classes, np.intp), n_outputs)
    known = np.zeros(len(nodes), tree.__getstate__()["nodes"].dtype)
    for name in {*(known.dtype.names or ())} & {*(nodes.dtype.names or ())}:
        known[name] = nodes[name]
    tree.__setstate__({"max_depth": max_depth, "node_count": len(nodes), "nodes": known, "values": values})
    if max_depth < tree.compute_node_depths().max() - 1:
        raise ValueError(f"A saved tree must be as deep as it says ({max_depth}). Got a deeper one.")
    return tree


def make_kd_tree(data: NDArray[Any], leaf_size: int) -> Any:
    """The tree of rows by their Euclidean distances."""
    from sklearn.neighbors import KDTree

    return KDTree(data, leaf_size=leaf_size)


CONSTRUCTORS: dict[str, Callable[..., Any]] = {
    **TABLE_CONSTRUCTORS,
    "KDTree": make_kd_tree,
    "Tree": make_tree,
    "dict": lambda items: dict(items),
    "dtype": np.dtype,
}
