"""Hooks: called with an ``Epoch`` at the end of each; one that returns True stops the run.

A hook that goes by what it saw in earlier epochs has ``state()``, and ``resume(state)`` for a run that goes on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

import numpy as np
import torch
from torch import Tensor

from ..metrics import sliced_wasserstein
from .model import AdversarialAutoencoder
from .streams import Streams

__all__ = ["Bookmark", "EarlyStopping", "Epoch", "Hook", "ProgressLine"]


@dataclass
class Bookmark:
    """Where a run stands at the end of an epoch, all that the rest of it depends on.

    That is its state, the curve of each loss so far, (epochs, K), how often each member's rate was cut, and what each
    hook remembers.
    """

    state: dict[str, np.ndarray]
    curves: dict[str, np.ndarray]
    cuts: list[int]
    hooks: list[dict[str, np.ndarray]]


@dataclass
class Epoch:
    """The end of an epoch: its number from 0, how many there will be at most, its losses, (K,) each, and the model.

    ``last`` says that no other will follow, for all that the hooks before have said.
    """

    index: int
    n_epochs: int
    losses: dict[str, np.ndarray]
    model: AdversarialAutoencoder
    state: Callable[[], dict[str, np.ndarray]]
    bookmark: Callable[[], Bookmark]
    last: bool


Hook = Callable[[Epoch], "bool | None"]


class ProgressLine:
    """Creates the hook that keeps one line of text up to date."""

    def __init__(self, name: str, stream: TextIO | None = None) -> None:
        self.name = name
        self.stream = stream

    def __call__(self, epoch: Epoch) -> None:
        done = epoch.index + 1
        if done % max(1, epoch.n_epochs // 100) and not epoch.last:
            return
        bar = "#" * (20 * done // epoch.n_epochs)
        losses = ", ".join(f"{name} {np.mean(loss):.4f}" for name, loss in epoch.losses.items())
        end = "\n" if epoch.last else ""
        print(
            f"\r{self.name} [{bar:<20}] {done}/{epoch.n_epochs} {losses}",
            end=end,
            file=self.stream or sys.stdout,
            flush=True,
        )


class EarlyStopping:
    """Creates the hook that keeps each member's best weights on held-out rows, and stops when none gets better.

    What is watched is the reconstruction error plus the sliced Wasserstein distance between codes and prior: an
    adversary's loss says who is winning, not whether the model is good. Of a model with a category block, and given
    labels of all held-out rows, it is the cross-entropy. The encoder may be ``shown`` the rows otherwise than they
    should come back.
    """

    def __init__(
        self,
        X: np.ndarray,
        patience: int,
        tol: float,
        seed: int,
        *,
        labels: np.ndarray | None = None,
        given: np.ndarray | None = None,
        shown: np.ndarray | None = None,
    ) -> None:
        self.shown = X if shown is None else shown
        self.X, self.patience, self.tol, self.seed, self.labels, self.given = X, patience, tol, seed, labels, given
        self.weights: dict[str, Tensor] = {}
        self.before: dict[str, np.ndarray] = {}

    @torch.no_grad()
    def __call__(self, epoch: Epoch) -> bool:
        if not self.weights:
            self._begin(epoch.model)
        loss = epoch.losses["validation"] = self._validate(epoch.model)
        running = self.waited < self.patience
        better = running & (loss < self.best)
        self.waited[running] += 1
        self.waited[running & (loss < self.best - self.tol)] = 0
        self.best[better] = loss[better]
        for name, weight in epoch.model.state_dict().items():
            self.weights[name][better] = weight[better]
        over = bool((self.waited >= self.patience).all())
        if over or epoch.last:
            epoch.model.load_state_dict(self.weights)
        return over

    def state(self) -> dict[str, np.ndarray]:
        """The best weights and losses, and how long none was better."""
        weights = {f"weights.{name}": weight.cpu().numpy() for name, weight in self.weights.items()}
        return {"best": self.best.copy(), "waited": self.waited.copy(), **weights}

    def resume(self, state: dict[str, np.ndarray]) -> None:
        """Goes on from a state."""
        self.before = state

    def _begin(self, model: AdversarialAutoencoder) -> None:
        first = next(model.parameters())
        n_members, device = len(first), first.device
        self.best = np.full(n_members, np.inf)
        self.waited = np.zeros(n_members, dtype=int)
        self.weights = {name: weight.clone() for name, weight in model.state_dict().items()}
        if self.before:
            self.best, self.waited = self.before["best"].copy(), self.before["waited"].copy()
            for name, weight in self.weights.items():
                weight.copy_(torch.from_numpy(self.before[f"weights.{name}"]))
        x, shown = (torch.tensor(rows, dtype=first.dtype, device=device) for rows in (self.X, self.shown))
        self.x, self.seen = x.expand(n_members, *x.shape), shown.expand(n_members, *x.shape)
        self.beside = None
        if self.given is not None:
            self.beside = torch.tensor(self.given, dtype=first.dtype, device=device).expand(n_members, -1, -1)
        self.told = None if self.labels is None else torch.tensor(self.labels, device=device).expand(n_members, -1)
        self.prior = model.draw(len(x), Streams([self.seed] * n_members, device), self.told).cpu().numpy()

    def _validate(self, model: AdversarialAutoencoder) -> np.ndarray:
        if self.told is not None and model.categories and bool((self.told >= 0).all()):
            log_p = model.classify(self.x)
            return -log_p.gather(2, self.told.unsqueeze(-1)).mean((1, 2)).cpu().numpy()
        code = model.encode(self.seen)
        error = model.errors(model.decode(code, self.beside), self.x).mean((1, 2)).cpu().numpy()
        distances = [
            sliced_wasserstein(prior, own, n_projections=32, random_state=self.seed)
            for prior, own in zip(self.prior, code.cpu().numpy(), strict=True)
        ]
        return error + np.array(distances)
