"""The loop: it knows phases, batches and hooks, and not what they mean.

An epoch is a function of the state at its beginning, the members' seeds and its number. So a run can go on from a
saved state, or back to an earlier one, and a packed member trains as it would alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..plan import Architecture, PerMember, Training
from .batches import Batch, Batches, Supervision
from .corruption import Corruption
from .hooks import Bookmark, Epoch, Hook
from .model import AdversarialAutoencoder
from .optimizer import PackedAdam
from .phases import (
    Balance,
    Certainty,
    Classification,
    Contest,
    Discrepancy,
    Discrimination,
    Distillation,
    Imitation,
    Phase,
    Reconstruction,
    Separation,
    Smoothness,
    Transport,
)
from .rows import Fetched, Source, placed
from .shards import active, agreed
from .streams import Streams
from .tasks import State, Task, Trained, fingerprint, part_of
from .threads import threads_for

__all__ = [
    "TRAINER",
    "Interrupted",
    "Turn",
    "train",
    "train_alone",
    "turns_of",
]

Losses = dict[str, np.ndarray]  # of an epoch, (K,) each

RAMP = 0.1  # share of a run in which the adversarial weight rises to its full value
DECAY = 0.5  # share of a run, at its end, in which the learning rate falls to zero
NEAR, REFERENCE_ROWS = 10, 1000  # "near" is the tenth nearest of so many rows
CHUNK = 4096  # rows that are encoded at once
RATE_CUTS = 4  # how often a member in trouble starts its epoch again, each time at a quarter of its rate


class Interrupted(KeyboardInterrupt):
    """Raised where a run is interrupted that has come some way; ``trained`` is how far."""

    def __init__(self, trained: Trained) -> None:
        super().__init__()
        self.trained = trained


@dataclass
class Turn:
    """Phases that share a code, a backward pass and an optimizer, whose rate may be weighted as the adversary is."""

    phases: tuple[Phase, ...]
    weighted: bool = False

    def parameters(self, model: AdversarialAutoencoder) -> list[Tensor]:
        """What the phases train, each parameter once."""
        parts = dict.fromkeys(part for phase in self.phases for part in phase.parts)
        return [p for part in parts for p in getattr(model, part).parameters()]

    def losses(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        """The losses by name, (K,) each."""
        batch.forget()
        return {name: loss for phase in self.phases for name, loss in phase(model, batch).items()}


def turns_of(
    architecture: Architecture, training: Training, supervision: Supervision | None, device: torch.device
) -> list[Turn]:
    """The turns of every step: all at once, with the encoder run once, or the paper's, one phase after another.

    Adam is blind to the scale of a loss that it sees alone; so where imitation has a turn of its own, the adversarial
    weight is one of its learning rate. Or only transport, once codes stand.
    """
    if training.schedule == "transport":
        return [Turn((Transport(),))]

    def weight(value: PerMember) -> Tensor:
        return torch.tensor(per_member(value, len(training.seeds)), dtype=torch.float32, device=device)

    fitting: tuple[Phase, ...] = (Reconstruction(), Separation()) if architecture.heads else (Reconstruction(),)
    taught = supervised_phases(architecture, training, supervision, weight)
    if not np.any(training.adversarial_weight):
        return [Turn((*fitting, *taught))]
    own_weight, kind = weight(training.adversarial_weight), training.regularizer
    if kind != "adversarial":
        return [Turn((*fitting, Discrepancy(own_weight, kind), *taught))]
    if training.schedule == "joint":
        return [Turn((*fitting, Contest(own_weight), *taught))]
    assert training.schedule == "alternating", "'schedule' should be 'joint', 'alternating' or 'transport'."
    regularisation = [Turn((Discrimination(),)), Turn((Imitation(),), weighted=True)]
    return [Turn(fitting), *regularisation, *([Turn(tuple(taught))] if taught else [])]


def supervised_phases(
    architecture: Architecture,
    training: Training,
    supervision: Supervision | None,
    weight: Callable[[PerMember], Tensor],
) -> list[Phase]:
    """The phases that train a category block, without those that weigh nothing or have nothing to go by."""
    categories = [block for block in architecture.blocks if block.kind == "category"]
    if not categories:
        return []
    phases: list[Phase] = []
    if supervision is not None and np.any(training.classification):
        phases.append(Classification(weight(training.classification)))
    if supervision is not None and supervision.guesses is not None and np.any(training.distillation):
        phases.append(Distillation(weight(training.distillation)))
    if np.any(training.smoothness):
        phases.append(Smoothness(weight(training.smoothness)))
    if np.any(training.certainty):
        phases.append(Certainty(weight(training.certainty)))
    if np.any(training.balance):
        phases.append(Balance(weight(training.balance), categories[0].classes))
    return phases


def per_member(value: PerMember, n_members: int) -> list[float]:
    """One number for each member."""
    values = list(value) if isinstance(value, tuple) else [value] * n_members
    assert len(values) == n_members, f"there should be one value for each of {n_members} members."
    return values


class Run:
    """Creates a run: model, optimizers and rows on one device, at the beginning or where ``start`` left off."""

    def __init__(
        self,
        architecture: Architecture,
        training: Training,
        x: Tensor | Fetched,
        rows: Sequence[Tensor] | None,
        start: State | None,
        supervision: Supervision | None = None,
        given: Tensor | None = None,
        shown: Callable[[int], np.ndarray] | None = None,
    ) -> None:
        n_members = len(training.seeds)
        self.training = training
        self.epoch = 0
        self.streams = Streams(training.seeds, x.device)
        corrupting = np.any([np.any(share) for share in (training.noise, training.salt, training.masking)])
        corruption = Corruption(architecture, training, x) if corrupting or architecture.marks else None
        radius = training.radius * distances(x) if np.any(training.smoothness) else None
        self.batches = Batches(
            x, rows, training.batch_size, self.streams, supervision, radius, given, corruption, shown
        )
        self.model = AdversarialAutoencoder(architecture, n_members).to(x.device)
        self.turns = turns_of(architecture, training, supervision, x.device)
        self.rates = per_member(training.learning_rate, n_members)
        self.cuts = [0] * n_members
        self._make_optimizers()
        if start is None:
            own_rows = [x] * n_members if rows is None else [x[own] for own in rows]
            self.model.initialise(self.streams, own_rows, told=supervision is not None)
        else:
            self.restore(as_tensors(start, x.device))
        if training.schedule == "transport" and self.model.flow is not None:
            self.batches.settled = self.model.flow.standardise(self._codes(x))

    @torch.no_grad()
    def _codes(self, x: Tensor | Fetched) -> Tensor:
        parts = [self.model.encode(part.expand(len(self.rates), *part.shape)) for part in x.split(CHUNK)]
        return torch.cat(parts, 1)

    def advance(self, progress: float) -> Losses:
        """Trains for one epoch, at so much of the whole run; the mean of each loss, (K,)."""
        annealed = self.training.annealed
        for optimizer in self.optimizers:
            optimizer.factor = min(1.0, (1 - progress) / DECAY) if annealed else 1.0
        ramp = min(1.0, (progress + 1 / self.training.n_epochs) / RAMP) if annealed else 1.0
        seen: dict[str, Tensor] = {}
        for step, batch in enumerate(self.batches.epoch(self.epoch + 1, ramp)):
            batch.taught = progress < self.training.taught
            for turn, optimizer in zip(self.turns, self.optimizers, strict=True):
                losses = turn.losses(self.model, batch)
                optimizer.step(losses.values(), batch.active)
                for name, loss in losses.items():
                    if name not in seen:  # room for all, because many small ones scatter the memory of batches
                        seen[name] = loss.new_zeros(self.batches.n_steps, len(loss))
                    seen[name][step] = loss.detach()
        self.epoch += 1
        return {name: (each.sum(0) / self.batches.n_batches).cpu().numpy() for name, each in seen.items()}

    def troubled(self, losses: Losses) -> np.ndarray:
        """Which members have lost their way: a loss or a weight that is not a finite number."""
        weights = [p.detach() for p in self.model.parameters()]
        finite = np.isfinite(np.vstack(list(losses.values()))).all(0)
        if finite.all() and torch.stack(torch._foreach_norm(weights)).isfinite().all():
            return ~finite
        sums = torch.stack([weight.flatten(1).sum(1) for weight in weights]).cpu().numpy()
        return ~(finite & np.isfinite(sums).all(0))

    def retreat(self, good: dict[str, Tensor], troubled: np.ndarray) -> None:
        """Goes back to the last good state, from which the troubled members start at a quarter of their rate."""
        for member in np.flatnonzero(troubled):
            if self.cuts[member] == RATE_CUTS:
                raise FloatingPointError(
                    f"Losses must stay finite. Those of member {member} did not in epoch {self.epoch}, with learning"
                    f" rates down to {self.rates[member]:.3g}: lower `learning_rate_init`, or scale the columns."
                )
            self.cuts[member] += 1
            self.rates[member] /= 4
        self._make_optimizers()
        self.restore(good)

    @torch.no_grad()
    def snapshot(self) -> dict[str, Tensor]:
        """A copy of all that the next epoch depends on."""
        state = {f"model.{name}": value.clone() for name, value in self.model.state_dict().items()}
        for index, optimizer in enumerate(self.optimizers):
            state |= {f"optimizer.{index}.{name}": value for name, value in optimizer.state().items()}
        return state | {"epoch": torch.tensor(self.epoch)}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Takes up a snapshot."""
        self.model.load_state_dict(part_of(state, "model."))
        for index, optimizer in enumerate(self.optimizers):
            moments = part_of(state, f"optimizer.{index}.")
            if moments.keys() == optimizer.state().keys():  # else the state is of other phases, and these begin now
                optimizer.load(moments)
        self.epoch = int(state["epoch"])

    def state(self) -> State:
        """A snapshot as numpy arrays."""
        return as_arrays(self.snapshot())

    def resume(self, bookmark: Bookmark, hooks: Sequence[Hook]) -> list[Losses]:
        """Goes on where a run like this one stood; the losses of each epoch until there."""
        self.cuts = list(bookmark.cuts)
        self.rates = [rate / 4**cuts for rate, cuts in zip(self.rates, self.cuts, strict=True)]
        self._make_optimizers()
        self.restore(as_tensors(bookmark.state, self.batches.x.device))
        for hook, remembered in zip(hooks, bookmark.hooks, strict=False):
            if remembered and hasattr(hook, "resume"):
                hook.resume(remembered)
        n_done = len(next(iter(bookmark.curves.values())))
        return [{name: curve[epoch] for name, curve in bookmark.curves.items()} for epoch in range(n_done)]

    def _make_optimizers(self) -> None:
        decays = per_member(self.training.weight_decay, len(self.rates))
        weights = per_member(self.training.adversarial_weight, len(self.rates))
        self.optimizers = []
        for turn in self.turns:
            rates = (np.array(self.rates) * (weights if turn.weighted else 1)).tolist()
            self.optimizers.append(PackedAdam(turn.parameters(self.model), rates, decays, together=self.batches.even))


