"""One column of a table as inputs of a network: a scaled value, a one-hot encoded category, or both; and back.

The categories of a categorical column are those that occurred, missing cells being one of them if there were some. A
numeric column is a scaled value. Where cells are missing, or values are *atoms* (point masses of the distribution:
repeated too often for draws from a density, such as zeros, caps and round figures), it has categories too: the atoms,
"value" and "missing"; a column of few distinct values has categories only.

Categories are encoded as their indices; -1 is a category that did not occur in training.
"""

from __future__ import annotations

import warnings
from copy import copy
from decimal import Decimal
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ._date_formats import date_kind
from ._formats import NumberFormat, number_kind
from ._matching import is_text, match_categories
from ._rounding import count_decimals, round_decimals, round_to_nearest, rounding_error, snap, to_precision
from ._unread_text import conversion

__all__ = [
    "CategoricalColumn",
    "IdentifierColumn",
    "IgnoredColumn",
    "NumericColumn",
    "is_categorical",
    "is_free_text",
]

MIN_ATOM_COUNT = 3
MIN_ATOM_FRACTION, MIN_ATOM_COUNT_RATIO = 0.05, 2  # of the rows, and to the mean count of a distinct value
MAX_DISCRETE_VALUES = 10  # up to which all distinct values of a column are atoms
MIN_MEAN_COUNT = 3  # of distinct values, from which on they are values to round to
MAX_CATEGORIES = 1000
MAX_RARE = 10  # times the frequency below which categories are rare, up to which they may count as such
MAX_UNSEEN_SHOWN = 5
MIN_TEXTS, MIN_DISTINCT_TEXT_FRACTION = 20, 0.2  # of free text: distinct cells, and their share of all
MAX_TEXTS, MIN_WORDS = 1000, 4  # of these, which are looked at; and words that most of them have
MAX_DISTINCT_FRACTION, MAX_ROWS_ALL_DISTINCT = 0.5, 100  # of text cells, in tables of more rows than that

Indices: TypeAlias = NDArray[np.intp]


class NumericColumn:
    """Creates the column of one numeric column's training cells, and fits its scaler.

    With ``rounding``, decoded values have as many decimals as training values have; with "seen", they are training
    values if these repeat. With ``keep_missing``, missing cells are a category if there are some.
    """

    def __init__(
        self, cells: pd.Series, scaler: Any, with_atoms: bool, rounding: bool | str, keep_missing: bool = True
    ) -> None:
        self.format = NumberFormat(cells)
        values = self.format.read(cells)
        present = values[~np.isnan(values)]
        self.has_missing = keep_missing and len(present) < len(values)
        self.atoms, self.has_value = find_atoms(present) if with_atoms else (np.empty(0), len(present) > 0)
        self._fit_values(present, cells.dtype, scaler, rounding)
        n_categories = len(self.atoms) + self.has_value + self.has_missing
        self.n_categories = 0 if n_categories == 1 and self.has_value else n_categories

    def encode(self, cells: pd.Series) -> tuple[NDArray[np.float64] | None, Indices | None]:
        """Scaled values, (n,), and category indices, (n,), each where the column has any."""
        values = self.format.read(cells)
        missing = np.isnan(values)
        scaled = None
        if self.has_value:
            scaled = self.scaler.transform(np.where(missing, 0, values)[:, None])[:, 0]
            scaled[missing] = 0
        return scaled, self._category_indices(values, missing, cells.dtype) if self.n_categories else None

    def with_scale_of(self, cells: pd.Series, scaler: Any, rounding: bool | str) -> NumericColumn:
        """A copy with the same categories, whose values are scaled and rounded as other cells, if some are present."""
        column, values = copy(self), self.format.read(cells)
        if self.has_value and not np.isnan(values).all():
            column._fit_values(values[~np.isnan(values)], cells.dtype, scaler, rounding)
        return column

    def is_far(self, cells: pd.Series) -> NDArray[np.bool_]:
        """Which values are far from those of training, or none of them in a column of few values."""
        values = self.format.read(cells)
        if self.has_value:
            return np.asarray(self.scaler.is_far(values[:, None])[:, 0])
        return ~np.isnan(values) & ~np.isin(values, to_precision(self.atoms, cells.dtype))

    def is_unknown(self, cells: pd.Series) -> NDArray[np.bool_]:
        """Which cells are missing where no training cell was."""
        return np.asarray(np.isnan(self.format.read(cells)) & (not self.has_missing))

    def decode(self, scaled: NDArray[np.floating] | None, indices: Indices | None) -> Any:
        """Cells, in the dtype of the training cells."""
        values = np.full(0 if indices is None else len(indices), np.nan)
        if scaled is not None:
            values = round_decimals(self.scaler.inverse_transform(scaled[:, None])[:, 0], self.decimals)
            values = round_to_nearest(values, self.allowed_values) if len(self.allowed_values) else values
            values = snap(values, self.repeated_values, self.tolerance) if len(self.repeated_values) else values
        if indices is not None:
            is_atom = (indices >= 0) & (indices < len(self.atoms))
            values[is_atom] = self.atoms[indices[is_atom]]
            values[indices == (self.n_categories - 1 if self.has_missing else -1)] = np.nan
        return self.format.write(values)

    def category_names(self) -> list[str]:
        """The atoms, "value" and "missing"."""
        return [*map(str, self.atoms), *["value"] * self.has_value, *["missing"] * self.has_missing]

    def _fit_values(self, present: NDArray[np.float64], dtype: Any, scaler: Any, rounding: bool | str) -> None:
        self.decimals = count_decimals(present, dtype) if rounding else None
        none = np.empty(0)
        distinct, counts = np.unique(present, return_counts=True) if rounding == "seen" else (none, none)
        self.allowed_values = distinct if len(distinct) <= len(present) / MIN_MEAN_COUNT else none
        is_exact = len(self.allowed_values) or self.decimals is not None
        self.repeated_values = none if is_exact else distinct[counts > 1]
        self.tolerance = rounding_error(dtype)
        self.scaler: Any = scaler.fit(present[:, None]) if self.has_value else None

    def _category_indices(self, values: NDArray[np.float64], missing: NDArray[np.bool_], dtype: Any) -> Indices:
        indices = np.zeros(len(values), np.intp)
        if self.has_value and len(self.atoms):
            atoms = to_precision(self.atoms, dtype)
            indices = np.searchsorted(atoms, values).clip(max=len(atoms) - 1)
            indices = np.where(atoms[indices] == values, indices, len(atoms))
        elif len(self.atoms):
            indices = np.abs(values[:, None] - self.atoms).argmin(1)
        return np.where(missing, self.n_categories - 1 if self.has_missing else -1, indices)


