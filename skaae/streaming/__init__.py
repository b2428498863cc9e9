"""Rows that do not fit into memory: read a batch at a time, mixed with others, and learnt by `partial_fit`."""

from ._learning import fit_stream
from ._reading import batches_of

__all__ = ["batches_of", "fit_stream"]
