import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from skaae import AAEGenerator, AAEOverSampler
from skaae.estimators import _class_likeness

COUNTS = {"a": 60, "b": 30, "c": 10}


@pytest.fixture(autouse=True)
def few_trees(monkeypatch):
    monkeypatch.setattr(_class_likeness, "N_TREES", 50)


class Repeat(AAEGenerator):
    """A stand-in that does not train: copies of the first row."""

    def fit(self, X, y=None):
        self.X_, self.y_ = X, y
        return self

    def sample(self, n_samples=1, y=None, *, random_state=None, from_prior=False):
        rows = [0] * n_samples
        return self.X_.iloc[rows] if isinstance(self.X_, pd.DataFrame) else np.asarray(self.X_)[rows]


def table(counts=COUNTS):
    rng = np.random.default_rng(0)
    y = np.repeat(list(counts), list(counts.values()))
    X = pd.DataFrame(
        {
            "n": pd.array(rng.integers(0, 9, len(y)), dtype="Int64"),
            "x": np.where(rng.random(len(y)) < 0.1, np.nan, rng.normal(size=len(y))) + 4 * (y == "c"),
            "c": pd.Categorical(rng.choice(["u", "v"], len(y)), ["v", "u", "w"]),
            "t": rng.choice(["s", "t"], len(y)),
        },
        index=range(7, 7 + len(y)),
    )
    return X, y


STRATEGIES = [
    "auto",
    "minority",
    "not minority",
    "not majority",
    "all",
    {"c": 15, "b": 30},
    lambda y: {"c": 3 * sum(y == "c")},
]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_strategies_are_those_of_imbalanced_learn(strategy):
    samplers = pytest.importorskip("imblearn.over_sampling")
    X, y = table()
    _, wanted = samplers.RandomOverSampler(sampling_strategy=strategy, random_state=0).fit_resample(X[["n"]], y)
    sampler = AAEOverSampler(strategy, generator=Repeat())
    _, found = sampler.fit_resample(X, y)
    assert dict(zip(*np.unique(found, return_counts=True), strict=True)) == dict(
        zip(*np.unique(wanted, return_counts=True), strict=True)
    )
    assert sum(sampler.sampling_strategy_.values()) == len(found) - len(y)


def test_a_float_is_the_ratio_of_two_classes():
    X, y = table({"a": 61, "b": 30})
    for ratio, n in ((0.8, 48), (1, 61)):
        assert (AAEOverSampler(ratio, generator=Repeat()).fit_resample(X, y)[1] == "b").sum() == n


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        (0.5, "with two classes only. Got 3"),
        ({"c": 9}, "Got 9 for 'c', which has 10"),
        ({"d": 90}, r"must have classes of `y` \(\['a', 'b', 'c'\]\). Got \['d'\]"),
        ("majority", "'sampling_strategy' parameter"),
        (1.5, "'sampling_strategy' parameter"),
    ],
)
def test_strategies_that_are_refused(strategy, message):
    with pytest.raises(ValueError, match=message):
        AAEOverSampler(strategy, generator=Repeat()).fit_resample(*table())


def test_a_ratio_that_would_remove_rows_is_refused():
    with pytest.raises(ValueError, match="above the ratio of the classes"):
        AAEOverSampler(0.2, generator=Repeat()).fit_resample(*table({"a": 60, "b": 30}))


@pytest.mark.parametrize(
    ("y", "message"), [([1] * 100, "two classes"), ([1, None] * 50, "missing"), ([0, 1], "inconsistent")]
)
def test_classes_that_are_refused(y, message):
    with pytest.raises(ValueError, match=message):
        AAEOverSampler(generator=Repeat()).fit_resample(table()[0], y)


@pytest.mark.parametrize(
    "container", [np.array, list, pd.Series, lambda y: pd.Series(y, name="label", index=range(7, 107)), pd.Categorical]
)
def test_classes_come_back_in_their_container(container):
    X, y = table()
    y_given = pd.Series(container(y)) if container is pd.Categorical else container(y)
    _, y_resampled = AAEOverSampler(generator=Repeat()).fit_resample(X, y_given)
    assert list(y_resampled[: len(y)]) == list(y)
    assert isinstance(y_resampled, pd.Series) == isinstance(y_given, pd.Series)
    if isinstance(y_given, pd.Series):
        assert y_resampled.dtype == y_given.dtype
        assert y_resampled.name == y_given.name
        assert y_resampled.index.equals(pd.RangeIndex(180))


def test_tables_come_back_as_they_were_with_rows_of_the_class():
    X, y = table()
    generator = AAEGenerator(
        max_iter=60, flow_max_iter=80, hidden_layer_sizes=(32,), flow_layer_sizes=(32,), random_state=0
    )
    sampler = AAEOverSampler("minority", generator=generator, random_state=0)
    X_resampled, y_resampled = sampler.fit_resample(X, y)
    pd.testing.assert_frame_equal(X_resampled[:100], X.reset_index(drop=True))
    assert (X_resampled.dtypes == X.dtypes).all()
    assert len(X_resampled) == len(y_resampled) == 150
    assert X_resampled.x[100:].mean() > 2
    assert X_resampled.equals(pickle.loads(pickle.dumps(sampler)).fit_resample(X, y)[0])
    assert list(sampler.feature_names_in_) == list(X)


