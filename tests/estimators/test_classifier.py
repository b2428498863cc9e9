import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_classifiers_classes

from skaae import SemiSupervisedAAEClassifier


def small(**parameters):
    defaults = {"teachers": None, "n_members": 2, "hidden_layer_sizes": (16,), "max_iter": 5, "random_state": 0}
    return SemiSupervisedAAEClassifier(2, **{**defaults, **parameters})


def hidden(y, n_labels, seed=0):
    """Labels of so many rows of each class, the others -1."""
    order = np.random.default_rng(seed).permutation(len(y))
    few = np.full(len(y), -1)
    for label in np.unique(y):
        shown = order[y[order] == label][:n_labels]
        few[shown] = label
    return few


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X, y, hidden(y, 10)


@pytest.fixture(scope="module")
def on_digits(digits):
    X, _, few = digits
    return SemiSupervisedAAEClassifier(n_members=2, max_iter=50, random_state=0).fit(X, few)


@pytest.fixture(scope="module")
def rare():
    """Rows of which one in twenty is of class 1, and labels that are half of each class."""
    rng = np.random.default_rng(0)
    y = (rng.random(800) < 0.05).astype(int)
    X = rng.normal(size=(800, 6)) + y[:, None] * [1.2, 0.8, 0.5, 0, 0, 0]
    return X, y, hidden(y, 25)


class TestLearning:
    def test_unlabelled_rows_count(self, digits, on_digits):
        X, y, few = digits
        known = few >= 0
        alone = clone(on_digits).fit(X[known], few[known])
        assert on_digits.score(X[~known], y[~known]) > alone.score(X[~known], y[~known]) + 0.01
        assert on_digits.score(X[~known], y[~known]) > 0.9

    def test_the_model_alone_learns_and_its_regularisers_help(self, digits):
        X, y, few = digits
        plain = SemiSupervisedAAEClassifier(teachers=None, n_members=1, max_iter=40, random_state=0)
        regularised = clone(plain).set_params(vat_weight=1.0, entropy_weight=0.1, balance_weight=0.4)
        scores = [model.fit(X, few).score(X, y) for model in (plain, regularised)]
        assert scores[0] > 0.8
        assert scores[1] > scores[0] + 0.02

    def test_probabilities_are_fit_for_use(self, digits, on_digits):
        X, y, few = digits
        p = on_digits.predict_proba(X)
        np.testing.assert_allclose(p.sum(1), 1)
        np.testing.assert_array_equal(on_digits.classes_[p.argmax(1)], on_digits.predict(X))
        frequencies = log_loss(y, np.full(p.shape, 0.1))
        assert log_loss(y[few < 0], p[few < 0]) < 0.25 * frequencies

    def test_labels_of_all_rows(self, digits):
        X, y, _ = digits
        model = SemiSupervisedAAEClassifier(n_members=1, random_state=0).fit(X[:600], y[:600])
        assert model.score(X[600:], y[600:]) > 0.9

    def test_samples_are_of_the_class_asked_for(self, digits, on_digits):
        wanted = np.repeat(np.arange(10), 20)
        X, y, _ = digits
        judge = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(X, y)
        assert judge.score(on_digits.sample(200, wanted, random_state=0), wanted) > 0.5
        assert judge.score(on_digits.sample(50, 3, random_state=0), np.full(50, 3)) > 0.5

    def test_transfer_keeps_the_style_and_changes_the_class(self, digits, on_digits):
        X, y, _ = digits
        zeros = X[y == 0]
        kept, changed = on_digits.transfer(zeros, 0), on_digits.transfer(zeros, np.full(len(zeros), 4))
        assert np.square(kept - zeros).mean() < np.square(changed - zeros).mean()
        style = on_digits.transform(zeros)
        near, far = (np.square(on_digits.transform(changed) - other).mean() for other in (style, style[::-1]))
        assert near < 0.7 * far


