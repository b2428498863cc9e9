"""An ONNX graph that grows by nodes and constants."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["Graph"]

OPSET, IR_VERSION = 17, 8


class Graph:
    """Creates an empty graph, which computes in 32 or 64 bits.

    Its tensors are the names of nodes' outputs, or arrays, which become constants.
    """

    def __init__(self, dtype: DTypeLike) -> None:
        from onnx import helper, numpy_helper

        self.helper, self.make_tensor = helper, numpy_helper.from_array
        self.dtype = np.dtype(dtype)
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.weights: dict[int, tuple[NDArray[Any], str]] = {}

    def add(self, operator: str, *inputs: str | NDArray[Any], **attributes: Any) -> str:
        """The output of a new node."""
        names = [x if isinstance(x, str) else self._constant(x) for x in inputs]
        name = f"{operator}_{len(self.nodes)}"
        self.nodes.append(self.helper.make_node(operator, names, [name], name, **attributes))
        return name

    def weight(self, array: NDArray[Any]) -> str:
        """A constant in the graph's precision, stored in the array's, and once."""
        if id(array) not in self.weights:
            name = self._constant(array)
            self.weights[id(array)] = array, name if array.dtype == self.dtype else self.cast(name, self.dtype)
        return self.weights[id(array)][1]

    def cast(self, x: str, dtype: DTypeLike) -> str:
        """A tensor in another dtype."""
        return self.add("Cast", x, to=self.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def slice_columns(self, x: str, start: int, stop: int) -> str:
        """Some of the columns, which are the last axis."""
        return self.add("Slice", x, *(np.array([bound]) for bound in (start, stop, -1)))

    def concat(self, tensors: list[str]) -> str:
        """Tensors as one, along the columns."""
        return tensors[0] if len(tensors) == 1 else self.add("Concat", *tensors, axis=-1)

    def mean(self, tensors: list[str]) -> str:
        """The mean of tensors of one shape."""
        if len(tensors) == 1:
            return tensors[0]
        return self.add("Div", self.add("Sum", *tensors), np.array(len(tensors), self.dtype))

    def reshape(self, x: str, *shape: int) -> str:
        """A tensor in another shape, in which 0 is the number of rows."""
        return self.add("Reshape", x, np.array(shape))

    def make_model(self, dtype: str, n_features: int, output: str, name: str, shape: tuple[int, ...]) -> Any:
        """The ONNX model from rows "X" to a tensor, of so many columns, as the output ``name``, both in ``dtype``."""
        helper = self.helper
        tensor_dtype = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        self.nodes.append(helper.make_node("Cast", [output], [name], name, to=tensor_dtype))
        graph = helper.make_graph(
            self.nodes,
            "skaae",
            [helper.make_tensor_value_info("X", tensor_dtype, ["n_samples", n_features])],
            [helper.make_tensor_value_info(name, tensor_dtype, ["n_samples", *shape])],
            self.constants,
        )
        opsets = [helper.make_opsetid("", OPSET)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="skaae")

    def _constant(self, array: NDArray[Any]) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(self.make_tensor(np.ascontiguousarray(array), name))
        return name
