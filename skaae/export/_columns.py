"""A table encoder as nodes: columns of numbers brought to one scale in 64 bits, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..table import ColumnScaler, RankScaler, TableEncoder
from ..table._columns import CategoricalColumn, NumericColumn
from ..table._scalers import MAX_SPREADS
from ._graph import Graph

__all__ = ["encoded", "unscaled"]

NUMBERS = (int, float, np.integer, np.floating, np.bool_)


def encoded(graph: Graph, encoder: TableEncoder, X: str, dtype: str) -> str:
    """Rows as the encoder's `transform` gives them; in rows of 32 bits, values are known by these bits."""
    refuse_text(encoder)
    parts = [scaled(graph, encoder, X)] if encoder.n_numeric_ else []
    for place in encoder._one_hot_columns:
        x = graph.columns(X, place, place + 1)
        column = encoder._columns[place]
        if isinstance(column, NumericColumn):
            parts.append(chosen_number(graph, column, x, column.atoms.astype(dtype).astype(np.float64)))
        else:
            parts.append(chosen_category(graph, column, x, np.asarray(column.categories, dtype).astype(np.float64)))
    return graph.concat(parts)


def unscaled(graph: Graph, encoder: TableEncoder, scaled: str) -> str:
    """Values in the units of the columns, of an encoder without choices."""
    scaler, tables = scalers_of(encoder)
    if isinstance(scaler, RankScaler):
        return interpolated(graph, scaled, [(normal, values) for values, normal in tables])
    if not isinstance(scaler, ColumnScaler):
        return scaled
    center, scale = tables
    if scaler.tails == "arcsinh":
        grown = graph.add("Exp", scaled)
        scaled = graph.add("Mul", graph.add("Sub", grown, graph.add("Reciprocal", grown)), np.array(0.5))
    return graph.add("Add", graph.add("Mul", scaled, scale), center)


def refuse_text(encoder: TableEncoder) -> None:
    names = getattr(encoder, "feature_names_in_", np.arange(encoder.n_features_in_))
    for place, column in encoder._columns.items():
        if isinstance(column, CategoricalColumn) and not all(isinstance(own, NUMBERS) for own in column.categories):
            raise ValueError(
                f"Columns must be numbers to be exported. Got categories {column.category_names()[:3]} in column"
                f" {names[place]!r}: fit the estimator to columns of numbers, or turn these into numbers first."
            )


def scaled(graph: Graph, encoder: TableEncoder, X: str) -> str:
    """The values, 0 where they are missing."""
    x = graph.add("Gather", X, np.asarray(encoder._value_columns), axis=1)
    missing = graph.add("IsNaN", x)
    x = graph.add("Where", missing, np.array(0.0), x)
    scaler, tables = scalers_of(encoder)
    if isinstance(scaler, RankScaler):
        x = interpolated(graph, x, tables)
    elif isinstance(scaler, ColumnScaler):
        center, scale = tables
        x = graph.add("Div", graph.add("Sub", x, center), scale)
        if scaler.tails == "clip":
            x = graph.add("Clip", x, np.array(-MAX_SPREADS), np.array(MAX_SPREADS))
        elif scaler.tails == "arcsinh":
            x = folded(graph, x)
    return graph.add("Where", missing, np.array(0.0), x)


def scalers_of(encoder: TableEncoder) -> tuple[Any, Any]:
    """One of the scalers of the values, and what all of them have learned: centres and scales, or knots."""
    scalers = [encoder.scaler_] if encoder._complete_numeric else []
    scalers += [encoder._columns[place].scaler for place in encoder._value_columns if place in encoder._columns]
    if isinstance(scalers[0], RankScaler):
        return scalers[0], [pair for scaler in scalers for pair in scaler.knots_]
    if not isinstance(scalers[0], ColumnScaler):
        return scalers[0], None
    learned = (np.concatenate([getattr(scaler, name) for scaler in scalers]) for name in ("center_", "scale_"))
    return scalers[0], [own.astype(np.float64) for own in learned]


def folded(graph: Graph, x: str) -> str:
    """The area hyperbolic sine, which onnxruntime does not have in 64 bits."""
    size = graph.add("Abs", x)
    root = graph.add("Sqrt", graph.add("Add", graph.add("Mul", x, x), np.array(1.0)))
    return graph.add("Mul", graph.add("Sign", x), graph.add("Log", graph.add("Add", size, root)))


def interpolated(graph: Graph, x: str, knots: list[tuple[np.ndarray, np.ndarray]]) -> str:
    """Column after column what lies between its knots as far as `x` lies between theirs, found by halving."""
    n_steps = max(1, (max(len(own) for own, _ in knots) - 1).bit_length())
    width = 2**n_steps
    starts, values, slopes = np.full((len(knots), width), np.inf), *np.zeros((2, len(knots), width))
    for row, (own, other) in enumerate(knots):
        starts[row, : len(own)], values[row, : len(own)] = own, other
        slopes[row, : len(own) - 1] = np.diff(other) / np.diff(own)
    lows, highs = (np.array([own[end] for own, _ in knots]) for end in (0, -1))
    x = graph.add("Min", graph.add("Max", x, lows), highs)
    firsts = width * np.arange(len(knots))
    place = graph.add("Add", graph.cast(graph.add("Mul", x, np.array(0.0)), np.int64), firsts)
    flat = starts.ravel()
    for step in range(n_steps - 1, -1, -1):
        further = graph.add("Add", place, np.array(2**step))
        place = graph.add("Where", graph.add("Less", x, graph.add("Gather", flat, further)), place, further)
    beyond = graph.add("Sub", x, graph.add("Gather", flat, place))
    grown = graph.add("Mul", beyond, graph.add("Gather", slopes.ravel(), place))
    return graph.add("Add", graph.add("Gather", values.ravel(), place), grown)


def chosen_number(graph: Graph, column: NumericColumn, x: str, atoms: np.ndarray) -> str:
    """Which atom, another value, or missing."""
    missing = graph.add("IsNaN", x)
    if column.has_value:
        at_atoms = [graph.cast(graph.add("Equal", x, atoms[None]), np.float64)] if len(atoms) else []
        at_one = graph.add("ReduceSum", at_atoms[0], np.array([1])) if at_atoms else np.array([[0.0]])
        elsewhere = graph.add("Sub", graph.add("Where", missing, np.array(0.0), np.array(1.0)), at_one)
        chosen = graph.concat([*at_atoms, elsewhere])
    elif len(atoms):
        nearest = graph.add("ArgMin", graph.add("Abs", graph.add("Sub", x, atoms[None])), axis=1)
        near = graph.cast(graph.add("Equal", nearest, np.arange(len(atoms))), np.float64)
        chosen = graph.add("Where", missing, np.array(0.0), near)
    else:
        return graph.cast(missing, np.float64)
    return graph.concat([chosen, *[graph.cast(missing, np.float64)] * column.has_missing])


def chosen_category(graph: Graph, column: CategoricalColumn, x: str, known: np.ndarray) -> str:
    """Which category, or missing."""
    chosen = graph.add("Equal", x, known[None])
    return graph.cast(graph.concat([chosen, *[graph.add("IsNaN", x)] * column.has_missing]), np.float64)
