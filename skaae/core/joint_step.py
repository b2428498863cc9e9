r"""The gradients of a joint step, written out: without a graph, which costs more than the products of small networks.

Dense layers (see `dense_gradients`), errors of cells and the adversarial loss have simple gradients. Where codes are
not just the encoder's output, a graph leads from one small tensor to the next. What is trained by other losses, or has
other networks, takes one graph for all (`is_supported`). Softmax of groups is written out too, because torch takes five
times as long for groups of less than sixteen columns (see `softmax`).

Of :math:`n` rows, the gradient of the discriminator's loss at its logits :math:`a` is :math:`(\sigma(a) - 1) / n` for
draws and :math:`\sigma(a) / n` for codes; on its way to the encoder it is reversed (see `losses`).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .data import Batch
from .dense_gradients import Gradients, has_rectifiers, hidden_gradients, hidden_layers, residual, residual_gradients
from .distributed import is_distributed
from .losses import (
    AdversarialLoss,
    BalanceLoss,
    DistillationLoss,
    EntropyLoss,
    Loss,
    ReconstructionLoss,
    SupervisedLoss,
    discriminator_loss,
    generator_loss,
    inputs_of_draws_and_codes,
    reverse_gradient,
)
from .model import AdversarialAutoencoder, concatenate_blocks
from .networks import Discriminator, Residual

__all__ = ["is_supported", "joint_gradients"]

CLASS_LOSSES = (SupervisedLoss, DistillationLoss, EntropyLoss, BalanceLoss)  # of the encoder's output alone


def is_supported(model: AdversarialAutoencoder, losses: Sequence[Loss], device: torch.device) -> bool:
    """Whether `joint_gradients` has the gradients of the losses."""
    has_losses = all(isinstance(loss, (ReconstructionLoss, AdversarialLoss, *CLASS_LOSSES)) for loss in losses)
    is_dense = isinstance(model.decoder, Residual) and has_rectifiers(model.encoder) and has_rectifiers(model.decoder)
    is_plain = not model.architecture.cluster_heads and not model.n_noise_inputs
    starts = bool(losses) and isinstance(losses[0], ReconstructionLoss)
    return starts and has_losses and is_dense and is_plain and device.type == "cpu" and not is_distributed()


@torch.no_grad()
def joint_gradients(
    model: AdversarialAutoencoder, losses: Sequence[Loss], batch: Batch
) -> tuple[dict[str, Tensor], Gradients]:
    """The losses by name, (K,) each, and the gradients of their sum."""
    gradients: Gradients = {}
    encoder_output, hidden = residual(model.encoder, batch.encoder_input)
    class_losses = [loss for loss in losses if isinstance(loss, CLASS_LOSSES)]
    needs_graph = bool(class_losses) or model.transforms_encoder_output
    with torch.set_grad_enabled(needs_graph):
        batch.encoder_output = encoder_output.requires_grad_(needs_graph)
        batch.code = model.to_code(batch.encoder_output, batch.normal)
    code = batch.code.detach()
    values, of_code = reconstruction_gradients(model, losses[0], batch, code, gradients)
    for loss in losses:
        if isinstance(loss, AdversarialLoss):
            adversarial, of_discriminated = adversarial_gradients(model, loss, batch, code, gradients)
            values, of_code = values | adversarial, of_code + of_discriminated
    of_output = of_code
    if needs_graph:
        with torch.enable_grad():
            of_classes = {name: value for loss in class_losses for name, value in loss(model, batch).items()}
            # Sums, because torch compares shapes of other gradients by sympy, whose import takes half a second.
            sums = [(batch.code * of_code).sum(), *(value.sum() for value in of_classes.values())]
        (of_output,) = torch.autograd.grad(sums, [batch.encoder_output])
        values |= {name: value.detach() for name, value in of_classes.items()}
    residual_gradients(model.encoder, batch.encoder_input, hidden, of_output, gradients)
    return values, gradients


def reconstruction_gradients(
    model: AdversarialAutoencoder, loss: Loss, batch: Batch, code: Tensor, gradients: Gradients
) -> tuple[dict[str, Tensor], Tensor]:
    """The reconstruction error, and its gradient at the codes."""
    x = code if batch.condition is None else torch.cat([code, batch.condition], -1)
    decoder = model.decoder
    assert isinstance(decoder, Residual), "layers of the decoder should be dense."
    assert isinstance(loss, ReconstructionLoss), "the first loss should be the reconstruction error."
    output, hidden = residual(decoder, x)
    errors, of_output = error_gradients(model, loss, batch, output)
    batch.reconstruction_error = batch.mean(errors)
    if batch.row_weight is None:
        of_output.mul_(2 / errors[0].numel())
    else:
        n_rows = batch.row_weight.sum(-1, keepdim=True).clamp(min=1)
        of_output.mul_((2 * batch.row_weight / (n_rows * errors.shape[-1])).unsqueeze(-1))
    of_x = residual_gradients(decoder, x, hidden, of_output, gradients, n_inputs=code.shape[-1])
    return {"reconstruction": batch.reconstruction_error}, of_x


def error_gradients(
    model: AdversarialAutoencoder, loss: ReconstructionLoss, batch: Batch, output: Tensor
) -> tuple[Tensor, Tensor]:
    """The errors of cells, (K, rows, cells), and half the gradient of their sum at the decoder's output."""
    n_features, mask_indices = model.architecture.n_features, list(model.architecture.mask_indices)
    numeric, *groups = model.split_columns(output)
    target, *targets = model.split_columns(batch.x[..., :n_features])
    difference = numeric - target
    errors, of_numeric, of_groups = [difference.square()], difference, []
    for group, y in zip(groups, targets, strict=True):
        logits = group - group.amax(-1, keepdim=True)
        odds = logits.exp()
        total = odds.sum(-1, keepdim=True)
        errors.append((y * (total.log() - logits)).sum(-1))
        of_groups.append(odds.mul_(y.sum(-1, keepdim=True) / total).sub_(y).mul_(0.5))
    of_cells = concatenate_blocks(errors)
    if mask_indices:
        counted = 1 - batch.x[..., n_features:]
        if loss.masked_only:
            counted = counted * batch.encoder_input[..., n_features:]
        counted = counted[..., mask_indices]
        of_cells = of_cells * counted
        of_numeric_cells, *of_group_cells = counted.split([part.shape[2] for part in errors], -1)
        of_numeric = of_numeric * of_numeric_cells
        of_groups = [part.mul_(cells.unsqueeze(-1)) for part, cells in zip(of_groups, of_group_cells, strict=True)]
    return of_cells, concatenate_blocks([of_numeric, *(part.flatten(-2) for part in of_groups)])


