"""Conditions of rows: class labels or a table of numbers and categories, encoded as columns that a decoder takes."""

from __future__ import annotations

import warnings
from copy import copy
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import Ridge
from sklearn.utils.validation import column_or_1d

from ..table import NOT_ENCODED, TableEncoder, check_unique_names, to_pandas
from ..table._comparable_dates import with_order
from ._labels import check_text, to_array
from ._requested_values import as_cells, check_within, in_range, shown

__all__ = ["Conditions", "number_rows", "requested_condition", "split_kinds"]

MAX_DISTINCT = 100_000  # conditions that `sample` draws from
MIN_EQUAL_ROWS = 5  # training rows of the very numbers asked for; of fewer, the nearest rows are taken as well
N_NEAREST_ROWS = 50


class Conditions:
    """Encoder and empirical distribution of the conditions of training rows.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or DataFrame of shape (n_samples, n_conditions)
        Class labels or numbers, or a table of both. Numbers in an array are classes if all are whole.
    column_kinds : dict or None, default=None
        Kinds of conditions by their names.

    Attributes
    ----------
    width : int
        Number of columns of an encoded condition.
    names : list of str
        Names of the conditions, ["y"] where they have none.
    encoder : TableEncoder
        The encoder.
    """

    def __init__(self, y: Any, column_kinds: dict[Any, str] | None = None) -> None:
        table = self.as_table(y)
        self._check_no_missing(table)
        self.names = list(table)
        from_dtype = isinstance(y, pd.DataFrame) or bool(column_kinds) or self._has_fractions(table["y"])
        categorical_features = "from_dtype" if from_dtype else [0]
        self.encoder = TableEncoder(categorical_features=categorical_features, column_kinds=column_kinds).fit(table)
        numeric = table.columns[self.encoder.source_columns_[: self.encoder.n_numeric_]]
        self.categories = {name: list(pd.unique(table[name])) for name in table.columns.difference(numeric)}
        self._fit_distribution(table)
        self.width = self.values.shape[1]

    def with_scales_of(self, y: Any) -> Conditions:
        """Conditions with the same categories, and the scales, ranges and distribution of other training rows."""
        conditions, table = copy(self), self.as_table(y)
        if sorted(map(str, table)) != sorted(map(str, self.names)):
            raise ValueError(
                f"With `warm_start`, `y` must have the conditions of the first fit ({shown(self.names)}). Got"
                f" {shown(list(table))}."
            )
        table = table[self.names]
        self._check_no_missing(table)
        self._check_known(table)
        conditions.encoder = self.encoder.with_scales_of(table)
        conditions._fit_distribution(table)
        return conditions

    def encode_rows(self, y: Any) -> NDArray[Any]:
        """Encoded conditions, (n_samples, width), of training rows."""
        return self.encoder.encode(self.as_table(y)[self.names])

    def encode(
        self, y: Any, n: int, rng: np.random.RandomState | None = None, current: NDArray[Any] | None = None
    ) -> NDArray[Any]:
        """Encoded conditions, (n, width), of one condition for all rows or one for each.

        Conditions that are not asked for are those of ``current``, (n, width), or else drawn by ``rng`` as they went
        with the others in training, as numbers of a range and members of a set are.
        """
        values, allowed = self._read(y, n)
        condition = np.resize(self._encode_values(values), (n, self.width))
        is_given, is_drawn = self._columns_of(values), self._columns_of(allowed)
        if not is_given.all() and rng is not None:
            mask = np.all([np.ones(len(self.values), np.bool_), *allowed.values()], axis=0)
            condition[:, ~is_given] = self._draw_others(condition, is_given, mask, rng)[:, ~is_given]
        elif allowed:
            raise ValueError(
                "`y` must have values here: `sample`, `inverse_transform` and `transfer` draw from ranges and sets. Got"
                f" some for {shown(list(allowed))}."
            )
        elif not is_given.all() and current is None:
            raise ValueError(f"`y` must have all conditions ({shown(self.names)}). Got {shown(list(values))}.")
        if current is not None:
            condition = np.where(is_given | is_drawn, condition, current)
        if rng is not None or current is not None:
            self._warn_of_new_combinations(condition)
        return condition

    def encode_given(self, y: Any, n: int, rng: np.random.RandomState) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Encoded conditions, (n, width), and which of their columns are asked for, (width,), all others being any."""
        if y is None:
            return np.resize(self.values[:1], (n, self.width)), np.zeros(self.width, np.bool_)
        values, allowed = self._read(y, n)
        return self.encode(y, n, rng), self._columns_of(values) | self._columns_of(allowed)

    def sample(self, n: int, rng: np.random.RandomState) -> NDArray[Any]:
        """Encoded conditions, (n, width), drawn as often as they occurred in training."""
        return self.values[rng.choice(len(self.values), n, p=self.counts / self.counts.sum())]

    def ordinal(self, condition: NDArray[Any]) -> NDArray[Any]:
        """Encoded conditions, (n, width), as trees take them, (n, n_conditions): numbers, and indices of categories."""
        return np.column_stack([condition[:, : self.encoder.n_numeric_], *self._categories_of(condition)])

    def fit_predictor(self, X: NDArray[Any], condition: NDArray[Any]) -> None:
        """Fit a ridge regression of encoded conditions on scaled rows."""
        ridge = Ridge().fit(X.astype(np.float64, copy=False), condition)
        self.coef, self.intercept = ridge.coef_, ridge.intercept_

    def predict(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Predicted conditions of scaled rows, (n, width): numbers, and the most likely categories as one-hot."""
        predicted = (X @ self.coef.T + self.intercept).reshape(len(X), self.width)
        starts = np.cumsum([self.encoder.n_numeric_, *self.encoder.one_hot_groups_])[:-1]
        numbers, *scores = np.split(predicted, starts, axis=1)
        return np.hstack([numbers, *(np.eye(group.shape[1])[group.argmax(1)] for group in scores)])

    def _fit_distribution(self, table: pd.DataFrame) -> None:
        """Learn the ranges of conditions, and how often they occur together."""
        numeric = [name for name in self.names if name not in self.categories]
        columns = {name: with_order(table[name]) for name in numeric}
        self.ranges = {name: (cells.min(), cells.max()) for name, cells in columns.items()}
        condition = self.encoder.encode(table)
        categories, n_numeric = self._categories_of(condition), self.encoder.n_numeric_
        self.values, self.counts = distinct_conditions(condition, categories, n_numeric)

    @staticmethod
    def as_table(y: Any) -> pd.DataFrame:
        """Conditions of each row, or of all, as a table."""
        if isinstance(y, pd.DataFrame):
            return y.reset_index(drop=True)
        if isinstance(y, dict):
            return pd.DataFrame([y])
        if isinstance(y, pd.Series):
            return pd.DataFrame({"y": y.reset_index(drop=True)})
        y = np.atleast_1d(to_array(y))
        check_text(y)
        return pd.DataFrame({"y": column_or_1d(y, warn=True)}).infer_objects()

    def _read(self, y: Any, n: int) -> tuple[pd.DataFrame, dict[Any, NDArray[np.bool_]]]:
        """Values of conditions, of one row or n; and of those with a range or a set, which training rows are in it."""
        named = self._by_name(y)
        if unknown := [name for name in named if name not in self.names]:
            raise ValueError(f"`y` must have the names of conditions ({shown(self.names)}). Got {shown(unknown)}.")
        options = {name: value for name, value in named.items() if isinstance(value, tuple | set | frozenset)}
        cells = {name: as_cells(named[name]) for name in self.names if name in named and name not in options}
        lengths = {len(each) for each in cells.values()} - {1}
        if lengths - {n}:
            raise ValueError(f"`y` must be one condition, or one for each of {n} rows. Got {min(lengths - {n})}.")
        for name, each in cells.items() if lengths else ():
            cells[name] = each.loc[[0] * n] if len(each) == 1 else each
        values = pd.DataFrame({name: each.array for name, each in cells.items()})
        return values, {name: self._in_option(name, option) for name, option in options.items()}

    def _by_name(self, y: Any) -> dict[Any, Any]:
        """Conditions by their names."""
        if isinstance(y, pd.Series) and len(self.names) > 1:
            y = y.to_dict()
        if isinstance(y, dict):
            return y
        if isinstance(y, pd.DataFrame):
            check_unique_names(y)
            return {name: y[name] for name in y}
        if len(self.names) > 1:
            raise ValueError(
                f"`y` must be a dict or a DataFrame, with names of conditions ({shown(self.names)}). Got {y!r:.80}."
            )
        return {self.names[0]: y if isinstance(y, set | frozenset) else self.as_table(y)["y"]}

    def _encode_values(self, values: pd.DataFrame) -> NDArray[Any]:
        """Encoded conditions, (len(values), width); those that are not among the values are of some training row."""
        some = self.encoder.inverse_transform(self.values[:1]).loc[[0] * max(1, len(values))]
        table = pd.DataFrame({name: (values if name in values else some)[name].array for name in self.names})
        self._check_no_missing(table)
        for name in values.columns.intersection(list(self.ranges)):
            check_within(table[name], *self.ranges[name])
        self._check_known(table)
        return self.encoder.encode(table).astype(self.values.dtype, copy=False)

    def _check_known(self, table: pd.DataFrame) -> None:
        """Raise an error where a category is none of training."""
        unknown = self.encoder.unknown_cells(table)
        for name in np.array(self.names, dtype=object)[unknown.any(axis=0)]:
            others = table[name][unknown[:, self.names.index(name)]].unique().tolist()
            raise ValueError(
                f"Condition {name!r} must be one of the training rows' ({shown(sorted(self.categories[name]))})."
                f" Got {shown(others)}."
            )

    def _in_option(self, name: Any, option: Any) -> NDArray[np.bool_]:
        """Which distinct conditions of the training rows are in a range or a set."""
        if not isinstance(option, tuple):
            return self._in_set(name, sorted(option, key=repr))
        cells = self.encoder.inverse_transform(self.values)[name]
        inside = in_range(cells, option, name)
        if not inside.any():
            low, high = self.ranges.get(name, (cells.min(), cells.max()))
            raise ValueError(
                f"A range must have training rows. Got {option} for {name!r}, where these are between {low} and {high}."
            )
        return inside

    def _in_set(self, name: Any, members: list[Any]) -> NDArray[np.bool_]:
        """Which distinct conditions of the training rows have one of some values."""
        if not members:
            raise ValueError(f"A set must have values to draw from. Got an empty one for {name!r}.")
        columns = self._columns_of([name])
        wanted = self._encode_values(pd.DataFrame({name: as_cells(members).array}))[:, columns]
        is_equal = np.stack([equal_rows(self.values[:, columns], value) for value in wanted])
        if not is_equal.any(axis=1).all():
            new = [member for member, rows in zip(members, is_equal, strict=True) if not rows.any()]
            raise ValueError(
                f"A set must have values of training rows. Got {shown(new)} for {name!r}: ask for a range."
            )
        return np.asarray(is_equal.any(axis=0))

    def _draw_others(
        self,
        condition: NDArray[Any],
        is_given: NDArray[np.bool_],
        allowed: NDArray[np.bool_],
        rng: np.random.RandomState,
    ) -> NDArray[Any]:
        """For each row a condition of some training row, allowed, that has what is given, or nearly so."""
        counts, n_numeric = self.counts * allowed, self.encoder.n_numeric_
        groups = number_rows(list(condition[:, is_given].T), len(condition))
        drawn = np.empty_like(condition)
        for group in np.split(np.argsort(groups, kind="stable"), np.cumsum(np.bincount(groups))[:-1]):
            weights = counts * near_rows(self.values, counts, condition[group[0]], is_given, n_numeric)
            if not weights.any():
                names = [name for name in self.names if self._columns_of([name])[is_given].any()]
                given = self.encoder.inverse_transform(condition[group[:1]])[names].to_dict("records")[0]
                raise ValueError(
                    "Conditions that are not given are drawn from training rows that have the others. Got no such row"
                    f" for {given}: ask for a wider range or set, or give all conditions."
                )
            drawn[group] = self.values[rng.choice(len(self.values), len(group), p=weights / weights.sum())]
        return drawn

    def _columns_of(self, names: Any) -> NDArray[np.bool_]:
        """Which encoded columns are of some conditions, (width,)."""
        return np.asarray(np.isin(self.encoder.source_columns_, [self.names.index(name) for name in names]))

    def _categories_of(self, condition: NDArray[Any]) -> list[NDArray[np.intp]]:
        """The index of the category in each one-hot group."""
        starts = np.cumsum([self.encoder.n_numeric_, *self.encoder.one_hot_groups_])[:-1]
        return [group.argmax(axis=1) for group in np.split(condition, starts, axis=1)[1:]]

    def _warn_of_new_combinations(self, condition: NDArray[Any]) -> None:
        if len(self.encoder.one_hot_groups_) < 2:
            return
        both = np.concatenate([self.values, condition])
        known, asked = np.split(number_rows(self._categories_of(both), len(both)), [len(self.values)])
        is_new = ~np.isin(asked, known)
        if is_new.any():
            first = np.unique(asked[is_new], return_index=True)[1]
            names = [name for name in self.names if name in self.categories]
            rows = self.encoder.inverse_transform(condition[is_new][first])[names].to_dict("records")
            warnings.warn(
                f"No training row had these conditions together: {shown(rows)}. The model extrapolates: ask for"
                " conditions that occurred together where you need to rely on the rows.",
                UserWarning,
                stacklevel=2,
            )

    @staticmethod
    def _has_fractions(column: pd.Series) -> bool:
        return column.dtype.kind == "f" and bool((column % 1 != 0).any())

    @staticmethod
    def _check_no_missing(table: pd.DataFrame) -> None:
        if (missing := table.isna().any()).any():
            raise ValueError(
                "`y` must have a condition for every row. Got some that are missing in"
                f" {shown(list(table.columns[missing]))}."
            )


