import json
import sys

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError

from skaae import (
    AAEClusterer,
    AAEDenoiser,
    AAEGenerator,
    AAEOutlierDetector,
    AAETransformer,
    SemiSupervisedAAEClassifier,
)
from skaae.export import to_onnx

X, Y = load_iris(return_X_y=True)
SMALL = {"hidden_layer_sizes": 16, "max_iter": 3, "random_state": 0}
FLOW = {"flow_layer_sizes": (16, 16, 8), "flow_max_iter": 3, **SMALL}
X_MISSING = X.copy()
X_MISSING[::7, 1], X_MISSING[::5, 2] = np.nan, np.nan
MODELS = {
    "transformer": (AAETransformer(2, **SMALL), "transform"),
    "clusters of a transformer": (AAETransformer(2, n_clusters=4, **SMALL), "transform"),
    "gaussian": (AAETransformer(2, posterior="gaussian", **SMALL), "transform"),
    "universal": (AAETransformer(2, posterior="universal", **SMALL), "transform"),
    "one hot": (AAETransformer(3, prior="one_hot", posterior="gaussian", **SMALL), "transform"),
    "classifier": (SemiSupervisedAAEClassifier(teachers=None, **SMALL), "predict_proba"),
    "styles of a classifier": (SemiSupervisedAAEClassifier(teachers=None, **SMALL), "transform"),
    "clusterer": (AAEClusterer(3, n_members=3, **SMALL), "predict_proba"),
    "styles of a clusterer": (AAEClusterer(3, **SMALL), "transform"),
    "generator": (AAEGenerator(2, **FLOW), "transform"),
    "density of a generator": (AAEGenerator(2, **FLOW), "score_samples"),
    "denoiser": (AAEDenoiser(**SMALL), "transform"),
    "filler": (AAEDenoiser(corruption="masked", **SMALL), "transform"),
}


def run_exported(model, path, rows, method=None, dtype="float64"):
    """The output of an exported model."""
    to_onnx(model, path, method, dtype=dtype)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (output,) = session.run(None, {"X": np.asarray(rows, dtype)})
    assert output.dtype == dtype
    return output


