"""A graph of ONNX as it grows: nodes and constants."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["Graph"]

OPSET, IR_VERSION = 17, 8


class Graph:
    """Creates a graph of no nodes yet, which computes in 32 or 64 bits.

    Nodes are told by the names of their outputs, and constants as arrays where they are used.
    """

    def __init__(self, dtype: Any) -> None:
        from onnx import helper, numpy_helper

        self.helper, self.tensor_of = helper, numpy_helper.from_array
        self.dtype = np.dtype(dtype)
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.weights: dict[int, tuple[np.ndarray, str]] = {}

    def add(self, operator: str, *inputs: str | np.ndarray, **attributes: Any) -> str:
        """The output of a new node."""
        names = [given if isinstance(given, str) else self._constant(given) for given in inputs]
        name = f"{operator}_{len(self.nodes)}"
        self.nodes.append(self.helper.make_node(operator, names, [name], name, **attributes))
        return name

    def weight(self, array: np.ndarray) -> str:
        """A constant in the graph's precision, kept in its own, and once."""
        if id(array) not in self.weights:
            name = self._constant(array)
            self.weights[id(array)] = array, name if array.dtype == self.dtype else self.cast(name, self.dtype)
        return self.weights[id(array)][1]

    def cast(self, x: str, dtype: Any) -> str:
        """The same numbers in another type."""
        return self.add("Cast", x, to=self.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def columns(self, x: str, start: int, stop: int) -> str:
        """Some of the columns, which are the last axis."""
        return self.add("Slice", x, *(np.array([bound]) for bound in (start, stop, -1)))

    def concat(self, parts: list[str]) -> str:
        """Columns side by side."""
        return parts[0] if len(parts) == 1 else self.add("Concat", *parts, axis=-1)

    def mean(self, parts: list[str]) -> str:
        """The mean of as many results."""
        if len(parts) == 1:
            return parts[0]
        return self.add("Div", self.add("Sum", *parts), np.array(len(parts), self.dtype))

    def shaped(self, x: str, *shape: int) -> str:
        """The same numbers in another shape, in which 0 is the number of rows."""
        return self.add("Reshape", x, np.array(shape))

    def model(self, dtype: Any, n_features: int, result: str, name: str, widths: tuple[int, ...]) -> Any:
        """The whole: rows "X" go in, and a result comes out by another name, both of one type."""
        helper = self.helper
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        self.nodes.append(helper.make_node("Cast", [result], [name], name, to=kind))
        graph = helper.make_graph(
            self.nodes,
            "skaae",
            [helper.make_tensor_value_info("X", kind, ["n_samples", n_features])],
            [helper.make_tensor_value_info(name, kind, ["n_samples", *widths])],
            self.constants,
        )
        return helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="skaae"
        )

    def _constant(self, array: np.ndarray) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(self.tensor_of(np.ascontiguousarray(array), name))
        return name
