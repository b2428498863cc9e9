import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits, load_iris

from skaae import AAEDenoiser, AAEGenerator, AAEOutlierDetector, AAETransformer, SemiSupervisedAAEClassifier


@pytest.fixture(scope="session")
def digits():
    X, y = load_digits(n_class=3, return_X_y=True)
    return X[:200], y[:200]


@pytest.fixture(scope="session")
def flat(digits):
    """A transformer of digits into two numbers."""
    return AAETransformer(2, max_iter=2, hidden_layer_sizes=(16,), random_state=0).fit(digits[0])


@pytest.fixture(scope="session")
def classifier(digits):
    X, y = digits
    return SemiSupervisedAAEClassifier(
        2, max_iter=2, n_members=1, teachers=None, hidden_layer_sizes=(16,), random_state=0
    ).fit(X, y)


@pytest.fixture(scope="session")
def denoiser(digits):
    return AAEDenoiser(noise=3, scaling=None, max_iter=2, hidden_layer_sizes=(16,), random_state=0).fit(digits[0])


@pytest.fixture(scope="session")
def iris():
    return load_iris(return_X_y=True, as_frame=True)


@pytest.fixture(scope="session")
def detector(iris):
    return AAEOutlierDetector(n_members=1, max_iter=2, hidden_layer_sizes=(16,), random_state=0).fit(iris[0])


@pytest.fixture(scope="session")
def table():
    """Numbers, whole numbers, text, categories, bools, and missing cells of each of them that can have some."""
    rng = np.random.default_rng(0)
    n = 120
    return pd.DataFrame(
        {
            "income": np.where(rng.random(n) < 0.25, np.nan, rng.lognormal(10, 1, n)),
            "age": rng.integers(18, 90, n),
            "rooms": rng.integers(1, 4, n),
            "town": rng.choice(np.array(["Ulm", "Bonn", None], dtype=object), n),
            "size": pd.Categorical(rng.choice(["s", "m", "l"], n), ["s", "m", "l"]),
            "member": rng.random(n) < 0.5,
        }
    )


@pytest.fixture(scope="session")
def generator(table):
    return AAEGenerator(
        2, max_iter=2, flow_max_iter=2, hidden_layer_sizes=(16,), flow_layer_sizes=(16,), random_state=0
    ).fit(table, np.where(table["member"], "in", "out"))
