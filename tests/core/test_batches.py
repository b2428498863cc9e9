import torch

from skaae.core.batches import Batches
from skaae.core.streams import Streams


def rows_seen(batches, member):
    parts = [b.x[member] if b.weight is None else b.x[member][b.weight[member] > 0] for b in batches]
    return torch.cat(parts).flatten()


def test_every_row_once_an_epoch_the_short_batch_kept():
    x = torch.arange(103.0)[:, None]
    batches = Batches(x, None, 25, torch.zeros(2), Streams([0, 1]))
    assert [b.x.shape[1] for b in batches.epoch(1, torch.ones(2))] == [25, 25, 25, 25, 3]
    for member in (0, 1):
        assert torch.equal(rows_seen(batches.epoch(1, torch.ones(2)), member).sort().values, x.flatten())
    assert not torch.equal(rows_seen(batches.epoch(1, torch.ones(2)), 0), rows_seen(batches.epoch(1, torch.ones(2)), 1))


def test_members_see_their_own_rows_only():
    x = torch.arange(10.0)[:, None]
    own = [torch.tensor([1, 3, 5, 7, 9]), torch.tensor([0, 2])]
    batches = Batches(x, own, 2, torch.zeros(2), Streams([0, 1]))
    assert rows_seen(batches.epoch(1, torch.ones(2)), 0).sort().values.tolist() == [1, 3, 5, 7, 9]
    assert rows_seen(batches.epoch(1, torch.ones(2)), 1).tolist().count(0) == 1
    assert rows_seen(batches.epoch(1, torch.ones(2)), 1).sort().values.tolist() == [0, 2]
    assert [b.active for b in batches.epoch(1, torch.ones(2))] == [[True, True], [True, False], [True, False]]
    assert batches.n_batches.tolist() == [3, 1]


def test_mean_leaves_padding_out():
    own = [torch.tensor([1, 3, 5]), torch.tensor([0, 2])]
    (batch,) = Batches(torch.zeros(10, 1), own, 4, torch.zeros(2), Streams([0, 1])).epoch(1, torch.ones(2))
    values = torch.tensor([[1.0, 2.0, 6.0], [1.0, 3.0, 100.0]])
    assert batch.mean(values).tolist() == [3.0, 2.0]


def test_noise_is_for_the_encoder_only():
    x = torch.zeros(400, 5)
    (batch,) = Batches(x, None, 400, torch.tensor([0.0, 0.5]), Streams([0, 1])).epoch(1, torch.ones(2))
    assert torch.equal(batch.x, x.expand(2, -1, -1))
    assert torch.equal(batch.corrupted[0], x)
    assert abs(batch.corrupted[1].std() - 0.5) < 0.03
