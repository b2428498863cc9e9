r"""What simple classifiers say, as input of the network: it learns when to believe them and what they miss.

The distance of two cells of a column is that of Gower (1971): the difference of ranks, or whether categories differ. A
kernel on it gives the density of each class around a cell, shrunk to the density of all labelled rows, and so its
evidence :math:`\log p_c - \log p`, for a narrow and a wide kernel. How well this evidence fits the labelled rows, each
left out in turn, is the relevance of a column. A kernel on the mean distance over columns, plain and weighted by
relevance, gives the evidence of whole rows; and ridge regression gives the scores of a linear classifier, also with
each labelled row left out. Nothing here depends on the order of classes.
"""

import torch

KERNEL_WIDTHS = (0.04, 0.15)  # of the range of ranks
KERNEL_SHARPNESSES = (1.0, 4.0)  # per deviation of the distances between rows
RIDGES = (0.1, 1.0)  # of the mean of the Gram matrix's diagonal
N_CELL_EVIDENCES = len(KERNEL_WIDTHS)
N_ROW_EVIDENCES = 2 * len(KERNEL_SHARPNESSES) + len(RIDGES)
PRIOR_COUNT = 1.0
MIN_RELEVANCE = 0.02
RIDGE_SCALE = 2.0
MAX_EVIDENCE = 4.0


def evidences(rank, z, categorical, missing, codes, labels, n_labelled, n_classes):
    """Evidence of cells (tables, columns, rows, kernels, classes), relevance (tables, columns, kernels), of rows.

    `rank` and `z` are zero where `missing`; all are (tables, columns, rows), and `codes` are the categories.
    """
    members = torch.nn.functional.one_hot(labels[:, :n_labelled] + 1, n_classes + 1)[..., 1:].to(rank.dtype)
    distance = gower(rank, categorical, missing, codes, n_labelled)
    of_cells = [class_evidence((-distance / width).exp(), members[:, None]) for width in KERNEL_WIDTHS]
    of_cells = torch.stack(of_cells, dim=3)
    relevance = relevance_of(of_cells[:, :, :n_labelled], members)
    weight = relevance.mean(2).clamp(min=0) + MIN_RELEVANCE
    weighted = torch.einsum("tcij,tc->tij", distance, weight / weight.sum(1, keepdim=True))
    of_rows = [
        class_evidence(row_kernel(d, sharpness), members)
        for d in (distance.mean(1), weighted)
        for sharpness in KERNEL_SHARPNESSES
    ]
    gram = linear_kernel(z, categorical, missing, codes, n_labelled)
    of_rows += [ridge_scores(gram, members, ridge) for ridge in RIDGES]
    return of_cells, relevance, torch.stack(of_rows, dim=2)


def gower(rank, categorical, missing, codes, n):
    """Distances (tables, columns, rows, labelled rows) from 0 to 1; a missing cell is like another missing one."""
    differs = codes[..., None] != codes[:, :, None, :n]
    distance = 0.5 * (rank[..., None] - rank[:, :, None, :n]).abs()
    distance = torch.where(categorical[:, :, None, None], differs.to(rank.dtype), distance)
    both, either = missing[..., None] & missing[:, :, None, :n], missing[..., None] | missing[:, :, None, :n]
    return distance.masked_fill(either, 1.0).masked_fill(both, 0.0)


def class_evidence(kernel, members):
    """Log density of each class less that of all labelled rows; labelled rows do not count for themselves."""
    kernel = without_self(kernel)
    n = members.shape[-2]
    counts = members.sum(-2, keepdim=True)
    own = torch.nn.functional.pad(members, (0, 0, 0, kernel.shape[-2] - n))
    counts = counts - own  # without the row itself
    total = counts.sum(-1, keepdim=True).clamp(min=1)
    common = kernel @ members.amax(-1, keepdim=True) / total + 1e-6
    density = (kernel @ members + PRIOR_COUNT * common) / (counts + PRIOR_COUNT)
    present = members.amax(-2, keepdim=True) > 0
    evidence = ((density + 1e-6) / (common + 1e-6)).log().clamp(-MAX_EVIDENCE, MAX_EVIDENCE)
    return torch.where(present, evidence, 0)


def without_self(kernel):
    kernel = kernel.clone()
    kernel.diagonal(dim1=-2, dim2=-1).zero_()
    return kernel


def relevance_of(evidence, members):
    """Mean evidence for the true classes, less that for the mean class, over labelled rows with equal class weights."""
    counts = members.sum(1, keepdim=True).clamp(min=1)
    present = (members.sum(1) > 0).to(evidence.dtype)
    weights = (members / counts / present.sum(1)[:, None, None]).sum(2)
    true = (evidence * members[:, None, :, None]).sum(4)
    mean = evidence.sum(4) / present.sum(1)[:, None, None, None]
    return ((true - mean) * weights[:, None, :, None]).sum(2)


def row_kernel(distance, sharpness):
    """Exponential in the distance to labelled rows, relative to the nearest one."""
    nearest = (distance + torch.eye(*distance.shape[1:])).amin(2, keepdim=True)
    return (-(distance - nearest).clamp(min=0) * sharpness / (distance.std((1, 2), keepdim=True) + 1e-6)).exp()


def linear_kernel(z, categorical, missing, codes, n):
    """Products of numbers, and matches of categories, summed over columns and centred at the labelled rows."""
    numbers = z.masked_fill(categorical[:, :, None], 0)
    gram = numbers.transpose(1, 2) @ numbers[:, :, :n]
    if categorical.any():
        same = (codes[..., None] == codes[:, :, None, :n]) & (categorical[:, :, None] & ~missing)[..., None]
        gram = gram + same.sum(1).to(z.dtype)
    gram = gram - gram[:, :n].mean(1, keepdim=True)
    return gram - gram.mean(2, keepdim=True)


def ridge_scores(gram, members, ridge):
    """Scores of kernel ridge regression on class membership; of labelled rows, when they are left out."""
    n = members.shape[1]
    known = members.amax(2, keepdim=True)
    target = members - (members.sum(1, keepdim=True) / known.sum(1, keepdim=True)) * known
    square = gram[:, :n] * known * known.mT
    strength = ridge * square.diagonal(dim1=1, dim2=2).mean(1).clamp(min=1e-6)
    inverse = torch.linalg.inv(square + strength[:, None, None] * torch.eye(n))
    dual = inverse @ target * known
    scores = gram @ dual
    left_out = target - dual / inverse.diagonal(dim1=1, dim2=2)[..., None]
    scores = torch.cat([torch.where(known > 0, left_out, scores[:, :n]), scores[:, n:]], dim=1)
    scores = (RIDGE_SCALE * scores).clamp(-MAX_EVIDENCE, MAX_EVIDENCE)
    return scores * (members.amax(1, keepdim=True) > 0)
