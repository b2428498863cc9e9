import pickle
import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from skaae import TableEncoder


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    n = 200
    income = np.where(rng.random(n) < 0.4, 0.0, rng.lognormal(8, 1, n).round(2))
    return pd.DataFrame(
        {
            "age": rng.integers(18, 90, n),
            "income": np.where(rng.random(n) < 0.1, np.nan, income),
            "height": rng.normal(170, 10, n),
            "children": pd.array(rng.integers(0, 4, n), dtype="Int64"),
            "job": rng.choice(["nurse", "smith", "baker"], n),
            "size": pd.Categorical(rng.choice(["S", "M"], n), categories=["S", "M", "L"], ordered=True),
            "smoker": rng.random(n) < 0.3,
            "weight": rng.normal(70, 10, n).astype(np.float32),
        }
    ).assign(
        children=lambda X: X.children.mask(X.age > 80),
        job=lambda X: X.job.mask(X.age < 25),
        size=lambda X: X["size"].mask(X.age == 40),
    )


@pytest.mark.parametrize("scaling", ["standard", "linear", "quantile", None])
def test_inverse_transform_restores_the_table(table, scaling):
    encoder = TableEncoder(scaling).fit(table)
    encoded = encoder.transform(table)
    assert encoded.shape == (len(table), len(encoder.get_feature_names_out()))
    assert np.isfinite(encoded).all()
    pd.testing.assert_frame_equal(encoder.inverse_transform(encoded), table, rtol=1e-6)


@pytest.mark.parametrize("scaling", ["standard", "linear", "quantile", None])
def test_pickled_encoder_restores_new_rows(table, scaling):
    encoder = pickle.loads(pickle.dumps(TableEncoder(scaling).fit(table)))
    inside = table.height.between(table.height[:100].min(), table.height[:100].max())
    rows = table[inside].iloc[::-1].reset_index(drop=True)
    pd.testing.assert_frame_equal(encoder.inverse_transform(encoder.transform(rows)), rows, rtol=1e-6)


def test_source_columns_and_one_hot_groups(table):
    encoder = TableEncoder().fit(table)
    encoded = encoder.transform(table)
    groups = np.split(encoded[:, encoder.n_numeric_ :], np.cumsum(encoder.one_hot_groups_)[:-1], axis=1)
    assert encoder.n_numeric_ == 5
    assert sorted(encoder.one_hot_groups_) == list(encoder.one_hot_groups_)
    assert all((group.sum(1) == 1).all() and set(np.unique(group)) == {0, 1} for group in groups)
    names = [name.split("_")[0] for name in encoder.get_feature_names_out()]
    assert names == list(table.columns[encoder.source_columns_])


def test_atoms_with_quantile_scaling(table):
    names = TableEncoder("quantile").fit(table[["income", "age"]]).get_feature_names_out()
    assert {"income", "income_0.0", "income_value", "income_missing", "age"} <= set(names)


def test_quantile_scaling_is_normal_and_within_the_training_range():
    X = np.random.default_rng(0).exponential(size=(5000, 1))
    encoder = TableEncoder("quantile").fit(X)
    encoded = encoder.transform(X)
    assert encoded.std() == pytest.approx(1, abs=0.02)
    assert abs(encoded).max() < 4
    np.testing.assert_allclose(encoder.inverse_transform([[-99.0], [99.0]]), [X.min(0), X.max(0)])


def test_rounding_to_training_values():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"few": rng.choice(np.sqrt(np.arange(40.0)), 400), "many": rng.normal(size=400)})
    encoder = TableEncoder("quantile", rounding="seen").fit(X)
    back = encoder.inverse_transform(encoder.transform(X) + 0.01)
    assert set(back.few) <= set(X.few)
    assert len(set(back.many) & set(X.many)) <= 1  # the largest


def test_decimals_of_float32_rows():
    X = pd.DataFrame({"price": [9.8, 7.3, 1.1, 2.7]})
    encoder = TableEncoder().fit(X)
    back = encoder.inverse_transform(encoder.transform(X).astype(np.float32))
    assert back.price.tolist() == X.price.tolist()


