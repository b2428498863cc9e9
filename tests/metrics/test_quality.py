"""The quality report: figures of generated rows beside those of real rows."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from skaae.metrics import column_shape_error, quality_report


def rows_of(n, seed):
    rng = np.random.default_rng(seed)
    size = rng.normal(size=n).round(3)
    kind = np.where(size + rng.normal(size=n) > 0, "big", "small")
    return pd.DataFrame({"size": size, "kind": kind, "other": size + 0.3 * rng.normal(size=n)})


TRAIN, HOLDOUT = rows_of(600, 0), rows_of(400, 1)


def report_of(generated, **options):
    return quality_report(TRAIN, HOLDOUT, generated, random_state=0, **options)


def test_real_rows_are_at_their_floor():
    report = report_of(rows_of(400, 2), target="kind")
    np.testing.assert_allclose(report["generated"], report["real"], atol=0.09)
    assert report.at["detection", "best"] == report.at["nearer to training", "best"] == 0.5


def test_copies_of_training_rows_are_found_though_nothing_else_is_wrong():
    report = report_of(TRAIN.iloc[::-1])
    assert report.at["copies", "generated"] == 1
    assert report.at["copies", "real"] == 0
    assert report.at["nearer to training", "generated"] > 0.75
    assert report.at["columns", "generated"] < 0.1


def test_shuffled_columns_have_wrong_pairs_and_no_utility():
    rng = np.random.default_rng(3)
    shuffled = TRAIN.apply(lambda cells: rng.permutation(cells.to_numpy()))
    report = report_of(shuffled, target="kind")
    assert report.at["pairs", "generated"] > 2 * report.at["pairs", "real"]
    assert report.at["utility", "generated"] < report.at["utility", "real"] - 0.1


def test_as_many_rows_are_compared_of_each():
    figures = report_of(pd.concat([HOLDOUT] * 5), max_rows=100)
    assert figures.at["columns", "generated"] > 0.02  # by chance, where 2,000 rows of the same would have none
    assert column_shape_error(HOLDOUT, pd.concat([HOLDOUT] * 5)) == 0


def test_rare_categories_are_no_copies_of_one_another():
    def rows(start):
        return pd.DataFrame({"name": [f"name {index}" for index in range(start, start + 400)], "one": 1})

    report = quality_report(rows(0), rows(400), rows(800), random_state=0)
    assert report.loc["copies"].tolist() == [0, 0, 0]


def test_whole_numbers_are_predicted_by_a_regressor_that_is_passed():
    def rows(seed):
        X = rows_of(300, seed)[["size", "other"]]
        return X.assign(income=(1000 * X["size"]).round().astype(int))

    report = quality_report(rows(0), rows(1), rows(2), target="income", estimator=LinearRegression(), random_state=0)
    assert report.loc["utility", ["generated", "real"]].min() > 0.9


def test_one_column_has_no_pairs():
    report = quality_report(TRAIN[["size"]], HOLDOUT[["size"]], rows_of(300, 4)[["size"]], random_state=0)
    assert np.isnan(report.at["pairs", "generated"])
    assert report.at["columns", "generated"] < 0.15


def test_arrays_and_a_position_as_target():
    X = TRAIN[["size", "other"]].assign(y=(TRAIN.kind == "big").astype(int)).to_numpy()
    report = quality_report(X[:300], X[300:], X[300:], target=2, random_state=0)
    assert report.at["utility", "generated"] > 0.6


@pytest.mark.parametrize(
    ("options", "message"), [({"target": "colour"}, "colour"), ({"max_rows": 1}, "max_rows")], ids=["target", "rows"]
)
def test_wrong_arguments_are_named(options, message):
    with pytest.raises((ValueError, KeyError), match=message):
        report_of(HOLDOUT, **options)


def test_a_target_that_is_missing_in_some_rows():
    rng = np.random.default_rng(0)
    tables = [pd.DataFrame({"x": rng.normal(size=300), "z": rng.normal(size=300)}) for _ in range(3)]
    tables = [table.assign(y=np.where(table.x > 0, "a", "b")) for table in tables]
    for table in tables:
        table.loc[::3, "y"] = None
    report = quality_report(*tables, target="y", random_state=0)
    assert report.loc["utility", ["generated", "real"]].min() > 0.95
    train, holdout, generated = tables
    with pytest.raises(ValueError, match=r"`X_holdout\['y'\]` must have two classes at least. Got \['a'\]"):
        quality_report(train, holdout.assign(y="a"), generated, target="y", random_state=0)
    with pytest.raises(ValueError, match=r"`X_generated\['y'\]` must have cells that are not missing"):
        quality_report(train, holdout, generated.assign(y=None), target="y", random_state=0)
    with pytest.raises(ValueError, match=r"same columns. Got one with \['w'\] besides\.$"):
        quality_report(train, holdout, generated.assign(w=1), random_state=0)
