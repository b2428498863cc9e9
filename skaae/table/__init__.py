"""Rows of a table as rows of numbers for a network, and back."""

from ._columns import MOST_CATEGORIES
from ._encoder import TableEncoder
from ._scalers import ColumnScaler, RankScaler
from ._tables import as_table, categories_in, in_file, matrix_of, missing_in, refuse_same_names, together

__all__ = [
    "MOST_CATEGORIES",
    "ColumnScaler",
    "RankScaler",
    "TableEncoder",
    "as_table",
    "categories_in",
    "in_file",
    "matrix_of",
    "missing_in",
    "refuse_same_names",
    "together",
]
