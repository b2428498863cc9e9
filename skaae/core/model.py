r"""The adversarial autoencoder: an encoder, a decoder, and a discriminator for each block of the latent code.

The encoder turns rows ``x`` into codes, the decoder turns codes, and their conditions, into rows again; discriminator
``i`` outputs the logit of "block ``i`` is a draw from the prior, not a code". The discriminator of a class-conditional
block gets the one-hot label as well, with one more column for "unknown"; and all discriminators get the condition, so
that codes become independent of it.

A row consists of numeric columns and one-hot groups. For a group the decoder outputs logits, whose softmax are the
probabilities of the categories.

Encoder and decoder are an affine map plus a perceptron. Training starts from the affine map alone, set to the whitened
principal components :math:`\Lambda^{-1/2} V^\top (x - \mu)` and their inverse: codes that are already centred,
uncorrelated and of unit variance, so that only what is not linear and not Gaussian is left to learn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss, one_hot

from .._plan import Architecture
from .flow import Flow
from .images import ConvolutionalDecoder, ConvolutionalEncoder
from .latent import BLOCKS, ClusterHeads, Noise
from .lazy_rows import LazyRows
from .networks import Discriminator, Hidden, Layer, Linear, Residual, Trunk
from .random import RandomStreams
from .softmax import log_softmax, softmax

__all__ = ["AdversarialAutoencoder", "concatenate_blocks"]

MAX_PCA_ROWS = 1000
CLASS_LOGIT_STD = 0.3  # at the start of training without labels
MIN_COMPONENT_STD = 1e-2  # whitening a smaller component would amplify its noise


class AdversarialAutoencoder(nn.Module):
    """K adversarial autoencoders of one architecture, with uninitialized parameters."""

    def __init__(self, architecture: Architecture, n_members: int) -> None:
        super().__init__()
        self.architecture = architecture
        blocks = [BLOCKS[block.kind](block) for block in architecture.blocks]
        self.blocks = nn.ModuleList(blocks)
        self.priors = [block.prior for block in blocks]
        self.block_widths = [block.width for block in blocks]
        self.encoder_output_widths = [block.n_encoder_outputs for block in blocks]
        self.n_noise_inputs = sum(block.n_noise_inputs for block in blocks)
        self.label_widths = [(len(b.class_probabilities) + 1) * b.class_conditional for b in architecture.blocks]
        self.category_indices = [i for i, block in enumerate(architecture.blocks) if block.kind == "category"]
        self.cluster_heads: nn.Module = nn.Identity()
        if architecture.cluster_heads:
            self.cluster_heads = ClusterHeads(n_members, self.block_widths[1], self.block_widths[0])
        n_outputs = sum(self.encoder_output_widths)
        n_code_inputs = self.block_widths[0] if architecture.cluster_heads else sum(self.block_widths)
        self.encoder, self.decoder = make_encoder_and_decoder(
            architecture, n_members, self.n_noise_inputs, n_outputs, n_code_inputs
        )
        self.one_hot_runs = [(width, len(list(run))) for width, run in groupby(architecture.one_hot_groups)]
        condition_width = architecture.condition_width
        self.discriminators = nn.ModuleList(
            Discriminator(n_members, (width + label_width + condition_width, *architecture.discriminator_layer_sizes))
            for width, label_width in zip(self.block_widths, self.label_widths, strict=True)
        )
        self.head: nn.Module = nn.Identity()
        if architecture.head_width:
            self.head = Linear(n_members, sum(self.block_widths), architecture.head_width)
        self.flow: Flow | None = None
        if architecture.flow_layer_sizes:
            self.flow = Flow(n_members, sum(self.block_widths), condition_width, architecture.flow_layer_sizes)

    def initialize(self, streams: RandomStreams, x: Tensor | LazyRows, member_rows: Sequence[Tensor] | None) -> None:
        """Sets every parameter; each member starts from the principal components of its rows, and equal classes."""
        for layer in self.modules():
            if isinstance(layer, Layer | ClusterHeads):
                layer.reset_parameters(streams)
        self.encoder.zero_init()
        self.decoder.zero_init()
        if isinstance(self.head, Linear):
            self.head.zero_init()
        if self.flow is not None:
            self.flow.zero_init()
        if member_rows is None:
            self._start_from_principal_components(slice(None), x)
        for member, rows in enumerate(member_rows or ()):
            self._start_from_principal_components(slice(member, member + 1), x[rows])

    @torch.no_grad()
    def randomize_class_logits(self, streams: RandomStreams) -> None:
        """Makes class probabilities start slightly different, so that they can diverge without labels."""
        for index in self.category_indices[:1]:
            weights = split_blocks(self.encoder.weight, self.encoder_output_widths)
            weight = weights[index][..., : self.block_widths[index]]
            weight.copy_(streams.normal(*weight.shape[1:]) * CLASS_LOGIT_STD / weight.shape[1] ** 0.5)

    def encode(self, x: Tensor) -> Tensor:
        """Codes of rows, without noise: (K, rows, columns) to (K, rows, width)."""
        return self.to_code(self.encoder_output(x))

    def encoder_output(self, x: Tensor, noise: Noise | None = None) -> Tensor:
        """The encoder's output for rows, and for the noise of universal posteriors, which is zero if not given."""
        if not self.n_noise_inputs:
            return self.encoder(x)
        draws = x.new_zeros(*x.shape[:-1], self.n_noise_inputs) if noise is None else noise(self.n_noise_inputs)
        return self.encoder(torch.cat([x, draws], -1))

    def to_code(self, encoder_output: Tensor, noise: Noise | None = None) -> Tensor:
        """The code of an encoder's output."""
        parts = split_blocks(encoder_output, self.encoder_output_widths)
        return concatenate_blocks([block(part, noise) for block, part in zip(self.blocks, parts, strict=True)])

    @property
    def transforms_encoder_output(self) -> bool:
        """Whether the code in training is not the encoder's output itself."""
        return bool(self.category_indices) or self.encoder_output_widths != self.block_widths

    def predict_log_proba(self, x: Tensor) -> Tensor:
        """Log probabilities of the classes of rows: (K, rows, columns) to (K, rows, classes)."""
        return self.to_log_proba(self.encoder_output(x))

    def to_log_proba(self, encoder_output: Tensor) -> Tensor:
        """Log probabilities of the classes, (K, rows, classes), of an encoder's output."""
        return log_softmax(split_blocks(encoder_output, self.encoder_output_widths)[self.category_indices[0]])

    def decode(self, code: Tensor, condition: Tensor | None = None) -> Tensor:
        """The decoder's output, with logits of one-hot groups: (K, rows, width) to (K, rows, features)."""
        x = self.cluster_heads(code)
        return self.decoder(x if condition is None else torch.cat([x, condition], -1))

    def to_rows(self, decoder_output: Tensor) -> Tensor:
        """The rows of a decoder's output: numeric columns, and probabilities of one-hot groups."""
        numeric, *groups = self.split_columns(decoder_output)
        return concatenate_blocks([numeric, *(softmax(group).flatten(-2) for group in groups)])

    def reconstruction_errors(self, decoder_output: Tensor, x: Tensor) -> Tensor:
        """Squared errors of numeric columns, and cross-entropies of one-hot groups; 0 where a cell is missing."""
        n_features, mask_indices = self.architecture.n_features, list(self.architecture.mask_indices)
        numeric, *groups = self.split_columns(decoder_output)
        target, *targets = self.split_columns(x[..., :n_features])
        entropies = [-(y * log_softmax(group)).sum(-1) for group, y in zip(groups, targets, strict=True)]
        errors = concatenate_blocks([mse_loss(numeric, target, reduction="none"), *entropies])
        return errors * (1 - x[..., n_features:][..., mask_indices]) if mask_indices else errors

    def sample_prior(self, n: int, streams: RandomStreams, labels: Tensor | None = None) -> Tensor:
        """Draws from the prior, (K, n, width); class-conditional blocks follow the labels, (K, n), where known."""
        block_labels = [labels if label_width else None for label_width in self.label_widths]
        return concatenate_blocks([prior(n, streams, y) for prior, y in zip(self.priors, block_labels, strict=True)])

    def discriminate(self, code: Tensor, labels: Tensor | None, condition: Tensor | None) -> Iterator[Tensor]:
        """Logits of each discriminator, (K, rows)."""
        inputs = self.discriminator_inputs(code, labels, condition)
        return (discriminator(x) for discriminator, x in zip(self.discriminators, inputs, strict=True))

    def discriminator_inputs(self, code: Tensor, labels: Tensor | None, condition: Tensor | None) -> Iterator[Tensor]:
        """The input of each discriminator: its block, the one-hot labels if class-conditional, and the condition."""
        for block, label_width in zip(split_blocks(code, self.block_widths), self.label_widths, strict=True):
            inputs = [block]
            if label_width:
                assert labels is not None, "the discriminator of a class-conditional block needs labels."
                inputs.append(one_hot(labels + 1, label_width).to(block.dtype))
            if condition is not None:
                inputs.append(condition)
            yield concatenate_blocks(inputs)

    def split_columns(self, x: Tensor) -> Sequence[Tensor]:
        """Numeric columns, and for each run of one-hot groups of one width its groups, (K, rows, groups, width)."""
        if not self.one_hot_runs:
            return [x]
        numeric, *runs = x.split([self.architecture.n_numeric, *(width * n for width, n in self.one_hot_runs)], -1)
        groups = [run.unflatten(-1, (n, width)) for run, (width, n) in zip(runs, self.one_hot_runs, strict=True)]
        return [numeric, *groups]

    @torch.no_grad()
    def _start_from_principal_components(self, members: slice, x: Tensor | LazyRows) -> None:
        sample = x[:: -(-len(x) // MAX_PCA_ROWS)][:, : self.architecture.n_features]
        mean, components, std = principal_components(sample, self.block_widths[0])
        whitening = components.T / std
        n = len(components)
        self.encoder.linear.weight[members, : len(mean), :n] = whitening
        self.encoder.linear.bias[members, 0, :n] = -mean @ whitening
        self.decoder.linear.weight[members, :n] = components * std[:, None]
        self.decoder.linear.bias[members, 0] = mean


def make_encoder_and_decoder(
    architecture: Architecture, n_members: int, n_noise_inputs: int, n_outputs: int, n_code_inputs: int
) -> tuple[Residual, Residual | ConvolutionalDecoder]:
    """Encoder, from features, mask and noise, and decoder, from code and condition."""
    n_features, hidden = architecture.n_features, architecture.hidden_layer_sizes
    n_encoder_inputs = n_features + architecture.n_mask_columns + n_noise_inputs
    n_decoder_inputs = n_code_inputs + architecture.condition_width
    shape, activation = architecture.image_shape, architecture.activation
    if shape is None:
        trunk: Trunk = Hidden(n_members, (n_encoder_inputs, *hidden), activation)
        decoder_trunk = Hidden(n_members, (n_decoder_inputs, *hidden[::-1]), activation)
        decoder: Residual | ConvolutionalDecoder = Residual(n_members, n_decoder_inputs, decoder_trunk, n_features)
    else:
        trunk = ConvolutionalEncoder(n_members, n_encoder_inputs, hidden, shape, activation)
        decoder = ConvolutionalDecoder(n_members, n_decoder_inputs, hidden[::-1], shape, activation)
    return Residual(n_members, n_encoder_inputs, trunk, n_outputs), decoder


def split_blocks(x: Tensor, widths: list[int]) -> Sequence[Tensor]:
    """The blocks of a code, or of an encoder's output."""
    return [x] if len(widths) == 1 else x.split(widths, -1)


def concatenate_blocks(blocks: list[Tensor]) -> Tensor:
    """Blocks side by side, along the last axis."""
    return blocks[0] if len(blocks) == 1 else torch.cat(blocks, -1)


def principal_components(x: Tensor, n: int) -> tuple[Tensor, Tensor, Tensor]:
    """Mean, (features,), the first components, (n, features) or fewer, and their standard deviations."""
    device, x = x.device, x.cpu().double()
    mean = x.mean(0)
    _, singular_values, components = torch.linalg.svd(x - mean, full_matrices=False)
    components = components[:n]
    largest = components.gather(1, components.abs().argmax(1, keepdim=True))
    std = (singular_values[:n] / max(1, len(x) - 1) ** 0.5).clamp(min=MIN_COMPONENT_STD)
    mean, components, std = (t.to(device, torch.float32) for t in (mean, components * largest.sign(), std))
    return mean, components, std
