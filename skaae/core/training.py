"""The training loop: for each epoch, for each batch, for each update step; then the hooks.

An epoch is a function of the state at its beginning, of the members' seeds and of its number. So a training can resume
from a saved state, or roll back to an earlier one, and a packed member trains as it would alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .._plan import Architecture, PerMember, TrainingData, TrainingPlan
from .corruption import make_corruption
from .data import Batch, Batches, TensorData, to_device
from .distributed import check_same_task, is_distributed
from .hooks import Epoch, Hook, TrainingSnapshot
from .joint_step import is_supported, joint_gradients
from .lazy_rows import LazyRows
from .losses import (
    AdversarialLoss,
    BalanceLoss,
    DiscrepancyLoss,
    DiscriminatorLoss,
    DistillationLoss,
    EntropyLoss,
    FlowMatchingLoss,
    GeneratorLoss,
    HeadLoss,
    HeadSeparationLoss,
    Loss,
    ReconstructionLoss,
    SupervisedLoss,
    VirtualAdversarialLoss,
)
from .model import AdversarialAutoencoder
from .optimizer import PackedAdam
from .random import RandomStreams
from .tasks import Losses, State, TrainingResult, TrainingTask, fingerprint, strip_prefix
from .threads import limit_threads

__all__ = ["TRAINER", "Interrupted", "UpdateStep", "per_member", "train", "train_task", "update_steps"]

RAMP_FRACTION = 0.1  # of the epochs, in which the adversarial weight rises to its full value
DECAY_FRACTION = 0.5  # of the epochs, at the end, in which the learning rate falls to zero
N_NEIGHBORS, MAX_REFERENCE_ROWS = 10, 1000  # a nearby row is the tenth nearest of so many
ENCODING_BATCH_SIZE = 4096
MAX_LR_REDUCTIONS, LR_REDUCTION_FACTOR = 4, 4  # of a member that diverges


class Interrupted(KeyboardInterrupt):
    """Raised where a training is interrupted after its first epoch; ``result`` is that of the complete epochs."""

    def __init__(self, result: TrainingResult) -> None:
        super().__init__()
        self.result = result


@dataclass
class UpdateStep:
    """Losses that share a code, a backward pass and an optimizer.

    With ``weights_lr``, its learning rate is multiplied by the adversarial weight.
    """

    losses: tuple[Loss, ...]
    weights_lr: bool = False

    def parameters(self, model: AdversarialAutoencoder) -> list[Tensor]:
        """The parameters that the losses train."""
        modules = dict.fromkeys(module for loss in self.losses for module in loss.modules)
        return [p for module in modules for p in getattr(model, module).parameters()]

    def compute_losses(self, model: AdversarialAutoencoder, batch: Batch) -> dict[str, Tensor]:
        """The losses by name, (K,) each."""
        batch.clear_code()
        return {name: value for loss in self.losses for name, value in loss(model, batch).items()}

    def update(self, model: AdversarialAutoencoder, batch: Batch, optimizer: PackedAdam) -> dict[str, Tensor]:
        """Updates the parameters of the optimizer; the losses by name, (K,) each, before that."""
        if not is_supported(model, self.losses, batch.x.device):
            losses = self.compute_losses(model, batch)
            optimizer.step(losses.values(), batch.active)
            return losses
        losses, gradients = joint_gradients(model, self.losses, batch)
        optimizer.descend([gradients[parameter] for parameter in optimizer.parameters], batch.active)
        return losses


def update_steps(architecture: Architecture, plan: TrainingPlan, data: TensorData) -> list[UpdateStep]:
    """The update steps of each batch: a joint one, with one pass through the encoder, or the phases of the paper.

    Adam is invariant to the scale of a single loss; so where the generator loss has its own update step, the
    adversarial weight multiplies the learning rate. The schedule "flow" trains nothing but the flow.
    """
    if plan.schedule == "flow":
        return [UpdateStep((FlowMatchingLoss(),))]
    reconstruction: tuple[Loss, ...] = (ReconstructionLoss(plan.any_order),)
    if architecture.cluster_heads:
        reconstruction = (*reconstruction, HeadSeparationLoss())
    class_losses = category_losses(architecture, plan, data)
    if data.targets is not None:
        class_losses = (*class_losses, HeadLoss(member_tensor(plan.supervised_weight, plan, data)))
    if not np.any(plan.adversarial_weight):
        return [UpdateStep((*reconstruction, *class_losses))]
    weight = member_tensor(plan.adversarial_weight, plan, data)
    if plan.regularizer != "adversarial":
        return [UpdateStep((*reconstruction, DiscrepancyLoss(weight, plan.regularizer), *class_losses))]
    if plan.schedule == "joint":
        return [UpdateStep((*reconstruction, AdversarialLoss(weight), *class_losses))]
    adversarial = [UpdateStep((DiscriminatorLoss(),)), UpdateStep((GeneratorLoss(),), weights_lr=True)]
    return [UpdateStep(reconstruction), *adversarial, *([UpdateStep(class_losses)] if class_losses else [])]


def category_losses(architecture: Architecture, plan: TrainingPlan, data: TensorData) -> tuple[Loss, ...]:
    """The losses of a category block with a weight above zero, as far as there are labels for them."""
    categories = [block for block in architecture.blocks if block.kind == "category"]
    if not categories:
        return ()
    supervised = partial(SupervisedLoss, logit_adjustment=plan.logit_adjustment)
    losses: list[tuple[Callable[[Tensor], Loss], PerMember]] = [
        (supervised, 0.0 if data.labels is None else plan.supervised_weight),
        (DistillationLoss, 0.0 if data.soft_labels is None else plan.distillation_weight),
        (VirtualAdversarialLoss, plan.vat_weight),
        (EntropyLoss, plan.entropy_weight),
        (partial(BalanceLoss, class_probabilities=categories[0].class_probabilities), plan.balance_weight),
    ]
    return tuple(loss(member_tensor(weight, plan, data)) for loss, weight in losses if np.any(weight))


def member_tensor(value: PerMember, plan: TrainingPlan, data: TensorData) -> Tensor:
    """A value of each member, (K,), on the device of the data."""
    return torch.tensor(per_member(value, len(plan.seeds)), dtype=torch.float32, device=data.x.device)


def per_member(value: PerMember, n_members: int) -> list[float]:
    """A value of each member."""
    values = list(value) if isinstance(value, tuple) else [value] * n_members
    assert len(values) == n_members, f"there should be one value for each of {n_members} members."
    return values


class TrainingRun:
    """The training of a task: its data on the device, its model and its optimizers."""

    def __init__(self, task: TrainingTask) -> None:
        architecture, plan, n_members = task.architecture, task.plan, len(task.plan.seeds)
        data = to_device(task.data, task.device)
        if np.any(plan.vat_weight):
            data.vat_radius = plan.vat_radius * neighbor_distances(data.x)
        self.plan, self.device, self.epoch = plan, data.x.device, 0
        self.streams = RandomStreams(plan.seeds, self.device)
        corruption = make_corruption(architecture, plan, data.x)
        self.batches = Batches(data, plan.batch_size, self.streams, corruption, task.member_rows)
        self.model = AdversarialAutoencoder(architecture, n_members).to(self.device)
        self.steps = update_steps(architecture, plan, data)
        self.lr, self.lr_reductions = per_member(plan.learning_rate, n_members), [0] * n_members
        self._make_optimizers()
        if task.start is None:
            self.model.initialize(self.streams, data.x, self.batches.member_rows)
            if data.labels is None and data.soft_labels is None:
                self.model.randomize_class_logits(self.streams)
        else:
            self.load_state_dict(to_tensors(task.start, self.device))
        if plan.schedule == "flow" and self.model.flow is not None:
            data.target_codes = self.model.flow.fit_standardize(self._encode(data.x))

    @torch.no_grad()
    def _encode(self, x: Tensor | LazyRows) -> Tensor:
        chunks = x.split(ENCODING_BATCH_SIZE)
        return torch.cat([self.model.encode(chunk.expand(len(self.lr), *chunk.shape)) for chunk in chunks], 1)

    def train_epoch(self, progress: float) -> Losses:
        """Trains for one epoch, after this fraction of the epochs; the mean of each loss."""
        annealed = self.plan.annealed
        for optimizer in self.optimizers:
            optimizer.lr_factor = min(1.0, (1 - progress) / DECAY_FRACTION) if annealed else 1.0
        ramp = min(1.0, (progress + 1 / self.plan.n_epochs) / RAMP_FRACTION) if annealed else 1.0
        curves: dict[str, Tensor] = {}
        for index, batch in enumerate(self.batches.epoch(self.epoch + 1)):
            batch.ramp, batch.uses_soft_labels = ramp, progress < self.plan.teacher_fraction
            for step, optimizer in zip(self.steps, self.optimizers, strict=True):
                losses = step.update(self.model, batch, optimizer)
                for name, loss in losses.items():
                    if name not in curves:  # allocated at once, because small tensors would fragment the memory
                        curves[name] = loss.new_zeros(self.batches.n_steps, len(loss))
                    curves[name][index] = loss.detach()
        self.epoch += 1
        return {name: (curve.sum(0) / self.batches.n_batches).cpu().numpy() for name, curve in curves.items()}

    def diverged(self, losses: Losses) -> NDArray[np.bool_]:
        """Which members have a loss or a weight that is not finite."""
        weights = [p.detach() for p in self.model.parameters()]
        is_finite = np.isfinite(np.vstack(list(losses.values()))).all(0)
        if not is_finite.all() or not torch.stack(torch._foreach_norm(weights)).isfinite().all():
            sums = torch.stack([weight.flatten(1).sum(1) for weight in weights]).cpu().numpy()
            is_finite = is_finite & np.isfinite(sums).all(0)
        return np.asarray(~is_finite)

    def rollback(self, state: dict[str, Tensor], diverged: NDArray[np.bool_]) -> None:
        """Returns to an earlier state, with reduced learning rates of the members that diverged."""
        for member in np.flatnonzero(diverged):
            if self.lr_reductions[member] == MAX_LR_REDUCTIONS:
                raise FloatingPointError(
                    f"Losses must stay finite. Those of member {member} did not in epoch {self.epoch}, with learning"
                    f" rates down to {self.lr[member]:.3g}: lower `learning_rate_init`, or scale the columns."
                )
            self.lr_reductions[member] += 1
            self.lr[member] /= LR_REDUCTION_FACTOR
        self._make_optimizers()
        self.load_state_dict(state)

    @torch.no_grad()
    def state_dict(self) -> dict[str, Tensor]:
        """A copy of all that the next epoch depends on."""
        state = {f"model.{name}": value.clone() for name, value in self.model.state_dict().items()}
        for index, optimizer in enumerate(self.optimizers):
            state |= {f"optimizer.{index}.{name}": value for name, value in optimizer.state_dict().items()}
        return state | {"epoch": torch.tensor(self.epoch)}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Continues from a state; optimizers of other update steps than those of the state start anew."""
        self.model.load_state_dict(strip_prefix(state, "model."))
        for index, optimizer in enumerate(self.optimizers):
            moments = strip_prefix(state, f"optimizer.{index}.")
            if moments.keys() == optimizer.state_dict().keys():
                optimizer.load_state_dict(moments)
        self.epoch = int(state["epoch"])

    def state(self) -> State:
        """The state as numpy arrays."""
        return to_arrays(self.state_dict())

    def resume(self, snapshot: TrainingSnapshot, hooks: Sequence[Hook]) -> list[Losses]:
        """Continues from the snapshot of a training of the same task; the losses of each epoch until there."""
        self.lr_reductions = list(snapshot.lr_reductions)
        self.lr = [lr / LR_REDUCTION_FACTOR**n for lr, n in zip(self.lr, self.lr_reductions, strict=True)]
        self._make_optimizers()
        self.load_state_dict(to_tensors(snapshot.state, self.device))
        for hook, state in zip(hooks, snapshot.hook_states, strict=False):
            if state and hasattr(hook, "load_state_dict"):
                hook.load_state_dict(state)
        n_done = len(next(iter(snapshot.curves.values())))
        return [{name: curve[epoch] for name, curve in snapshot.curves.items()} for epoch in range(n_done)]

    def _make_optimizers(self) -> None:
        weight_decay = per_member(self.plan.weight_decay, len(self.lr))
        adversarial_weight = per_member(self.plan.adversarial_weight, len(self.lr))
        can_skip = not self.batches.sizes_are_equal
        self.optimizers = []
        for step in self.steps:
            lr = (np.array(self.lr) * (adversarial_weight if step.weights_lr else 1)).tolist()
            self.optimizers.append(PackedAdam(step.parameters(self.model), lr, weight_decay, can_skip=can_skip))


