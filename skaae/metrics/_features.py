"""Features that samples are compared by, from a fitted model."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["features_of"]


def features_of(X: Any, features: Any, *, batch_size: int = 256) -> NDArray[Any]:
    """Features of rows by a fitted model: the parameter `features` of the metrics that compare samples.

    Distances between rows mean what distances between their columns mean, which for images is little. Features that a
    model has learned, as for a classification, give distances that matter for that task; differences that do not matter
    for it are ignored. State the model with each figure: figures of two models are not comparable. Nothing is
    downloaded.

    Parameters
    ----------
    X : array-like of shape (n_samples, ...)
        Rows, the inputs of the model.
    features : fitted estimator or pipeline, torch.nn.Module, or callable
        Of an estimator with `transform`, features are what that returns; of a multi-layer perceptron of scikit-learn
        its last hidden layer; of another classifier its class probabilities; of a pipeline those of its last step. A
        torch module, such as torchvision's Inception without its last layer, is called with batches of 32-bit floats on
        its device, in evaluation mode, and its output is flattened. Anything else is called with `X`.
    batch_size : int, default=256
        Number of rows in a batch of a torch module.

    Returns
    -------
    features : ndarray of shape (n_samples, n_features)
        Features of each row.

    Raises
    ------
    TypeError
        If `features` is none of these.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.neural_network import MLPClassifier
    >>> from skaae.metrics import features_of
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((8,), max_iter=2000, random_state=0).fit(X, y)
    >>> features_of(X, model).shape
    (150, 8)
    """
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(features, torch.nn.Module):
        return module_features(X, features, batch_size)
    if hasattr(features, "steps") and not hasattr(features, "transform"):
        return features_of(features[:-1].transform(X) if len(features) > 1 else X, features[-1])
    if hasattr(features, "transform"):
        transformed = features.transform(X)
        return np.asarray(transformed.toarray() if hasattr(transformed, "toarray") else transformed)
    if hasattr(features, "coefs_"):
        return perceptron_features(X, features)
    if hasattr(features, "predict_proba"):
        return np.asarray(features.predict_proba(X))
    if callable(features):
        return np.asarray(features(X))
    raise TypeError(
        "`features` must be a fitted estimator with `transform` or `predict_proba`, a torch module, or a callable."
        f" Got {type(features).__name__}."
    )


def perceptron_features(X: Any, model: Any) -> NDArray[Any]:
    """The last hidden layer of a fitted multi-layer perceptron of scikit-learn."""
    from sklearn.neural_network._base import ACTIVATIONS

    hidden: NDArray[np.float64] = np.asarray(X, dtype=np.float64)
    for weights, bias in zip(model.coefs_[:-1], model.intercepts_[:-1], strict=True):
        hidden = hidden @ weights + bias
        ACTIVATIONS[model.activation](hidden)
    return hidden


def module_features(X: Any, module: Any, batch_size: int) -> NDArray[Any]:
    """The flattened output of a torch module, whose submodules keep their modes."""
    import torch

    x = torch.as_tensor(np.asarray(X, dtype=np.float32))
    device = next((tensor.device for tensor in module.parameters()), torch.device("cpu"))
    modes = [(submodule, submodule.training) for submodule in module.modules()]
    module.eval()
    try:
        with torch.no_grad():
            outputs = [module(batch.to(device)).flatten(1).cpu() for batch in torch.split(x, batch_size)]
            return torch.cat(outputs).numpy()
    finally:
        for submodule, was_training in modes:
            submodule.training = was_training