def test_arrays_keep_their_dtype():
    X = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    encoder = TableEncoder().fit(X)
    back = encoder.inverse_transform(encoder.transform(X))
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, X, rtol=1e-4)


def test_object_arrays():
    X = np.array([["a", 1.5], ["b", 2.0], ["a", 3.0]], dtype=object)
    encoder = TableEncoder().fit(X)
    assert encoder.n_numeric_ == 1
    assert encoder.one_hot_groups_ == (2,)
    np.testing.assert_array_equal(encoder.inverse_transform(encoder.transform(X)), X)


def test_categorical_features(table):
    by_name = TableEncoder(categorical_features=["age"]).fit(table)
    by_index = TableEncoder(categorical_features=[0]).fit(table)
    by_mask = TableEncoder(categorical_features=np.arange(8) == 0).fit(table)
    assert by_name.one_hot_groups_ == by_index.one_hot_groups_ == by_mask.one_hot_groups_
    assert table.age.nunique() in by_name.one_hot_groups_
    pd.testing.assert_frame_equal(by_name.inverse_transform(by_name.transform(table)), table, rtol=1e-6)


@pytest.mark.parametrize("wanted", [["shoe"], [8], [-1], [1.5]])
def test_unknown_categorical_features_raise(table, wanted):
    with pytest.raises(ValueError, match="`categorical_features` must be names of columns"):
        TableEncoder(categorical_features=wanted).fit(table)


def test_categories_raise_without_categorical_features(table):
    with pytest.raises(ValueError, match=r"must be numbers. Got categories in \['job', 'size', 'smoker'\]"):
        TableEncoder(categorical_features=None).fit(table)


def test_new_categories_and_missing_cells_are_zeros():
    X = pd.DataFrame({"job": ["nurse", "smith", "nurse"], "age": [20.0, 30.0, 40.0]})
    encoder = TableEncoder().fit(X)
    other = pd.DataFrame({"job": ["king", None], "age": [30.0, np.nan]})
    with pytest.warns(UserWarning, match="Column 'job' has categories that no training row had.*: king") as caught:
        encoded = encoder.transform(other)
    assert len(caught) == 1
    np.testing.assert_allclose(encoded, np.zeros((2, 3)))
    decoded = encoder.inverse_transform(encoded)
    assert list(decoded.age) == [30, 30]
    assert decoded.job.isna().all()


@pytest.mark.parametrize("dtype", [str, object, "string", "category", "boolean", bool])
@pytest.mark.parametrize("with_missing", [False, True])
def test_an_unseen_category_comes_back_as_missing(dtype, with_missing):
    known, odd = ([True, True], False) if dtype in ("boolean", bool) else (["red", "blue"], "purple")
    cells = [*known * 3, *[None] * with_missing]
    X = pd.DataFrame({"color": pd.Series(cells, dtype=object if with_missing and dtype is bool else dtype)})
    encoder = TableEncoder().fit(X)
    with pytest.warns(UserWarning, match="Column 'color' has categories"):
        back = encoder.inverse_transform(encoder.transform(pd.DataFrame({"color": [odd, known[0]]})))
    assert back.color.isna().tolist() == [True, False]
    assert back.color[1] == known[0]


def test_an_unseen_category_of_an_array_comes_back_as_missing():
    encoder = TableEncoder(categorical_features=[0]).fit([[1, 2], [3, 4], [1, 5]])
    with pytest.warns(UserWarning, match="Column 0 has categories"):
        back = encoder.inverse_transform(encoder.transform([[2, 2], [3, 4]]))
    np.testing.assert_array_equal(back, [[np.nan, 2], [3, 4]])


def test_unseen_categories_of_many_chunks_warn_once(monkeypatch):
    monkeypatch.setattr("skaae.table._tables.CHUNK_ROWS", 10)
    encoder = TableEncoder().fit(pd.DataFrame({"color": ["red", "blue"] * 30}))
    with pytest.warns(UserWarning, match="purple, green") as caught:
        encoder.transform(pd.DataFrame({"color": ["purple", "red", "green"] * 30}))
    assert len(caught) == 1


def test_input_is_not_modified():
    X = np.array([[1.0, np.nan], [2.0, 3.0]])
    encoder = TableEncoder(scaling=None).fit(np.ones((2, 2)))
    np.testing.assert_array_equal(encoder.transform(X), [[1, 0], [2, 3]])
    assert np.isnan(X[0, 1])


