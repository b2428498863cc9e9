"""Out-of-core learning: rows that do not fit into memory are read in chunks, shuffled, and learned by `partial_fit`."""

from ._fit_stream import fit_stream
from ._sources import read_chunks

__all__ = ["fit_stream", "read_chunks"]
