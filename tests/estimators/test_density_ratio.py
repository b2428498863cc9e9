import copy
import pickle
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from skaae import AAEGenerator
from skaae.estimators._corrections import Corrections
from skaae.estimators._density_ratio import (
    fit_density_ratios,
    rejection_sampling,
    to_quantiles,
    to_tree_inputs,
    to_trees,
)
from skaae.estimators._training_data import merge_copies
from skaae.metrics import detection_score


def orders(n, seed=0):
    """A mixed table with a relation that a short training misses."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(["cash", "card", "bill"], n, p=[0.5, 0.3, 0.2])
    amount = rng.lognormal(2, 0.6, n) * np.where(kind == "bill", 5, 1)
    paid = np.where(kind == "bill", rng.integers(0, 60, n), 0).astype(float)
    amount[rng.random(n) < 0.1] = np.nan
    return pd.DataFrame({"kind": kind, "amount": amount.round(2), "days": paid, "late": (paid > 30).astype(bool)})


def small(**parameters):
    defaults = {"hidden_layer_sizes": (32,), "flow_layer_sizes": (32,), "max_iter": 15, "flow_max_iter": 15}
    return AAEGenerator(**{**defaults, "random_state": 0, **parameters})


def without_ratio(model):
    plain = copy.copy(model)
    plain._corrections = Corrections()
    return plain


@pytest.fixture(scope="module")
def model():
    return small().fit(orders(1200))


def normal_cells(n, mean, seed):
    rng = np.random.default_rng(seed)
    cells = np.stack([rng.normal(mean, 1, n), rng.integers(0, 3, n)], axis=1)
    cells[rng.random(n) < 0.1, 0] = np.nan
    return cells


def probability(ratio, cells):
    return ratio.acceptance_probability(ratio.log_ratio(to_tree_inputs(cells)))


def is_even(rows, indices):
    return (indices[:, None] % 2 == 0).astype(float)


class TestQuantiles:
    def test_columns_of_few_values_stay_as_they_are(self):
        cells = to_tree_inputs(np.stack([np.arange(1000) % 255, np.arange(1000) % 2], axis=1).astype(float))
        assert np.array_equal(to_quantiles(cells), cells)

    def test_cells_move_to_the_nearest_of_255_and_never_past_one_another(self):
        cells = to_tree_inputs(np.random.default_rng(0).lognormal(size=(5000, 1)))
        binned, order = to_quantiles(cells), cells[:, 0].argsort()
        assert len(np.unique(binned)) == 255
        assert (np.diff(binned[order, 0]) >= 0).all()
        values = np.unique(binned)
        assert np.allclose(np.abs(binned - cells), np.abs(cells - values).min(1, keepdims=True))
        assert np.unique(binned, return_counts=True)[1].max() < 60  # of 5000 / 255 each, where few cells are far apart

    def test_missing_cells_stay_apart(self):
        cells = np.random.default_rng(0).normal(size=(2000, 1))
        cells[::50] = np.nan
        inputs = to_tree_inputs(cells)
        assert np.array_equal(to_quantiles(inputs) == inputs.min(), np.isnan(cells))


class TestDensityRatio:
    def test_accepted_draws_are_like_the_rows(self):
        (ratio,) = fit_density_ratios(normal_cells(2000, 0, 0), normal_cells(8000, 0.7, 1), np.random.RandomState(0))
        draws = normal_cells(10_000, 0.7, 2)
        accepted = draws[np.random.default_rng(0).random(10_000) < probability(ratio, draws)]
        assert len(accepted) / len(draws) == pytest.approx(ratio.acceptance_rate, abs=0.03)
        assert abs(np.nanmean(accepted[:, 0])) < 0.25
        assert np.isnan(accepted[:, 0]).mean() == pytest.approx(0.1, abs=0.03)

    def test_the_second_gives_back_margins_that_the_bound_of_the_first_took(self):
        def cells(n, rare_share, seed):
            """A column that is rarely far out, and one that is 1 in half of the rows, and in all that are far out."""
            rng = np.random.default_rng(seed)
            is_far = rng.random(n) < rare_share
            is_one = is_far | (rng.random(n) < (0.5 - rare_share) / (1 - rare_share))
            return np.stack([rng.normal(4 * is_far, 0.3), is_one], axis=1)

        rows, draws, new = cells(4000, 0.3, 1), cells(16_000, 0.05, 2), cells(50_000, 0.05, 3)
        first, second = fit_density_ratios(rows, draws, np.random.RandomState(0))
        rng = np.random.default_rng(0)
        accepted = new[rng.random(len(new)) < probability(first, new)]
        by_both = accepted[rng.random(len(accepted)) < probability(second, accepted)]
        assert accepted[:, 1].mean() < 0.43
        assert by_both[:, 1].mean() == pytest.approx(0.5, abs=0.04)

    @pytest.mark.parametrize("n", [100, 2000])
    def test_there_is_none_of_few_rows_and_of_equal_distributions(self, n):
        shift = 0.7 if n == 100 else 0
        rows, draws = normal_cells(n, 0, 0), normal_cells(4 * n, shift, 1)
        assert fit_density_ratios(rows, draws, np.random.RandomState(0)) == []

    def test_rows_of_a_table_that_was_written_several_times_are_not_favoured(self):
        rows, draws = normal_cells(400, 0, 0), normal_cells(4800, 0, 1)
        copied = np.concatenate([rows] * 3)[np.random.default_rng(0).permutation(1200)]
        assert fit_density_ratios(copied, draws, np.random.RandomState(0))
        merged, _, weight = merge_copies(copied, np.nan_to_num(copied), None)
        assert fit_density_ratios(merged, draws, np.random.RandomState(0), weight) == []

    def test_rows_of_more_weight_are_more_often_among_accepted_draws(self):
        rows, draws = normal_cells(1000, 0, 0), normal_cells(4000, 0, 1)
        is_rare = draws[:, 1] == 0
        weight = np.where(rows[:, 1] == 0, 1.6, 0.7)
        (ratio, *_) = fit_density_ratios(rows, draws, np.random.RandomState(0), weight)
        assert np.average(is_rare, weights=probability(ratio, draws)) > is_rare.mean() + 0.05

    def test_trees_are_those_of_the_classifier(self):
        cells = to_tree_inputs(normal_cells(500, 0, 0))
        classifier = HistGradientBoostingClassifier(max_iter=5, early_stopping=False).fit(cells, cells[:, 1] > 1)
        added = sum(tree.predict(cells)[:, 0] for tree in to_trees(classifier, 2.0))
        base = classifier._baseline_prediction.item()
        np.testing.assert_allclose(added, 2 * (classifier.decision_function(cells) - base))

    def test_rows_that_are_never_accepted_end_some_time(self):
        calls = []

        def draw(indices):
            calls.append(indices)
            return np.full((len(indices), 1), len(calls))

        ratio = SimpleNamespace(log_ratio=lambda cells: cells[:, 0], acceptance_probability=lambda log_ratio: log_ratio)
        rows = rejection_sampling(draw, is_even, [ratio], 4, np.random.RandomState(0))
        assert rows[:, 0].tolist() == [1, len(calls), 1, len(calls)]
        assert len(calls) < 100


class TestSamples:
    def test_they_are_harder_to_detect(self, model):
        real = orders(1200, seed=1)
        chosen, plain = (
            detection_score(real, each.sample(1200, random_state=0), random_state=0)
            for each in (model, without_ratio(model))
        )
        assert chosen < plain - 0.05
        assert 0.3 < model.acceptance_rate_ < 1

    def test_they_are_of_the_conditions_asked_for(self):
        X = orders(1200)
        model = small().fit(X.drop(columns="kind"), X.kind)
        assert model.acceptance_rate_ < 1
        wanted = np.repeat(["bill", "cash"], 300)
        rows = model.sample(600, wanted, random_state=0)
        of_bill, of_cash = rows[wanted == "bill"], rows[wanted == "cash"]
        assert (of_bill.days > 0).mean() > 0.9 > 0.1 > (of_cash.days > 0).mean()
        known = X.amount[X.kind == "bill"].median()
        assert of_bill.amount.median() == pytest.approx(known, rel=0.25)

    def test_seeds_and_saved_models_give_the_same_rows(self, model):
        rows = model.sample(50, random_state=1)
        pd.testing.assert_frame_equal(model.sample(50, random_state=1), rows)
        pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(model)).sample(50, random_state=1), rows)
        again = small().fit(orders(1200))
        pd.testing.assert_frame_equal(again.sample(50, random_state=1), rows)

    def test_skops_needs_no_further_type(self, model, tmp_path):
        skops = pytest.importorskip("skops.io")
        skops.dump(model, tmp_path / "model.skops")
        loaded = skops.load(tmp_path / "model.skops", trusted=[AAEGenerator])
        assert loaded.acceptance_rate_ == model.acceptance_rate_
        pd.testing.assert_frame_equal(loaded.sample(50, random_state=1), model.sample(50, random_state=1))

    def test_switched_off_and_few_rows(self):
        for parameters, n in (({"rejection_sampling": False}, 300), ({}, 40)):
            model = small(**{**parameters, "max_iter": 1, "flow_max_iter": 1}).fit(orders(n))
            assert model.acceptance_rate_ == 1
            assert len(model.sample(10, random_state=0)) == 10

    def test_categories_only_and_made_up_identifiers(self):
        X = orders(600)[["kind", "late"]].assign(key=[f"k{n}" for n in range(600)])
        model = small(identifiers="replace", max_iter=2, flow_max_iter=2).fit(X)
        rows = model.sample(300, random_state=0)
        assert rows.key.tolist() == [f"key {n}" for n in range(1, 301)]
        assert rows.kind.value_counts(normalize=True)["cash"] == pytest.approx(0.5, abs=0.12)

    def test_another_fit_has_a_ratio_of_its_own(self):
        model = small(warm_start=True, max_iter=2, flow_max_iter=2).fit(orders(400))
        before = model._corrections.ratios
        assert model.fit(orders(400)).acceptance_rate_ < 1
        assert model._corrections.ratios is not before
