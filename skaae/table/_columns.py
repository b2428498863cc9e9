"""One column of a table as numbers of a network: a value, a choice among options, or both; and back.

A column of categories is a choice among those that occurred, missing being one of them if it did. A numeric column is
a value; where some cells are missing, or some values are *atoms* (repeated so often that they are no draws from a
density: zeros, caps, round figures), it is also a choice among these and "another value"; a column of few values is a
choice only.

A choice is a position among the options; -1 is none of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

__all__ = [
    "CategoryColumn",
    "NumberColumn",
    "decimals_of",
    "finite_numbers",
    "is_category",
    "restored",
    "rounded",
    "within",
]

ATOM_SHARE, ATOM_EXCESS = 0.05, 2  # of the rows, and times the mean count of values, from which on one is an atom
FEW_VALUES = 10  # up to which all values of a column are atoms
ROWS_OF_ATOM = 3  # at least
ROWS_OF_SEEN = 3  # for each value, in the mean, from which on values repeat
MOST_DECIMALS = 6
NUMBERS_OF_PART = 2**20  # that are looked at together
MOST_CATEGORIES = 1000
MOST_DISTINCT, SHORT = 0.5, 100  # share of text cells that may be distinct, in a table of more rows than "short"


class NumberColumn:
    """Creates the column of one numeric column's training cells.

    Parameters
    ----------
    cells : Series
        Training cells.
    scaler : object
        To be fitted to the column's values.
    split : bool
        Whether to look for atoms.
    rounding : bool or "seen"
        Whether values come back with as many decimals as training values have; or, where these repeat, as one of them.
    keep_missing : bool
        Whether missing cells are an option, if there are some.
    """

    def __init__(
        self, cells: pd.Series, scaler: Any, split: bool, rounding: bool | str, keep_missing: bool = True
    ) -> None:
        self.dtype = cells.dtype
        values = finite_numbers(cells, np.float64)
        present = values[~np.isnan(values)]
        self.missing = keep_missing and len(present) < len(values)
        self.atoms: np.ndarray = np.empty(0)
        self.has_value = len(present) > 0
        if split:
            self.atoms, self.has_value = atoms_of(present)
        self.decimals = decimals_of(present) if rounding else None
        self.seen = np.unique(present) if rounding == "seen" else np.empty(0)
        if len(self.seen) > len(present) / ROWS_OF_SEEN:
            self.seen = np.empty(0)
        self.scaler: Any = scaler.fit(present[:, None]) if self.has_value else None
        n_options = len(self.atoms) + self.has_value + self.missing
        self.n_options = 0 if n_options == 1 and self.has_value else n_options

    def encode(self, cells: pd.Series) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Scaled values, (n,), and choices, (n,), each where the column has any."""
        values = finite_numbers(cells, np.float64)
        missing = np.isnan(values)
        scaled = None
        if self.has_value:
            scaled = self.scaler.transform(np.where(missing, 0, values)[:, None])[:, 0]
            scaled[missing] = 0
        return scaled, self._choices(values, missing, cells.dtype) if self.n_options else None

    def decode(self, scaled: np.ndarray | None, choices: np.ndarray | None) -> Any:
        """Cells, in the dtype of the training cells."""
        values = np.full(0 if choices is None else len(choices), np.nan)
        if scaled is not None:
            values = self.scaler.inverse_transform(scaled[:, None])[:, 0]
            values = rounded(values, self.decimals)
            values = nearest(values, self.seen) if len(self.seen) else values
        if choices is not None:
            at_atom = (choices >= 0) & (choices < len(self.atoms))
            values[at_atom] = self.atoms[choices[at_atom]]
            if self.missing:
                values[choices == self.n_options - 1] = np.nan
        return restored(values, self.dtype)

    def names(self) -> list[str]:
        """What the options are called."""
        return [*map(str, self.atoms), *["value"] * self.has_value, *["missing"] * self.missing]

    def _choices(self, values: np.ndarray, missing: np.ndarray, dtype: Any) -> np.ndarray:
        if self.has_value and len(self.atoms):
            near = self._atoms_at(values, in_bits_of(dtype, self.atoms))
        elif len(self.atoms):
            near = np.abs(values[:, None] - self.atoms).argmin(1)
        else:
            near = np.zeros(len(values), int)
        return np.where(missing, self.n_options - 1 if self.missing else -1, near)

    def _atoms_at(self, values: np.ndarray, atoms: np.ndarray) -> np.ndarray:
        places = np.searchsorted(atoms, values).clip(max=len(atoms) - 1)
        return np.where(atoms[places] == values, places, len(atoms))


