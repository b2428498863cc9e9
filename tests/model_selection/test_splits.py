import numpy as np
import pytest
from sklearn import config_context
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict, cross_validate
from sklearn.neighbors import KNeighborsClassifier
from sklearn.semi_supervised import SelfTrainingClassifier

from skaae import AAEOutlierDetector, SemiSupervisedAAEClassifier
from skaae.metrics import scorers
from skaae.model_selection import OutlierKFold, PackedGridSearchCV, SemiSupervisedKFold


@pytest.fixture(scope="module")
def partly_labelled_digits():
    X, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    return X, y, np.where(rng.random(len(y)) < 0.1, y, -1)


@pytest.mark.parametrize("shuffle", [False, True])
def test_unlabelled_rows_are_in_every_training_set_and_no_test_set(partly_labelled_digits, shuffle):
    X, _, y_partial = partly_labelled_digits
    unlabelled = set(np.flatnonzero(y_partial < 0))
    splits = list(SemiSupervisedKFold(5, shuffle=shuffle, random_state=0 if shuffle else None).split(X, y_partial))
    assert len(splits) == 5
    for train, test in splits:
        assert unlabelled <= set(train)
        assert not set(train) & set(test)
        assert len(train) + len(test) == len(y_partial)
        assert set(y_partial[test]) == set(range(10))
    tested = np.concatenate([test for _, test in splits])
    assert sorted(tested) == np.flatnonzero(y_partial >= 0).tolist()


def test_strings_and_missing_values():
    y = np.array(["a", None, "b", None, "a", "b"], dtype=object)
    for train, test in SemiSupervisedKFold(2).split(y, y):
        assert {1, 3} <= set(train)
        assert sorted(y[test]) == ["a", "b"]


def test_scores_are_unbiased_unlike_those_of_stratified_splits(partly_labelled_digits):
    X, y, y_partial = partly_labelled_digits
    model = SelfTrainingClassifier(KNeighborsClassifier())
    unlabelled = y_partial < 0
    truth = (model.fit(X, y_partial).predict(X[unlabelled]) == y[unlabelled]).mean()
    ours = cross_validate(model, X, y_partial, cv=SemiSupervisedKFold(5), scoring="accuracy")["test_score"].mean()
    stratified = cross_validate(model, X, y_partial, cv=StratifiedKFold(5), scoring="accuracy")["test_score"].mean()
    assert abs(ours - truth) < 0.05
    assert abs(stratified - truth) > 0.5


