"""What samples are compared by: rows as they are, or as some fitted model sees them."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

__all__ = ["features_of"]


def features_of(X: Any, features: Any, *, batch_size: int = 256) -> np.ndarray:
    """Rows as a fitted model sees them: the `features` of the metrics that compare samples.

    Distances between rows mean what distances between their columns mean, which for images is little. Compared by what
    a model has learned to tell apart, samples are near where it finds them alike; what it has not learned it does not
    see. State which model a figure was measured by: figures by two models are not comparable. Nothing is downloaded.

    Parameters
    ----------
    X : array-like of shape (n_samples, ...)
        Rows, as the model takes them.
    features : fitted estimator or pipeline, torch.nn.Module, or callable
        An estimator with `transform` gives what that returns; a multi-layer perceptron of scikit-learn its last
        hidden layer; another classifier its class probabilities; a pipeline what its last step makes of the steps
        before. A torch module, such as torchvision's Inception without its last layer, is shown batches of 32-bit
        floats on its own device, in evaluation mode, and its output is flattened. Anything else is called with `X`.
    batch_size : int, default=256
        How many rows a torch module is shown at a time.

    Returns
    -------
    features : ndarray of shape (n_samples, n_features)
        A row for each.

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
        return of_module(X, features, batch_size)
    if hasattr(features, "steps") and not hasattr(features, "transform"):
        return features_of(features[:-1].transform(X) if len(features) > 1 else X, features[-1])
    if hasattr(features, "transform"):
        found = features.transform(X)
        return found.toarray() if hasattr(found, "toarray") else np.asarray(found)
    if hasattr(features, "coefs_"):
        return of_perceptron(X, features)
    if hasattr(features, "predict_proba"):
        return np.asarray(features.predict_proba(X))
    if callable(features):
        return np.asarray(features(X))
    raise TypeError(
        "`features` must be a fitted estimator with `transform` or `predict_proba`, a torch module, or a callable."
        f" Got {type(features).__name__}."
    )


def of_perceptron(X: Any, model: Any) -> np.ndarray:
    """The last hidden layer of a fitted multi-layer perceptron of scikit-learn."""
    from sklearn.neural_network._base import ACTIVATIONS

    hidden = np.asarray(X, dtype=np.float64)
    for weights, bias in zip(model.coefs_[:-1], model.intercepts_[:-1], strict=True):
        hidden = hidden @ weights + bias
        ACTIVATIONS[model.activation](hidden)
    return hidden


def of_module(X: Any, module: Any, batch_size: int) -> np.ndarray:
    """The flattened output of a torch module, whose parts are left in the modes they were in."""
    import torch

    x = torch.as_tensor(np.asarray(X, dtype=np.float32))
    device = next((tensor.device for tensor in module.parameters()), torch.device("cpu"))
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        with torch.no_grad():
            return torch.cat([module(batch.to(device)).flatten(1).cpu() for batch in x.split(batch_size)]).numpy()
    finally:
        for part, was_training in modes:
            part.training = was_training
