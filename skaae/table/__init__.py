"""Rows of a table as rows of numbers for a network, and back."""

from ._columns import MOST_CATEGORIES
from ._encoder import TableEncoder, as_table, categories_in, matrix_of, missing_in, refuse_same_names, together
from ._scalers import ColumnScaler, RankScaler

__all__ = [
    "MOST_CATEGORIES",
    "ColumnScaler",
    "RankScaler",
    "TableEncoder",
    "as_table",
    "categories_in",
    "matrix_of",
    "missing_in",
    "refuse_same_names",
    "together",
]
