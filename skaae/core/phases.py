r"""Phases: each is a loss over its part of the model, one number for each member.

With code :math:`q(x)`, reconstruction :math:`d`, adversary logits :math:`a` and prior :math:`p`, the phases of the
adversarial autoencoder are

- reconstruction, :math:`E = \lVert d(q(x + \varepsilon)) - x \rVert^2`, a mean over the columns, with the cross-entropy
  in place of the square where a column is a choice, which trains encoder and decoder;
- discrimination, :math:`D = \log(1 + e^{-a(z)}) + \log(1 + e^{a(q(x))})` with :math:`z \sim p`, which trains the
  adversary;
- imitation, :math:`I = \log(1 + e^{-a(q(x))})`, which trains the encoder, in its non-saturating form.

The paper takes them in turn. The contest makes the last two one: a single pass through the adversary, whose gradient
:math:`\sigma(a) \nabla a` is on its way to the encoder turned into :math:`-\sigma(-a) \nabla a`, that is, multiplied by
:math:`-e^{-a}` (after the reversal of Ganin and Lempitsky, "Unsupervised domain adaptation by backpropagation",
2015, arXiv 1409.7495, which saturates).

In the place of the contest there may be a discrepancy between draws and codes that needs no adversary (see
`discrepancies`), which the encoder brings down in place of :math:`I`.

The encoder then goes down :math:`E + w [E] I`. The factor :math:`[E]`, of which no gradient is taken, makes the weight
:math:`w` mean the same on columns that are easy to reconstruct and on others: the gradient is that of
:math:`\log E + w I` but for its length, a Gaussian likelihood with its best variance (Rybkin, Daniilidis and
Levine, "Simple and effective VAE training with calibrated decoders", 2021, arXiv 2006.13202).

Where the code has a category block, with class probabilities :math:`p(x)`, further phases train the encoder:

- classification, :math:`-\log p_y(x)`, on rows whose class :math:`y` is known;
- distillation, :math:`-\sum_c t_c \log p_c(x)`, on all rows, with a teacher's guesses :math:`t` (Hinton, Vinyals and
  Dean, "Distilling the knowledge in a neural network", 2015, arXiv 1503.02531);
- smoothness, :math:`\mathrm{KL}(p(x) \parallel p(x + r))` with the step :math:`r` that changes :math:`p` most among
  those of a given length (Miyato, Maeda, Koyama and Ishii, "Virtual adversarial training", 2017, arXiv 1704.03976),
  the length being a share of the distance to near rows (Hu, Miyato, Tokui, Matsumoto and Sugiyama, "Learning discrete
  representations via information maximizing self-augmented training", 2017, arXiv 1702.08720);
- certainty, the entropy of :math:`p(x)` (Grandvalet and Bengio, "Semi-supervised learning by entropy minimization",
  2004), which alone would put all rows into one class, and so goes together with
- balance, :math:`\mathrm{KL}(\bar p \parallel \pi)` of the mean of :math:`p` over a batch and the prior's class
  probabilities :math:`\pi`.

Where the category has heads (see `latent`),

- separation, the mean of :math:`\max(0, \delta - \lVert w_i - w_j \rVert)^2` over pairs, keeps them apart.

Where there is a flow, a phase of its own trains it when codes do not change any more:

- transport, :math:`\lVert v(z_t, t) - (z - \varepsilon) \rVert^2` with codes :math:`z`, noise :math:`\varepsilon` and
  :math:`z_t = (1 - t) \varepsilon + t z` at a time :math:`t` drawn from [0, 1] (see `flow`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import normalize, softplus

from .batches import Batch
from .discrepancies import DISCREPANCIES
from .latent import Heads
from .model import AdversarialAutoencoder, joined
from .shards import own_part, ratio, whole

__all__ = [
    "Balance",
    "Certainty",
    "Classification",
    "Contest",
    "Discrepancy",
    "Discrimination",
    "Distillation",
    "Imitation",
    "Phase",
    "Reconstruction",
    "Separation",
    "Smoothness",
    "Transport",
]

STRENGTHS = {"mmd": 10.0, "sliced_wasserstein": 1.0}  # of discrepancies, so that a weight means much the same as of I
LARGEST_TURN = 30.0  # of -a in the exponent, so that a hopeless code does not overflow
PROBE = 0.1  # length of the step that the worst direction is estimated with, as a share of the final one
RAREST = 1e-8  # probability below which a class counts as this rare, so that logarithms stay finite


class Phase(Protocol):
    """The parts of the model that it trains, and its losses by name, (K,) each, whose sum it brings down."""

    parts: tuple[str, ...]

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]: ...


class Reconstruction:
    """Creates the phase that makes the decoder undo the encoder."""

    parts: tuple[str, ...] = ("encoder", "decoder", "heads")

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        loss = batch.mean(model.errors(model.decode(batch.encode(model), batch.given), batch.x))
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
        return {"imitation": passed_off(batch, model.judge(batch.encode(model), batch.labels, batch.given))}


class Weighted:
    """Creates a phase that trains the encoder, with a weight for each member, (K,)."""

    parts: tuple[str, ...] = ("encoder",)

    def __init__(self, weight: Tensor) -> None:
        self.weight = weight


class Contest(Weighted):
    """Creates discrimination and imitation from one pass through the adversaries; the weight is imitation's."""

    parts: tuple[str, ...] = ("encoder", "adversaries")

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        code = batch.encode(model)
        shown = code.view_as(code)  # so that only what comes back from the adversaries is turned round
        logits = judged(model, batch, shown)
        verdicts = [logit.detach()[:, 1] for logit in logits]
        shown.register_hook(turn_round(model, self.weight * batch.ramp * batch.error, verdicts))
        return {"discrimination": told_apart(batch, logits), "imitation": passed_off(batch, verdicts)}


