import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skaae import AAEDenoiser


def small(**parameters):
    defaults = {"n_members": 2, "hidden_layer_sizes": (16,), "max_iter": 5, "random_state": 0}
    return AAEDenoiser(**{**defaults, **parameters})


def on_digits(**parameters):
    """A denoiser of rows of one scale."""
    return AAEDenoiser(**{"scaling": None, "hidden_layer_sizes": 128, "max_iter": 50, "random_state": 0, **parameters})


@pytest.fixture(scope="module")
def digits():
    return load_digits().data / 8 - 1


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    size = rng.normal(10, 3, 300)
    kind = np.where(size > 10, "large", "small").astype(object)
    X = pd.DataFrame({"size": size, "weight": 2 * size + rng.normal(size=300), "kind": kind, "count": size.astype(int)})
    X["kind"] = X["kind"].astype("category")
    return X


class TestLearning:
    def test_noise_is_taken_away_better_than_by_principal_components(self, digits):
        train, test = digits[:1200], digits[1200:]
        noisy = test + 0.5 * np.random.default_rng(0).standard_normal(test.shape)
        model = on_digits(noise=0.5).fit(train)
        components = [PCA(n).fit(train) for n in (8, 12, 16, 24)]
        best = min(np.square(pca.inverse_transform(pca.transform(noisy)) - test).mean() for pca in components)
        assert np.square(model.transform(noisy) - test).mean() < 0.75 * best

    def test_missing_cells_are_filled_better_than_by_means_and_others_left_alone(self, digits):
        train, test = digits[:1200], digits[1200:]
        missing = np.random.default_rng(0).random(test.shape) < 0.2
        holes = np.where(missing, np.nan, test)
        model = on_digits(corruption="masked", max_iter=120, batch_size=64, learning_rate_init=3e-3).fit(train)
        filled = model.transform(holes)
        np.testing.assert_array_equal(filled[~missing], test[~missing])
        means = SimpleImputer().fit(train).transform(holes)
        assert np.square(filled - test)[missing].mean() < 0.4 * np.square(means - test)[missing].mean()

    def test_salt_and_pepper(self, digits):
        train, test = digits[:1200], digits[1200:]
        rng = np.random.default_rng(0)
        hit = rng.random(test.shape) < 0.2
        spoilt = np.where(hit, rng.choice([-1.0, 1.0], test.shape), test)
        learning = {"max_iter": 120, "batch_size": 64, "learning_rate_init": 3e-3}
        model = on_digits(corruption="salt_and_pepper", noise=0.2, **learning).fit(train)
        assert np.square(model.transform(spoilt) - test).mean() < 0.25 * np.square(spoilt - test).mean()

    def test_a_corruption_of_the_users_own(self, digits):
        def stripe(X, rng):
            X = X.reshape(-1, 8, 8)
            X[np.arange(len(X)), rng.integers(8, size=len(X))] = 1
            return X.reshape(-1, 64)

        train, test = digits[:1200], digits[1200:]
        spoilt = stripe(test.copy(), np.random.default_rng(0))
        model = on_digits(corruption=stripe).fit(train)
        assert np.square(model.transform(spoilt) - test).mean() < 0.3 * np.square(spoilt - test).mean()


class TestTables:
    def test_rows_come_back_in_the_form_of_the_training_rows(self, table):
        clean = small().fit(table).transform(table[:7])
        assert clean.shape == (7, 4)
        assert (clean.dtypes == table.dtypes).all()
        assert list(clean.columns) == list(table.columns)

    def test_missing_cells_of_any_kind_are_filled_with_what_fits(self, table):
        holes = table.astype({"count": "Int64"})
        rng = np.random.default_rng(1)
        for column in holes:
            holes.loc[rng.random(300) < 0.15, column] = None
        model = AAEDenoiser(corruption="masked", max_iter=100, random_state=0).fit(holes)
        filled = model.transform(holes)
        assert not filled.isna().any(axis=None)
        assert (filled.dtypes == holes.dtypes).all()
        for column in holes:
            known = holes[column].notna()
            assert (filled.loc[known, column] == holes.loc[known, column]).all()
        hidden = holes["kind"].isna()
        assert (filled["kind"] == table["kind"])[hidden].mean() > 0.8
        hidden = holes["weight"].isna()
        assert (filled["weight"] - table["weight"])[hidden].abs().mean() < 0.5 * table["weight"].std()

    def test_incomplete_rows_may_train_a_denoiser_of_other_corruptions(self, table):
        table.loc[::4, "size"] = np.nan
        model = small().fit(table)
        assert sorted(model._model.architecture.mask_indices) == [0, 1, 2, 3]
        assert not model.transform(table).isna().any(axis=None)

    def test_a_column_without_any_cell_stays_so(self, X):
        X[:, 2] = np.nan
        filled = small(corruption="masked").fit(X).transform(X)
        np.testing.assert_array_equal(np.isnan(filled).any(axis=0), np.arange(6) == 2)

    def test_cells_that_are_missing_only_later_are_filled(self, X):
        model = small().fit(X)
        X[::3, 1] = np.nan
        assert np.isfinite(model.transform(X)).all()

    def test_values_stay_within_the_range_of_the_training_rows(self, X):
        wild = X.copy()
        wild[0] = 1e6
        model = small().fit(X)
        clean = model.transform(wild)
        assert (clean <= X.max(axis=0) + 1e-9).all()
        assert (clean >= X.min(axis=0) - 1e-9).all()


