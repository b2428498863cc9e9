r"""What simple classifiers say, as input of the network: it learns when to believe them and what they miss.

The distance of two cells of a column is that of Gower (1971): the difference of ranks, or whether categories differ. A
kernel on it gives the density of each class around a cell, shrunk to the density of all labelled rows, and so its
evidence :math:`\log p_c - \log p`, for a narrow and a wide kernel. How well this evidence fits the labelled rows, each
left out in turn, is the relevance of a column. A kernel on the mean distance over columns, plain and weighted by
relevance, gives the evidence of whole rows; and ridge regression gives the scores of a linear classifier, also with
each labelled row left out. Nothing here depends on the order of classes, or on rows that are not of the context.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ._values import Cells

__all__ = ["N_CELL_EVIDENCES", "N_ROW_EVIDENCES", "Evidence"]

KERNEL_WIDTHS = (0.04, 0.15)  # of the range of ranks
KERNEL_SHARPNESSES = (1.0, 4.0)  # per deviation of the distances between rows
RIDGES = (0.1, 1.0)  # of the mean of the Gram matrix's diagonal
N_CELL_EVIDENCES = len(KERNEL_WIDTHS)
N_ROW_EVIDENCES = 2 * len(KERNEL_SHARPNESSES) + len(RIDGES)
PRIOR_COUNT = 1.0
MIN_RELEVANCE = 0.02
RIDGE_SCALE = 2.0
MAX_EVIDENCE = 4.0


class Evidence:
    """Learns from the labelled rows of contexts, which come first, and gives the evidence of rows.

    Parameters
    ----------
    context : Cells
        Cells of all rows of the contexts.
    members : Tensor of shape (tables, first rows, classes)
        1 for the class of each labelled row, 0 elsewhere.

    Attributes
    ----------
    relevance : Tensor of shape (tables, columns, kernels)
        How well the evidence of each column fits the labelled rows.
    of_cells : Tensor of shape (tables, columns, rows, kernels, classes)
        Evidence of the cells of the contexts.
    of_rows : Tensor of shape (tables, rows, N_ROW_EVIDENCES, classes)
        Evidence of the contexts' rows.
    """

    def __init__(self, context: Cells, members: Tensor) -> None:
        self.members = members
        n = members.shape[1]
        self.labelled = context.first(n)
        distance = gower(context, self.labelled)
        self.of_cells = self._of_cells(distance, is_context=True)
        self.relevance = relevance_of(self.of_cells[:, :, :n], members)
        weight = self.relevance.mean(2).clamp(min=0) + MIN_RELEVANCE
        self.column_weight = weight / weight.sum(1, keepdim=True)
        means = self._mean_distances(distance)
        self.deviations = [mean.std((1, 2), keepdim=True) + 1e-6 for mean in means]
        products = products_of(context, self.labelled)
        self.mean_product = products[:, :n].mean(1, keepdim=True)
        gram = self._center(products)
        fits = [ridge_regression(gram[:, :n], members, ridge) for ridge in RIDGES]
        self.duals = [dual for dual, _ in fits]
        linear = [torch.cat([left_out, gram[:, n:] @ dual], dim=1) for dual, left_out in fits]
        self.of_rows = self._of_rows(means, linear, is_context=True)

    def of(self, cells: Cells) -> tuple[Tensor, Tensor]:
        """Evidence of the cells and of rows that are not of the contexts."""
        distance = gower(cells, self.labelled)
        gram = self._center(products_of(cells, self.labelled))
        return self._of_cells(distance), self._of_rows(self._mean_distances(distance), [gram @ d for d in self.duals])

    def _of_cells(self, distance: Tensor, *, is_context: bool = False) -> Tensor:
        kernels = [(-distance / width).exp() for width in KERNEL_WIDTHS]
        return torch.stack([class_evidence(kernel, self.members[:, None], is_context) for kernel in kernels], dim=3)

    def _of_rows(self, means: list[Tensor], linear: list[Tensor], *, is_context: bool = False) -> Tensor:
        evidences = []
        for mean, deviation in zip(means, self.deviations, strict=True):
            others = mean + torch.eye(*mean.shape[1:]) if is_context else mean
            excess = (mean - others.amin(2, keepdim=True)).clamp(min=0) / deviation
            kernels = [(-excess * sharpness).exp() for sharpness in KERNEL_SHARPNESSES]
            evidences += [class_evidence(kernel, self.members, is_context) for kernel in kernels]
        present = self.members.amax(1, keepdim=True) > 0
        scores = [(RIDGE_SCALE * score).clamp(-MAX_EVIDENCE, MAX_EVIDENCE) * present for score in linear]
        return torch.stack([*evidences, *scores], dim=2)

    def _mean_distances(self, distance: Tensor) -> list[Tensor]:
        """Distances between rows and labelled rows, plain and weighted means over columns."""
        return [distance.mean(1), torch.einsum("tcij,tc->tij", distance, self.column_weight)]

    def _center(self, products: Tensor) -> Tensor:
        products = products - self.mean_product
        return products - products.mean(2, keepdim=True)


def gower(cells: Cells, labelled: Cells) -> Tensor:
    """Distances (tables, columns, rows, labelled rows) from 0 to 1; a missing cell is like another missing one."""
    distance = 0.5 * (cells.rank[..., None] - labelled.rank[:, :, None]).abs()
    if cells.categorical.any():
        differs = cells.codes[..., None] != labelled.codes[:, :, None]
        distance = torch.where(cells.categorical[:, :, None, None], differs.to(distance.dtype), distance)
    if not (cells.missing.any() or labelled.missing.any()):
        return distance
    one, other = cells.missing[..., None], labelled.missing[:, :, None]
    return distance.masked_fill(one | other, 1.0).masked_fill(one & other, 0.0)


def class_evidence(kernel: Tensor, members: Tensor, is_context: bool) -> Tensor:
    """Log density of each class less that of all labelled rows; labelled rows do not count for themselves."""
    counts = members.sum(-2, keepdim=True)
    if is_context:
        kernel = without_self(kernel)
        counts = counts - torch.nn.functional.pad(members, (0, 0, 0, kernel.shape[-2] - members.shape[-2]))
    total = counts.sum(-1, keepdim=True).clamp(min=1)
    common = kernel @ members.amax(-1, keepdim=True) / total + 1e-6
    density = (kernel @ members + PRIOR_COUNT * common) / (counts + PRIOR_COUNT)
    present = members.amax(-2, keepdim=True) > 0
    evidence = ((density + 1e-6) / (common + 1e-6)).log().clamp(-MAX_EVIDENCE, MAX_EVIDENCE)
    return torch.where(present, evidence, 0)


def without_self(kernel: Tensor) -> Tensor:
    """The kernel without the diagonal."""
    kernel = kernel.clone()
    kernel.diagonal(dim1=-2, dim2=-1).zero_()
    return kernel


def relevance_of(evidence: Tensor, members: Tensor) -> Tensor:
    """Mean evidence for the true classes, less that for the mean class, over labelled rows with equal class weights."""
    counts = members.sum(1, keepdim=True).clamp(min=1)
    present = (members.sum(1) > 0).to(evidence.dtype)
    weights = (members / counts / present.sum(1)[:, None, None]).sum(2)
    true = (evidence * members[:, None, :, None]).sum(4)
    mean = evidence.sum(4) / present.sum(1)[:, None, None, None]
    return ((true - mean) * weights[:, None, :, None]).sum(2)


def products_of(cells: Cells, labelled: Cells) -> Tensor:
    """Products of numbers, and matches of categories, summed over columns, (tables, rows, labelled rows)."""
    numbers, others = (each.deviation.masked_fill(each.categorical[:, :, None], 0) for each in (cells, labelled))
    products = numbers.transpose(1, 2) @ others
    if cells.categorical.any():
        known = (cells.categorical[:, :, None] & ~cells.missing)[..., None]
        products = products + ((cells.codes[..., None] == labelled.codes[:, :, None]) & known).sum(1)
    return products


def ridge_regression(gram: Tensor, members: Tensor, ridge: float) -> tuple[Tensor, Tensor]:
    """Coefficients of labelled rows in kernel ridge regression on classes, and the labelled rows' left-out scores."""
    known = members.amax(2, keepdim=True)
    target = members - (members.sum(1, keepdim=True) / known.sum(1, keepdim=True)) * known
    square = gram * known * known.mT
    strength = ridge * square.diagonal(dim1=1, dim2=2).mean(1).clamp(min=1e-6)
    inverse = torch.linalg.inv(square + strength[:, None, None] * torch.eye(gram.shape[1]))
    dual = inverse @ target * known
    left_out = target - dual / inverse.diagonal(dim1=1, dim2=2)[..., None]
    return dual, torch.where(known > 0, left_out, gram @ dual)
