import torch

from skaae.core.streams import LARGEST_CHUNK, Streams


def test_a_member_draws_the_same_whatever_its_neighbours():
    alone, packed = Streams([7]), Streams([3, 7, 5])
    for shape in [(4, 3), (1000, 20), (2,)]:
        assert torch.equal(alone.normal(*shape)[0], packed.normal(*shape)[1])
        assert torch.equal(alone.uniform(*shape)[0], packed.uniform(*shape)[1])
    alone.restart(1)
    packed.restart(1)
    assert torch.equal(alone.permutations([50])[0], packed.permutations([40, 50, 60])[1])


def test_members_of_one_seed_draw_as_they_would_alone():
    seeds, lengths = [3, 7, 3, 3], [40, 40, 40, 60]
    packed = Streams(seeds)
    packed.permutations(lengths)
    numbers = packed.normal(1000, 20)
    for place, (seed, length) in enumerate(zip(seeds, lengths, strict=True)):
        alone = Streams([seed])
        alone.permutations([length])
        assert torch.equal(numbers[place], alone.normal(1000, 20)[0])


def test_restart_returns_to_the_place_that_the_keys_name():
    streams = Streams([1, 2])
    streams.restart(5)
    first = streams.normal(10, 2)
    streams.normal(3)
    streams.restart(6)
    assert not torch.equal(first, streams.normal(10, 2))
    streams.restart(5)
    assert torch.equal(first, streams.normal(10, 2))


def test_draws_are_new_and_of_their_distribution():
    streams = Streams([0])
    normal, uniform = streams.normal(50_000), streams.uniform(50_000)
    assert abs(normal.mean()) < 0.02
    assert abs(normal.std() - 1) < 0.02
    assert uniform.min() >= 0
    assert uniform.max() < 1
    assert abs(uniform.mean() - 0.5) < 0.01
    assert not torch.equal(normal, streams.normal(50_000))


def test_more_than_a_chunk_at_once():
    assert Streams([0]).normal(LARGEST_CHUNK + 1).unique().numel() > LARGEST_CHUNK // 2


def test_the_users_generator_is_untouched():
    before = torch.get_rng_state()
    Streams([0, 1]).normal(10)
    assert torch.equal(before, torch.get_rng_state())