def test_constant_and_empty_columns():
    X = pd.DataFrame({"empty": [np.nan] * 4, "one": ["a"] * 4, "same": [7] * 4, "nothing": [None] * 4})
    for scaling in ("standard", "quantile"):
        encoder = TableEncoder(scaling).fit(X)
        pd.testing.assert_frame_equal(encoder.inverse_transform(encoder.transform(X)), X)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (np.full(300, 1j), "must be numbers, categories or dates. Got complex128 in column 'other'"),
        ([f"text {i}" for i in range(300)], "drop it if it identifies rows, or pass .* encode it first if it is free"),
        ([1, "a", 2.5] * 100, "either text or numbers. Got both in column 'other'"),
        ([1.0, np.inf, 2.0] * 100, "Input X contains infinity"),
        ([Decimal(1), Decimal("Infinity"), Decimal(2)] * 100, "Input X contains infinity"),
    ],
)
def test_invalid_columns_raise(column, message):
    X = pd.DataFrame({"fine": np.arange(300.0), "other": column})
    with pytest.raises(ValueError, match=message):
        TableEncoder().fit(X)


def test_too_many_categories_raise():
    X = pd.DataFrame({"name": pd.Categorical([f"{i}" for i in range(40_000)]).repeat(2)})
    with pytest.raises(ValueError, match="Got 40,000 distinct values in 80,000 rows of column 'name'"):
        TableEncoder().fit(X)


def test_names_must_be_unique_and_in_order(table):
    twice = table.set_axis(["age", "age", *table.columns[2:]], axis=1)
    with pytest.raises(ValueError, match=r"must have different names. Got \['age'\] twice"):
        TableEncoder().fit(twice)
    encoder = TableEncoder().fit(table)
    with pytest.raises(ValueError, match="same order"):
        encoder.transform(table[table.columns[::-1]])


def test_a_numeric_column_must_stay_numeric(table):
    encoder = TableEncoder().fit(table)
    with pytest.raises(ValueError, match="were numbers in training must be numbers"):
        encoder.transform(table.assign(income="much"))
    with pytest.raises(ValueError, match="were numbers in training must be numbers"):
        encoder.transform(table.assign(age="old"))


def test_inverse_transform_checks_the_number_of_columns(table):
    with pytest.raises(ValueError, match="as many columns as encoded rows"):
        TableEncoder().fit(table).inverse_transform(np.zeros((2, 3)))


@pytest.mark.parametrize("dtype", [np.float32, "Float32"])
def test_atoms_in_float32_columns(dtype):
    values = np.concatenate([np.full(40, 0.1), np.full(40, 5.7), np.random.RandomState(0).normal(size=40)])
    X = pd.DataFrame({"a": values})
    encoder = TableEncoder("quantile").fit(X)
    assert encoder.one_hot_groups_ == (3,)
    np.testing.assert_array_equal(encoder.transform(X.astype(dtype))[:, 1:], encoder.transform(X)[:, 1:])


@pytest.mark.parametrize(
    ("dtype", "largest"),
    [("int64", 2**63 - 1024), ("uint8", 255), ("float16", 65504), ("Int8", 127), ("Float32", np.finfo("f4").max)],
)
def test_decoded_cells_are_clipped_to_their_dtype(dtype, largest):
    X = pd.DataFrame({"a": pd.array([1, 2, 3, 50], dtype=dtype)})
    back = TableEncoder().fit(X).inverse_transform([[1000.0], [0.0]])
    assert back.a.dtype == X.a.dtype
    assert back.a[0] == largest


def test_sparse_columns():
    X = pd.DataFrame({"a": pd.arrays.SparseArray([0.0, 1.5, 0.0, 2.5])})
    pd.testing.assert_frame_equal(TableEncoder().fit(X).inverse_transform(TableEncoder().fit_transform(X)), X)


def test_values_beyond_float32_are_decoded_in_float64():
    X = 1e300 * np.array([[1.0], [2.0], [4.0]])
    encoder = TableEncoder().fit(X)
    np.testing.assert_allclose(encoder.inverse_transform(encoder.transform(X).astype(np.float32)), X, rtol=1e-5)


