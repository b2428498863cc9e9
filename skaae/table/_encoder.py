"""TableEncoder: rows of a table as rows of numbers for a network, and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted, validate_data

from ..pages import Documented
from ..saving import Saved
from ._columns import CategoryColumn, NumberColumn, decimals_of, restored, rounded, within
from ._scalers import ColumnScaler, Identity, RankScaler
from ._tables import (
    any_missing,
    as_table,
    categories_in,
    dtype_of,
    matrix_of,
    numbers_of,
    one_hot,
    parts_of,
    refuse_same_names,
    together,
)

__all__ = ["TableEncoder"]


class TableEncoder(Saved, TransformerMixin, Documented, BaseEstimator):
    """Turn rows of a table, of numbers and categories, into rows of numbers, and back into such rows.

    Numeric columns are brought to one scale. Categorical columns become one column of zeros and ones for each category
    that occurred, however rare. Missing cells are a category of their own, beside the value in a numeric column.
    `inverse_transform` gives back what went in: the same columns in the same order, of the same dtypes and sets of
    categories, whole numbers where they were whole, missing cells where some were missing.

    The columns of the result are the values of all numeric columns, followed by the choices: groups of columns of which
    one is 1 and the others are 0, narrow groups first.

    Parameters
    ----------
    scaling : {"standard", "cut", "linear", "quantile"} or None, default="standard"
        How numeric columns are brought to one scale. "standard" centres them at their median, divides by their spread
        and folds their tails logarithmically; "cut" cuts them at ten spreads instead, which cannot be undone; "linear"
        centres them at their mean and divides by their standard deviation.
        "quantile" maps each to a normal distribution by its ranks, within the range of the training rows, and takes
        values that are repeated in 5 % of the rows or more, and more often than others, for *atoms*, each of which gets
        a column like a category; of columns of 10 values or fewer, all are. None leaves values as they are.
    categorical_features : "from_dtype", array-like of str, int or bool, or None, default="from_dtype"
        Which columns are categories. "from_dtype" takes those of text, bools and pandas' categories; a list of names,
        of positions or of one bool for each column takes these columns also; None says that all must be numeric.
    rounding : bool or "seen", default=True
        Whether `inverse_transform` rounds values to as many decimals as all training values of a column have. "seen"
        moreover takes the nearest training value in columns where these repeat, three times in the mean, if `scaling`
        is by quantiles: for rows that are made up.
    keep_missing : bool, default=True
        Whether missing cells of the training rows are a category of their own. Otherwise they become zeros, as do those
        of columns that had none, and none comes back.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where they are all strings.
    n_values_ : int
        How many of the first columns of the result are values.
    choices_ : tuple of int
        How many columns each group after them has.
    sources_ : ndarray of shape (n_features_out,)
        Which column of the table each column of the result comes from.

    Notes
    -----
    A category that did not occur in training, or a missing cell in a column that had none, becomes zeros in its group,
    and the scaled value 0; what comes back is the first category, or the centre. Dates, free text and identifiers (over
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

    _parameter_constraints: dict = {
        "scaling": [StrOptions({"standard", "cut", "linear", "quantile"}), None],
        "categorical_features": [StrOptions({"from_dtype"}), "array-like", None],
        "rounding": ["boolean", StrOptions({"seen"})],
        "keep_missing": ["boolean"],
    }

    def __init__(
        self,
        scaling: str | None = "standard",
        *,
        categorical_features: Any = "from_dtype",
        rounding: bool = True,
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
        table = self._read(X, reset=True)
        self._plain, self._columns = self._sorted(table, categories_in(table, self.categorical_features))
        self._form = (table.columns, list(table.dtypes)) if isinstance(table, pd.DataFrame) else None
        if self._plain:
            # Arrays of whole numbers are left as they are, for scalers turn them into floats column by column.
            values = numbers_of(table, self._plain, table.dtype if isinstance(table, np.ndarray) else None)
            self.scaler_ = self._scaler().fit(values)
            self._decimals = [decimals_of(column) for column in values.T] if self.rounding else []
        self._valued = [*self._plain, *(place for place, column in self._columns.items() if column.has_value)]
        grouped = [place for place, column in self._columns.items() if column.n_options]
        self._grouped = sorted(grouped, key=lambda place: self._columns[place].n_options)
        self.n_values_ = len(self._valued)
        self.choices_ = tuple(self._columns[place].n_options for place in self._grouped)
        self.sources_ = np.concatenate([self._valued, np.repeat(self._grouped, self.choices_)]).astype(int)
        if not len(self.sources_):
            raise ValueError(f"`X` must have a cell that is not missing. Got {table.size} that are.")
        return self

    def transform(self, X: Any) -> Any:
        """Rows of numbers.

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
        return self.transform_table(self._read(X, reset=False))

    def inverse_transform(self, X: Any) -> Any:
        """Rows in the form of the training rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features_out)
            Rows of numbers. Of each group the column with the largest number is chosen.

        Returns
        -------
        X_original : DataFrame or ndarray of shape (n_samples, n_features)
            A DataFrame if the training rows were one.
        """
        check_is_fitted(self)
        X = matrix_of(X, len(self.sources_), "encoded rows")
        dtype = X.dtype
        if self.rounding:  # decimals that are none in 32 bits
            X = X.astype(np.float64, copy=False)
        values, starts = self._plain_of(X), np.cumsum([self.n_values_, *self.choices_])
        choices = {
            place: X[:, start : start + width].argmax(1)
            for place, start, width in zip(self._grouped, starts, self.choices_, strict=False)
        }
        scaled = dict(zip(self._valued, X.T, strict=False))
        cells = dict(zip(self._plain, values.T, strict=True))
        for place, column in self._columns.items():
            known = place in scaled or place in choices
            lacking = [None if self._form is not None else np.nan] * len(X)
            cells[place] = column.decode(scaled.get(place), choices.get(place)) if known else lacking
        return self._in_form(cells, dtype)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns of the result.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the columns of the table. None takes those of the training rows, or x0, x1, ...

        Returns
        -------
        names : ndarray of str
            The name of a column for its value, followed by that of the option in a group.
        """
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        groups = [f"{names[place]}_{option}" for place in self._grouped for option in self._columns[place].names()]
        return np.array([*(names[place] for place in self._valued), *groups], dtype=object)

    def transform_table(self, table: Any) -> np.ndarray:
        """Rows of numbers from what `as_table` made of rows."""
        return together(self.parts(table), len(table))

    def parts(self, table: Any) -> Iterator[np.ndarray]:
        """Rows of numbers, some after the other, so that what is made on the way is small."""
        for part in parts_of(table):
            yield self._part(part)

    def known_categories(self) -> tuple[dict[int, set[Any]], set[int]]:
        """The categories of columns by their places, and the places of columns that had missing cells."""
        columns = self._columns.items()
        categories = {place: set(column.index) for place, column in columns if isinstance(column, CategoryColumn)}
        return categories, {place for place, column in columns if column.missing}

    def _part(self, table: Any) -> np.ndarray:
        plain = []
        if self._plain:
            scaled = self.scaler_.transform(numbers_of(table, self._plain))
            missing = np.isnan(scaled)
            plain = [np.where(missing, 0, scaled) if missing.any() else scaled]
        if not self._columns:
            return plain[0]
        table = pd.DataFrame(table, copy=False)
        encoded: dict[int, tuple[Any, Any]] = {
            place: column.encode(table.iloc[:, place]) for place, column in self._columns.items()
        }
        values = [encoded[place][0][:, None] for place in self._valued if place in encoded]
        groups = [one_hot(encoded[place][1], self._columns[place].n_options) for place in self._grouped]
        rows, dtype = np.concatenate([*plain, *values, *groups], axis=1), dtype_of(table)
        return rows if rows.dtype == dtype else within(rows, np.dtype(dtype)).astype(dtype)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _read(self, X: Any, reset: bool) -> Any:
        if isinstance(X, pd.DataFrame):
            refuse_same_names(X)
            validate_data(self, X, reset=reset, skip_check_array=True)
            return as_table(X)
        return as_table(validate_data(self, X, reset=reset, dtype=None, ensure_all_finite=False))

    def _scaler(self) -> Any:
        if self.scaling == "quantile":
            return RankScaler()
        if self.scaling is None:
            return Identity()
        return ColumnScaler({"standard": "fold", "cut": "cut", "linear": "keep"}[self.scaling])

    def _sorted(self, table: Any, categorical: np.ndarray) -> tuple[list[int], dict[int, Any]]:
        """Places of plain columns, which are a value and no more, and the other columns by their places."""
        split = self.scaling == "quantile"
        other = categorical | split | any_missing(table)
        if not other.any():
            return list(range(table.shape[1])), {}
        table = pd.DataFrame(table, copy=False)
        columns: dict[int, Any] = {}
        for place in np.flatnonzero(other).tolist():
            cells = table.iloc[:, place]
            of_numbers = not categorical[place]
            columns[place] = (
                NumberColumn(cells, self._scaler(), split, self.rounding, self.keep_missing)
                if of_numbers
                else CategoryColumn(cells, self.keep_missing)
            )
        return np.flatnonzero(~other).tolist(), columns

    def _plain_of(self, X: np.ndarray) -> np.ndarray:
        """Values of the plain columns, (n, n_plain), from encoded rows."""
        if not self._plain:
            return X[:, :0]
        values = self.scaler_.inverse_transform(X[:, : len(self._plain)])
        if not self._decimals:
            return values
        return np.stack([rounded(*column) for column in zip(values.T, self._decimals, strict=True)], axis=1)

    def _in_form(self, cells: dict[int, Any], dtype: np.dtype) -> Any:
        """Cells by the places of their columns as a table like the training rows."""
        columns = [cells[place] for place in range(self.n_features_in_)]
        if self._form is not None:
            names, kinds = self._form
            columns = [
                restored(column, kind) if place in self._plain else pd.array(column, dtype=kind)
                for place, (column, kind) in enumerate(zip(columns, kinds, strict=True))
            ]
            return pd.DataFrame(dict(enumerate(columns))).set_axis(names, axis=1)
        rows = np.stack([np.asarray(column) for column in columns], axis=1)
        fits = np.abs(rows).max(initial=0, where=~np.isnan(rows)) <= np.finfo(dtype).max
        return rows.astype(dtype, copy=False) if fits else rows
