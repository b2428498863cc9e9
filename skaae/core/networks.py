"""Packed layers: K networks of one shape side by side, each layer one batched product.

Every parameter has a leading axis of K members, and ``x`` is (K, rows, columns). K = 1 is the ordinary network.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from .streams import Streams

__all__ = ["ACTIVATIONS", "Linear", "Mlp", "ResidualMlp"]

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "silu": nn.SiLU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
}


class Linear(nn.Module):
    """Creates K affine maps."""

    def __init__(self, n_members: int, n_inputs: int, n_outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_members, n_inputs, n_outputs, dtype=torch.float32))
        self.bias = nn.Parameter(torch.empty(n_members, 1, n_outputs, dtype=torch.float32))

    @torch.no_grad()
    def initialise(self, streams: Streams) -> None:
        """Draws weights after Glorot and Bengio (2010), each member from its own stream."""
        _, n_inputs, n_outputs = self.weight.shape
        bound = (6 / (n_inputs + n_outputs)) ** 0.5
        self.weight.copy_((2 * streams.uniform(n_inputs, n_outputs) - 1) * bound)
        self.bias.zero_()

    @torch.no_grad()
    def clear(self) -> None:
        """Sets the map to zero."""
        self.weight.zero_()
        self.bias.zero_()

    def forward(self, x: Tensor) -> Tensor:
        return torch.baddbmm(self.bias, x, self.weight)


def hidden_layers(n_members: int, widths: tuple[int, ...], activation: str) -> list[nn.Module]:
    """Affine maps between the given widths, each with its activation."""
    layers: list[nn.Module] = []
    for n_inputs, n_outputs in pairwise(widths):
        layers += [Linear(n_members, n_inputs, n_outputs), ACTIVATIONS[activation]()]
    return layers


class Mlp(nn.Sequential):
    """Creates K perceptrons of the given widths; the last layer is affine."""

    def __init__(self, n_members: int, widths: tuple[int, ...], activation: str) -> None:
        super().__init__(*hidden_layers(n_members, widths, activation)[:-1])


class ResidualMlp(nn.Module):
    """Creates K sums of an affine map and a perceptron."""

    def __init__(self, n_members: int, widths: tuple[int, ...], activation: str) -> None:
        super().__init__()
        *inner, last, n_outputs = widths
        self.linear = Linear(n_members, widths[0], n_outputs)
        self.hidden = nn.Sequential(*hidden_layers(n_members, (*inner, last), activation))
        self.weight = nn.Parameter(torch.empty(n_members, last, n_outputs, dtype=torch.float32))

    @torch.no_grad()
    def clear(self) -> None:
        """Sets the affine map and the perceptron's last layer to zero."""
        self.linear.clear()
        self.weight.zero_()

    def forward(self, x: Tensor) -> Tensor:
        return torch.baddbmm(self.linear(x), self.hidden(x), self.weight)
