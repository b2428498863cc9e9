"""Weights of rows: 0 is a row absent, 2 is two rows."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.ensemble import AdaBoostClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaae import AAEDenoiser, AAEOutlierDetector, AAETransformer, SemiSupervisedAAEClassifier
from skaae.estimators._scorers import repeat_by_weight
from skaae.estimators._teachers import TeacherEnsemble
from skaae.model_selection import PackedGridSearchCV, SemiSupervisedKFold

X, Y = load_iris(return_X_y=True)
FEW = np.where(np.arange(150) % 4 == 0, Y, -1)
WEIGHTS = np.random.default_rng(0).integers(0, 4, 150)
SMALL = {"hidden_layer_sizes": 16, "max_iter": 3, "random_state": 0}
CLASSIFIER = SemiSupervisedAAEClassifier(n_members=2, teachers=None, **SMALL)
TEACHERS = [LogisticRegression(), KNeighborsClassifier(1)]
FITS = {
    "classifier": (CLASSIFIER, "predict_proba", FEW),
    "classifier, early stopping": (clone(CLASSIFIER).set_params(early_stopping=True), "transform", FEW),
    "classifier, teachers": (clone(CLASSIFIER).set_params(teachers=TEACHERS), "predict_proba", FEW),
    "transformer": (AAETransformer(2, **SMALL), "transform", None),
    "transformer, classes": (AAETransformer(2, prior="mixture", early_stopping=True, **SMALL), "transform", FEW),
    "transformer, distance": (AAETransformer(2, regularizer="sliced_wasserstein", **SMALL), "transform", None),
    "detector": (AAEOutlierDetector(n_members=2, **SMALL), "decision_function", None),
    "detector, conformal": (AAEOutlierDetector(n_members=1, conformal=True, **SMALL), "p_values", None),
    "denoiser": (AAEDenoiser(**SMALL), "transform", None),
}
MODELS = [AAEDenoiser(**SMALL), AAEOutlierDetector(**SMALL), AAETransformer(2, **SMALL), CLASSIFIER]


def output(name, X, y, sample_weight=None):
    """What a model that is fitted to rows says of all rows."""
    model, method, _ = FITS[name]
    return getattr(clone(model).fit(X, y, sample_weight=sample_weight), method)(load_iris().data)


@pytest.mark.parametrize("name", FITS)
def test_rows_of_weight_zero_are_absent_and_equal_weights_are_none(name):
    rows, y, weights = X[::2], FITS[name][2], WEIGHTS[::2]
    y = None if y is None else y[::2]
    kept = weights > 0
    without = output(name, rows[kept], None if y is None else y[kept])
    assert np.array_equal(output(name, rows, y, 0.3 * kept), without)
    assert not np.array_equal(output(name, rows, y, weights), without)


def test_rows_of_weight_zero_are_absent_in_any_container():
    frame = pd.DataFrame(X[:60], columns=list("abcd")).assign(e=list("xyz") * 20)
    y = [None if label < 0 else f"class {label}" for label in np.roll(FEW, 50)[:60]]
    kept = np.arange(60) % 5 > 0
    labels = [label for label, is_kept in zip(y, kept, strict=True) if is_kept]
    wanted = clone(CLASSIFIER).fit(frame[kept], labels).predict_proba(frame)
    for rows, targets in ((frame, y), (pl.from_pandas(frame), pl.Series(y)), (frame.to_numpy().tolist(), pd.Series(y))):
        model = clone(CLASSIFIER).fit(
            rows, targets, sample_weight=pd.Series(kept.astype(float), index=range(60, 0, -1))
        )
        assert np.allclose(model.predict_proba(rows), wanted)
    # A row that is absent has no say in what the columns are.
    dirty = frame.astype({"a": object})
    dirty.loc[0, "a"] = "unknown"
    encoder = AAETransformer(2, **SMALL).fit(dirty, sample_weight=kept).table_encoder_
    assert encoder.columns_.loc["a", "kind"] != "number" or len(encoder.one_hot_groups_) == 1


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.r_[-1.0, np.ones(149)], "Negative values"),
        (np.r_[np.nan, np.ones(149)], "sample_weight contains NaN"),
        (np.r_[np.inf, np.ones(149)], "sample_weight contains infinity"),
        (np.zeros(150), "zero"),
        (np.ones(149), r"sample_weight.shape == \(149,\)"),
        (np.ones((150, 1)), "must be 1D"),
        (np.r_[1.0, np.zeros(149)], "minimum of 2 is required|labels of at least two classes"),
    ],
    ids=["negative", "nan", "inf", "zeros", "short", "2d", "one row"],
)
def test_bad_weights(model, weights, message):
    with pytest.raises(ValueError, match=message):
        clone(model).fit(X, Y, sample_weight=weights)


def test_weights_of_any_size():
    weights = 1.0 + WEIGHTS
    wanted = AAETransformer(2, **SMALL).fit(X, sample_weight=weights).transform(X)
    for factor in (1e-300, 2.0**-20, 1e300):
        assert np.allclose(AAETransformer(2, **SMALL).fit(X, sample_weight=factor * weights).transform(X), wanted)
    weights = np.r_[1e300, np.ones(149)]
    assert np.isfinite(AAEOutlierDetector(**SMALL).fit(X, sample_weight=weights).score_samples(X)).all()


def overlapping(n=300):
    rng = np.random.default_rng(0)
    y = (np.arange(n) % 6 == 0).astype(int)
    return rng.normal(size=(n, 3)) + 1.2 * y[:, None], y


@pytest.mark.parametrize("teachers", [None, [LogisticRegression(), GaussianNB()]], ids=["model", "teachers"])
def test_a_class_of_weight_five_is_as_five_times_its_rows(teachers):
    rows, y = overlapping()
    counts = np.where(y == 1, 5, 1)
    model = SemiSupervisedAAEClassifier(2, n_members=2, teachers=teachers, hidden_layer_sizes=16, random_state=0)
    plain, weighted, repeated = (
        clone(model).set_params(max_iter=max_iter).fit(*data)
        for max_iter, data in (
            (20, (rows, y)),
            (20, (rows, y, counts)),
            (12, (rows.repeat(counts, 0), y.repeat(counts))),
        )
    )
    shares = [each.predict_proba(rows)[:, 1].mean() for each in (plain, weighted, repeated)]
    assert abs(shares[1] - shares[2]) < 0.03 < 0.1 < shares[1] - shares[0]
    assert np.allclose(weighted.class_prior_, repeated.class_prior_, atol=0.01)


def test_teachers_learn_and_are_weighed_by_weights():
    counts = 1 + WEIGHTS
    repeated = TeacherEnsemble([GaussianNB()]).fit(X.repeat(counts, 0), Y.repeat(counts))
    plain, weighted = (TeacherEnsemble([GaussianNB()]).fit(X, Y, 3, weights) for weights in (None, counts / 1.0))
    wanted, without, found = (each.predict_proba(X) for each in (repeated, plain, weighted))
    assert np.abs(found - wanted).mean() < 0.01 * np.abs(without - wanted).mean()
    # Of two teachers, one is right on the heavy rows and the other on the light ones.
    rows, y = overlapping()
    heavy = np.arange(len(y)) % 2 == 0
    columns = np.c_[np.where(heavy, 2 * y - 1, 1 - 2 * y), rows]
    teachers = [FirstColumn(1), FirstColumn(-1)]
    weights = TeacherEnsemble(teachers).fit(columns, y, 2, np.where(heavy, 3.0, 1.0)).weights_
    assert weights[0] > 0.99


class FirstColumn(GaussianNB):
    """A teacher that reads the class off the sign of the first column, or of its opposite."""

    def __init__(self, sign=1):
        super().__init__()
        self.sign = sign

    def predict_proba(self, X):
        is_one = self.sign * X[:, 0] > 0
        return np.c_[1 - 0.4 - 0.4 * is_one, 0.4 + 0.4 * is_one]


def test_codes_and_reconstructions_are_best_for_heavy_rows():
    rng = np.random.default_rng(0)
    rows = np.r_[rng.normal(size=(150, 1)) * [1, 1, 0, 0], rng.normal(size=(150, 1)) * [0, 0, 1, 1]]
    rows += 0.01 * rng.normal(size=rows.shape)
    first = np.arange(300) < 150
    counts = np.where(first, 8, 1)
    model = AAETransformer(1, hidden_layer_sizes=(), max_iter=60, noise=0.0, random_state=0, scaling=None)
    plain, weighted = clone(model).fit(rows), clone(model).fit(rows, sample_weight=counts)
    repeated = clone(model).set_params(max_iter=20).fit(rows.repeat(counts, 0))
    errors = [-each.score(rows, sample_weight=first) for each in (plain, weighted, repeated)]
    assert max(errors[1:]) < 0.6 * errors[0]
    assert abs(errors[1] - errors[2]) < 0.2 * errors[0]


def test_classes_of_a_prior_by_weight():
    model = AAETransformer(2, prior="mixture", **SMALL)
    counts = np.where(Y == 0, 4, 1)
    weighted, repeated = (
        model.fit(X, Y, counts).class_prior_,
        model.fit(X.repeat(counts, 0), Y.repeat(counts)).class_prior_,
    )
    assert np.allclose(weighted, repeated, atol=0.01)


def test_few_rows_of_much_weight_are_no_outliers():
    rng = np.random.default_rng(0)
    rows = np.r_[rng.normal(size=(200, 2)), rng.normal(6, 0.5, size=(6, 2))]
    far = np.arange(206) >= 200
    counts = np.where(far, 20, 1)
    model = AAEOutlierDetector(n_members=1, max_iter=20, random_state=0, contamination=0.03)
    plain, weighted, repeated = (
        clone(model).fit(rows),
        clone(model).fit(rows, None, counts),
        clone(model).fit(rows.repeat(counts, 0)),
    )
    assert plain.predict(rows[far]).min() == -1
    assert (weighted.predict(rows[far]) == 1).all()
    assert (repeated.predict(rows[far]) == 1).all()
    gaps = [
        each.score_samples(rows[~far]).mean() - each.score_samples(rows[far]).mean()
        for each in (plain, weighted, repeated)
    ]
    assert abs(gaps[1] - gaps[2]) < 0.4 * abs(gaps[0] - gaps[2])


@pytest.mark.parametrize("contamination", [0, 0.1, 0.3])
def test_contamination_is_a_share_of_the_weight(contamination):
    model = AAEOutlierDetector(contamination=contamination, **SMALL).fit(X, sample_weight=WEIGHTS)
    share = np.average(model.predict(X) == -1, weights=WEIGHTS)
    assert contamination - 3 / WEIGHTS.sum() <= share <= contamination


def test_p_values_count_rows_by_weight():
    rng = np.random.default_rng(0)
    rows = np.r_[rng.normal(size=(120, 2)), rng.normal(size=(60, 2)) * 5]
    weights = np.r_[np.full(120, 0.1), np.full(60, 10.0)]
    model = AAEOutlierDetector(n_members=1, conformal=True, max_iter=2, random_state=0)
    wide = rng.normal(size=(200, 2)) * 5  # as the weighted rows are, but for few
    rates = [(clone(model).fit(rows, sample_weight=each).p_values(wide) <= 0.2).mean() for each in (None, weights)]
    assert abs(rates[1] - 0.2) < 0.08 < rates[0] - 0.2
    assert model.fit(rows, sample_weight=weights).predict(wide, false_alarm_rate=0.2).min() == -1


def test_rows_repeated_by_weight():
    assert repeat_by_weight(np.arange(3), np.array([2.0, 1.0, 3.0])).tolist() == [0, 0, 1, 2, 2, 2]
    assert repeat_by_weight(np.arange(3), np.array([1e-9, 1.0, 1.0])).tolist() == [1] * 6 + [2] * 6
    assert len(repeat_by_weight(np.arange(20_000), np.random.default_rng(0).random(20_000))) == 20_000


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def requested(model, score=False):
    model = clone(model).set_fit_request(sample_weight=True)
    return model.set_score_request(sample_weight=score) if hasattr(model, "set_score_request") else model


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_weights_are_routed_to_a_pipeline(model):
    scaler = StandardScaler().set_fit_request(sample_weight=False)
    y = None if isinstance(model, AAEOutlierDetector) else FEW
    fitted = make_pipeline(scaler, requested(model)).fit(X, y, sample_weight=WEIGHTS)[-1]
    alone = clone(model).fit(StandardScaler().fit_transform(X), y, sample_weight=WEIGHTS)
    assert np.array_equal(fitted.loss_curve_, alone.loss_curve_)
    assert not np.array_equal(fitted.loss_curve_, clone(model).fit(StandardScaler().fit_transform(X), y).loss_curve_)


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("search", [GridSearchCV, PackedGridSearchCV])
@pytest.mark.parametrize("model", [AAETransformer(2, **SMALL), CLASSIFIER], ids=["transformer", "classifier"])
def test_weights_are_routed_to_a_search_and_its_scores(search, model):
    cv = SemiSupervisedKFold(2)
    weights = WEIGHTS + 0.5
    grid = {"learning_rate_init": [1e-3, 1e-2]}
    found = search(requested(model, True), grid, cv=cv, error_score="raise").fit(X, FEW, sample_weight=weights)
    (train, test), _ = cv.split(X, FEW)
    first = clone(model).fit(X[train], FEW[train], sample_weight=weights[train])
    wanted = first.score(X[test], FEW[test], sample_weight=weights[test])
    assert np.isclose(found.cv_results_["split0_test_score"][0], wanted, rtol=1e-4)
    best = clone(model).set_params(**found.best_params_).fit(X, FEW, sample_weight=weights)
    assert np.allclose(best.loss_curve_, found.best_estimator_.loss_curve_, rtol=1e-4)


@pytest.mark.usefixtures("routing")
@pytest.mark.filterwarnings("ignore:`y` must have -1 for rows known to be outliers. Got 0 and 1:UserWarning")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_weights_are_routed_to_cross_validation(model):
    scoring = None if hasattr(model, "score") else "adjusted_rand_score"
    params = {"sample_weight": WEIGHTS + 0.5}
    options = {"cv": 2, "scoring": scoring, "error_score": "raise", "return_estimator": True}
    results = [cross_validate(requested(model), X, Y, params=each, **options) for each in (params, {})]
    weighted, plain = (result["estimator"][0].loss_curve_ for result in results)
    assert not np.array_equal(weighted, plain)


def test_boosting_passes_weights_on():
    model = AdaBoostClassifier(CLASSIFIER, n_estimators=2, random_state=0).fit(X, Y)
    assert model.classes_.tolist() == [0, 1, 2]
    assert not np.array_equal(*(each.loss_curve_ for each in model.estimators_))
