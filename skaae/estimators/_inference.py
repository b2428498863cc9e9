"""A trained model applied to rows: the way from a fitted estimator into the core and back, in numpy arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._plan import Architecture

__all__ = ["TrainedModel"]


@dataclass(frozen=True)
class TrainedModel:
    """What was trained: an architecture, its weights by name, and the device; torch is imported within methods.

    Rows are scaled, and codes as wide as all blocks of the architecture.
    """

    architecture: Architecture
    state: dict[str, NDArray[Any]]
    device: str

    @property
    def n_members(self) -> int:
        """Number of members of the pack."""
        return len(next(value for name, value in self.state.items() if name.startswith("model.")))

    def member(self, index: int) -> TrainedModel:
        """One member as a model by itself."""
        state = {name: value[index : index + 1] for name, value in self.state.items() if name.startswith("model.")}
        return replace(self, state=state)

    def encode(self, X: NDArray[Any]) -> NDArray[Any]:
        """Codes of rows, (n_members, n_samples, width)."""
        from ..core.inference import encode

        return encode(self.architecture, self.state, X, self.device)

    def decode(self, code: NDArray[Any], condition: NDArray[Any] | None = None) -> NDArray[Any]:
        """Rows of codes, (n_members, n_samples, n_features)."""
        from ..core.inference import decode

        return decode(self.architecture, self.state, code, self.device, condition)

    def reconstruct(self, X: NDArray[Any]) -> NDArray[Any]:
        """Reconstructions of rows, (n_samples, n_features), averaged over the members."""
        from ..core.inference import reconstruct

        return reconstruct(self.architecture, self.state, X, self.device)

    def squared_errors(self, X: NDArray[Any]) -> NDArray[Any]:
        """Squared reconstruction errors of rows, (n_samples, n_features), averaged over the members."""
        from ..core.inference import squared_errors

        return squared_errors(self.architecture, self.state, X, self.device)

    def sample_prior(self, n_samples: int, seed: int, labels: NDArray[Any] | None = None) -> NDArray[Any]:
        """Draws of the prior, (n_samples, width), of the given classes where the prior is class-conditional."""
        from ..core.inference import sample_prior

        return sample_prior(self.architecture, n_samples, seed, labels)

    def apply_flow(
        self, code: NDArray[Any], condition: NDArray[Any] | None = None, *, inverse: bool = False
    ) -> NDArray[Any]:
        """Codes of noise by the flow of the first member, (n_samples, width), or with ``inverse`` noise of codes."""
        from ..core.inference import apply_flow

        applied = apply_flow(self.architecture, self.state, code, self.device, condition, inverse=inverse)
        return np.asarray(applied[0])

    def sample_flow(self, noise: NDArray[Any], condition: NDArray[Any] | None = None) -> NDArray[Any]:
        """Codes of noise by the flow of the first member, (n_samples, width), quicker and less exact."""
        from ..core.inference import sample_flow

        return np.asarray(sample_flow(self.architecture, self.state, noise, self.device, condition)[0])

    def log_density(self, code: NDArray[Any], condition: NDArray[Any] | None = None) -> NDArray[Any]:
        """Log density of codes by the flow of the first member, (n_samples,)."""
        from ..core.inference import log_density

        return np.asarray(log_density(self.architecture, self.state, code, self.device, condition)[0])

    def on_present_device(self) -> TrainedModel:
        """The same model, on the CPU where its device is not on this machine."""
        if self.device == "cpu":
            return self
        from ..core.inference import resolve_device

        try:
            return replace(self, device=resolve_device(self.device))
        except ValueError:
            return replace(self, device="cpu")
