import copy
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.callback import ProgressBar
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler

from skaae import AAETransformer
from skaae.metrics import sliced_wasserstein


def small(**parameters):
    return AAETransformer(2, **{"hidden_layer_sizes": (16,), "max_iter": 5, "random_state": 0, **parameters})


@pytest.fixture(scope="module")
def digits():
    return load_digits(return_X_y=True)


@pytest.fixture(scope="module")
def on_digits(digits):
    return AAETransformer(16, random_state=0).fit(digits[0])


class TestLearning:
    def test_codes_keep_more_than_as_many_principal_components(self, digits, on_digits):
        rows = on_digits.table_encoder_.transform(digits[0])
        pca = PCA(16).fit(rows)
        error = np.square(pca.inverse_transform(pca.transform(rows)) - rows).mean()
        assert -on_digits.score(digits[0]) < 0.75 * error

    def test_codes_look_like_the_prior(self, digits, on_digits):
        code = on_digits.transform(digits[0])
        rng = np.random.default_rng(0)
        first, second = rng.standard_normal((2, *code.shape))
        noise = sliced_wasserstein(first, second, random_state=0)
        assert sliced_wasserstein(first, (code - code.mean(0)) / code.std(0), random_state=0) < 3 * noise

    def test_inverse_transform_returns_to_the_units_of_the_columns(self, digits, on_digits):
        X = digits[0]
        again = on_digits.inverse_transform(on_digits.transform(X))
        assert np.square(again - X).mean() < 0.35 * X.var(axis=0).mean()

    def test_samples_lie_where_rows_lie(self, digits, on_digits):
        X = digits[0]
        samples = on_digits.sample(len(X), random_state=0)
        independent = np.random.default_rng(0).permuted(X, axis=0)
        pca = PCA(10).fit(X)
        to_rows = [
            sliced_wasserstein(pca.transform(X), pca.transform(other), n_projections=2000, random_state=0)
            for other in (samples, independent)
        ]
        assert to_rows[0] < 0.6 * to_rows[1]


class TestParameters:
    @pytest.mark.parametrize("scaling", ["standard", "quantile", None])
    def test_scaling_is_undone(self, X, scaling):
        model = AAETransformer(6, hidden_layer_sizes=(16,), scaling=scaling, max_iter=50, random_state=0).fit(X)
        again = model.inverse_transform(model.transform(X))
        assert np.square(again - X).mean() < 0.1 * X.var(axis=0).mean()

    def test_width_by_default(self):
        rng = np.random.default_rng(0)
        for columns, width in [(1, 1), (2, 1), (5, 4), (17, 16), (40, 16)]:
            model = AAETransformer(max_iter=1).fit(rng.standard_normal((30, columns)))
            assert model.transform(rng.standard_normal((3, columns))).shape == (3, width)

    def test_batch_size_above_the_number_of_rows_is_all_rows(self, X):
        first, second = small(batch_size=10_000).fit(X), small(batch_size=len(X)).fit(X)
        np.testing.assert_array_equal(first.transform(X), second.transform(X))

    def test_epochs_by_default_make_enough_steps_of_few_rows_and_of_many(self):
        rng = np.random.default_rng(0)
        few = AAETransformer(hidden_layer_sizes=(4,), adversarial_weight=0).fit(rng.standard_normal((40, 3)))
        assert few.n_iter_ == 1000
        many = few.set_params(batch_size=32).fit(rng.standard_normal((20_000, 3)))
        assert many.n_iter_ == 5

    def test_one_hidden_width_may_be_a_number(self, X):
        np.testing.assert_array_equal(
            small(hidden_layer_sizes=16).fit_transform(X), small(hidden_layer_sizes=(16,)).fit_transform(X)
        )

    def test_random_state_is_respected_and_drawn_from(self, X):
        np.testing.assert_array_equal(small().fit_transform(X), small().fit_transform(X))
        assert not np.allclose(small().fit_transform(X), small(random_state=1).fit_transform(X))
        shared = np.random.RandomState(0)
        first, second = (small(random_state=shared).fit_transform(X) for _ in range(2))
        assert not np.allclose(first, second)

    def test_sample_follows_its_random_state(self, X):
        model = small().fit(X)
        assert model.sample().shape == (1, 6)
        np.testing.assert_array_equal(model.sample(5, random_state=0), model.sample(5, random_state=0))
        assert not np.allclose(model.sample(5), model.sample(5))

    def test_verbose_reports(self, X, capsys):
        small(verbose=1).fit(X)
        assert "AAETransformer [####################] 5/5 reconstruction" in capsys.readouterr().out
        small().fit(X)
        assert capsys.readouterr().out == ""


