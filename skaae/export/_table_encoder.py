"""A table encoder as nodes: numeric columns are scaled in 64 bits, categories one-hot encoded; and scaling inverted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..table import ColumnScaler, RankScaler, TableEncoder
from ..table._columns import CategoricalColumn, NumericColumn
from ..table._rounding import to_precision
from ..table._scalers import MAX_SPREADS
from ._graph import Graph

__all__ = ["encode", "unscale"]

NUMBERS = (int, float, np.integer, np.floating, np.bool_)


def encode(graph: Graph, encoder: TableEncoder, X: str, dtype: str) -> str:
    """Rows as the encoder's `transform` encodes them; in rows of 32 bits, categories are compared in 32 bits."""
    check_numeric_categories(encoder)
    tensors = [scale(graph, encoder, X)] if encoder.n_numeric_ else []
    for index in encoder._columns.one_hot_columns:
        x, column = graph.slice_columns(X, index, index + 1), encoder._columns.apart[index]
        if isinstance(column, NumericColumn):
            tensors.append(one_hot_atoms(graph, column, x, to_precision(column.atoms, np.dtype(dtype))))
        else:
            categories = np.asarray(column.categories, dtype).astype(np.float64)
            tensors.append(one_hot_categories(graph, column, x, categories))
    return graph.concat(tensors)


def unscale(graph: Graph, encoder: TableEncoder, scaled: str) -> str:
    """Values in the units of the columns, of an encoder without one-hot groups."""
    scaler, parameters = fitted_scaler(encoder)
    if isinstance(scaler, RankScaler):
        return interpolate(graph, scaled, [(quantiles, values) for values, quantiles in parameters])
    if not isinstance(scaler, ColumnScaler):
        return scaled
    center, spread = parameters
    if scaler.tails == "arcsinh":
        exp = graph.add("Exp", scaled)
        scaled = graph.add("Mul", graph.add("Sub", exp, graph.add("Reciprocal", exp)), np.array(0.5))
    return graph.add("Add", graph.add("Mul", scaled, spread), center)


def check_numeric_categories(encoder: TableEncoder) -> None:
    """Raise an error if categories are text, or integers are no floats."""
    names = getattr(encoder, "feature_names_in_", np.arange(encoder.n_features_in_))
    if encoder._dates.columns:
        dates = [names[index] for index in encoder._dates.columns]
        raise ValueError(
            f"Columns must be numbers to be exported. Got dates in columns {dates}: turn these into numbers first, and"
            " fit the estimator to them."
        )
    for index, column in encoder._columns.apart.items():
        if isinstance(column, NumericColumn) and column.format.origin:
            raise ValueError(
                f"Integers must be at most 2**53 to be exported. Got larger ones in column {names[index]!r}."
            )
        if isinstance(column, CategoricalColumn) and not all(isinstance(name, NUMBERS) for name in column.categories):
            raise ValueError(
                f"Columns must be numbers to be exported. Got categories {column.category_names()[:3]} in column"
                f" {names[index]!r}: fit the estimator to columns of numbers, or turn these into numbers first."
            )


def scale(graph: Graph, encoder: TableEncoder, X: str) -> str:
    """The scaled values of numeric columns, 0 where they are missing."""
    x = graph.add("Gather", X, np.asarray(encoder._columns.value_columns), axis=1)
    missing = graph.add("IsNaN", x)
    x = graph.add("Where", missing, np.array(0.0), x)
    scaler, parameters = fitted_scaler(encoder)
    if isinstance(scaler, RankScaler):
        x = interpolate(graph, x, parameters)
    elif isinstance(scaler, ColumnScaler):
        center, spread = parameters
        x = graph.add("Div", graph.add("Sub", x, center), spread)
        if scaler.tails == "clip":
            x = graph.add("Clip", x, np.array(-MAX_SPREADS), np.array(MAX_SPREADS))
        elif scaler.tails == "arcsinh":
            x = arcsinh(graph, x)
    return graph.add("Where", missing, np.array(0.0), x)