class CategoricalColumn:
    """Creates the column of one categorical column's training cells, which need not repeat if it ``is_asked`` for.

    Categories of less than the share ``min_frequency`` of the cells are encoded as one, after the others, if there are
    two or more (`pool_rare`). So are then those that did not occur.
    """

    has_value = False

    def __init__(
        self, cells: pd.Series, keep_missing: bool = True, min_frequency: float = 0.0, is_asked: bool = False
    ) -> None:
        self.name = cells.name
        codes, categories = self._factorize(cells)
        self.is_free_text = is_free_text(categories, len(cells))
        self._check_cardinality(cells, len(categories), is_asked)
        order = self._order(cells, categories)
        self.categories = pd.Index(np.asarray(categories, dtype=object)[order], dtype=object)
        missing_rows, rows = np.split(np.unique(codes, return_index=True)[1], [int((codes < 0).any())])
        missing_rows = missing_rows[: int(keep_missing)]
        self.has_missing = bool(len(missing_rows))
        counts = np.bincount(codes[codes >= 0], minlength=len(categories))[order]
        shown, self.encoded_as = pool_rare(counts, min_frequency * len(cells))
        self.n_pooled = len(counts) - len(shown) + 1 if len(shown) < len(counts) else 0
        # Cells of the table itself, so that decoding restores any dtype.
        self.training_cells = cells.array.take(np.concatenate([rows[order][shown], missing_rows]))
        self.n_categories = len(self.training_cells)

    def encode(self, cells: pd.Series) -> tuple[None, Indices]:
        """No value, and category indices, (n,)."""
        categories, unmatched = self.match(cells)
        indices = self.encoded_as[categories]
        if others := [cell for cell in unmatched if self._is_of_other_type(cell)]:
            self._warn_of_other_type(others)
        return None, indices

    def is_unknown(self, cells: pd.Series) -> NDArray[np.bool_]:
        """Which cells have a category that did not occur in training, or are missing where no training cell was."""
        return np.asarray(self.match(cells)[0] < 0)

    def unseen(self, cells: pd.Series, indices: Indices) -> list[Any]:
        """Categories of encoded cells that did not occur in training, but for those of another type."""
        unseen = cells.iloc[np.flatnonzero(indices < 0)].dropna().unique()
        return [category for category in unseen if not self._is_of_other_type(category)][:MAX_UNSEEN_SHOWN]

    def decode(self, scaled: None, indices: Indices) -> Any:
        """Cells, in the dtype of the training cells, if it has a missing value or none is missing."""
        if self.has_missing:
            indices = np.where(indices < 0, self.n_categories - 1, indices)
        if (indices >= 0).all():
            return self.training_cells.take(indices)
        return pd.Series(self.training_cells).reindex(np.where(indices < 0, self.n_categories, indices)).array

    def category_names(self) -> list[str]:
        """The categories as text, "infrequent" and "missing"."""
        names = list(map(str, self.categories))
        if self.n_pooled:
            pooled = self.n_categories - self.has_missing - 1
            names = [name for name, index in zip(names, self.encoded_as, strict=False) if index < pooled]
            names.append("infrequent")
        return [*names, *["missing"] * self.has_missing]

    def match(self, cells: pd.Series) -> tuple[Indices, NDArray[Any]]:
        """Indices of the categories of cells, (n,), and what categories are none of training.

        A missing cell has the index after the last category, or -2 if no training cell was missing; others that did not
        occur have -1.
        """
        codes, categories = self._factorize(cells)
        indices = match_categories(categories, self.categories)
        unmatched = np.asarray(categories, dtype=object)[indices < 0]
        return np.append(indices, len(self.categories) if self.has_missing else -2)[codes], unmatched

    def _factorize(self, cells: pd.Series) -> tuple[Indices, Any]:
        try:
            codes, categories = pd.factorize(cells, use_na_sentinel=True)
        except (TypeError, ValueError) as error:  # that they have no hash, or bytes in another order
            raise self._wrong_cells(error) from None
        return codes, categories

    def _order(self, cells: pd.Series, categories: Any) -> Indices:
        if isinstance(cells.dtype, pd.CategoricalDtype):
            return np.argsort(cells.dtype.categories.get_indexer(pd.Index(categories)))
        if len({isinstance(category, str) for category in categories}) > 1:
            advice = "" if (convert := conversion(cells)) is None else f": `{convert}` has the others missing"
            raise ValueError(f"A column must hold either text or numbers. Got both in column {self.name!r}{advice}.")
        try:
            return np.argsort(np.asarray(categories, dtype=object))
        except TypeError as error:
            raise self._wrong_cells(error) from None

    def _wrong_cells(self, error: Exception) -> ValueError:
        return ValueError(f"Cells must be text or numbers. Got others in column {self.name!r}: {error}.")

    def _is_of_other_type(self, cell: Any) -> bool:
        return bool(len(self.categories)) and is_text(cell) not in set(map(is_text, self.categories))

    def _warn_of_other_type(self, cells: list[Any]) -> None:
        kinds = ("numbers or bools", "text") if is_text(cells[0]) else ("text", "numbers or bools")
        warnings.warn(
            f"Column {self.name!r} was {kinds[0]} in training, and {kinds[1]} that are no category come now:"
            f" {', '.join(map(repr, cells[:MAX_UNSEEN_SHOWN]))}. Convert the column as the training rows were.",
            UserWarning,
            stacklevel=2,
        )

    def _check_cardinality(self, cells: pd.Series, n_categories: int, is_asked: bool) -> None:
        is_number = cells.dtype.kind in "iufb" or isinstance(cells.dtype, pd.CategoricalDtype)
        limited = not (is_number or is_asked) and len(cells) > MAX_ROWS_ALL_DISTINCT
        if n_categories > min(MAX_DISTINCT_FRACTION * len(cells) if limited else np.inf, MAX_CATEGORIES):
            advice = (
                f"drop it if it identifies rows, or pass `column_kinds={{{self.name!r}: 'identifier'}}`; encode it"
                " first if it is free text (for instance with `skrub.StringEncoder`), or group its rare values."
            )
            if self.is_free_text:
                advice = (
                    "it is text, which has to be encoded first (for instance with `skrub.StringEncoder`), or left out,"
                    f" by `column_kinds={{{self.name!r}: 'text'}}`."
                )
            elif (convert := conversion(cells)) is not None:
                advice = f"it looks like numbers or dates, which it becomes by `{convert}`."
            raise ValueError(
                f"A categorical column must repeat its categories, and have at most {MAX_CATEGORIES:,} of them. Got"
                f" {n_categories:,} distinct values in {len(cells):,} rows of column {self.name!r}: {advice}"
            )


