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
    "[Few labels](benchmarks/README.md#do-unlabelled-rows-count)": (
        "balanced accuracy, 10 labels of each class, 70 tables, %",
        "{few_labels_10[SemiSupervisedAAEClassifier][balanced accuracy]:.2f}",
        "random forest {few_labels_10[RandomForestClassifier][balanced accuracy]:.2f}; skaae on labelled rows only "
        "{few_labels_10[the same, labelled rows only][balanced accuracy]:.2f}",
    ),
    "[Outliers](benchmarks/README.md#who-finds-the-anomalies)": (
        "AUROC, trained on normal rows, 26 sets, %",
        "{outliers[AAEOutlierDetector][one-class AUROC]:.2f}",
        "LUNAR {outliers[LUNAR][one-class AUROC]:.2f}; neighbours {outliers[KNN][one-class AUROC]:.2f}",
    ),
    "[Outliers among training rows](benchmarks/README.md#who-finds-the-anomalies)": (
        "AUROC, 26 sets, %",
        "{outliers[AAEOutlierDetector][contaminated AUROC]:.2f}",
        "robust covariance {outliers[MCD][contaminated AUROC]:.2f}; "
        "isolation forest {outliers[IForest][contaminated AUROC]:.2f}",
    ),
    "[New rows](benchmarks/README.md#could-synthetic-rows-be-real-ones)": (
        "AUC of a classifier of real against new rows, 15 tables, % (50 is best)",
        "{synthesis[AAEGenerator][detection]:.2f}",
        "CART {synthesis[CART][detection]:.2f}; TVAE {synthesis[TVAE][detection]:.2f}; "
        "CTGAN {synthesis[CTGAN][detection]:.2f}; "
        "interpolation {synthesis[interpolation between neighbours][detection]:.2f}",
    ),
    "[Learning from new rows](benchmarks/README.md#could-synthetic-rows-be-real-ones)": (
        "AUC on real rows of a classifier trained on new rows, %",
        "{synthesis[AAEGenerator][utility]:.2f}",
        "CART {synthesis[CART][utility]:.2f}; TVAE {synthesis[TVAE][utility]:.2f}; "
        "CTGAN {synthesis[CTGAN][utility]:.2f}; "
        "interpolation {synthesis[interpolation between neighbours][utility]:.2f}; "
        "real rows {synthesis[the training rows][utility]:.2f}",
    ),
    "[Missing cells](benchmarks/README.md#how-clean-do-rows-become)": (
        "mean squared error, 10 tables",
        "{denoising[AAEDenoiser][missing cells, error]:.3f}",
        "`KNNImputer` {denoising[KNNImputer][missing cells, error]:.3f}; "
        "`IterativeImputer` {denoising[IterativeImputer][missing cells, error]:.3f}",
    ),
    "[Clusters](benchmarks/README.md#do-clusters-match-classes)": (
        "adjusted Rand index, 20 tables, %",
        "{clustering[AAEClusterer][adjusted Rand index]:.2f}",
        "Ward {clustering[AgglomerativeClustering, Ward][adjusted Rand index]:.2f}; "
        "k-means {clustering[KMeans][adjusted Rand index]:.2f}",
    ),
    "[Features](benchmarks/README.md#are-codes-good-features)": (
        "accuracy of logistic regression, codes of 16 columns, 82 sets, %",
        "{features[all 82][AAETransformer]:.2f}",
        "principal components {features[all 82][PCA]:.2f}; raw columns {features[all 82][raw columns]:.2f}",
    ),
    "[Speed](benchmarks/README.md#how-fast-is-a-fit)": (
        "seconds of a fit of 2,000 x 20",
        "{speed[AAETransformer][small, seconds]:.2f}",
        "PyTorch script {speed[plain PyTorch script][small, seconds]:.2f}; "
        "pythae {speed[pythae Adversarial_AE][small, seconds]:.2f}; `MLPRegressor`, no discriminator, "
        "{speed[scikit-learn MLPRegressor, no discriminator][small, seconds]:.2f}",
    ),
}
MORE = {
    "[MNIST, 100 labels](benchmarks/README.md#mnist-with-100-and-1000-labels)": (
        "error of test rows, no convolution, %",
        "{mnist_semi_supervised[100][mean error]:.2f}",
        "the paper {mnist_semi_supervised[100][error in the paper]:.2f}",
    ),
    "[MNIST, 16 clusters](benchmarks/README.md#do-clusters-match-classes)": (
        "error of test rows by the paper's protocol, %",
        "{clustering_mnist[16][error by the paper's protocol]:.2f}",
        "the paper {clustering_mnist[16][error in the paper]:.2f}",
    ),
    "[Noise](benchmarks/README.md#how-clean-do-rows-become)": (
        "mean squared error, 10 tables",
        "{denoising[AAEDenoiser][tables with noise, error]:.3f}",
        "principal components {denoising[PCA][tables with noise, error]:.3f}",
    ),
    "[Codes close to the prior](benchmarks/README.md#do-codes-look-like-the-prior)": (
        "of 25 tables, those within 3 times the noise of sampling",
        "{prior_match[AAETransformer][within 3]}",
        "plain autoencoder {prior_match[plain autoencoder][within 3]}",
    ),
    "[Packed searches](docs/guide/tuning.md)": (
        "seconds of 16 candidates in 5 folds, narrow layers, two processes",
        "{search_growth[80][packed, seconds]:.1f}",
        "`GridSearchCV` {search_growth[80][GridSearchCV, seconds]:.1f}",
    ),
    "[Large files](docs/guide/large_data.md)": (
        "peak memory of a fit to 5 GB of Parquet, MiB",
        "{streaming[Parquet, 5.0 GB][peak, MiB]}",
        "",
    ),
    "[Bad input](docs/guide/bad_input.md)": (
        "wrong outcomes of {reliability[all][calls]:,} calls",
        "{reliability[all][wrong]}",
        "",
    ),
}
SUMMARIES = {"summary": SUMMARY, "summary_of_more": MORE}
SELECTIONS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {  # a file, its rows, and its columns
    "choosing_few_labels": (
        "few_labels_10",
        (
            *("SemiSupervisedAAEClassifier", "RandomForestClassifier", "LogisticRegression"),
            *('LabelSpreading(kernel="knn")', "HistGradientBoostingClassifier"),
        ),
        ("method", "balanced accuracy", "log loss", "seconds", "tuned on", "untouched"),
    ),
    "choosing_outliers": (
        "outliers",
        ("AAEOutlierDetector", "LUNAR", "KNN", "GaussianMixture(4)", "IForest", "MCD", "ECOD"),
        ("method", "one-class AUROC", "one-class precision", "contaminated AUROC", "contaminated precision", "seconds"),
    ),
    "choosing_known_outliers": (
        "known_outliers",
        ("AAEOutlierDetector", "RandomForestClassifier", "LogisticRegression", "without y"),
        ("method", "AUROC, 5 known", "AUROC, 50 known", "precision, 5 known", "precision, 50 known"),
    ),
    "choosing_new_rows": (
        "synthesis",
        (
            *("AAEGenerator", "CART", "TVAE", "CTGAN", "Gaussian copula", "interpolation between neighbours"),
            *("the training rows", "real rows, half against half"),
        ),
        ("generator", "shape", "trend", "utility", "detection", "nearer", "fit, seconds"),
    ),
    "choosing_rare_classes": (
        "balancing",
        ("AAEOverSampler", "class weights", "RandomOverSampler", "SMOTE", "none"),
        (
            *("method", "logistic, average precision", "logistic, balanced accuracy"),
            *("boosting, average precision", "boosting, balanced accuracy", "seconds"),
        ),
    ),
    "choosing_cells": (
        "denoising",
        ("AAEDenoiser", "KNNImputer", "IterativeImputer", "means", "PCA"),
        ("method", "missing cells, error", "missing cells, seconds", "tables with noise, error"),
    ),
    "choosing_clusters": (
        "clustering",
        (
            *("AAEClusterer", "KMeans", "AgglomerativeClustering, Ward", "GaussianMixture", "SpectralClustering"),
            "HDBSCAN",
        ),
        ("method", "adjusted Rand index", "rank", "seconds"),
    ),
    "choosing_features": (
        "features",
        ("40 tables that no default was chosen on", "MNIST", "USPS"),
        ("sets", "raw columns", "PCA", "AAETransformer", "won", "lost"),
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


def table(name: str, shown: tuple[str, ...] = (), names: tuple[str, ...] = ()) -> str:
    """A file as Markdown, or some of its rows and columns; its first column names the rows."""
    result = load(name)
    rows = result["rows"] if not shown else [Figures()[name][row] for row in shown]
    names = names or tuple(dict.fromkeys(key for row in rows for key in row))
    columns = [column_cells(key, [row.get(key) for row in rows], result["best"].get(key)) for key in names]
    columns[0] = [f"**{text}**" if ESTIMATOR.fullmatch(text.strip("`")) else text for text in columns[0]]
    return markdown([cell(key, 0) for key in names], list(zip(*columns, strict=True)))


class Figures(dict):
    """Files by name, as the rows by their first cell, for templates."""

    def __missing__(self, name: str) -> dict[str, dict[str, Any]]:
        return {next(iter(row.values())): row for row in load(name)["rows"]}


def summary(templates: dict[str, tuple[str, str, str]]) -> str:
    lines = [(title, *(part.format_map(Figures()) for part in parts)) for title, parts in templates.items()]
    return markdown(["", "measure", "skaae", "others"], lines)


def rendered(text: str) -> str:
    """A page with its tables made anew."""
    return MARKER.sub(lambda match: match[1] + table_or_summary(match[2]), text)


def table_or_summary(name: str) -> str:
    if name in SELECTIONS:
        return table(*SELECTIONS[name])
    return summary(SUMMARIES[name]) if name in SUMMARIES else table(name)


def pages() -> list[Path]:
    found = [ROOT / "README.md", ROOT / "benchmarks" / "README.md", *(ROOT / "docs").rglob("*.md")]
    return [page for page in found if "_build" not in page.parts]


def differing_pages() -> list[Path]:
    return [page for page in pages() if rendered(page.read_text()) != page.read_text()]


def main(arguments: list[str]) -> None:
    differing = differing_pages()
    if "--check" in arguments:
        sys.exit("\n".join(f"{page} differs from benchmarks/results" for page in differing) or 0)
    for page in differing:
        page.write_text(rendered(page.read_text()))
        print(page)


if __name__ == "__main__":
    main(sys.argv[1:])
