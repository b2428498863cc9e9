import numpy as np
import pytest
import torch

torch.set_num_threads(1)


@pytest.fixture
def X():
    """A small table whose columns depend on three hidden ones."""
    rng = np.random.default_rng(0)
    hidden = rng.standard_normal((120, 3))
    return np.tanh(hidden @ rng.standard_normal((3, 6))) * 5 + 10 + 0.1 * rng.standard_normal((120, 6))