class TestDtypes:
    @pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "uint8"])
    def test_rows_come_out_in_the_dtype_of_the_training_rows(self, X, dtype):
        scale = 100 if dtype in ("int64", "uint8") else 1
        rows = (np.abs(X) * scale).clip(0, 255).astype(dtype)
        model = small().fit(rows)
        assert model.sample(3).dtype == model.inverse_transform(model.transform(rows)).dtype == rows.dtype

    def test_samples_are_as_fine_as_64_bits_are(self, X):
        seconds = 1.7e9 + X[:, :2]  # of which 32 bits hold every 128th
        sample = small().fit(seconds).sample(100, random_state=0)
        assert len(np.unique(sample[:, 0])) == 100


class TestGoingOn:
    def test_history(self, X):
        model = small().fit(X)
        assert model.n_iter_ == 5
        assert set(model.history_) == {"reconstruction", "generator", "discriminator"}
        assert all(curve.shape == (5,) for curve in model.history_.values())
        np.testing.assert_array_equal(model.loss_curve_, model.history_["reconstruction"])

    def test_warm_start_goes_on_and_fit_starts_anew(self, X):
        model = small(warm_start=True, noise=0).fit(X)
        error = model.score(X)
        model.set_params(max_iter=100).fit(X)
        assert model.n_iter_ == 105
        assert model.score(X) > error
        assert model.set_params(warm_start=False, max_iter=5).fit(X).n_iter_ == 5

    def test_warm_start_on_other_columns_is_an_error(self, X):
        with pytest.raises(ValueError, match="X has 3 features, but AAETransformer is expecting 6"):
            small(warm_start=True).fit(X).fit(X[:, :3])

    @pytest.mark.parametrize("changed", [{"n_components": 3}, {"hidden_layer_sizes": (8,)}, {"activation": "tanh"}])
    def test_going_on_with_another_architecture_is_an_error(self, X, changed):
        model = small(warm_start=True).fit(X).set_params(**changed)
        for method in (model.fit, model.partial_fit):
            with pytest.raises(ValueError, match="To go on, a model must be asked for as it was first fitted"):
                method(X)

    def test_going_on_with_an_adversary_that_was_not_there(self, X):
        model = small(warm_start=True, adversarial_weight=0).fit(X).set_params(adversarial_weight=0.1).fit(X)
        assert model.n_iter_ == 10
        assert np.isnan(model.history_["generator"]).tolist() == [True] * 5 + [False] * 5

    def test_partial_fit_learns_chunk_by_chunk(self, X):
        model = small(noise=0).partial_fit(X[:60])
        error = model.score(X)
        for _ in range(100):
            model.partial_fit(X[:60]).partial_fit(X[60:])
        assert model.n_iter_ == 201
        assert model.score(X) > error
        model.partial_fit(X[:1])

    @pytest.mark.parametrize(("name", "value"), [("batch_size", 0), ("learning_rate_init", -1)])
    def test_partial_fit_checks_parameters_that_were_changed(self, X, name, value):
        model = small().partial_fit(X).set_params(**{name: value})
        with pytest.raises(ValueError, match=f"The '{name}' parameter"):
            model.partial_fit(X)

    def test_partial_fit_leaves_checks_out_where_scikit_learn_does(self, X):
        model = small().partial_fit(X).set_params(learning_rate_init=-1)
        with config_context(skip_parameter_validation=True):
            model.partial_fit(X)

    def test_partial_fit_goes_on_from_a_pickle_as_if_nothing_had_been(self, X):
        model = small().partial_fit(X)
        other = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(model.partial_fit(X).transform(X), other.partial_fit(X).transform(X))

    def test_early_stopping_stops_and_keeps_the_best(self, X):
        model = small(early_stopping=True, max_iter=500, n_iter_no_change=5, learning_rate_init=0.01).fit(X)
        assert model.n_iter_ < 500
        assert len(model.history_["validation"]) == model.n_iter_
        assert model.history_["validation"].argmin() < model.n_iter_ - 1


