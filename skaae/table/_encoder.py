"""TableEncoder: rows of a table as rows of numbers for a network, and back."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from copy import copy
from functools import partial
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted, validate_data

from .._doc_links import DocLinkMixin
from .._serialization import SerializableMixin
from ._columns import (
    MAX_UNSEEN_SHOWN,
    CategoricalColumn,
    IdentifierColumn,
    IgnoredColumn,
    NumericColumn,
    count_decimals,
    repeats,
    round_decimals,
)
from ._date_formats import date_kind
from ._date_parts import DateParts
from ._dependences import Dependence, find_dependences
from ._formats import NumberFormat, cast, clip_to_dtype, has_large_integers
from ._frames import FrameFormat, to_pandas
from ._kinds import NUMBERS, categorical_columns, check_kinds, column_table, summaries
from ._scalers import ColumnScaler, Identity, RankScaler
from ._tables import (
    Table,
    check_matrix,
    check_table,
    check_unique_names,
    columns_with_missing,
    concatenate,
    float_dtype,
    iter_chunks,
    missing_mask,
    numeric_columns,
    one_hot,
    rows_of_lists,
)

__all__ = ["UNSEEN_MESSAGE", "TableEncoder"]

UNSEEN_MESSAGE = "has categories that no training row had, and that are encoded as missing"
MAX_FAR_FRACTION = 0.25  # of the cells of a column that has not drifted
TAILS = {"standard": "arcsinh", "clip": "clip", "linear": "linear"}


class TableEncoder(SerializableMixin, TransformerMixin, DocLinkMixin, BaseEstimator):
    """Encode tables of numbers, categories and dates as numbers for a network, and decode these.

    Numeric columns are scaled. Categorical columns become one column of zeros and ones for each category that occurred,
    however rare. Missing cells are a separate category, also in a numeric column. `inverse_transform` restores the
    table: the same columns in the same order, of the same dtypes and sets of categories, integers where they were
    integers, missing cells where some were missing.

    Dates, times and durations are columns of these, in whatever dtype, and columns of text of which every cell is one
    in the same form of ISO 8601. A date becomes its position in time and, where they vary and the training rows
    span two periods at least, its time of day (sine and cosine, or a number with "quantile"), day of the week and
    season; and the gap to the first date of its row. Positions are within the range of the training rows, so that later
    dates are encoded as the last. Decoded dates have the dtype and form of the training cells, their resolution, days
    of the week and range; and where one date was never before another in training rows, it is not before it.

    The columns of the result are the values of all numeric columns, followed by the one-hot groups: groups of columns
    of which one is 1 and the others are 0, narrow groups first.

    Parameters
    ----------
    scaling : {"standard", "clip", "linear", "quantile"} or None, default="standard"
        How numeric columns are scaled. "standard" centres them at their median, divides by their spread and compresses
        their tails logarithmically; "clip" clips them at ten spreads instead, which cannot be inverted; "linear"
        centres them at their mean and divides by their standard deviation.
        "quantile" maps each to a normal distribution by its ranks, within the range of the training rows, and takes
        values that are repeated in 5 % of the rows or more, and more often than others, for *atoms*, each of which gets
        a column like a category; of columns of 10 values or fewer, all are. None leaves values as they are.
    categorical_features : "from_dtype", array-like of str, int or bool, or None, default="from_dtype"
        Which columns are categorical. "from_dtype" takes those of text, bools and pandas' categories; a list of names,
        of indices or of one bool for each column takes these columns also; None says that all must be numeric.
    column_kinds : dict or None, default=None
        Kinds of columns by their names or indices, instead of those that their cells tell: "number", "whole number",
        "category", "ordered category", "flag", "date", "time", "duration", "identifier" or "ignore".
        Numbers are never taken for codes then. Columns to "ignore" are not encoded, and are missing in decoded rows;
        identifiers are made up, as `identifiers` are.
    rounding : bool or "seen", default=True
        Whether `inverse_transform` rounds values to as many decimals as all training values of a column have. "seen"
        moreover takes the nearest training value in columns where these repeat, three times in the mean, if `scaling`
        is by quantiles, and what another column determines from that, such as the number of a month from its name: for
        generated rows. Whole numbers that determine a category in no order are categories then.
    identifiers : array-like of str or int, or None, default=None
        Names or indices of columns that identify rows. They are not encoded; decoded rows have new ones in their place,
        numbered from 1, or from the greatest of the training rows if they are numbers, each as often as training cells
        were in the mean.
    keep_missing : bool, default=True
        Whether missing cells of the training rows are a separate category. Otherwise they become zeros, as do those of
        columns that had none, and decoded rows have none.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where they are all strings.
    n_numeric_ : int
        How many of the first columns of the result are values of numeric columns.
    one_hot_groups_ : tuple of int
        Widths of the one-hot groups after them.
    source_columns_ : ndarray of shape (n_features_out,)
        Index of the table's column that each column of the result comes from.

    Notes
    -----
    A category that did not occur in training, of which a warning tells, or a missing cell in a column that had none,
    becomes zeros in its group, and the scaled value 0; it is decoded as a missing cell, or the centre. Free text
    and identifiers (over 1,000 distinct values, or over half of more than 100 cells distinct) are refused.

    Examples
    --------
    >>> import pandas as pd
    >>> from skaae import TableEncoder
    >>> X = pd.DataFrame({"age": [31, 54, 28], "job": ["nurse", None, "smith"]})
    >>> encoder = TableEncoder().fit(X)
    >>> encoder.get_feature_names_out()
    array(['age', 'job_nurse', 'job_smith', 'job_missing'], dtype=object)
    >>> encoder.inverse_transform(encoder.transform(X)).equals(X)
    True
    """

    _dates: DateParts | None = None
    _kinds: dict[int, str]
    _parameter_constraints: dict[str, list[Any]] = {
        "scaling": [StrOptions({*TAILS, "quantile"}), None],
        "categorical_features": [StrOptions({"from_dtype"}), "array-like", None],
        "column_kinds": [dict, None],
        "rounding": ["boolean", StrOptions({"seen"})],
        "identifiers": ["array-like", None],
        "keep_missing": ["boolean"],
    }

    def __init__(
        self,
        scaling: str | None = "standard",
        *,
        categorical_features: Any = "from_dtype",
        column_kinds: dict[Any, str] | None = None,
        rounding: bool | str = True,
        identifiers: Any = None,
        keep_missing: bool = True,
    ) -> None:
        self.scaling = scaling
        self.categorical_features = categorical_features
        self.column_kinds = column_kinds
        self.rounding = rounding
        self.identifiers = identifiers
        self.keep_missing = keep_missing

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the columns of a table.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Training rows: numbers, text, bools, categories and dates, some of them missing.
        y : None
            Ignored, present by convention.

        Returns
        -------
        self : object
            The fitted encoder.

        Raises
        ------
        ValueError
            If columns have the same name, are free text or identifiers, mix text and numbers, hold infinite values, or
            are dates of which some cannot be parsed, or have another form or time zone.
        """
        self._validate_params()
        table = self._validate(X, reset=True)
        self._frame_format = FrameFormat.of(X)
        self._schema = (table.columns, list(table.dtypes)) if isinstance(table, pd.DataFrame) else None
        self._array_dtype = table.dtype if isinstance(table, np.ndarray) else None
        self._kinds = check_kinds(table, self.column_kinds)
        is_identifier = self._identifier_mask(table)
        hidden, rows = is_identifier, table
        categorical = categorical_columns(table, self.categorical_features, self._kinds) & ~is_identifier
        self._dates = self._fit_dates(table, categorical | is_identifier)
        if self._dates is not None:
            table = self._dates.expand(table)
            self._dates.dtypes = list(table.dtypes)
            is_identifier, categorical = is_identifier[self._dates.sources], categorical[self._dates.sources]
        self._complete_numeric, self._columns = self._fit_columns(table, categorical, is_identifier)
        self._fit_complete_numeric(table)
        with_value = [index for index, column in self._columns.items() if column.has_value]
        with_categories = [index for index, column in self._columns.items() if column.n_categories]
        self._value_columns = [*self._complete_numeric, *with_value]
        self._one_hot_columns = sorted(with_categories, key=lambda index: self._columns[index].n_categories)
        self.n_numeric_ = len(self._value_columns)
        self.one_hot_groups_ = tuple(self._columns[index].n_categories for index in self._one_hot_columns)
        one_hot_sources = np.repeat(self._one_hot_columns, self.one_hot_groups_)
        sources = np.concatenate([self._value_columns, one_hot_sources]).astype(int)
        self.source_columns_ = sources if self._dates is None else np.array(self._dates.sources)[sources]
        if not len(self.source_columns_):
            raise ValueError(f"`X` must have a cell that is not missing. Got {table.size} that are.")
        self._summaries = summaries(rows, hidden)
        return self

    def transform(self, X: Any) -> NDArray[Any]:
        """Encode rows.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows of the same columns.

        Returns
        -------
        X_encoded : ndarray of shape (n_samples, n_features_out)
            In 32-bit floats where `X` has only such columns, otherwise in 64-bit ones.

        Warns
        -----
        UserWarning
            If a column has categories that did not occur in training.
        """
        check_is_fitted(self)
        return self.encode(self._validate(X, reset=False))

    def inverse_transform(self, X: ArrayLike) -> Any:
        """Decode rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features_out)
            Encoded rows. Of each one-hot group the column with the largest number is the category.

        Returns
        -------
        X_original : DataFrame or ndarray of shape (n_samples, n_features)
            A frame of the same library if the training rows were one.
        """
        check_is_fitted(self)
        encoded = check_matrix(X, len(self.source_columns_), "encoded rows")
        dtype = encoded.dtype
        if self.rounding:  # to decimals that 32 bits do not hold
            encoded = encoded.astype(np.float64, copy=False)
        scaled = dict(zip(self._value_columns, encoded.T, strict=False))
        groups = np.split(encoded[:, self.n_numeric_ :], np.cumsum(self.one_hot_groups_)[:-1], axis=1)
        indices = {index: category_indices(group) for index, group in zip(self._one_hot_columns, groups, strict=False)}
        cells = dict(zip(self._complete_numeric, self._decode_complete_numeric(encoded).T, strict=True))
        for index, column in self._columns.items():
            if isinstance(column, IdentifierColumn):
                cells[index] = column.make_up(len(encoded))
            elif index in scaled or index in indices:
                cells[index] = column.decode(scaled.get(index), indices.get(index))
            else:
                cells[index] = self._missing_cells(index, len(encoded))
        return self.write_frame(self._to_training_format([cells[index] for index in range(len(self._dtypes))], dtype))

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the columns of the result.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the columns of the table. None takes those of the training rows, or x0, x1, ...

        Returns
        -------
        names : ndarray of str
            The name of a column for its value, followed by that of the category in a one-hot group.
        """
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        names = names if self._dates is None else np.array(self._dates.labels(names), dtype=object)
        columns = [(names[index], self._columns[index]) for index in self._one_hot_columns]
        categories = [f"{name}_{category}" for name, column in columns for category in column.category_names()]
        return np.array([*names[self._value_columns], *categories], dtype=object)

    def encode(self, table: Table, warn_of_unseen: bool = True) -> NDArray[Any]:
        """Encoded rows of a table that `check_table` returned."""
        return concatenate(self.encode_chunks(table, warn_of_unseen), len(table))

    def encode_chunks(self, table: Table, warn_of_unseen: bool = True) -> Iterator[NDArray[Any]]:
        """Encoded rows, a chunk at a time, so that temporary copies are small; then a warning of unseen categories."""
        unseen: dict[Any, list[Any]] = {}
        for chunk in iter_chunks(table):
            yield self._encode_chunk(self._expand(chunk), unseen)
        for name, categories in unseen.items() if warn_of_unseen else ():
            shown = ", ".join(map(str, categories[:MAX_UNSEEN_SHOWN]))
            warnings.warn(f"Column {name!r} {UNSEEN_MESSAGE}: {shown}.", stacklevel=2)

    def known_categories(self) -> tuple[dict[int, set[Any]], set[int]]:
        """The categories of columns by their indices, and the indices of columns that had missing cells."""
        dates = set() if self._dates is None else set(self._dates.columns)
        columns = {index: column for index, column in self._columns.items() if isinstance(column, CategoricalColumn)}
        categories = {self._source(index): set(column.categories) for index, column in columns.items()}
        with_missing = {self._source(index) for index, column in self._columns.items() if column.has_missing}
        return {index: known for index, known in categories.items() if index not in dates}, with_missing

    @property
    def columns_(self) -> pd.DataFrame:
        """How the columns were read: a row for each, with its kind, why it is that, how many distinct and missing cells
        the first rows have, ten thousand at most, their range or the categories, and decimals.
        """
        check_is_fitted(self)
        return column_table(self)

    @property
    def _dtypes(self) -> list[Any]:
        """The dtypes of the columns of the training rows, with parts of dates in their place."""
        if self._dates is not None:
            return self._dates.dtypes
        return self._schema[1] if self._schema else [self._array_dtype] * self.n_features_in_

    def with_frame_format(self, frame_format: FrameFormat | None) -> Self:
        """Have decoded rows written as frames of a format."""
        self._frame_format = frame_format
        return self

    def write_frame(self, table: Any) -> Any:
        """Rows as a frame of the library that the training rows were of."""
        return table if self._frame_format is None else self._frame_format.write(table)

    @property
    def has_schema(self) -> bool:
        """Whether the training rows had columns of different types, as a DataFrame or an array of objects."""
        return self._schema is not None

    @property
    def column_labels(self) -> pd.Index | None:
        """The labels of the columns of the training rows, if these were a DataFrame."""
        return None if self._schema is None else self._schema[0]

    def with_scales_of(self, table: Table) -> TableEncoder:
        """A copy with the same columns and categories, and scales of numbers fitted to other rows."""
        dates = None if self._dates is None else self._dates.with_ranges_of(table)
        inner = table if dates is None else dates.expand(table)
        frame: Any = pd.DataFrame(inner, copy=False)
        numeric = {index: column for index, column in self._columns.items() if isinstance(column, NumericColumn)}
        unknown = np.any([self._unknown_to_scales(chunk).any(axis=0) for chunk in iter_chunks(table)], axis=0)
        for index, column in numeric.items():
            unknown[self._source(index)] |= not column.has_value and column.is_far(frame.iloc[:, index]).any()
        if unknown.any():
            raise ValueError(
                "With `warm_start`, rows must have categories of the first fit, numbers of it in columns of few, and"
                f" missing cells only where that had some. Got others in columns"
                f" {list(pd.DataFrame(table[:0]).columns[unknown])}: fit anew, with `warm_start=False`."
            )
        encoder = copy(self)
        encoder._dates = dates
        encoder._fit_complete_numeric(inner)
        encoder._columns = self._columns | {
            index: column.with_scale_of(frame.iloc[:, index], self._make_scaler(), self.rounding)
            for index, column in numeric.items()
        }
        for index, column in self._columns.items():
            if isinstance(column, IdentifierColumn):
                encoder._columns[index] = column.after(frame.iloc[:, index])
        held = [each for each in self._dependences if each.holds(frame)]
        encoder._dependences = [Dependence(each.source, each.target, frame) for each in held]
        return encoder

    def far_columns(self, table: Table) -> list[int]:
        """Indices of numeric columns where more than a quarter of the cells are far from those of training."""
        table = self._expand(next(iter_chunks(table)))
        frame: Any = pd.DataFrame(table, copy=False)
        far = {
            index: column.is_far(frame.iloc[:, index])
            for index, column in self._columns.items()
            if isinstance(column, NumericColumn)
        }
        if self._complete_numeric:
            values = numeric_columns(table, self._complete_numeric)
            far |= dict(zip(self._complete_numeric, self.scaler_.is_far(values).T, strict=True))
        return sorted({self._source(index) for index, cells in far.items() if cells.mean() > MAX_FAR_FRACTION})

    def numeric_sources(self) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """The table's columns that `numeric_values` come from, and which of these are positions in time."""
        indices = np.array(self._numeric_indices(), np.intp)
        if self._dates is None:
            return indices, np.zeros(len(indices), np.bool_)
        return np.array(self._dates.sources)[indices], self._dates.positions()[indices]

    def numeric_values(self, table: Table) -> NDArray[np.float64]:
        """The cells of numeric columns and parts of dates in their own units, NaN where they are missing."""
        return numeric_columns(self._expand(table, within_range=False), self._numeric_indices(), np.float64)

    def unknown_cells(self, table: Table) -> NDArray[np.bool_]:
        """Which cells have no encoding: categories that did not occur, and missing cells of complete columns."""
        table = self._expand(table)
        unknown = np.zeros(table.shape, np.bool_)
        if self._complete_numeric:
            unknown[:, self._complete_numeric] = np.isnan(numeric_columns(table, self._complete_numeric))
        frame: Any = pd.DataFrame(table, copy=False) if self._columns else None
        for index, column in self._columns.items():
            unknown[:, index] = column.is_unknown(frame.iloc[:, index])
        return unknown if self._dates is None else self._dates.any_part(unknown)

    def _expand(self, table: Table, within_range: bool = True) -> Table:
        """The table with the parts of dates in their place."""
        return table if self._dates is None else self._dates.expand(table, within_range)

    def _source(self, index: int) -> int:
        """The table's column that a column of the table with parts comes from."""
        return index if self._dates is None else self._dates.sources[index]

    def _numeric_indices(self) -> list[int]:
        """The indices of numeric columns that had a value in training."""
        numeric = {index: column for index, column in self._columns.items() if isinstance(column, NumericColumn)}
        with_values = [index for index, column in numeric.items() if column.has_value or len(column.atoms)]
        return sorted([*self._complete_numeric, *with_values])

    def _unknown_to_scales(self, table: Table) -> NDArray[np.bool_]:
        """Unknown cells, but for missing ones where these are zeros."""
        unknown, others = self.unknown_cells(table), list({self._source(index) for index in self._columns})
        if not self.keep_missing:
            unknown[:, others] &= ~missing_mask(table)[:, others]
        return unknown

    def _encode_chunk(self, table: Table, unseen: dict[Any, list[Any]]) -> NDArray[Any]:
        scaled = []
        if self._complete_numeric:
            values = self.scaler_.transform(numeric_columns(table, self._complete_numeric))
            missing = np.isnan(values)
            scaled = [np.where(missing, 0, values) if missing.any() else values]
        if not self._columns:
            return scaled[0]
        frame: Any = pd.DataFrame(table, copy=False)
        encoded = {index: column.encode(frame.iloc[:, index]) for index, column in self._columns.items()}
        for index, column in self._columns.items():
            if isinstance(column, CategoricalColumn) and (encoded[index][1] < 0).any():
                name, cells = frame.columns[index], frame.iloc[:, index]
                new = column.unseen(cells, encoded[index][1])
                unseen |= {name: list(dict.fromkeys([*unseen.get(name, []), *new]))} if new else {}
        scaled += [encoded[index][0][:, None] for index in self._value_columns if index in encoded]
        groups = [one_hot(encoded[index][1], self._columns[index].n_categories) for index in self._one_hot_columns]
        rows, dtype = np.concatenate([*scaled, *groups], axis=1), float_dtype(table)
        return rows if rows.dtype == dtype else clip_to_dtype(rows, dtype).astype(dtype)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _validate(self, X: Any, reset: bool) -> Table:
        X = to_pandas(X)
        if isinstance(X, pd.DataFrame):
            check_unique_names(X)
            validate_data(self, X, reset=reset, skip_check_array=True)
            return check_table(X)
        X = validate_data(self, rows_of_lists(X), reset=reset, dtype=None, ensure_all_finite=False)
        return check_table(X, keep_objects=not reset and self.has_schema)

    def _make_scaler(self) -> ColumnScaler | RankScaler | Identity:
        if self.scaling == "quantile":
            return RankScaler()
        return Identity() if self.scaling is None else ColumnScaler(TAILS[self.scaling])

    def _fit_dates(self, table: Table, others: NDArray[np.bool_]) -> DateParts | None:
        """What takes the dates of a table apart, but for columns that are others; None if there are none."""
        if not isinstance(table, pd.DataFrame):
            return None
        kinds = {index: date_kind(table.iloc[:, index]) for index in np.flatnonzero(~others).tolist()}
        dates = {index: kind for index, kind in kinds.items() if kind is not None}
        with_cycles, seen = self.scaling != "quantile", self.rounding == "seen"
        if not dates:
            return None
        return DateParts(table, dates, with_cycles, seen, coarse=self.scaling == "clip", with_gaps=self.keep_missing)

    def _fit_columns(
        self, table: Table, categorical: NDArray[np.bool_], is_identifier: NDArray[np.bool_]
    ) -> tuple[list[int], dict[int, Any]]:
        """Indices of numeric columns without categories, and the other columns by their indices."""
        with_atoms = self.scaling == "quantile"
        frame: Any = pd.DataFrame(table, copy=False)
        is_number = np.array([self._kinds.get(self._source(index)) in NUMBERS for index in range(len(self._dtypes))])
        large = [index for index in integer_columns(table) if has_large_integers(frame.iloc[:, index])]
        others = with_atoms | columns_with_missing(table)
        for index in large:
            categorical[index] |= not is_number[index] and repeats(frame.iloc[:, index])
            others[index] = True
        self._dependences: list[Dependence] = []
        can_depend = ~is_identifier
        if self._dates is not None:
            is_part = self._dates.is_part()
            categorical[is_part] = [isinstance(self._dtypes[i], pd.CategoricalDtype) for i in np.flatnonzero(is_part)]
            can_depend &= categorical | ~is_part
        if self.rounding == "seen" and categorical.any():
            self._dependences, codes = find_dependences(frame, categorical, np.flatnonzero(can_depend).tolist())
            categorical[codes] |= ~is_number[codes]
        others |= categorical | is_identifier
        columns: dict[int, Any] = {}
        for index in np.flatnonzero(others).tolist():
            cells = frame.iloc[:, index]
            if is_identifier[index]:
                is_ignored = self._kinds.get(self._source(index)) == "ignore"
                columns[index] = (IgnoredColumn if is_ignored else IdentifierColumn)(cells)
            elif categorical[index]:
                columns[index] = CategoricalColumn(cells, self.keep_missing)
            else:
                columns[index] = NumericColumn(cells, self._make_scaler(), with_atoms, self.rounding, self.keep_missing)
        complete_numeric = np.flatnonzero(~others).tolist()
        objects = [index for index in complete_numeric if frame.dtypes.iloc[index].kind == "O"]
        self._formats = {index: NumberFormat(frame.iloc[:, index]) for index in objects}
        return complete_numeric, columns

    def _fit_complete_numeric(self, table: Table) -> None:
        """Learn the scales of the numeric columns without categories, and how many decimals they have."""
        if not self._complete_numeric:
            return
        # Arrays of integers are not copied, because scalers convert them to floats column by column.
        values = numeric_columns(table, self._complete_numeric, table.dtype if isinstance(table, np.ndarray) else None)
        self.scaler_ = self._make_scaler().fit(values)
        dtypes = list(table.dtypes) if isinstance(table, pd.DataFrame) else [table.dtype] * table.shape[1]
        columns = zip(values.T, (dtypes[index] for index in self._complete_numeric), strict=True)
        self._decimals = [count_decimals(*column) for column in columns] if self.rounding else []

    def _decode_complete_numeric(self, encoded: NDArray[Any]) -> NDArray[Any]:
        """Values of the numeric columns without categories, (n, n_columns)."""
        if not self._complete_numeric:
            return encoded[:, :0]
        values = self.scaler_.inverse_transform(encoded[:, : len(self._complete_numeric)])
        if not self._decimals:
            return values
        return np.stack([round_decimals(*column) for column in zip(values.T, self._decimals, strict=True)], axis=1)

    def _identifier_mask(self, table: Table) -> NDArray[np.bool_]:
        """Which columns are identifiers: (n_features,)."""
        if self.identifiers is None or not len(self.identifiers):
            return self._of_kinds(table.shape[1], "identifier", "ignore")
        names = table.columns if isinstance(table, pd.DataFrame) else pd.RangeIndex(table.shape[1])
        is_identifier = names.isin(list(self.identifiers))
        if is_identifier.sum() < len(self.identifiers):
            raise ValueError(f"`identifiers` must be names of columns. Got {list(self.identifiers)}.")
        return np.asarray(is_identifier) | self._of_kinds(table.shape[1], "identifier", "ignore")

    def _of_kinds(self, n: int, *kinds: str) -> NDArray[np.bool_]:
        """Which of so many columns were asked to be of some kinds."""
        return np.array([self._kinds.get(index) in kinds for index in range(n)], np.bool_)

    def _dtype_of(self, index: int) -> Any:
        return self._schema[1][index] if self._schema else self._array_dtype

    def _missing_cells(self, index: int, n: int) -> Any:
        """A column of which no training row had a cell."""
        return pd.array([None] * n, dtype=self._dtypes[index]) if self._schema else np.full(n, np.nan)

    def _to_training_format(self, columns: list[Any], dtype: np.dtype[Any]) -> Any:
        """Columns as a table like the training rows."""
        if self._schema:
            for index in self._complete_numeric:
                dtype = self._dtypes[index]
                written = self._formats[index].write if index in self._formats else partial(cast, dtype=dtype)
                columns[index] = written(columns[index])
        for dependence in self._dependences:
            source, target = dependence.source, dependence.target
            columns[target] = dependence.look_up(columns[source], columns[target])
        if self._schema:
            columns = columns if self._dates is None else self._dates.collapse(columns)
            table = pd.DataFrame({index: pd.Series(column, copy=False) for index, column in enumerate(columns)})
            return table.set_axis(self._schema[0], axis=1)
        rows = np.stack([np.asarray(column) for column in columns], axis=1)
        if self.rounding and self._array_dtype is not None:
            return cast_array(rows, self._array_dtype)
        fits = np.abs(rows).max(initial=0, where=~np.isnan(rows)) <= np.finfo(dtype).max
        return rows.astype(dtype, copy=False) if fits else rows


def integer_columns(table: Table) -> list[int]:
    """Indices of the columns that may hold integers which floats do not."""
    dtypes = list(table.dtypes) if isinstance(table, pd.DataFrame) else [table.dtype] * table.shape[1]
    return [index for index, dtype in enumerate(dtypes) if dtype.kind in "iuO"]


def category_indices(group: NDArray[Any]) -> NDArray[np.intp]:
    """The index of the largest number in each row of a one-hot group; -1, no category, where all are zeros."""
    indices = group.argmax(axis=1)
    return np.where(group[np.arange(len(group)), indices] != 0, indices, np.where(group.any(axis=1), indices, -1))


def cast_array(rows: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Rows in a dtype of numbers; in 64-bit floats where it cannot hold them."""
    if rows.dtype == dtype:
        return rows
    if dtype.kind in "iub" and np.isnan(rows).any():
        return rows
    if dtype.kind == "f":
        fits = np.abs(rows).max(initial=0, where=~np.isnan(rows)) <= np.finfo(dtype).max
        return rows.astype(dtype, copy=False) if fits else rows
    return np.asarray(cast(rows, dtype))
