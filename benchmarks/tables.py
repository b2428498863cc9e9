"""Renders ``results/*.json`` as the tables of README.md, benchmarks/README.md and docs.

Run ``python benchmarks/tables.py``; with ``--check`` it writes nothing, and fails where a page differs from the files.
On a page, a table is the lines that begin with a bar below a line ``<!-- table: NAME -->``.

A number has as many decimals as the longest of its column; a time or a size has those that it has. The best figures
of a column are bold where the file says what is best.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
MARKER = re.compile(r"(<!-- table: ([\w-]+) -->\n)((?:\|.*\n)*)")
UNITS = ("second", "minute", "MiB", "GFLOP/s")
ESTIMATOR = re.compile(r"(AAE|SemiSupervisedAAE)[A-Z]\w*")
# Words with an underscore or two capitals, with the arguments of a call.
IDENTIFIER = re.compile(
    r"\b(?!PyOD\b|PyTorch\b|SDMetrics\b|MiB\b)(?=\w*[a-z])(?=\w*_|(?:\w*[A-Z]){2})\w+(?:\.\w+)*(?:\([^()]*\)|=\w+)?"
)
SUMMARY = {
    "Features": (
        "accuracy of logistic regression, codes of 16 columns, 82 sets",
        "{features[all 82][AAETransformer]}",
        "principal components {features[all 82][PCA]}, raw columns {features[all 82][raw columns]}",
    ),
}


def load(name: str) -> dict[str, Any]:
    return json.loads((RESULTS / f"{name}.json").read_text())


def n_decimals(value: Any) -> int:
    return len(repr(value).partition(".")[2]) if isinstance(value, float) else 0


def cell(value: Any, decimals: int) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return IDENTIFIER.sub(r"`\g<0>`", value)
    return f"{value:,.{decimals}f}" if isinstance(value, float) else f"{value:,}"


def column_cells(name: str, values: list[Any], best: str | None) -> list[str]:
    """The cells of a column, the best ones bold."""
    common = max(map(n_decimals, values))
    has_unit = any(unit in name for unit in UNITS)
    cells = [cell(value, n_decimals(value) if has_unit else common) for value in values]
    if best is None:
        return cells
    top = {"max": max, "min": min}[best](value for value in values if isinstance(value, (int, float)))
    return [f"**{text}**" if value == top else text for value, text in zip(values, cells, strict=True)]


def markdown(header: list[str], lines: list[tuple[str, ...]]) -> str:
    rows = [header, ["---"] * len(header), *lines]
    return "".join("".join(f"| {text} " if text else "| " for text in row) + "|\n" for row in rows)


def table(name: str) -> str:
    """A file as Markdown; its first column names the rows."""
    result = load(name)
    names = list(dict.fromkeys(key for row in result["rows"] for key in row))
    columns = [column_cells(key, [row.get(key) for row in result["rows"]], result["best"].get(key)) for key in names]
    columns[0] = [f"**{text}**" if ESTIMATOR.fullmatch(text.strip("`")) else text for text in columns[0]]
    return markdown([cell(key, 0) for key in names], list(zip(*columns, strict=True)))


class Figures(dict):
    """Files by name, as the rows by their first cell, for templates."""

    def __missing__(self, name: str) -> dict[str, dict[str, Any]]:
        return {str(next(iter(row.values()))): row for row in load(name)["rows"]}


def summary() -> str:
    lines = [(f"**{title}**", *(part.format_map(Figures()) for part in parts)) for title, parts in SUMMARY.items()]
    return markdown(["", "measure", "skaae", "others"], lines)


def rendered(text: str) -> str:
    """A page with its tables made anew."""
    return MARKER.sub(lambda match: match[1] + (summary() if match[2] == "summary" else table(match[2])), text)


def pages() -> list[Path]:
    found = [ROOT / "README.md", ROOT / "benchmarks" / "README.md", *(ROOT / "docs").rglob("*.md")]
    return [page for page in found if "_build" not in page.parts]


def differing_pages() -> list[Path]:
    return [page for page in pages() if rendered(page.read_text()) != page.read_text()]


def main() -> None:
    differing = differing_pages()
    if "--check" in sys.argv[1:]:
        sys.exit("\n".join(f"{page} differs from benchmarks/results" for page in differing) or 0)
    for page in differing:
        page.write_text(rendered(page.read_text()))
        print(page)


if __name__ == "__main__":
    main()
