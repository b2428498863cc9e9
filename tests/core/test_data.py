import numpy as np
import pytest
import torch

from skaae._plan import Architecture, Block, TrainingData, TrainingPlan
from skaae.core.corruption import Corruption
from skaae.core.data import Batches, TensorData, to_device
from skaae.core.lazy_rows import LazyRows
from skaae.core.random import RandomStreams


def make_corruption(x, *noise, **parameters):
    plan = TrainingPlan(tuple(range(len(noise))), 1, 1, noise=noise, **parameters)
    return Corruption(Architecture(x.shape[1], (Block("style", 1, "normal"),), (), "relu"), plan, x)


def rows_of_member(batches, member):
    parts = [b.x[member] if b.row_weight is None else b.x[member][b.row_weight[member] > 0] for b in batches]
    return torch.cat(parts).flatten()


def test_each_row_occurs_once_in_an_epoch_and_the_short_batch_is_kept():
    x = torch.arange(103.0)[:, None]
    batches = Batches(TensorData(x), 25, RandomStreams([0, 1]))
    assert [b.x.shape[1] for b in batches.epoch(1)] == [25, 25, 25, 25, 3]
    for member in (0, 1):
        assert torch.equal(rows_of_member(batches.epoch(1), member).sort().values, x.flatten())
    assert not torch.equal(rows_of_member(batches.epoch(1), 0), rows_of_member(batches.epoch(1), 1))


def test_members_train_on_their_rows_only():
    x = torch.arange(10.0)[:, None]
    member_rows = [np.array([1, 3, 5, 7, 9]), np.array([0, 2])]
    batches = Batches(TensorData(x), 2, RandomStreams([0, 1]), member_rows=member_rows)
    assert rows_of_member(batches.epoch(1), 0).sort().values.tolist() == [1, 3, 5, 7, 9]
    assert rows_of_member(batches.epoch(1), 1).tolist().count(0) == 1
    assert rows_of_member(batches.epoch(1), 1).sort().values.tolist() == [0, 2]
    assert [b.active for b in batches.epoch(1)] == [[True, True], [True, False], [True, False]]
    assert batches.n_batches.tolist() == [3, 1]


def test_mean_ignores_padding():
    member_rows = [np.array([1, 3, 5]), np.array([0, 2])]
    data = TensorData(torch.zeros(10, 1))
    (batch,) = Batches(data, 4, RandomStreams([0, 1]), member_rows=member_rows).epoch(1)
    values = torch.tensor([[1.0, 2.0, 6.0], [1.0, 3.0, 100.0]])
    assert batch.mean(values).tolist() == [3.0, 2.0]


def test_noise_is_added_to_the_encoder_input_only():
    x = torch.zeros(400, 5)
    (batch,) = Batches(TensorData(x), 400, RandomStreams([0, 1]), make_corruption(x, 0.0, 0.5)).epoch(1)
    assert torch.equal(batch.x, x.expand(2, -1, -1))
    assert torch.equal(batch.encoder_input[0], x)
    assert abs(batch.encoder_input[1].std() - 0.5) < 0.03


def make_labels(n, n_labelled):
    labels = torch.full((n,), -1)
    labels[:n_labelled] = torch.arange(n_labelled) % 2
    return labels


def test_few_labelled_rows_are_appended_to_every_batch():
    x = torch.arange(100.0)[:, None]
    batches = list(Batches(TensorData(x, make_labels(100, 3)), 10, RandomStreams([0, 1])).epoch(1))
    for batch in batches:
        assert batch.x.shape == (2, 13, 1)
        assert torch.equal(batch.labels, torch.where(batch.x[..., 0] < 3, batch.x[..., 0] % 2, -1).long())
        assert torch.equal(batch.x[:, 10:, 0].sort().values, torch.arange(3.0).expand(2, 3))
    assert not torch.equal(batches[0].x[0, 10:], batches[0].x[1, 10:])
    assert torch.cat([b.x[0, :10] for b in batches]).flatten().sort().values.tolist() == x.flatten().tolist()


