"""What "auto" stands for."""

import pytest

from skaae import AAETransformer
from skaae.estimators._config import build_plan


@pytest.mark.parametrize(
    ("n_samples", "options", "n_epochs"),
    [
        (2000, {}, 125),
        (2000, {"max_auto_steps": 1500}, 125),
        (2000, {"max_auto_steps": 400}, 50),
        (400_000, {}, 5),
        (400_000, {"max_auto_steps": 1500}, 1),
    ],
)
def test_epochs_make_the_steps(n_samples, options, n_epochs):
    plan = build_plan(
        AAETransformer(), n_samples, (0,), auto_steps=1000, auto_noise=0.0, adversarial_weight=0.1, **options
    )
    assert plan.n_epochs == n_epochs
