import numpy as np
import pandas as pd
import pytest

from skaae import TableEncoder
from skaae.table._cells import CellLayout

TABLE = pd.DataFrame(
    {
        "kind": ["b", "a", None, "b"] * 5,
        "size": [1.5, np.nan, 0.5, 2.5] * 5,
        "count": np.arange(20),
        "flag": [True, False] * 10,
    }
)


@pytest.mark.parametrize("scaling", ["standard", "quantile", None])
def test_encoded_rows_are_cells_again(scaling):
    encoder = TableEncoder(scaling).fit(TABLE)
    layout = CellLayout.of(encoder)
    cells = layout.read(encoder.transform(TABLE))
    assert cells.shape[1] == len(layout.categorical) == len(layout.encoded_columns)
    names = TABLE.columns[encoder.source_columns_[layout.encoded_columns]].tolist()
    kinds, flags, sizes = (cells[:, names.index(name)] for name in ("kind", "flag", "size"))
    np.testing.assert_array_equal(kinds[:4], [1, 0, np.nan, 1])
    np.testing.assert_array_equal(flags[:2], [1, 0])
    assert np.isnan(sizes).tolist() == TABLE["size"].isna().tolist()
    assert (pd.Series(sizes[:4]).rank() == TABLE["size"][:4].rank()).tolist() == [True, False, True, True]
    assert np.corrcoef(pd.Series(cells[:, names.index("count")]).rank(), np.arange(20))[0, 1] > 0.99


def test_a_new_category_is_one_code_more():
    encoder = TableEncoder().fit(TABLE[["kind", "count"]])
    layout = CellLayout.of(encoder)
    with pytest.warns(UserWarning, match="has categories"):
        encoded = encoder.transform(pd.DataFrame({"kind": ["c", None], "count": [1, 2]}))
    np.testing.assert_array_equal(layout.read(encoded)[:, 1], [3, np.nan])