def test_grid_search_with_two_processes(partly_labelled_digits):
    X, y, y_partial = partly_labelled_digits
    model = SemiSupervisedAAEClassifier(teachers=None, n_members=1, hidden_layer_sizes=(32,), random_state=0)
    grid = {"max_iter": [1, 40]}
    search = GridSearchCV(model, grid, cv=SemiSupervisedKFold(2), n_jobs=2, error_score="raise").fit(X, y_partial)
    assert search.best_params_ == {"max_iter": 40}
    assert abs(search.best_score_ - search.score(X, y)) < 0.1
    with pytest.raises(ValueError, match=r"use `skaae\.model_selection\.SemiSupervisedKFold`"):
        GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y_partial)


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("names", [False, True])
def test_rows_of_a_group_are_on_one_side(shuffle, names):
    y = np.where(np.arange(240) % 3 == 0, np.arange(240) // 3 % 2, -1)
    groups = np.random.default_rng(0).permutation(np.arange(240) // 8)
    given = np.array([f"person {group}" for group in groups]) if names else groups
    splitter = SemiSupervisedKFold(4, shuffle=shuffle, random_state=0 if shuffle else None)
    splits = list(splitter.split(y, y, given))
    assert len(splits) == 4
    for train, test in splits:
        assert not set(groups[train]) & set(groups[test])
        assert (y[test] >= 0).all()
        assert sorted({*train, *np.flatnonzero(np.isin(groups, groups[test]))}) == list(range(240))
        assert len(set(y[test])) == 2
    tested = np.concatenate([test for _, test in splits])
    assert sorted(tested) == np.flatnonzero(y >= 0).tolist()


def test_groups_that_are_refused():
    y = np.arange(8) % 2
    for groups, message in (
        (np.arange(8) % 2, "as many groups with labelled rows as folds .3. at least. Got 2"),
        (["a", None] * 4, "a group for every row. Got 4 that are missing"),
        (np.arange(7), "inconsistent"),
    ):
        with pytest.raises(ValueError, match=message):
            list(SemiSupervisedKFold(3).split(y, y, groups))


def test_groups_are_routed():
    X = np.random.default_rng(0).normal(size=(60, 2))
    y = np.where(np.arange(60) % 2, np.arange(60) // 2 % 2, -1)
    groups = np.arange(60) // 6
    with config_context(enable_metadata_routing=True):
        found = cross_validate(
            KNeighborsClassifier(), X, y, cv=SemiSupervisedKFold(2), params={"groups": groups}, return_indices=True
        )["indices"]
    for train, test in zip(found["train"], found["test"], strict=True):
        assert not set(groups[train]) & set(groups[test])


@pytest.fixture(scope="module")
def known_outliers():
    rng = np.random.default_rng(0)
    y = np.where(rng.random(240) < 0.1, -1, 1)
    X = rng.normal(size=(240, 3)) * np.where(y == -1, 3, 1)[:, None]
    return X, y


@pytest.mark.parametrize("options", [{}, {"shuffle": True, "random_state": 0}])
def test_training_sets_have_normal_rows_only_and_each_row_is_tested_once(known_outliers, options):
    X, y = known_outliers
    splits = list(OutlierKFold(4, **options).split(X, y))
    assert len(splits) == OutlierKFold(4).get_n_splits() == 4
    for train, test in splits:
        assert (y[train] == 1).all()
        assert sorted({*train, *test, *np.flatnonzero(y == -1)}) == list(range(240))
        assert not set(train) & set(test)
        assert abs((y[test] == -1).mean() - (y == -1).mean()) < 0.02
    assert sorted(np.concatenate([test for _, test in splits])) == list(range(240))


def test_repeated_folds(known_outliers):
    X, y = known_outliers
    splitter = OutlierKFold(3, n_repeats=2, shuffle=True, random_state=0)
    tests = [test.tolist() for _, test in splitter.split(X, y)]
    assert len(tests) == splitter.get_n_splits(X, y) == 6
    assert tests[0] != tests[3]
    assert tests == [test.tolist() for _, test in splitter.split(X, y)]
    with pytest.raises(ValueError, match=r"with `shuffle=True` only. Got `n_repeats=2`"):
        OutlierKFold(3, n_repeats=2)


def test_outliers_of_a_group_are_on_one_side(known_outliers):
    X, y = known_outliers
    groups = np.arange(240) // 8
    for train, test in OutlierKFold(3, shuffle=True, random_state=0).split(X, y, groups):
        assert not set(groups[train]) & set(groups[test])
        assert set(y[test]) == {-1, 1}
    of_one_group = np.where(np.arange(240) < 8, -1, 1)
    with pytest.raises(ValueError, match=r"as many groups with outliers as folds .3. at least. Got 1"):
        list(OutlierKFold(3).split(X, of_one_group, groups))


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.ones(9), r"-1 for outliers and 1 for normal rows. Got \[1.0\]"),
        (np.arange(9) % 2, "PyOD's labels"),
        ([-1] * 2 + [1] * 7, "as many outliers as folds .3. at least. Got 2"),
        ([1] * 2 + [-1] * 7, "as many normal rows as folds .3. at least. Got 2"),
        (np.ones(8), "inconsistent"),
    ],
)
def test_labels_of_outliers_that_are_refused(y, message):
    with pytest.raises(ValueError, match=message):
        list(OutlierKFold(3).split(np.zeros((9, 1)), y))


@pytest.mark.parametrize("search", [GridSearchCV, PackedGridSearchCV])
def test_searches_with_known_outliers(known_outliers, search):
    X, y = known_outliers
    model = AAEOutlierDetector(n_members=1, max_iter=2, hidden_layer_sizes=8, random_state=0)
    names = "outlier_roc_auc", "outlier_average_precision", "outlier_precision"
    found = search(
        model,
        {"trim_fraction": [0.1, 0.4]},
        scoring={name: getattr(scorers, name) for name in names},
        refit=False,
        cv=OutlierKFold(2),
        error_score="raise",
    ).fit(X, y)
    assert all((found.cv_results_[f"mean_test_{name}"] > 0.5).all() for name in names)
    train, test = next(iter(OutlierKFold(2).split(X, y)))
    alone = model.set_params(**found.cv_results_["params"][0]).fit(X[train])
    assert found.cv_results_["split0_test_outlier_roc_auc"][0] == pytest.approx(
        scorers.outlier_roc_auc(alone, X[test], y[test]), abs=0.01
    )


def test_predictions_of_all_rows_out_of_sample(known_outliers):
    X, y = known_outliers
    model = AAEOutlierDetector(n_members=1, max_iter=2, hidden_layer_sizes=8, random_state=0)
    predicted = cross_val_predict(model, X, y, cv=OutlierKFold(2))
    assert (predicted[y == -1] == -1).mean() > 3 * (predicted[y == 1] == -1).mean()
