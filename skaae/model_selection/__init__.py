"""Splits of partly labelled rows, and searches that train many models at once."""

from ._search import PackedGridSearchCV, PackedRandomizedSearchCV
from ._splits import SemiSupervisedKFold

__all__ = ["PackedGridSearchCV", "PackedRandomizedSearchCV", "SemiSupervisedKFold"]
