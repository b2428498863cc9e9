"""What comes of a call: a right result, a refusal that helps, or something that should not be.

A refusal is a ValueError or a TypeError that was raised on purpose, so by skaae or by what scikit-learn has to check
parameters and data; what else libraries raise, somebody should have seen coming. Nothing that is handed over may
be changed, and warnings are to be ours, or scikit-learn's about names and shapes.
"""

from __future__ import annotations

import copy
import re
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sparse
import sklearn

import skaae

__all__ = ["Outcome", "bounded", "finite", "like", "outcome_of"]

OURS = Path(skaae.__file__).parent
CHECKS = [Path(sklearn.__file__).parent / part for part in ("utils", "base.py", "model_selection")]
FOREIGN = re.compile(
    r"torch|tensor|size mismatch|object has no attribute|broadcast|not subscriptable|unexpected keyword"
)
EXPECTED = re.compile(
    "feature names|column-vector y|unique classes is greater|least populated class|sparse columns|Fréchet distance of"
    "|known outliers|known to be outliers|Conditions should have|Chunks must have the scales|number of distinct rows"
)


@dataclass(frozen=True)
class Outcome:
    """Its kind ("right", "refused", "gave up" or "wrong"), and what there is to say of it."""

    kind: str
    detail: str = ""
    result: Any = None


def outcome_of(call: Callable[[], Any], check: Callable[[Any], str | None], *handed: Any) -> Outcome:
    """The outcome of a call that is handed some objects; ``check`` says what is wrong with its result, or None."""
    before = [copy.deepcopy(each) for each in handed]
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            result = call()
        except Exception as error:
            outcome = refusal(error)
        else:
            wrong = check(result)
            outcome = Outcome("wrong", wrong) if wrong else Outcome("right", result=result)
    strange = [w for w in seen if not is_expected(w)]
    if outcome.kind != "wrong" and strange:
        return Outcome(
            "wrong", f"{strange[0].category.__name__}: {strange[0].message} ({strange[0].filename}:{strange[0].lineno})"
        )
    if outcome.kind != "wrong" and not all(map(same, before, handed)):
        return Outcome("wrong", "what was handed over has been changed")
    return outcome


def refusal(error: Exception) -> Outcome:
    """Whether an error was raised on purpose, in a sentence."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    told = f"{type(error).__name__}: {error}"
    if isinstance(error, FloatingPointError) and Path(place.filename).is_relative_to(OURS):
        return Outcome("gave up", told)
    known = isinstance(error, (ValueError, TypeError))
    ours = Path(place.filename).is_relative_to(OURS) and "raise" in (place.line or "")  # and not by what it calls
    on_purpose = ours or any(Path(place.filename).is_relative_to(part) for part in CHECKS)
    if known and on_purpose and len(str(error)) > 20 and not FOREIGN.search(str(error)):
        return Outcome("refused", told)
    return Outcome("wrong", f"{told} ({place.filename}:{place.lineno})")


def is_expected(warning: Any) -> bool:
    """Whether a warning is ours, or says what scikit-learn says of names, shapes and searches."""
    if not issubclass(warning.category, UserWarning):
        return False
    return Path(warning.filename).is_relative_to(OURS) or bool(EXPECTED.search(str(warning.message)))


def same(one: Any, other: Any) -> bool:
    """Whether an object is still what it was."""
    if isinstance(one, (pd.DataFrame, pd.Series)):
        return one.equals(other) and list(one.axes[0]) == list(other.axes[0])
    if sparse.issparse(one):
        return bool(np.array_equal(one.toarray(), other.toarray()))
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and pd.Series(one.ravel()).equals(pd.Series(other.ravel()))
    return bool(one == other) if isinstance(one, (list, str)) else True


def finite(n: int, width: int | None = None) -> Callable[[Any], str | None]:
    """The check of an array of finite numbers, (n,) or (n, width)."""

    def check(result: Any) -> str | None:
        shape, found = (n,) if width is None else (n, width), np.asarray(result)
        if found.shape != shape:
            return f"a result of shape {found.shape}, not {shape}"
        if found.dtype.kind not in "fiub":
            return f"a result of {found.dtype}"
        return None if np.isfinite(found).all() else "a result with NaN or infinity"

    return check


def bounded(low: float = -np.inf, high: float = np.inf) -> Callable[[Any], str | None]:
    """The check of one number or several, finite and within bounds."""

    def check(result: Any) -> str | None:
        found = np.asarray(result, dtype=float)
        if not np.isfinite(found).all():
            return f"{result!r:.80} is not finite"
        inside = (found >= low - 1e-9) & (found <= high + 1e-9)
        return None if inside.all() else f"{result!r:.80} is not from {low} to {high}"

    return check


def like(X: Any, n: int | None = None, *, may_lack: str = "as before") -> Callable[[Any], str | None]:
    """The check of rows in the form of training rows: dtypes, names, finite numbers.

    Cells may be missing in columns of which some were missing, or only where all were, or anywhere.
    """
    trained = pd.DataFrame(X)
    missing = trained.isna()
    lacking = {"as before": missing.any(), "where all did": missing.all(), "anywhere": missing.all() | True}[may_lack]
    infinite = np.isinf(trained.select_dtypes("number").to_numpy(float, na_value=0)).any()  # of a column of categories

    def check(result: Any) -> str | None:
        n_rows = len(trained) if n is None else n
        if result.shape != (n_rows, trained.shape[1]):
            return f"rows of shape {result.shape}, not {(n_rows, trained.shape[1])}"
        if isinstance(X, pd.DataFrame):
            if not isinstance(result, pd.DataFrame) or not result.columns.equals(X.columns):
                return "rows that are no DataFrame of the same columns"
            if may_lack == "as before" and not (result.dtypes.to_numpy() == X.dtypes.to_numpy()).all():
                return f"columns of {list(result.dtypes)}, not {list(X.dtypes)}"
        elif isinstance(result, pd.DataFrame) and np.asarray(X).dtype.kind in "fiub":
            return "a DataFrame of an array"
        found = pd.DataFrame(result)
        if (found.isna().to_numpy().any(axis=0) & ~lacking.to_numpy()).any():
            return "missing cells in a column that had none"
        numbers = found.select_dtypes("number")
        return "infinite cells" if np.isinf(numbers.to_numpy(float, na_value=0)).any() and not infinite else None

    return check
