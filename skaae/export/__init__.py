"""Networks of fitted estimators as ONNX files, which run without Python."""

from __future__ import annotations

import json
from os import PathLike
from typing import Any

__all__ = ["to_onnx"]


def to_onnx(estimator: Any, path: str | PathLike[str], method: str | None = None, *, dtype: str = "float64") -> None:
    """Write a method of a fitted estimator to an ONNX file, if it consists of networks only.

    The file includes scaling, so that its input is rows in their units; missing cells are NaN. Its output is that of
    the estimator to five digits, but nothing is checked: infinite values and other columns are not refused.

    Parameters
    ----------
    estimator : object
        A fitted estimator of columns of numbers. Bools and categories that are numbers are passed as numbers.
    path : str or path
        The file to write.
    method : {"transform", "predict_proba", "score_samples"} or None, default=None
        What to export. None is `predict_proba` of a classifier or a clusterer, `transform` of others.
    dtype : {"float64", "float32"}, default="float64"
        The type of the input and the output. With "float32" networks compute in 32 bits, which is faster and may differ
        in the sixth digit; scaling, whitening by classes and flows have 64 bits in any case.

    Raises
    ------
    ImportError
        If onnx is not installed.
    ValueError
        If the method is more than networks: a classifier's teachers have a weight (``set_params(teacher_weight=0)``
        sets it to zero), a detector looks up training rows, columns are text, a denoiser was fitted to a DataFrame or
        has one-hot groups; or if `method` or `dtype` is not one of those above.
    TypeError
        If `estimator` is not one of skaae's.

    Notes
    -----
    The input is named "X", of shape (n_samples, n_features), and the output as the method. The metadata of the file has
    the names of columns and the classes where there are some, in JSON. The file holds no code that would run on
    loading.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> import onnxruntime
    >>> from sklearn.datasets import load_iris
    >>> from skaae import AAETransformer
    >>> from skaae.export import to_onnx
    >>> X, _ = load_iris(return_X_y=True)
    >>> model = AAETransformer(2, max_iter=5, random_state=0).fit(X)
    >>> with TemporaryDirectory() as folder:
    ...     to_onnx(model, f"{folder}/codes.onnx")
    ...     session = onnxruntime.InferenceSession(f"{folder}/codes.onnx")
    >>> (codes,) = session.run(["transform"], {"X": X})
    >>> bool(np.allclose(codes, model.transform(X), atol=1e-5))
    True
    """
    from sklearn.utils.validation import check_is_fitted

    from ._graph import Graph
    from ._methods import FLOAT64_EXPORTERS, find_exporter
    from ._table_encoder import encode

    try:
        from onnx import checker, helper
    except ImportError as error:
        raise ImportError("`to_onnx` needs onnx, which `pip install skaae[onnx]` brings.") from error
    if dtype not in ("float32", "float64"):
        raise ValueError(f"`dtype` must be 'float64' or 'float32'. Got {dtype!r}.")
    method, exporter = find_exporter(estimator, method)
    check_is_fitted(estimator)
    graph = Graph("float64" if exporter in FLOAT64_EXPORTERS else dtype)
    X = graph.cast("X", "float64")
    encoded = graph.cast(encode(graph, estimator.table_encoder_, X, dtype), graph.dtype)
    output, shape = exporter(graph, estimator, X, encoded)
    model = graph.make_model(dtype, estimator.n_features_in_, output, method, shape)
    helper.set_model_props(model, make_metadata(estimator, method))
    checker.check_model(model, full_check=True)
    with open(path, "wb") as file:
        file.write(model.SerializeToString())


def make_metadata(estimator: Any, method: str) -> dict[str, str]:
    """The metadata of a file."""
    from .. import __version__

    metadata = {"skaae": __version__, "estimator": type(estimator).__name__, "method": method}
    arrays = {name: getattr(estimator, name) for name in ("classes_", "feature_names_in_") if hasattr(estimator, name)}
    return metadata | {name: json.dumps(array.tolist()) for name, array in arrays.items()}
