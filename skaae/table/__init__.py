"""Rows of a table as rows of numbers for a network, and back."""

from ._cells import categories_at
from ._columns import MAX_CATEGORIES
from ._date_formats import date_kind, dates_as_numbers
from ._encoder import TableEncoder
from ._frames import FrameFormat, is_frame, to_pandas
from ._identifiers import identifier_columns
from ._kinds import NOT_ENCODED, categorical_columns, check_kinds
from ._rounding import count_decimals
from ._scalers import ColumnScaler, RankScaler
from ._tables import (
    categorical_mask,
    check_matrix,
    check_table,
    check_unique_names,
    concatenate,
    is_memory_mapped,
    missing_mask,
    rows_of_lists,
)

__all__ = [
    "MAX_CATEGORIES",
    "NOT_ENCODED",
    "ColumnScaler",
    "FrameFormat",
    "RankScaler",
    "TableEncoder",
    "categorical_columns",
    "categorical_mask",
    "categories_at",
    "check_kinds",
    "check_matrix",
    "check_table",
    "check_unique_names",
    "concatenate",
    "count_decimals",
    "date_kind",
    "dates_as_numbers",
    "identifier_columns",
    "is_frame",
    "is_memory_mapped",
    "missing_mask",
    "rows_of_lists",
    "to_pandas",
]
