from dataclasses import replace

import numpy as np
import pytest
import torch

from skaae._plan import Architecture, Block, TrainingData, TrainingPlan
from skaae.core import training
from skaae.core.losses import ReconstructionLoss
from skaae.core.training import train

RNG = np.random.default_rng(0)
X = RNG.standard_normal((130, 7)).astype(np.float32)
MISSING = (RNG.random((130, 2)) < 0.3).astype(np.float32)
SHARES = (0.3, 0.3, 0.4)
STYLE, CATEGORY = Block("style", 3, "normal"), Block("category", 3, "one_hot", class_probabilities=SHARES)
ARCHITECTURE = Architecture(7, (STYLE,), (16,), "relu")
CLASSES = replace(ARCHITECTURE, blocks=(STYLE, CATEGORY))
PLAN = TrainingPlan((0, 1), 3, 64, adversarial_weight=0.1, noise=0.3)
CONDITION = RNG.standard_normal((130, 2)).astype(np.float32)
SOFT_LABELS = RNG.dirichlet(np.ones(3), 130)
TASKS = {
    "numbers": (ARCHITECTURE, PLAN, TrainingData(X)),
    "plain": (ARCHITECTURE, replace(PLAN, adversarial_weight=0.0), TrainingData(X)),
    "two layers": (replace(ARCHITECTURE, hidden_layer_sizes=(16, 9)), PLAN, TrainingData(X)),
    "categories": (replace(ARCHITECTURE, one_hot_groups=(2, 3)), PLAN, TrainingData(np.abs(X))),
    "missing cells": (
        replace(ARCHITECTURE, mask_indices=(0, 0, 1, 1), one_hot_groups=(2, 2), n_features=6),
        replace(PLAN, masked_fraction=0.2),
        TrainingData(np.hstack([np.abs(X[:, :6]), MISSING])),
    ),
    "any order": (
        replace(ARCHITECTURE, mask_indices=(0, 0, 1, 1), one_hot_groups=(2, 2), n_features=6),
        replace(PLAN, masked_fraction=1.0, any_order=True),
        TrainingData(np.hstack([np.abs(X[:, :6]), MISSING])),
    ),
    "condition": (replace(ARCHITECTURE, condition_width=2), PLAN, TrainingData(X, condition=CONDITION)),
    "gaussian": (replace(ARCHITECTURE, blocks=(replace(STYLE, posterior="gaussian"),)), PLAN, TrainingData(X)),
    "labels": (CLASSES, PLAN, TrainingData(X, labels=RNG.integers(-1, 3, 130))),
    "few labels": (CLASSES, PLAN, TrainingData(X, labels=np.append(np.arange(3), np.full(127, -1)))),
    "class-conditional": (
        replace(
            ARCHITECTURE, blocks=(Block("style", 3, "mixture", class_probabilities=SHARES, class_conditional=True),)
        ),
        PLAN,
        TrainingData(X, labels=RNG.integers(-1, 3, 130)),
    ),
    "soft labels": (
        CLASSES,
        replace(PLAN, entropy_weight=0.1, balance_weight=0.1, teacher_fraction=0.5),
        TrainingData(X, soft_labels=SOFT_LABELS),
    ),
}


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("member_rows", [None, [np.arange(130), np.arange(70)]], ids=["equal rows", "other rows"])
def test_gradients_are_those_of_the_graph(name, member_rows, monkeypatch):
    calls = []
    joint_gradients = training.joint_gradients
    monkeypatch.setattr(training, "joint_gradients", lambda *a: calls.append(1) or joint_gradients(*a))
    state, curves = train(*TASKS[name], member_rows=member_rows)
    assert len(calls) == 9
    monkeypatch.setattr(training, "is_supported", lambda *arguments: False)
    expected, expected_curves = train(*TASKS[name], member_rows=member_rows)
    assert len(calls) == 9
    assert list(curves) == list(expected_curves)
    for found, wanted in ((state, expected), (curves, expected_curves)):
        for key in wanted:
            np.testing.assert_allclose(found[key], wanted[key], rtol=1e-3, atol=2e-5, err_msg=key)


@pytest.mark.parametrize(
    "changes",
    [{"activation": "silu"}, {"hidden_layer_sizes": ()}, {"blocks": (replace(STYLE, posterior="universal"),)}],
    ids=str,
)
def test_other_networks_have_a_graph(changes):
    architecture = replace(ARCHITECTURE, **changes)
    model = training.AdversarialAutoencoder(architecture, 1)
    assert not training.is_supported(model, [ReconstructionLoss()], torch.device("cpu"))
    train(architecture, replace(PLAN, n_epochs=1), TrainingData(X))
