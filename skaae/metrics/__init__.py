"""What fits, what was generated: numpy arrays in, floats out."""

from ._distribution import sliced_wasserstein
from ._privacy import share_nearer_to_train

__all__ = ["share_nearer_to_train", "sliced_wasserstein"]
