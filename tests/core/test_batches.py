import torch

from skaae.core.batches import Batches, Supervision
from skaae.core.corruption import Corruption
from skaae.core.streams import Streams
from skaae.plan import Architecture, Block, Training


def noise(x, *levels, **parameters):
    training = Training(tuple(range(len(levels))), 1, 1, noise=levels, **parameters)
    return Corruption(Architecture(x.shape[1], (Block("style", 1, "normal"),), (), "relu"), training, x)


def rows_seen(batches, member):
    parts = [b.x[member] if b.weight is None else b.x[member][b.weight[member] > 0] for b in batches]
    return torch.cat(parts).flatten()


def test_every_row_once_an_epoch_the_short_batch_kept():
    x = torch.arange(103.0)[:, None]
    batches = Batches(x, None, 25, Streams([0, 1]))
    assert [b.x.shape[1] for b in batches.epoch(1)] == [25, 25, 25, 25, 3]
    for member in (0, 1):
        assert torch.equal(rows_seen(batches.epoch(1), member).sort().values, x.flatten())
    assert not torch.equal(rows_seen(batches.epoch(1), 0), rows_seen(batches.epoch(1), 1))


def test_members_see_their_own_rows_only():
    x = torch.arange(10.0)[:, None]
    own = [torch.tensor([1, 3, 5, 7, 9]), torch.tensor([0, 2])]
    batches = Batches(x, own, 2, Streams([0, 1]))
    assert rows_seen(batches.epoch(1), 0).sort().values.tolist() == [1, 3, 5, 7, 9]
    assert rows_seen(batches.epoch(1), 1).tolist().count(0) == 1
    assert rows_seen(batches.epoch(1), 1).sort().values.tolist() == [0, 2]
    assert [b.active for b in batches.epoch(1)] == [[True, True], [True, False], [True, False]]
    assert batches.n_batches.tolist() == [3, 1]


def test_mean_leaves_padding_out():
    own = [torch.tensor([1, 3, 5]), torch.tensor([0, 2])]
    (batch,) = Batches(torch.zeros(10, 1), own, 4, Streams([0, 1])).epoch(1)
    values = torch.tensor([[1.0, 2.0, 6.0], [1.0, 3.0, 100.0]])
    assert batch.mean(values).tolist() == [3.0, 2.0]


def test_noise_is_for_the_encoder_only():
    x = torch.zeros(400, 5)
    (batch,) = Batches(x, None, 400, Streams([0, 1]), corruption=noise(x, 0.0, 0.5)).epoch(1)
    assert torch.equal(batch.x, x.expand(2, -1, -1))
    assert torch.equal(batch.corrupted[0], x)
    assert abs(batch.corrupted[1].std() - 0.5) < 0.03


def labelled(n, n_labelled):
    labels = torch.full((n,), -1)
    labels[:n_labelled] = torch.arange(n_labelled) % 2
    return Supervision(labels)


def test_few_labelled_rows_have_a_stream_of_their_own():
    x = torch.arange(100.0)[:, None]
    batches = Batches(x, None, 10, Streams([0, 1]), labelled(100, 3))
    seen = list(batches.epoch(1))
    for batch in seen:
        assert batch.x.shape == (2, 13, 1)
        assert torch.equal(batch.labels, torch.where(batch.x[..., 0] < 3, batch.x[..., 0] % 2, -1).long())
        assert torch.equal(batch.x[:, 10:, 0].sort().values, torch.arange(3.0).expand(2, 3))
    assert not torch.equal(seen[0].x[0, 10:], seen[0].x[1, 10:])
    assert torch.cat([b.x[0, :10] for b in seen]).flatten().sort().values.tolist() == x.flatten().tolist()


def test_labelled_rows_are_all_drawn_before_any_comes_again():
    batches = Batches(torch.arange(100.0)[:, None], None, 10, Streams([0]), labelled(100, 30))
    drawn = torch.cat([b.x[0, 10:, 0] for b in batches.epoch(1)])
    assert len(drawn) == 50
    assert drawn[:30].sort().values.tolist() == list(range(30))


def test_many_labelled_rows_need_no_stream_of_their_own():
    batches = Batches(torch.zeros(100, 1), None, 10, Streams([0]), labelled(100, 60))
    assert all(b.x.shape[1] == 10 for b in batches.epoch(1))


def test_guesses_and_radii_go_with_their_rows():
    x = torch.arange(20.0)[:, None]
    supervision = Supervision(labelled(20, 4).labels, torch.cat([x, -x], 1))
    for batch in Batches(x, None, 8, Streams([0, 1]), supervision, x[:, 0] / 2).epoch(1):
        assert torch.equal(batch.guesses, torch.cat([batch.x, -batch.x], -1))
        assert torch.equal(batch.radius, batch.x[..., 0] / 2)


def test_mean_among_some_rows():
    (batch,) = Batches(torch.zeros(3, 1), None, 4, Streams([0])).epoch(1)
    values = torch.tensor([[1.0, 2.0, 6.0]])
    assert batch.mean(values, among=torch.tensor([[True, False, True]])).tolist() == [3.5]
    assert batch.mean(values, among=torch.tensor([[False, False, False]])).tolist() == [0.0]


def test_graded_noise_has_a_level_for_each_row_and_is_mostly_low():
    x = torch.zeros(2000, 50)
    (batch,) = Batches(x, None, 2000, Streams([0, 1]), corruption=noise(x, 0.0, 2.0, graded=True)).epoch(1)
    assert torch.equal(batch.corrupted[0], x)
    level = batch.corrupted[1].std(1)
    assert 1.5 < level.max() < 2.6
    assert abs(level.median() - 2 * 0.5**2) < 0.05


def test_what_is_shown_may_be_other_rows_in_each_epoch():
    x = torch.arange(20.0)[:, None]
    batches = Batches(x, None, 8, Streams([0, 1]), shown=lambda epoch: x.numpy() + 100 * epoch)
    for number in (1, 2):
        for batch in batches.epoch(number):
            assert torch.equal(batch.corrupted, batch.x + 100 * number)
