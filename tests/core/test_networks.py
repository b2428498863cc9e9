import pytest
import torch

from skaae.core.networks import ACTIVATIONS, Discriminator, Hidden, Linear, Residual
from skaae.core.random import RandomStreams


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_each_member_is_an_ordinary_network(activation):
    network = Hidden(3, (5, 7), activation)
    (first,) = network.layers
    first.reset_parameters(RandomStreams([0, 1, 2]))
    x = torch.randn(3, 11, 5)
    for k in range(3):
        hidden = ACTIVATIONS[activation](x[k] @ first.weight[k] + first.bias[k])
        torch.testing.assert_close(network(x)[k], hidden)


@pytest.mark.parametrize("widths", [(5, 7), (5, 7, 6), (5,)])
def test_a_logit_is_the_sum_of_two_outputs(widths):
    network = Discriminator(3, widths)
    for layer in (*network.hidden.layers, network.last):
        layer.reset_parameters(RandomStreams([0, 1, 2]))
    network.last.bias.data.normal_()
    x = torch.randn(3, 11, 5)
    torch.testing.assert_close(network(x), network.last(network.hidden(x)).sum(-1))


@pytest.mark.parametrize("shape", [(1, 3, 4), (128, 20, 64), (7, 300, 5)])
def test_a_packed_member_computes_what_it_computes_alone(shape):
    rows, n_inputs, n_outputs = shape
    packed = Linear(4, n_inputs, n_outputs)
    packed.reset_parameters(RandomStreams(range(4)))
    x = torch.randn(4, rows, n_inputs)
    for k in range(4):
        alone = Linear(1, n_inputs, n_outputs)
        alone.reset_parameters(RandomStreams([k]))
        assert torch.equal(alone.weight[0], packed.weight[k])
        torch.testing.assert_close(alone(x[k : k + 1])[0], packed(x)[k], rtol=1e-6, atol=1e-6)


def test_a_residual_network_of_zeros_is_its_affine_map():
    network = Residual(2, 4, Hidden(2, (4, 8), "relu"), 3)
    network.hidden.layers[0].reset_parameters(RandomStreams([0, 1]))
    network.zero_init()
    with torch.no_grad():
        network.linear.weight.normal_()
    x = torch.randn(2, 5, 4)
    torch.testing.assert_close(network(x), x @ network.linear.weight)
