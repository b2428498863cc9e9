"""Softmax by either way is torch's, with its gradient."""

import pytest
import torch

from skaae.core.softmax import log_softmax, softmax


@pytest.mark.parametrize("shape", [(1, 5, 1), (1, 37, 2), (3, 50, 10), (2, 20, 4, 15), (2, 20, 3, 16), (1, 0, 3)])
@pytest.mark.parametrize(("ours", "theirs"), [(softmax, torch.softmax), (log_softmax, torch.log_softmax)])
def test_softmax_and_its_gradient_are_those_of_torch(shape, ours, theirs):
    logits = (10 * torch.randn(shape, generator=torch.Generator().manual_seed(0))).requires_grad_()
    weight = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    expected = theirs(logits, -1)
    torch.testing.assert_close(ours(logits), expected)
    gradients = [torch.autograd.grad((values * weight).sum(), logits)[0] for values in (ours(logits), expected)]
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("function", [softmax, log_softmax])
def test_members_are_computed_as_they_would_be_alone(function):
    logits = torch.randn(4, 33, 7, generator=torch.Generator().manual_seed(0))
    for member in range(4):
        assert torch.equal(function(logits)[member], function(logits[member : member + 1])[0])


def test_large_logits_stay_finite():
    assert softmax(torch.tensor([[[1e30, 0.0]]])).tolist() == [[[1.0, 0.0]]]
    assert log_softmax(torch.tensor([[[1e4, 0.0]]])).tolist() == [[[0.0, -1e4]]]
