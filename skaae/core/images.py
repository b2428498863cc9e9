"""Convolutional encoder and decoder for rows that are images.

A row is a flat image of (height, width, channels). Each convolution halves height and width, rounded up, and each
transposed convolution undoes that. Members are convolved one after another, so that each computes what it would alone.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d

from .networks import ACTIVATIONS, Hidden, Layer, Linear, Module

__all__ = ["ConvolutionalDecoder", "ConvolutionalEncoder", "convolution_cost"]

CHANNELS = (32, 64)  # after each convolution
KERNEL_SIZE = 3


class Convolution(Layer):
    """K convolutions of stride 2; or, with an output size, K transposed convolutions to images of that size."""

    def __init__(self, n_members: int, n_inputs: int, n_outputs: int, size: tuple[int, int] | None = None) -> None:
        super().__init__()
        channels = (n_outputs, n_inputs) if size is None else (n_inputs, n_outputs)
        self.weight = nn.Parameter(torch.empty(n_members, *channels, KERNEL_SIZE, KERNEL_SIZE, dtype=torch.float32))
        self.bias = nn.Parameter(torch.empty(n_members, n_outputs, dtype=torch.float32))
        self.output_padding = None if size is None else [(side + 1) % 2 for side in size]

    def forward(self, x: Tensor) -> Tensor:
        members = zip(x, self.weight, self.bias, strict=True)
        if self.output_padding is None:
            return torch.stack([conv2d(*member, stride=2, padding=1) for member in members])
        return torch.stack(
            [conv_transpose2d(*member, stride=2, padding=1, output_padding=self.output_padding) for member in members]
        )


class ConvolutionalEncoder(Module):
    """K stacks of convolutions and hidden layers over rows of an image and further columns."""

    def __init__(
        self, n_members: int, n_inputs: int, hidden: tuple[int, ...], shape: tuple[int, int, int], activation: str
    ) -> None:
        super().__init__()
        *_, smallest = image_sizes(shape)
        channels = (shape[2], *CHANNELS)
        self.shape = shape
        self.layers = nn.ModuleList(Convolution(n_members, *pair) for pair in pairwise(channels))
        self.activation = ACTIVATIONS[activation]
        widths = (math.prod(smallest) * CHANNELS[-1] + n_inputs - math.prod(shape), *hidden)
        self.hidden = Hidden(n_members, widths, activation)
        self.width = widths[-1]

    def forward(self, x: Tensor) -> Tensor:
        n_pixels = math.prod(self.shape)
        image = x[..., :n_pixels].unflatten(-1, self.shape).movedim(-1, 2)
        for layer in self.layers:
            image = self.activation(layer(image))
        return self.hidden(torch.cat([image.flatten(2), x[..., n_pixels:]], -1))


class ConvolutionalDecoder(Module):
    """K sums of an affine map and of hidden layers followed by transposed convolutions, from codes to images."""

    def __init__(
        self, n_members: int, n_inputs: int, hidden: tuple[int, ...], shape: tuple[int, int, int], activation: str
    ) -> None:
        super().__init__()
        largest, middle, smallest = image_sizes(shape)
        n_few, n_many = CHANNELS
        self.first_shape = (n_many, *smallest)
        self.linear = Linear(n_members, n_inputs, math.prod(shape))
        self.hidden = Hidden(n_members, (n_inputs, *hidden, math.prod(self.first_shape)), activation)
        self.first = Convolution(n_members, n_many, n_few, middle)
        self.last = Convolution(n_members, n_few, shape[2], largest)
        self.activation = ACTIVATIONS[activation]

    def zero_init(self) -> None:
        """Sets the affine map and the last convolution to zero."""
        self.linear.zero_init()
        self.last.zero_init()

    def forward(self, code: Tensor) -> Tensor:
        image = self.last(self.activation(self.first(self.hidden(code).unflatten(-1, self.first_shape))))
        return self.linear(code) + image.movedim(2, -1).flatten(2)


def convolution_cost(shape: tuple[int, int, int]) -> int:
    """Number of multiplications of the most expensive convolution of an image."""
    *_, (height, width) = image_sizes(shape)
    return height * width * math.prod(CHANNELS) * KERNEL_SIZE**2


def image_sizes(shape: tuple[int, int, int]) -> list[tuple[int, int]]:
    """Height and width of images before and after each convolution."""
    sizes = [shape[:2]]
    for _ in CHANNELS:
        height, width = sizes[-1]
        sizes.append((-(-height // 2), -(-width // 2)))
    return sizes