class TestDropsIn:
    def test_pipeline(self, digits):
        X, y = digits
        pipeline = make_pipeline(StandardScaler(), AAETransformer(16, max_iter=20), LogisticRegression(max_iter=500))
        assert pipeline.fit(X[:1000], y[:1000]).score(X[1000:], y[1000:]) > 0.8

    def test_grid_search_in_processes(self, X):
        grid = {
            "n_components": [1, 2],
            "adversarial_weight": [0.0, 0.1],
            "learning_rate_init": [1e-3],
            "batch_size": [16],
            "max_iter": [2, 4],
        }
        search = GridSearchCV(small(), grid, cv=2, n_jobs=2, error_score="raise").fit(X)
        assert search.best_estimator_.transform(X).shape[0] == len(X)
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()
        alone = GridSearchCV(small(), grid, cv=2, error_score="raise").fit(X)
        np.testing.assert_allclose(search.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"], 1e-3)

    def test_feature_union(self, X):
        union = FeatureUnion([("codes", small()), ("components", PCA(2))])
        assert union.fit_transform(X).shape == (len(X), 4)

    def test_clone_is_unfitted_and_equal(self, X):
        model = small().fit(X)
        again = clone(model)
        assert not again.__sklearn_is_fitted__()
        assert again.get_params() == model.get_params()

    def test_set_output(self, X):
        frame = pd.DataFrame(X, columns=list("abcdef"), index=range(100, 220))
        codes = small().set_output(transform="pandas").fit_transform(frame)
        assert list(codes.columns) == ["aaetransformer0", "aaetransformer1"]
        assert codes.index.equals(frame.index)

    @pytest.mark.parametrize("mmap_mode", [None, "r"])
    def test_joblib(self, X, tmp_path, mmap_mode):
        model = small().fit(X)
        joblib.dump(model, tmp_path / "model.joblib")
        again = joblib.load(tmp_path / "model.joblib", mmap_mode=mmap_mode)
        np.testing.assert_array_equal(model.transform(X), again.transform(X))

    def test_pickle_and_deepcopy_hold_no_torch(self, X):
        model = small().fit(X)
        assert b"torch._" not in pickle.dumps(model)
        for again in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
            np.testing.assert_array_equal(model.sample(3, random_state=0), again.sample(3, random_state=0))

    def test_representation_as_a_page(self, X):
        assert "AAETransformer" in small()._repr_html_()
        assert "n_iter_" in small().fit(X)._repr_html_()

    def test_dtype_is_kept(self, X):
        model = small().fit(X.astype(np.float32))
        code = model.transform(X.astype(np.float32))
        assert code.dtype == model.inverse_transform(code).dtype == np.float32
        assert model.transform(X).dtype == np.float64


class StopAfter:
    """A callback that asks to stop after so many epochs, and keeps what it was shown."""

    max_propagation_depth = 1

    def __init__(self, n_epochs):
        self.n_epochs = n_epochs
        self.seen = []

    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context): ...

    def on_fit_task_end(self, estimator, context, *, X, fitted_estimator):
        if context.task_name != "epoch":
            return False
        self.seen.append(fitted_estimator.transform(X))
        return context.task_id + 1 == self.n_epochs


