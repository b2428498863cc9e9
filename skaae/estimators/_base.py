"""What all estimators share: parameters, their translation into a plan, and fitting with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, _fit_context
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_consistent_length, validate_data

from .._plan import TrainingData, TrainingPlan
from ..pages import Documented
from ..saving import Saved
from ..table import TableEncoder, as_table, in_file, refuse_same_names, together
from ._door import Door
from ._labels import classes_of, positions_of
from ._plans import Plans
from ._rows import Rows, ScaledRows

if TYPE_CHECKING:
    from ..core.hooks import Epoch, Hook
    from ..core.tasks import TrainingResult

__all__ = ["BaseAAE", "validated"]

LARGEST = 1e15  # of scaled values: a squared error of any table's cells is a 32-bit float still
TORN_DOWN = ("_callback_fit_ctx", "_skl_callbacks_to_teardown")  # scikit-learn's, which goes by them after a fit

validated = _fit_context(prefer_skip_nested_validation=True)  # checks parameters before a method that fits


class BaseAAE(Saved, Plans, Door, Documented, CallbackSupportMixin, BaseEstimator):
    """The shared parameters of all estimators, and fitting, encoding and decoding with them."""

    history_: dict[str, np.ndarray]
    _dtype_of_rows: Any = None  # scaled for a fit; 32 bits where nobody but the core needs them
    _fetches = False  # whether rows of a file are scaled when their turn comes, because nobody needs all at once

    _parameter_constraints: dict = {
        "n_components": [Interval(Integral, 1, None, closed="left"), None],
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions({"relu", "leaky_relu", "silu", "gelu", "tanh"})],
        "prior": [StrOptions({"normal"})],
        "adversarial_weight": [Interval(Real, 0, None, closed="left")],
        "noise": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "warm_start": ["boolean"],
        "scaling": [StrOptions({"standard", "quantile"}), None],
        "categorical_features": [StrOptions({"from_dtype"}), "array-like", None],
        "device": [str],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        n_components: int | None = None,
        *,
        hidden_layer_sizes: Any = (256,),
        activation: str = "relu",
        prior: Any = "normal",
        adversarial_weight: float | str = 0.03,
        noise: float | str = "auto",
        alpha: float = 0.0,
        batch_size: int | str = "auto",
        learning_rate_init: float = 1e-3,
        max_iter: int | str = "auto",
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 20,
        tol: float = 1e-4,
        warm_start: bool = False,
        scaling: str | None = "standard",
        categorical_features: Any = "from_dtype",
        device: str = "auto",
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.n_components = n_components
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.prior = prior
        self.adversarial_weight = adversarial_weight
        self.noise = noise
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.warm_start = warm_start
        self.scaling = scaling
        self.categorical_features = categorical_features
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    def _fit(self, X: Any, y: Any, validation: tuple[Any, Any] | None = None) -> Any:
        """Fits to rows and what is known of their classes, all or nothing."""
        with self._all_or_nothing():
            first = not (self.warm_start and self.__sklearn_is_fitted__())
            X = self._validate(X, reset=first, ensure_min_samples=2)
            labels = self._read_labels(X, y, first)
            self._begin(X, labels, first)
            self._train(X, y, self._rows(X, y, labels), validation)
        if self.__dict__.pop("_interrupted", False):
            raise KeyboardInterrupt
        return self

    def _partial_fit(self, X: Any, y: Any, classes: Any = None) -> Any:
        """Goes on for one pass over a chunk, all or nothing."""
        with self._all_or_nothing():
            first = not self.__sklearn_is_fitted__()
            X = self._validate(X, reset=first, ensure_min_samples=2 if first else 1)
            labels = self._read_labels(X, y, first, classes)
            self._begin(X, labels, first)
            seeds = self._draw_seeds(check_random_state(self.random_state))
            self._run(self._rows(X, y, labels), self._plan(len(X), seeds, n_epochs=1, annealed=False), [])
        return self

    def _read_labels(self, X: np.ndarray, y: Any, first: bool, classes: Any = None) -> np.ndarray | None:
        """Positions of classes, -1 where unknown, for estimators that learn them."""
        return None

    def _positions(self, X: np.ndarray, y: Any, first: bool, classes: Any) -> np.ndarray:
        """Positions of classes, which a first fit finds in the labels, or is told."""
        check_consistent_length(X, y)
        if first:
            self.classes_ = classes_of(y if classes is None else classes)
        return positions_of(y, self.classes_)

    def _class_shares(self, labels: np.ndarray | None) -> tuple[float, ...]:
        """Shares of the classes among the labels of a first fit, counting one more of each; later the same."""
        if labels is not None:
            counts = np.bincount(labels[labels >= 0], minlength=len(self.classes_)) + 1
            self.class_prior_ = counts / counts.sum()
        return tuple(self.class_prior_.tolist())

    def __sklearn_is_fitted__(self):
        return getattr(self, "_state", None) is not None

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        if tags.transformer_tags is not None:
            tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    @property
    def loss_curve_(self):
        """Reconstruction error of each epoch."""
        return self.history_["reconstruction"]

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        before = self.__dict__.copy()
        try:
            yield
        except BaseException:
            of_callbacks = {name: value for name, value in vars(self).items() if name in TORN_DOWN}
            self.__dict__ = before | of_callbacks
            raise

    def _validate(self, X: Any, *, reset: bool, ensure_min_samples: int = 1) -> Any:
        """Rows as a DataFrame, or as an array of floats, whose names and number of columns are those of a first fit."""
        if isinstance(X, pd.DataFrame):
            refuse_same_names(X)
            validate_data(self, X, reset=reset, skip_check_array=True)
            return as_table(X, ensure_min_samples)
        X = validate_data(
            self, X, reset=reset, dtype=None, ensure_all_finite=False, ensure_min_samples=ensure_min_samples
        )
        return as_table(X)

    def _begin(self, X: Any, labels: np.ndarray | None, first: bool) -> None:
        """Fixes what a first fit fixes, or makes sure that it is still asked for: what to build."""
        from ..core.inference import resolve_device

        encoder = self._make_encoder(X).fit(X) if first else self.table_encoder_
        architecture = self._architecture_for(encoder, labels if first else None)
        if not first:
            n_members = len(next(value for name, value in self._fitted_state.items() if name.startswith("model.")))
            if architecture != self._architecture or n_members != getattr(self, "n_members", 1):
                raise ValueError(
                    "To go on, a model must be asked for as it was first fitted. Got another value of a parameter that"
                    " says what to build, as `n_components`, `n_members`, `prior` and `hidden_layer_sizes` do."
                )
            return
        self._architecture = architecture
        self.device_ = resolve_device(self.device)
        self.table_encoder_ = encoder
        self._state = None
        self.n_iter_ = 0
        self.history_ = {}

    def _make_encoder(self, X: Any) -> TableEncoder:
        return TableEncoder(
            self._scaling(),
            categorical_features=self.categorical_features,
            rounding=isinstance(X, pd.DataFrame),
        )

    def _scale(self, X: Any, dtype: Any = None) -> np.ndarray:
        """Rows as numbers of one scale."""
        scaled = together(map(checked, self.table_encoder_.parts(X)), len(X), dtype)
        return scaled if min(scaled.strides) >= 0 else scaled.copy()  # for torch knows no others

    def _rows(self, X: Any, y: Any, labels: np.ndarray | None) -> Rows:
        """Rows on their way to the core."""
        fetched = self._fetches and isinstance(X, np.ndarray) and in_file(X)
        return Rows(ScaledRows(self._scale, X) if fetched else self._scale(X, self._dtype_of_rows), labels)

    def _train(self, X: Any, y: Any, rows: Rows, validation: tuple[Any, Any] | None) -> None:
        """Trains for a whole fit, with held-out rows, progress and callbacks as wished."""
        every_row = rows
        rng = check_random_state(self.random_state)
        seeds = self._draw_seeds(rng)
        hooks: list[Hook] = []
        if validation is not None:
            held_out = self._validation_rows(*validation)
        elif self.early_stopping:
            rows, held_out = self._hold_out(rows, rng)
        if validation is not None or self.early_stopping:
            hooks.append(self._early_stopping(held_out, seeds[0]))
        rows = self._chosen(rows)
        rows.guesses = self._guesses(rows, seeds[0])
        plan = self._plan(len(rows.X), seeds)
        if self.verbose:
            hooks.append(self._progress_line())
        with self._observed(plan.n_epochs, X, y) as observers:
            self._run(rows, plan, [*hooks, *observers])
            self._finish(every_row)

    def _run(self, rows: Rows, plan: TrainingPlan, hooks: list[Hook]) -> None:
        """Trains in the core, and takes home what came of it."""
        state, curves = self._trained(
            plan,
            TrainingData(rows.X, rows.labels, rows.guesses, rows.given, self._shown(rows, plan.seeds[0])),
            start=self._state,
            hooks=hooks,
        )
        self._take(state, curves)

    def _trained(self, plan: TrainingPlan, data: TrainingData, **beside: Any) -> TrainingResult:
        """Goes through the door; with a warm start, a fit that is interrupted comes back with how far it got."""
        from ..core.training import Interrupted, train

        try:
            return train(self._architecture, plan, data, device=self.device_, **beside)
        except Interrupted as interrupt:
            if not self.warm_start:
                raise
            self._interrupted = True
            return interrupt.result

    def _shown(self, rows: Rows, seed: int) -> Callable[[int], np.ndarray] | None:
        """What gives the rows that the encoder is shown in an epoch, where these are not just the rows with noise."""
        return None

    def _corrupted(self, rows: Rows, seed: int) -> np.ndarray | None:
        """Held-out rows as the encoder is shown them, where that is not as they are."""
        return None

    def _finish(self, rows: Rows) -> None:
        """What is fitted to all rows of a fit after training, for estimators that have something."""

    def _hold_out(self, rows: Rows, rng: np.random.RandomState) -> tuple[Rows, Rows]:
        """The rows to train on, and a share of them to watch."""
        order = rng.permutation(len(rows.X))
        n_held_out = max(1, round(self.validation_fraction * len(order)))
        return rows.of(order[n_held_out:]), rows.of(order[:n_held_out])

    def _validation_rows(self, X: Any, y: Any) -> Rows:
        """The rows to watch, as given by the user."""
        raise NotImplementedError

    def _chosen(self, rows: Rows) -> Rows:
        """The rows to train on, for estimators that put some aside."""
        return rows

    def _guesses(self, rows: Rows, seed: int) -> np.ndarray | None:
        """What teachers believe of the rows' classes, (n_samples, n_classes), for estimators that have some."""
        return None

    def _take(self, state: dict[str, np.ndarray], curves: dict[str, np.ndarray]) -> None:
        before, n_before, n_new = self.history_, self.n_iter_, len(curves["reconstruction"])
        none_before, none_new = np.full(n_before, np.nan), np.full((n_new, 1), np.nan)
        self.history_ = {
            name: np.concatenate([before.get(name, none_before), curves.get(name, none_new).mean(1)])
            for name in [*curves, *(name for name in before if name not in curves)]
        }
        self.n_iter_ = n_before + n_new
        self._state = state

    @staticmethod
    def _draw_seed(rng: np.random.RandomState) -> int:
        return int(rng.randint(np.iinfo(np.int32).max))

    def _draw_seeds(self, rng: np.random.RandomState) -> tuple[int, ...]:
        return tuple(self._draw_seed(rng) for _ in range(getattr(self, "n_members", 1)))

    def _early_stopping(self, held_out: Rows, seed: int) -> Hook:
        from ..core.hooks import EarlyStopping

        corrupted = self._corrupted(held_out, seed)
        data = TrainingData(
            np.asarray(held_out.X),
            held_out.labels,
            condition=held_out.given,
            encoder_input=None if corrupted is None else lambda epoch: corrupted,
        )
        return EarlyStopping(data, self.n_iter_no_change, self.tol, seed)

    def _progress_line(self) -> Hook:
        from ..core.hooks import ProgressLine

        return ProgressLine(type(self).__name__)

    @contextmanager
    def _observed(self, n_epochs: int, X: Any, y: Any) -> Iterator[list[Hook]]:
        """The task of a fit for scikit-learn's callbacks, and the hook that shows them its epochs, if there are any."""
        if not hasattr(self, "_skl_callbacks"):
            yield []
            return
        context = self._init_callback_context(max_subtasks=n_epochs)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        yield [self._callback_hook(context, X, y)]
        context.call_on_fit_task_end(estimator=self, X=X, y=y)

    def _callback_hook(self, context: Any, X: np.ndarray, y: Any) -> Hook:
        """The bridge from the core's hooks to scikit-learn's callbacks."""
        n_before = self.n_iter_

        def hook(epoch: Epoch) -> bool:
            task = context.subcontext("epoch").call_on_fit_task_begin(estimator=self, X=X, y=y)
            return task.call_on_fit_task_end(
                estimator=self,
                X=X,
                y=y,
                reconstruction_attributes=lambda: {"_state": epoch.state(), "n_iter_": n_before + epoch.index + 1},
            )

        return hook


def checked(scaled: np.ndarray) -> np.ndarray:
    """Scaled rows that the core can hold."""
    if not (np.abs(scaled) <= LARGEST).all():
        raise ValueError(
            f"Scaled columns must fit into 32-bit floats, and so must sums of their squares: {LARGEST:g} is the most."
            f" Got values up to {np.abs(scaled).max():.3g}."
        )
    return scaled
