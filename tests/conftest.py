import functools

import numpy as np
import pytest
import torch

import skaae

torch.set_num_threads(1)


@pytest.fixture
def X():
    """A small table whose columns depend on three hidden ones."""
    rng = np.random.default_rng(0)
    hidden = rng.standard_normal((120, 3))
    return np.tanh(hidden @ rng.standard_normal((3, 6))) * 5 + 10 + 0.1 * rng.standard_normal((120, 6))


@pytest.fixture
def few_epochs(monkeypatch):
    """Fits of five epochs at most, for code that says what it says: learning has tests of its own."""

    def limited(fit):
        @functools.wraps(fit)
        def fit_briefly(self, *args, **kwargs):
            epochs = {name: value for name, value in self.get_params(deep=False).items() if name.endswith("max_iter")}
            self.set_params(**{name: 5 if value == "auto" else min(value, 5) for name, value in epochs.items()})
            return fit(self, *args, **kwargs)

        return fit_briefly

    for name in skaae.__all__:
        if hasattr(getattr(skaae, name), "partial_fit") or name.startswith("AAE"):
            monkeypatch.setattr(getattr(skaae, name), "fit", limited(getattr(skaae, name).fit))
