"""Rows of a table as rows of numbers for a network, and back."""

from ._columns import MOST_CATEGORIES
from ._encoder import TableEncoder, as_table, categories_in, missing_in, together
from ._scalers import ColumnScaler, RankScaler

__all__ = [
    "MOST_CATEGORIES",
    "ColumnScaler",
    "RankScaler",
    "TableEncoder",
    "as_table",
    "categories_in",
    "missing_in",
    "together",
]
