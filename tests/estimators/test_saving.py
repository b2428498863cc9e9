import copy
import io
import pickle
from dataclasses import replace
from functools import cache

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skaae import (
    AAEClusterer,
    AAEDenoiser,
    AAEGenerator,
    AAEOutlierDetector,
    AAETransformer,
    PriorFittedClassifier,
    SemiSupervisedAAEClassifier,
    TableEncoder,
    _serialization,
)

X, Y = load_iris(return_X_y=True)
MODELS = {
    "transformer": AAETransformer(2, prior="mixture", n_modes=3, max_iter=2, random_state=0),
    "classifier": SemiSupervisedAAEClassifier(max_iter=2, random_state=0),
    "detector": AAEOutlierDetector(max_iter=2, random_state=0),
    "clusterer": AAEClusterer(3, max_iter=2, random_state=0),
    "denoiser": AAEDenoiser(max_iter=2, random_state=0),
    "prior_fitted": PriorFittedClassifier(1, random_state=0),
    "generator": AAEGenerator(max_iter=2, flow_max_iter=2, random_state=0),
}
ANSWERS = ("transform", "predict", "predict_proba", "score_samples", "decision_function")


@cache
def fitted(kind):
    model = clone(MODELS[kind])
    return model.fit(X, Y) if kind in {"classifier", "generator", "prior_fitted"} else model.fit(X)


def answers(model):
    found = {name: getattr(model, name)(X) for name in ANSWERS if hasattr(model, name)}
    if hasattr(model, "sample"):
        found["sample"] = model.sample(5, random_state=0)
    return found


def by_joblib(model):
    file = io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    return joblib.load(file)


@pytest.mark.parametrize("again", [lambda model: pickle.loads(pickle.dumps(model)), by_joblib, copy.deepcopy])
@pytest.mark.parametrize("kind", MODELS)
def test_models_answer_as_they_did(kind, again):
    model = fitted(kind)
    found = answers(again(model))
    for name, answer in answers(model).items():
        np.testing.assert_array_equal(found[name], answer, err_msg=name)


def name_of(model):
    return f"{type(model).__module__}.{type(model).__name__}"


@pytest.mark.parametrize("kind", MODELS)
def test_skops_loads_models_with_one_trusted_type(kind):
    model = fitted(kind)
    kept = skops.io.dumps(model)
    assert skops.io.get_untrusted_types(data=kept) == [name_of(model)]
    found = answers(skops.io.loads(kept, trusted=[type(model)]))
    for name, answer in answers(model).items():
        np.testing.assert_array_equal(found[name], answer, err_msg=name)


class Names(pickle.Unpickler):
    """What a pickle asks for: names of ours, and packages."""

    def __init__(self, kept):
        super().__init__(io.BytesIO(kept))
        self.found = set()

    def find_class(self, module, name):
        self.found.add(f"{module}.{name}" if module.startswith("skaae") else module.split(".")[0])
        return super().find_class(module, name)


@pytest.mark.parametrize("kind", MODELS)
def test_a_state_is_plain_but_for_estimators_of_scikit_learn(kind):
    names = Names(pickle.dumps(fitted(kind)))
    names.load()
    assert names.found - {"sklearn"} == {name_of(MODELS[kind]), "numpy"}


def test_skops_loads_pipelines_with_the_same_types():
    model = make_pipeline(StandardScaler(), MODELS["transformer"]).fit(X)
    kept = skops.io.dumps(model)
    again = skops.io.loads(kept, trusted=["skaae.estimators._transformer.AAETransformer"])
    np.testing.assert_array_equal(again.transform(X), model.transform(X))


def test_a_prior_of_the_users_is_told_as_a_type_of_its_own():
    kept = skops.io.dumps(AAETransformer(2, prior=my_prior, max_iter=1).fit(X))
    names = ["skaae.estimators._transformer.AAETransformer", f"{__name__}.my_prior"]
    assert sorted(skops.io.get_untrusted_types(data=kept)) == sorted(names)
    assert skops.io.loads(kept, trusted=names).prior is my_prior


def test_a_prior_without_a_name_is_copied_and_sent_but_no_file_of_skops():
    model = AAETransformer(2, prior=lambda n, rng: rng.normal(size=(n, 2)), max_iter=1, random_state=0).fit(X)
    assert copy.deepcopy(model).prior is model.prior
    (there,) = joblib.Parallel(n_jobs=2)(joblib.delayed(answers)(model) for _ in range(1))
    np.testing.assert_array_equal(there["sample"], model.sample(5, random_state=0))
    with pytest.raises(TypeError, match=r"must have a name in a module.* Got .*<lambda> of .*test_saving"):
        skops.io.dumps(model)
    with pytest.raises((AttributeError, pickle.PicklingError), match="lambda"):
        pickle.dumps(model)