class CategoryColumn:
    """Creates the column of one categorical column's training cells."""

    has_value = False

    def __init__(self, cells: pd.Series, keep_missing: bool = True) -> None:
        self.name = cells.name
        codes, found = self._found(cells)
        self._refuse_free_text(cells, len(found))
        order = self._order(cells, found)
        first = np.unique(codes, return_index=True)[1]
        missing, first = (first[:1], first[1:]) if (codes < 0).any() else (first[:0], first)
        missing = missing if keep_missing else missing[:0]
        # Cells of the table itself, so that whatever its dtype is comes back.
        self.options = cells.array.take(np.concatenate([first[order], missing]))
        self.index = pd.Index(np.asarray(found, dtype=object)[order], dtype=object)
        self.missing = bool(len(missing))
        self.n_options = len(self.options)

    def encode(self, cells: pd.Series) -> tuple[None, np.ndarray]:
        """No value, and choices, (n,)."""
        codes, found = self._found(cells)
        places = self.index.get_indexer(np.asarray(found, dtype=object))
        return None, np.append(places, self.n_options - 1 if self.missing else -1)[codes]

    def decode(self, scaled: None, choices: np.ndarray) -> Any:
        """Cells, in the dtype of the training cells."""
        return self.options.take(choices)

    def names(self) -> list[str]:
        """What the options are called."""
        return [*map(str, self.index), *["missing"] * self.missing]

    def _found(self, cells: pd.Series) -> tuple[np.ndarray, Any]:
        """The place of each cell's category among those that are found, -1 where it is missing, and these."""
        try:
            return pd.factorize(cells, use_na_sentinel=True)
        except (TypeError, ValueError) as error:  # that they have no hash, or bytes in another order
            raise ValueError(f"Cells must be text or numbers. Got others in column {self.name!r}: {error}.") from None

    def _order(self, cells: pd.Series, found: Any) -> np.ndarray:
        if isinstance(cells.dtype, pd.CategoricalDtype):
            return np.argsort(cells.dtype.categories.get_indexer(pd.Index(found)))
        kinds = {isinstance(value, str) for value in found}
        if len(kinds) > 1:
            raise ValueError(f"A column must hold either text or numbers. Got both in column {self.name!r}.")
        try:
            return np.argsort(np.asarray(found, dtype=object))
        except TypeError as error:
            raise ValueError(f"Cells must be text or numbers. Got others in column {self.name!r}: {error}.") from None

    def _refuse_free_text(self, cells: pd.Series, n_distinct: int) -> None:
        text = cells.dtype.kind not in "iufb" and not isinstance(cells.dtype, pd.CategoricalDtype)
        most = MOST_DISTINCT * len(cells) if text and len(cells) > SHORT else np.inf
        if n_distinct > min(most, MOST_CATEGORIES):
            raise ValueError(
                f"A column of categories must repeat them, and have at most {MOST_CATEGORIES:,} of them. Got"
                f" {n_distinct:,} distinct values in {len(cells):,} rows of column {self.name!r}: drop it if it"
                " identifies rows, encode it first if it is free text (for instance with `skrub.StringEncoder`), or"
                " group its rare values."
            )


def is_category(cells: pd.Series) -> bool:
    """Whether cells are categories by their dtype, as text, bools and pandas' categories are. Dates are refused."""
    dtype = cells.dtype
    if isinstance(dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(dtype):
        return True
    if pd.api.types.is_datetime64_any_dtype(dtype) or dtype.kind in "mMc" or isinstance(dtype, pd.PeriodDtype):
        raise ValueError(
            f"Columns must be numbers or categories. Got {dtype} in column {cells.name!r}: turn it into numbers first,"
            " for instance days since a date, or the day of the week."
        )
    if dtype.kind != "O" and not isinstance(dtype, pd.StringDtype):
        return False
    return pd.api.types.infer_dtype(cells, skipna=True) not in {"integer", "floating", "mixed-integer-float"}


def finite_numbers(cells: Any, dtype: Any) -> np.ndarray:
    """Cells of a Series, a DataFrame or an array as floats, finite or missing."""
    try:
        if isinstance(cells, np.ndarray):
            values = cells.astype(dtype, copy=False)
        else:
            values = cells.to_numpy(dtype, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ValueError(f"Columns that were numbers in training must be numbers. Got text or dates: {error}") from None
    if any(np.isinf(part).any() for part in np.array_split(values, 1 + values.size // NUMBERS_OF_PART)):
        raise ValueError("Numeric columns must be finite, or missing. Input X contains infinity.")
    return values


def in_bits_of(dtype: Any, atoms: np.ndarray) -> np.ndarray:
    """Atoms as cells of fewer bits have them."""
    own = getattr(dtype, "numpy_dtype", dtype)
    return atoms.astype(own).astype(np.float64) if own in (np.float16, np.float32) else atoms


def atoms_of(values: np.ndarray) -> tuple[np.ndarray, bool]:
    """The atoms among values in ascending order, and whether there are other values."""
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) <= FEW_VALUES and len(values) >= ROWS_OF_ATOM * len(distinct):
        return distinct, False
    frequent = counts >= max(ROWS_OF_ATOM, ATOM_SHARE * len(values), ATOM_EXCESS * counts.mean())
    return distinct[frequent], not frequent.all()


def decimals_of(values: np.ndarray) -> int | None:
    """How many decimals values have, None where they are not decimal numbers of a few."""
    for decimals in range(MOST_DECIMALS + 1):
        if np.array_equal(rounded(values, decimals), values):
            return decimals
    return None


def rounded(values: np.ndarray, decimals: int | None) -> np.ndarray:
    """Values with so many decimals; those too large to have any as they are."""
    if decimals is None:
        return values
    with np.errstate(over="ignore"):
        found = values.round(decimals)
    return np.where(np.isinf(found), values, found)


def nearest(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The nearest of known values, which are in ascending order."""
    return known[np.searchsorted((known[1:] + known[:-1]) / 2, values)]


def restored(values: np.ndarray, dtype: Any) -> Any:
    """Values in a dtype, those that are not a number missing."""
    if dtype.kind in "iuf":
        values = within(values, np.dtype(f"{dtype.kind}{getattr(dtype, 'subtype', dtype).itemsize}"))
    if isinstance(dtype, np.dtype):
        return values.astype(dtype)
    return pd.array(values, dtype="Float64").astype(dtype)


def within(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Values that a dtype of numbers can hold; whole ones where it holds no others."""
    limits: Any = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    low, high = float(limits.min), float(limits.max)
    if high > limits.max:
        high = np.nextafter(high, 0)  # the largest 64-bit integer is no float
    values = values.astype(np.float64, copy=False)
    return (values if dtype.kind == "f" else values.round()).clip(low, high)