class TestLabels:
    def test_marks_of_unlabelled_rows_mean_the_same(self, iris):
        X, y = iris
        few = hidden(y, 5)
        expected = small().fit(X, few).predict_proba(X)
        missing = pd.Series(few).astype("Int64").mask(few < 0)
        for labels in (np.where(few < 0, np.nan, few), missing, few.tolist()):
            np.testing.assert_array_equal(small().fit(X, labels).predict_proba(X), expected)

    def test_strings(self, iris):
        X, y = iris
        names = np.array(["setosa", "versicolor", "virginica"], dtype=object)
        few = hidden(y, 5)
        labels = np.where(few < 0, -1, names[few])
        model = small().fit(X, labels)
        assert model.classes_.tolist() == names.tolist()
        np.testing.assert_array_equal(model.predict(X), names[small().fit(X, few).predict(X)])
        assert model.sample(2, "setosa").shape == (2, 4)
        assert model.transfer(X[:2], ["setosa", "virginica"]).shape == (2, 4)

    def test_minus_one_as_a_class_is_an_error_that_says_what_to_do(self, iris):
        X, y = iris
        with pytest.raises(ValueError, match=r"-1 marks rows without a label.*recode.*to 0 and 1"):
            small().fit(X, np.where(y == 0, 1, -1))

    def test_the_check_that_uses_minus_one_passes_with_other_classes(self, monkeypatch):
        """check_classifiers_classes, but for its last part, whose classes are -1 and 1."""
        import sklearn.utils.estimator_checks as checks

        run = checks.check_classifiers_predictions
        seen = []

        def recoded(X, y, name, estimator):
            seen.append(np.unique(y).tolist())
            run(X, np.where(y == -1, 0, y) if y.dtype.kind == "i" else y, name, estimator)

        monkeypatch.setattr(checks, "check_classifiers_predictions", recoded)
        check_classifiers_classes("SemiSupervisedAAEClassifier", small(max_iter=60))
        assert [-1, 1] in seen

    def test_no_label_and_one_class_are_errors(self, iris):
        X, y = iris
        with pytest.raises(ValueError, match="Got none: all"):
            small().fit(X, np.full(len(y), -1))
        with pytest.raises(ValueError, match="Got one class: 0"):
            small().fit(X, np.where(y == 0, 0, -1))

    def test_a_class_with_one_row(self, iris):
        X, y = iris
        few = hidden(y, 1)
        model = SemiSupervisedAAEClassifier(n_members=1, random_state=0).fit(X, few)
        assert model.score(X, y) > 0.6

    @pytest.mark.parametrize("n_rows", [2, 3, 9])
    def test_a_handful_of_rows(self, iris, n_rows):
        X, _ = iris
        model = SemiSupervisedAAEClassifier(max_iter=5).fit(X[:n_rows], np.arange(n_rows) % 2)
        assert np.isfinite(model.predict_proba(X)).all()

    def test_scoring_rows_without_a_label_is_an_error(self, iris):
        X, y = iris
        model = small().fit(X, y)
        with pytest.raises(ValueError, match="must have a label for every row that is scored"):
            model.score(X, hidden(y, 5))

    def test_whole_numbers_in_a_column_of_objects_are_scored(self, iris):
        X, y = iris
        model = small().fit(X, hidden(y, 5))
        assert model.score(X, y.astype(object)) == model.score(X, y)

    @pytest.mark.parametrize("y", [3, "setosa", [0, 1], [0, -1, 1]])
    def test_classes_that_cannot_be_sampled(self, iris, y):
        model = small().fit(*iris)
        with pytest.raises(ValueError, match="must be"):
            model.sample(3, y)