class IdentifierColumn:
    """Creates the column of one column's training cells that identify rows: not encoded, and made up when decoded."""

    has_value, has_missing = False, False
    n_categories = 0
    places: int | None = None  # of decimal numbers

    def __init__(self, cells: pd.Series) -> None:
        self.name, self.dtype = str(cells.name), cells.dtype
        present = cells.dropna()
        self.is_number = pd.api.types.is_numeric_dtype(cells.dtype) or number_kind(cells) is not None
        first = present.iloc[0] if len(present) else None
        self.places = -int(first.as_tuple().exponent) if isinstance(first, Decimal) else None
        self.start = int(present.max()) + 1 if self.is_number and len(present) else 1
        self.n_repeats = max(1, round(len(present) / max(1, present.nunique())))

    def after(self, cells: pd.Series) -> IdentifierColumn:
        """The column of other cells, which makes up none that either had."""
        column = IdentifierColumn(cells)
        column.start = max(self.start, column.start)
        return column

    def encode(self, cells: pd.Series) -> tuple[None, None]:
        """Nothing."""
        return None, None

    def is_unknown(self, cells: pd.Series) -> NDArray[np.bool_]:
        """No cell is."""
        return np.zeros(len(cells), np.bool_)

    def make_up(self, n: int) -> Any:
        """New cells, numbered from the first."""
        numbers: Any = self.start + np.arange(n) // self.n_repeats
        if self.places is not None:
            numbers = [Decimal(number).quantize(Decimal(1).scaleb(-self.places)) for number in numbers.tolist()]
        if self.is_number:
            return pd.array(numbers, dtype=self.dtype)
        text = [f"{self.name} {number}" for number in numbers]
        return pd.array(text, dtype="category" if isinstance(self.dtype, pd.CategoricalDtype) else self.dtype)


