"""What all estimators share: parameters, the validation of rows, fits that are all or nothing, and callbacks."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn import callback, get_config
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import validate_data

from .._doc_links import DocLinkMixin
from .._forks import FORKED, limit_threads_of_fork
from .._plan import Architecture, TrainingData, TrainingPlan
from .._serialization import SerializableMixin
from ..table import (
    FrameFormat,
    TableEncoder,
    check_table,
    check_unique_names,
    identifier_columns,
    rows_of_lists,
    to_pandas,
)
from ..table._tables import Table
from ._inference import TrainedModel
from ._training_data import scale

if TYPE_CHECKING:
    from ..core.hooks import Epoch, Hook

__all__ = ["BaseAAE", "TableEstimator", "draw_seed", "draw_seeds", "validated", "warn_of_trends", "with_callbacks"]

TEARDOWN_ATTRIBUTES = ("_callback_fit_ctx", "_skl_callbacks_to_teardown")  # scikit-learn reads them after a fit

MIN_TREND_ROWS, MAX_TREND_ROWS = 50, 5_000  # that tell whether a column goes with time
MIN_TREND_CORRELATION = 0.95  # of ranks
SET_BY_VALIDATION = ("n_features_in_", "feature_names_in_")

Method = TypeVar("Method", bound=Callable[..., Any])
Curves = dict[str, NDArray[Any]]  # of losses, (n_epochs, n_members) each


def validated(method: Method) -> Method:
    """Checks parameters before a method that fits; before later `partial_fit`, too, unlike scikit-learn."""
    checked: Method = _fit_context(prefer_skip_nested_validation=True)(method)
    if method.__name__ != "partial_fit":
        return checked

    @wraps(method)
    def checked_again(estimator: BaseEstimator, *args: Any, **options: Any) -> Any:
        if not get_config()["skip_parameter_validation"]:
            estimator._validate_params()
        return checked(estimator, *args, **options)

    return cast(Method, checked_again)


def with_callbacks(method: Method) -> Method:
    """Has scikit-learn's callbacks set up before a method that fits, and torn down after it."""
    observed: Method = callback.with_callbacks(method)
    return observed


class TableEstimator(SerializableMixin, DocLinkMixin, BaseEstimator):
    """Parameters of tables, whose columns a `TableEncoder` reads; validation; fits that are all or nothing."""

    _warns_of_identifiers = True
    categorical_features: Any
    column_kinds: dict[Any, str] | None
    n_features_in_: int
    table_encoder_: TableEncoder
    _frame_format: FrameFormat | None

    _parameter_constraints: dict[str, Any] = {
        "categorical_features": [StrOptions({"from_dtype"}), "array-like", None],
        "column_kinds": [dict, None],
    }

    def _store_parameters(self, parameters: dict[str, Any]) -> None:
        """Sets the parameters of `__init__`, its local variables, as they are."""
        for name, value in parameters.items():
            if name != "self":
                setattr(self, name, value)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.categorical = tags.input_tags.string = True
        return tags

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        """A fit that fails leaves the estimator as it was; one that was interrupted is finished before it says so."""
        before = self.__dict__.copy()
        try:
            yield
        except BaseException:
            of_callbacks = {name: value for name, value in vars(self).items() if name in TEARDOWN_ATTRIBUTES}
            self.__dict__ = before | of_callbacks
            raise
        if self.__dict__.pop("_interrupted", False):
            raise KeyboardInterrupt

    def _validate(self, X: Any, *, reset: bool, ensure_min_samples: int = 1) -> Any:
        """Rows as a DataFrame or an array of floats, whose names and number of columns are those of the first fit."""
        if FORKED:
            limit_threads_of_fork()  # also in scikit-learn's estimators
        if reset:
            self._frame_format = FrameFormat.of(X)
        X = to_pandas(X)
        if isinstance(X, pd.DataFrame):
            check_unique_names(X)
            validate_data(self, X, reset=reset, skip_check_array=True)
            return check_table(X, ensure_min_samples)
        X = validate_data(
            self,
            rows_of_lists(X),
            reset=reset,
            dtype=None,
            ensure_all_finite=False,
            ensure_min_samples=ensure_min_samples,
        )
        encoder = None if reset else getattr(self, "table_encoder_", None)
        return check_table(X, keep_objects=encoder is not None and encoder.has_schema)

    def _fit_encoder(self, X: Any, scaling: str | None, **options: Any) -> TableEncoder:
        """What turns columns into numbers of one scale, and back; integers, and what DataFrames have, as they were."""
        kinds = {"categorical_features": self.categorical_features, "column_kinds": self.column_kinds}
        options = {"rounding": isinstance(X, pd.DataFrame) or X.dtype.kind in "iu", **kinds, **options}
        encoder = TableEncoder(scaling, **options).fit(X)
        encoder.with_frame_format(self._frame_format)
        if self._warns_of_identifiers:
            warn_of_identifiers(X, set(encoder._kinds))
        return encoder