class Discrepancy(Weighted):
    """Creates the phase that brings codes to the prior without an adversary, by the named discrepancy."""

    def __init__(self, weight: Tensor, name: str) -> None:
        super().__init__(STRENGTHS[name] * weight)
        self.name = name

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        code = batch.encode(model)
        weight = whole(batch.weights, batch.shard)
        drawn, own = (model.shown(rows, batch.labels, batch.given) for rows in (batch.draw(model), code))
        discrepancy = DISCREPANCIES[self.name]
        found = [
            discrepancy(whole(draws, batch.shard), whole(codes, batch.shard), weight, batch.streams)
            for draws, codes in zip(drawn, own, strict=True)
        ]
        return {self.name: weighted(reduce(torch.add, found), self.weight * batch.ramp * batch.error)}


class Separation:
    """Creates the phase that keeps the heads of categories apart."""

    parts: tuple[str, ...] = ("heads",)

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        assert isinstance(model.heads, Heads), "separation needs heads."
        return {"separation": own_part(model.heads.crowding())}


class Classification(Weighted):
    """Creates the phase that teaches the encoder the labels that are known."""

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        assert batch.labels is not None, "classification needs labels."
        log_probabilities = batch.classify(model).gather(2, batch.labels.clamp(min=0).unsqueeze(-1))
        loss = batch.mean(-log_probabilities.squeeze(-1), among=batch.labels >= 0)
        return {"classification": weighted(loss, self.weight)}


class Distillation(Weighted):
    """Creates the phase that teaches the encoder what a teacher guesses."""

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        assert batch.guesses is not None, "distillation needs guesses."
        loss = batch.mean(-(batch.guesses * batch.classify(model)).sum(-1))
        return {"distillation": weighted(loss, self.weight * batch.taught)}