class IgnoredColumn(IdentifierColumn):
    """Creates the column of one column's training cells that are not encoded, and missing when decoded."""

    def __init__(self, cells: pd.Series) -> None:
        self.no_cells = cells.iloc[:0].array

    def after(self, cells: pd.Series) -> IgnoredColumn:
        """The same column."""
        return self

    def make_up(self, n: int) -> Any:
        """Missing cells."""
        return pd.Series(self.no_cells).reindex(range(n)).array


def pool_rare(counts: NDArray[np.intp], min_count: float) -> tuple[Indices, Indices]:
    """Indices of the categories that stand for those they are encoded as, and how each is encoded.

    Rare ones are encoded as the last, and stood for by the commonest of them; so are others up to `MAX_RARE` times as
    common that would be rarer than these together. After the categories come missing cells, -2 of complete columns, and
    -1 of what did not occur, which counts as rare.
    """
    rare = counts < min_count
    if rare.sum() < 2:
        return np.arange(len(counts)), np.append(np.arange(len(counts) + 1), [-1, -1])
    while (is_rarer := ~rare & (counts < min(counts[rare].sum(), MAX_RARE * min_count))).any():
        rare |= is_rarer
    common = np.flatnonzero(~rare)
    encoded_as = np.full(len(counts), len(common))
    encoded_as[common] = np.arange(len(common))
    commonest = np.argmax(np.where(rare, counts, -1))
    return np.append(common, commonest), np.concatenate([encoded_as, [len(common) + 1, -1, len(common)]])


def is_categorical(cells: pd.Series) -> bool:
    """Whether cells are categories by their dtype, as text, bools and pandas' categories are, but for dates in text."""
    dtype = cells.dtype
    if isinstance(dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(dtype):
        return True
    if dtype.kind == "c":
        raise ValueError(f"Columns must be numbers, categories or dates. Got {dtype} in column {cells.name!r}.")
    if dtype.kind in "USO" or isinstance(dtype, pd.StringDtype):
        return number_kind(cells) is None and date_kind(cells) is None
    return False


def is_free_text(categories: Any, n_cells: int) -> bool:
    """Whether distinct cells are many, and text of several words mostly."""
    if len(categories) < max(MIN_TEXTS, MIN_DISTINCT_TEXT_FRACTION * n_cells):
        return False
    n_words = [len(text.split()) if isinstance(text, str) else 0 for text in categories[:MAX_TEXTS]]
    return float(np.median(n_words)) >= MIN_WORDS


def repeats(cells: pd.Series) -> bool:
    """Whether cells have few distinct values, each of them three times or more in the mean."""
    return bool(cells.nunique() <= min(MAX_CATEGORIES, len(cells) / MIN_MEAN_COUNT))


def find_atoms(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], bool]:
    """The atoms among values in ascending order, and whether there are other values."""
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) <= MAX_DISCRETE_VALUES and len(values) >= MIN_ATOM_COUNT * len(distinct):
        return distinct, False
    min_count = max(MIN_ATOM_COUNT, MIN_ATOM_FRACTION * len(values), MIN_ATOM_COUNT_RATIO * counts.mean())
    return distinct[counts >= min_count], bool((counts < min_count).any())
