"""Classifiers around a classifier, which take unlabelled rows for a class of their own.

`VotingClassifier`, `BaggingClassifier` and others replace labels by indices of classes before they fit the classifier
inside. Of partly labelled rows it then gets labels of which none is -1, and learns what it is to have no label.
`AdaBoostClassifier` passes labels on as they are, but takes predictions of rows without one for errors.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

from sklearn.ensemble import AdaBoostClassifier

from ._labels import is_labelled, is_minus_one

__all__ = ["check_outer_classes"]

HOLDERS = ("self", "ensemble")  # names that scikit-learn's functions give to a classifier around others
MEMBERS = ("classes",)  # and to its classes
RULE = "Classifiers around this one must be fitted to labelled rows only."
ADVICE = (
    "Fit it to the labelled rows, and have the others inside:"
    " https://skaae.readthedocs.io/en/latest/guide/few_labels.html#around-it"
)


def check_outer_classes() -> None:
    """Raise an error if a classifier of scikit-learn that this call is made by has -1 among its classes."""
    for caller, classes in classes_of_callers(sys._getframe(2)):
        if any(is_minus_one(label) for label in classes):
            raise ValueError(
                f"{RULE} Got -1 among the classes of {caller}, which does not know that it marks rows without a label."
                f" {ADVICE}"
            )


def classes_of_callers(frame: FrameType | None) -> Iterator[tuple[str, Any]]:
    """Names and classes of the classifiers of scikit-learn that a frame is called by."""
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith("sklearn."):
            names = frame.f_locals
            for holder in (names[name] for name in HOLDERS if name in names):
                if isinstance(holder, AdaBoostClassifier) and "y" in names:
                    check_boosted_labels(names["y"])
                yield type(holder).__name__, classes_of(holder)
            yield from (("a classifier", names[name]) for name in MEMBERS if isinstance(names.get(name), list))
        frame = frame.f_back


def check_boosted_labels(y: Any) -> None:
    """Raise an error if rows that `AdaBoostClassifier` is fitted to have no label."""
    if not is_labelled(y).all():
        raise ValueError(
            f"{RULE} Got others in AdaBoostClassifier, which takes any prediction for these for an error. {ADVICE}"
        )


def classes_of(estimator: Any) -> Any:
    """The classes of an estimator, none if it has no list of them."""
    classes = getattr(estimator, "classes_", ())
    return classes if getattr(classes, "ndim", None) == 1 else ()
