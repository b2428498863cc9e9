r"""Losses: each trains a part of the model, and is one number for each member.

With encoder :math:`q(x)`, decoder :math:`d`, discriminator logits :math:`a` and prior :math:`p`, the losses of the
adversarial autoencoder are

- the reconstruction error, :math:`E = \lVert d(q(x + \varepsilon)) - x \rVert^2`, a mean over the columns, with the
  cross-entropy in place of the square for one-hot groups, which trains encoder and decoder;
- the discriminator loss, :math:`D = \log(1 + e^{-a(z)}) + \log(1 + e^{a(q(x))})` with :math:`z \sim p`;
- the generator loss, :math:`G = \log(1 + e^{-a(q(x))})`, in its non-saturating form, which trains the encoder.

The paper minimizes them in alternating phases. The adversarial loss computes the last two from one pass through the
discriminator: the gradient :math:`\sigma(a) \nabla a` of :math:`D` at the codes is multiplied by :math:`-e^{-a}` on its
way to the encoder, which makes it that of :math:`G`, :math:`-\sigma(-a) \nabla a` (after the gradient reversal of Ganin
and Lempitsky, "Unsupervised domain adaptation by backpropagation", 2015, arXiv 1409.7495, which saturates).

In place of the adversarial loss there may be a discrepancy between draws from the prior and codes (see
`discrepancies`), which the encoder minimizes in place of :math:`G`.

The encoder then minimizes :math:`E + w [E] G`. The factor :math:`[E]`, which is constant for the gradient, gives the
weight :math:`w` the same meaning for columns that are easy to reconstruct and for others: the gradient is
proportional to that of :math:`\log E + w G`, a Gaussian likelihood with the optimal variance (Rybkin, Daniilidis and
Levine, "Simple and effective VAE training with calibrated decoders", 2021, arXiv 2006.13202).

Where the code has a category block, with class probabilities :math:`p(x)`, further losses train the encoder:

- supervised, :math:`-\log p_y(x)`, on rows whose class :math:`y` is known;
- distillation, :math:`-\sum_c t_c \log p_c(x)`, on all rows, with the soft labels :math:`t` of a teacher (Hinton,
  Vinyals and Dean, "Distilling the knowledge in a neural network", 2015, arXiv 1503.02531);
- virtual adversarial, :math:`\mathrm{KL}(p(x) \parallel p(x + r))` with the perturbation :math:`r` of a given length
  that changes :math:`p` most (Miyato, Maeda, Koyama and Ishii, "Virtual adversarial training", 2017,
  arXiv 1704.03976), the length being a fraction of the distance to nearby rows (Hu, Miyato, Tokui, Matsumoto and
  Sugiyama, "Learning discrete representations via information maximizing self-augmented training", 2017,
  arXiv 1702.08720);
- entropy, that of :math:`p(x)` (Grandvalet and Bengio, "Semi-supervised learning by entropy minimization", 2004), which
  alone would assign all rows to one class, and so needs
- balance, :math:`\mathrm{KL}(\bar p \parallel \pi)` of the mean of :math:`p` over a batch and the prior's class
  probabilities :math:`\pi`.

Cluster heads (see `latent`) have a loss that separates them:

- head separation, the mean of :math:`\max(0, \delta - \lVert w_i - w_j \rVert)^2` over pairs.

Where rows have targets :math:`t`, the encoder and a head :math:`h`, an affine map of the code, have a loss

- supervised, :math:`\lVert h(q(x + \varepsilon)) - t \rVert^2`.

The flow (see `flow`) is trained after the other parts, on codes that no longer change:

- flow matching, :math:`\lVert v(z_t, t) - (z - \varepsilon) \rVert^2` with codes :math:`z`, noise :math:`\varepsilon`
  and :math:`z_t = (1 - t) \varepsilon + t z` at a time :math:`t` drawn from [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import normalize, softplus

from .data import Batch
from .discrepancies import DISCREPANCIES
from .distributed import all_gather, all_reduce_mean, scale_gradient
from .latent import ClusterHeads, adjust_log_proba
from .model import AdversarialAutoencoder, concatenate_blocks

__all__ = [
    "AdversarialLoss",
    "BalanceLoss",
    "DiscrepancyLoss",
    "DiscriminatorLoss",
    "DistillationLoss",
    "EntropyLoss",
    "FlowMatchingLoss",
    "GeneratorLoss",
    "HeadLoss",
    "HeadSeparationLoss",
    "Loss",
    "ReconstructionLoss",
    "SupervisedLoss",
    "VirtualAdversarialLoss",
]

DISCREPANCY_SCALES = {"mmd": 10.0, "sliced_wasserstein": 1.0}  # so that weights mean about the same as of G
MAX_REVERSAL_EXPONENT = 30.0  # of e^{-a}, which would overflow for codes far from the prior
VAT_XI = 0.1  # length of the step of the power iteration, as a fraction of the radius
MIN_PROBABILITY = 1e-8  # in logarithms, which stay finite


class Loss(Protocol):
    """A loss: the modules of the model that it trains, and its values by name, (K,) each, whose sum is minimized."""

    modules: tuple[str, ...]

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]: ...


class ReconstructionLoss:
    """The reconstruction error, of all cells or of those that the encoder does not see."""

    modules: tuple[str, ...] = ("encoder", "decoder", "cluster_heads")

    def __init__(self, masked_only: bool = False) -> None:
        self.masked_only = masked_only

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        decoder_output = model.decode(batch.encode(model), batch.condition)
        errors = model.reconstruction_errors(decoder_output, batch.x)
        if self.masked_only:
            mask = batch.encoder_input[..., model.architecture.n_features :]
            errors = errors * mask[..., list(model.architecture.mask_indices)]
        loss = batch.mean(errors)
        batch.reconstruction_error = loss.detach()
        return {"reconstruction": loss}


class DiscriminatorLoss:
    """The discriminators' loss, with the encoder fixed."""

    modules: tuple[str, ...] = ("discriminators",)

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        logits = discriminator_logits(model, batch, batch.encode(model).detach())
        return {"discriminator": discriminator_loss(batch, logits)}


