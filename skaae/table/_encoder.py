"""TableEncoder: rows of a table as rows of numbers for a network, and back."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from copy import copy
from numbers import Real
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted, validate_data

from .._doc_links import DocLinkMixin
from .._serialization import SerializableMixin
from ._columns import MAX_UNSEEN_SHOWN, CategoricalColumn, IdentifierColumn, IgnoredColumn, NumericColumn, repeats
from ._date_parts import DateParts
from ._dependences import find_dependences
from ._encoded_columns import TAILS, EncodedColumns, make_scaler
from ._formats import has_large_integers
from ._frames import FrameFormat, to_pandas
from ._kinds import NUMBERS, categorical_columns, check_kinds, column_table, identifier_mask, summaries
from ._relations import RelationsMixin
from ._table_format import TableFormat
from ._tables import (
    Table,
    check_matrix,
    check_table,
    check_unique_names,
    columns_with_missing,
    concatenate,
    integer_columns,
    iter_chunks,
    listed_columns,
    of_categories,
    rows_of_lists,
)
from ._unread_text import warn_of_unread_text

__all__ = ["UNSEEN_MESSAGE", "TableEncoder"]

UNSEEN_MESSAGE = "has categories that no training row had, and that are encoded as missing"


class TableEncoder(RelationsMixin, SerializableMixin, TransformerMixin, DocLinkMixin, BaseEstimator):
    """Encode tables of numbers, categories and dates as numbers for a network, and decode these.

    Numeric columns are scaled. Categorical columns become one column of zeros and ones for each category that occurred,
    however rare. Missing cells are a separate category, also in a numeric column. `inverse_transform` restores the
    table: the same columns in the same order, of the same dtypes and sets of categories, integers where they were
    integers, missing cells where some were missing. There are no weights of rows (`sample_weight`): scales bring
    columns to a like range, whatever rows are for.

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
        Kinds of columns by their names or indices, instead of those that are inferred: "number", "whole number",
        "category", "ordered category", "flag", "date", "time", "duration", "identifier", "text" or "ignore".
        Numbers are never taken for codes then. Columns to "ignore", and free text, are not encoded, and are missing in
        decoded rows; identifiers are made up, as `identifiers` are.
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
    min_frequency : float, default=0.0
        Share of the training rows below which categories are encoded as one, if there are two or more of them in a
        column. So are then those that did not occur, and others, up to ten times as common, that are rarer than these
        together. Decoded, they are the commonest of them.

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
    A category that did not occur in training, of which there is a warning, or a missing cell in a column that had none,
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

    _kinds: dict[int, str]
    _parameter_constraints: dict[str, list[Any]] = {
        "scaling": [StrOptions({*TAILS, "quantile"}), None],
        "categorical_features": [StrOptions({"from_dtype"}), "array-like", None],
        "column_kinds": [dict, None],
        "rounding": ["boolean", StrOptions({"seen"})],
        "identifiers": ["array-like", None],
        "keep_missing": ["boolean"],
        "min_frequency": [Interval(Real, 0, 1, closed="left")],
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
        min_frequency: float = 0.0,
    ) -> None:
        self.scaling = scaling
        self.categorical_features = categorical_features
        self.column_kinds = column_kinds
        self.rounding = rounding
        self.identifiers = identifiers
        self.keep_missing = keep_missing
        self.min_frequency = min_frequency

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

        Warns
        -----
        UserWarning
            If columns of text hold numbers or dates in another writing, such as "1,5", "12 %", "31/12/2024", or "n/a"
            among numbers, and are not said to be categories.
        """
        self._validate_params()
        table = self._validate(X, reset=True)
        self._format = TableFormat(table, FrameFormat.of(X))
        self._kinds = check_kinds(table, self.column_kinds)
        is_identifier = identifier_mask(table, self.identifiers, self._kinds)
        categorical = categorical_columns(table, self.categorical_features, self._kinds) & ~is_identifier
        self._dates = DateParts.find(
            table, ~categorical & ~is_identifier, self.scaling, self.rounding, self.keep_missing
        )
        decided = {*self._kinds, *listed_columns(table, self.categorical_features)}
        self._columns = self._fit_columns(table, categorical, is_identifier, decided)
        self.n_numeric_, self.one_hot_groups_ = len(self._columns.value_columns), self._columns.one_hot_groups
        self.source_columns_ = np.array(self._dates.sources)[self._columns.sources()]
        if not len(self.source_columns_):
            raise ValueError(f"`X` must have a cell that is not missing. Got {table.size} that are.")
        self._summaries = summaries(table, is_identifier)
        warn_of_unread_text(table, [index for index in np.flatnonzero(categorical).tolist() if index not in decided])
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
        return self.write_frame(self.decode(encoded))

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
        names = np.array(self._dates.labels(names), dtype=object)
        return np.array([*names[self._columns.value_columns], *self._columns.category_names(names)], dtype=object)

    def encode(self, table: Table, warn_of_unseen: bool = True) -> NDArray[Any]:
        """Encoded rows of a table that `check_table` returned."""
        return concatenate(self.encode_chunks(table, warn_of_unseen), len(table))

    def encode_chunks(self, table: Table, warn_of_unseen: bool = True) -> Iterator[NDArray[Any]]:
        """Encoded rows, a chunk at a time, so that temporary copies are small; then a warning of unseen categories."""
        unseen: dict[Any, list[Any]] = {}
        for chunk in iter_chunks(table):
            yield self._columns.encode(self._expand(chunk), unseen)
        for name, categories in unseen.items() if warn_of_unseen else ():
            shown = ", ".join(map(str, categories[:MAX_UNSEEN_SHOWN]))
            warnings.warn(f"Column {name!r} {UNSEEN_MESSAGE}: {shown}.", stacklevel=2)

    def decode(self, encoded: NDArray[Any]) -> Table:
        """The table of encoded rows, as `check_table` returned the training rows."""
        if self.rounding or self._format.array_dtype != np.float32:  # of values that 32 bits do not hold
            encoded = encoded.astype(np.float64, copy=False)
        columns = self._columns.decode(encoded)
        for rule in self._dependences:
            rule.apply(columns)
        return self._format.write(self._dates.collapse(columns), encoded.dtype, as_rounded=bool(self.rounding))

    @property
    def columns_(self) -> pd.DataFrame:
        """How the columns were read: a row for each, with its kind, why it is that, how many distinct and missing cells
        the first rows have, ten thousand at most, their range or the categories, and decimals.
        """
        check_is_fitted(self)
        return column_table(self)

    def with_frame_format(self, frame_format: FrameFormat | None) -> Self:
        """Have decoded rows written as frames of a format."""
        self._format.frame_format = frame_format
        return self

    def write_frame(self, table: Any) -> Any:
        """Rows as a frame of the library that the training rows were of."""
        return self._format.write_frame(table)

    def bounds_of(self, source: int, column: int, bounds: tuple[Any, Any]) -> tuple[float, float]:
        """Bounds of a column's cells in an encoded column of it; none where that does not rise with the cells."""
        index = int(self._columns.sources()[column])
        if source in self._dates.columns and not self._dates.positions()[index]:
            return -np.inf, np.inf
        frame = pd.DataFrame(self.decode(np.zeros((2, len(self.source_columns_)))))
        is_open = [isinstance(bound, float) and np.isinf(bound) for bound in bounds]
        finite = [bound for bound, each_is_open in zip(bounds, is_open, strict=True) if not each_is_open]
        frame.isetitem(source, pd.Series((finite or [0]) * 2 if len(finite) < 2 else finite))
        low, high = self.encode(frame, warn_of_unseen=False)[:, column].tolist()
        return -np.inf if is_open[0] else low, np.inf if is_open[1] else high

    @property
    def has_schema(self) -> bool:
        """Whether the training rows had columns of different types, as a DataFrame or an array of objects."""
        return self._format.dtypes is not None

    @property
    def column_labels(self) -> pd.Index | None:
        """The labels of the columns of the training rows, if these were a DataFrame."""
        return self._format.labels

    def with_scales_of(self, table: Table) -> TableEncoder:
        """A copy with the same columns and categories, and scales of numbers fitted to other rows."""
        dates = self._dates.with_ranges_of(table)
        inner = dates.expand(table)
        frame: Any = pd.DataFrame(inner, copy=False)
        unknown = np.any([self.unknown_to_scales(chunk).any(axis=0) for chunk in iter_chunks(table)], axis=0)
        if unknown.any():
            raise ValueError(
                "With `warm_start`, rows must have categories of the first fit, numbers of it in columns of few, and"
                f" missing cells only where that had some. Got others in columns"
                f" {list(pd.DataFrame(table[:0]).columns[unknown])}: fit anew, with `warm_start=False`."
            )
        encoder = copy(self)
        encoder._dates, encoder._columns = dates, self._columns.with_scales_of(inner)
        encoder._dependences = [new for rule in self._dependences if (new := rule.of(frame)) is not None]
        return encoder

    def weekday_groups(self) -> list[tuple[slice, NDArray[np.float64]]]:
        """Where days of the week are one-hot encoded, and how often training rows had each."""
        parts = self._dates.weekday_shares()
        stops = self.n_numeric_ + np.cumsum(self.one_hot_groups_, dtype=np.intp)
        return [
            (slice(stop - width, stop), parts[index])
            for index, width, stop in zip(self._columns.one_hot_columns, self.one_hot_groups_, stops, strict=True)
            if index in parts
        ]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.categorical = tags.input_tags.string = True
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

    def _fit_columns(
        self, table: Table, categorical: NDArray[np.bool_], is_identifier: NDArray[np.bool_], decided: set[int]
    ) -> EncodedColumns:
        """The columns of a table with the parts of dates in their place; the kinds of some are decided."""
        table, sources = self._dates.expand(table), self._dates.sources
        is_part, is_identifier = self._dates.is_part(), is_identifier[sources]
        categorical = np.where(is_part, of_categories(table), categorical[sources])
        can_depend = ~is_identifier & (categorical | ~is_part)
        frame: Any = pd.DataFrame(table, copy=False)
        is_number = np.array([self._kinds.get(self._source(index)) in NUMBERS for index in range(table.shape[1])])
        large = [index for index in integer_columns(table) if has_large_integers(frame.iloc[:, index])]
        for index in large:
            categorical[index] |= not is_number[index] and repeats(frame.iloc[:, index])
        can_depend[large] &= categorical[large]
        self._dependences = []
        if self.rounding == "seen":
            self._dependences, codes = find_dependences(frame, categorical, np.flatnonzero(can_depend).tolist())
            categorical[codes] |= ~is_number[codes]
        is_apart = (self.scaling == "quantile") | columns_with_missing(table) | categorical | is_identifier
        is_apart[large] = True
        apart: dict[int, Any] = {}
        for index in np.flatnonzero(is_apart).tolist():
            cells = frame.iloc[:, index]
            if is_identifier[index]:
                is_ignored = self._kinds.get(self._source(index)) in {"ignore", "text"}
                apart[index] = (IgnoredColumn if is_ignored else IdentifierColumn)(cells)
            elif categorical[index]:
                is_asked = self._source(index) in decided
                apart[index] = CategoricalColumn(cells, self.keep_missing, self.min_frequency, is_asked)
            else:
                scaler, with_atoms = make_scaler(self.scaling), self.scaling == "quantile"
                apart[index] = NumericColumn(cells, scaler, with_atoms, self.rounding, self.keep_missing)
        return EncodedColumns(table, apart, self.scaling, self.rounding)