def test_all_labelled_rows_are_appended_before_any_occurs_again():
    data = TensorData(torch.arange(100.0)[:, None], make_labels(100, 30))
    appended = torch.cat([b.x[0, 10:, 0] for b in Batches(data, 10, RandomStreams([0])).epoch(1)])
    assert len(appended) == 50
    assert appended[:30].sort().values.tolist() == list(range(30))


def test_rows_are_drawn_in_proportion_to_their_weights():
    x, weight = torch.arange(100.0)[:, None], np.repeat([0.1, 1.0, 2.7], [50, 30, 20])
    batches = Batches(TensorData(x, sample_weight=weight), 25, RandomStreams([0, 1]))
    counts = np.zeros((2, 100))
    for number in range(200):
        epoch = list(batches.epoch(number))
        assert [batch.x.shape[1] for batch in epoch] == [25] * 4
        for member in (0, 1):
            drawn = np.bincount(rows_of_member(iter(epoch), member).long(), minlength=100)
            share = 100 * weight / weight.sum()
            assert (drawn >= np.floor(share)).all()
            assert (drawn <= np.ceil(share)).all()
            counts[member] += drawn
    np.testing.assert_allclose(counts / 200, np.stack([share] * 2), atol=0.15)
    assert not np.array_equal(*counts)
    assert [b.x.tolist() for b in batches.epoch(3)] == [b.x.tolist() for b in batches.epoch(3)]


def test_copies_of_a_heavy_row_are_in_all_batches():
    data = TensorData(torch.arange(100.0)[:, None], sample_weight=np.r_[99.0, np.ones(99)])
    assert all(3 < (batch.x == 0).sum() < 20 for batch in Batches(data, 20, RandomStreams([0])).epoch(1))


def test_equal_weights_draw_every_row_once():
    data = TensorData(torch.arange(103.0)[:, None], sample_weight=np.full(103, 0.3))
    rows = rows_of_member(Batches(data, 25, RandomStreams([0])).epoch(1), 0)
    assert rows.sort().values.tolist() == list(range(103))


def test_labelled_rows_are_appended_by_weight():
    weight = np.r_[8.0, np.ones(99)]
    data = TensorData(torch.arange(100.0)[:, None], make_labels(100, 10), sample_weight=weight)
    appended = torch.cat([b.x[0, 10:, 0] for b in Batches(data, 10, RandomStreams([0])).epoch(1)])
    counts = np.bincount(appended.long(), minlength=10)
    assert counts.sum() == 50
    assert counts[0] / 50 == pytest.approx(8 / 17, abs=0.1)


def test_members_draw_by_weight_from_their_rows():
    member_rows = [np.array([1, 3, 5, 7, 9]), np.array([0, 2])]
    data = TensorData(torch.arange(10.0)[:, None], sample_weight=np.arange(1.0, 11) ** 3)
    batches = Batches(data, 2, RandomStreams([0, 1]), member_rows=member_rows)
    assert rows_of_member(batches.epoch(1), 1).sort().values.tolist() == [2, 2]
    assert set(rows_of_member(batches.epoch(1), 0).tolist()) <= {1, 3, 5, 7, 9}
    assert len(rows_of_member(batches.epoch(1), 0)) == 5


def test_many_labelled_rows_are_not_appended():
    data = TensorData(torch.zeros(100, 1), make_labels(100, 60))
    assert all(b.x.shape[1] == 10 for b in Batches(data, 10, RandomStreams([0])).epoch(1))


