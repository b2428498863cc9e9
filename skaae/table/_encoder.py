"""TableEncoder: rows of a table as rows of numbers for a network, and back."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted, validate_data

from .._doc_links import DocLinkMixin
from .._serialization import SerializableMixin
from ._columns import CategoricalColumn, NumericColumn, cast, clip_to_dtype, count_decimals, round_decimals
from ._scalers import ColumnScaler, Identity, RankScaler
from ._tables import (
    Table,
    categorical_mask,
    check_matrix,
    check_table,
    check_unique_names,
    columns_with_missing,
    concatenate,
    float_dtype,
    iter_chunks,
    numeric_columns,
    one_hot,
    rows_of_lists,
)

__all__ = ["TableEncoder"]

TAILS = {"standard": "arcsinh", "clip": "clip", "linear": "linear"}


class TableEncoder(SerializableMixin, TransformerMixin, DocLinkMixin, BaseEstimator):
    """Encode tables of numbers and categories as numbers for a network, and decode these.

    Numeric columns are scaled. Categorical columns become one column of zeros and ones for each category that occurred,
    however rare. Missing cells are a separate category, also in a numeric column. `inverse_transform` restores the
    table: the same columns in the same order, of the same dtypes and sets of categories, integers where they were
    integers, missing cells where some were missing.

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
    rounding : bool or "seen", default=True
        Whether `inverse_transform` rounds values to as many decimals as all training values of a column have. "seen"
        moreover takes the nearest training value in columns where these repeat, three times in the mean, if `scaling`
        is by quantiles: for generated rows.
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
    A category that did not occur in training, or a missing cell in a column that had none, becomes zeros in its group,
    and the scaled value 0; it is decoded as the first category, or the centre. Dates, free text and identifiers (over
    1,000 distinct values, or over half of more than 100 cells distinct) are refused.

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

    _parameter_constraints: dict[str, list[Any]] = {
        "scaling": [StrOptions({*TAILS, "quantile"}), None],
        "categorical_features": [StrOptions({"from_dtype"}), "array-like", None],
        "rounding": ["boolean", StrOptions({"seen"})],
        "keep_missing": ["boolean"],
    }

    def __init__(
        self,
        scaling: str | None = "standard",
        *,
        categorical_features: Any = "from_dtype",
        rounding: bool | str = True,
        keep_missing: bool = True,
    ) -> None:
        self.scaling = scaling
        self.categorical_features = categorical_features
        self.rounding = rounding
        self.keep_missing = keep_missing

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the columns of a table.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Training rows: numbers, text, bools and categories, some of them missing.
        y : None
            Ignored, present by convention.

        Returns
        -------
        self : object
            The fitted encoder.

        Raises
        ------
        ValueError
            If columns have the same name, are dates, free text or identifiers, mix text and numbers, or hold infinite
            values.
        """
        self._validate_params()
        table = self._validate(X, reset=True)
        self._complete_numeric, self._columns = self._fit_columns(table)
        self._schema = (table.columns, list(table.dtypes)) if isinstance(table, pd.DataFrame) else None
        if self._complete_numeric:
            # Arrays of integers are not copied, because scalers convert them to floats column by column.
            dtype = table.dtype if isinstance(table, np.ndarray) else None
            values = numeric_columns(table, self._complete_numeric, dtype)
            self.scaler_ = self._make_scaler().fit(values)
            self._decimals = [count_decimals(column) for column in values.T] if self.rounding else []
        with_value = [index for index, column in self._columns.items() if column.has_value]
        with_categories = [index for index, column in self._columns.items() if column.n_categories]
        self._value_columns = [*self._complete_numeric, *with_value]
        self._one_hot_columns = sorted(with_categories, key=lambda index: self._columns[index].n_categories)
        self.n_numeric_ = len(self._value_columns)
        self.one_hot_groups_ = tuple(self._columns[index].n_categories for index in self._one_hot_columns)
        one_hot_sources = np.repeat(self._one_hot_columns, self.one_hot_groups_)
        self.source_columns_ = np.concatenate([self._value_columns, one_hot_sources]).astype(int)
        if not len(self.source_columns_):
            raise ValueError(f"`X` must have a cell that is not missing. Got {table.size} that are.")
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
            A DataFrame if the training rows were one.
        """
        check_is_fitted(self)
        encoded = check_matrix(X, len(self.source_columns_), "encoded rows")
        dtype = encoded.dtype
        if self.rounding:  # to decimals that 32 bits do not hold
            encoded = encoded.astype(np.float64, copy=False)
        scaled = dict(zip(self._value_columns, encoded.T, strict=False))
        groups = np.split(encoded[:, self.n_numeric_ :], np.cumsum(self.one_hot_groups_)[:-1], axis=1)
        indices = {index: group.argmax(1) for index, group in zip(self._one_hot_columns, groups, strict=False)}
        cells = dict(zip(self._complete_numeric, self._decode_complete_numeric(encoded).T, strict=True))
        for index, column in self._columns.items():
            if index in scaled or index in indices:
                cells[index] = column.decode(scaled.get(index), indices.get(index))
            else:
                cells[index] = [None if self._schema else np.nan] * len(encoded)
        return self._to_training_format([cells[index] for index in range(self.n_features_in_)], dtype)

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
        columns = [(names[index], self._columns[index]) for index in self._one_hot_columns]
        categories = [f"{name}_{category}" for name, column in columns for category in column.category_names()]
        return np.array([*names[self._value_columns], *categories], dtype=object)

    def encode(self, table: Table) -> NDArray[Any]:
        """Encoded rows of a table that `check_table` returned."""
        return concatenate(self.encode_chunks(table), len(table))

    def encode_chunks(self, table: Table) -> Iterator[NDArray[Any]]:
        """Encoded rows, a chunk at a time, so that temporary copies are small."""
        return map(self._encode_chunk, iter_chunks(table))

    def known_categories(self) -> tuple[dict[int, set[Any]], set[int]]:
        """The categories of columns by their indices, and the indices of columns that had missing cells."""
        columns = self._columns.items()
        categorical = [(index, column) for index, column in columns if isinstance(column, CategoricalColumn)]
        with_missing = {index for index, column in columns if column.has_missing}
        return {index: set(column.categories) for index, column in categorical}, with_missing

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
        unknown = np.flatnonzero(self.unknown_cells(table).any(axis=0)).tolist()
        if unknown:
            columns = list(table.columns[unknown]) if isinstance(table, pd.DataFrame) else unknown
            raise ValueError(
                "With `warm_start`, rows must have categories of the first fit, and missing cells only where that had"
                f" some. Got others in columns {columns}: fit anew, with `warm_start=False`."
            )
        encoder = copy(self)
        if self._complete_numeric:
            dtype = table.dtype if isinstance(table, np.ndarray) else None
            encoder.scaler_ = self._make_scaler().fit(numeric_columns(table, self._complete_numeric, dtype))
        frame: Any = pd.DataFrame(table, copy=False)
        encoder._columns = {
            index: column.with_scale_of(frame.iloc[:, index], self._make_scaler())
            if isinstance(column, NumericColumn)
            else column
            for index, column in self._columns.items()
        }
        return encoder

    def numeric_indices(self) -> list[int]:
        """The indices of numeric columns that had a value in training."""
        numeric = {index: column for index, column in self._columns.items() if isinstance(column, NumericColumn)}
        with_values = [index for index, column in numeric.items() if column.has_value or len(column.atoms)]
        return sorted([*self._complete_numeric, *with_values])

    def numeric_values(self, table: Table) -> NDArray[np.float64]:
        """The cells of these columns in their own units, NaN where they are missing."""
        return numeric_columns(table, self.numeric_indices(), np.float64)

    def unknown_cells(self, table: Table) -> NDArray[np.bool_]:
        """Which cells have no encoding: categories that did not occur, and missing cells of complete columns."""
        unknown = np.zeros(table.shape, np.bool_)
        if self._complete_numeric:
            unknown[:, self._complete_numeric] = np.isnan(numeric_columns(table, self._complete_numeric))
        frame: Any = pd.DataFrame(table, copy=False) if self._columns else None
        for index, column in self._columns.items():
            unknown[:, index] = column.is_unknown(frame.iloc[:, index])
        return unknown

    def _encode_chunk(self, table: Table) -> NDArray[Any]:
        scaled = []
        if self._complete_numeric:
            values = self.scaler_.transform(numeric_columns(table, self._complete_numeric))
            missing = np.isnan(values)
            scaled = [np.where(missing, 0, values) if missing.any() else values]
        if not self._columns:
            return scaled[0]
        frame: Any = pd.DataFrame(table, copy=False)
        encoded = {index: column.encode(frame.iloc[:, index]) for index, column in self._columns.items()}
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

    def _fit_columns(self, table: Table) -> tuple[list[int], dict[int, Any]]:
        """Indices of numeric columns without categories, and the other columns by their indices."""
        categorical = categorical_mask(table, self.categorical_features)
        with_atoms = self.scaling == "quantile"
        others = categorical | with_atoms | columns_with_missing(table)
        frame: Any = pd.DataFrame(table, copy=False)
        columns = {
            index: CategoricalColumn(frame.iloc[:, index], self.keep_missing)
            if categorical[index]
            else NumericColumn(frame.iloc[:, index], self._make_scaler(), with_atoms, self.rounding, self.keep_missing)
            for index in np.flatnonzero(others).tolist()
        }
        return np.flatnonzero(~others).tolist(), columns

    def _decode_complete_numeric(self, encoded: NDArray[Any]) -> NDArray[Any]:
        """Values of the numeric columns without categories, (n, n_columns)."""
        if not self._complete_numeric:
            return encoded[:, :0]
        values = self.scaler_.inverse_transform(encoded[:, : len(self._complete_numeric)])
        if not self._decimals:
            return values
        return np.stack([round_decimals(*column) for column in zip(values.T, self._decimals, strict=True)], axis=1)

    def _to_training_format(self, columns: list[Any], dtype: np.dtype[Any]) -> Any:
        """Columns as a table like the training rows."""
        if self._schema:
            names, dtypes = self._schema
            columns = [
                cast(column, column_dtype) if index in self._complete_numeric else pd.array(column, dtype=column_dtype)
                for index, (column, column_dtype) in enumerate(zip(columns, dtypes, strict=True))
            ]
            return pd.DataFrame(dict(enumerate(columns))).set_axis(names, axis=1)
        rows = np.stack([np.asarray(column) for column in columns], axis=1)
        fits = np.abs(rows).max(initial=0, where=~np.isnan(rows)) <= np.finfo(dtype).max
        return rows.astype(dtype, copy=False) if fits else rows
