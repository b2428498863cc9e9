r"""Styles apart from classes: the mean and the covariance of style codes in each class.

Nothing in training keeps a style block from holding what the class already says, and decoders then read the class off
the style. So codes :math:`z` of class :math:`c` are told as :math:`s = L_c^{-1} (z - m_c)`, with their mean
:math:`m_c` and covariance :math:`L_c L_c^\top`: like standard normal draws in every class, and put back by
:math:`z = m_c + L_c s` into any of them.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

__all__ = ["ClassStyles"]

LARGEST_MEMORY = 1000.0  # rows that what was seen before counts as, at most, when more are added
SMALLEST_VARIANCE = 1e-6
SMALLEST_SHARE = 1e-12  # of the mean square, below which a variance is lost in rounding


class ClassStyles:
    """Creates the moments of style codes by class, of no rows yet.

    A class of few rows leans on all classes together: it counts as many rows of their common covariance beside its own
    as the code has columns.
    """

    def __init__(self, n_classes: int, width: int) -> None:
        self.counts = np.zeros(n_classes)
        self.sums = np.zeros((n_classes, width))
        self.products = np.zeros((n_classes, width, width))

    def add(self, parts: Iterable[tuple[np.ndarray, np.ndarray]]) -> None:
        """Counts rows in, each for its class probabilities; those of before count no more than LARGEST_MEMORY.

        ``parts`` are codes, (n, width), and probabilities, (n, n_classes), of some rows after the other.
        """
        fading = LARGEST_MEMORY / max(LARGEST_MEMORY, self.counts.sum())
        self.counts, self.sums, self.products = fading * self.counts, fading * self.sums, fading * self.products
        for codes, probabilities in ((part.astype(np.float64, copy=False) for part in pair) for pair in parts):
            self.counts += probabilities.sum(0)
            self.sums += probabilities.T @ codes
            self.products += np.einsum("nc,ni,nj->cij", probabilities, codes, codes, optimize=True)
        self._settle()

    def apart(self, codes: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
        """Styles of codes, (n, width), whatever their class: the mean over the classes that a row may be of."""
        styles = np.einsum("cij,ncj->nci", self.inverses, codes[:, None] - self.means)
        return np.einsum("nc,nci->ni", probabilities, styles)

    def together(self, styles: np.ndarray, positions: np.ndarray) -> np.ndarray:
        """Codes of styles, (n, width), in given classes."""
        return self.means[positions] + np.einsum("nij,nj->ni", self.factors[positions], styles)

    def _settle(self) -> None:
        width = self.sums.shape[1]
        every = self.counts.sum()
        self.means = (self.sums + width * self.sums.sum(0) / every) / (self.counts + width)[:, None]
        own = self.products - 2 * np.einsum("ci,cj->cij", self.means, self.sums)
        own = (own + own.transpose(0, 2, 1)) / 2 + np.einsum("c,ci,cj->cij", self.counts, self.means, self.means)
        common = own.sum(0) / every
        covariances = (own + width * common) / (self.counts + width)[:, None, None]
        smallest = SMALLEST_VARIANCE + SMALLEST_SHARE * np.trace(self.products.sum(0)) / every
        self.factors = np.linalg.cholesky(covariances + smallest * np.eye(width))
        self.inverses = np.linalg.inv(self.factors)
