"""How columns are read is told, and can be asked for."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from skaae import AAEDenoiser, AAEGenerator, AAEOutlierDetector, AAETransformer, TableEncoder
from skaae.streaming import fit_stream


@pytest.fixture
def X():
    rng, n = np.random.default_rng(0), 200
    return pd.DataFrame(
        {
            "id": np.arange(n) + 1000,
            "zip": rng.choice([1, 7, 12], n),
            "year": rng.integers(1990, 2020, n),
            "when": pd.date_range("2023-01-01", periods=n),
            "x": np.where(np.arange(n) == 3, np.nan, rng.normal(size=n).round(2)),
            "name": rng.choice(["a", "b"], n),
            "flag": rng.random(n) < 0.5,
            "same": 1,
            "size": pd.Categorical(rng.choice(["lo", "hi"], n), ordered=True, categories=["lo", "hi"]),
        }
    )


KINDS = {"zip": "category", "year": "number", "id": "ignore"}


def test_columns_tell_kinds_and_why(X):
    encoder = TableEncoder(column_kinds=KINDS).fit(X)
    columns = encoder.columns_
    assert columns.kind.to_dict() == {
        **{"id": "ignore", "zip": "category", "year": "whole number", "when": "date", "x": "number"},
        **{"name": "category", "flag": "flag", "same": "constant", "size": "ordered category"},
    }
    assert (columns.why[list(KINDS)] == "`column_kinds`").all()
    assert columns.n_missing["x"] == 1
    assert columns.n_distinct["zip"] == 3
    assert columns.decimals["x"] == 2
    assert columns.loc["zip", "values"] == "1, 7, 12"
    assert columns.loc["id", "values"] == ""
    assert columns._repr_html_().startswith("<div>")


def test_ignored_columns_come_back_missing(X):
    encoder = TableEncoder(column_kinds=KINDS).fit(X)
    assert "id" not in encoder.get_feature_names_out()
    decoded = encoder.inverse_transform(encoder.transform(X))
    assert decoded.id.isna().all()
    pd.testing.assert_frame_equal(decoded.drop(columns="id"), X.drop(columns="id"))
    assert encoder.transform(X.assign(id=0)).tolist() == encoder.transform(X).tolist()


def test_free_text_is_refused_with_advice_that_works(X):
    words = ["the", "pump", "was", "very", "loud", "today", "and", "stopped", "after", "hours"]
    notes = [" ".join(np.random.default_rng(i).choice(words, 6)) for i in range(len(X))]
    with_notes = X.assign(note=notes)
    with pytest.raises(ValueError, match=r"column 'note': it is text, which has .* `column_kinds={'note': 'text'}`"):
        TableEncoder().fit(with_notes)
    encoder = TableEncoder(column_kinds={"note": "text"}).fit(with_notes)
    assert encoder.columns_.loc["note", ["kind", "values"]].tolist() == ["text", ""]
    decoded = encoder.inverse_transform(encoder.transform(with_notes))
    assert decoded["note"].isna().all()
    pd.testing.assert_frame_equal(decoded.drop(columns="note"), X)
    pd.testing.assert_frame_equal(encoder.inverse_transform(encoder.transform(with_notes.assign(note="?"))), decoded)
    with pytest.raises(ValueError, match="Column 'x' must have cells that can be of the kind 'text'"):
        TableEncoder(column_kinds={"x": "text"}).fit(with_notes)
    few = with_notes[:60]  # rows of which all text is encoded as categories
    assert TableEncoder().fit(few).columns_.loc["note", "kind"] == "text"
    repeated = with_notes.assign(note=np.resize(notes[:25], len(X)))
    assert TableEncoder().fit(repeated).columns_.loc["note", "kind"] == "category"


def test_identifiers_are_made_up(X):
    encoder = TableEncoder(column_kinds={"id": "identifier"}).fit(X)
    assert encoder.inverse_transform(encoder.transform(X)).id.tolist() == list(range(1200, 1400))


def test_numbers_are_no_codes():
    codes = np.random.default_rng(0).integers(0, 24, 600)
    X = pd.DataFrame({"month": codes, "name": np.array(list("abcdefghijkl"))[codes % 12]})
    kinds = [
        TableEncoder("quantile", rounding="seen", column_kinds=k).fit(X).columns_.kind for k in (None, {0: "number"})
    ]
    assert [kind["month"] for kind in kinds] == ["category", "whole number"]


def test_arrays(X):
    array = X[["zip", "x"]].to_numpy()
    columns = TableEncoder(column_kinds={0: "category"}).fit(array).columns_
    assert columns.kind.tolist() == ["category", "number"]
    assert columns.n_missing.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("kinds", "message"),
    [
        ({"foo": "category"}, "names of columns, or their indices. Got 'foo'"),
        ({99: "category"}, "Got 99"),
        ({True: "category"}, "names of columns, or their indices. Got True"),
        ({"zip": "words"}, "must be one of number, whole number.*Got 'words' for column 'zip'"),
        ({"name": "date"}, "Column 'name' must have cells that can be of the kind 'date'. Got \\['"),
        ({"name": "number"}, "be of the kind 'number'.*`pd.to_numeric\\(X\\['name'\\], errors='coerce'\\)`"),
        ({"x": "whole number"}, "Column 'x'"),
        ({"x": "flag"}, "Column 'x'"),
        ({"when": "identifier"}, "Column 'when'"),
    ],
)
def test_kinds_that_cannot_be(X, kinds, message):
    with pytest.raises(ValueError, match=message):
        TableEncoder(column_kinds=kinds).fit(X)


def test_both_ways_must_agree(X):
    with pytest.raises(ValueError, match=r"must be a category in both. Got 'number'"):
        TableEncoder(column_kinds={"zip": "number"}, categorical_features=["zip"]).fit(X)
    agreed = TableEncoder(column_kinds={"zip": "category"}, categorical_features=["zip"]).fit(X)
    assert agreed.columns_.kind["zip"] == "category"


def test_keys_as_categories(X):
    rows = pd.DataFrame({"key": np.arange(1500), "x": 0.5})
    assert TableEncoder(column_kinds={"key": "category"}).fit(rows[:900]).one_hot_groups_ == (900,)
    with pytest.raises(ValueError, match=r"at most 1,000 of them. Got 1,500 distinct values"):
        TableEncoder(column_kinds={"key": "category"}).fit(rows)


def test_categories_that_are_asked_for_need_not_repeat(X):
    names = pd.Series([f"name {index}" for index in range(len(X))])
    with_names = X.assign(person=names, when=X["when"])
    with pytest.raises(ValueError, match="A categorical column must repeat its categories"):
        TableEncoder().fit(with_names)
    kinds = {"person": "category", "when": "category", "flag": "flag", "zip": "ordered category"}
    encoder = TableEncoder(column_kinds=kinds).fit(with_names)
    assert encoder.columns_.kind[list(kinds)].to_dict() == kinds
    pd.testing.assert_frame_equal(encoder.inverse_transform(encoder.transform(with_names)), with_names)
    days = pd.DataFrame({"day": pd.date_range("2020-01-01", periods=1200)})
    with pytest.raises(ValueError, match=r"1,200 distinct values in 1,200 rows of column 'day': drop it"):
        TableEncoder(column_kinds={"day": "category"}).fit(days)


def test_ignored_keys_stay_as_they_are_where_other_cells_are_filled(X):
    X = X[["id", "x", "name"]].assign(id=X["id"] * 2 + 2**53 + 1)
    holes = X.assign(x=X["x"].where(X.index % 3 > 0))
    model = AAEDenoiser(corruption="masked", max_iter=1, random_state=0, column_kinds={"id": "ignore"}).fit(X)
    filled = model.transform(holes)
    pd.testing.assert_series_equal(filled["id"], X["id"])
    assert filled["x"].notna().all()


@pytest.mark.filterwarnings("error")
def test_estimators_take_kinds(X):
    generator = AAEGenerator(max_iter=2, flow_max_iter=2, random_state=0, column_kinds=KINDS)
    rows = clone(generator).fit(X).sample(20, random_state=0)
    assert rows.id.isna().all()
    assert rows.zip.isin(X.zip).all()
    detector = AAEOutlierDetector(n_members=1, max_iter=2, random_state=0, column_kinds=KINDS).fit(X)
    assert (detector.explain(X[:5])["id"] == 0).all()
    streamed = fit_stream(AAETransformer(2, max_iter=2, random_state=0, column_kinds=KINDS), X, batch_rows=50)
    assert streamed.table_encoder_.columns_.kind["zip"] == "category"


@pytest.mark.filterwarnings("error")
class TestKindsOfConditions:
    RNG = np.random.default_rng(0)
    Y = pd.DataFrame(
        {
            "zip": RNG.choice([53111, 50667, 40213], 100),
            "price": RNG.choice(["1,5", "2,5", "3,5", "9,25"], 100),
            "name": RNG.choice(["a", "b"], 100),
        }
    )
    X = pd.DataFrame({"x": RNG.normal(size=100), "name": Y["name"]})

    def fit(self, kinds, y, X=X):
        settings = {"max_iter": 1, "flow_max_iter": 1, "rejection_sampling": False, "random_state": 0}
        return AAEGenerator(column_kinds=kinds, **settings).fit(X, y)

    def test_they_are_by_name(self):
        model = self.fit({"zip": "category", "price": "category", 0: "number"}, self.Y)
        assert model.conditions_.encoder.columns_.kind.tolist() == ["category"] * 3
        with pytest.raises(ValueError, match=r"'zip' must be one of the training rows' \(40213, 50667, 53111\)"):
            model.sample(3, {"zip": 50000})
        numbers = self.fit({"y": "number"}, np.arange(100) % 40)
        numbers.sample(3, 12.0)
        with pytest.raises(ValueError, match="'y' must be within the range of training rows"):
            numbers.sample(3, 50)

    def test_a_column_of_rows_may_have_the_same_name(self):
        kinds = {"zip": "category", "price": "category", "name": "ignore"}
        model = self.fit(kinds, self.Y)
        assert model.table_encoder_.columns_.kind["name"] == "ignore"
        assert model.conditions_.encoder.columns_.kind["name"] == "category"

    @pytest.mark.parametrize(
        ("kinds", "message"),
        [
            ({"zip": "ignore"}, "kind that is encoded. Got 'ignore' for 'zip' in `column_kinds`: drop it from `y`"),
            ({"zip": "date", "price": "category"}, "Column 'zip' must have cells that can be of the kind 'date'"),
            ({"price": "category", "foo": "number"}, "names of columns, or their indices. Got 'foo'"),
        ],
    )
    def test_what_is_refused(self, kinds, message):
        with pytest.raises(ValueError, match=message):
            self.fit(kinds, self.Y)
