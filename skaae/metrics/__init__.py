"""What fits, what was generated: numpy arrays in, floats out."""

from ._distribution import sliced_wasserstein

__all__ = ["sliced_wasserstein"]
