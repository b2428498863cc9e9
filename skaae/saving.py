"""What is kept of a fitted object: plain things beside its format and versions, and what is checked on loading."""

from __future__ import annotations

import warnings
from importlib.metadata import version
from typing import Any

from . import __version__
from .plain import alive, plain

__all__ = ["FORMAT", "Saved"]

FORMAT = 1  # of a fitted state, by which later versions know what they read
PACKAGES = ("scikit-learn", "torch", "numpy")
STAMP = "_saved_by"


class Saved:
    """An object whose state is plain and says who saved it."""

    def __getstate__(self) -> dict[str, Any]:
        """The attributes as plain things, with the format and the versions of packages."""
        versions = {"skaae": __version__, **{package: version(package) for package in PACKAGES}}
        state: Any = super().__getstate__()
        return {**plain(state), STAMP: {"format": FORMAT, **versions}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Takes up a state.

        Raises
        ------
        ValueError
            If it has a format that this version does not know.
        """
        state = dict(state)
        stamp = state.pop(STAMP, {})
        if stamp.get("format") != FORMAT:
            raise ValueError(
                f"A saved {type(self).__name__} must have format {FORMAT}, which skaae {__version__} reads. Got"
                f" {stamp.get('format')}, saved by skaae {stamp.get('skaae')}: load it with that version."
            )
        if stamp["skaae"] != __version__:
            warnings.warn(
                f"{type(self).__name__} was saved by skaae {stamp['skaae']} and is loaded by {__version__}: it may"
                " answer otherwise. Load it with that version, or fit it again.",
                stacklevel=2,
            )
        super().__setstate__(alive(state))  # type: ignore[misc]
