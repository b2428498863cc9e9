"""Colours that colour-blind readers can tell apart, with several markers where classes are many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.typing import ColorType

__all__ = ["DATA", "MISSING", "MODEL", "NEUTRAL", "UNLABELLED", "class_colors", "class_markers"]

# The palette of Okabe and Ito, "Color universal design", 2008, in an order that puts the darker ones first.
OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000", "#F0E442")
DATA, MODEL = "#8A8A8A", "#0072B2"  # real rows, and what a model makes
UNLABELLED, NEUTRAL, MISSING = "#C4C4C4", "#707070", "#D55E00"
MARKERS = ("o", "s", "^", "D", "v")


def class_colors(n_classes: int) -> list[ColorType]:
    """Up to eight colours of Okabe and Ito, more from a perceptual colour map."""
    if n_classes <= len(OKABE_ITO):
        return list(OKABE_ITO[:n_classes])
    from matplotlib import colormaps

    return list(colormaps["turbo"](np.linspace(0.04, 0.96, n_classes)))


def class_markers(n_classes: int) -> list[str]:
    """Circles, and several markers where the colours are too many to tell apart."""
    markers = MARKERS if n_classes > len(OKABE_ITO) else MARKERS[:1]
    return [markers[index % len(markers)] for index in range(n_classes)]
