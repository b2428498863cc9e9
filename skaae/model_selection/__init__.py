"""Splits of partly labelled rows and of outliers, and searches that train many models at once."""

from ._search import PackedGridSearchCV, PackedRandomizedSearchCV
from ._splits import OutlierKFold, SemiSupervisedKFold

__all__ = ["OutlierKFold", "PackedGridSearchCV", "PackedRandomizedSearchCV", "SemiSupervisedKFold"]