def neighbor_distances(x: Tensor | LazyRows) -> Tensor:
    """The distance of each row to a nearby row, (n,); at most twice the median."""
    reference = x[:: -(-len(x) // MAX_REFERENCE_ROWS)]
    n_neighbors = min(N_NEIGHBORS, len(reference) - 1) + 1  # with the row itself, where it is one of them
    chunks = [torch.cdist(chunk, reference).kthvalue(n_neighbors).values for chunk in x.split(MAX_REFERENCE_ROWS)]
    distances = torch.cat(chunks)
    return distances.clamp(max=2 * float(distances.median()))


def train(
    architecture: Architecture,
    plan: TrainingPlan,
    data: TrainingData,
    *,
    member_rows: Sequence[NDArray[np.intp]] | None = None,
    start: State | None = None,
    hooks: Sequence[Hook] = (),
    device: str = "cpu",
) -> TrainingResult:
    """Trains as many members as there are seeds, member k on the rows ``member_rows[k]``, or on all.

    Training starts from scratch, or from the state ``start`` of an earlier training.
    """
    return TRAINER.get()(TrainingTask(architecture, plan, data, member_rows, start, hooks, device))


@torch.inference_mode(False)
@torch.enable_grad()
def train_task(task: TrainingTask) -> TrainingResult:
    """Trains the members of one task."""
    if is_distributed():
        check_same_task(fingerprint(task), task.device)
    with limit_threads(task.architecture, task.plan.batch_size * len(task.plan.seeds)):
        run = TrainingRun(task)
        curves = run_epochs(run, task.hooks, task.snapshot)
    return TrainingResult(run.state(), stack_curves(curves))


# What trains a task: a packed search and a checkpoint set their own.
TRAINER: ContextVar[Callable[[TrainingTask], TrainingResult]] = ContextVar("trainer", default=train_task)


def run_epochs(run: TrainingRun, hooks: Sequence[Hook], snapshot: TrainingSnapshot | None = None) -> list[Losses]:
    """Trains to the last epoch, or until a hook stops; the losses of each epoch."""
    n_epochs = run.plan.n_epochs
    curves = [] if snapshot is None else run.resume(snapshot, hooks)

    def take_snapshot() -> TrainingSnapshot:
        hook_states = [hook.state_dict() if hasattr(hook, "state_dict") else {} for hook in hooks]
        return TrainingSnapshot(run.state(), stack_curves(curves), list(run.lr_reductions), hook_states)

    while True:
        n_done, before = len(curves), run.state_dict()
        try:
            losses = run.train_epoch(n_done / n_epochs)
            while (diverged := run.diverged(losses)).any():
                run.rollback(before, diverged)
                losses = run.train_epoch(n_done / n_epochs)
            curves.append(losses)
            is_last = len(curves) == n_epochs
            epoch = Epoch(n_done, n_epochs, losses, run.model, run.state, take_snapshot, is_last)
            for hook in hooks:
                epoch.last = bool(hook(epoch)) or epoch.last
        except KeyboardInterrupt:
            if not n_done:
                raise
            raise Interrupted(TrainingResult(to_arrays(before), stack_curves(curves[:n_done]))) from None
        if epoch.last:
            return curves


def stack_curves(losses: Sequence[Losses]) -> Losses:
    """The curve of each loss, from the losses of each epoch."""
    return {name: np.stack([epoch[name] for epoch in losses]) for name in losses[0]}


def to_tensors(state: State, device: torch.device) -> dict[str, Tensor]:
    """A state as tensors."""
    return {name: torch.tensor(value, device=device) for name, value in state.items()}


def to_arrays(state: dict[str, Tensor]) -> State:
    """A state as numpy arrays."""
    return {name: value.cpu().numpy() for name, value in state.items()}
