"""What fits, what was generated: numpy arrays in, floats out."""

from ._distribution import sliced_wasserstein
from ._likelihood import parzen_log_likelihood
from ._privacy import share_nearer_to_train

__all__ = ["parzen_log_likelihood", "share_nearer_to_train", "sliced_wasserstein"]
