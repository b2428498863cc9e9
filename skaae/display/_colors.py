"""Colours that colour-blind eyes tell apart, and marks beside them where there are many."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["FIRST", "MISSING", "OTHERS", "SECOND", "UNLABELLED", "colors_of", "marks_of"]

# The palette of Okabe and Ito, "Color universal design", 2008, in an order that puts the darker ones first.
OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000", "#F0E442")
FIRST, SECOND = "#8A8A8A", "#0072B2"  # what is given, and what a model makes
UNLABELLED, OTHERS, MISSING = "#C4C4C4", "#707070", "#D55E00"
MARKS = ("o", "s", "^", "D", "v")


def colors_of(n_classes: int) -> list[Any]:
    """A colour for each class: of Okabe and Ito up to eight, then evenly from a perceptual map."""
    if n_classes <= len(OKABE_ITO):
        return list(OKABE_ITO[:n_classes])
    from matplotlib import colormaps

    return list(colormaps["turbo"](np.linspace(0.04, 0.96, n_classes)))


def marks_of(n_classes: int) -> list[str]:
    """A mark for each class, of several shapes where colours are too many to tell apart alone."""
    many = n_classes > len(OKABE_ITO)
    return [MARKS[position % len(MARKS)] if many else MARKS[0] for position in range(n_classes)]