def my_prior(n, rng):
    return rng.normal(size=(n, 2))


def test_mapped_memory_is_used_as_it_is(tmp_path):
    joblib.dump(fitted("detector"), tmp_path / "model")
    mapped = joblib.load(tmp_path / "model", mmap_mode="r")
    rows = mapped.scorers_["local"].scorers[0].neighbors.X_train_
    assert all(isinstance(array, np.memmap) for array in [rows, *mapped._model.state.values()] if array.ndim)


@pytest.mark.parametrize("kind", MODELS)
def test_memory_can_be_mapped_and_shared_by_processes(kind, tmp_path):
    model = fitted(kind)
    joblib.dump(model, tmp_path / "model")
    mapped = joblib.load(tmp_path / "model", mmap_mode="r")
    found = answers(mapped)
    for name, answer in answers(model).items():
        np.testing.assert_allclose(found[name], answer, rtol=1e-6, atol=1e-7, err_msg=name)
    (there,) = joblib.Parallel(n_jobs=2)(joblib.delayed(answers)(mapped) for _ in range(1))
    assert there.keys() == found.keys()


def test_a_loaded_model_goes_on_as_the_one_that_was_saved():
    first = AAETransformer(2, random_state=0).partial_fit(X)
    again = pickle.loads(pickle.dumps(first))
    np.testing.assert_array_equal(first.partial_fit(X).transform(X), again.partial_fit(X).transform(X))


def test_a_model_of_a_device_that_is_not_here_is_loaded_without_it():
    model = copy.deepcopy(fitted("transformer"))
    expected = model.transform(X)
    model._model = replace(model._model, device="cuda:7")
    again = pickle.loads(pickle.dumps(model))
    assert again.device_ == "cpu"
    np.testing.assert_array_equal(again.transform(X), expected)


def test_another_version_warns_and_another_format_is_refused(monkeypatch):
    model = fitted("transformer")
    kept = pickle.dumps(model)
    monkeypatch.setattr(_serialization, "__version__", "99.0")
    with pytest.warns(UserWarning, match=r"AAETransformer was saved by skaae .* and is loaded by 99.0"):
        pickle.loads(kept)
    monkeypatch.setattr(_serialization, "FORMAT", 99)
    with pytest.raises(ValueError, match=r"must have format 99.* Got 1"):
        pickle.loads(kept)
    with pytest.raises(ValueError, match="Got None, saved by skaae None"):
        AAETransformer().__setstate__({"n_components": 2})


def test_models_that_are_not_fitted_are_kept_too():
    again = pickle.loads(pickle.dumps(AAETransformer(3, prior="uniform")))
    assert again.get_params() == AAETransformer(3, prior="uniform").get_params()


TABLE = pd.DataFrame(
    {
        "age": [31, 54, 28, 40],
        "job": ["nurse", None, "smith", "nurse"],
        "pay": pd.array([1.5, None, 2.5, 3.5], dtype="Float64"),
        "size": pd.cut([1, 2, 3, 9], 3),
        "grade": pd.Categorical(["low", "high", None, "low"], categories=["low", "high", "top"], ordered=True),
        "owner": [True, False, True, True],
        "rooms": pd.array([1, None, 3, 3], dtype="Int16"),
    }
)


@pytest.mark.parametrize("scaling", ["standard", "clip", "linear", "quantile", None])
def test_encoders_come_back_with_one_trusted_type(scaling):
    encoder = TableEncoder(scaling, categorical_features=[6]).fit(TABLE)
    kept = skops.io.dumps(encoder)
    assert skops.io.get_untrusted_types(data=kept) == ["skaae.table._encoder.TableEncoder"]
    for again in (skops.io.loads(kept, trusted=[TableEncoder]), pickle.loads(pickle.dumps(encoder))):
        encoded = again.transform(TABLE)
        np.testing.assert_array_equal(encoded, encoder.transform(TABLE))
        pd.testing.assert_frame_equal(again.inverse_transform(encoded), encoder.inverse_transform(encoded))


def test_encoders_ask_for_no_class_of_pandas():
    names = Names(pickle.dumps(TableEncoder().fit(TABLE)))
    names.load()
    assert names.found == {"skaae.table._encoder.TableEncoder", "numpy"}
