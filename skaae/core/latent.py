r"""The blocks of the latent code: how each is read from the encoder's output, and its prior; and cluster heads.

The posterior of a block is the distribution of a row's code. The deterministic one is the encoder's output; the
Gaussian one draws from a mean and a standard deviation that the encoder outputs,
:math:`z = \mu(x) + \sigma(x) \eta`; the universal one is a function of the row and of noise, :math:`z = f(x, \eta)`,
and so can be any distribution. Without noise, as after training, :math:`\eta = 0`.

With cluster heads, the decoder's input is the style plus the head of the category, :math:`z + W^\top y`, so that
clusters are separate in a space of few dimensions (Makhzani, Shlens, Jaitly, Goodfellow and Frey, "Adversarial
autoencoders", 2015, arXiv 1511.05644, section 6).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from .._plan import Block
from .networks import Module
from .priors import make_prior
from .random import RandomStreams
from .softmax import log_softmax, softmax

__all__ = ["BLOCKS", "Category", "ClusterHeads", "Noise", "Style", "adjust_log_proba"]

Noise = Callable[[int], Tensor]  # draws standard normal numbers, (K, rows, columns), for a number of columns

INITIAL_LOG_STD = -2.0  # of a Gaussian posterior
MIN_LOG_STD, MAX_LOG_STD = -8.0, 2.0
MIN_HEAD_DISTANCE = 5.0  # standard deviations of the style's prior
N_REPULSION_STEPS = 100


class Style(Module):
    """A continuous block."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.width = block.width
        self.is_gaussian = block.posterior == "gaussian"
        self.n_encoder_outputs = (1 + self.is_gaussian) * block.width
        self.n_noise_inputs = block.width if block.posterior == "universal" else 0
        self.prior = make_prior(block)

    def forward(self, encoder_output: Tensor, noise: Noise | None = None) -> Tensor:
        mean = encoder_output[..., : self.width]
        if not self.is_gaussian or noise is None:
            return mean
        log_std = (INITIAL_LOG_STD + encoder_output[..., self.width :]).clamp(MIN_LOG_STD, MAX_LOG_STD)
        return mean + noise(self.width) * log_std.exp()


class Category(Style):
    """A block of class probabilities: the softmax of the encoder's output."""

    def forward(self, encoder_output: Tensor, noise: Noise | None = None) -> Tensor:
        return softmax(super().forward(encoder_output, noise))


class ClusterHeads(Module):
    """K sets of cluster heads, a point in the space of the style for each class."""

    def __init__(self, n_members: int, n_classes: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_members, n_classes, width, dtype=torch.float32))

    @torch.no_grad()
    def reset_parameters(self, streams: RandomStreams) -> None:
        """Draws heads, and moves those apart that are nearer than they should be."""
        heads = streams.normal(*self.weight.shape[1:])
        for _ in range(N_REPULSION_STEPS):
            differences = heads.unsqueeze(2) - heads.unsqueeze(1)
            distances = differences.norm(dim=-1, keepdim=True).clamp(min=1e-6)
            heads = heads + ((MIN_HEAD_DISTANCE - distances).relu() / distances * differences).mean(2)
        self.weight.copy_(heads)

    def forward(self, code: Tensor) -> Tensor:
        style, category = code.split([self.weight.shape[2], self.weight.shape[1]], -1)
        return torch.baddbmm(style, category, self.weight.to(style.dtype))

    def separation_loss(self) -> Tensor:
        """Squares of how much nearer heads are than they should be, (K,), a mean over pairs."""
        squared = (self.weight.unsqueeze(1) - self.weight.unsqueeze(2)).square().sum(-1)
        pairs = torch.triu(torch.ones_like(squared[0], dtype=torch.bool), 1)
        distances = (squared[:, pairs] + 1e-12).sqrt()
        return (MIN_HEAD_DISTANCE - distances).relu().square().sum(1) / max(1, distances.shape[1])


BLOCKS: dict[str, type[Style]] = {"style": Style, "category": Category}


def adjust_log_proba(log_proba: Tensor, logit_adjustment: tuple[float, ...] | None) -> Tensor:
    """Log-probabilities of classes where these have other shares, (..., classes)."""
    if logit_adjustment is None:
        return log_proba
    return log_softmax(log_proba + log_proba.new_tensor(logit_adjustment))
