"""The benchmark of devices runs, in small and on the CPU, since a GPU is lent for minutes only."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PARTS = ["agreement", "product", "auto"]


def test_parts_run(tmp_path):  # takes ten seconds, because all estimators are fitted
    command = [sys.executable, str(ROOT / "benchmarks" / "device.py"), "--device", "cpu", "--small"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    options = ["--output", str(tmp_path), "--parts", *PARTS]
    subprocess.run([*command, *options], check=True, capture_output=True, env=environment)
    rows = json.loads((tmp_path / "device.partial.json").read_text())["rows"]
    assert not [row for row in rows if row["case"].startswith("failed")]
    assert list(dict.fromkeys(row["part"] for row in rows)) == PARTS
    assert all(row["device"] == 0 for row in rows if row["case"].endswith("error of outputs"))
