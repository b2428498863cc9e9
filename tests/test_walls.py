"""The house stands: what may import what, and how quickly the door opens."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "skaae"
FLOORS = {
    "_forks": 0,
    "_plan": 0,
    "metrics": 0,
    "random": 0,
    "matmul": 0,
    "distributed": 0,
    "softmax": 0,
    "lazy_rows": 1,
    "networks": 1,
    "discrepancies": 1,
    "corruption": 2,
    "dense_gradients": 2,
    "flow": 2,
    "images": 2,
    "priors": 2,
    "latent": 3,
    "threads": 3,
    "model": 4,
    "data": 5,
    "optimizer": 5,
    "hooks": 6,
    "losses": 6,
    "joint_step": 7,
    "tasks": 7,
    "training": 8,
    "checkpoints": 9,
    "inference": 9,
    "packs": 9,
}


def modules_after(code):
    script = f"import sys; {code}; print(*sorted(name.split('.')[0] for name in sys.modules))"
    return set(
        subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.split()
    )


def imports_of(path, *, top_level):
    tree = ast.parse(path.read_text())
    for node in tree.body if top_level else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def files(folder):
    found = sorted((PACKAGE / folder).glob("*.py"))
    assert found
    return found


def test_import_loads_neither_sklearn_nor_torch():
    assert not {"sklearn", "torch", "numpy", "pandas"} & modules_after("import skaae")


def test_importing_estimators_does_not_load_torch():
    assert not {"torch", "matplotlib", "onnx"} & modules_after(
        "import skaae; [getattr(skaae, name) for name in skaae.__all__]"
    )


def test_a_fit_does_not_load_what_torch_compiles_with():
    fit = "fit(numpy.eye(8), [0, 1, 0, 1, -1, -1, -1, -1])"
    code = f"import numpy, skaae; skaae.SemiSupervisedAAEClassifier(max_iter=1).{fit}"
    assert not {"sympy", "networkx"} & modules_after(code)


@pytest.mark.parametrize("path", files("estimators"), ids=lambda path: path.stem)
def test_estimators_reach_torch_from_methods_only(path):
    inner = ("torch", "..core", "..prior_fitted")
    assert not [name for name in imports_of(path, top_level=True) if name.startswith(inner)]


@pytest.mark.parametrize("path", [*files("core"), *files("prior_fitted")], ids=lambda path: path.stem)
def test_core_knows_neither_sklearn_nor_pandas(path):
    names = list(imports_of(path, top_level=False))
    assert not [name for name in names if name.split(".")[0] in {"sklearn", "pandas"}]


@pytest.mark.parametrize("path", [p for p in files("core") if p.stem != "__init__"], ids=lambda path: path.stem)
def test_core_imports_only_fall(path):
    below = [name.lstrip(".") for name in imports_of(path, top_level=False) if name.startswith(".")]
    climbing = [name for name in below if FLOORS[name.split(".")[0]] >= FLOORS[path.stem]]
    assert not climbing


@pytest.mark.parametrize("path", files("display"), ids=lambda path: path.stem)
def test_displays_know_estimators_by_their_public_methods(path):
    names = list(imports_of(path, top_level=False))
    below = ("..estimators._labels", "..metrics._quality", "..table")
    above = [name for name in names if name.startswith("..") and name not in below]
    assert not above
    assert "torch" not in {name.split(".")[0] for name in names}
    assert not re.search(r"\bestimator\._", path.read_text())


@pytest.mark.parametrize("path", files("display"), ids=lambda path: path.stem)
def test_displays_reach_matplotlib_from_functions_only(path):
    assert not [name for name in imports_of(path, top_level=True) if name.startswith("matplotlib")]


def test_nothing_below_knows_displays():
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name != "display" and path.name != "__init__.py":
            assert not [name for name in imports_of(path, top_level=False) if "display" in name]


GROUND = [
    PACKAGE / f"{name}.py" for name in ("_plan", "_serialization", "_serialized_tables", "_time_zones", "_doc_links")
]


def test_nothing_below_knows_the_estimators():
    for path in [*files("core"), *files("metrics"), *files("prior_fitted"), *files("table"), *GROUND]:
        assert not [name for name in imports_of(path, top_level=False) if "estimators" in name]


@pytest.mark.parametrize("path", files("export"), ids=lambda path: path.stem)
def test_exports_reach_torch_and_onnx_from_functions_only(path):
    assert not [name for name in imports_of(path, top_level=True) if name.startswith(("torch", "onnx", "..core"))]


def test_nothing_below_knows_exports():
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name != "export" and path.name != "__init__.py":
            assert not [name for name in imports_of(path, top_level=False) if "export" in name]
