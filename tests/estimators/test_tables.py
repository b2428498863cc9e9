"""DataFrames of mixed columns with missing cells, in every estimator."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from skaae import AAEOutlierDetector, AAETransformer, SemiSupervisedAAEClassifier


def people(n, seed=0):
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, n)
    income = (20_000 + 900 * age + rng.normal(0, 4000, n)).round(2)
    return pd.DataFrame(
        {
            "age": age,
            "income": np.where(rng.random(n) < 0.1, np.nan, income),
            "retired": age > 62,
            "job": pd.Categorical(np.where(age > 62, "none", rng.choice(["nurse", "smith"], n))),
            "region": np.where(rng.random(n) < 0.05, None, rng.choice(["north", "south"], n)),
            "height": rng.normal(170, 10, n),
        }
    )


@pytest.fixture(scope="module")
def X():
    return people(300)


def transformer(**parameters):
    return AAETransformer(5, **{"max_iter": 40, "random_state": 0, **parameters})


class TestTransformer:
    def test_decoded_rows_have_the_form_of_the_table(self, X):
        model = transformer().fit(X)
        for rows in (model.inverse_transform(model.transform(X)), model.sample(7, random_state=0)):
            assert list(rows.columns) == list(X.columns)
            assert (rows.dtypes == X.dtypes).all()
            assert set(rows.job) <= {"none", "nurse", "smith"}

    def test_categories_and_missing_cells_are_learned(self, X):
        model = transformer(max_iter=150, noise=0.1).fit(X)
        rows = model.inverse_transform(model.transform(X))
        assert (rows.retired == X.retired).mean() > 0.97
        assert (rows.job == X.job).mean() > 0.9
        assert (rows.income.isna() == X.income.isna()).mean() > 0.97
        assert np.corrcoef(rows.age, X.age)[0, 1] > 0.95

    def test_only_the_layout_of_columns_matters(self, X):
        codes = transformer().fit_transform(X)
        renamed = X.set_axis([f"c{i}" for i in range(6)], axis=1)
        np.testing.assert_array_equal(transformer().fit_transform(renamed), codes)

    def test_arrays_may_have_missing_cells(self, X):
        numbers = X[["age", "income", "height"]].to_numpy(float)
        model = AAETransformer(2, max_iter=20, random_state=0).fit(numbers)
        assert np.isfinite(model.transform(numbers)).all()
        assert model.sample(3, random_state=0).shape == (3, 3)

    def test_columns_may_be_called_categories(self, X):
        model = transformer(categorical_features=["age"]).fit(X)
        assert max(model.table_encoder_.one_hot_groups_) == X.age.nunique()

    def test_chunks_and_pickles(self, X):
        model = transformer().partial_fit(X[:150]).partial_fit(X[150:])
        again = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(again.transform(X), model.transform(X))

    def test_columns_in_another_order_are_refused(self, X):
        with pytest.raises(ValueError, match="same order"):
            transformer(max_iter=1).fit(X).transform(X[X.columns[::-1]])

    def test_one_row_of_a_table_is_too_few(self, X):
        with pytest.raises(ValueError, match=r"Found array with 1 sample\(s\)"):
            transformer().fit(X[:1])


def test_classifier(X):
    y = np.where(np.arange(len(X)) < 60, X.age > 50, None)
    few = np.array([None if label is None else "old" if label else "young" for label in y], dtype=object)
    model = SemiSupervisedAAEClassifier(teachers=[LogisticRegression()], random_state=0).fit(X, few)
    new = people(200, seed=1)
    assert model.score(new, np.where(new.age > 50, "old", "young")) > 0.9
    assert (model.sample(5, "old", random_state=0).dtypes == X.dtypes).all()
    assert (model.transfer(new, "young").age.mean()) < new.age.mean()


def test_detector_explains_by_the_columns_of_the_table(X):
    model = AAEOutlierDetector(random_state=0).fit(X)
    strange = people(1, seed=1).assign(age=25, income=45_000.0, retired=True, job="none", region="north")
    shares = model.explain(strange)
    assert list(shares.columns) == list(X.columns)
    assert shares.sum(axis=1).iloc[0] == pytest.approx(1)
    assert model.predict(strange) == -1
    assert shares.iloc[0][["age", "income", "retired", "job"]].sum() > 0.7
