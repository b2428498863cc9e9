r"""Styles without classes: style codes are whitened within each class.

Training does not keep a style block from holding what the class already says; decoders then read the class off the
style. So a style code :math:`z` of class :math:`c` becomes :math:`s = L_c^{-1} (z - m_c)`, where :math:`m_c` is the
mean of the class and :math:`L_c L_c^\top` its covariance, and :math:`z = m_c + L_c s` colors a style for any class.

Means and covariances are shrunk towards those of all rows, because a class of few rows does not determine its own: as
if each class had more rows, as many as a code has columns, with the moments of all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ClassStyles"]

MAX_PREVIOUS_ROWS = 1000.0  # that earlier rows count as when more are added
MIN_VARIANCE = 1e-6
MIN_VARIANCE_FRACTION = 1e-12  # of the mean square: smaller variances are lost in rounding


class ClassStyles:
    """Mean and covariance of the style codes of each class.

    Parameters
    ----------
    n_classes : int
        Number of classes or clusters.
    width : int
        Number of columns of a style code.

    Attributes
    ----------
    counts, sums, products : ndarray of shape (n_classes, ...)
        Sums of class probabilities, and of codes and their outer products weighted by these.
    means : ndarray of shape (n_classes, width)
        Shrunk means.
    factors, inverses : ndarray of shape (n_classes, width, width)
        Cholesky factors of the shrunk covariances, and their inverses.
    """

    def __init__(self, n_classes: int, width: int) -> None:
        self.counts = np.zeros(n_classes)
        self.sums = np.zeros((n_classes, width))
        self.products = np.zeros((n_classes, width, width))

    def add(self, parts: Iterable[tuple[NDArray[Any], NDArray[Any]]]) -> None:
        """Update the moments with chunks of codes, (n, width), and class probabilities, (n, n_classes)."""
        decay = MAX_PREVIOUS_ROWS / max(MAX_PREVIOUS_ROWS, self.counts.sum())
        self.counts, self.sums, self.products = decay * self.counts, decay * self.sums, decay * self.products
        for codes, probabilities in ((array.astype(np.float64, copy=False) for array in part) for part in parts):
            self.counts += probabilities.sum(0)
            self.sums += probabilities.T @ codes
            self.products += np.einsum("nc,ni,nj->cij", probabilities, codes, codes, optimize=True)
        self._update_moments()

    def whiten(self, codes: NDArray[Any], probabilities: NDArray[Any]) -> NDArray[np.float64]:
        """Styles of codes, (n, width): the mean over the classes, weighted by their probabilities."""
        styles = np.einsum("cij,ncj->nci", self.inverses, codes[:, None] - self.means)
        return np.asarray(np.einsum("nc,nci->ni", probabilities, styles))

    def color(self, styles: NDArray[Any], indices: NDArray[np.intp]) -> NDArray[np.float64]:
        """Style codes, (n, width), of styles in the classes at the indices."""
        return np.asarray(self.means[indices] + np.einsum("nij,nj->ni", self.factors[indices], styles))

    def _update_moments(self) -> None:
        width, n_rows = self.sums.shape[1], self.counts.sum()
        self.means = (self.sums + width * self.sums.sum(0) / n_rows) / (self.counts + width)[:, None]
        scatter = self.products - 2 * np.einsum("ci,cj->cij", self.means, self.sums)
        scatter = (scatter + scatter.transpose(0, 2, 1)) / 2
        scatter = scatter + np.einsum("c,ci,cj->cij", self.counts, self.means, self.means)
        pooled = scatter.sum(0) / n_rows
        covariances = (scatter + width * pooled) / (self.counts + width)[:, None, None]
        floor = MIN_VARIANCE + MIN_VARIANCE_FRACTION * np.trace(self.products.sum(0)) / n_rows
        self.factors = np.linalg.cholesky(covariances + floor * np.eye(width))
        self.inverses = np.linalg.inv(self.factors)
