"""Processes that share batches end as one does alone; `shared_fits.py` is what each of them runs."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from shared_fits import FITS, fitted

PLACE = Path(__file__).parent


def run(n_processes, folder, *names):
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.fspath(PLACE.parents[1])}
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(n_processes)]
    return subprocess.run(
        [*command, os.fspath(PLACE / "shared_fits.py"), os.fspath(folder), *names],
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
def test_two_processes_end_as_one_does(name, shared):
    expected = fitted(name)
    first, second = (np.load(shared / f"{name}.{rank}.npz") for rank in range(2))
    for part, value in expected.items():
        np.testing.assert_array_equal(first[part], second[part], err_msg=part)
        np.testing.assert_allclose(first[part], value, atol=1e-5, rtol=1e-5, err_msg=part)


def test_other_rows_or_seeds_in_one_process_are_an_error_in_all(tmp_path):
    done = run(2, tmp_path, "disagreeing")
    assert done.returncode != 0
    assert done.stderr.count("ValueError: Processes that train together must be asked for the same") == 2
