"""Makes the files beside it: run once, by the version that a format began with, and never again.

They are skops files because these hold JSON and arrays, and ask for no class of numpy or pandas.
"""

import zipfile
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
import skops.io
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.semi_supervised import LabelSpreading

import skaae
from skaae.estimators import _scorers

HERE = Path(__file__).parent
SMALL = {"hidden_layer_sizes": 8, "max_iter": 5, "random_state": 0}
ASKED = {
    "transformer": ("transform",),
    "classifier": ("transform", "predict_proba"),
    "detector": ("score_samples", "decision_function"),
    "clusterer": ("transform", "predict_proba"),
    "denoiser": ("transform",),
    "generator": ("transform", "score_samples"),
    "encoder": ("transform",),
}


def table_of(X, y):
    return pd.DataFrame(
        {
            "length": X[:, 0],
            "width": np.where(np.arange(50) % 7, X[:, 1], np.nan),
            "count": np.arange(50) % 11,
            "kind": np.array(["setosa", "versicolor", "virginica"])[y],
            "place": ["hill" if row % 3 else None if row % 2 else "field" for row in range(50)],
        }
    )


def fitted(X, y, table):
    teachers = [
        LogisticRegression(),
        RandomForestClassifier(5, random_state=0),
        MLPClassifier(8, solver="lbfgs", random_state=0),
        LabelSpreading("knn", n_neighbors=3),
    ]
    some = np.where(np.arange(50) % 4, -1, y)
    with mock.patch.object(_scorers, "N_TREES", 5):  # for a small file
        detector = skaae.AAEOutlierDetector(n_members=2, **SMALL).fit(X[:20])
    return {
        "transformer": skaae.AAETransformer(2, prior="mixture", n_modes=3, **SMALL).fit(X, y),
        "classifier": skaae.SemiSupervisedAAEClassifier(teachers=teachers, **SMALL).fit(X, some),
        "detector": detector,
        "clusterer": skaae.AAEClusterer(3, **SMALL).fit(X),
        "denoiser": skaae.AAEDenoiser(corruption="masked", **SMALL).fit(X),
        "generator": skaae.AAEGenerator(2, flow_layer_sizes=8, flow_max_iter=5, **SMALL).fit(
            table.drop(columns="kind"), table["kind"]
        ),
        "encoder": skaae.TableEncoder("quantile").fit(table),
    }


if __name__ == "__main__":
    X, y = (part[::3] for part in load_iris(return_X_y=True))
    table = table_of(X, y)
    table.to_csv(HERE / "table.csv", index=False)
    rows = {"encoder": table, "generator": table.drop(columns="kind")}
    models = fitted(X, y, table)
    answers = {
        f"{kind}.{method}": getattr(model, method)(rows.get(kind, X))
        for kind, model in models.items()
        for method in ASKED[kind]
    }
    np.savez_compressed(HERE / "answers.npz", X=X, **answers)
    for kind, model in models.items():
        skops.io.dump(model, HERE / f"{kind}.skops", compression=zipfile.ZIP_DEFLATED)
