import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skaae.metrics import (
    density_coverage,
    distribution_precision_recall_curve,
    features_of,
    frechet_distance,
    kernel_distance,
    precision_recall,
    sliced_wasserstein,
)

X, Y = load_digits(return_X_y=True)
X, Y = X[:300], Y[:300]


def test_features_of_transformers_and_classifiers():
    pca = PCA(5, random_state=0).fit(X)
    np.testing.assert_array_equal(features_of(X, pca), pca.transform(X))
    classifier = LogisticRegression(max_iter=200).fit(X / 16, Y)
    np.testing.assert_array_equal(features_of(X, classifier), classifier.predict_proba(X))


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
def test_features_of_a_perceptron_are_its_last_hidden_layer(activation):
    model = MLPClassifier((12, 6), activation=activation, max_iter=5, random_state=0)
    model = make_pipeline(StandardScaler(), model)
    with pytest.warns(match="converge"):
        model.fit(X, Y)
    hidden = features_of(X, model)
    assert hidden.shape == (300, 6)
    last = model[-1]
    logits = hidden @ last.coefs_[-1] + last.intercepts_[-1]
    np.testing.assert_array_equal(last.classes_[logits.argmax(1)], model.predict(X))


def test_torch_module_is_called_in_batches_in_evaluation_mode():
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.Dropout(0.5), torch.nn.ReLU())
    images = X.reshape(-1, 1, 8, 8)
    found = features_of(images, module, batch_size=7)
    assert found.shape == (300, 2 * 6 * 6)
    assert module.training
    np.testing.assert_allclose(found, features_of(images, module, batch_size=300), rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(found, features_of(images, module, batch_size=7))  # nothing is dropped


def test_submodules_keep_their_modes():
    module = torch.nn.Sequential(torch.nn.Linear(64, 4), torch.nn.BatchNorm1d(4)).train()
    module[1].eval()
    features_of(X, module)
    assert [part.training for part in module.modules()] == [True, True, False]


def test_sparse_features_become_dense():
    kinds = np.array([["a"], ["b"], ["a"]])
    encoder = OneHotEncoder().fit(kinds)
    np.testing.assert_array_equal(features_of(kinds, encoder), [[1, 0], [0, 1], [1, 0]])


@pytest.mark.parametrize(
    "metric", [sliced_wasserstein, frechet_distance, kernel_distance, precision_recall, density_coverage]
)
def test_metrics_of_features(metric):
    pca = PCA(4, random_state=0).fit(X)
    options = {} if metric in {frechet_distance, precision_recall, density_coverage} else {"random_state": 0}
    found = metric(X[:150], X[150:], features=pca, **options)
    assert found == metric(pca.transform(X[:150]), pca.transform(X[150:]), **options)
    assert found == metric(X[:150], X[150:], features=pca.transform, **options)


def test_curve_of_features():
    pca = PCA(4, random_state=0).fit(X)
    found = distribution_precision_recall_curve(X[:150], X[150:], features=pca, n_runs=1, random_state=0)
    expected = distribution_precision_recall_curve(*np.split(pca.transform(X), 2), n_runs=1, random_state=0)
    np.testing.assert_array_equal(found, expected)


def test_invalid_features_raise():
    with pytest.raises(TypeError, match=r"`features` must be .* Got int"):
        frechet_distance(X, X, features=3)
