import pytest
import torch

from skaae._plan import Architecture, Block, TrainingPlan
from skaae.core.corruption import Corruption, make_corruption, mask_index_of_columns
from skaae.core.distributed import Shard
from skaae.core.model import AdversarialAutoencoder

STYLE = Block("style", 2, "normal")
# The first column of the table has both a numeric column and the second one-hot group.
MASKED = Architecture(7, (STYLE,), (8,), "relu", one_hot_groups=(2, 3), mask_indices=(0, 1, 2, 0))


def rows(n, *, n_mask_columns=0):
    generator = torch.Generator().manual_seed(0)
    numeric = torch.randn(n, 2, generator=generator)
    groups = [torch.eye(width)[torch.randint(width, (n,), generator=generator)] for width in (2, 3)]
    return torch.cat([numeric, *groups, torch.zeros(n, n_mask_columns)], 1)


def corrupt(architecture, x, n_draws=None, **levels):
    corruption = Corruption(architecture, TrainingPlan((0, 1), 1, 1, **levels), x)
    return corruption(x.expand(2, -1, -1), Shard(len(x), n_draws or len(x)))


def test_the_mask_of_a_cell_is_that_of_all_of_its_columns():
    assert mask_index_of_columns(MASKED).tolist() == [0, 1, 2, 2, 0, 0, 0]
    assert not len(mask_index_of_columns(Architecture(7, (STYLE,), (8,), "relu")))


def test_masked_cells_are_zero_and_1_in_the_mask_and_others_are_unchanged():
    x = rows(2000, n_mask_columns=3)
    corrupted = corrupt(MASKED, x, masked_fraction=(0.0, 0.3))
    assert torch.equal(corrupted[0], x)
    mask = corrupted[1, :, 7:]
    assert set(mask.unique().tolist()) == {0, 1}
    assert (abs(mask.mean(0) - 0.3) < 0.04).all()
    is_masked = mask[:, mask_index_of_columns(MASKED)].bool()
    assert (corrupted[1, :, :7][is_masked] == 0).all()
    assert torch.equal(corrupted[1, :, :7][~is_masked], x[:, :7][~is_masked])


def test_missing_cells_have_no_noise():
    x = rows(50, n_mask_columns=3)
    x[:, 7] = 1
    corrupted = corrupt(MASKED, x, noise=1.0)
    assert (corrupted[..., [0, 4, 5, 6]] == 0).all()
    assert torch.equal(corrupted[..., 7:], x[:, 7:].expand(2, -1, -1))
    assert (corrupted[..., 1] != x[:, 1]).all()


def test_salt_and_pepper_are_extremes_and_random_categories():
    architecture = Architecture(7, (STYLE,), (8,), "relu", one_hot_groups=(2, 3))
    x = rows(4000)
    corrupted = corrupt(architecture, x, salt_and_pepper_fraction=(0.0, 0.4))
    assert torch.equal(corrupted[0], x)
    numeric, before = corrupted[1, :, :2], x[:, :2]
    changed = numeric != before
    assert abs(changed.float().mean() - 0.4) < 0.02
    extremes = torch.where(numeric == before.amin(0), 0, torch.where(numeric == before.amax(0), 1, -1))
    assert (extremes[changed] >= 0).all()
    assert abs(extremes[changed].float().mean() - 0.5) < 0.03
    group = corrupted[1, :, 4:]
    assert (group.sum(1) == 1).all()
    assert abs((group != x[:, 4:]).any(1).float().mean() - 0.4 * 2 / 3) < 0.03


@pytest.mark.parametrize(
    "levels",
    [{"noise": 0.5}, {"salt_and_pepper_fraction": 0.5}, {"masked_fraction": 0.5}, {"noise": 1, "masked_fraction": 0.2}],
)
def test_a_short_batch_does_not_shift_the_streams(levels):
    x = rows(30, n_mask_columns=3)
    whole = corrupt(MASKED, x, **levels)
    corruption = Corruption(MASKED, TrainingPlan((0, 1), 1, 1, **levels), x)
    assert torch.equal(corruption(x[:11].expand(2, -1, -1), Shard(11, 30)), whole[:, :11])


def test_reconstruction_errors_of_missing_cells_are_zero():
    model = AdversarialAutoencoder(MASKED, 1)
    output = torch.randn(1, 5, 7, generator=torch.Generator().manual_seed(0))
    x = rows(5, n_mask_columns=3)
    errors = model.reconstruction_errors(output, x[None])
    x[:, 7] = 1
    expected = errors * torch.tensor([0.0, 1.0, 1.0, 0.0])
    assert torch.equal(model.reconstruction_errors(output, x[None]), expected)


@pytest.mark.parametrize("name", ["noise", "salt_and_pepper_fraction", "masked_fraction"])
def test_the_corruption_of_a_member_does_not_depend_on_the_levels_of_the_others(name):
    x = rows(40, n_mask_columns=3)
    levels = {"noise": 0.2, "salt_and_pepper_fraction": 0.2, "masked_fraction": 0.2}
    alone = corrupt(MASKED, x, **levels | {name: 0.0})
    packed = corrupt(MASKED, x, **levels | {name: (0.0, 0.3)})
    assert torch.equal(packed[0], alone[0])
    assert not torch.equal(packed[1], alone[1])


def test_extremes_are_those_of_known_cells():
    x = rows(50, n_mask_columns=3)
    x[:, 0] += 100
    x[7, 0], x[7, 7] = 0, 1
    plan = TrainingPlan((0,), 1, 1, salt_and_pepper_fraction=0.5, masked_fraction=0.1)
    assert Corruption(MASKED, plan, x).low[0] > 90
    plan = TrainingPlan((0,), 1, 1, salt_and_pepper_fraction=0.5, masked_fraction=0.1, shared_extremes=True)
    shared = Corruption(MASKED, plan, x)
    assert shared.low.shape == (1,)
    assert shared.high > 90


def test_in_any_order_rows_mask_shares_of_their_own():
    architecture = Architecture(20, (Block("style", 2, "normal"),), (8,), "relu", mask_indices=tuple(range(20)))
    plan = TrainingPlan((0,), 1, 100, masked_fraction=1.0, any_order=True)
    x = torch.ones(400, 40)
    x[:, 20:] = 0
    corrupted = make_corruption(architecture, plan, x)(x[None], Shard(400, 400))
    shares = corrupted[0, :, 20:].mean(1)
    assert abs(shares.mean() - 0.5) < 0.05
    assert shares.std() > 0.25