class TestCallbacks:
    def test_stop_request_and_fitted_estimator(self, X):
        stop = StopAfter(3)
        model = small().set_callbacks(stop).fit(X)
        assert model.n_iter_ == 3
        np.testing.assert_array_equal(stop.seen[-1], model.transform(X))
        assert not np.allclose(stop.seen[0], stop.seen[-1])

    def test_stop_request_through_a_pipeline(self, X):
        pipeline = make_pipeline(StandardScaler(), small()).set_callbacks(StopAfter(2))
        assert pipeline.fit(X)[-1].n_iter_ == 2

    def test_stop_request_through_a_search(self, X):
        search = GridSearchCV(small(), {"noise": [0, 0.1]}, cv=2).set_callbacks(StopAfter(2)).fit(X)
        assert search.best_estimator_.n_iter_ == 2

    def test_progress_bar_through_pipeline_and_search(self, X, capsys):
        ProgressBarOnce = GridSearchCV(
            make_pipeline(StandardScaler(), small()), {"aaetransformer__noise": [0, 0.1]}, cv=2
        )
        ProgressBarOnce.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X)
        assert "AAETransformer" in capsys.readouterr().out


class Interrupts:
    """A callback during which the person presses Ctrl-C."""

    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context): ...

    def on_fit_task_end(self, estimator, context):
        raise KeyboardInterrupt


class TestBadInput:
    def test_one_row(self):
        with pytest.raises(ValueError, match="1 sample"):
            small().fit(np.ones((1, 5)))

    def test_constant_columns_come_back(self, X):
        X = np.column_stack([X, np.full(len(X), 7.0)])
        model = small(max_iter=50).fit(X)
        again = model.inverse_transform(model.transform(X))
        np.testing.assert_allclose(again[:, -1], 7, atol=0.2)
        constant = np.full((20, 3), 5.0)
        np.testing.assert_allclose(small().fit(constant).sample(4), 5, atol=0.2)

    def test_ten_rows(self):
        X = np.random.default_rng(0).standard_normal((10, 4))
        assert np.isfinite(AAETransformer(max_iter=100, random_state=0).fit_transform(X)).all()

    def test_more_components_than_columns(self, X):
        with pytest.raises(ValueError, match=r"`n_components` must be at most the number of columns \(6\). Got 7."):
            AAETransformer(7).fit(X)

    def test_not_finite(self, X):
        X[3, 2] = np.inf
        with pytest.raises(ValueError, match="infinity"):
            small().fit(X)

    def test_wrong_width(self, X):
        model = small().fit(X)
        with pytest.raises(ValueError, match="X has 5 features, but AAETransformer is expecting 6"):
            model.transform(X[:, :5])
        with pytest.raises(ValueError, match=r"as many columns as codes \(2\). Got 3."):
            model.inverse_transform(X[:, :3])

    def test_text_where_no_categories_are_wanted(self):
        with pytest.raises(ValueError, match="With `categorical_features=None`, columns must be numbers"):
            small(categorical_features=None).fit(np.array([["a", "b"], ["c", "d"]]))

    @pytest.mark.parametrize(
        ("parameter", "value"),
        [
            ("prior", "banana"),
            ("device", "abacus"),
            ("hidden_layer_sizes", (4, 0)),
            ("hidden_layer_sizes", (4.5,)),
            ("noise", -1),
            ("max_iter", 0),
        ],
    )
    def test_parameter_out_of_its_rule(self, X, parameter, value):
        model = small(**{parameter: value})
        with pytest.raises(ValueError, match=f"{parameter}.*must be.*[Gg]ot"):
            model.fit(X)
        assert not model.__sklearn_is_fitted__()

    def test_values_beyond_32_bits(self, X):
        with pytest.raises(ValueError, match=r"must fit into 32-bit floats, .* Got values up to 1e\+300"):
            small(scaling=None).fit(np.where(X > 12, 1e300, X))

    def test_samples_of_columns_beyond_32_bits(self, X):
        rows = small().fit(X * 1e300).sample(50, random_state=0)
        np.testing.assert_allclose(rows / 1e300, small().fit(X).sample(50, random_state=0), rtol=1e-4)

    def test_columns_of_a_view_that_runs_backwards(self, X):
        backwards = X[:, ::-1]
        codes = small(scaling=None).fit_transform(backwards)
        np.testing.assert_array_equal(codes, small(scaling=None).fit_transform(backwards.copy()))

    def test_wild_values_and_scales_do_no_harm(self, X):
        wild = X * np.logspace(-12, 12, 6)
        wild[0, 0] = 1e9
        codes = small(max_iter=100).fit_transform(wild)
        assert np.isfinite(codes).all()
        assert (codes[1:].std(axis=0) > 0.3).all()

    @pytest.mark.parametrize("n_samples", [0, -1, 1.5, "many"])
    def test_samples_that_are_no_number(self, X, n_samples):
        with pytest.raises((ValueError, TypeError), match="n_samples"):
            small().fit(X).sample(n_samples)

    def test_labels_for_a_sample_of_a_model_without(self, X):
        with pytest.raises(ValueError, match="`y` must be None"):
            small().fit(X).sample(3, y=[0, 1, 2])

    @pytest.mark.parametrize("parameters", [{}, {"early_stopping": True}])
    def test_an_interrupt_leaves_the_estimator_as_it_was(self, X, parameters):
        fresh = small(**parameters).set_callbacks(Interrupts())
        before = set(vars(fresh))
        with pytest.raises(KeyboardInterrupt):
            fresh.fit(X)
        assert set(vars(fresh)) == before
        model = small(**parameters).fit(X)
        code = model.transform(X)
        model.set_callbacks(Interrupts())
        with pytest.raises(KeyboardInterrupt):
            model.fit(X[:, :3])
        np.testing.assert_array_equal(model.transform(X), code)

    def test_trouble_is_an_error_and_leaves_the_estimator_as_it_was(self, X):
        model = small().fit(X)
        code = model.transform(X)
        with pytest.raises(FloatingPointError, match="learning_rate_init"):
            model.set_params(learning_rate_init=1e30).fit(X)
        np.testing.assert_array_equal(model.transform(X), code)


