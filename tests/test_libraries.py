"""Estimators, metrics, displays, searches and streams with frames of polars and Arrow."""

import pickle
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import cross_val_score

from skaae import (
    AAEClusterer,
    AAEDenoiser,
    AAEGenerator,
    AAEOutlierDetector,
    AAETransformer,
    SemiSupervisedAAEClassifier,
    TableEncoder,
    display,
    metrics,
)
from skaae.estimators._labels import labels_as_array
from skaae.metrics import scorers
from skaae.model_selection import OutlierKFold, PackedGridSearchCV
from skaae.streaming import fit_stream, read_chunks
from skaae.table import to_pandas

pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")

N = 120
BRIEFLY = {"max_iter": 2, "random_state": 0}


def polars_frame():
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "size": rng.normal(size=N),
            "kind": rng.choice(["u", "v"], N),
            "count": [None if row % 7 == 0 else row % 11 for row in range(N)],
            "price": pl.Series([Decimal(row % 40 * 25).scaleb(-2) for row in range(N)], dtype=pl.Decimal(6, 2)),
            "grade": pl.Series(rng.choice(["low", "high"], N), dtype=pl.Enum(["low", "mid", "high"])),
            "flag": rng.random(N) < 0.5,
        }
    )


@pytest.fixture(params=["polars", "arrow"])
def X(request):
    return polars_frame() if request.param == "polars" else polars_frame().to_arrow()


@pytest.fixture
def y(X):
    labels = np.random.default_rng(1).choice(["a", "b"], N).tolist()
    return pl.Series(labels) if isinstance(X, pl.DataFrame) else pa.chunked_array([labels])


def assert_like(table, X):
    assert type(table) is type(X)
    assert table.schema == X.schema


def names_of(X):
    return list(getattr(X, "column_names", X.columns))


def test_transformer(X):
    model = AAETransformer(2, **BRIEFLY).fit(X)
    assert list(model.feature_names_in_) == names_of(X)
    codes = model.transform(X)
    assert isinstance(codes, np.ndarray)
    assert_like(model.inverse_transform(codes), X)
    assert_like(model.sample(3), X)
    assert_like(pickle.loads(pickle.dumps(model)).sample(3), X)
    assert_like(AAETransformer(2, **BRIEFLY).partial_fit(X).partial_fit(X).sample(3), X)
    model.set_params(warm_start=True).fit(X)
    assert_like(model.sample(3), X)


def test_rows_of_any_library_have_the_same_codes(X):
    model = AAETransformer(2, **BRIEFLY).fit(X)
    for other in (to_pandas(X), polars_frame(), polars_frame().to_arrow()):
        np.testing.assert_array_equal(model.transform(other), model.transform(X))
    np.testing.assert_array_equal(AAETransformer(2, **BRIEFLY).fit(to_pandas(X)).transform(X), model.transform(X))


def test_codes_as_frames(X):
    model = AAETransformer(2, **BRIEFLY).set_output(transform="polars").fit(X)
    codes = model.transform(X)
    assert isinstance(codes, pl.DataFrame)
    assert codes.columns == list(model.get_feature_names_out())
    assert_like(model.inverse_transform(codes), X)
    assert_like(model.inverse_transform(codes.to_arrow()), X)


def test_generator_with_conditions(X, y):
    model = AAEGenerator(flow_max_iter=2, **BRIEFLY).fit(X, y)
    for rows in (
        model.sample(2, y[:2]),
        model.inverse_transform(model.transform(X, y), y),
        model.transfer(X, "a", y_from=y),
        model.interpolate(X[:2], X[2:4], 3),
    ):
        assert_like(rows, X)
    conditions = pl.DataFrame({"group": y.to_numpy(), "year": [1990 + row % 3 for row in range(N)]})
    conditions = conditions if isinstance(X, pl.DataFrame) else conditions.to_arrow()
    model = AAEGenerator(flow_max_iter=2, **BRIEFLY).fit(X, conditions)
    framed, named = (model.sample(2, c, random_state=0) for c in (conditions[:1], first_row(conditions)))
    assert framed.equals(named)


def first_row(frame):
    row = to_pandas(frame).iloc[0]
    return {"group": row["group"], "year": int(row["year"])}


@pytest.mark.parametrize("corruption", ["masked", "gaussian"])
def test_denoiser(X, corruption):
    model = AAEDenoiser(corruption=corruption, **BRIEFLY).fit(X)
    filled = model.transform(X)
    assert_like(filled, X)
    assert not to_pandas(filled).isna().any(axis=None)
    if corruption == "masked":
        known = to_pandas(X)["count"].notna()
        pd.testing.assert_frame_equal(to_pandas(filled)[known], to_pandas(X)[known], check_dtype=False)
    for library, kind in (("pandas", pd.DataFrame), ("polars", pl.DataFrame)):
        assert type(model.set_output(transform=library).transform(X)) is kind


def test_corruption_by_a_function_gets_what_came_in(X):
    kinds = set()

    def corrupt(rows, rng):
        kinds.add(type(rows))
        return rows

    AAEDenoiser(corruption=corrupt, **BRIEFLY).fit(X).score(X)
    assert kinds == {type(X)}


def test_detector(X):
    model = AAEOutlierDetector(n_members=1, **BRIEFLY).fit(X)
    shares = model.explain(X[:3])
    assert type(shares) is type(X)
    assert names_of(shares) == names_of(X)
    np.testing.assert_array_equal(model.score_samples(X), model.score_samples(to_pandas(X)))
    assert isinstance(model.explain(to_pandas(X)), pd.DataFrame)


