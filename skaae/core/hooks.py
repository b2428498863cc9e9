"""Hooks: called with an ``Epoch`` at its end; a hook that returns True stops the training.

A hook that remembers earlier epochs has ``state_dict()``, and ``load_state_dict(state)`` for a training that resumes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TextIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .._plan import TrainingData, systematic_sample
from ..metrics import sliced_wasserstein
from .data import to_device
from .latent import adjust_log_proba
from .model import AdversarialAutoencoder
from .random import RandomStreams

__all__ = ["EarlyStopping", "Epoch", "Hook", "Losses", "ProgressLine", "State", "TrainingSnapshot"]

State = dict[str, NDArray[Any]]
Losses = dict[str, NDArray[Any]]  # by name, (K,) of an epoch, (epochs, K) as curves


@dataclass
class TrainingSnapshot:
    """All that the remaining epochs of a training depend on, at the end of an epoch.

    The curves are those of each loss so far; ``lr_reductions`` counts the reductions of each member's learning rate;
    ``hook_states`` are the states of the hooks.
    """

    state: State
    curves: Losses
    lr_reductions: list[int]
    hook_states: list[State]


@dataclass
class Epoch:
    """The end of an epoch: its index, the maximum number of epochs, the losses, and the model.

    ``last`` is whether it is the last one, as far as the hooks before have decided.
    """

    index: int
    n_epochs: int
    losses: Losses
    model: AdversarialAutoencoder
    state: Callable[[], State]
    snapshot: Callable[[], TrainingSnapshot]
    last: bool


Hook = Callable[[Epoch], "bool | None"]


class ProgressLine:
    """The hook that prints a progress bar and the losses in one line."""

    def __init__(self, name: str, stream: TextIO | None = None) -> None:
        self.name = name
        self.stream = stream

    def __call__(self, epoch: Epoch) -> None:
        n_done = epoch.index + 1
        if n_done % max(1, epoch.n_epochs // 100) and not epoch.last:
            return
        bar = "#" * (20 * n_done // epoch.n_epochs)
        losses = ", ".join(f"{name} {np.mean(loss):.4f}" for name, loss in epoch.losses.items())
        print(
            f"\r{self.name} [{bar:<20}] {n_done}/{epoch.n_epochs} {losses}",
            end="\n" if epoch.last else "",
            file=self.stream or sys.stdout,
            flush=True,
        )


class EarlyStopping:
    """The hook that keeps each member's best weights on held-out rows, and stops when no member improves.

    The validation loss is the reconstruction error plus the sliced Wasserstein distance between codes and prior: a
    discriminator's loss says who is winning, not whether the model is good. With targets, their error is added. For a
    model with a category block, and labels of all held-out rows, it is the cross-entropy. Held-out rows with weights
    are drawn in proportion to them.
    """

    def __init__(
        self,
        held_out: TrainingData,
        patience: int,
        tol: float,
        seed: int,
        logit_adjustment: tuple[float, ...] | None = None,
    ) -> None:
        self.held_out, self.patience, self.tol, self.seed = held_out, patience, tol, seed
        self.logit_adjustment = logit_adjustment
        self.best_weights: dict[str, Tensor] = {}
        self.resumed_state: State = {}

    @torch.no_grad()
    def __call__(self, epoch: Epoch) -> bool:
        if not self.best_weights:
            self._begin(epoch.model)
        loss = epoch.losses["validation"] = self._validation_loss(epoch.model)
        is_running = self.n_epochs_no_improvement < self.patience
        is_best = is_running & (loss < self.best_loss)
        self.n_epochs_no_improvement[is_running] += 1
        self.n_epochs_no_improvement[is_running & (loss < self.best_loss - self.tol)] = 0
        self.best_loss[is_best] = loss[is_best]
        for name, weight in epoch.model.state_dict().items():
            self.best_weights[name][is_best] = weight[is_best]
        stops = bool((self.n_epochs_no_improvement >= self.patience).all())
        if stops or epoch.last:
            epoch.model.load_state_dict(self.best_weights)
        return stops

    def state_dict(self) -> State:
        """The best weights and losses, and the number of epochs without improvement."""
        return {
            "best_loss": self.best_loss.copy(),
            "n_epochs_no_improvement": self.n_epochs_no_improvement.copy(),
            **{f"best_weights.{name}": weight.cpu().numpy() for name, weight in self.best_weights.items()},
        }

    def load_state_dict(self, state: State) -> None:
        """Resumes from a state."""
        self.resumed_state = state

    def _begin(self, model: AdversarialAutoencoder) -> None:
        parameter = next(model.parameters())
        n_members, device = len(parameter), parameter.device
        self.best_loss = np.full(n_members, np.inf)
        self.n_epochs_no_improvement = np.zeros(n_members, dtype=int)
        self.best_weights = {name: weight.clone() for name, weight in model.state_dict().items()}
        if self.resumed_state:
            self.best_loss = self.resumed_state["best_loss"].copy()
            self.n_epochs_no_improvement = self.resumed_state["n_epochs_no_improvement"].copy()
            for name, weight in self.best_weights.items():
                weight.copy_(torch.from_numpy(self.resumed_state[f"best_weights.{name}"]))
        held_out, sample_weight = self.held_out, self.held_out.sample_weight
        if sample_weight is not None:
            held_out = held_out.subset(systematic_sample(sample_weight, len(held_out)))
        data = to_device(held_out, str(device))
        x, encoder_input = data.x[:], data.encoder_input
        self.x = x.expand(n_members, *x.shape)
        self.encoder_input = self.x if encoder_input is None else encoder_input(0).expand(n_members, -1, -1)
        self.condition = None if data.condition is None else data.condition.expand(n_members, -1, -1)
        self.labels = None if data.labels is None else data.labels.expand(n_members, -1)
        self.targets = data.targets
        streams = RandomStreams([self.seed] * n_members, device)
        self.prior = model.sample_prior(len(x), streams, self.labels).cpu().numpy()

    def _validation_loss(self, model: AdversarialAutoencoder) -> NDArray[np.floating]:
        if self.labels is not None and model.category_indices and bool((self.labels >= 0).all()):
            log_proba = adjust_log_proba(model.predict_log_proba(self.x), self.logit_adjustment)
            cross_entropy = -log_proba.gather(2, self.labels.unsqueeze(-1)).mean((1, 2))
            return np.asarray(cross_entropy.cpu().numpy())
        code = model.encode(self.encoder_input)
        errors = model.reconstruction_errors(model.decode(code, self.condition), self.x).mean((1, 2))
        if self.targets is not None:
            errors = errors + (model.head(code) - self.targets).square().mean((1, 2))
        distances = [
            sliced_wasserstein(draws, codes, n_projections=32, random_state=self.seed)
            for draws, codes in zip(self.prior, code.cpu().numpy(), strict=True)
        ]
        return np.asarray(errors.cpu().numpy() + np.array(distances))