@pytest.mark.parametrize(("copies", "n_copies"), [(0.0, 0), (0.25, 30), (1.0, 120)])
def test_a_share_of_the_new_rows_are_copies(copies, n_copies):
    X, y = table({"a": 130, "b": 10})
    X_resampled, y_resampled = AAEOverSampler(generator=Repeat(), copies=copies, random_state=0).fit_resample(X, y)
    assert len(X_resampled) == len(y_resampled) == 260
    assert (y_resampled[140:] == "b").all()
    copied = X_resampled.x[260 - n_copies :].dropna()
    assert copied.isin(X.x[y == "b"]).all()
    counts = copied.value_counts()
    assert not n_copies or counts.max() - counts.min() <= 1


def test_a_class_of_one_row_gets_rows():
    X, y = table({"a": 60, "b": 30, "c": 1})
    X_resampled, y_resampled = AAEOverSampler(generator=Repeat(), random_state=0).fit_resample(X, y)
    assert len(X_resampled) == 180
    assert (y_resampled == "c").sum() == 60


class Uniform(Repeat):
    """A stand-in whose draws are the same for all classes."""

    def sample(self, n_samples=1, y=None, *, random_state=None, from_prior=False):
        return np.random.default_rng(0).uniform(-1, 1, (n_samples, 2))


def test_draws_are_as_like_their_class_as_training_rows():
    X = np.random.default_rng(1).uniform(-1, 1, (1000, 2))
    y = (X[:, 0] > 0.8).astype(int)
    X_resampled, y_resampled = AAEOverSampler(generator=Uniform(), copies=0, random_state=0).fit_resample(X, y)
    new = X_resampled[1000:]
    assert (y_resampled[1000:] == 1).all()
    assert (new[:, 0] > 0.8).mean() > 0.8
    assert abs(new[:, 1].mean()) < 0.15


def test_frames_of_polars_come_back_as_such():
    pl = pytest.importorskip("polars")
    X, y = table({"a": 60, "b": 30})
    X = pl.from_pandas(X[["x", "t"]])
    generator = AAEGenerator(
        max_iter=2, flow_max_iter=2, hidden_layer_sizes=(8,), flow_layer_sizes=(8,), random_state=0
    )
    X_resampled, y_resampled = AAEOverSampler(generator=generator).fit_resample(X, pl.Series("label", y))
    assert X_resampled[:90].equals(X)
    assert X_resampled.schema == X.schema
    assert isinstance(y_resampled, pl.Series)
    assert (y_resampled == "b").sum() == 60


def test_a_pipeline_of_imbalanced_learn_resamples_in_fit_only():
    pipelines = pytest.importorskip("imblearn.pipeline")
    X = np.random.default_rng(0).normal(size=(90, 3))
    y = np.repeat([0, 1], [75, 15])
    pipeline = pipelines.make_pipeline(AAEOverSampler(generator=Repeat()), LogisticRegression())
    assert pipeline.fit(X, y).predict(X).shape == (90,)
    assert np.isfinite(cross_val_score(pipeline, X, y, cv=3)).all()


@pytest.mark.parametrize("values", [[-1, 0, 1], ["-1", "no", "yes"]])
def test_rows_without_a_label_are_told_of(values):
    X = np.random.default_rng(0).normal(size=(30, 2))
    y = np.repeat(values, [15, 10, 5])
    with pytest.warns(UserWarning, match="Got -1 as one of 3 classes.*leave them out"):
        AAEOverSampler(copies=1, generator=Repeat(max_iter=1, flow_max_iter=1)).fit(X, y)


def test_two_classes_of_which_one_is_minus_one_are_classes():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sampler = AAEOverSampler(copies=1, generator=Repeat(max_iter=1, flow_max_iter=1))
        sampler.fit(np.random.default_rng(0).normal(size=(30, 2)), np.repeat([-1, 1], [20, 10]))
    assert sampler.sampling_strategy_ == {1: 10}


@pytest.mark.parametrize("as_array", [False, True])
def test_integers_that_are_not_drawn_stay_as_they_are(as_array):
    rng = np.random.default_rng(0)
    key = np.arange(60) * 2 + (1 if as_array else 2**53 + 1)
    X = pd.DataFrame({"key": key, "flag": key % 3 == 0, "x": rng.integers(0, 50, 60)})
    X = X[["key", "x"]].to_numpy() if as_array else X
    kinds = {0: "ignore"} if as_array else {"key": "ignore", "flag": "ignore"}
    generator = AAEGenerator(max_iter=1, flow_max_iter=1, rejection_sampling=False, column_kinds=kinds)
    sampler = AAEOverSampler(generator=generator, copies=0.0, random_state=0)
    rows, _ = sampler.fit_resample(X, np.repeat([0, 1], [45, 15]))
    if as_array:
        assert (rows[:60] == X).all()
        assert np.isnan(rows[60:, 0]).all()
    else:
        assert rows["key"][:60].tolist() == key.tolist()
        assert rows["flag"][:60].tolist() == X["flag"].tolist()
        assert rows[["key", "flag"]][60:].isna().all(axis=None)
