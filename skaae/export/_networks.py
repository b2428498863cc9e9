"""Networks of one member as nodes: encoder, decoder, heads and flow."""

from __future__ import annotations

import math
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from .._plan import Architecture
from ._graph import Graph

__all__ = ["Member"]


class Member:
    """Creates the networks of one of the members that a state holds."""

    def __init__(self, graph: Graph, architecture: Architecture, state: dict[str, np.ndarray], member: int = 0) -> None:
        self.graph = graph
        self.architecture = architecture
        self.state = {name[6:]: value[member] for name, value in state.items() if name.startswith("model.")}

    def code(self, x: str) -> list[str]:
        """The blocks of the code, without chance."""
        h = self._encoder(x)
        blocks, start = [], 0
        for block in self.architecture.blocks:
            own = self.graph.columns(h, start, start + block.width)
            blocks.append(own if block.kind == "style" else self.graph.add("Softmax", own, axis=-1))
            start += block.width * (1 + (block.posterior == "gaussian"))
        return blocks

    def decoded(self, code: str) -> str:
        """What the decoder puts out for a code, of rows without choices."""
        if self.architecture.image_shape is None:
            return self._residual("decoder", code, self._hidden("decoder.hidden", code))
        height, width, channels = self.architecture.image_shape
        smallest = [-(-side // 4) for side in (height, width)]
        flat = self._hidden("decoder.hidden", code)
        n_channels = self.state["decoder.first.weight"].shape[0]
        image = self.graph.shaped(flat, 0, n_channels, *smallest)
        image = self._activated(self._convolved("decoder.first", image, (-(-height // 2), -(-width // 2))))
        image = self._convolved("decoder.last", image, (height, width))
        flat = self.graph.shaped(self.graph.add("Transpose", image, perm=[0, 2, 3, 1]), 0, height * width * channels)
        return self.graph.add("Add", self._linear("decoder.linear", code), flat)

    def noise_of(self, code: str, given: str | None) -> str:
        """The noise that the flow turns into a code."""
        from ..core.flow import N_STEPS

        z, step = self._standard(code), 1 / N_STEPS
        for place in range(N_STEPS):
            time = 1 - place * step
            half = self._moved(z, self._velocity(z, time, given), step / 2)
            z = self._moved(z, self._velocity(half, time - step / 2, given), step)
        return z

    def log_density(self, code: str, given: str | None) -> str:
        """The flow's log density of a code."""
        from ..core.flow import N_DENSITY_STEPS

        graph, step = self.graph, 1 / N_DENSITY_STEPS
        z = self._standard(code)
        width = self.state["flow.mean"].shape[-1]
        thinned = []
        for place in range(N_DENSITY_STEPS):
            time = 1 - place * step
            half = self._moved(z, self._velocity(z, time, given), step / 2)
            thinned.append(self._divergence(half, time - step / 2, given))
            z = self._moved(z, self._velocity(half, time - step / 2, given), step)
        squares = graph.add("ReduceSum", graph.add("Mul", z, z), np.array([-1]), keepdims=0)
        constant = np.log(self.state["flow.spread"].astype(np.float64)).sum() + width * math.log(2 * math.pi) / 2
        lost = graph.add("Mul", graph.add("Sum", *thinned), self._number(step))
        half_squares = graph.add("Mul", squares, self._number(0.5))
        return graph.add("Neg", graph.add("Add", graph.add("Add", half_squares, lost), self._number(constant)))

    def _encoder(self, x: str) -> str:
        shape = self.architecture.image_shape
        if shape is None:
            return self._residual("encoder", x, self._hidden("encoder.hidden", x))
        n_pixels, beside = math.prod(shape), self.architecture.n_mask_columns
        image = self.graph.shaped(self.graph.columns(x, 0, n_pixels), 0, *shape)
        image = self.graph.add("Transpose", image, perm=[0, 3, 1, 2])
        for layer in range(2):
            image = self._activated(self._convolved(f"encoder.hidden.layers.{layer}", image))
        flat = self.graph.shaped(image, 0, -1)
        told = self.graph.concat([flat, *[self.graph.columns(x, n_pixels, n_pixels + beside)] * bool(beside)])
        return self._residual("encoder", x, self._hidden("encoder.hidden.hidden", told))

    def _residual(self, name: str, x: str, hidden: str) -> str:
        bent = self.graph.add("MatMul", hidden, self.graph.weight(self.state[f"{name}.weight"]))
        return self.graph.add("Add", self._linear(f"{name}.linear", x), bent)

    def _hidden(self, name: str, x: str) -> str:
        for layer in range(len([own for own in self.state if own.startswith(f"{name}.layers.")]) // 2):
            x = self._activated(self._linear(f"{name}.layers.{layer}", x))
        return x

    def _linear(self, name: str, x: str) -> str:
        weight = self.state[f"{name}.weight"]
        if name in ("encoder.linear", "encoder.hidden.layers.0", "encoder.hidden.hidden.layers.0"):
            weight = weight[: len(weight) - self._n_noise()]
        product = self.graph.add("MatMul", x, self.graph.weight(weight))
        return self.graph.add("Add", product, self.graph.weight(self.state[f"{name}.bias"]))

    def _n_noise(self) -> int:
        """How many of the encoder's last columns are noise, which is zero after training."""
        return sum(block.width for block in self.architecture.blocks if block.posterior == "universal")

    def _convolved(self, name: str, image: str, size: tuple[int, int] | None = None) -> str:
        """A convolution, or a transposed one to images of a size; in 32 bits, for want of others in onnxruntime."""
        weight, bias = self.state[f"{name}.weight"], self.state[f"{name}.bias"]
        ways: dict[str, Any] = {"strides": [2, 2], "pads": [1, 1, 1, 1]}
        operator = "Conv"
        if size is not None:
            operator, ways = "ConvTranspose", ways | {"output_padding": [(side + 1) % 2 for side in size]}
        found = self.graph.add(operator, self.graph.cast(image, np.float32), weight, bias, **ways)
        return self.graph.cast(found, self.graph.dtype)

    def _activated(self, x: str) -> str:
        graph, activation = self.graph, self.architecture.activation
        if activation == "leaky_relu":
            return graph.add("Max", x, graph.add("Mul", x, self._number(0.01)))
        if activation == "silu":
            return self._silu(x)
        if activation == "gelu":  # onnxruntime's error function has 32 bits
            narrow = graph.cast(graph.add("Mul", x, self._number(math.sqrt(0.5))), np.float32)
            share = graph.add("Add", graph.cast(graph.add("Erf", narrow), graph.dtype), self._number(1))
            return graph.add("Mul", graph.add("Mul", x, share), self._number(0.5))
        return graph.add({"relu": "Relu", "tanh": "Tanh"}[activation], x)

    def _silu(self, x: str) -> str:
        """The product with a sigmoid, in other words than those that onnxruntime fuses into one of 32 bits."""
        grown = self.graph.add("Exp", self.graph.add("Neg", x))
        return self.graph.add("Div", x, self.graph.add("Add", grown, self._number(1)))

    def _standard(self, code: str) -> str:
        centred = self.graph.add("Sub", code, self.graph.weight(self.state["flow.mean"]))
        return self.graph.add("Div", centred, self.graph.weight(self.state["flow.spread"]))

    def _moved(self, z: str, velocity: str, step: float) -> str:
        return self.graph.add("Sub", z, self.graph.add("Mul", velocity, self._number(step)))

    def _velocity(self, z: str, time: float, given: str | None) -> str:
        """The velocity at one time for all rows, which is part of the first layer's bias."""
        from ..core.flow import N_FREQUENCIES

        graph, sizes = self.graph, self.architecture.flow_layer_sizes
        of_z, of_time, of_given = self._flow_first
        angles = time * math.pi * np.arange(1, N_FREQUENCIES + 1)
        told = np.concatenate([np.sin(angles), np.cos(angles)]) @ of_time + self.state["flow.first.bias"]
        h = graph.add("Add", graph.add("MatMul", z, graph.weight(of_z)), told.astype(graph.dtype))
        if given is not None:
            h = graph.add("Add", h, graph.add("MatMul", given, graph.weight(of_given)))
        h = self._silu(h)
        for layer, (before, after) in enumerate(pairwise(sizes)):
            own = self._silu(self._linear(f"flow.hidden.{layer}", h))
            h = graph.add("Add", h, own) if before == after else own
        return self._linear("flow.last", h)

    def _divergence(self, z: str, time: float, given: str | None) -> str:
        """Sum of the velocity's derivatives along the columns, from differences on either side."""
        graph, width = self.graph, self.state["flow.mean"].shape[-1]
        gap = np.finfo(np.float64).eps ** (1 / 3)
        signs = np.concatenate([np.eye(width), -np.eye(width)])
        around = graph.add("Add", graph.add("Unsqueeze", z, np.array([1])), gap * signs)
        told = None if given is None else graph.add("Unsqueeze", given, np.array([1]))
        grown = graph.add("Mul", self._velocity(around, time, told), signs / (2 * gap))
        return graph.add("ReduceSum", grown, np.array([1, 2]), keepdims=0)

    @cached_property
    def _flow_first(self) -> list[np.ndarray]:
        """Weights of the flow's first layer: of codes, of sines and cosines of the time, and of what is given."""
        from ..core.flow import N_FREQUENCIES

        width = self.state["flow.mean"].shape[-1]
        return np.split(self.state["flow.first.weight"], [width, width + 2 * N_FREQUENCIES])

    def _number(self, value: float) -> np.ndarray:
        return np.array(value, self.graph.dtype)