def test_integers_too_large_to_round():
    X = np.array([[1e308], [2.0], [4.0], [0.0]])
    encoder = TableEncoder().fit(X)
    np.testing.assert_allclose(encoder.inverse_transform(encoder.transform(X)), X)


@pytest.mark.parametrize(
    ("encoded", "message"),
    [
        (pd.DataFrame({"a": ["much"]}), "could not convert"),
        (pd.DataFrame({"a": pd.array([None], dtype="string")}), "NA"),
        ([[np.nan]], "Input X contains NaN"),
        ([1.0], "Expected 2D array, got 1D array"),
    ],
)
def test_encoded_rows_must_be_numbers(encoded, message):
    encoder = TableEncoder().fit([[1.5], [2.5]])
    with pytest.raises(
        (TypeError, ValueError), match=f"must be a matrix of finite numbers, as encoded rows are.*{message}"
    ):
        encoder.inverse_transform(encoded)


@pytest.mark.parametrize("cells", [[{}, {}, {1: 2}], [pd.NA, (1,), 2], [1 + 1j, 2, 3]])
def test_cells_of_other_types_raise(cells):
    with pytest.raises(ValueError, match=r"Cells must be text or numbers. Got others in column 'a'"):
        TableEncoder().fit(pd.DataFrame({"a": pd.Series(cells, dtype=object)}))


def test_encoded_rows_are_not_modified():
    encoder = TableEncoder(None).fit([[1.0], [2.0]])
    encoded = np.array([[1.4], [2.6]])
    assert encoder.inverse_transform(encoded).tolist() == [[1.0], [3.0]]
    assert encoded.tolist() == [[1.4], [2.6]]


def test_table_of_missing_cells_raises():
    with pytest.raises(ValueError, match=r"must have a cell that is not missing. Got 6 that are"):
        TableEncoder(keep_missing=False).fit(np.full((3, 2), np.nan))


def test_empty_column_of_an_array():
    X = np.array([[1.0, np.nan], [2.5, np.nan], [3.0, np.nan]])
    encoder = TableEncoder(keep_missing=False).fit(X)
    back = encoder.inverse_transform(encoder.transform(X))
    assert back.dtype == float
    np.testing.assert_allclose(back, X)


def test_missing_cells_of_object_arrays():
    X = np.array([[1.0, pd.NA], [pd.NA, 2.5], [3.0, 4.5]], dtype=object)
    known = np.array([[1.0, np.nan], [np.nan, 2.5], [3.0, 4.5]])
    np.testing.assert_array_equal(TableEncoder().fit_transform(X), TableEncoder().fit_transform(known))


def test_values_beyond_float32_are_clipped_in_float32_rows():
    X = np.array([[1.0, np.nan], [2.0, 0.01], [4.0, 0.02]], np.float32)
    encoder = TableEncoder("linear").fit(X)
    assert np.isfinite(encoder.transform(np.array([[-3e38, 3e38]], np.float32))).all()


def test_rare_categories_are_encoded_as_one():
    cells = pd.Series(["a"] * 50 + ["b"] * 45 + ["x", "y", "y", "z", None], name="k", dtype=object)
    encoder = TableEncoder(min_frequency=0.03).fit(cells.to_frame())
    np.testing.assert_array_equal(encoder.get_feature_names_out(), ["k_a", "k_b", "k_infrequent", "k_missing"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a new category is encoded as rare ones are
        encoded = encoder.transform(pd.DataFrame({"k": ["b", "x", "z", None, "new"]}, dtype=object))
    np.testing.assert_array_equal(encoded.argmax(1), [1, 2, 2, 3, 2])
    assert encoder.inverse_transform(encoded)["k"].tolist()[:3] == ["b", "y", "y"]
    assert encoder.inverse_transform(encoded)["k"].isna()[3]


def test_a_single_rare_category_stays_as_it_is():
    X = pd.DataFrame({"k": ["a"] * 99 + ["b"]})
    assert TableEncoder(min_frequency=0.05).fit(X).inverse_transform(np.eye(2))["k"].tolist() == ["a", "b"]
