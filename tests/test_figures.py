"""Tables of figures are those of ``benchmarks/results``, every result is shown, and links to headings find them."""

import importlib.util
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("tables", ROOT / "benchmarks" / "tables.py")
tables = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(tables)
RESULTS = sorted(path for path in tables.RESULTS.glob("*.json") if ".partial" not in path.name)


def test_pages_have_the_tables_of_the_results():
    assert tables.differing_pages() == []


def test_a_page_that_differs_is_found(monkeypatch, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("<!-- table: features -->\n| | 1 |\n\ntext\n")
    monkeypatch.setattr(tables, "pages", lambda: [page])
    assert tables.differing_pages() == [page]
    tables.main([])
    assert tables.differing_pages() == []
    assert "AAETransformer" in page.read_text()
    assert page.read_text().endswith("|\n\ntext\n")


def test_every_result_is_on_a_page():
    shown = {match[1] for page in tables.pages() for match in tables.MARKER.findall(page.read_text())}
    assert {path.stem for path in RESULTS} | set(tables.SUMMARIES) | set(tables.SELECTIONS) == shown


@pytest.mark.parametrize("path", RESULTS, ids=[path.stem for path in RESULTS])
def test_results_say_where_they_are_from(path):
    result = json.loads(path.read_text())
    assert {"command", "commit", "date", "versions", "machine", "best", "rows"} <= result.keys()
    assert not result["commit"].endswith("+dirty")
    assert result["rows"]


def test_numbers_of_a_column_have_as_many_decimals():
    assert tables.column_cells("AUROC", [88.3, 7.25, 1000.5], "max") == ["88.30", "7.25", "**1,000.50**"]
    assert tables.column_cells("seconds", [11.2, 0.05, None], None) == ["11.2", "0.05", ""]
    assert tables.cell("the code of AAETransformer(noise=0)", 0) == "the code of `AAETransformer(noise=0)`"


def test_links_to_headings_find_them():
    headings = re.findall(r"^#+ (.*)$", (ROOT / "benchmarks" / "README.md").read_text(), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    linked = re.findall(r"benchmarks/README\.md#([\w-]+)\)", (ROOT / "README.md").read_text())
    assert linked
    assert set(linked) <= anchors
