r"""The adversarial autoencoder: an encoder, a decoder, and an adversary for each block of the code.

Rows ``x`` become a code, block beside block; the decoder turns the code, and what is given beside it, into rows again;
adversary ``i`` gives the logit of "this is a draw from the prior, and no code" for block ``i``. Where the block's prior
is informed by labels, the adversary is shown them too, one of them being "unknown"; and it is shown what is given
beside the code, so that the code cannot tell it.

Rows are values and choices among the columns of a group. What the decoder puts out for a choice are logits, whose
softmax are the probabilities of the group's columns.

Encoder and decoder are an affine map plus a perceptron. Training starts from the map alone, set to the whitened
principal components :math:`\Lambda^{-1/2} V^\top (x - \mu)` and their inverse: codes that are already centred,
uncorrelated and of unit spread, so that only what is not linear and not Gaussian is left to learn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss, one_hot

from ..plan import Architecture
from .flow import Flow
from .images import Convolution, Convolved, Painter
from .latent import BLOCKS, Chance, Heads
from .networks import Adversary, Hidden, Linear, Residual, Trunk
from .rows import Fetched
from .streams import Streams

__all__ = ["AdversarialAutoencoder", "joined"]

PCA_ROWS = 1000  # rows that the principal components of the start are taken from, at most
UNDECIDED = 0.3  # spread of the logits of classes at the start, where no one tells them apart
SMALLEST_SPREAD = 1e-2  # of a principal component; whitening a smaller one would blow up its noise


class AdversarialAutoencoder(nn.Module):
    """Creates K adversarial autoencoders of one architecture; their weights are not set yet."""

    def __init__(self, architecture: Architecture, n_members: int) -> None:
        super().__init__()
        self.architecture = architecture
        blocks = [BLOCKS[block.kind](block) for block in architecture.blocks]
        self.blocks = nn.ModuleList(blocks)
        self.priors = [block.prior for block in blocks]
        self.n_inputs = [block.n_inputs for block in blocks]
        self.widths = [block.width for block in blocks]
        self.n_noise = sum(block.n_noise for block in blocks)
        self.n_told = [(len(block.classes) + 1) * block.informed for block in architecture.blocks]
        self.categories = [i for i, block in enumerate(architecture.blocks) if block.kind == "category"]
        features = architecture.n_features
        n_marks = max(architecture.marks, default=-1) + 1
        self.heads: nn.Module = nn.Identity()
        if architecture.heads:
            self.heads = Heads(n_members, self.widths[1], self.widths[0])
        represented = self.widths[0] if architecture.heads else sum(self.widths)
        self.encoder, self.decoder = trunks(
            architecture, n_members, n_marks + self.n_noise, sum(self.n_inputs), represented + architecture.n_given
        )
        self.n_values = features - sum(architecture.choices)
        self.choices = [(width, len(list(group))) for width, group in groupby(architecture.choices)]
        self.adversaries = nn.ModuleList(
            Adversary(n_members, (width + n_told + architecture.n_given, *architecture.adversary_layer_sizes))
            for width, n_told in zip(self.widths, self.n_told, strict=True)
        )
        self.flow: Flow | None = None
        if architecture.flow_layer_sizes:
            self.flow = Flow(n_members, sum(self.widths), architecture.n_given, architecture.flow_layer_sizes)

    def initialise(self, streams: Streams, rows: Sequence[Tensor | Fetched], *, told: bool = True) -> None:
        """Sets every weight; member k starts from the principal components of ``rows[k]``.

        Classes start alike. Where no one tells them apart, they start a little different, so that they can part.
        """
        for layer in self.modules():
            if isinstance(layer, Linear | Convolution | Heads):
                layer.initialise(streams)
        self.encoder.clear()
        self.decoder.clear()
        if self.flow is not None:
            self.flow.clear()
        if not told and self.categories:
            self._part_classes(streams)
        for member, x in enumerate(rows):
            self._start_from_components(member, x)

    def encode(self, x: Tensor) -> Tensor:
        """Codes of rows, without chance: (K, rows, features) to (K, rows, width)."""
        return self.code_of(self.outputs(x))

    def outputs(self, x: Tensor, chance: Chance | None = None) -> Tensor:
        """The encoder's outputs on rows, and on the noise that posteriors ask for; without chance it is zero."""
        if not self.n_noise:
            return self.encoder(x)
        noise = x.new_zeros(*x.shape[:-1], self.n_noise) if chance is None else chance(self.n_noise)
        return self.encoder(torch.cat([x, noise], -1))

    def code_of(self, h: Tensor, chance: Chance | None = None) -> Tensor:
        """The code that the encoder's outputs stand for."""
        return joined([block(part, chance) for block, part in zip(self.blocks, parted(h, self.n_inputs), strict=True)])

    def classify(self, x: Tensor) -> Tensor:
        """Log probabilities of the classes of rows: (K, rows, features) to (K, rows, classes)."""
        return self.log_probabilities_of(self.outputs(x))

    def log_probabilities_of(self, h: Tensor) -> Tensor:
        """Logarithms of the category block, (K, rows, classes), from the encoder's outputs."""
        return parted(h, self.n_inputs)[self.categories[0]].log_softmax(-1)

    def decode(self, code: Tensor, given: Tensor | None = None) -> Tensor:
        """The decoder's outputs, which are values and logits of choices: (K, rows, width) to (K, rows, features)."""
        representation = self.heads(code)
        return self.decoder(representation if given is None else torch.cat([representation, given], -1))

    def rows_of(self, outputs: Tensor) -> Tensor:
        """The rows that the decoder's outputs stand for: values, and probabilities of choices."""
        values, *groups = self._parts(outputs)
        return joined([values, *(group.softmax(-1).flatten(-2) for group in groups)])

    def errors(self, outputs: Tensor, x: Tensor) -> Tensor:
        """Squared errors of values, and cross-entropies of choices, (K, rows, values and choices); 0 where unknown."""
        n = self.architecture.n_features
        (values, *groups), (wanted, *chosen) = self._parts(outputs), self._parts(x[..., :n])
        entropies = [-(one * group.log_softmax(-1)).sum(-1) for group, one in zip(groups, chosen, strict=True)]
        errors = joined([mse_loss(values, wanted, reduction="none"), *entropies])
        marks = list(self.architecture.marks)
        return errors * (1 - x[..., n:][..., marks]) if marks else errors

    def draw(self, n: int, streams: Streams, labels: Tensor | None = None) -> Tensor:
        """Codes drawn from the prior, (K, n, width); priors that are informed follow the labels, (K, n), if known."""
        told = [labels if n_told else None for n_told in self.n_told]
        return joined([prior(n, streams, known) for prior, known in zip(self.priors, told, strict=True)])

    def judge(self, code: Tensor, labels: Tensor | None = None, given: Tensor | None = None) -> Iterator[Tensor]:
        """Logits of each adversary in turn, (K, rows)."""
        for adversary, part in zip(self.adversaries, self.shown(code, labels, given), strict=True):
            yield adversary(part)

    def shown(self, code: Tensor, labels: Tensor | None = None, given: Tensor | None = None) -> Iterator[Tensor]:
        """What is judged of each block in turn: its part of the code, with labels if informed, and what is given."""
        for part, n_told in zip(parted(code, self.widths), self.n_told, strict=True):
            told = [part]
            if n_told:
                assert labels is not None, "an informed adversary is shown labels."
                told.append(one_hot(labels + 1, n_told).to(part.dtype))
            if given is not None:
                told.append(given)
            yield joined(told)

    def _parts(self, rows: Tensor) -> Sequence[Tensor]:
        """Values, and for each run of groups of one width its groups, (K, rows, groups, width)."""
        if not self.choices:
            return [rows]
        values, *runs = rows.split([self.n_values, *(width * n for width, n in self.choices)], -1)
        groups = [run.unflatten(-1, (n, width)) for run, (width, n) in zip(runs, self.choices, strict=True)]
        return [values, *groups]

    @torch.no_grad()
    def _part_classes(self, streams: Streams) -> None:
        place = self.categories[0]
        weight = parted(self.encoder.weight, self.n_inputs)[place][..., : self.widths[place]]
        weight.copy_(streams.normal(*weight.shape[1:]) * UNDECIDED / weight.shape[1] ** 0.5)

    @torch.no_grad()
    def _start_from_components(self, member: int, x: Tensor | Fetched) -> None:
        some = x[:: -(-len(x) // PCA_ROWS)][:, : self.architecture.n_features]
        mean, components, spread = principal_components(some, self.widths[0])
        whiten = components.T / spread
        n = len(components)
        self.encoder.linear.weight[member, : len(mean), :n] = whiten
        self.encoder.linear.bias[member, 0, :n] = -mean @ whiten
        self.decoder.linear.weight[member, :n] = components * spread[:, None]
        self.decoder.linear.bias[member, 0] = mean


def trunks(
    architecture: Architecture, n_members: int, n_beside: int, n_outputs: int, n_told: int
) -> tuple[Residual, Residual | Painter]:
    """Encoder and decoder: from rows with so much beside to so many outputs, and from what is told back to rows."""
    features, hidden, shape = architecture.n_features, architecture.hidden_layer_sizes, architecture.image_shape
    activation = architecture.activation
    if shape is None:
        towards: Trunk = Hidden(n_members, (features + n_beside, *hidden), activation)
        back = Hidden(n_members, (n_told, *hidden[::-1]), activation)
        decoder: Residual | Painter = Residual(n_members, n_told, back, features)
    else:
        towards = Convolved(n_members, shape, n_beside, hidden, activation)
        decoder = Painter(n_members, n_told, hidden[::-1], shape, activation)
    return Residual(n_members, features + n_beside, towards, n_outputs), decoder


def parted(code: Tensor, widths: list[int]) -> Sequence[Tensor]:
    """The blocks of a code."""
    return [code] if len(widths) == 1 else code.split(widths, -1)


def joined(parts: list[Tensor]) -> Tensor:
    """Blocks side by side."""
    return parts[0] if len(parts) == 1 else torch.cat(parts, -1)


def principal_components(x: Tensor, n: int) -> tuple[Tensor, Tensor, Tensor]:
    """Mean, (features,), first components, (n, features) or fewer, and their spread."""
    device, x = x.device, x.cpu().double()
    mean = x.mean(0)
    _, singular, components = torch.linalg.svd(x - mean, full_matrices=False)
    components = components[:n]
    largest = components.gather(1, components.abs().argmax(1, keepdim=True))
    spread = (singular[:n] / max(1, len(x) - 1) ** 0.5).clamp(min=SMALLEST_SPREAD)
    mean, components, spread = (t.to(device, torch.float32) for t in (mean, components * largest.sign(), spread))
    return mean, components, spread
