"""Data of the benchmarks: public tables and images from the folder SKAAE_DATA, split, and rows that are drawn."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

FOLDER = Path(os.environ.get("SKAAE_DATA", "../shared/data"))
SHIPPED = {"breast_cancer": load_breast_cancer, "digits": load_digits, "wine": load_wine}


def table_names():
    """Names of all tables in alphabetical order; those at even places were used to choose defaults."""
    return sorted(path.stem for path in (FOLDER / "tabular").glob("*.json")) or sorted(SHIPPED)


def tuned_on():
    """The tables that defaults were chosen on."""
    return set(table_names()[::2])


def load_table(name):
    """Columns as a DataFrame and classes as strings."""
    if name in SHIPPED:
        return SHIPPED[name](return_X_y=True, as_frame=True)
    kinds = json.loads((FOLDER / "tabular" / f"{name}.json").read_text())
    X = pd.read_csv(
        FOLDER / "tabular" / f"{name}.csv.gz",
        dtype=dict.fromkeys([*kinds["categorical"], "target"], str),
        keep_default_na=False,
        na_values={column: [""] for column in [*kinds["categorical"], *kinds["numeric"]]},
    )
    y = X.pop("target")
    return X.astype(dict.fromkeys(kinds["categorical"], "category")), y


def split_table(name, *, max_rows, seed=0, test_size=0.3):
    """Training and test rows as numbers (imputed, one-hot), and their classes; none of fewer than four rows."""
    X, y = load_table(name)
    rows = np.random.RandomState(seed).permutation(len(X))[:max_rows]
    X, y = X.iloc[rows], y.iloc[rows].to_numpy()
    common = pd.Series(y).map(pd.Series(y).value_counts()).to_numpy() >= 4
    train, test = train_test_split(np.flatnonzero(common), test_size=test_size, random_state=seed, stratify=y[common])
    categorical = list(X.select_dtypes("category").columns)
    numeric = [column for column in X.columns if column not in categorical]
    encoder = make_column_transformer(
        (
            make_pipeline(
                SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore", sparse_output=False)
            ),
            categorical,
        ),
        (SimpleImputer(), numeric),
    )
    X_train, X_test = encoder.fit_transform(X.iloc[train]), encoder.transform(X.iloc[test])
    return X_train.astype(float), X_test.astype(float), y[train], y[test]


def split_images(name, *, n_train=None):
    """Training and test rows of "mnist" or "usps" as floats in [0, 1], and their classes."""
    path = FOLDER / ("mnist.npz" if name == "mnist" else f"images/{name}.npz")
    with np.load(path) as data:
        X_train, X_test = (data[part].reshape(len(data[part]), -1) / np.float32(255) for part in ("X_train", "X_test"))
        return X_train[:n_train], X_test, data["y_train"][:n_train], data["y_test"]


def outlier_names():
    """Names of all sets with anomalies in alphabetical order; those at even places were used to choose defaults."""
    return sorted(path.stem for path in (FOLDER / "adbench").glob("*.npz"))


def load_outliers(name):
    """Rows as floats, and which of them are anomalies."""
    with np.load(FOLDER / "adbench" / f"{name}.npz", allow_pickle=True) as data:
        return data["X"].astype(float), data["y"].astype(int).ravel()


def mnist_components(n_components=150):
    """Training and test rows of MNIST as principal components on one scale, and their classes as integers."""
    X, X_test, y, y_test = split_images("mnist")
    pca = PCA(n_components, random_state=0).fit(X)
    scale = pca.transform(X).std()
    return pca.transform(X) / scale, pca.transform(X_test) / scale, y.astype(int), y_test.astype(int)


def correlated_rows(n_rows, n_columns, *, noise=0.1, seed=0):
    """Rows whose columns are functions of a third as many numbers, with noise."""
    n_factors = max(1, n_columns // 3)
    loadings = np.random.default_rng(9).standard_normal((n_factors, n_columns))
    rng = np.random.default_rng(seed)
    X = np.tanh(rng.standard_normal((n_rows, n_factors)) @ loadings)
    return X + noise * rng.standard_normal((n_rows, n_columns))