def adversarial_gradients(
    model: AdversarialAutoencoder, loss: AdversarialLoss, batch: Batch, code: Tensor, gradients: Gradients
) -> tuple[dict[str, Tensor], Tensor]:
    """The discriminators' and the generator's loss, and the gradient of the latter at the codes."""
    n_members, n = code.shape[:2]
    scale = torch.full_like(code[..., 0], 1 / n)
    if batch.row_weight is not None:
        scale = batch.row_weight / batch.row_weight.sum(-1, keepdim=True).clamp(min=1)
    logits, of_blocks = [], []
    inputs = inputs_of_draws_and_codes(model, batch, code)
    for discriminator, x, width in zip(model.discriminators, inputs, model.block_widths, strict=True):
        assert isinstance(discriminator, Discriminator), "discriminators should be perceptrons."
        hidden, weight = hidden_layers(discriminator.hidden, x), discriminator.weight
        # No products with one column, whose last bits depend on the number of members.
        logit = ((hidden[-1] * weight.mT).sum(-1) + discriminator.bias.squeeze(-1)).view(n_members, 2, n)
        of_logit = logit.sigmoid()
        of_logit[:, 0] -= 1
        of_logit = (of_logit * scale.unsqueeze(1)).view(n_members, 2 * n, 1)
        last = discriminator.last
        gradients[last.weight] = (hidden[-1] * of_logit).sum(1).unsqueeze(-1).expand_as(last.weight)
        gradients[last.bias] = of_logit.sum(1, keepdim=True).expand_as(last.bias)
        of_x = hidden_gradients(discriminator.hidden, x, hidden, of_logit * weight.mT, gradients, width, slice(n, None))
        logits.append(logit)
        of_blocks.append(of_x)
    code_logits = [logit[:, 1] for logit in logits]
    weight = loss.weight * batch.ramp * batch.reconstruction_error
    of_code = reverse_gradient(model, weight, code_logits)(concatenate_blocks(of_blocks))
    values = {"discriminator": discriminator_loss(batch, logits), "generator": generator_loss(batch, code_logits)}
    return values, of_code
