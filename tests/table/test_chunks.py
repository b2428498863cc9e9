"""Tables of many rows are encoded in chunks, so that temporary copies are small."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from skaae import AAETransformer, TableEncoder
from skaae.table import ColumnScaler, _scalers, _tables


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(_tables, "CHUNK_ROWS", 7)
    monkeypatch.setattr(_scalers, "MIN_CHUNK_CELLS", 10)


@pytest.fixture
def memmap(tmp_path):
    """A file of a million rows."""
    rows = np.memmap(tmp_path / "rows", np.float32, "w+", shape=(1_000_000, 8))
    rows[:] = np.random.default_rng(0).standard_normal(rows.shape, np.float32)
    rows.flush()
    return np.memmap(tmp_path / "rows", np.float32, "r", shape=rows.shape)


def peak_memory(function):
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def frame(n):
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"a": rng.standard_normal(n), "b": rng.integers(0, 50, n), "c": rng.choice(["x", "y"], n)})
    table.index = rng.permutation(n) / 2  # labels that are no row numbers
    table.loc[table.index[-1], ["a", "c"]] = None
    return table


@pytest.mark.parametrize("scaling", ["standard", "quantile", None])
def test_chunks_equal_all_rows_at_once(scaling, request):
    tables = [frame(60), frame(60)[["b"]], np.random.default_rng(2).standard_normal((60, 20))]
    at_once = [TableEncoder(scaling).fit_transform(table) for table in tables]
    request.getfixturevalue("small_chunks")
    for table, expected in zip(tables, at_once, strict=True):
        np.testing.assert_allclose(TableEncoder(scaling).fit_transform(table), expected, rtol=1e-14)


@pytest.mark.usefixtures("small_chunks")
def test_infinite_cells_in_any_chunk_raise():
    rows = np.zeros((60, 3))
    rows[33, 1] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        TableEncoder().fit(rows)


def test_mean_of_many_float32_rows():
    rows = (1000 + np.random.default_rng(0).standard_normal((400_000, 2))).astype(np.float32)
    scaler = ColumnScaler("linear").fit(rows)
    np.testing.assert_allclose(scaler.center_, rows.mean(0, dtype=float), rtol=1e-6)
    np.testing.assert_allclose(scaler.scale_, rows.std(0, dtype=float), rtol=1e-5)


def test_fit_copies_a_chunk_of_a_memmap_at_a_time(memmap):
    model = AAETransformer(2, hidden_layer_sizes=4, max_iter=1, batch_size=2**16, random_state=0)
    model.fit(memmap[:200])  # torch loads more of itself on the way
    assert peak_memory(lambda: model.fit(memmap)) < 0.8 * memmap.nbytes


def test_partial_fit_copies_its_chunk_only(memmap):
    model = AAETransformer(2, hidden_layer_sizes=4, batch_size=2**12, random_state=0)
    for start in (0, 500_000):
        chunk = memmap[start : start + 10_000]
        assert peak_memory(lambda chunk=chunk: model.partial_fit(chunk)) < 10 * chunk.nbytes


def test_read_only_rows_are_not_modified(memmap):
    model = AAETransformer(2, hidden_layer_sizes=4, scaling=None, max_iter=1, random_state=0)
    before = memmap[:500].copy()
    model.fit(memmap[:500])
    np.testing.assert_array_equal(memmap[:500], before)