def split_kinds(column_kinds: dict[Any, str] | None, X: Any, y: Any) -> tuple[dict[Any, str], dict[Any, str]]:
    """Kinds of the columns of rows, and of conditions, which are those by names of conditions; some may be of both.

    Raises
    ------
    ValueError
        If a condition is not to be encoded.
    """
    columns = list(X.columns) if isinstance(X, pd.DataFrame) else []
    names = [] if y is None else [name for name in Conditions.as_table(to_pandas(y)) if isinstance(name, str)]
    kinds = column_kinds or {}
    of_conditions = {
        name: kind for name, kind in kinds.items() if name in names and not (kind in NOT_ENCODED and name in columns)
    }
    for name, kind in of_conditions.items():
        if kind in NOT_ENCODED:
            raise ValueError(
                f"A condition must be of a kind that is encoded. Got {kind!r} for {name!r} in `column_kinds`: drop it"
                " from `y`."
            )
    return {name: kind for name, kind in kinds.items() if name in columns or name not in of_conditions}, of_conditions


def distinct_conditions(
    condition: NDArray[Any], categories: list[NDArray[np.intp]], n_numeric: int
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Distinct encoded conditions, which have so many numbers and then some categories, and how often they occurred.

    Of more than `MAX_DISTINCT`, as many rows are drawn at random, about equally many of each combination of
    categories; they count as often as they stand for others.
    """
    combinations = number_rows(categories, len(condition))
    distinct = number_rows([combinations, *condition[:, :n_numeric].T], len(condition))
    first, counts = np.unique(distinct, return_index=True, return_counts=True)[1:]
    weights = counts.astype(np.float64)
    if len(first) > MAX_DISTINCT:
        sizes = np.bincount(combinations[first])
        share = np.minimum(1, MAX_DISTINCT / len(sizes) / sizes)[combinations[first]]
        is_drawn = np.random.RandomState(0).random_sample(len(first)) < share
        first, weights = first[is_drawn], (weights / share)[is_drawn]
    order = np.lexsort(condition[first].T[::-1])
    return condition[first][order], weights[order]


def near_rows(
    values: NDArray[Any], weights: NDArray[np.float64], value: NDArray[Any], is_given: NDArray[np.bool_], n_numeric: int
) -> NDArray[np.bool_]:
    """Which conditions of some weight have the categories given, and the numbers, or if too few have, the nearest."""
    is_number = np.arange(values.shape[1]) < n_numeric
    categories, numbers = is_given & ~is_number, is_given & is_number
    is_near = (weights > 0) & equal_rows(values[:, categories], value[categories])
    is_equal = is_near & equal_rows(values[:, numbers], value[numbers])
    if weights[is_equal].sum() >= min(MIN_EQUAL_ROWS, weights[is_near].sum()):
        return is_equal
    distance = np.where(is_near, np.abs(values[:, numbers] - value[numbers]).max(axis=1), np.inf)
    order = np.argsort(distance)
    last = np.searchsorted(np.cumsum(weights[order]), N_NEAREST_ROWS)
    return np.asarray(is_near & (distance <= distance[order][min(last, is_near.sum() - 1)]))


def equal_rows(values: NDArray[Any], value: NDArray[Any]) -> NDArray[np.bool_]:
    """Which encoded conditions are equal to one, up to rounding."""
    tolerance = 4 * np.finfo(values.dtype).eps * (1 + np.abs(value))
    return np.asarray((np.abs(values - value) <= tolerance).all(axis=1))


def number_rows(columns: list[NDArray[Any]], n: int) -> NDArray[np.intp]:
    """A number for each row, equal where all columns are, from 0."""
    numbers = np.zeros(n, np.intp)
    for column in columns:
        codes = np.unique(column, return_inverse=True)[1]
        numbers = np.unique(numbers * (codes.max() + 1) + codes, return_inverse=True)[1]
    return numbers


def requested_condition(
    conditions: Conditions | None,
    y: Any,
    n_samples: int,
    *,
    rng: np.random.RandomState | None = None,
    current: NDArray[Any] | None = None,
) -> NDArray[Any] | None:
    """The condition of each row, (n_samples, condition_width): as asked for in ``y``, else current, else drawn."""
    if conditions is None:
        if y is not None:
            raise ValueError(f"`y` must be None for a model that was fitted without conditions. Got {y!r:.80}.")
        return None
    if y is not None:
        return conditions.encode(to_pandas(y), n_samples, rng, current)
    if current is not None:
        return current
    if rng is None:
        raise ValueError("`y` must be given to a model that was fitted with conditions. Got None.")
    return conditions.sample(n_samples, rng)
