import copy
import io
import pickle

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_iris

from skaae import (
    AAEClusterer,
    AAEDenoiser,
    AAEGenerator,
    AAEOutlierDetector,
    AAETransformer,
    SemiSupervisedAAEClassifier,
)
from skaae.estimators import _saving

X, Y = load_iris(return_X_y=True)
MODELS = {
    "transformer": AAETransformer(2, prior="mixture", n_modes=3, max_iter=2, random_state=0),
    "classifier": SemiSupervisedAAEClassifier(max_iter=2, random_state=0),
    "detector": AAEOutlierDetector(max_iter=2, random_state=0),
    "clusterer": AAEClusterer(3, max_iter=2, random_state=0),
    "denoiser": AAEDenoiser(max_iter=2, random_state=0),
    "generator": AAEGenerator(max_iter=2, flow_max_iter=2, random_state=0),
}
ANSWERS = ("transform", "predict", "predict_proba", "score_samples", "decision_function")


def fitted(kind):
    model = MODELS[kind]
    return model.fit(X, Y) if kind in {"classifier", "generator"} else model.fit(X)


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
    model = fitted("transformer")
    expected = model.transform(X)
    model.device_ = "cuda:7"
    again = pickle.loads(pickle.dumps(model))
    assert again.device_ == "cpu"
    np.testing.assert_array_equal(again.transform(X), expected)


def test_another_version_warns_and_another_format_is_refused(monkeypatch):
    model = fitted("transformer")
    kept = pickle.dumps(model)
    monkeypatch.setattr(_saving, "__version__", "99.0")
    with pytest.warns(UserWarning, match=r"AAETransformer was saved by skaae .* and is loaded by 99.0"):
        pickle.loads(kept)
    monkeypatch.setattr(_saving, "FORMAT", 99)
    with pytest.raises(ValueError, match=r"must have format 99.* Got 1"):
        pickle.loads(kept)
    with pytest.raises(ValueError, match="Got None, saved by skaae None"):
        AAETransformer().__setstate__({"n_components": 2})


def test_models_that_are_not_fitted_are_kept_too():
    again = pickle.loads(pickle.dumps(AAETransformer(3, prior="uniform")))
    assert again.get_params() == AAETransformer(3, prior="uniform").get_params()