def test_classifier_and_clusterer(X, y):
    classifier = SemiSupervisedAAEClassifier(teachers=None, **BRIEFLY).fit(X, y)
    assert set(classifier.predict(X)) <= {"a", "b"}
    assert_like(classifier.transfer(X[:2], "b"), X)
    assert_like(AAEClusterer(2, **BRIEFLY).fit(X).sample(3), X)


def test_searches_and_scorers(X, y):
    search = PackedGridSearchCV(
        AAETransformer(**BRIEFLY), {"n_components": [1, 2]}, cv=2, scoring=scorers.neg_reconstruction_error
    )
    assert_like(search.fit(X).best_estimator_.sample(3), X)
    model = AAEGenerator(flow_max_iter=2, **BRIEFLY)
    assert np.isfinite(cross_val_score(model, X, y, cv=2, scoring=scorers.neg_column_shape_error)).all()
    outliers = np.where(np.arange(N) % 10, 1, -1)
    detector = AAEOutlierDetector(n_members=1, **BRIEFLY)
    scores = cross_val_score(
        detector, X, outliers, cv=OutlierKFold(2), scoring=scorers.outlier_roc_auc, error_score="raise"
    )
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("metric", [metrics.column_shape_error, metrics.pair_trend_error])
def test_metrics_of_tables(X, metric):
    real, generated = X[:60], X[60:]
    assert metric(real, generated) == metric(to_pandas(real), to_pandas(generated)) > 0
    assert metric(real, to_pandas(real)) == pytest.approx(0, abs=1e-12)


def test_metrics_of_numbers(X, y):
    X = X.select(["size", "flag"])
    swapped = X[60:].select(["flag", "size"])
    wanted = metrics.frechet_distance(to_pandas(X[:60]), to_pandas(X[60:]))
    assert metrics.frechet_distance(X[:60], X[60:]) == metrics.frechet_distance(X[:60], swapped) == wanted
    assert metrics.clustering_accuracy(y, y) == 1
    assert metrics.utility_score(X[:60], y[:60], X[60:], y[60:], random_state=0) > 0


@pytest.mark.parametrize("kind", ["column", "sample", "transfer", "reconstruction", "latent", "outlier"])
def test_displays(X, y, kind):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    if kind in ("column", "sample", "transfer"):
        model = AAEGenerator(flow_max_iter=2, **BRIEFLY).fit(X, y)
        if kind == "column":
            display.ColumnDisplay.from_estimator(model, X, y)
        elif kind == "sample":
            display.SampleDisplay.from_estimator(model, y=y[:6], n_samples=6)
        else:
            display.TransferDisplay.from_estimator(model, X, y, classes=["a", "b"])
    elif kind == "outlier":
        model = AAEOutlierDetector(n_members=1, **BRIEFLY).fit(X)
        display.OutlierDisplay.from_estimator(model, X)
        shown = display.OutlierDisplay.from_scores(model.score_samples(X), X=X, shares=model.explain(X))
        assert list(shown.X.columns) == names_of(X)
    else:
        model = AAETransformer(2, **BRIEFLY).fit(X)
        show = display.LatentDisplay if kind == "latent" else display.ReconstructionDisplay
        show.from_estimator(model, X, y)
    plt.close("all")


def test_streams(X, y):
    parts = [X[:60], X[60:]]
    classifier = SemiSupervisedAAEClassifier(**BRIEFLY)
    for model in (
        fit_stream(AAETransformer(2, **BRIEFLY), X, batch_rows=50),
        fit_stream(AAETransformer(2, **BRIEFLY), lambda: parts, batch_rows=50),
        fit_stream(classifier, lambda: [(parts[0], y[:60]), (parts[1], y[60:])], batch_rows=50),
    ):
        assert_like(model.sample(3), X)
    model = fit_stream(SemiSupervisedAAEClassifier(**BRIEFLY), X, target="kind", columns=["size", "count"])
    assert names_of(model.sample(3)) == ["size", "count"]
    assert list(model.classes_) == ["u", "v"]
    chunks = list(read_chunks(X, batch_rows=50))
    assert [len(chunk) for chunk in chunks] == [50, 50, 20]
    for chunk in chunks:
        assert_like(chunk, X)


def test_record_batches(tmp_path):
    X = polars_frame().to_arrow()
    reader = pa.RecordBatchReader.from_batches(X.schema, X.to_batches(max_chunksize=50))
    assert [type(chunk) for chunk in read_chunks(reader)] == [pa.Table] * 3
    assert_like(fit_stream(AAETransformer(2, **BRIEFLY), X.to_batches).sample(3), X)


def test_labels_in_a_frame(X, y):
    values = y.to_numpy()
    frame = pl.DataFrame({"class": values}) if isinstance(X, pl.DataFrame) else pa.table({"class": values})
    assert labels_as_array(frame).tolist() == labels_as_array(y).tolist() == values.tolist()


def test_dates_and_times(X):
    rng = np.random.default_rng(0)
    moments = [datetime(2023, 1, 1) + timedelta(seconds=int(second)) for second in rng.integers(0, 10**7, N)]
    frame = pl.DataFrame(
        {
            "size": rng.normal(size=N),
            "moment": moments,
            "day": [moment.date() for moment in moments],
            "time": [moment.time() for moment in moments],
            "wait": [timedelta(minutes=moment.minute) for moment in moments],
        }
    )
    frame = frame if isinstance(X, pl.DataFrame) else frame.to_arrow()
    encoder = TableEncoder().fit(frame)
    back = encoder.inverse_transform(encoder.transform(frame))
    assert_like(back, frame)
    pd.testing.assert_frame_equal(to_pandas(back), to_pandas(frame))
    assert_like(AAETransformer(2, **BRIEFLY).fit(frame).sample(3), frame)
