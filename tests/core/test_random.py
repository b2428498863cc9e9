import torch

from skaae.core.random import MAX_BUFFER_SIZE, RandomStreams


def test_draws_of_a_member_do_not_depend_on_the_others():
    alone, packed = RandomStreams([7]), RandomStreams([3, 7, 5])
    for shape in [(4, 3), (1000, 20), (2,)]:
        assert torch.equal(alone.normal(*shape)[0], packed.normal(*shape)[1])
        assert torch.equal(alone.uniform(*shape)[0], packed.uniform(*shape)[1])
    alone.restart(1)
    packed.restart(1)
    assert torch.equal(alone.permutations([50])[0], packed.permutations([40, 50, 60])[1])


def test_members_of_equal_seeds_draw_what_they_draw_alone():
    seeds, lengths = [3, 7, 3, 3], [40, 40, 40, 60]
    packed = RandomStreams(seeds)
    packed.permutations(lengths)
    numbers = packed.normal(1000, 20)
    for member, (seed, length) in enumerate(zip(seeds, lengths, strict=True)):
        alone = RandomStreams([seed])
        alone.permutations([length])
        assert torch.equal(numbers[member], alone.normal(1000, 20)[0])


def test_restart_with_equal_keys_gives_equal_draws():
    streams = RandomStreams([1, 2])
    streams.restart(5)
    first = streams.normal(10, 2)
    streams.normal(3)
    streams.restart(6)
    assert not torch.equal(first, streams.normal(10, 2))
    streams.restart(5)
    assert torch.equal(first, streams.normal(10, 2))


def test_draws_have_their_distribution_and_do_not_repeat():
    streams = RandomStreams([0])
    normal, uniform = streams.normal(50_000), streams.uniform(50_000)
    assert abs(normal.mean()) < 0.02
    assert abs(normal.std() - 1) < 0.02
    assert uniform.min() >= 0
    assert uniform.max() < 1
    assert abs(uniform.mean() - 0.5) < 0.01
    assert not torch.equal(normal, streams.normal(50_000))


def test_more_draws_than_the_buffer_holds():
    assert RandomStreams([0]).normal(MAX_BUFFER_SIZE + 1).unique().numel() > MAX_BUFFER_SIZE // 2


def test_the_global_generator_is_not_used():
    before = torch.get_rng_state()
    RandomStreams([0, 1]).normal(10)
    assert torch.equal(before, torch.get_rng_state())
