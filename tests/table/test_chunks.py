"""Tables of many rows are encoded in parts, so that what is made on the way is small."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from skaae import AAETransformer, TableEncoder
from skaae.table import ColumnScaler, _scalers, _tables


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(_tables, "CHUNK_ROWS", 7)
    monkeypatch.setattr(_scalers, "MIN_CHUNK_CELLS", 10)


@pytest.fixture
def memmap(tmp_path):
    """A file of a million rows."""
    rows = np.memmap(tmp_path / "rows", np.float32, "w+", shape=(1_000_000, 8))
    rows[:] = np.random.default_rng(0).standard_normal(rows.shape, np.float32)
    rows.flush()
    return np.memmap(tmp_path / "rows", np.float32, "r", shape=rows.shape)


def peak_of(function):
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def frame(n):
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"a": rng.standard_normal(n), "b": rng.integers(0, 50, n), "c": rng.choice(["x", "y"], n)})
    table.index = rng.permutation(n) / 2  # labels that are no places
    table.loc[table.index[-1], ["a", "c"]] = None
    return table


@pytest.mark.parametrize("scaling", ["standard", "quantile", None])
def test_parts_make_what_all_rows_at_once_make(scaling, request):
    tables = [frame(60), frame(60)[["b"]], np.random.default_rng(2).standard_normal((60, 20))]
    at_once = [TableEncoder(scaling).fit_transform(table) for table in tables]
    request.getfixturevalue("small_parts")
    for table, expected in zip(tables, at_once, strict=True):
        np.testing.assert_allclose(TableEncoder(scaling).fit_transform(table), expected, rtol=1e-14)


@pytest.mark.usefixtures("small_parts")
def test_infinite_cells_are_found_in_any_part():
    rows = np.zeros((60, 3))
    rows[33, 1] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        TableEncoder().fit(rows)


def test_many_rows_in_32_bits_are_centred_where_they_are():
    rows = (1000 + np.random.default_rng(0).standard_normal((400_000, 2))).astype(np.float32)
    scaler = ColumnScaler("linear").fit(rows)
    np.testing.assert_allclose(scaler.center_, rows.mean(0, dtype=float), rtol=1e-6)
    np.testing.assert_allclose(scaler.scale_, rows.std(0, dtype=float), rtol=1e-5)


def test_a_fit_copies_a_part_of_a_memmap_at_a_time(memmap):
    model = AAETransformer(2, hidden_layer_sizes=4, max_iter=1, batch_size=2**16, random_state=0)
    model.fit(memmap[:200])  # torch loads more of itself on the way
    assert peak_of(lambda: model.fit(memmap)) < 0.8 * memmap.nbytes


def test_a_partial_fit_makes_copies_of_its_chunk_only(memmap):
    model = AAETransformer(2, hidden_layer_sizes=4, batch_size=2**12, random_state=0)
    for start in (0, 500_000):
        chunk = memmap[start : start + 10_000]
        assert peak_of(lambda chunk=chunk: model.partial_fit(chunk)) < 10 * chunk.nbytes


def test_read_only_rows_that_are_not_scaled_stay_as_they_are(memmap):
    model = AAETransformer(2, hidden_layer_sizes=4, scaling=None, max_iter=1, random_state=0)
    before = memmap[:500].copy()
    model.fit(memmap[:500])
    np.testing.assert_array_equal(memmap[:500], before)
