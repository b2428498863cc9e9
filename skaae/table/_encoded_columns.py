"""The columns of a table side by side: encoded as numbers, scaled values first and one-hot groups after them; and back.

Most columns are numbers without a missing cell, and are scaled together, in one array. The others are encoded apart,
one by one, as `_columns` says.
"""

from __future__ import annotations

from copy import copy
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ._columns import CategoricalColumn, IdentifierColumn, NumericColumn
from ._formats import NumberFormat, cast, clip_to_dtype
from ._rounding import count_decimals, round_decimals
from ._scalers import ColumnScaler, Identity, RankScaler
from ._structural_zeros import StructuralZeros
from ._tables import Table, float_dtype, numeric_columns, one_hot

__all__ = ["TAILS", "EncodedColumns", "make_scaler"]

N_FIRST_ROWS = 20  # that tell of most columns that they are no whole numbers
TAILS = {"standard": "arcsinh", "clip": "clip", "linear": "linear"}


class EncodedColumns:
    """Creates the encoding of a table's columns, numbers and categories.

    Parameters
    ----------
    table : DataFrame or ndarray
        Training rows.
    apart : dict of int to CategoricalColumn, NumericColumn or IdentifierColumn
        Columns that are encoded apart, by their indices. All others are complete numbers.
    scaling, rounding
        As in `TableEncoder`.

    Attributes
    ----------
    together : list of int
        Indices of the columns that are scaled together.
    scaler : ColumnScaler, RankScaler or Identity
        Their scaler, if there are any.
    decimals : list of int or None
        How many decimals each of them has; empty without rounding.
    value_columns, one_hot_columns : list of int
        Indices of the columns that values and one-hot groups come from, in their order in encoded rows.
    one_hot_groups : tuple of int
        Widths of the one-hot groups.
    zeros : StructuralZeros or None
        Categories that do not go together in decoded rows, with ``rounding="seen"``.
    """

    scaler: ColumnScaler | RankScaler | Identity
    zeros: StructuralZeros | None = None

    def __init__(self, table: Table, apart: dict[int, Any], scaling: str | None, rounding: bool | str) -> None:
        self.apart, self.scaling, self.rounding = apart, scaling, rounding
        self.together = [index for index in range(table.shape[1]) if index not in apart]
        self.dtypes = list(table.dtypes) if isinstance(table, pd.DataFrame) else None
        of_objects = [index for index in self.together if self.dtypes and self.dtypes[index].kind == "O"]
        self.formats = {index: NumberFormat(column_of(table, index)) for index in of_objects}
        self._fit_together(table)
        with_categories = [index for index, column in apart.items() if column.n_categories]
        self.value_columns = [*self.together, *[index for index, column in apart.items() if column.has_value]]
        self.one_hot_columns = sorted(with_categories, key=lambda index: apart[index].n_categories)
        self.one_hot_groups = tuple(apart[index].n_categories for index in self.one_hot_columns)
        if rounding == "seen" and len(self.one_hot_columns) > 1:
            with_missing = [bool(apart[index].has_missing) for index in self.one_hot_columns]
            self.zeros = StructuralZeros(self.category_codes(table), self.one_hot_groups, with_missing)

    def sources(self) -> NDArray[np.intp]:
        """The index of the column that each column of encoded rows comes from."""
        of_groups = np.repeat(self.one_hot_columns, self.one_hot_groups)
        return np.concatenate([self.value_columns, of_groups]).astype(np.intp)

    def encode(self, table: Table, unseen: dict[Any, list[Any]]) -> NDArray[Any]:
        """Encoded rows; new categories are added to those `unseen`, by the names of their columns."""
        scaled = []
        if self.together:
            values = self.scaler.transform(numeric_columns(table, self.together))
            missing = np.isnan(values)
            scaled = [np.where(missing, 0, values) if missing.any() else values]
        if not self.apart:
            return scaled[0]
        frame: Any = pd.DataFrame(table, copy=False)
        encoded = {index: column.encode(frame.iloc[:, index]) for index, column in self.apart.items()}
        for index, column in self.apart.items():
            if isinstance(column, CategoricalColumn) and (encoded[index][1] < 0).any():
                name, cells = frame.columns[index], frame.iloc[:, index]
                new = column.unseen(cells, encoded[index][1])
                unseen |= {name: list(dict.fromkeys([*unseen.get(name, []), *new]))} if new else {}
        scaled += [encoded[index][0][:, None] for index in self.value_columns if index in encoded]
        groups = [one_hot(encoded[index][1], self.apart[index].n_categories) for index in self.one_hot_columns]
        rows, dtype = np.concatenate([*scaled, *groups], axis=1), float_dtype(table)
        return rows if rows.dtype == dtype else clip_to_dtype(rows, dtype).astype(dtype)

    def category_codes(self, table: Table) -> NDArray[np.intp]:
        """The category of each row in each one-hot group, (n, n_groups)."""
        frame: Any = pd.DataFrame(table, copy=False)
        return np.stack([self.apart[index].encode(frame.iloc[:, index])[1] for index in self.one_hot_columns], axis=1)

    def decode(self, encoded: NDArray[Any]) -> list[Any]:
        """The cells of each column, those of a DataFrame in its dtypes."""
        n_values = len(self.value_columns)
        scaled = dict(zip(self.value_columns, encoded.T, strict=False))
        groups = np.split(encoded[:, n_values:], np.cumsum(self.one_hot_groups)[:-1], axis=1)
        codes = [category_indices(group) for group in groups] if self.one_hot_columns else []
        if self.zeros is not None:
            codes = self.zeros.most_probable(groups, codes)
        indices = dict(zip(self.one_hot_columns, codes, strict=True))
        cells = self._decode_together(encoded)
        for index, column in self.apart.items():
            if isinstance(column, IdentifierColumn):
                cells[index] = column.make_up(len(encoded))
            elif index in scaled or index in indices:
                cells[index] = column.decode(scaled.get(index), indices.get(index))
            else:  # no training row had a cell
                none = [None] * len(encoded)
                cells[index] = (
                    pd.array(none, dtype=self.dtypes[index]) if self.dtypes else np.full(len(encoded), np.nan)
                )
        return [cells[index] for index in range(len(cells))]

    def ordinal(self, table: Table) -> NDArray[np.float64]:
        """Numbers in their own units, NaN if missing, and indices of categories."""
        frame: Any = pd.DataFrame(table, copy=False)
        indices = [column.encode(frame.iloc[:, index])[1] for index, column in self.categorical_apart().items()]
        return np.column_stack([numeric_columns(table, self.numeric_indices(), np.float64), *indices])

    def category_names(self, names: NDArray[np.object_]) -> list[str]:
        """Names of the columns of the one-hot groups."""
        columns = [(names[index], self.apart[index]) for index in self.one_hot_columns]
        return [f"{name}_{category}" for name, column in columns for category in column.category_names()]

    def with_scales_of(self, table: Table) -> EncodedColumns:
        """A copy with the same categories, and scales of numbers fitted to other rows."""
        columns, frame = copy(self), pd.DataFrame(table, copy=False)
        columns._fit_together(table)
        columns.apart = dict(self.apart)
        for index, column in self.apart.items():
            if isinstance(column, NumericColumn):
                scaler = make_scaler(self.scaling)
                columns.apart[index] = column.with_scale_of(frame.iloc[:, index], scaler, self.rounding)
            elif isinstance(column, IdentifierColumn):
                columns.apart[index] = column.after(frame.iloc[:, index])
        if self.zeros is not None:
            columns.zeros = self.zeros.of(columns.category_codes(table))
        return columns

    def is_far(self, table: Table) -> dict[int, NDArray[np.bool_]]:
        """Which cells of each numeric column are far from those of training."""
        frame: Any = pd.DataFrame(table, copy=False)
        far = {index: column.is_far(frame.iloc[:, index]) for index, column in self.numeric_apart().items()}
        if self.together:
            values = numeric_columns(table, self.together)
            far |= dict(zip(self.together, self.scaler.is_far(values).T, strict=True))
        return far

    def is_unknown(self, table: Table) -> NDArray[np.bool_]:
        """Which cells have no encoding: categories that did not occur, and missing cells of complete columns."""
        unknown = np.zeros(table.shape, np.bool_)
        if self.together:
            unknown[:, self.together] = np.isnan(numeric_columns(table, self.together))
        frame: Any = pd.DataFrame(table, copy=False) if self.apart else None
        for index, column in self.apart.items():
            unknown[:, index] = column.is_unknown(frame.iloc[:, index])
        return unknown

    def category_indices(self, table: Table) -> NDArray[np.intp]:
        """Indices of the categories of each categorical column, (n, n_categorical), also those encoded as one."""
        frame: Any = pd.DataFrame(table, copy=False)
        columns = self.categorical_apart().items()
        indices = [column.match(frame.iloc[:, index])[0] for index, column in columns]
        return np.stack(indices, axis=1) if indices else np.empty((len(table), 0), np.intp)

    def categorical_apart(self) -> dict[int, CategoricalColumn]:
        """The categorical columns."""
        return {index: column for index, column in self.apart.items() if isinstance(column, CategoricalColumn)}

    def numeric_apart(self) -> dict[int, NumericColumn]:
        """The numeric columns that are encoded apart."""
        return {index: column for index, column in self.apart.items() if isinstance(column, NumericColumn)}

    def numeric_indices(self) -> list[int]:
        """The indices of numeric columns that had a value in training."""
        numeric = self.numeric_apart().items()
        return sorted([*self.together, *[index for index, column in numeric if column.has_value or len(column.atoms)]])

    def decimals_of(self, index: int) -> int | None:
        """How many decimals a numeric column has, None where that is not known."""
        if index in self.apart:
            decimals: int | None = self.apart[index].decimals
            return decimals
        return self.decimals[self.together.index(index)] if self.decimals else None

    def _fit_together(self, table: Table) -> None:
        """Learn the scales of the columns that are scaled together, and how many decimals they have."""
        self.decimals: list[int | None] = []
        if not self.together:
            return
        # Arrays of integers are not copied, because scalers convert them to floats column by column.
        values = numeric_columns(table, self.together, table.dtype if isinstance(table, np.ndarray) else None)
        self.scaler = make_scaler(self.scaling).fit(values)
        dtypes = list(table.dtypes) if isinstance(table, pd.DataFrame) else [table.dtype] * table.shape[1]
        if self.rounding:
            columns = zip(are_whole(values), values.T, (dtypes[index] for index in self.together), strict=True)
            self.decimals = [0 if is_whole else count_decimals(*column) for is_whole, *column in columns]

    def _decode_together(self, encoded: NDArray[Any]) -> dict[int, Any]:
        """The cells of the columns that are scaled together."""
        if not self.together:
            return {}
        values = self.scaler.inverse_transform(encoded[:, : len(self.together)])
        if self.decimals:
            rounded = [round_decimals(*column) for column in zip(values.T, self.decimals, strict=True)]
            values = np.stack(rounded, axis=1)
        return {index: self._write(index, cells) for index, cells in zip(self.together, values.T, strict=True)}

    def _write(self, index: int, values: NDArray[Any]) -> Any:
        if self.dtypes is None:
            return values
        write = self.formats[index].write if index in self.formats else partial(cast, dtype=self.dtypes[index])
        return write(values)


def make_scaler(scaling: str | None) -> ColumnScaler | RankScaler | Identity:
    """What scales numeric columns, by its name."""
    if scaling == "quantile":
        return RankScaler()
    return Identity() if scaling is None else ColumnScaler(TAILS[scaling])


def are_whole(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Which columns are whole numbers, (n_columns,)."""
    first = values[:N_FIRST_ROWS]
    whole = np.asarray((np.rint(first) == first).all(axis=0))
    if whole.any():
        columns = np.flatnonzero(whole)
        rows = values[:, columns] if len(columns) < len(whole) else values
        whole[columns] = (np.rint(rows) == rows).all(axis=0)
    return whole


def column_of(table: Table, index: int) -> Any:
    """One column of a table."""
    return pd.DataFrame(table, copy=False).iloc[:, index]


def category_indices(group: NDArray[Any]) -> NDArray[np.intp]:
    """The index of the largest number in each row of a one-hot group; -1, no category, where all are zeros."""
    indices = group.argmax(axis=1)
    return np.where(group[np.arange(len(group)), indices] != 0, indices, np.where(group.any(axis=1), indices, -1))
