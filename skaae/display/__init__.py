"""Pictures of estimators and of what they make, in the manner of scikit-learn's displays.

`from_estimator` computes and draws, `from_...` draws what was computed elsewhere, `plot` draws again. matplotlib is
loaded when something is drawn: ``pip install "skaae[plot]"``.
"""

from ._column import ColumnDisplay
from ._history import HistoryDisplay
from ._latent import LatentDisplay
from ._manifold import ManifoldDisplay
from ._outlier import OutlierDisplay
from ._quality import QualityDisplay
from ._reconstruction import ReconstructionDisplay
from ._sample import SampleDisplay
from ._transfer import TransferDisplay

__all__ = [
    "ColumnDisplay",
    "HistoryDisplay",
    "LatentDisplay",
    "ManifoldDisplay",
    "OutlierDisplay",
    "QualityDisplay",
    "ReconstructionDisplay",
    "SampleDisplay",
    "TransferDisplay",
]
