r"""Phases: each is a loss over its part of the model, one number for each member.

With code :math:`q(x)`, reconstruction :math:`d`, adversary logits :math:`a` and prior :math:`p`, the phases of the
adversarial autoencoder are

- reconstruction, :math:`E = \lVert d(q(x + \varepsilon)) - x \rVert^2`, a mean over the columns, which trains encoder
  and decoder;
- discrimination, :math:`D = \log(1 + e^{-a(z)}) + \log(1 + e^{a(q(x))})` with :math:`z \sim p`, which trains the
  adversary;
- imitation, :math:`I = \log(1 + e^{-a(q(x))})`, which trains the encoder, in its non-saturating form.

The paper takes them in turn. The contest makes the last two one: a single pass through the adversary, whose gradient
:math:`\sigma(a) \nabla a` is on its way to the encoder turned into :math:`-\sigma(-a) \nabla a`, that is, multiplied by
:math:`-e^{-a}` (after the reversal of Ganin and Lempitsky, "Unsupervised domain adaptation by backpropagation",
2015, arXiv 1409.7495, which saturates).

The encoder then goes down :math:`E + w [E] I`. The factor :math:`[E]`, of which no gradient is taken, makes the weight
:math:`w` mean the same on columns that are easy to reconstruct and on others: the gradient is that of
:math:`\log E + w I` but for its length, a Gaussian likelihood with its best variance (Rybkin, Daniilidis and
Levine, "Simple and effective VAE training with calibrated decoders", 2021, arXiv 2006.13202).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import mse_loss, softplus

from .batches import Batch
from .model import AdversarialAutoencoder, joined

__all__ = ["Contest", "Discrimination", "Imitation", "Phase", "Reconstruction"]

LARGEST_TURN = 30.0  # of -a in the exponent, so that a hopeless code does not overflow


class Phase(Protocol):
    """The parts of the model that it trains, and its losses by name, (K,) each, whose sum it brings down."""

    parts: tuple[str, ...]

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]: ...


class Reconstruction:
    """Creates the phase that makes the decoder undo the encoder."""

    parts: tuple[str, ...] = ("encoder", "decoder")

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        loss = batch.mean(mse_loss(model.decode(batch.encode(model)), batch.x, reduction="none"))
        batch.error = loss.detach()
        return {"reconstruction": loss}


class Discrimination:
    """Creates the phase that teaches the adversaries to tell draws from codes."""

    parts: tuple[str, ...] = ("adversaries",)

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        logits = judged(model, batch, batch.encode(model).detach())
        return {"discrimination": told_apart(batch, logits)}


class Imitation:
    """Creates the phase that teaches the encoder to pass its codes off as draws."""

    parts: tuple[str, ...] = ("encoder",)

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        return {"imitation": passed_off(batch, model.judge(batch.encode(model)))}


class Contest:
    """Creates discrimination and imitation from one pass through the adversaries."""

    parts: tuple[str, ...] = ("encoder", "adversaries")

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        code = batch.encode(model)
        shown = code.view_as(code)  # so that only what comes back from the adversaries is turned round
        logits = judged(model, batch, shown)
        verdicts = [logit.detach()[:, 1] for logit in logits]
        shown.register_hook(turn_round(model, batch, verdicts))
        return {"discrimination": told_apart(batch, logits), "imitation": passed_off(batch, verdicts)}


def turn_round(model: AdversarialAutoencoder, batch: Batch, verdicts: Iterable[Tensor]) -> Callable[[Tensor], Tensor]:
    """What makes of discrimination's gradient at the codes that of imitation, weighted."""
    weight = -(batch.strength * batch.error)[:, None]
    factors = [weight * (-a).clamp(max=LARGEST_TURN).exp() for a in verdicts]
    columns = [f.unsqueeze(-1).expand(-1, -1, width) for f, width in zip(factors, model.widths, strict=True)]
    return lambda gradient: gradient * joined(columns)


def judged(model: AdversarialAutoencoder, batch: Batch, code: Tensor) -> list[Tensor]:
    """Logits of each adversary, (K, 2, rows): on as many draws as there are codes, and on the codes.

    For a short batch as many are drawn as for a full one, so that padding does not shift a member's stream.
    """
    n = code.shape[1]
    draws = model.draw(batch.size, batch.streams)[:, :n]
    return [logit.view(-1, 2, n) for logit in model.judge(torch.cat([draws, code], 1))]


def told_apart(batch: Batch, logits: Iterable[Tensor]) -> Tensor:
    """The adversaries' loss: draws should have a high logit, codes a low one."""
    # log(1 + exp(-a)) is log(1 + exp(a)) - a, so that one pass serves draws and codes.
    return reduce(torch.add, (batch.mean(softplus(logit).sum(1) - logit[:, 0]) for logit in logits))


def passed_off(batch: Batch, logits: Iterable[Tensor]) -> Tensor:
    """The encoder's loss: codes should have a high logit."""
    return reduce(torch.add, (batch.mean(softplus(-logit)) for logit in logits))
