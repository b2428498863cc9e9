import pytest
import torch

from skaae.core.corruption import Corruption, columns_of_marks
from skaae.core.model import AdversarialAutoencoder
from skaae.core.shards import Shard
from skaae.plan import Architecture, Block, Training

STYLE = Block("style", 2, "normal")
MARKED = Architecture(
    7, (STYLE,), (8,), "relu", choices=(2, 3), marks=(0, 1, 2, 0)
)  # the first column has a choice too


def rows(n, *, n_marks=0):
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(n, 2, generator=generator)
    groups = [torch.eye(width)[torch.randint(width, (n,), generator=generator)] for width in (2, 3)]
    return torch.cat([values, *groups, torch.zeros(n, n_marks)], 1)


def corrupted(architecture, x, size=None, **shares):
    corruption = Corruption(architecture, Training((0, 1), 1, 1, **shares), x)
    return corruption(x.expand(2, -1, -1), Shard(len(x), size or len(x)))


def test_marks_belong_to_all_columns_of_their_cells():
    assert columns_of_marks(MARKED).tolist() == [0, 1, 2, 2, 0, 0, 0]
    assert not len(columns_of_marks(Architecture(7, (STYLE,), (8,), "relu")))


def test_masked_cells_are_zero_and_marked_and_others_as_they_were():
    x = rows(2000, n_marks=3)
    shown = corrupted(MARKED, x, masking=(0.0, 0.3))
    assert torch.equal(shown[0], x)
    marks = shown[1, :, 7:]
    assert set(marks.unique().tolist()) == {0, 1}
    assert (abs(marks.mean(0) - 0.3) < 0.04).all()
    of_columns = marks[:, columns_of_marks(MARKED)].bool()
    assert (shown[1, :, :7][of_columns] == 0).all()
    assert torch.equal(shown[1, :, :7][~of_columns], x[:, :7][~of_columns])


def test_unknown_cells_stay_unknown_beneath_noise():
    x = rows(50, n_marks=3)
    x[:, 7] = 1
    shown = corrupted(MARKED, x, noise=1.0)
    assert (shown[..., [0, 4, 5, 6]] == 0).all()
    assert torch.equal(shown[..., 7:], x[:, 7:].expand(2, -1, -1))
    assert (shown[..., 1] != x[:, 1]).all()


def test_salt_and_pepper_are_extremes_and_other_options():
    architecture = Architecture(7, (STYLE,), (8,), "relu", choices=(2, 3))
    x = rows(4000)
    shown = corrupted(architecture, x, salt=(0.0, 0.4))
    assert torch.equal(shown[0], x)
    values, before = shown[1, :, :2], x[:, :2]
    changed = values != before
    assert abs(changed.float().mean() - 0.4) < 0.02
    extremes = torch.where(values == before.amin(0), 0, torch.where(values == before.amax(0), 1, -1))
    assert (extremes[changed] >= 0).all()
    assert abs(extremes[changed].float().mean() - 0.5) < 0.03
    group = shown[1, :, 4:]
    assert (group.sum(1) == 1).all()
    assert abs((group != x[:, 4:]).any(1).float().mean() - 0.4 * 2 / 3) < 0.03


@pytest.mark.parametrize("shares", [{"noise": 0.5}, {"salt": 0.5}, {"masking": 0.5}, {"noise": 1.0, "masking": 0.2}])
def test_padding_does_not_shift_a_stream(shares):
    x = rows(30, n_marks=3)
    whole = corrupted(MARKED, x, **shares)
    part = Corruption(MARKED, Training((0, 1), 1, 1, **shares), x)(x[:11].expand(2, -1, -1), Shard(11, 30))
    assert torch.equal(part, whole[:, :11])


def test_errors_of_unknown_cells_do_not_count():
    model = AdversarialAutoencoder(MARKED, 1)
    outputs = torch.randn(1, 5, 7, generator=torch.Generator().manual_seed(0))
    x = rows(5, n_marks=3)
    plain = model.errors(outputs, x[None])
    x[:, 7] = 1
    assert torch.equal(model.errors(outputs, x[None]), plain * torch.tensor([0.0, 1.0, 1.0, 0.0]))


@pytest.mark.parametrize("first", [{"noise": 0.3}, {"salt": 0.3}, {"masking": 0.3}])
def test_a_member_does_not_depend_on_what_its_neighbours_have(first):
    x = rows(40, n_marks=3)
    rest = {"noise": 0.2, "salt": 0.2, "masking": 0.2}
    alone = corrupted(MARKED, x, **rest | dict.fromkeys(first, 0.0))
    beside = corrupted(MARKED, x, **rest | {name: (0.0, share) for name, share in first.items()})
    assert torch.equal(beside[0], alone[0])
    assert not torch.equal(beside[1], alone[1])


def test_extremes_are_those_of_known_cells():
    x = rows(50, n_marks=3)
    x[:, 0] += 100
    x[7, 0], x[7, 7] = 0, 1
    corruption = Corruption(MARKED, Training((0,), 1, 1, salt=0.5, masking=0.1), x)
    assert corruption.low[0] > 90
    of_all = Corruption(MARKED, Training((0,), 1, 1, salt=0.5, masking=0.1, one_scale=True), x)
    assert of_all.low.shape == (1,)
    assert of_all.high > 90
