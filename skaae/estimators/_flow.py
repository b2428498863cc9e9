"""The flow of a generator: fitted to the codes of a trained model, whose other weights stay as they are."""

from __future__ import annotations

from dataclasses import replace

from .._plan import TrainingPlan
from ._config import auto_batch_size, auto_n_epochs
from ._inference import TrainedModel

__all__ = ["build_flow_plan", "with_flow", "without_optimizer"]

N_STEPS, LEARNING_RATE = 5000, 3e-3
MAX_AUTO_EPOCHS = 300  # with more, a flow memorizes small tables


def build_flow_plan(
    plan: TrainingPlan, n_samples: int, seeds: tuple[int, ...], flow_max_iter: int | str
) -> TrainingPlan:
    """How to train the flow, after a model was trained as ``plan`` says."""
    batch_size = auto_batch_size(n_samples)
    n_epochs = min(auto_n_epochs(N_STEPS, n_samples, batch_size), MAX_AUTO_EPOCHS)
    return replace(
        plan,
        seeds=seeds,
        schedule="flow",
        n_epochs=n_epochs if flow_max_iter == "auto" else int(flow_max_iter),
        batch_size=batch_size,
        learning_rate=LEARNING_RATE,
        noise=0.0,
    )


def without_optimizer(model: TrainedModel) -> TrainedModel:
    """The weights of a model, to start another training from."""
    return replace(model, state={name: v for name, v in model.state.items() if not name.startswith("optimizer.")})


def with_flow(model: TrainedModel, flow: TrainedModel) -> TrainedModel:
    """A model with the weights after its flow was trained, and its own optimizer, to resume from."""
    return replace(model, state=model.state | {name: flow.state[name] for name in without_optimizer(model).state})