class BaseAAE(callback.CallbackSupportMixin, TableEstimator):
    """The shared parameters of all autoencoders, and what every `fit` is made of."""

    n_components: int | None
    hidden_layer_sizes: Any
    activation: str
    adversarial_weight: float | str
    noise: float | str
    alpha: float
    batch_size: int | str
    learning_rate_init: float
    max_iter: int | str
    early_stopping: bool
    validation_fraction: float
    n_iter_no_change: int
    tol: float
    warm_start: bool
    scaling: str | None
    device: str
    random_state: Any
    verbose: int
    history_: dict[str, NDArray[Any]]
    n_iter_: int
    _model: TrainedModel
    _drifted_columns: tuple[int, ...] = ()  # that `partial_fit` has warned of

    _parameter_constraints: dict[str, Any] = {
        **TableEstimator._parameter_constraints,
        "n_components": [Interval(Integral, 1, None, closed="left"), None],
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions({"relu", "leaky_relu", "silu", "gelu", "tanh"})],
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
        "device": [str],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_model")

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Takes up a state, on the CPU where the device of the fit is not on this machine."""
        super().__setstate__(state)
        if self.__sklearn_is_fitted__():
            self._model = self._model.on_present_device()

    @property
    def loss_curve_(self) -> NDArray[Any]:
        """Reconstruction error of each epoch."""
        return self.history_["reconstruction"]

    @property
    def device_(self) -> str:
        """Where the model was trained."""
        return self._model.device

    def _warn_of_drift(self, X: Table) -> tuple[int, ...]:
        """Warn of columns of a chunk that are far from the scales, each once; the indices of all such columns."""
        far = [index for index in self.table_encoder_.far_columns(X) if index not in self._drifted_columns]
        if far:
            names = list(X.columns[far]) if isinstance(X, pd.DataFrame) else far
            warnings.warn(
                "Chunks must have the scales of the first rows, which `partial_fit` keeps. Got values in columns"
                f" {names} that are so far off that the model can hardly tell them apart: fit anew, with a first chunk"
                " that is a fair sample of all rows.",
                UserWarning,
                stacklevel=5,
            )
        return (*self._drifted_columns, *far)

    def _scale(self, X: Any) -> NDArray[Any]:
        """Rows that were not trained on, validated, as numbers of one scale."""
        return scale(self.table_encoder_, self._validate(X, reset=False))

    def _decode(self, code: NDArray[Any], condition: NDArray[Any] | None = None) -> Any:
        """Rows of codes by the first member, in the form of the training rows."""
        return self.table_encoder_.inverse_transform(self._model.decode(code, condition)[0])

    def _model_to_resume(self) -> TrainedModel | None:
        """The model that another `fit` goes on from, with `warm_start`."""
        return self._model if self.warm_start and self.__sklearn_is_fitted__() else None

    def _train(
        self,
        architecture: Architecture,
        plan: TrainingPlan,
        data: TrainingData,
        start: TrainedModel | None,
        hooks: Sequence[Hook] = (),
        member_rows: Sequence[NDArray[np.intp]] | None = None,
    ) -> tuple[TrainedModel, Curves]:
        """A model trained from scratch, or from where another one stands, and the curve of each loss.

        Member k is trained on the rows ``member_rows[k]``, or on all.

        With `warm_start`, an interruption ends the training with the epochs that are done.
        """
        from ..core.inference import resolve_device
        from ..core.training import Interrupted, train

        device = resolve_device(self.device) if start is None else start.device
        state = None if start is None else start.state
        try:
            result = train(architecture, plan, data, member_rows=member_rows, start=state, hooks=hooks, device=device)
        except Interrupted as interrupt:
            if not self.warm_start:
                raise
            self._interrupted = True
            result = interrupt.result
        return TrainedModel(architecture, result.state, device), result.curves

    def _hooks(self, held_out: TrainingData | None, plan: TrainingPlan) -> list[Hook]:
        """What follows a training epoch by epoch: early stopping by rows that are held out, and a line of progress."""
        from ..core.hooks import EarlyStopping, ProgressLine

        hooks: list[Hook] = []
        if held_out is not None:
            hooks.append(EarlyStopping(held_out, self.n_iter_no_change, self.tol, plan.seeds[0], plan.logit_adjustment))
        if self.verbose:
            hooks.append(ProgressLine(type(self).__name__))
        return hooks

    @contextmanager
    def _callback_hooks(self, plan: TrainingPlan, X: Any, y: Any, fitted: dict[str, Any]) -> Iterator[list[Hook]]:
        """Tells scikit-learn's callbacks of a fit; the hook that tells them of its epochs, if there are callbacks.

        They see a copy of the estimator with what is fitted before training, and the model as it is.
        """
        if not hasattr(self, "_skl_callbacks"):
            yield []
            return
        context = self._init_callback_context(max_subtasks=plan.n_epochs)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        n_before = 0 if self._model_to_resume() is None else self.n_iter_

        def on_epoch_end(epoch: Epoch) -> bool:
            task = context.subcontext("epoch").call_on_fit_task_begin(estimator=self, X=X, y=y)

            def attributes() -> dict[str, Any]:
                device = str(next(epoch.model.parameters()).device)
                model = TrainedModel(epoch.model.architecture, epoch.state(), device)
                return {**fitted, "_model": model, "n_iter_": n_before + epoch.index + 1}

            return bool(task.call_on_fit_task_end(estimator=self, X=X, y=y, reconstruction_attributes=attributes))

        yield [on_epoch_end]
        context.call_on_fit_task_end(estimator=self, X=X, y=y)

    def _assign(
        self, fitted: dict[str, Any], model: TrainedModel, curves: Curves, resumed: TrainedModel | None
    ) -> None:
        """Sets the fitted attributes; the history of a fit that was resumed goes on."""
        history, n_before = (self.history_, self.n_iter_) if resumed else ({}, 0)
        if resumed is None:
            for name in [name for name in vars(self) if name.endswith("_") and name not in SET_BY_VALIDATION]:
                delattr(self, name)
        self.__dict__.pop("_drifted_columns", None)
        n_new = len(curves["reconstruction"])
        none_before, none_new = np.full(n_before, np.nan), np.full((n_new, 1), np.nan)
        self.history_ = {
            name: np.concatenate([history.get(name, none_before), curves.get(name, none_new).mean(1)])
            for name in [*curves, *(name for name in history if name not in curves)]
        }
        self.n_iter_ = n_before + n_new
        self._model = model
        for name, value in fitted.items():
            setattr(self, name, value)


def warn_of_identifiers(table: Table, decided: Collection[int]) -> None:
    """Warn of columns that identify rows, but for those of a kind that was asked for."""
    names = identifier_columns(table, decided)
    if names:
        warnings.warn(
            f"Columns should describe rows. Got numbers or text that identify them in {names}: no other row has the"
            " same, so that nothing can be learned from them, and those of new rows are unlike any. Drop them, for"
            f" instance with `X.drop(columns={names})`, and keep them as the index.",
            UserWarning,
            stacklevel=6,
        )


def warn_of_trends(encoder: TableEncoder, table: Table) -> None:
    """Warn of columns of numbers that rise or fall with a date, and so will be beyond their range in later rows."""
    sources, is_time = encoder.numeric_sources()
    dates = set(sources[is_time].tolist())
    others = np.array([source not in dates for source in sources], np.bool_)
    if len(table) < MIN_TREND_ROWS or not dates or not others.any():
        return
    step = -(-len(table) // MAX_TREND_ROWS)
    values = encoder.numeric_values(table.iloc[::step] if isinstance(table, pd.DataFrame) else table[::step])
    ranks = pd.DataFrame(values).rank()
    names = pd.DataFrame(table[:0]).columns
    with np.errstate(all="ignore"):  # of constant columns
        for time in np.flatnonzero(is_time):
            correlations = ranks.loc[:, others].corrwith(ranks[time]).abs()
            with_time = sources[correlations.index[correlations >= MIN_TREND_CORRELATION]].tolist()
            if with_time:
                warnings.warn(
                    f"Columns should have the same range in later rows. Got {[names[index] for index in with_time]},"
                    f" which rise or fall with {names[sources[time]]!r}: ordinary rows after those of training are"
                    " beyond all values that were there, and outliers. Drop these columns, or replace them by their"
                    " changes.",
                    UserWarning,
                    stacklevel=5,
                )
                return


def draw_seed(rng: np.random.RandomState) -> int:
    """A seed for the core."""
    return int(rng.randint(np.iinfo(np.int32).max))


def draw_seeds(rng: np.random.RandomState, n_members: int) -> tuple[int, ...]:
    """A seed for each member."""
    return tuple(draw_seed(rng) for _ in range(n_members))
