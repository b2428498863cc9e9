"""The door down to a fitted core: rows to codes, codes to rows, and draws from the prior."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._plan import Architecture
from ..table import TableEncoder

__all__ = ["Door"]


class Door:
    """What a fitted estimator asks of the core, in numpy arrays; torch is reached from inside methods."""

    _architecture: Architecture
    _state: dict[str, np.ndarray] | None
    table_encoder_: TableEncoder
    device_: str

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Takes up a state, on the CPU where the device of old is not on this machine."""
        super().__setstate__(state)  # type: ignore[misc]
        if hasattr(self, "device_"):
            self.device_ = present(self.device_)

    @property
    def _fitted_state(self) -> dict[str, np.ndarray]:
        assert self._state is not None
        return self._state

    def _encode(self, X: np.ndarray) -> np.ndarray:
        """Codes of scaled rows, (members, n_samples, width)."""
        from ..core.inference import encode

        return encode(self._architecture, self._fitted_state, X, self.device_)

    def _decode(self, code: np.ndarray, given: np.ndarray | None = None) -> np.ndarray:
        """Scaled rows of codes, (members, n_samples, n_features)."""
        from ..core.inference import decode

        return decode(self._architecture, self._fitted_state, code, self.device_, given)

    def _rows_of(self, code: np.ndarray, given: np.ndarray | None = None) -> Any:
        """Rows of codes by the first member, in the form of the training rows."""
        return self.table_encoder_.inverse_transform(self._decode(code, given)[0])

    def _reconstruct(self, X: np.ndarray) -> np.ndarray:
        """Scaled rows as decoders give them back, (n_samples, n_features), a mean over the members."""
        from ..core.inference import reconstruct

        return reconstruct(self._architecture, self._fitted_state, X, self.device_)

    def _errors(self, X: np.ndarray, given: np.ndarray | None = None) -> np.ndarray:
        """Squared errors of scaled rows, (n_samples, n_features), a mean over the members."""
        from ..core.inference import squared_errors

        return squared_errors(self._architecture, self._fitted_state, X, self.device_, given)

    def _draw(self, n_samples: int, seed: int, labels: np.ndarray | None = None) -> np.ndarray:
        """Codes drawn from the prior, (n_samples, width), of given classes where it is informed."""
        from ..core.inference import sample_prior

        return sample_prior(self._architecture, n_samples, seed, labels)


def present(device: str) -> str:
    """A device, or the CPU where it is not on this machine."""
    if device == "cpu":
        return device
    from ..core.inference import resolve_device

    try:
        return resolve_device(device)
    except ValueError:
        return "cpu"
