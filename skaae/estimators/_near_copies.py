"""Near copies: rows that are another row again, but for noise, as of a table that was joined or a sensor that is held.

Near copies are one another's nearest neighbours, many times as near as any new row. They are told by the heights at
which rows join in single linkage (Gower and Ross, 1969): those within groups of near copies are far below those
between groups, with hardly any in the gap, where otherwise heights follow one another closely.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import cdist, pdist
from sklearn.utils import gen_batches

from ._neighbors import MAX_DUPLICATE_DISTANCE

__all__ = ["find_copy_distance", "without_near_copies"]

N_SAMPLED_ROWS = 200  # that are looked at, with their neighbours
MIN_COPIED_FRACTION = 0.5  # of the rows, that have near copies
MIN_GROUPS = 20  # fewer may be clusters
GAP_RATIO = 4.0  # of the heights above and below the gap
MIN_BELOW, MAX_IN_GAP = 0.25, 0.05  # of the heights
MAX_COPY_FRACTION = 0.05  # of the median distance between rows, that near copies are apart
CHUNK_ROWS = 500


def find_copy_distance(X: NDArray[np.float64], distances: NDArray[np.float64], indices: NDArray[np.intp]) -> float:
    """The distance below which rows count as one, 0 unless most have near copies that are no copies.

    The neighbours of all rows, nearest first and rows themselves among them, have some distances and indices.
    """
    sampled = np.random.RandomState(0).permutation(len(X))[:N_SAMPLED_ROWS]
    limit = MAX_COPY_FRACTION * float(np.median(pdist(X[sampled])))
    nearest = distances[distances[:, 1] > MAX_DUPLICATE_DISTANCE, 1]
    if (nearest <= limit).sum() < MIN_COPIED_FRACTION * len(X):
        return 0.0
    heights = np.sort(linkage(X[np.unique(indices[sampled])], "single")[:, 2])
    heights = heights[heights > MAX_DUPLICATE_DISTANCE]
    n_below = np.arange(1, len(heights) + 1)
    n_up_to_gap = np.searchsorted(heights, GAP_RATIO * heights)
    is_gap = (n_below >= MIN_BELOW * len(heights)) & (len(heights) - n_up_to_gap >= MIN_GROUPS) & (heights <= limit)
    in_gap = np.where(is_gap, n_up_to_gap - n_below, len(heights))
    if in_gap.min(initial=len(X)) > MAX_IN_GAP * len(heights):
        return 0.0
    distance = float(np.sqrt(GAP_RATIO) * heights[in_gap.argmin()])
    return distance if (nearest < distance).sum() >= MIN_COPIED_FRACTION * len(X) else 0.0


def without_near_copies(X: NDArray[np.float64], distance: float) -> NDArray[np.intp]:
    """Indices of rows of which none is nearer to another than a distance, and all others are to one of them."""
    kept = np.empty(0, np.intp)
    for chunk in gen_batches(len(X), CHUNK_ROWS):
        rows, new = X[chunk], list[int]()
        is_near = cdist(rows, rows) < distance
        is_new = ~(cdist(rows, X[kept]) < distance).any(axis=1)
        for index in np.flatnonzero(is_new).tolist():
            if not is_near[index, new].any():
                new.append(index)
        kept = np.append(kept, chunk.start + np.array(new, np.intp))
    return kept
