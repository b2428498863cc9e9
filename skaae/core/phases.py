r"""Phases: each is a loss over its part of the model, one number for each member.

With code :math:`q(x)`, reconstruction :math:`d`, adversary logits :math:`a` and prior :math:`p`, the phases of the
adversarial autoencoder are

- reconstruction, :math:`\lVert d(q(x + \varepsilon)) - x \rVert^2`, a mean over the columns, which trains encoder and
  decoder;
- discrimination, :math:`\log(1 + e^{-a(z)}) + \log(1 + e^{a(q(x))})` with :math:`z \sim p`, which trains the adversary;
- imitation, :math:`\log(1 + e^{-a(q(x))})`, which trains the encoder, in its non-saturating form.

Codes and draws are shown to the adversary through the same noise, so that it cannot win by telling their supports
apart (Sonderby et al., "Amortised MAP inference for image super-resolution", 2017, arXiv 1610.04490).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import softplus

from .batches import Batch
from .model import AdversarialAutoencoder

__all__ = ["Discrimination", "Imitation", "Phase", "Reconstruction"]


INSTANCE_NOISE = 0.2  # standard deviation of what blurs codes and draws before an adversary


class Phase(Protocol):
    """A name, the parts of the model that it trains, and a loss."""

    name: str
    parts: tuple[str, ...]

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> Tensor: ...


class Reconstruction:
    """Creates the phase that makes the decoder undo the encoder."""

    name: str = "reconstruction"
    parts: tuple[str, ...] = ("encoder", "decoder")

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> Tensor:
        error = model.decode(batch.encode(model)) - batch.x
        return batch.mean(error.square().mean(-1))


class Discrimination:
    """Creates the phase that teaches the adversaries to tell draws from codes."""

    name: str = "discrimination"
    parts: tuple[str, ...] = ("adversaries",)

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> Tensor:
        code = batch.encode(model).detach()
        n = code.shape[1]
        draws = model.draw(batch.size, batch.streams)[:, :n]
        logits = model.judge(torch.cat([blurred(draws, batch), blurred(code, batch)], 1))
        return total(batch.mean(softplus(-logit[:, :n]) + softplus(logit[:, n:])) for logit in logits)


class Imitation:
    """Creates the phase that teaches the encoder to pass its codes off as draws."""

    name: str = "imitation"
    parts: tuple[str, ...] = ("encoder",)

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> Tensor:
        logits = model.judge(blurred(batch.encode(model), batch))
        return total(batch.mean(softplus(-logit)) for logit in logits)


def blurred(code: Tensor, batch: Batch) -> Tensor:
    """Codes as the adversaries see them: through noise."""
    return code + INSTANCE_NOISE * batch.normal(code.shape[-1])


def total(losses: Iterable[Tensor]) -> Tensor:
    """The sum over adversaries."""
    return reduce(torch.add, losses)