class TestInformedPriors:
    @pytest.mark.parametrize("prior", ["mixture", "swiss_roll"])
    def test_each_class_has_its_place_even_for_rows_without_a_label(self, digits, prior):
        X, y = digits
        few = np.where(np.arange(len(y)) % 4 == 0, y, -1)
        model = AAETransformer(2, prior=prior, adversarial_weight=1.0, max_iter=120, random_state=0).fit(X, few)
        means = np.stack([model.transform(X[few == c]).mean(0) for c in range(10)])
        own = model.transform(X[few < 0])
        nearest = np.square(own[:, None] - means).sum(-1).argmin(1)
        assert (nearest == y[few < 0]).mean() > 0.4  # of ten classes, in two columns
        samples = model.sample(300, np.arange(300) % 10, random_state=0)
        judge = LogisticRegression(max_iter=2000).fit(X / 16, y)
        assert judge.score(samples / 16, np.arange(300) % 10) > 0.4

    def test_without_labels_a_prior_with_classes_has_ten(self, X):
        model = small(prior="mixture").fit(X)
        angles = np.arctan2(*model._model.sample_prior(5000, 0).T)
        assert len(np.unique(np.round(angles / (np.pi / 5)) % 10)) == 10
        assert not hasattr(model, "classes_")
        with pytest.raises(ValueError, match="must be None for a model whose prior has no classes"):
            model.sample(2, 1)

    def test_labels_are_ignored_where_the_prior_has_no_classes(self, X):
        labels = np.arange(len(X)) % 2
        np.testing.assert_array_equal(small().fit_transform(X, labels), small().fit_transform(X))

    def test_chunks(self, X):
        labels = np.where(np.arange(len(X)) % 2, np.arange(len(X)) % 3, -1)
        model = small(prior="swiss_roll").partial_fit(X, labels, classes=[0, 1, 2]).partial_fit(X[:9])
        assert model.classes_.tolist() == [0, 1, 2]
        assert model.n_iter_ == 2

    def test_early_stopping_with_labels(self, X):
        labels = np.where(np.arange(len(X)) % 2, np.arange(len(X)) % 3, -1)
        assert len(small(prior="mixture", early_stopping=True).fit(X, labels).history_["validation"]) == 5

    def test_a_circle_needs_two_columns(self, X):
        with pytest.raises(ValueError, match=r"`n_components` must be 2 at least for the prior 'mixture'\. Got 1"):
            AAETransformer(1, prior="mixture").fit(X)