class Smoothness(Weighted):
    """Creates the phase that keeps the classes of a row the same all around it."""

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        assert batch.radius is not None, "smoothness needs a radius for each row."
        here, x, radius = batch.classify(model).detach(), batch.corrupted, batch.radius.unsqueeze(-1)
        step = (PROBE * radius * normalize(batch.normal(x.shape[-1]), dim=-1)).requires_grad_()
        (worst,) = torch.autograd.grad(divergence(here, model.classify(x + step)).sum(), step)
        there = model.classify(x + radius * normalize(worst, dim=-1, eps=1e-30))
        return {"smoothness": weighted(batch.mean(divergence(here, there)), self.weight)}


class Certainty(Weighted):
    """Creates the phase that makes the encoder decide."""

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        log_p = batch.classify(model)
        return {"certainty": weighted(batch.mean(-(log_p.exp() * log_p).sum(-1)), self.weight * batch.ramp)}


class Balance(Weighted):
    """Creates the phase that gives each class its share of the rows."""

    def __init__(self, weight: Tensor, shares: tuple[float, ...]) -> None:
        super().__init__(weight)
        self.shares = weight.new_tensor(shares)

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        p = batch.classify(model).exp()
        weights = batch.weights.unsqueeze(-1)
        share = ratio((p * weights).sum(1), weights.sum(1))
        log_ratio = share.clamp(min=RAREST).log() - self.shares.clamp(min=RAREST).log()
        return {"balance": weighted((share * log_ratio).sum(-1), self.weight)}


class Transport:
    """Creates the phase that teaches the flow the way from noise to the codes."""

    parts: tuple[str, ...] = ("flow",)

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        assert model.flow is not None, "transport needs a flow."
        assert batch.settled is not None, "transport needs settled codes."
        code = batch.settled
        noise, time = batch.normal(code.shape[-1]), batch.uniform()
        velocity = model.flow(torch.lerp(noise, code, time), time, batch.given)
        return {"transport": batch.mean((velocity - code + noise).square())}


def weighted(loss: Tensor, weight: Tensor) -> Tensor:
    """The loss as it is, with its gradient weighted: what is shown does not depend on the weight."""
    return weight * loss + ((1 - weight) * loss).detach()


def divergence(log_p: Tensor, log_q: Tensor) -> Tensor:
    """Kullback-Leibler divergence of each row, (K, rows), from the logarithms of two distributions."""
    return (log_p.exp() * (log_p - log_q)).sum(-1)


def turn_round(
    model: AdversarialAutoencoder, strength: Tensor, verdicts: Iterable[Tensor]
) -> Callable[[Tensor], Tensor]:
    """What makes of discrimination's gradient at the codes that of imitation, weighted."""
    weight = -strength[:, None]
    factors = [weight * (-a).clamp(max=LARGEST_TURN).exp() for a in verdicts]
    columns = [f.unsqueeze(-1).expand(-1, -1, width) for f, width in zip(factors, model.widths, strict=True)]
    return lambda gradient: gradient * joined(columns)


def judged(model: AdversarialAutoencoder, batch: Batch, code: Tensor) -> list[Tensor]:
    """Logits of each adversary, (K, 2, rows): on as many draws as there are codes, and on the codes."""
    n_members, n = code.shape[:2]
    both = torch.cat([batch.draw(model), code], 1)
    shown = None if batch.labels is None else batch.labels.repeat(1, 2)
    given = None if batch.given is None else batch.given.repeat(1, 2, 1)
    return [logit.view(n_members, 2, n) for logit in model.judge(both, shown, given)]


def told_apart(batch: Batch, logits: Iterable[Tensor]) -> Tensor:
    """The adversaries' loss: draws should have a high logit, codes a low one."""
    # log(1 + exp(-a)) is log(1 + exp(a)) - a, so that one pass serves draws and codes.
    return reduce(torch.add, (batch.mean(softplus(logit).sum(1) - logit[:, 0]) for logit in logits))


def passed_off(batch: Batch, logits: Iterable[Tensor]) -> Tensor:
    """The encoder's loss: codes should have a high logit."""
    return reduce(torch.add, (batch.mean(softplus(-logit)) for logit in logits))
