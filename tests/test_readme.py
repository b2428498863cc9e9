"""What the README shows, runs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_code_block_runs(block, tmp_path):
    subprocess.run([sys.executable, "-W", "error::FutureWarning", "-c", block], check=True, cwd=tmp_path)


def test_there_is_an_example_and_a_picture():
    assert BLOCKS
    for picture in re.findall(r"!\[.*?\]\((.*?)\)", README):
        assert (ROOT / picture).stat().st_size > 10_000
