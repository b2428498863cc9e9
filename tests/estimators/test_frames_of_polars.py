"""Estimators of frames of polars: the results are those of pandas, and what comes out is polars again."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sklearn.base import clone

from skaae import (
    AAEClusterer,
    AAEDenoiser,
    AAEGenerator,
    AAEOutlierDetector,
    AAETransformer,
    SemiSupervisedAAEClassifier,
)

RNG = np.random.default_rng(0)
N = 90
FRAME = pl.DataFrame(
    {
        "size": RNG.normal(size=N),
        "count": RNG.integers(0, 50, N),
        "town": RNG.choice(["Bonn", "Köln", "Mainz"], N),
        "rain": RNG.random(N) < 0.3,
        "day": pl.datetime_range(pl.datetime(2024, 1, 1), pl.datetime(2024, 3, 30), "1d", eager=True),
        "gap": [None if i % 5 == 0 else float(x) for i, x in enumerate(RNG.normal(size=N))],
    }
)
PANDAS = FRAME.to_pandas()
LABELS = pl.Series("label", [["wet", "dry", None][i % 3] for i in range(N)])
SMALL = {"hidden_layer_sizes": 16, "max_iter": 2, "random_state": 0}
FLOW = {"flow_layer_sizes": 16, "flow_max_iter": 2}
MODELS = {
    "classifier": (SemiSupervisedAAEClassifier(n_members=1, teachers=None, **SMALL), "predict_proba", LABELS),
    "clusterer": (AAEClusterer(2, n_members=1, teachers=None, **SMALL), "predict", None),
    "denoiser": (AAEDenoiser(corruption="masked", **SMALL), "transform", None),
    "detector": (AAEOutlierDetector(n_members=1, **SMALL), "explain", None),
    "generator": (AAEGenerator(**SMALL, **FLOW), "transform", LABELS.fill_null("dry")),
    "transformer": (AAETransformer(2, **SMALL), "transform", None),
}


@pytest.mark.parametrize("name", MODELS)
def test_results_are_those_of_pandas(name):
    model, method, y = MODELS[name]
    options = (y,) if name == "generator" else ()
    ours = getattr(clone(model).fit(FRAME, y), method)(FRAME, *options)
    theirs = getattr(clone(model).fit(PANDAS, None if y is None else y.to_pandas()), method)(PANDAS, *options)
    if name in ("denoiser", "detector"):
        assert isinstance(ours, pl.DataFrame)
        theirs = pl.from_pandas(theirs)
        assert_frame_equal(ours, theirs, check_dtypes=False)
    else:
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("name", ["classifier", "clusterer", "generator", "transformer"])
def test_new_rows_are_frames_of_the_same_columns(name):
    model, _, y = MODELS[name]
    rows = clone(model).fit(FRAME, y).sample(7, random_state=0)
    assert isinstance(rows, pl.DataFrame)
    assert rows.schema == FRAME.schema
    assert set(rows["town"]) <= set(FRAME["town"])


def test_filled_rows_have_no_nulls_and_keep_the_others():
    filled = clone(MODELS["denoiser"][0]).fit(FRAME).transform(FRAME)
    assert filled.schema == FRAME.schema
    assert filled["gap"].null_count() == 0
    assert_frame_equal(filled.drop("gap"), FRAME.drop("gap"))


def test_columns_may_come_in_another_library_but_not_in_another_order():
    model = clone(MODELS["transformer"][0]).fit(FRAME)
    assert np.array_equal(model.transform(FRAME), model.transform(PANDAS))
    with pytest.raises(ValueError, match="feature names"):
        model.transform(FRAME.select(reversed(FRAME.columns)))


def test_expected_values_have_the_types_of_the_training_rows():
    rows = FRAME.select(
        pl.col("town").cast(pl.Enum(["Bonn", "Köln", "Mainz"])),
        pl.col("size").cast(pl.Decimal(10, 2)).alias("price"),
        pl.col("day").cast(pl.Date),
        pl.col("count").cast(pl.UInt8),
    )
    model = clone(MODELS["detector"][0]).fit(rows)
    assert model.expected_values(rows[:9].cast({"count": pl.Int64})).schema == rows.schema
    arrow = rows.to_arrow()
    assert clone(model).fit(arrow).expected_values(arrow[:9]).schema.types == arrow.schema.types