def test_batches_hold_what_belongs_to_their_rows():
    x = torch.arange(20.0)[:, None]
    data = TensorData(x, make_labels(20, 4), torch.cat([x, -x], 1), condition=x + 1, vat_radius=x[:, 0] / 2)
    data.target_codes = torch.stack([x, 2 * x])
    for batch in Batches(data, 8, RandomStreams([0, 1])).epoch(1):
        assert torch.equal(batch.soft_labels, torch.cat([batch.x, -batch.x], -1))
        assert torch.equal(batch.condition, batch.x + 1)
        assert torch.equal(batch.vat_radius, batch.x[..., 0] / 2)
        assert torch.equal(batch.target_codes, batch.x * torch.tensor([1, 2])[:, None, None])


def test_mean_of_some_rows():
    (batch,) = Batches(TensorData(torch.zeros(3, 1)), 4, RandomStreams([0])).epoch(1)
    values = torch.tensor([[1.0, 2.0, 6.0]])
    assert batch.mean(values, where=torch.tensor([[True, False, True]])).tolist() == [3.5]
    assert batch.mean(values, where=torch.tensor([[False, False, False]])).tolist() == [0.0]


def test_random_noise_levels_differ_between_rows_and_are_mostly_low():
    x = torch.zeros(2000, 50)
    corruption = make_corruption(x, 0.0, 2.0, random_noise_level=True)
    (batch,) = Batches(TensorData(x), 2000, RandomStreams([0, 1]), corruption).epoch(1)
    assert torch.equal(batch.encoder_input[0], x)
    level = batch.encoder_input[1].std(1)
    assert 1.5 < level.max() < 2.6
    assert abs(level.median() - 2 * 0.5**2) < 0.05


def test_the_encoder_input_may_be_a_function_of_the_epoch():
    X = np.arange(20.0)[:, None]
    data = to_device(TrainingData(X, encoder_input=lambda epoch: X + 100 * epoch), "cpu")
    batches = Batches(data, 8, RandomStreams([0, 1]))
    for number in (1, 2):
        for batch in batches.epoch(number):
            assert torch.equal(batch.encoder_input, batch.x + 100 * number)


class Source:
    """Rows that are not in memory."""

    nbytes = 0

    def __init__(self, X):
        self.X, self.shape = X, X.shape

    def __len__(self):
        return len(self.X)

    def __getitem__(self, indices):
        return self.X[indices]

    def subset(self, indices):
        return Source(self.X[indices])


def test_rows_of_a_source_are_read_batch_by_batch():
    X = np.arange(20.0)[:, None]
    data = to_device(TrainingData(Source(X)), "cpu")
    assert isinstance(data.x, LazyRows)
    batches = [Batches(each, 8, RandomStreams([0, 1])).epoch(1) for each in (data, to_device(TrainingData(X), "cpu"))]
    for lazy, batch in zip(*batches, strict=True):
        assert torch.equal(lazy.x, batch.x)


def test_contiguous_rows_are_not_copied_on_the_cpu():
    X = np.zeros((5, 2), np.float32)
    to_device(TrainingData(X), "cpu").x[0] = 1
    assert X[0].tolist() == [1, 1]


@pytest.mark.parametrize("make_rows", [np.asarray, Source])
def test_a_subset_has_what_belongs_to_its_rows(make_rows):
    X, indices = np.arange(6.0)[:, None], np.array([4, 1])
    encoder_input, weight = (lambda epoch: X + epoch), np.arange(1.0, 7)
    data = TrainingData(make_rows(X), np.arange(6), X / 10, encoder_input=encoder_input, sample_weight=weight)
    subset = data.subset(indices)
    assert len(subset) == 2
    assert type(subset.X) is type(data.X)
    np.testing.assert_array_equal(subset.X[:], X[indices])
    np.testing.assert_array_equal(subset.labels, indices)
    np.testing.assert_array_equal(subset.sample_weight, indices + 1)
    np.testing.assert_array_equal(subset.soft_labels, X[indices] / 10)
    assert subset.condition is None
    np.testing.assert_array_equal(subset.encoder_input(3), X[indices] + 3)