class TestParameters:
    def test_members_are_averaged(self, iris):
        X, y = iris
        model = small(n_members=3).fit(X, hidden(y, 5))
        own = model._model.encode(model.table_encoder_.transform(X))[..., -3:]
        assert not np.allclose(own[0], own[1])
        np.testing.assert_allclose(model.predict_proba(X), own.mean(0))

    def test_class_prior(self, iris):
        X, y = iris
        few = hidden(y, 5)
        few[np.flatnonzero(few == 2)[1:]] = -1
        np.testing.assert_allclose(small().fit(X, few).class_prior_, np.array([6, 6, 2]) / 14)
        model = small(class_prior=[0.8, 0.2, 0.0]).fit(X, few)
        styles = model.sample(200, random_state=0)
        assert styles.shape == (200, 4)
        assert model.class_prior_.tolist() == [0.8, 0.2, 0.0]
        for wrong in ([0.5, 0.5], [0.5, 0.6, -0.1], [1, 1, 1], ["a", "b", "c"]):
            with pytest.raises(ValueError, match="must be 3 probabilities that sum to 1"):
                small(class_prior=wrong).fit(X, few)

    @pytest.mark.parametrize("parameters", [{"teachers": None}, {"teacher_weight": 0.0}, {"teacher_weight": 1.0}])
    def test_predictions_follow_the_prior_where_labels_were_drawn_otherwise(self, rare, parameters):
        X, y, few = rare
        model = SemiSupervisedAAEClassifier(n_members=1, max_iter=50, random_state=0)
        model.set_params(**{"teachers": [LogisticRegression()], **parameters})
        of_labels = model.fit(X, few).predict_proba(X)
        of_rows = model.set_params(class_prior=[0.95, 0.05]).fit(X, few).predict_proba(X)
        assert of_labels[:, 1].mean() > 0.2
        assert of_rows[:, 1].mean() < 0.1
        assert log_loss(y, of_rows) < log_loss(y, of_labels)
        np.testing.assert_array_equal(
            model.set_params(class_prior=[0.5, 0.5]).fit(X, few).predict(X), of_labels.argmax(1)
        )

    def test_the_prior_is_followed_in_partial_fit_and_early_stopping(self, rare):
        X, y, few = rare
        model = small(class_prior=[0.95, 0.05], n_members=1)
        for _ in range(40):
            model.partial_fit(X, few)
        assert model.predict_proba(X)[:, 1].mean() < 0.1
        stopped = small(class_prior=[0.95, 0.05], n_members=1, max_iter=40, early_stopping=True).fit(X, few)
        assert log_loss(y, stopped.predict_proba(X)) < 0.3

    def test_teacher_probabilities_by_bayes_rule(self, rare):
        X, _, few = rare
        parameters = {"teachers": [LogisticRegression()], "teacher_weight": 1.0}
        odds = [small(class_prior=prior, **parameters).fit(X, few).predict_proba(X) for prior in (None, [0.8, 0.2])]
        without, told = (each[:, 1] / each[:, 0] for each in odds)
        np.testing.assert_allclose(told, without * 0.25)

    def test_the_prior_is_estimated_from_unlabelled_rows(self, rare):
        X, y, few = rare
        model = small(teachers=[LogisticRegression(), GaussianNB()], class_prior="estimate", max_iter=30).fit(X, few)
        assert model.class_prior_.sum() == pytest.approx(1)
        assert 0.05 < model.class_prior_[1] < 0.35  # .05 of the rows, half of the labels
        assert model._model.architecture.blocks[1].class_probabilities == pytest.approx(tuple(model.class_prior_))
        of_labels = clone(model).set_params(class_prior=None).fit(X, few)
        assert log_loss(y, model.predict_proba(X)) < log_loss(y, of_labels.predict_proba(X)) - 0.1
        again = clone(model).set_params(class_prior=model.class_prior_).fit(X, few)
        np.testing.assert_allclose(again.predict_proba(X), model.predict_proba(X))

    def test_with_few_labels_the_estimate_stays_near_their_shares(self, rare):
        X, y, _ = rare
        one = small(teachers=[LogisticRegression()], class_prior="estimate").fit(X, hidden(y, 1))
        assert abs(one.class_prior_[1] - 0.5) < 0.1

    def test_the_estimated_prior_follows_rows_and_their_weights(self, rare):
        X, y, few = rare
        model = small(teachers=[LogisticRegression()], class_prior="estimate", warm_start=True)
        estimated = model.fit(X, few).class_prior_
        np.testing.assert_array_equal(model.fit(X, few).class_prior_, estimated)
        rows = np.concatenate([np.flatnonzero(few >= 0), *[np.flatnonzero((few < 0) & (y == 1))] * 30])
        assert model.fit(X[rows], few[rows]).class_prior_[1] > estimated[1] + 0.2
        weights = np.where((few < 0) & (y == 1), 30.0, 1.0)
        assert clone(model).fit(X, few, weights).class_prior_[1] > estimated[1] + 0.05

    def test_where_no_prior_can_be_estimated(self, rare):
        X, y, few = rare
        with pytest.raises(ValueError, match="needs `teachers`"):
            small(class_prior="estimate").fit(X, few)
        model = small(teachers=[LogisticRegression()], class_prior="estimate")
        with pytest.raises(ValueError, match="Got a chunk: pass the"):
            model.partial_fit(X, few)
        with pytest.warns(UserWarning, match="needs rows without a label"):
            model.fit(X[:200], y[:200])
        np.testing.assert_array_equal(model.class_prior_, small().fit(X[:200], y[:200]).class_prior_)

    def test_teachers_of_ones_own(self, iris):
        X, y = iris
        few = hidden(y, 5)
        model = small(teachers=[LogisticRegression()]).fit(X, few)
        rows = model.table_encoder_.transform(X)
        own = model._model.encode(rows)[..., -3:].mean(0)
        (teacher,) = model.teachers_.teachers_
        told = teacher.predict_proba(rows)
        np.testing.assert_allclose(model.predict_proba(X), 0.2 * own + 0.8 * told, atol=2e-3)
        np.testing.assert_allclose(
            model.set_params(teacher_weight=0.2).predict_proba(X), 0.8 * own + 0.2 * told, atol=2e-3
        )
        assert "distillation" in model.history_
        assert small().fit(X, few).teachers_ is None

    def test_validation_rows_stop_the_fit(self, iris):
        X, y = iris
        few = hidden(y, 5)
        model = small(max_iter=500, n_iter_no_change=3, learning_rate_init=0.01)
        model.fit(X, few, X_val=X[::3], y_val=np.where(np.arange(50) % 2, y[::3], -1))
        assert model.n_iter_ < 500
        assert len(model.history_["validation"]) == model.n_iter_
        held_out = model.set_params(early_stopping=True).fit(X, few)
        assert held_out.n_iter_ < 500

    def test_validation_rows_that_cannot_be_used(self, iris):
        X, y = iris
        with pytest.raises(ValueError, match="must be given together"):
            small().fit(X, y, X_val=X)
        with pytest.raises(ValueError, match="`y_val` must have a label for some row"):
            small().fit(X, y, X_val=X, y_val=np.full(150, -1))
        with pytest.raises(ValueError, match="some class must have two labelled rows"):
            small(early_stopping=True).fit(X, hidden(y, 1))

    def test_the_same_seed_gives_the_same_result(self, iris):
        X, y = iris
        first, again, other = (
            small(teachers="auto", random_state=seed).fit(X, hidden(y, 5)).predict_proba(X) for seed in (0, 0, 1)
        )
        np.testing.assert_array_equal(first, again)
        assert not np.allclose(first, other)


