"""Splits where some rows have no label, and searches that train many models at once."""

from ._search import PackedGridSearchCV, PackedRandomizedSearchCV
from ._splits import SemiSupervisedKFold

__all__ = ["PackedGridSearchCV", "PackedRandomizedSearchCV", "SemiSupervisedKFold"]
