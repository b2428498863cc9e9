"""Files of each released format are loaded for ever, and answer as they did."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.exceptions import InconsistentVersionWarning

import skaae
from skaae._serialization import FORMAT

CLASSES = {
    "transformer": skaae.AAETransformer,
    "classifier": skaae.SemiSupervisedAAEClassifier,
    "detector": skaae.AAEOutlierDetector,
    "clusterer": skaae.AAEClusterer,
    "denoiser": skaae.AAEDenoiser,
    "generator": skaae.AAEGenerator,
    "encoder": skaae.TableEncoder,
}
FOLDERS = sorted(Path(__file__).parent.glob("saved/format_*"))


def loaded(file):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".* was saved by skaae", UserWarning)
        warnings.simplefilter("ignore", InconsistentVersionWarning)
        return skops.io.load(file, trusted=[CLASSES[file.stem]])


def rows_for(kind, folder):
    if kind not in {"encoder", "generator"}:
        return np.load(folder / "answers.npz")["X"]
    table = pd.read_csv(folder / "table.csv")
    return table if kind == "encoder" else table.drop(columns="kind")


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_files_of_every_format_are_loaded_and_answer_as_they_did(kind, folder):
    model, X = loaded(folder / f"{kind}.skops"), rows_for(kind, folder)
    answers = {name: answer for name, answer in np.load(folder / "answers.npz").items() if name.startswith(kind)}
    assert answers
    for name, answer in answers.items():
        np.testing.assert_allclose(getattr(model, name.split(".")[1])(X), answer, rtol=1e-5, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_encoders_of_every_format_give_tables_back(folder):
    encoder, table = loaded(folder / "encoder.skops"), rows_for("encoder", folder)
    again = encoder.inverse_transform(encoder.transform(table))
    pd.testing.assert_frame_equal(again, table, check_dtype=False)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_models_of_every_format_draw_rows_and_go_on(folder):
    table = rows_for("generator", folder)
    rows = loaded(folder / "generator.skops").sample(5, "setosa", random_state=0)
    assert list(rows.columns) == list(table.columns)
    assert rows["place"].dropna().isin(table["place"]).all()
    model, X = loaded(folder / "transformer.skops"), rows_for("transformer", folder)
    n_before = model.n_iter_
    assert model.partial_fit(X).n_iter_ == n_before + 1


def test_there_are_files_of_the_format_that_is_written():
    assert f"format_{FORMAT}" in {folder.name for folder in FOLDERS}
