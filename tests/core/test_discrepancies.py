import numpy as np
import pytest
import torch

from skaae.core.discrepancies import DISCREPANCIES, KERNEL_SCALES, maximum_mean_discrepancy, sliced_wasserstein
from skaae.core.random import RandomStreams


def sample(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", DISCREPANCIES)
def test_a_discrepancy_is_about_zero_for_equal_distributions_and_grows_with_a_shift(name):
    draws, codes = sample(1, 500, 2), sample(1, 500, 2, seed=1)
    same, near, far = (
        DISCREPANCIES[name](draws, codes + shift, torch.ones(1, 500), RandomStreams([0])).item()
        for shift in (0.0, 0.5, 2.0)
    )
    assert abs(same) < 0.1 * near < 0.1 * far


def test_the_sliced_wasserstein_distance_of_a_shift_is_its_square():
    draws = sample(2, 40, 1)
    shift = torch.tensor([2.0, 3.0])[:, None, None]
    found = sliced_wasserstein(draws, draws.flip(1) + shift, torch.ones(2, 40), RandomStreams([0, 1]))
    torch.testing.assert_close(found, torch.tensor([4.0, 9.0]))


def test_the_maximum_mean_discrepancy_is_what_its_definition_says():
    draws, codes = sample(1, 7, 2), sample(1, 7, 2, seed=1)

    def kernel(a, b):
        return np.mean([4 * scale / (4 * scale + np.square(a - b).sum()) for scale in KERNEL_SCALES])

    z, q = draws[0].numpy(), codes[0].numpy()
    pairs = [(i, j) for i in range(7) for j in range(7) if i != j]
    within = np.mean([kernel(z[i], z[j]) + kernel(q[i], q[j]) for i, j in pairs])
    between = np.mean([kernel(a, b) for a in z for b in q])
    found = maximum_mean_discrepancy(draws, codes, torch.ones(1, 7), RandomStreams([0])).item()
    assert found == pytest.approx(within - 2 * between, abs=1e-6)


@pytest.mark.parametrize("name", DISCREPANCIES)
def test_padding_does_not_count(name):
    draws, codes = sample(1, 9, 2), sample(1, 9, 2, seed=1)
    row_weight = torch.ones(1, 9)
    expected = DISCREPANCIES[name](draws, codes, row_weight, RandomStreams([0]))
    padded = [torch.cat([rows, sample(1, 4, 2, seed=seed)], 1) for seed, rows in enumerate((draws, codes))]
    found = DISCREPANCIES[name](*padded, torch.cat([row_weight, torch.zeros(1, 4)], 1), RandomStreams([0]))
    torch.testing.assert_close(found, expected)
