"""Results of benchmarks: rows of figures with the commit, the command, the versions and the machine behind them.

A table is a file, ``results/NAME.json``; ``tables.py`` renders it. Only a run with the default arguments, those of
``SELECTORS`` aside, writes there; any other writes ``results/NAME.partial.json``, which git ignores.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
RESULTS = HERE / "results"
PACKAGES = ("torch", "scikit-learn", "numpy", "pandas")
SELECTORS = {"jobs", "output", "parts"}  # arguments that choose tables, or change none
Rows = list[dict[str, Any]]


def argument_parser(description: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=None, help="another folder for the results")
    return parser


def parse_arguments(parser: argparse.ArgumentParser, selectors: Iterable[str] = ()) -> argparse.Namespace:
    """The arguments, and ``is_complete``: whether all but the selectors are the defaults."""
    arguments = parser.parse_args()
    others = vars(arguments).keys() - SELECTORS - set(selectors)
    arguments.is_complete = all(getattr(arguments, name) == parser.get_default(name) for name in others)
    return arguments


def write_results(
    name: str,
    rows: Rows,
    arguments: argparse.Namespace,
    *,
    best: Mapping[str, str] | None = None,
    packages: Iterable[str] = (),
    lines: pd.DataFrame | None = None,
) -> None:
    """Writes a table, and beside it the ``lines`` that it summarises, which git ignores.

    ``best`` says of columns whether their "max" or "min" is best; ``packages`` are the peers'.
    """
    path = (arguments.output or RESULTS) / f"{name}{'' if arguments.is_complete else '.partial'}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    if lines is not None:
        lines.to_csv(path.with_suffix(".csv"), index=False)
    result = {
        "command": command(),
        "commit": commit(),
        "date": datetime.now(UTC).date().isoformat(),
        "versions": versions([*PACKAGES, *packages]),
        "machine": machine(),
        "best": dict(best or {}),
        "rows": rows,
    }
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False, default=as_plain_number) + "\n")
    print(f"{path} is written; python benchmarks/tables.py renders it.")


def as_plain_number(value: np.generic) -> Any:
    return value.item()


def records(table: pd.DataFrame, index: str, decimals: Mapping[str, int]) -> Rows:
    """Rows of a DataFrame of figures by ``index``, with so many decimals; None where there is no figure."""
    table = table[list(decimals)].round(dict(decimals)).rename_axis(index).reset_index()
    counts = [name for name, n in decimals.items() if n == 0 and pd.api.types.is_numeric_dtype(table[name])]
    table = table.astype(dict.fromkeys(counts, "Int64"))
    return json.loads(table.to_json(orient="records", double_precision=10))


def command() -> str:
    threads = os.environ.get("OMP_NUM_THREADS")
    prefix = f"OMP_NUM_THREADS={threads} " if threads else ""
    return f"{prefix}python benchmarks/{Path(sys.argv[0]).name} {shlex.join(sys.argv[1:])}".rstrip()


def git(*arguments: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("git") is None:
        return subprocess.CompletedProcess(arguments, 0, "")
    return subprocess.run(["git", *arguments], cwd=HERE.parent, capture_output=True, text=True, check=False)


def commit() -> str:
    """The short hash of the commit, with "+dirty" where code differs from it."""
    is_dirty = git("diff", "--quiet", "HEAD", "--", "skaae", ":(glob)benchmarks/*.py").returncode != 0
    return git("rev-parse", "--short", "HEAD").stdout.strip() + ("+dirty" if is_dirty else "")


def versions(packages: Iterable[str]) -> dict[str, str]:
    import skaae

    installed = {"Python": platform.python_version(), "skaae": skaae.__version__}
    for package in packages:
        try:
            installed[package] = version(package)
        except PackageNotFoundError:
            continue
    return installed


def machine() -> dict[str, Any]:
    """Processor, cores and threads; no name of a host."""
    info = Path("/proc/cpuinfo")
    models = [line.partition(":")[2].strip() for line in info.open() if "model name" in line] if info.exists() else []
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"processor": models[0] if models else platform.machine(), "cores": n_cores}
