"""A sweep of Gibbs sampling over decoded draws."""

import pickle

import numpy as np
import pandas as pd
import pytest

from skaae import AAEGenerator, TableEncoder
from skaae.estimators._conditions import Conditions
from skaae.estimators._gibbs_sweep import GibbsSweep

N = 4000


def invoices(n=N, seed=0):
    """Amounts that are one or two prices of the article, in 19 of 20 rows; shares that occur once; missing cells."""
    rng = np.random.default_rng(seed)
    article = rng.choice(["desk", "lamp", "chair"], n, p=[0.5, 0.3, 0.2])
    of_price = np.where(rng.random(n) < 0.05, rng.permutation(article), article)
    price = pd.Series(of_price).map({"desk": 199.0, "lamp": 24.9, "chair": 89.5})
    return pd.DataFrame(
        {
            "article": article,
            "amount": price * rng.choice([1, 2], n),
            "share": rng.normal(size=n),
            "rate": 1 / rng.integers(1, 3000, n),
            "discount": np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n)),
            "time": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300 * 24 * 60, n), unit="min"),
        }
    )


def share_of_prices(X):
    lowest = X.article.map({"desk": 199.0, "lamp": 24.9, "chair": 89.5})
    return np.mean((X.amount == lowest) | (X.amount == 2 * lowest))


def shuffled(X, seed=1):
    """Rows without any relation between columns."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame({name: X[name].array[rng.permutation(len(X))] for name in X})


@pytest.fixture(scope="module")
def encoder():
    return TableEncoder(scaling="quantile", rounding="seen").fit(invoices())


@pytest.fixture(scope="module")
def swept(encoder):
    rng = np.random.RandomState(0)
    sweep = GibbsSweep(encoder, encoder.transform(invoices()), None, None, rng)
    draws = encoder.transform(shuffled(invoices()))
    return encoder.inverse_transform(draws), encoder.inverse_transform(sweep.sample(draws, None, None, rng))


class TestGibbsSweep:
    def test_relations_of_columns_come_back(self, swept):
        before, after = (share_of_prices(X) for X in swept)
        assert before < 0.6
        assert after == pytest.approx(share_of_prices(invoices()), abs=0.02)

    def test_columns_keep_their_distribution(self, swept):
        before, after = swept
        assert after.article.value_counts(normalize=True)["desk"] == pytest.approx(0.5, abs=0.04)
        assert after.discount.isna().mean() == pytest.approx(0.3, abs=0.04)
        for name in ("share", "discount"):
            assert after[name].std() == pytest.approx(before[name].std(), rel=0.1)

    def test_no_number_that_occurs_once_comes_back(self, swept):
        known = invoices()
        assert not np.isin(swept[1].share, known.share).any()
        assert swept[1].share.between(known.share.min(), known.share.max()).all()
        assert swept[1].amount.isin(known.amount).all()

    def test_numbers_that_repeat_come_back_to_the_last_bit(self, swept):
        counts = invoices().rate.value_counts()
        is_repeated = invoices().rate.map(counts).gt(1).mean()
        assert swept[1].rate.isin(counts.index[counts > 1]).mean() == pytest.approx(is_repeated, abs=0.03)

    def test_dates_of_several_parts_stay_as_they_were_decoded(self, swept):
        pd.testing.assert_series_equal(*(X.time for X in swept))

    def test_columns_follow_common_conditions_and_rare_ones_are_left(self):
        X, y = invoices()[["amount", "share"]], invoices().article
        encoder, conditions, rng = TableEncoder(scaling="quantile").fit(X), Conditions(y), np.random.RandomState(0)
        draws = encoder.transform(X.iloc[rng.permutation(N)])
        sweep = GibbsSweep(encoder, np.hstack([encoder.transform(X), conditions.encode_rows(y)]), None, conditions, rng)
        rows = sweep.sample(draws, conditions, conditions.encode_rows(y), rng)
        made = encoder.inverse_transform(rows).amount.round(1)
        assert (made[y == "lamp"].isin([24.9, 49.8])).mean() > 0.88
        assert np.array_equal(rows[y == "chair"], draws[y == "chair"])  # of fewer than a thousand rows

    def test_rows_without_weight_are_not_drawn(self):
        X = pd.DataFrame({"town": np.repeat(["Bonn", "Köln"], N // 2), "x": np.random.default_rng(0).normal(size=N)})
        encoder, rng = TableEncoder(scaling="quantile").fit(X), np.random.RandomState(0)
        rows = encoder.transform(X)
        sweep = GibbsSweep(encoder, rows, (X.town == "Bonn").to_numpy(float), None, rng)
        assert (encoder.inverse_transform(sweep.sample(rows, None, None, rng)).town == "Bonn").all()

    @pytest.mark.parametrize("case", ["of many categories only", "under rare conditions only"])
    def test_rows_that_no_sweep_changes_get_none(self, case):
        rng, sizes = np.random.default_rng(0), {"hidden_layer_sizes": (8,), "flow_layer_sizes": (8,)}
        of_many = pd.DataFrame({"town": [f"town {i}" for i in rng.zipf(1.5, N).clip(max=100)]})
        X, y = (of_many, None) if case == "of many categories only" else (invoices()[["amount"]], np.arange(N) % 5)
        model = AAEGenerator(**sizes, max_iter=2, flow_max_iter=2, random_state=0)
        model.fit(X, None if y is None else y.astype(str))
        assert model.acceptance_rate_ < 1  # so that there is something to correct
        assert model._corrections.sweep is None


class TestSamples:
    def test_draws_that_are_hard_to_tell_need_no_rejection(self):
        sizes = {"hidden_layer_sizes": (16,), "flow_layer_sizes": (16,), "max_iter": 4, "flow_max_iter": 4}
        X = invoices().drop(columns="time")
        model = AAEGenerator(**sizes, random_state=0).fit(X)
        made = model.sample(500, random_state=0)
        pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(model)).sample(500, random_state=0), made)
        plain = AAEGenerator(**sizes, gibbs_sampling=False, random_state=0).fit(X)
        assert model.acceptance_rate_ > plain.acceptance_rate_
