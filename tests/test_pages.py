"""What the README and the pages of the documentation show, runs; and what refers to a page finds one."""

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr

import skaae
from skaae import callbacks, display, export, metrics, model_selection, streaming
from skaae._doc_links import DOC_URL

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
BLOCK = re.compile(r"```(?:python|\{run\})\n(?::\w+:[^\n]*\n)*(.*?)```", re.DOTALL)
PAGES = {str(path.relative_to(ROOT)): path.read_text() for path in sorted((ROOT / "docs").rglob("*.md"))}
RUNS = [("README.md", block) for block in BLOCK.findall(README)]
NEEDS = re.compile(r"```\{run\}\n:needs: ([^\n]*)\n.*?```", re.DOTALL)


def without_what_is_not_installed(text):
    return NEEDS.sub(lambda block: block[0] if all(map(importlib.util.find_spec, block[1].split())) else "", text)


RUNS += [
    (page, "".join(BLOCK.findall(without_what_is_not_installed(text))))
    for page, text in PAGES.items()
    if BLOCK.search(text)
]
REFERENCE = (ROOT / "docs" / "reference" / "index.md").read_text()
ESTIMATORS = [name for name in skaae.__all__ if name[0].isupper()]


def documented():
    """The names that the reference makes pages for."""
    home = None
    for line in REFERENCE.splitlines():
        if line.startswith(".. currentmodule::"):
            home = line.split()[-1]
        elif re.fullmatch(r"   [A-Za-z_]+", line):
            yield f"{home}.{line.strip()}"


@pytest.mark.usefixtures("few_epochs")
@pytest.mark.parametrize(("page", "code"), RUNS, ids=[page for page, _ in RUNS])
def test_code_runs(page, code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(code, page, "exec"), {"__name__": "__page__"})


def test_readme_has_code_and_pictures():
    assert BLOCK.findall(README)
    for picture in re.findall(r"!\[.*?\]\((.*?)\)", README):
        assert (ROOT / picture).stat().st_size > 10_000


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])  # those of the site are Sphinx's to check
def test_links_lead_to_files(page):
    targets = re.findall(r"\]\((?!https?:)([^)#\s]+)\)", (ROOT / page).read_text())
    assert targets
    for target in targets:
        assert (ROOT / target).exists(), target


def test_every_public_name_has_a_page():
    public = {
        *(f"skaae.{name}" for name in ESTIMATORS),
        *(f"skaae.callbacks.{name}" for name in callbacks.__all__),
        *(f"skaae.display.{name}" for name in display.__all__),
        *(f"skaae.export.{name}" for name in export.__all__),
        *(f"skaae.streaming.{name}" for name in streaming.__all__),
        *(f"skaae.metrics.{name}" for name in metrics.__all__ if name != "scorers"),
        *(f"skaae.model_selection.{name}" for name in model_selection.__all__),
        "skaae.metrics.scorers.SampleScorer",
    }
    assert sorted(documented()) == sorted(public)


@pytest.mark.parametrize("name", [*ESTIMATORS, "PackedGridSearchCV", "PackedRandomizedSearchCV"])
def test_html_representation_links_to_a_page_of_the_reference(name):
    if name.startswith("Packed"):
        shown, page = getattr(model_selection, name)(skaae.AAETransformer(), {}), f"skaae.model_selection.{name}"
    else:
        shown, page = getattr(skaae, name)(), f"skaae.{name}"
    assert page in documented()
    assert f'href="{DOC_URL}/reference/generated/{page}.html"' in estimator_html_repr(shown)


def test_html_representation_of_a_pipeline_links_to_each_step():
    shown = estimator_html_repr(make_pipeline(StandardScaler(), skaae.AAETransformer(), skaae.AAEClusterer()))
    for name in ("AAETransformer", "AAEClusterer"):
        assert f"/skaae.{name}.html" in shown
    assert "scikit-learn.org" in shown


def test_urls_of_the_package_are_those_of_the_links():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["urls"]["Documentation"] == DOC_URL