class GeneratorLoss:
    """The encoder's adversarial loss, with the discriminators fixed."""

    modules: tuple[str, ...] = ("encoder",)

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        logits = model.discriminate(batch.encode(model), batch.labels, batch.condition)
        return {"generator": generator_loss(batch, logits)}


class WeightedLoss:
    """A loss of the encoder, with a weight for each member, (K,)."""

    modules: tuple[str, ...] = ("encoder",)

    def __init__(self, weight: Tensor) -> None:
        self.weight = weight


class AdversarialLoss(WeightedLoss):
    """Discriminator and generator loss from one pass through the discriminators; the weight is that of the latter."""

    modules: tuple[str, ...] = ("encoder", "discriminators")

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        code = batch.encode(model)
        discriminated = code.view_as(code)  # its gradient is that of the discriminators only
        logits = discriminator_logits(model, batch, discriminated)
        code_logits = [logit.detach()[:, 1] for logit in logits]
        weight = self.weight * batch.ramp * batch.reconstruction_error
        discriminated.register_hook(reverse_gradient(model, weight, code_logits))
        return {"discriminator": discriminator_loss(batch, logits), "generator": generator_loss(batch, code_logits)}


class DiscrepancyLoss(WeightedLoss):
    """The named discrepancy between draws from the prior and codes."""

    def __init__(self, weight: Tensor, name: str) -> None:
        super().__init__(DISCREPANCY_SCALES[name] * weight)
        self.name = name

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        code = batch.encode(model)
        row_weight = all_gather(batch.row_weight_or_ones, batch.shard)
        draws, codes = (
            model.discriminator_inputs(z, batch.labels, batch.condition) for z in (batch.sample_prior(model), code)
        )
        discrepancies = [
            DISCREPANCIES[self.name](all_gather(p, batch.shard), all_gather(q, batch.shard), row_weight, batch.streams)
            for p, q in zip(draws, codes, strict=True)
        ]
        weight = self.weight * batch.ramp * batch.reconstruction_error
        return {self.name: weight_gradient(reduce(torch.add, discrepancies), weight)}


class HeadSeparationLoss:
    """The loss that separates cluster heads."""

    modules: tuple[str, ...] = ("cluster_heads",)

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        assert isinstance(model.cluster_heads, ClusterHeads), "the separation loss needs cluster heads."
        return {"separation": scale_gradient(model.cluster_heads.separation_loss())}


class HeadLoss(WeightedLoss):
    """The squared error of the head, an affine map of the code, where it predicts targets."""

    modules: tuple[str, ...] = ("encoder", "head")

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        assert batch.targets is not None, "the head needs targets."
        errors = (model.head(batch.encode(model)) - batch.targets).square()
        return {"supervised": weight_gradient(batch.mean(errors), self.weight)}


class SupervisedLoss(WeightedLoss):
    """The cross-entropy of the labels that are known.

    Where classes have other shares among the labels than among all rows, these enter as an adjustment of the logits
    (Menon, Jayasumana, Rawat, Jain, Veit and Kumar, "Long-tail learning via logit adjustment", 2021).
    """

    def __init__(self, weight: Tensor, logit_adjustment: tuple[float, ...] | None = None) -> None:
        super().__init__(weight)
        self.logit_adjustment = logit_adjustment

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        assert batch.labels is not None, "the supervised loss needs labels."
        log_proba = adjust_log_proba(batch.predict_log_proba(model), self.logit_adjustment)
        log_proba = log_proba.gather(2, batch.labels.clamp(min=0).unsqueeze(-1))
        loss = batch.mean(-log_proba.squeeze(-1), where=batch.labels >= 0)
        return {"supervised": weight_gradient(loss, self.weight)}


class DistillationLoss(WeightedLoss):
    """The cross-entropy of the teacher's soft labels."""

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        assert batch.soft_labels is not None, "distillation needs soft labels."
        loss = batch.mean(-(batch.soft_labels * batch.predict_log_proba(model)).sum(-1))
        return {"distillation": weight_gradient(loss, self.weight * batch.uses_soft_labels)}


