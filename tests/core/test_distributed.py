"""Processes that share batches fit the same model as a single process; each of them runs `shared_fits.py`."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from shared_fits import FITS, fit_results

FOLDER = Path(__file__).parent


def run(n_processes, folder, *names):
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.fspath(FOLDER.parents[1])}
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(n_processes)]
    return subprocess.run(
        [*command, os.fspath(FOLDER / "shared_fits.py"), os.fspath(folder), *names],
        env=environment,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared")
    done = run(2, folder, *FITS)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.mark.parametrize("name", FITS)
def test_two_processes_fit_the_model_of_one(name, shared):
    expected = fit_results(name)
    first, second = (np.load(shared / f"{name}.{rank}.npz") for rank in range(2))
    for part, value in expected.items():
        np.testing.assert_array_equal(first[part], second[part], err_msg=part)
        np.testing.assert_allclose(first[part], value, atol=1e-5, rtol=1e-5, err_msg=part)


def test_different_parameters_in_one_process_are_an_error_in_all(tmp_path):
    done = run(2, tmp_path, "different-seeds")
    assert done.returncode != 0
    assert done.stderr.count("ValueError: Processes that train together must have the same parameters") == 2
