"""What an estimator does with a flow: fits it to its codes, and moves between noise and codes."""

from dataclasses import replace

from sklearn.utils import check_random_state

from .._plan import TrainingData
from ._base import BaseAAE
from ._schedule import auto_batch_size, epochs_for

__all__ = ["BaseFlowAAE"]

FLOW_STEPS, FLOW_RATE = 5000, 3e-3
MAX_FLOW_EPOCHS = 300  # more would learn small tables by heart


class BaseFlowAAE(BaseAAE):
    """The density of codes, as a flow."""

    def _fit_flow(self, rows):
        """Fits the density to the codes as they are now, from scratch."""
        batch_size, n_epochs = auto_batch_size(len(rows.X)), self.flow_max_iter
        if n_epochs == "auto":
            n_epochs = min(epochs_for(FLOW_STEPS, len(rows.X), batch_size), MAX_FLOW_EPOCHS)
        plan = replace(
            self._plan(len(rows.X), self._draw_seeds(check_random_state(self.random_state))),
            schedule="flow",
            n_epochs=n_epochs,
            batch_size=batch_size,
            learning_rate=FLOW_RATE,
            noise=0.0,
        )
        weights = {name: value for name, value in self._fitted_state.items() if not name.startswith("optimizer.")}
        state, curves = self._trained(plan, TrainingData(rows.X, condition=rows.given), start=weights)
        self.flow_curve_ = curves["flow"][:, 0]
        self._state = self._fitted_state | {name: state[name] for name in weights}

    def _noise_of(self, rows, given):
        """The noise that becomes the codes of scaled rows."""
        return self._transport(self._encode(rows)[0], given, back=True)

    def _rows_of_noise(self, noise, given):
        """The rows that noise becomes, in the form of the training rows."""
        return self._rows_of(self._transport(noise, given), given)

    def _transport(self, code, given, *, back=False):
        """Codes of noise, or noise of codes."""
        from ..core.inference import apply_flow

        return apply_flow(self._architecture, self._fitted_state, code, self.device_, given, inverse=back)[0]

    def _log_density(self, code, given):
        """Log density of codes, (n_samples,)."""
        from ..core.inference import log_density

        return log_density(self._architecture, self._fitted_state, code, self.device_, given)[0]
