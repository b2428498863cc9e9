"""Trunks for rows that are images: convolutions before the encoder's hidden layers, and after the decoder's.

A row is an image of (height, width, channels), flat. Each convolution halves height and width, rounded up, and each
transposed one undoes that. Members are convolved one after another, so that each computes what it would alone.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d

from .networks import ACTIVATIONS, Hidden, Linear
from .streams import Streams

__all__ = ["Convolution", "Convolved", "Painter", "work_of"]

CHANNELS = (32, 64)  # after each convolution
KERNEL = 3


class Convolution(nn.Module):
    """Creates K convolutions of stride 2 from some channels to others; or transposed ones, to images of a size."""

    def __init__(self, n_members: int, n_inputs: int, n_outputs: int, size: tuple[int, int] | None = None) -> None:
        super().__init__()
        ends = (n_outputs, n_inputs) if size is None else (n_inputs, n_outputs)
        self.weight = nn.Parameter(torch.empty(n_members, *ends, KERNEL, KERNEL, dtype=torch.float32))
        self.bias = nn.Parameter(torch.empty(n_members, n_outputs, dtype=torch.float32))
        self.odd = None if size is None else [(side + 1) % 2 for side in size]

    @torch.no_grad()
    def initialise(self, streams: Streams) -> None:
        """Draws weights after Glorot and Bengio (2010), each member from its own stream."""
        bound = (6 / (sum(self.weight.shape[1:3]) * KERNEL**2)) ** 0.5
        self.weight.copy_((2 * streams.uniform(*self.weight.shape[1:]) - 1) * bound)
        self.bias.zero_()

    @torch.no_grad()
    def clear(self) -> None:
        """Sets the map to zero."""
        self.weight.zero_()
        self.bias.zero_()

    def forward(self, x: Tensor) -> Tensor:
        members = zip(x, self.weight, self.bias, strict=True)
        if self.odd is None:
            return torch.stack([conv2d(*member, stride=2, padding=1) for member in members])
        return torch.stack(
            [conv_transpose2d(*member, stride=2, padding=1, output_padding=self.odd) for member in members]
        )


class Convolved(nn.Module):
    """Creates K stacks of convolutions and hidden layers over rows that are an image, and numbers beside it."""

    def __init__(
        self, n_members: int, shape: tuple[int, int, int], n_beside: int, hidden: tuple[int, ...], activation: str
    ) -> None:
        super().__init__()
        *_, smallest = sizes_of(shape)
        ends = (shape[2], *CHANNELS)
        self.shape = shape
        self.layers = nn.ModuleList(Convolution(n_members, *pair) for pair in pairwise(ends))
        self.activation = ACTIVATIONS[activation]
        widths = (math.prod(smallest) * CHANNELS[-1] + n_beside, *hidden)
        self.hidden = Hidden(n_members, widths, activation)
        self.width = widths[-1]

    def forward(self, x: Tensor) -> Tensor:
        n_pixels = math.prod(self.shape)
        image = x[..., :n_pixels].unflatten(-1, self.shape).movedim(-1, 2)
        for layer in self.layers:
            image = self.activation(layer(image))
        return self.hidden(torch.cat([image.flatten(2), x[..., n_pixels:]], -1))


class Painter(nn.Module):
    """Creates K sums of an affine map and of hidden layers that end in convolutions, from codes to images."""

    def __init__(
        self, n_members: int, n_inputs: int, hidden: tuple[int, ...], shape: tuple[int, int, int], activation: str
    ) -> None:
        super().__init__()
        largest, middle, smallest = sizes_of(shape)
        few, many = CHANNELS
        self.start = (many, *smallest)
        self.linear = Linear(n_members, n_inputs, math.prod(shape))
        self.hidden = Hidden(n_members, (n_inputs, *hidden, math.prod(self.start)), activation)
        self.first = Convolution(n_members, many, few, middle)
        self.last = Convolution(n_members, few, shape[2], largest)
        self.activation = ACTIVATIONS[activation]

    def clear(self) -> None:
        """Sets the affine map and the last convolution to zero."""
        self.linear.clear()
        self.last.clear()

    def forward(self, code: Tensor) -> Tensor:
        image = self.last(self.activation(self.first(self.hidden(code).unflatten(-1, self.start))))
        return self.linear(code) + image.movedim(2, -1).flatten(2)


def work_of(shape: tuple[int, int, int]) -> int:
    """Multiplications of the dearest convolution of an image."""
    *_, (height, width) = sizes_of(shape)
    return height * width * math.prod(CHANNELS) * KERNEL**2


def sizes_of(shape: tuple[int, int, int]) -> list[tuple[int, int]]:
    """Height and width of images before and after each convolution."""
    sizes = [shape[:2]]
    for _ in CHANNELS:
        height, width = sizes[-1]
        sizes.append((-(-height // 2), -(-width // 2)))
    return sizes