def assert_close(output, expected):
    assert output.shape == expected.shape
    np.testing.assert_allclose(output, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("rows", [X, X_MISSING], ids=["complete", "incomplete"])
@pytest.mark.parametrize("kind", MODELS)
def test_outputs_equal_those_of_estimators(kind, rows, dtype, tmp_path):
    model, method = MODELS[kind]
    model = clone(model).fit(rows, Y) if "classifier" in kind else clone(model).fit(rows)
    expected = getattr(model, method)(rows)
    assert np.ptp(expected) > 1e-3
    assert_close(run_exported(model, tmp_path / "model.onnx", rows, method, dtype), expected)


@pytest.mark.parametrize("scaling", ["standard", "quantile", None])
@pytest.mark.parametrize("rows", [X, X_MISSING], ids=["complete", "incomplete"])
def test_scaling_is_included(scaling, rows, tmp_path):
    model = AAETransformer(2, scaling=scaling, **SMALL).fit(rows)
    far = np.concatenate([rows, 100 * rows, -rows])
    assert_close(run_exported(model, tmp_path / "model.onnx", far), model.transform(far))
    single = run_exported(model, tmp_path / "model.onnx", far[:1])
    assert_close(single, model.transform(far[:1]))


def test_quantile_scaling_uses_all_knots(tmp_path):
    rng = np.random.RandomState(0)
    rows = np.column_stack([rng.standard_t(2, 5000), rng.exponential(size=5000).clip(0.5), rng.poisson(2, 5000)])
    model = AAETransformer(2, scaling="quantile", **SMALL | {"max_iter": 1}).fit(rows)
    assert model.table_encoder_.one_hot_groups_
    assert_close(run_exported(model, tmp_path / "model.onnx", rows), model.transform(rows))


@pytest.mark.parametrize("activation", ["leaky_relu", "silu", "gelu", "tanh"])
def test_activations(activation, tmp_path):
    model = AAETransformer(2, activation=activation, **SMALL).fit(X)
    assert_close(run_exported(model, tmp_path / "model.onnx", X), model.transform(X))


def test_nearly_collinear_columns(tmp_path):
    rows, _ = load_breast_cancer(return_X_y=True)
    model = AAETransformer(30, **SMALL).fit(rows)
    assert_close(run_exported(model, tmp_path / "model.onnx", rows), model.transform(rows))


@pytest.mark.parametrize("model", [AAETransformer(4), AAEDenoiser(), AAEClusterer(10)])
def test_images(model, tmp_path):
    rows = load_digits().data[:200, :56]
    model = model.set_params(image_shape=(7, 8), **SMALL).fit(rows)
    output = run_exported(model, tmp_path / "model.onnx", rows)
    assert_close(output, model.predict_proba(rows) if isinstance(model, AAEClusterer) else model.transform(rows))


def test_denoiser_with_quantile_scaling(tmp_path):
    rows = np.random.RandomState(0).normal(size=(300, 3)) ** 3
    model = AAEDenoiser(scaling="quantile", **SMALL).fit(rows)
    assert_close(run_exported(model, tmp_path / "model.onnx", rows), model.transform(rows))


def test_predicted_conditions(tmp_path):
    for y in (Y, pd.DataFrame({"kind": Y.astype(str), "length": X[:, 0]})):
        model = AAEGenerator(2, **FLOW).fit(X[:, 1:], y)
        for method in ("transform", "score_samples"):
            assert_close(
                run_exported(model, tmp_path / "model.onnx", X[:, 1:], method), getattr(model, method)(X[:, 1:])
            )


@pytest.mark.filterwarnings("ignore:Column .* has categories that no training row had")
def test_numeric_categories(tmp_path):
    table = pd.DataFrame({"a": X[:, 0], "b": Y, "c": X[:, 1] > 3, "d": np.where(Y, np.nan, 1.0)})
    model = AAETransformer(2, categorical_features=["b"], **SMALL).fit(table)
    output = run_exported(model, tmp_path / "model.onnx", table.astype(float))
    assert_close(output, model.transform(table))
    unknown = table.assign(b=7)
    assert_close(run_exported(model, tmp_path / "model.onnx", unknown.astype(float)), model.transform(unknown))


def test_float32_model(tmp_path):
    rows = X.astype(np.float32)
    model = AAETransformer(2, **SMALL).fit(rows)
    assert_close(run_exported(model, tmp_path / "model.onnx", rows, dtype="float32"), model.transform(rows))


def test_metadata(tmp_path):
    table = pd.DataFrame(X, columns=list("abcd"))
    names = np.array(["red", "green", "blue"])
    model = SemiSupervisedAAEClassifier(teacher_weight=0, **SMALL).fit(table, names[Y])
    to_onnx(model, tmp_path / "model.onnx")
    read = onnx.load(tmp_path / "model.onnx")
    metadata = {prop.key: prop.value for prop in read.metadata_props}
    assert metadata["method"] == read.graph.output[0].name == "predict_proba"
    assert json.loads(metadata["classes_"]) == ["blue", "green", "red"]
    assert json.loads(metadata["feature_names_in_"]) == list("abcd")
    assert {node.domain for node in read.graph.node} == {""}


def test_methods_that_are_no_networks_raise(tmp_path):
    path = tmp_path / "model.onnx"
    with_teachers = SemiSupervisedAAEClassifier(**SMALL).fit(X, Y)
    with pytest.raises(ValueError, match=r"teachers have a weight of 80%"):
        to_onnx(with_teachers, path)
    assert_close(run_exported(with_teachers, path, X, "transform"), with_teachers.transform(X))
    without_teachers = with_teachers.set_params(teacher_weight=0)
    assert_close(run_exported(without_teachers, path, X), without_teachers.predict_proba(X))
    path.unlink()
    with pytest.raises(ValueError, match="nearest training rows"):
        to_onnx(AAEOutlierDetector(**SMALL).fit(X), path)
    table = pd.DataFrame(X).assign(kind=np.array(["a", "b", "c"])[Y]).rename(columns=str)
    with pytest.raises(ValueError, match=r"categories \['a', 'b', 'c'\] in column 'kind'"):
        to_onnx(AAETransformer(2, **SMALL).fit(table), path)
    for rows, what in (
        (table.drop(columns="kind"), "a DataFrame"),
        (np.hstack([X, np.full((150, 1), np.nan)]), "empty"),
    ):
        with pytest.raises(ValueError, match=what):
            to_onnx(AAEDenoiser(**SMALL).fit(rows), path)
    assert not path.exists()


def test_invalid_arguments_raise(tmp_path, monkeypatch):
    path = tmp_path / "model.onnx"
    model = AAETransformer(2, **SMALL)
    with pytest.raises(NotFittedError):
        to_onnx(model, path)
    with pytest.raises(TypeError, match="Got PCA"):
        to_onnx(PCA().fit(X), path)
    model.fit(X)
    with pytest.raises(ValueError, match=r"`method` must be one of \['transform'\] for AAETransformer. Got 'predict'"):
        to_onnx(model, path, "predict")
    with pytest.raises(ValueError, match="Got 'float16'"):
        to_onnx(model, path, dtype="float16")
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"skaae\[onnx\]"):
        to_onnx(model, path)
    assert not path.exists()