class VirtualAdversarialLoss(WeightedLoss):
    """The divergence between the class probabilities of rows and of rows with a virtual adversarial perturbation."""

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        assert batch.vat_radius is not None, "virtual adversarial training needs a radius for each row."
        log_p, x, radius = batch.predict_log_proba(model).detach(), batch.encoder_input, batch.vat_radius.unsqueeze(-1)
        step = (VAT_XI * radius * normalize(batch.normal(x.shape[-1]), dim=-1)).requires_grad_()
        (gradient,) = torch.autograd.grad(kl_divergence(log_p, model.predict_log_proba(x + step)).sum(), step)
        log_q = model.predict_log_proba(x + radius * normalize(gradient, dim=-1, eps=1e-30))
        return {"vat": weight_gradient(batch.mean(kl_divergence(log_p, log_q)), self.weight)}


class EntropyLoss(WeightedLoss):
    """The entropy of the class probabilities."""

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        log_p = batch.predict_log_proba(model)
        entropy = batch.mean(-(log_p.exp() * log_p).sum(-1))
        return {"entropy": weight_gradient(entropy, self.weight * batch.ramp)}


class BalanceLoss(WeightedLoss):
    """The divergence between the mean class probabilities of a batch and those of the prior."""

    def __init__(self, weight: Tensor, class_probabilities: tuple[float, ...]) -> None:
        super().__init__(weight)
        self.class_probabilities = weight.new_tensor(class_probabilities)

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        p = batch.predict_log_proba(model).exp()
        row_weight = batch.row_weight_or_ones.unsqueeze(-1)
        mean = all_reduce_mean((p * row_weight).sum(1), row_weight.sum(1))
        log_prior = self.class_probabilities.clamp(min=MIN_PROBABILITY).log()
        log_ratio = mean.clamp(min=MIN_PROBABILITY).log() - log_prior
        return {"balance": weight_gradient((mean * log_ratio).sum(-1), self.weight)}


class FlowMatchingLoss:
    """The squared error of the flow's velocity on lines from noise to codes."""

    modules: tuple[str, ...] = ("flow",)

    def __call__(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        assert model.flow is not None, "flow matching needs a flow."
        assert batch.target_codes is not None, "flow matching needs target codes."
        code = batch.target_codes
        noise, time = batch.normal(code.shape[-1]), batch.uniform()
        velocity = model.flow(torch.lerp(noise, code, time), time, batch.condition)
        return {"flow": batch.mean((velocity - code + noise).square())}


def weight_gradient(loss: Tensor, weight: Tensor) -> Tensor:
    """The loss with a weighted gradient: its value does not depend on the weight."""
    return weight * loss + ((1 - weight) * loss).detach()


def kl_divergence(log_p: Tensor, log_q: Tensor) -> Tensor:
    """Kullback-Leibler divergence of each row, (K, rows), from the logarithms of two distributions."""
    return (log_p.exp() * (log_p - log_q)).sum(-1)


def reverse_gradient(
    model: AdversarialAutoencoder, weight: Tensor, code_logits: Iterable[Tensor]
) -> Callable[[Tensor], Tensor]:
    """The hook that turns the discriminator loss's gradient at the codes into that of the weighted generator loss."""
    negative = -weight[:, None]
    factors = [negative * (-a).clamp(max=MAX_REVERSAL_EXPONENT).exp() for a in code_logits]
    columns = [f.unsqueeze(-1).expand(-1, -1, width) for f, width in zip(factors, model.block_widths, strict=True)]
    return lambda gradient: gradient * concatenate_blocks(columns)


def discriminator_logits(model: AdversarialAutoencoder, batch: Batch, code: Tensor) -> list[Tensor]:
    """Logits of each discriminator, (K, 2, rows): of draws from the prior, and of as many codes."""
    n_members, n = code.shape[:2]
    inputs = inputs_of_draws_and_codes(model, batch, code)
    pairs = zip(model.discriminators, inputs, strict=True)
    return [discriminator(x).view(n_members, 2, n) for discriminator, x in pairs]


def inputs_of_draws_and_codes(model: AdversarialAutoencoder, batch: Batch, code: Tensor) -> Iterator[Tensor]:
    """The input of each discriminator, (K, 2 rows, width): draws from the prior, and as many codes."""
    draws_and_codes = torch.cat([batch.sample_prior(model), code], 1)
    labels = None if batch.labels is None else batch.labels.repeat(1, 2)
    condition = None if batch.condition is None else batch.condition.repeat(1, 2, 1)
    return model.discriminator_inputs(draws_and_codes, labels, condition)


def discriminator_loss(batch: Batch, logits: Iterable[Tensor]) -> Tensor:
    """The discriminators' loss, (K,), from logits of draws and of codes."""
    # log(1 + exp(-a)) is log(1 + exp(a)) - a, so that one softplus serves draws and codes.
    return reduce(torch.add, (batch.mean(softplus(logit).sum(1) - logit[:, 0]) for logit in logits))


def generator_loss(batch: Batch, code_logits: Iterable[Tensor]) -> Tensor:
    """The encoder's adversarial loss, (K,), from logits of codes."""
    return reduce(torch.add, (batch.mean(softplus(-logit)) for logit in code_logits))
