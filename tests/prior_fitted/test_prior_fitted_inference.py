import numpy as np
import torch

from skaae.prior_fitted._context import Context
from skaae.prior_fitted._inference import choose_columns
from skaae.prior_fitted._network import NetworkConfig, PriorFittedNetwork
from skaae.prior_fitted._values import CellReader
from skaae.prior_fitted._weights import load_weights, save_weights, shipped_network

CATEGORICAL = np.array([False, False, True])


def table(n, seed=0):
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.normal(size=n), rng.integers(5, size=n), rng.integers(4, size=n)]).astype(float)
    X[rng.random(X.shape) < 0.1] = np.nan
    return X


def test_a_cell_has_the_place_that_it_would_have_in_the_context():
    X, row = table(30), table(1, seed=1)
    apart = CellReader(X.T[None], CATEGORICAL[None]).read(row.T[None])
    with_it = np.vstack([X, row]).T[None]
    among = CellReader(with_it, CATEGORICAL[None]).read(with_it, is_context=True)
    torch.testing.assert_close(apart.rank[:, :, 0], among.rank[:, :, -1])
    torch.testing.assert_close(apart.features[..., 0, 1:], among.features[..., -1, 1:])  # all but the deviation


def test_rows_are_read_as_those_of_the_context_are_but_for_themselves():
    X, labels = table(40), np.where(np.arange(40) < 9, np.arange(40) % 3, -1)
    network = shipped_network()
    context = Context([(X, CATEGORICAL, labels)], np.random.default_rng(0), network.config)
    with torch.inference_mode():
        inside = network(context.batch)[0, 9:]
        keys = network.encode(context.batch)[1]
        batch = context.batch_of([X[9:]])
        outside = network.read_out(network.encode(batch, keys)[0], batch, keys[-1])[0]
    assert (inside.exp() - outside.exp()).abs().max() < 0.15


def test_several_tables_at_once_are_read_as_one_by_one():
    labels = np.where(np.arange(20) < 6, np.arange(20) % 2, -1)
    tables = [(table(20, seed), CATEGORICAL, labels) for seed in range(2)]
    context = Context(tables, np.random.default_rng(0), NetworkConfig())
    for index, one in enumerate(tables):
        alone = Context([one], np.random.default_rng(0), NetworkConfig())
        for of_both, of_one in (
            (context.evidence.of_cells, alone.evidence.of_cells),
            (context.evidence.of_rows, alone.evidence.of_rows),
            (context.batch.values, alone.batch.values),
        ):
            torch.testing.assert_close(of_both[index], of_one[0])


def test_many_columns_are_shared_out():
    rng = np.random.default_rng(0)
    assert choose_columns(20, 4, rng).shape == (4, 20)
    chosen = choose_columns(300, 2, rng)
    assert chosen.shape == (5, 64)
    assert set(chosen.ravel()) == set(range(300))
    assert choose_columns(3_000, 4, rng).shape == (8, 64)


def test_weights_come_back_in_half_precision(tmp_path):
    sizes = NetworkConfig(cell_width=16, n_cell_layers=2, n_row_layers=1, n_heads=2)
    network = PriorFittedNetwork(sizes)
    save_weights(network, tmp_path / "weights.npz")
    loaded = load_weights(tmp_path / "weights.npz")
    assert loaded.config == sizes
    for name, value in network.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[name], value, rtol=1e-3, atol=1e-3)


def test_weights_are_read_once_and_are_small():
    assert shipped_network() is shipped_network()
    assert not any(parameter.requires_grad for parameter in shipped_network().parameters())
    assert sum(parameter.numel() for parameter in shipped_network().parameters()) < 2_500_000