def distances(x: Tensor | Fetched) -> Tensor:
    """How far each row is from near ones, (n,); at most twice as far as most rows are."""
    reference = x[:: -(-len(x) // REFERENCE_ROWS)]
    near = min(NEAR, len(reference) - 1) + 1  # counting the row itself, where it is among them
    found = [torch.cdist(part, reference).kthvalue(near).values for part in x.split(REFERENCE_ROWS)]
    every = torch.cat(found)
    return every.clamp(max=2 * float(every.median()))


def train(
    architecture: Architecture,
    training: Training,
    X: Source,
    *,
    rows: Sequence[np.ndarray] | None = None,
    labels: np.ndarray | None = None,
    guesses: np.ndarray | None = None,
    given: np.ndarray | None = None,
    shown: Callable[[int], np.ndarray] | None = None,
    start: State | None = None,
    hooks: Sequence[Hook] = (),
    device: str = "cpu",
) -> Trained:
    """Trains as many members as there are seeds, member k on ``X[rows[k]]``, from scratch or from ``start``.

    ``labels`` are positions of classes, (n,), -1 where unknown; ``guesses`` a teacher's class probabilities,
    (n, classes). ``given`` are numbers that the decoder is told of each row, (n, n_given). ``shown`` gives what the
    encoder is shown of the rows in an epoch, of its number.

    Returns the state in which they end, and the curve of each loss, (epochs, K).
    """
    task = Task(architecture, training, X, rows, labels, guesses, given, shown, start, hooks, device)
    return TRAINER.get()(task)


@torch.inference_mode(False)
@torch.enable_grad()
def train_alone(task: Task) -> Trained:
    """Trains the members of one task."""
    training, device = task.training, task.device
    if active():
        agreed(fingerprint(task), device)
    x = placed(task.X, device)
    own = None if task.rows is None else [torch.tensor(r, device=device) for r in task.rows]
    supervision = None
    if task.labels is not None:
        taught = None if task.guesses is None else torch.tensor(task.guesses, dtype=torch.float32, device=device)
        supervision = Supervision(torch.tensor(task.labels, device=device), taught)
    with threads_for(task.architecture, training.batch_size * len(training.seeds)):
        told = None if task.given is None else torch.tensor(task.given, dtype=torch.float32, device=device)
        run = Run(task.architecture, training, x, own, task.start, supervision, told, task.shown)
        curves = complete(run, task.hooks, task.bookmark)
    return run.state(), stacked(curves)


# Who trains: a search that packs the models of several fits puts itself in between.
TRAINER: ContextVar[Callable[[Task], Trained]] = ContextVar("trainer", default=train_alone)


def complete(run: Run, hooks: Sequence[Hook], bookmark: Bookmark | None = None) -> list[Losses]:
    """Advances the run to its end, or to where a hook stops it; the losses of each epoch."""
    n_epochs = run.training.n_epochs
    curves = [] if bookmark is None else run.resume(bookmark, hooks)

    def mark() -> Bookmark:
        remembered = [hook.state() if hasattr(hook, "state") else {} for hook in hooks]
        return Bookmark(run.state(), stacked(curves), list(run.cuts), remembered)

    while True:
        n_done, good = len(curves), run.snapshot()
        try:
            losses = run.advance(n_done / n_epochs)
            while (troubled := run.troubled(losses)).any():
                run.retreat(good, troubled)
                losses = run.advance(n_done / n_epochs)
            curves.append(losses)
            epoch = Epoch(n_done, n_epochs, losses, run.model, run.state, mark, last=len(curves) == n_epochs)
            for hook in hooks:
                epoch.last = bool(hook(epoch)) or epoch.last
        except KeyboardInterrupt:
            if not n_done:
                raise
            raise Interrupted((as_arrays(good), stacked(curves[:n_done]))) from None
        if epoch.last:
            return curves


def stacked(curves: Sequence[Losses]) -> dict[str, np.ndarray]:
    """The curve of each loss, (epochs, K)."""
    return {name: np.stack([losses[name] for losses in curves]) for name in curves[0]}


def as_tensors(state: State, device: torch.device) -> dict[str, Tensor]:
    """A snapshot of numpy arrays."""
    return {name: torch.tensor(value, device=device) for name, value in state.items()}


def as_arrays(state: dict[str, Tensor]) -> State:
    """A snapshot as numpy arrays."""
    return {name: value.cpu().numpy() for name, value in state.items()}
