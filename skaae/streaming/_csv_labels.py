"""Labels in CSV files, read as text: what they are is decided by all of them.

They are bools or numbers if all are; then words such as NA stand for missing ones. Otherwise they are names of classes,
of which one may be called None or NA.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..estimators._labels import is_minus_one

__all__ = ["LabelKind", "infer_label_kind", "label_kind_of_classes", "mark_as_text", "parse_labels", "parse_text"]

LabelKind: TypeAlias = Literal["bool", "number", "name"]
BOOLS = {"true": True, "false": False}
MISSING = {"", "nan", "-nan", "<na>", "#n/a", "#n/a n/a", "#na", "nat"}  # in lower case, whatever the labels are
MISSING_AMONG_NUMBERS = {"none", "na", "n/a", "null"}


def mark_as_text(cell: str) -> str:
    """A cell that pandas takes for text, whatever it says."""
    return f"={cell}"


def parse_text(marked: str) -> str | None:
    """The text of a marked cell, None where it is missing."""
    text = marked[1:].strip()
    return None if text.lower() in MISSING else text


def infer_label_kind(labels: Iterable[Any]) -> LabelKind | None:
    """What the labels are, by all of them; None if all may be unknown."""
    known = [label for label in labels if isinstance(label, str) and not is_minus_one(label)]
    names = [label for label in known if label.lower() not in MISSING_AMONG_NUMBERS]
    if not names:
        return None
    if all(name.lower() in BOOLS for name in names):
        return "bool"
    try:
        pd.to_numeric(pd.Series(names, dtype=object))
    except (TypeError, ValueError):
        return "name"
    return "number"


def label_kind_of_classes(classes: NDArray[Any]) -> LabelKind:
    """What the labels are, by the classes."""
    kinds: dict[str, LabelKind] = {"b": "bool", "O": "name", "U": "name"}
    return kinds.get(classes.dtype.kind, "number")


def parse_labels(labels: NDArray[Any], kind: LabelKind | None) -> NDArray[Any]:
    """Labels that are text as bools, numbers or names; others as they are."""
    if kind in ("name", None) or labels.dtype.kind != "O":
        return labels
    parsed = {text: parse_label(text, str(kind)) for text in pd.unique(labels) if isinstance(text, str)}
    return np.array([parsed[label] if isinstance(label, str) else label for label in labels], dtype=object)


def parse_label(text: str, kind: str) -> Any:
    """A bool or a number, None where it is missing."""
    if text.lower() in MISSING_AMONG_NUMBERS:
        return None
    if kind == "bool" and text.lower() in BOOLS:
        return BOOLS[text.lower()]
    try:
        return pd.to_numeric(text)
    except (TypeError, ValueError):
        raise ValueError(
            f"Labels must be {kind}s, as the classes or the first ones are. Got {text!r}: pass all `classes` as text if"
            " they are names, or leave `scan=True`."
        ) from None
