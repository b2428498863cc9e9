"""The house is as docs/contributing.md shows it: its modules, and the walk through a fit.

``python tests/test_house.py`` prints the list of modules for that page.
"""

import ast
import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris

import skaae

PACKAGE = Path(skaae.__file__).parent
PAGE = Path(__file__).parents[1] / "docs" / "contributing.md"
X, Y = load_iris(return_X_y=True)
FEW = np.where(np.arange(150) % 10 == 0, Y, -1)
MODELS = {
    "transformer": (skaae.AAETransformer(2, max_iter=1), (X,)),
    "classifier": (skaae.SemiSupervisedAAEClassifier(max_iter=1, teachers=None), (X, FEW)),
    "clusterer": (skaae.AAEClusterer(3, max_iter=1, teachers=None), (X,)),
    "denoiser": (skaae.AAEDenoiser(max_iter=1), (X,)),
    "generator": (skaae.AAEGenerator(max_iter=1, flow_max_iter=1), (X, Y)),
    "detector": (skaae.AAEOutlierDetector(max_iter=1), (X,)),
}


class LoopReached(Exception):
    """Ends a fit where training begins."""


def modules():
    """Paths of the package's modules and the first sentences of their docstrings."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name.endswith("/__init__.py") or name == "__init__.py":
            continue
        first = re.split(r"\n\n|(?<=\.)\s", ast.get_docstring(ast.parse(path.read_text())))[0]
        yield name, " ".join(first.split())


def modules_before_the_loop(model, data):
    """Modules of the package that run from `fit` until its training begins, in their order."""
    seen = []

    def follow(frame, event, argument):
        if event != "call" or not frame.f_code.co_filename.startswith(str(PACKAGE)):
            return
        name = os.path.relpath(frame.f_code.co_filename, PACKAGE)
        if name not in seen:
            seen.append(name)
        if name == "core/training.py":
            raise LoopReached

    clone(model).fit(*data)  # imports run modules too
    model = clone(model)
    sys.setprofile(follow)
    try:
        model.fit(*data)
    except LoopReached:
        pass
    finally:
        sys.setprofile(None)
    return seen


def test_the_page_lists_every_module():
    block = PAGE.read_text().split("## Every module\n\n```text\n")[1].split("```")[0]
    listed = dict(re.split(r"\s{2,}", line, maxsplit=1) for line in block.strip().splitlines())
    assert listed == dict(modules())


@pytest.mark.parametrize("kind", MODELS)
def test_a_fit_runs_few_modules_before_the_loop(kind):
    seen = modules_before_the_loop(*MODELS[kind])
    assert seen[-1] == "core/training.py"
    # A reader takes the table encoder for what it is, a transformer with a page of its own.
    read = [name for name in seen if not name.startswith("table/")]
    assert len(read) < 10, read


def test_the_walk_names_the_modules_that_run():
    walk = PAGE.read_text().split("## A walk through one fit")[1].split("\n## ")[0]
    named = set(re.findall(r"`((?:core|estimators)/\w+\.py|_plan\.py|table)`", walk))
    assert len(named) <= 10
    seen = modules_before_the_loop(*MODELS["detector"])
    assert {"table" if name.startswith("table/") else name for name in seen} <= named | {"core/inference.py"}


if __name__ == "__main__":
    width = max(len(name) for name, _ in modules())
    print("\n".join(f"{name:<{width}}  {first}" for name, first in modules()))
