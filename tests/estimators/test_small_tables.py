"""Generators of tables that are small or strange: samples are right as far as so few rows tell."""

import numpy as np
import pandas as pd
import pytest

from skaae import AAEGenerator


def quick(**parameters):
    defaults = {"hidden_layer_sizes": (64,), "flow_layer_sizes": (64, 64), "max_iter": 60, "flow_max_iter": 60}
    defaults |= {"rejection_sampling": False, "random_state": 0}
    return AAEGenerator(**{**defaults, **parameters})


def test_forty_rows():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(40, 3)) @ rng.normal(size=(3, 3)), columns=list("abc"))
    X["kind"] = np.repeat(["x", "y"], [25, 15])
    new = quick(max_iter=100, flow_max_iter=150).fit(X).sample(1000, random_state=0)
    numbers, real = new[list("abc")], X[list("abc")]
    assert (np.abs(numbers.mean() - real.mean()) < real.std() / 40**0.5).all()
    assert np.allclose(numbers.std() / real.std(), 1, atol=0.2)
    assert np.abs(numbers.corr() - real.corr()).to_numpy().max() < 0.2
    assert abs(new.kind.eq("x").mean() - 25 / 40) < 0.08


@pytest.mark.parametrize("n_distinct", [300, 40])
def test_one_column_of_numbers(n_distinct):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.choice(rng.normal(size=n_distinct), 300)})
    new = quick().fit(X).sample(1000, random_state=0)
    assert abs(new.a.mean() - X.a.mean()) < 0.2
    assert abs(new.a.std() / X.a.std() - 1) < 0.15


def test_only_categories():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.choice(list("xyz"), 300, p=[0.7, 0.2, 0.1]), "b": rng.choice(list("uv"), 300)})
    X["c"] = np.where(X.a == "x", "other", X.b)
    new = quick(column_kinds={"c": "category"}).fit(X).sample(1000, random_state=0)
    for name in X:
        shares = pd.concat([each[name].value_counts(normalize=True) for each in (X, new)], axis=1).fillna(0)
        assert np.abs(shares.iloc[:, 0] - shares.iloc[:, 1]).max() < 0.08
    assert (new.c == np.where(new.a == "x", "other", new.b)).mean() > 0.9


def test_only_missing_cells():
    X = pd.DataFrame({"a": [np.nan] * 50, "b": pd.Series([None] * 50, dtype=object)})
    assert quick(max_iter=2, flow_max_iter=2).fit(X).sample(5, random_state=0).isna().all().all()


def test_a_condition_of_few_rows_is_a_warning_that_says_how_many():
    rng = np.random.default_rng(0)
    y = pd.DataFrame({"kind": np.repeat(["common", "rare"], [92, 8]), "size": rng.normal(size=100)})
    model = quick(max_iter=2, flow_max_iter=2).fit(pd.DataFrame({"a": rng.normal(size=100)}), y)
    with pytest.warns(UserWarning, match=r"10 training rows.*'rare'}, 8\)"):
        model.sample(3, {"kind": "rare"}, random_state=0)
    with pytest.warns(UserWarning, match="'rare'}, 8"):
        model.sample(2, {"kind": ["common", "rare"], "size": 0.0}, random_state=0)
    model.sample(3, {"kind": "common"}, random_state=0)
    model.sample(3, {"size": 0.5}, random_state=0)
