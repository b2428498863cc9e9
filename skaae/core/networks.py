"""Packed layers: K networks of one shape side by side, each layer one batched matrix product.

Every parameter has a leading axis of K members, and ``x`` is (K, rows, columns). K = 1 is the ordinary network.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Protocol

import torch
from torch import Tensor, nn

from .matmul import affine
from .random import RandomStreams

__all__ = ["ACTIVATIONS", "Discriminator", "Hidden", "Layer", "Linear", "Module", "Residual", "Trunk"]

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu_,
    "leaky_relu": nn.functional.leaky_relu,
    "silu": nn.functional.silu,
    "gelu": nn.functional.gelu,
    "tanh": torch.tanh_,
}


class Module(nn.Module):
    """A module that returns a tensor, for type checkers."""

    __call__: Callable[..., Tensor]


class Layer(Module):
    """K layers with weights, (K, inputs, outputs, ...), and biases."""

    weight: nn.Parameter
    bias: nn.Parameter

    @torch.no_grad()
    def reset_parameters(self, streams: RandomStreams) -> None:
        """Draws weights after Glorot and Bengio (2010), each member from its own stream."""
        shape = self.weight.shape[1:]
        bound = (6 / (sum(shape[:2]) * math.prod(shape[2:]))) ** 0.5
        self.weight.copy_((2 * streams.uniform(*shape) - 1) * bound)
        self.bias.zero_()

    @torch.no_grad()
    def zero_init(self) -> None:
        """Sets weights and biases to zero."""
        self.weight.zero_()
        self.bias.zero_()


class Linear(Layer):
    """K affine maps."""

    def __init__(self, n_members: int, n_inputs: int, n_outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_members, n_inputs, n_outputs, dtype=torch.float32))
        self.bias = nn.Parameter(torch.empty(n_members, 1, n_outputs, dtype=torch.float32))

    def forward(self, x: Tensor) -> Tensor:
        return affine(self.bias, x, self.weight)


class Hidden(Module):
    """K stacks of affine maps between the given widths, each followed by the activation function."""

    def __init__(self, n_members: int, widths: tuple[int, ...], activation: str) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Linear(n_members, *pair) for pair in pairwise(widths))
        self.activation = ACTIVATIONS[activation]
        self.width = widths[-1]

    @property
    def linear_layers(self) -> list[Linear]:
        """The affine maps."""
        return [layer for layer in self.layers if isinstance(layer, Linear)]

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = self.activation(layer(x))
        return x


class Discriminator(Module):
    """K perceptrons of the given widths with one logit for each row, (K, rows): the sum of two affine outputs."""

    def __init__(self, n_members: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.hidden = Hidden(n_members, widths, "relu")
        # Adam moves the sum of two outputs twice as fast as one output; saved models hold both.
        self.last = Linear(n_members, self.hidden.width, 2)

    @property
    def weight(self) -> Tensor:
        """Weight of the logit, (K, width, 1)."""
        return self.last.weight.sum(-1, keepdim=True)

    @property
    def bias(self) -> Tensor:
        """Bias of the logit, (K, 1, 1)."""
        return self.last.bias.sum(-1, keepdim=True)

    def forward(self, x: Tensor) -> Tensor:
        return affine(self.bias, self.hidden(x), self.weight).squeeze(-1)


class Trunk(Protocol):
    """Hidden layers; the last has ``width`` columns."""

    width: int

    def __call__(self, x: Tensor) -> Tensor: ...


class Residual(Module):
    """K sums of an affine map and of a perceptron with the given hidden layers."""

    def __init__(self, n_members: int, n_inputs: int, hidden: Trunk, n_outputs: int) -> None:
        super().__init__()
        self.linear = Linear(n_members, n_inputs, n_outputs)
        self.hidden = hidden
        self.weight = nn.Parameter(torch.empty(n_members, hidden.width, n_outputs, dtype=torch.float32))

    @torch.no_grad()
    def zero_init(self) -> None:
        """Sets the affine map and the perceptron's last layer to zero."""
        self.linear.zero_init()
        self.weight.zero_()

    def forward(self, x: Tensor) -> Tensor:
        return affine(self.linear(x), self.hidden(x), self.weight)