def fitted_scaler(encoder: TableEncoder) -> tuple[Any, Any]:
    """The first scaler of the values, and the parameters of all: centres and spreads, or knots."""
    columns = encoder._columns
    scalers: list[Any] = [columns.scaler] if columns.together else []
    scalers += [columns.apart[index].scaler for index in columns.value_columns if index in columns.apart]
    if isinstance(scalers[0], RankScaler):
        return scalers[0], [knots for scaler in scalers for knots in scaler.knots_]
    if not isinstance(scalers[0], ColumnScaler):
        return scalers[0], None
    centers, spreads = zip(*((scaler.center_, scaler.scale_) for scaler in scalers), strict=True)
    return scalers[0], [np.concatenate(parameters).astype(np.float64) for parameters in (centers, spreads)]


def arcsinh(graph: Graph, x: str) -> str:
    """The inverse hyperbolic sine, which onnxruntime does not have in 64 bits."""
    size = graph.add("Abs", x)
    root = graph.add("Sqrt", graph.add("Add", graph.add("Mul", x, x), np.array(1.0)))
    return graph.add("Mul", graph.add("Sign", x), graph.add("Log", graph.add("Add", size, root)))


def interpolate(graph: Graph, x: str, knots: list[tuple[NDArray[np.float64], ...]]) -> str:
    """Piecewise linear interpolation of each column between its knots, which are found by binary search."""
    n_steps = max(1, (max(len(xs) for xs, _ in knots) - 1).bit_length())
    width = 2**n_steps
    starts, values, slopes = np.full((len(knots), width), np.inf), *np.zeros((2, len(knots), width))
    for row, (xs, ys) in enumerate(knots):
        starts[row, : len(xs)], values[row, : len(xs)] = xs, ys
        slopes[row, : len(xs) - 1] = np.diff(ys) / np.diff(xs)
    lows, highs = (np.array([xs[end] for xs, _ in knots]) for end in (0, -1))
    x = graph.add("Min", graph.add("Max", x, lows), highs)
    offsets = width * np.arange(len(knots))
    index = graph.add("Add", graph.cast(graph.add("Mul", x, np.array(0.0)), np.int64), offsets)
    for step in range(n_steps - 1, -1, -1):
        upper = graph.add("Add", index, np.array(2**step))
        index = graph.add("Where", graph.add("Less", x, graph.add("Gather", starts.ravel(), upper)), index, upper)
    distance = graph.add("Sub", x, graph.add("Gather", starts.ravel(), index))
    rise = graph.add("Mul", distance, graph.add("Gather", slopes.ravel(), index))
    return graph.add("Add", graph.add("Gather", values.ravel(), index), rise)


def one_hot_atoms(graph: Graph, column: NumericColumn, x: str, atoms: NDArray[np.float64]) -> str:
    """The one-hot group of a numeric column: atoms, "value" and "missing"."""
    missing = graph.add("IsNaN", x)
    if column.has_value:
        is_atom = [graph.cast(graph.add("Equal", x, atoms[None]), np.float64)] if len(atoms) else []
        is_any_atom = graph.add("ReduceSum", is_atom[0], np.array([1])) if is_atom else np.array([[0.0]])
        is_value = graph.add("Sub", graph.add("Where", missing, np.array(0.0), np.array(1.0)), is_any_atom)
        one_hot = graph.concat([*is_atom, is_value])
    elif len(atoms):
        nearest = graph.add("ArgMin", graph.add("Abs", graph.add("Sub", x, atoms[None])), axis=1)
        is_nearest = graph.cast(graph.add("Equal", nearest, np.arange(len(atoms))), np.float64)
        one_hot = graph.add("Where", missing, np.array(0.0), is_nearest)
    else:
        return graph.cast(missing, np.float64)
    return graph.concat([one_hot, *[graph.cast(missing, np.float64)] * column.has_missing])


def one_hot_categories(graph: Graph, column: CategoricalColumn, x: str, categories: NDArray[np.float64]) -> str:
    """The one-hot group of a categorical column: its categories, and "missing"."""
    one_hot = graph.add("Equal", x, categories[None])
    return graph.cast(graph.concat([one_hot, *[graph.add("IsNaN", x)] * column.has_missing]), np.float64)
