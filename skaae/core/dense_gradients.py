"""Dense, rectified networks forwards and backwards without a graph: outputs of layers, and gradients of parameters."""

from __future__ import annotations

import torch
from torch import Tensor

from .matmul import affine, product
from .networks import Hidden, Residual

__all__ = ["Gradients", "has_rectifiers", "hidden_gradients", "hidden_layers", "residual", "residual_gradients"]

Gradients = dict[Tensor, Tensor]  # by parameter


def has_rectifiers(network: Residual) -> bool:
    """Whether all layers between the input and the output are dense, and rectified."""
    hidden = network.hidden
    return isinstance(hidden, Hidden) and len(hidden.layers) > 0 and hidden.activation is torch.relu_


def residual(network: Residual, x: Tensor) -> tuple[Tensor, list[Tensor]]:
    """The output of a network, and those of its hidden layers."""
    assert isinstance(network.hidden, Hidden), "hidden layers should be dense."
    hidden = hidden_layers(network.hidden, x)
    return affine(network.linear(x), hidden[-1], network.weight), hidden


def residual_gradients(
    network: Residual, x: Tensor, hidden: list[Tensor], gradient: Tensor, gradients: Gradients, n_inputs: int = 0
) -> Tensor:
    """Adds the gradients of the parameters; the gradient at the first inputs."""
    linear = network.linear
    gradients[linear.weight], gradients[linear.bias] = product(x.mT, gradient), gradient.sum(1, keepdim=True)
    gradients[network.weight] = product(hidden[-1].mT, gradient)
    assert isinstance(network.hidden, Hidden), "hidden layers should be dense."
    of_hidden = product(gradient, network.weight.mT)
    of_x = hidden_gradients(network.hidden, x, hidden, of_hidden, gradients, n_inputs)
    return affine(of_x, gradient, linear.weight[:, :n_inputs].mT) if n_inputs else of_x


def hidden_layers(hidden: Hidden, x: Tensor) -> list[Tensor]:
    """The outputs of rectified layers."""
    outputs = []
    for layer in hidden.linear_layers:
        x = hidden.activation(layer(x))
        outputs.append(x)
    return outputs


def hidden_gradients(
    hidden: Hidden,
    x: Tensor,
    outputs: list[Tensor],
    gradient: Tensor,
    gradients: Gradients,
    n_inputs: int,
    rows: slice = slice(None),
) -> Tensor:
    """Adds the gradients of the parameters of rectified layers; the gradient of some rows at the first inputs.

    The gradient at the last output is overwritten.
    """
    for i, layer in reversed([*enumerate(hidden.linear_layers)]):
        torch.ops.aten.threshold_backward.grad_input(gradient, outputs[i], 0, grad_input=gradient)
        gradients[layer.weight] = product((outputs[i - 1] if i else x).mT, gradient)
        gradients[layer.bias] = gradient.sum(1, keepdim=True)
        if i:
            gradient = product(gradient, layer.weight.mT)
        elif n_inputs:
            gradient = product(gradient[:, rows], layer.weight[:, :n_inputs].mT)
    return gradient