class TestGoingOn:
    def test_partial_fit_learns_chunk_by_chunk(self, iris):
        X, y = iris
        few = hidden(y, 10)
        model = small(learning_rate_init=0.01)
        for _ in range(60):
            for chunk in np.array_split(np.random.default_rng(0).permutation(150), 3):
                model.partial_fit(X[chunk], few[chunk], classes=[0, 1, 2])
        assert model.n_iter_ == 180
        assert model.score(X, y) > 0.85

    def test_chunks_may_lack_classes_and_labels_once_these_are_named(self, iris):
        X, y = iris
        model = small().partial_fit(X[:60], y[:60], classes=[0, 1, 2])
        assert model.classes_.tolist() == [0, 1, 2]
        model.partial_fit(X, np.full(150, -1))
        assert model.predict_proba(X).shape == (150, 3)
        with pytest.raises(ValueError, match=r"among the classes \[0, 1, 2\]. Got \[5\]"):
            model.partial_fit(X, np.full(150, 5))

    def test_partial_fit_dismisses_the_teachers(self, iris):
        X, y = iris
        model = small(teachers=[LogisticRegression()]).fit(X, y)
        assert model.partial_fit(X, y).teachers_ is None
        assert model.n_iter_ == 6

    def test_warm_start(self, iris):
        X, y = iris
        model = small(warm_start=True).fit(X, y).fit(X, hidden(y, 5))
        assert model.n_iter_ == 10
        fewer = small(warm_start=True, teachers=[LogisticRegression()]).fit(X, y).fit(X, np.where(y == 2, -1, y))
        assert fewer.predict_proba(X).shape == (150, 3)

    def test_a_fit_that_fails_leaves_the_model_as_it_was(self, iris):
        X, y = iris
        model = small(teachers=[LogisticRegression()]).fit(X, y)
        before = model.predict_proba(X)
        with pytest.raises(ValueError, match="Got one class"):
            model.fit(X, np.zeros(150))
        np.testing.assert_array_equal(model.predict_proba(X), before)

    def test_pickle(self, on_digits, digits):
        X, _, _ = digits
        again = pickle.loads(pickle.dumps(on_digits))
        np.testing.assert_array_equal(again.predict_proba(X[:50]), on_digits.predict_proba(X[:50]))
        np.testing.assert_array_equal(again.sample(3, 1, random_state=0), on_digits.sample(3, 1, random_state=0))

    def test_data_frames_and_names_of_features(self, iris):
        X, y = iris
        frame = pd.DataFrame(X, columns=list("abcd"))
        model = small().fit(frame, pd.Series(y))
        assert model.feature_names_in_.tolist() == list("abcd")
        assert model.get_feature_names_out().tolist() == [f"semisupervisedaaeclassifier{i}" for i in range(2)]
        assert model.transform(frame).shape == (150, 2)


