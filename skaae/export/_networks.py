"""The networks of a member as nodes: encoder, decoder and flow."""

from __future__ import annotations

import math
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._plan import Architecture
from ._graph import Graph

__all__ = ["MemberNetworks"]

State = dict[str, NDArray[Any]]


class MemberNetworks:
    """Creates the networks of one of the members of a trained state."""

    def __init__(self, graph: Graph, architecture: Architecture, state: State, member: int) -> None:
        self.graph, self.architecture = graph, architecture
        model_state = {name: value for name, value in state.items() if name.startswith("model.")}
        self.state = {name.removeprefix("model."): value[member] for name, value in model_state.items()}

    def encode(self, x: str) -> list[str]:
        """The blocks of the latent code, without noise."""
        output = self._encoder(x)
        blocks, start = [], 0
        for block in self.architecture.blocks:
            columns = self.graph.slice_columns(output, start, start + block.width)
            blocks.append(columns if block.kind == "style" else self.graph.add("Softmax", columns, axis=-1))
            start += block.width * (1 + (block.posterior == "gaussian"))
        return blocks

    def decode(self, code: str) -> str:
        """The decoder's output, of rows without one-hot groups."""
        if self.architecture.image_shape is None:
            return self._residual("decoder", code, self._hidden("decoder.hidden", code))
        height, width, channels = self.architecture.image_shape
        h = self._hidden("decoder.hidden", code)
        image = self.graph.reshape(h, 0, len(self.state["decoder.first.weight"]), -(-height // 4), -(-width // 4))
        image = self._activate(self._convolve("decoder.first", image, (-(-height // 2), -(-width // 2))))
        image = self._convolve("decoder.last", image, (height, width))
        pixels = self.graph.reshape(self.graph.add("Transpose", image, perm=[0, 2, 3, 1]), 0, height * width * channels)
        return self.graph.add("Add", self._linear("decoder.linear", code), pixels)

    def invert_flow(self, code: str, condition: str | None) -> str:
        """The noise that the flow turns into a code."""
        from ..core.flow import N_STEPS

        return self._integrate(code, condition, N_STEPS)[0]

    def log_density(self, code: str, condition: str | None) -> str:
        """The flow's log density of a code."""
        from ..core.flow import N_DENSITY_STEPS

        graph, width = self.graph, self.state["flow.mean"].shape[-1]
        noise, midpoints = self._integrate(code, condition, N_DENSITY_STEPS)
        divergences = [self._divergence(z, time, condition) for z, time in midpoints]
        squares = graph.add("ReduceSum", graph.add("Mul", noise, noise), np.array([-1]), keepdims=0)
        constant = np.log(self.state["flow.spread"].astype(np.float64)).sum() + width * math.log(2 * math.pi) / 2
        divergence = graph.add("Mul", graph.add("Sum", *divergences), self._scalar(1 / N_DENSITY_STEPS))
        half_squares = graph.add("Mul", squares, self._scalar(0.5))
        return graph.add("Neg", graph.add("Add", graph.add("Add", half_squares, divergence), self._scalar(constant)))

    def _integrate(self, code: str, condition: str | None, n_steps: int) -> tuple[str, list[tuple[str, float]]]:
        """Noise from a code by the midpoint method, along the flow from time 1 to 0; and the midpoints with times."""
        z, step, midpoints = self._standardize(code), 1 / n_steps, []
        for index in range(n_steps):
            time = 1 - index * step
            midpoints.append((self._step_back(z, self._velocity(z, time, condition), step / 2), time - step / 2))
            z = self._step_back(z, self._velocity(*midpoints[-1], condition), step)
        return z, midpoints

    def _encoder(self, x: str) -> str:
        shape = self.architecture.image_shape
        if shape is None:
            return self._residual("encoder", x, self._hidden("encoder.hidden", x))
        n_pixels, n_masks = math.prod(shape), self.architecture.n_mask_columns
        image = self.graph.reshape(self.graph.slice_columns(x, 0, n_pixels), 0, *shape)
        image = self.graph.add("Transpose", image, perm=[0, 3, 1, 2])
        for layer in range(2):
            image = self._activate(self._convolve(f"encoder.hidden.layers.{layer}", image))
        h = self.graph.reshape(image, 0, -1)
        if n_masks:
            h = self.graph.concat([h, self.graph.slice_columns(x, n_pixels, n_pixels + n_masks)])
        return self._residual("encoder", x, self._hidden("encoder.hidden.hidden", h))

    def _residual(self, name: str, x: str, hidden: str) -> str:
        nonlinear = self.graph.add("MatMul", hidden, self.graph.weight(self.state[f"{name}.weight"]))
        return self.graph.add("Add", self._linear(f"{name}.linear", x), nonlinear)

    def _hidden(self, name: str, x: str) -> str:
        for layer in range(sum(key.startswith(f"{name}.layers.") for key in self.state) // 2):
            x = self._activate(self._linear(f"{name}.layers.{layer}", x))
        return x

    def _linear(self, name: str, x: str) -> str:
        weight = self.state[f"{name}.weight"]
        if name in ("encoder.linear", "encoder.hidden.layers.0", "encoder.hidden.hidden.layers.0"):
            weight = weight[: len(weight) - self._n_noise_columns()]
        product = self.graph.add("MatMul", x, self.graph.weight(weight))
        return self.graph.add("Add", product, self.graph.weight(self.state[f"{name}.bias"]))

    def _n_noise_columns(self) -> int:
        """Number of the encoder's last inputs that are noise, which is zero after training."""
        return sum(block.width for block in self.architecture.blocks if block.posterior == "universal")

    def _convolve(self, name: str, image: str, output_size: tuple[int, int] | None = None) -> str:
        """A convolution, or a transposed one to images of a size; in 32 bits, as onnxruntime has no others."""
        weight, bias = self.state[f"{name}.weight"], self.state[f"{name}.bias"]
        attributes: dict[str, Any] = {"strides": [2, 2], "pads": [1, 1, 1, 1]}
        if output_size is not None:
            attributes["output_padding"] = [(side + 1) % 2 for side in output_size]
        operator = "Conv" if output_size is None else "ConvTranspose"
        output = self.graph.add(operator, self.graph.cast(image, np.float32), weight, bias, **attributes)
        return self.graph.cast(output, self.graph.dtype)

    def _activate(self, x: str) -> str:
        graph, activation = self.graph, self.architecture.activation
        if activation == "leaky_relu":
            return graph.add("Max", x, graph.add("Mul", x, self._scalar(0.01)))
        if activation == "silu":
            return self._silu(x)
        if activation == "gelu":  # onnxruntime's error function has 32 bits
            scaled = graph.cast(graph.add("Mul", x, self._scalar(math.sqrt(0.5))), np.float32)
            doubled_cdf = graph.add("Add", graph.cast(graph.add("Erf", scaled), graph.dtype), self._scalar(1))
            return graph.add("Mul", graph.add("Mul", x, doubled_cdf), self._scalar(0.5))
        return graph.add({"relu": "Relu", "tanh": "Tanh"}[activation], x)

    def _silu(self, x: str) -> str:
        """The product with a sigmoid, by nodes that onnxruntime does not fuse into one of 32 bits."""
        exp = self.graph.add("Exp", self.graph.add("Neg", x))
        return self.graph.add("Div", x, self.graph.add("Add", exp, self._scalar(1)))

    def _standardize(self, code: str) -> str:
        centred = self.graph.add("Sub", code, self.graph.weight(self.state["flow.mean"]))
        return self.graph.add("Div", centred, self.graph.weight(self.state["flow.spread"]))

    def _step_back(self, z: str, velocity: str, step: float) -> str:
        return self.graph.add("Sub", z, self.graph.add("Mul", velocity, self._scalar(step)))

    def _velocity(self, z: str, time: float, condition: str | None) -> str:
        """The flow's velocity at a time, which is the same for all rows and part of the first layer's bias."""
        from ..core.flow import N_FREQUENCIES

        graph, sizes = self.graph, self.architecture.flow_layer_sizes
        code_weight, time_weight, condition_weight = self._flow_input_weights
        angles = time * math.pi * np.arange(1, N_FREQUENCIES + 1)
        bias = np.concatenate([np.sin(angles), np.cos(angles)]) @ time_weight + self.state["flow.first.bias"]
        h = graph.add("Add", graph.add("MatMul", z, graph.weight(code_weight)), bias.astype(graph.dtype))
        if condition is not None:
            h = graph.add("Add", h, graph.add("MatMul", condition, graph.weight(condition_weight)))
        h = self._silu(h)
        for layer, (n_in, n_out) in enumerate(pairwise(sizes)):
            output = self._silu(self._linear(f"flow.hidden.{layer}", h))
            h = graph.add("Add", h, output) if n_in == n_out else output
        return self._linear("flow.last", h)

    def _divergence(self, z: str, time: float, condition: str | None) -> str:
        """The divergence of the velocity, by central differences."""
        graph, width = self.graph, self.state["flow.mean"].shape[-1]
        step = np.finfo(np.float64).eps ** (1 / 3)
        directions = np.concatenate([np.eye(width), -np.eye(width)])
        neighbors = graph.add("Add", graph.add("Unsqueeze", z, np.array([1])), step * directions)
        condition = None if condition is None else graph.add("Unsqueeze", condition, np.array([1]))
        derivatives = graph.add("Mul", self._velocity(neighbors, time, condition), directions / (2 * step))
        return graph.add("ReduceSum", derivatives, np.array([1, 2]), keepdims=0)

    @cached_property
    def _flow_input_weights(self) -> list[NDArray[Any]]:
        """Weights of the flow's first layer: of codes, of sines and cosines of the time, and of conditions."""
        from ..core.flow import N_FREQUENCIES

        width = self.state["flow.mean"].shape[-1]
        return np.split(self.state["flow.first.weight"], [width, width + 2 * N_FREQUENCIES])

    def _scalar(self, value: float) -> NDArray[Any]:
        return np.array(value, self.graph.dtype)
