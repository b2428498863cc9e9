"""Categories that never go together: kept apart in rows that are decoded, whatever was most probable in each column."""

import pickle
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from skaae import AAEGenerator, TableEncoder
from skaae.table import _structural_zeros

RNG = np.random.default_rng(0)
N = 900
SERVICES = ["security", "backup", "tv"]


def contracts(n=N):
    """Without internet there is no service; without a phone, its number of lines is missing, and calls are 0."""
    internet, phone = RNG.choice(["no", "dsl", "fiber"], n, p=[0.2, 0.4, 0.4]), RNG.random(n) < 0.7
    X = pd.DataFrame({"internet": internet, "phone": phone})
    for name in SERVICES:
        X[name] = np.where(internet == "no", "no internet", RNG.choice(["yes", "no"], n))
    X["lines"] = pd.Series(np.where(phone, RNG.choice(["one", "two"], n), None), dtype="category")
    X["calls"] = np.where(phone, RNG.integers(1, 9, n), 0)
    return X


def drawn(X):
    """The encoder, and decoded rows in which each column has the probabilities of another row's."""
    encoder = TableEncoder("quantile", rounding="seen").fit(X)
    encoded = encoder.transform(X)
    bounds = encoder.n_numeric_ + np.cumsum([0, *encoder.one_hot_groups_])
    for a, b in pairwise(bounds):
        encoded[:, a:b] = 0.8 * encoded[RNG.permutation(len(X)), a:b] + 0.2 / (b - a)
    return encoder, encoder.inverse_transform(encoded)


def breaches(X):
    without = X.internet == "no"
    return pd.DataFrame(
        {
            **{name: without != (X[name] == "no internet") for name in SERVICES},
            "lines": X.lines.isna() == X.phone,
            "calls": (X.calls == 0) == X.phone,
        }
    )


def test_what_never_went_together_does_not():
    X = contracts()
    encoder, rows = drawn(X)
    assert not breaches(X).to_numpy().any()
    assert not breaches(rows).to_numpy().any()
    assert rows.dtypes.equals(X.dtypes)
    assert set(rows.internet) == {"no", "dsl", "fiber"}
    pd.testing.assert_frame_equal(encoder.inverse_transform(encoder.transform(X)), X)


def test_one_cell_gives_way_to_several():
    """Three services that were bought outweigh a missing internet, and one of three does not."""
    X = contracts()
    encoder = TableEncoder("quantile", rounding="seen").fit(X)
    rows = X[X.internet == "no"].iloc[:1].copy()
    for bought, internet in ((SERVICES, "dsl"), (SERVICES[:1], "no")):
        row = rows.copy()
        row[bought] = "yes"
        row = encoder.inverse_transform(np.clip(encoder.transform(row), 0.1, 0.9))
        assert (row.internet.item() != "no") == (internet != "no")
        assert not breaches(row).to_numpy().any()


def test_what_occurred_once_may_occur():
    X = contracts()
    first = int(np.flatnonzero(X.internet == "no")[0])
    X.loc[first, "tv"] = "yes"
    encoder, rows = drawn(X)
    pd.testing.assert_frame_equal(encoder.inverse_transform(encoder.transform(X)), X)
    assert breaches(rows)["tv"].any()
    assert not breaches(rows)[["security", "backup"]].to_numpy().any()


def test_independent_columns_have_no_such_pairs():
    X = pd.DataFrame({name: RNG.choice(list("abcdefgh"), N, p=[0.44, *[0.08] * 7]) for name in "xyz"})
    assert not TableEncoder("quantile", rounding="seen").fit(X)._columns.zeros.pairs.size


def test_later_rows_are_looked_at_too(monkeypatch):
    """Counts are of the first rows only, where there are many."""
    X = contracts(3000)
    X.loc[2999, ["internet", "tv"]] = "no", "yes"
    whole = TableEncoder("quantile", rounding="seen").fit(X)._columns.zeros.pairs
    monkeypatch.setattr(_structural_zeros, "MAX_PRODUCTS", 1)
    pairs = TableEncoder("quantile", rounding="seen").fit(X)._columns.zeros.pairs
    assert set(map(tuple, pairs.T)) <= set(map(tuple, whole.T))
    assert len(pairs.T) > 0.5 * len(whole.T)


@pytest.mark.parametrize("rounding", [True, False])
def test_other_estimators_decode_what_is_most_probable(rounding):
    assert TableEncoder("quantile", rounding=rounding).fit(contracts())._columns.zeros is None


def test_samples_and_saved_and_resumed_models_keep_them():
    X = contracts()
    model = AAEGenerator(max_iter=3, flow_max_iter=3, warm_start=True, random_state=0).fit(X)
    rows = model.sample(500, random_state=0)
    assert not breaches(rows).to_numpy().any()
    assert rows.internet.nunique() == 3
    assert pickle.loads(pickle.dumps(model)).sample(500, random_state=0).equals(rows)
    later = contracts()
    later.loc[later.internet == "no", "tv"] = "yes"
    rows = model.fit(later).sample(500, random_state=0)
    assert not breaches(rows)[["security", "backup"]].to_numpy().any()
    assert breaches(rows)["tv"].any()
