import numpy as np
import pandas as pd
import pytest

from skaae import AAEGenerator
from skaae.estimators._calibration import offsets


def largest(logits):
    return np.bincount(logits.argmax(axis=1), minlength=logits.shape[1]) / len(logits)


@pytest.mark.parametrize("seed", range(3))
def test_offsets_move_shares_to_those_wanted(seed):
    rng = np.random.default_rng(seed)
    shares = np.array([0.6, 0.3, 0.09, 0.008, 0.002])
    z = rng.normal(size=(50_000, 1))
    logits = -2 * (z - np.array([-0.5, 0.8, 2, 2.5, 3.2])) ** 2
    added = offsets(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True), shares)
    np.testing.assert_allclose(largest(logits + added), shares, rtol=0.1, atol=0.002)


def test_differences_within_the_noise_are_left():
    rng = np.random.default_rng(0)
    logits = 10 * np.eye(3)[rng.choice(3, 1000, p=[0.7, 0.29, 0.01])]
    np.testing.assert_allclose(
        largest(logits + offsets(logits, np.array([0.69, 0.3, 0.01]))), largest(logits), atol=0.01
    )


@pytest.mark.parametrize("conditional", [False, True])
def test_rare_categories_of_several_columns_are_as_frequent_as_they_were(conditional):
    rng = np.random.default_rng(0)
    n = 4000
    kind = rng.permutation(np.repeat(["a", "b", "c", "d"], [3000, 860, 100, 40]))
    size = pd.Series(kind).map({"a": 0, "b": 2, "c": 3, "d": 5}) + rng.normal(size=n)
    X = pd.DataFrame({"size": size, "kind": kind, "flag": (size > 4) & (rng.random(n) < 0.5)})
    X["amount"] = np.where(rng.random(n) < 0.03, 0, size.round(2))
    y = rng.choice(["u", "v"], n) if conditional else None
    few = {"max_iter": 10, "flow_max_iter": 10, "flow_layer_sizes": (64, 64)}
    model = AAEGenerator(**few, rejection_sampling=False, random_state=0).fit(X, y)
    S = model.sample(20_000, random_state=1)
    for name, share in (("c", 0.025), ("d", 0.01)):
        assert (S.kind == name).mean() == pytest.approx(share, rel=0.35)
    assert S.flag.mean() == pytest.approx(X.flag.mean(), rel=0.35)


def test_without_categories_nothing_changes():
    X = np.random.default_rng(0).normal(size=(60, 2))
    model = AAEGenerator(max_iter=2, flow_max_iter=2, hidden_layer_sizes=(8,), flow_layer_sizes=(8,)).fit(X)
    assert np.isfinite(model.sample(5)).all()