class TestManners:
    def test_score_is_of_corrupted_rows_and_the_same_in_each_call(self, digits):
        model = small(scaling=None, noise=0.5, max_iter=20).fit(digits)
        assert model.score(digits) == model.score(digits)
        heavier = small(scaling=None, noise=2.0, max_iter=20).fit(digits)
        assert heavier.score(digits) < model.score(digits) < 0

    def test_score_of_masked_rows_is_over_hidden_cells(self, X):
        model = small(corruption="masked", noise=1.0, max_iter=50).fit(X)  # all cells hidden: nothing but means is left
        scaled = model.table_encoder_.transform(X)
        assert model.score(X) == pytest.approx(-scaled.var(axis=0).mean(), rel=0.15)

    def test_grid_search_and_pipeline(self, X):
        search = GridSearchCV(small(), {"n_components": [1, 5]}, cv=2).fit(X)
        assert search.best_params_["n_components"] == 5
        y = load_iris().target
        rows = load_iris().data
        rows[::7, 0] = np.nan
        pipe = make_pipeline(small(corruption="masked"), LogisticRegression(max_iter=1000)).fit(rows, y)
        assert pipe.score(rows, y) > 0.9

    def test_pickle_and_same_seed_same_result(self, X):
        for corruption in ("gaussian", "masked", "salt_and_pepper"):
            model = small(corruption=corruption).fit(X)
            again = pickle.loads(pickle.dumps(model))
            np.testing.assert_array_equal(again.transform(X), model.transform(X))
            np.testing.assert_array_equal(small(corruption=corruption).fit(X).transform(X), model.transform(X))

    def test_early_stopping_watches_corrupted_rows(self, X):
        model = small(early_stopping=True, noise=1.0).fit(X)
        assert len(model.history_["validation"]) == 5
        with_function = small(early_stopping=True, corruption=lambda X, rng: X + rng.normal(size=X.shape)).fit(X)
        assert len(with_function.history_["validation"]) == 5

    def test_warm_start_keeps_the_widest_range(self, X):
        model = small(warm_start=True).fit(X).fit(X[X[:, 0] > np.median(X[:, 0])])
        assert model.n_iter_ == 10
        assert model._extremes[0, 0] == model.table_encoder_.transform(X)[:, 0].min()
        with pytest.raises(ValueError, match="To go on"):
            model.set_params(n_members=3).fit(X)

    def test_images(self, digits):
        model = small(image_shape=(8, 8), scaling=None, corruption="masked", max_iter=1).fit(digits[:100])
        holes = digits[:5].copy()
        holes[:, :8] = np.nan
        assert np.isfinite(model.transform(holes)).all()

    def test_filled_cells_have_the_dtype_of_the_training_rows(self, table):
        model = small(corruption="masked").fit(table)
        one = table.iloc[:1].copy()
        one["kind"] = np.nan
        filled = model.transform(one)
        assert filled["kind"].dtype == table["kind"].dtype
        assert filled["kind"].iloc[0] in {"large", "small"}
        strange = table.iloc[:2].copy()
        strange["kind"] = ["huge", None]
        with pytest.warns(UserWarning, match="'kind' has categories that no training row had"):
            filled = model.transform(strange)
        assert filled["kind"].iloc[0] == "huge"
        assert filled["kind"].iloc[1] in {"large", "small"}

    def test_a_function_follows_random_state(self, X):
        def fit(seed):
            drawn = []
            small(corruption=lambda X, rng: X + (drawn.append(rng.random()) or 0), random_state=seed).fit(X)
            return drawn[1:]

        assert fit(0) == fit(0)
        assert not set(fit(0)) & set(fit(1))

    def test_score_of_one_row_is_as_of_many(self, X):
        model = small(corruption="salt_and_pepper", noise=1.0, max_iter=50).fit(X)
        one_by_one = np.mean([model.score(row[None]) for row in X])
        assert one_by_one == pytest.approx(model.score(X), rel=0.3)

    def test_score_needs_a_cell_to_go_by(self, X):
        with pytest.raises(ValueError, match="must have a cell that is known"):
            small(corruption="masked", noise=0.0).fit(X).score(X)

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"corruption": "masked", "noise": 2.0}, "at most 1 where it is a share of cells. Got 2.0"),
            ({"corruption": lambda X, rng: X, "noise": 0.1}, "'auto' where `corruption` is a function. Got 0.1"),
        ],
    )
    def test_noise_must_suit_the_corruption(self, X, parameters, message):
        with pytest.raises(ValueError, match=message):
            small(**parameters).fit(X)

    @pytest.mark.parametrize("corruption", ["gaussian", "masked", "salt_and_pepper"])
    def test_columns_of_one_scale_may_all_be_categories(self, corruption):
        X = pd.DataFrame({"a": ["x", "y", "x", "y", "z"], "b": ["u", "v", "u", "v", "v"]})
        model = small(corruption=corruption, scaling=None, early_stopping=True, max_iter=1).fit(X)
        assert set(model.transform(X).a) <= {"x", "y", "z"}

    def test_there_must_be_a_cell(self):
        with pytest.raises(ValueError, match=r"not missing\. Got 12 that are"):
            small().fit(np.full((6, 2), np.nan))

    def test_a_corruption_must_keep_the_shape(self, X):
        with pytest.raises(ValueError, match=r"`corruption` must return rows of shape \(120, 6\). Got \(119, 6\)"):
            small(corruption=lambda X, rng: X[1:]).fit(X)