class TestScores:
    def test_weighted_score(self, iris):
        X, y = iris
        model, weights = small().fit(X, hidden(y, 5)), np.where(y == 1, 5.0, 1.0)
        wanted = np.average(model.predict(X) == y, weights=weights)
        assert np.isclose(model.score(X, y, sample_weight=weights), wanted)
        assert not np.isclose(model.score(X, y), wanted)
        assert model.score(X, np.where(y == 1, y, -1), y == 1) == model.score(X[y == 1], y[y == 1])
        for wrong in (-weights, weights * np.nan, 0 * weights):
            with pytest.raises(ValueError, match=r"sample_weight|[Ww]eights"):
                model.score(X, y, sample_weight=wrong)

    def test_routed_weights(self, iris):
        X, y = iris
        weights = np.where(y == 1, 5.0, 1.0)
        with config_context(enable_metadata_routing=True):
            model = small().set_fit_request(sample_weight=False).set_score_request(sample_weight=True)
            pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), model)
            params = {"sample_weight": weights}
            scores = cross_val_score(pipeline, X, y, cv=3, params=params)
            plain = cross_val_score(pipeline, X, y, cv=3)
            fitted = pipeline.fit(X, hidden(y, 5))
            assert fitted.score(X, y, sample_weight=weights) == fitted[-1].score(fitted[0].transform(X), y, weights)
        assert not np.allclose(scores, plain)

    def test_log_probabilities(self, iris):
        X, y = iris
        model = small(class_prior=[0.5, 0.5, 0]).fit(X, hidden(y, 5))
        np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), model.predict_proba(X))

    def test_validation_labels_of_another_length(self, iris):
        X, y = iris
        with pytest.raises(ValueError, match=r"for each of the 150 rows of `X_val`\. Got 147"):
            small().fit(X, y, X_val=X, y_val=y[:-3])


NAMES = np.array(["setosa", "versicolor", "virginica"])


@pytest.mark.parametrize("unknown", [None, float("nan"), pd.NA, -1, -1.0, "-1"])
@pytest.mark.parametrize("container", [list, pd.Series, tuple, lambda y: np.array(y, dtype=object)])
def test_unlabelled_text(iris, unknown, container):
    X, y = iris
    labels = container([NAMES[label] if label >= 0 else unknown for label in hidden(y, 5).tolist()])
    model = small().fit(X, labels, X_val=X, y_val=labels)
    assert model.classes_.tolist() == NAMES.tolist()
    assert set(model.predict(X)) <= set(NAMES)
    assert small().partial_fit(X, labels).classes_.tolist() == NAMES.tolist()


@pytest.mark.parametrize("dtype", ["boolean", "bool[pyarrow]", object])
def test_unlabelled_bools(iris, dtype):
    X, y = iris
    few = hidden(y == 1, 5)
    labels = pd.Series(few == 1, dtype=dtype).where(few >= 0, None)
    model = small(max_iter=60).fit(X, labels)
    assert model.classes_.tolist() == [False, True]
    assert model.predict(X).dtype == bool
    assert model.score(X, pd.Series(y == 1, dtype=dtype)) > 0.6


def test_masked_labels(iris):
    X, y = iris
    few = hidden(y, 5)
    masked = np.ma.masked_array(y, mask=few < 0)
    assert np.array_equal(small().fit(X, masked).predict_proba(X), small().fit(X, few).predict_proba(X))
    with pytest.raises(ValueError, match="Got some that are -1 or missing"):
        small().fit(X, masked).score(X, masked)


def test_two_marks_are_refused(iris):
    X, y = iris
    labels = np.where(y == 2, -1.0, y)
    labels[::3] = np.nan
    for fit in (small().fit, small().partial_fit):
        with pytest.raises(ValueError, match="Got both in `y`"):
            fit(X, labels)
