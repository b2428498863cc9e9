import numpy as np
import pytest
import torch

from skaae.core.discrepancies import DISCREPANCIES, SCALES, maximum_mean, sliced_wasserstein
from skaae.core.streams import Streams


def sample(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", DISCREPANCIES)
def test_it_is_next_to_nothing_between_samples_of_one_distribution_and_grows_with_a_shift(name):
    draws, codes = sample(1, 500, 2), sample(1, 500, 2, seed=1)
    same, near, far = (
        DISCREPANCIES[name](draws, codes + shift, torch.ones(1, 500), Streams([0])).item() for shift in (0.0, 0.5, 2.0)
    )
    assert abs(same) < 0.1 * near < 0.1 * far


def test_sliced_wasserstein_of_a_shift_is_its_square():
    draws = sample(2, 40, 1)
    shift = torch.tensor([2.0, 3.0])[:, None, None]
    found = sliced_wasserstein(draws, draws.flip(1) + shift, torch.ones(2, 40), Streams([0, 1]))
    torch.testing.assert_close(found, torch.tensor([4.0, 9.0]))


def test_maximum_mean_is_what_its_definition_says():
    draws, codes = sample(1, 7, 2), sample(1, 7, 2, seed=1)

    def kernel(a, b):
        return np.mean([4 * scale / (4 * scale + np.square(a - b).sum()) for scale in SCALES])

    z, q = draws[0].numpy(), codes[0].numpy()
    others = [(i, j) for i in range(7) for j in range(7) if i != j]
    among = np.mean([kernel(z[i], z[j]) + kernel(q[i], q[j]) for i, j in others])
    across = np.mean([kernel(a, b) for a in z for b in q])
    found = maximum_mean(draws, codes, torch.ones(1, 7), Streams([0])).item()
    assert found == pytest.approx(among - 2 * across, abs=1e-6)


@pytest.mark.parametrize("name", DISCREPANCIES)
def test_padding_counts_for_nothing(name):
    draws, codes = sample(1, 9, 2), sample(1, 9, 2, seed=1)
    weight = torch.ones(1, 9)
    alone = DISCREPANCIES[name](draws, codes, weight, Streams([0]))
    wider = [torch.cat([rows, sample(1, 4, 2, seed=seed)], 1) for seed, rows in enumerate((draws, codes))]
    beside = DISCREPANCIES[name](*wider, torch.cat([weight, torch.zeros(1, 4)], 1), Streams([0]))
    torch.testing.assert_close(beside, alone)
