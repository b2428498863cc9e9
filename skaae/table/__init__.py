"""Rows of a table as rows of numbers for a network, and back."""

from ._encoder import TableEncoder, as_table, matrix_of, missing_in, refuse_same_names
from ._scalers import ColumnScaler, RankScaler

__all__ = [
    "ColumnScaler",
    "RankScaler",
    "TableEncoder",
    "as_table",
    "matrix_of",
    "missing_in",
    "refuse_same_names",
]
