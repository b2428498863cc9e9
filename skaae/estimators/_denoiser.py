"""AAEDenoiser: clean rows of noisy ones, and complete rows of incomplete ones."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils._set_output import _get_output_config
from sklearn.utils.validation import check_is_fitted

from .._plan import Architecture, Block, TrainingData, TrainingPlan
from ..table import TableEncoder, missing_mask, to_pandas
from ..table._tables import nullable
from ._base import BaseAAE, draw_seeds, validated, with_callbacks
from ._config import build_architecture, build_plan, check_components, check_image_shape, check_resumable
from ._corruption import CorruptedTable, corrupt_once, is_masked, known_extremes, rescale, scale_with_mask
from ._filled_cells import fill_missing
from ._training_data import hold_out, weighted_rows

__all__ = ["AAEDenoiser"]

AUTO_NOISE = {"gaussian": 0.3, "masked": 0.4, "salt_and_pepper": 0.1}
MAX_AUTO_COMPONENTS = 64
HIDDEN_FRACTION = (0.05, 0.5)  # least and most, of cells that are masked in addition to another corruption


class AAEDenoiser(OneToOneFeatureMixin, TransformerMixin, BaseAAE):
    r"""Remove noise from rows, and fill their missing cells.

    An adversarial autoencoder [1]_ whose encoder gets corrupted rows in training, and whose decoder has to restore the
    rows as they were [2]_. Fit it to rows that are as clean as you have them, with the corruption that you expect in
    others; it learns from noisy and from incomplete rows too. Its output is an average over `n_members` models.

    Parameters
    ----------
    n_components : int or None, default=None
        Width of the code, at most the number of columns. None is the number of columns, and 64 at most.
    corruption : {"gaussian", "masked", "salt_and_pepper"} or callable, default="gaussian"
        What is done to rows in training. "gaussian" adds normal noise to the scaled columns; "masked" hides cells, for
        rows of which some cells are missing: those that are there are then left alone; "salt_and_pepper" turns
        cells into the smallest or the largest value of their column (of all columns with ``scaling=None``), or into
        another category. A callable is given rows in the form of the training rows and a `numpy.random.Generator`, once
        before and once in each epoch, and returns as many rows of that form.
    noise : float or "auto", default="auto"
        How much: the standard deviation of the noise, or the share of cells. "auto" is 0.3 of Gaussian noise, 0.4 of
        the cells masked, or 0.1 of them salt and pepper.
    n_members : int, default=2
        How many models are trained side by side.
    hidden_layer_sizes : int or array-like of int, default=(256, 256)
        Widths of the encoder's hidden layers; the decoder has them in reverse.
    activation : {"relu", "leaky_relu", "silu", "gelu", "tanh"}, default="relu"
        What follows each hidden layer of encoder and decoder.
    image_shape : tuple of int or None, default=None
        Height and width, and channels if there are some, of rows that are flat images, as in `AAETransformer`.
    adversarial_weight : float, default=0.01
        Weight of the adversarial loss, in units of the present reconstruction error.
    alpha : float, default=0.0
        Decoupled weight decay.
    batch_size : int or "auto", default="auto"
        Rows in a step. "auto" is an eighth of the rows, at least 32 and at most 256.
    learning_rate_init : float, default=2e-3
        Learning rate of Adam in the first half of a fit; in the second half it falls to zero.
    max_iter : int or "auto", default="auto"
        Epochs. "auto" is as many as make 2,000 steps, and 5 at least.
    early_stopping : bool, default=False
        Whether to hold rows out, stop when they are reconstructed no better from corrupted ones, and keep the best
        epoch.
    validation_fraction : float, default=0.1
        Share of rows held out with `early_stopping`.
    n_iter_no_change : int, default=20
        How many epochs without an improvement to wait for with `early_stopping`.
    tol : float, default=1e-4
        What counts as an improvement with `early_stopping`.
    warm_start : bool, default=False
        Whether another `fit` goes on from the last. If so, Ctrl-C keeps what was trained until the last epoch.
    scaling : {"standard", "quantile"} or None, default="standard"
        How columns are brought to one scale. "standard" centres them at their mean and divides by their standard
        deviation; "quantile" is as in `AAETransformer`. Give None to columns that have one scale already, and whose
        noise is known in these units.
    categorical_features : "from_dtype", array-like of str, int or bool, or None, default="from_dtype"
        Which columns are categories, as in `TableEncoder`: those of text, bools and pandas' categories, those that are
        listed also, or none.
    column_kinds : dict or None, default=None
        Kinds of columns by their names or indices, such as "number", "category" or "ignore", instead of those that are
        inferred. `TableEncoder` lists all.
    device : str, default="auto"
        Where to compute: "cpu", "cuda", "cuda:1", ... "auto" is an accelerator where there is one.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same result in each fit.
    verbose : int, default=0
        Whether to show the progress of a fit.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where they are all strings.
    n_iter_ : int
        Epochs trained.
    history_ : dict of str to ndarray of shape (`n_iter_`,)
        Each loss by name, averaged over the steps of an epoch and the members.
    loss_curve_ : ndarray of shape (`n_iter_`,)
        ``history_["reconstruction"]``.
    table_encoder_ : TableEncoder
        What encodes columns as numbers of one scale, and decodes them.
    device_ : str
        Where the model was trained.

    References
    ----------
    .. [1] Makhzani, Shlens, Jaitly, Goodfellow and Frey, "Adversarial autoencoders", 2015, arXiv 1511.05644.
    .. [2] Vincent, Larochelle, Lajoie, Bengio and Manzagol, "Stacked denoising autoencoders: learning useful
       representations in a deep network with a local denoising criterion", 2010.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from skaae import AAEDenoiser
    >>> X, _ = load_iris(return_X_y=True)
    >>> holes = X.copy()
    >>> holes[::5, 2] = np.nan
    >>> model = AAEDenoiser(corruption="masked", random_state=0).fit(holes)
    >>> filled = model.transform(holes)
    >>> bool(np.abs(filled - X)[::5, 2].mean() < 0.4)  # of a column with a standard deviation of 1.8
    True
    """

    corruption: Any
    n_members: int
    image_shape: Any
    _extremes: NDArray[Any]
    _hidden_fraction: float

    _parameter_constraints: dict[str, Any] = {
        **BaseAAE._parameter_constraints,
        "corruption": [StrOptions(set(AUTO_NOISE)), callable],
        "n_members": [Interval(Integral, 1, None, closed="left")],
        "image_shape": ["array-like", None],
        "noise": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        n_components: int | None = None,
        *,
        corruption: Any = "gaussian",
        noise: float | str = "auto",
        n_members: int = 2,
        hidden_layer_sizes: Any = (256, 256),
        activation: str = "relu",
        image_shape: Any = None,
        adversarial_weight: float | str = 0.01,
        alpha: float = 0.0,
        batch_size: int | str = "auto",
        learning_rate_init: float = 2e-3,
        max_iter: int | str = "auto",
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 20,
        tol: float = 1e-4,
        warm_start: bool = False,
        scaling: str | None = "standard",
        categorical_features: Any = "from_dtype",
        column_kinds: dict[Any, str] | None = None,
        device: str = "auto",
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self._store_parameters(locals())

    @with_callbacks
    @validated
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Fit the model to rows.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Training rows, two at least: numbers, text, bools, categories and dates, of which some may be missing.
        y : None
            Ignored, present by convention.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows, of which only the ratios count. A row is drawn for training as often as its weight, so
            that one of weight 2 is as good as two rows, and one of weight 0 is as good as absent. Scales of columns do
            not use the weights.

        Returns
        -------
        self : object
            The fitted estimator. Where fitting fails or is interrupted, it is left as it was before.

        Raises
        ------
        ValueError
            If a parameter, `X` or `sample_weight` breaks a rule, which the message states.
        FloatingPointError
            If the losses do not stay finite, even at lower learning rates.
        """
        with self._all_or_nothing():
            X, _, weights = weighted_rows(X, None, sample_weight)
            resumed = self._model_to_resume()
            X = nullable(self._validate(X, reset=resumed is None, ensure_min_samples=2))
            if resumed is None:
                hidden_fraction = self._fit_hidden_fraction(X)
                scaling = "linear" if self.scaling == "standard" else self.scaling
                encoder = self._fit_encoder(X, scaling, keep_missing=False)
            else:
                hidden_fraction, encoder = self._hidden_fraction, self.table_encoder_.with_scales_of(X)
                self._check_gaps(X, hidden_fraction)
            architecture = self._architecture(encoder, hidden_fraction)
            check_resumable(resumed, architecture, self.n_members)
            rows = scale_with_mask(encoder, architecture, X)
            before = None if resumed is None else rescale(self._extremes, self.table_encoder_, encoder)
            extremes = known_extremes(rows, encoder, architecture, before)
            rng = check_random_state(self.random_state)
            seeds = draw_seeds(rng, self.n_members)
            encoder_input = self._corrupted_table(encoder, architecture, X, seeds[0])
            data = TrainingData(rows, encoder_input=encoder_input, sample_weight=weights)
            data, held_out = hold_out(data, self.validation_fraction, rng) if self.early_stopping else (data, None)
            plan = self._plan(len(data), seeds, hidden_fraction)
            if held_out is not None:
                corrupted = corrupt_once(architecture, plan, held_out, extremes)
                held_out = replace(held_out, encoder_input=lambda epoch: corrupted)
            fitted = {"table_encoder_": encoder, "_extremes": extremes, "_hidden_fraction": hidden_fraction}
            with self._callback_hooks(plan, X, y, fitted) as callbacks:
                hooks = [*self._hooks(held_out, plan), *callbacks]
                model, curves = self._train(architecture, plan, data, resumed, hooks)
                self._assign(fitted, model, curves, resumed)
        return self

    def transform(self, X: Any) -> Any:
        """Clean and complete rows.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows, of which some cells may be missing.

        Returns
        -------
        X_clean : DataFrame or ndarray of shape (n_samples, n_features)
            The same rows, clean, in the form of the training rows. With ``corruption="masked"`` only missing cells
            change. No cell is missing, except in columns that were empty in training.
        """
        check_is_fitted(self)
        table = nullable(self._validate(X, reset=False))
        rows = scale_with_mask(self.table_encoder_, self._model.architecture, table)
        clean = to_pandas(self.table_encoder_.inverse_transform(self._clean(rows)))
        if isinstance(clean, pd.DataFrame):
            table = table if isinstance(table, pd.DataFrame) else pd.DataFrame(table, columns=clean.columns)
            clean.index = table.index
        if self.corruption == "masked":
            encoder = self.table_encoder_
            filled = fill_missing(table, clean, encoder.source_columns_)
            clean = encoder.put_dates_in_order(filled, missing_mask(table))
        is_pandas = _get_output_config("transform", self)["dense"] == "pandas"  # by `set_output`
        return clean if is_pandas else self.table_encoder_.write_frame(clean)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Minus the mean squared error of rows that are corrupted as in training and given back.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Clean rows.
        y : None
            Ignored, present by convention.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows; without those of weight 0, the others are corrupted otherwise.

        Returns
        -------
        score : float
            Minus the mean over cells, by the weights of their rows, in units of the scaled columns; with
            ``corruption="masked"`` over the cells that were hidden. Corruption is the same in each call.
        """
        check_is_fitted(self)
        X, _, weights = weighted_rows(X, None, sample_weight)
        table = nullable(self._validate(X, reset=False))
        encoder, architecture = self.table_encoder_, self._model.architecture
        rows = scale_with_mask(encoder, architecture, table)
        data = TrainingData(rows, encoder_input=self._corrupted_table(encoder, architecture, table, 0))
        corrupted = corrupt_once(architecture, self._plan(len(data), (0,), self._hidden_fraction), data, self._extremes)
        error = np.square(self._clean(corrupted) - rows[:, : architecture.n_features])
        counted = ~missing_mask(table)[:, encoder.source_columns_]
        if self.corruption == "masked":
            counted &= is_masked(corrupted, encoder, architecture)
        if not counted.any():
            raise ValueError("`X` must have a cell that is known, and hidden if the corruption hides some. Got none.")
        return -float(np.average(error[counted], weights=None if weights is None else weights[counted.nonzero()[0]]))

    def _clean(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Reconstructions of scaled rows, within the range of the training rows."""
        clean = self._model.reconstruct(rows)
        return clean.clip(*self._extremes[:, : clean.shape[1]])

    def _fit_hidden_fraction(self, X: Any) -> float:
        """Fraction of the cells to mask in addition to the corruption, where cells are missing or get missing by it."""
        missing = missing_mask(X)
        if callable(self.corruption):
            missing = missing | missing_mask(self._apply_corruption(X, 0, 0))
        return float(missing.mean().clip(*HIDDEN_FRACTION)) if missing.any() else 0.0

    def _check_gaps(self, X: Any, hidden_fraction: float) -> None:
        """Refuse gaps that a model to go on from has no mask for."""
        missing = missing_mask(X).any(axis=0)
        if not hidden_fraction and self.corruption != "masked" and missing.any():
            raise ValueError(
                "With `warm_start`, rows must be complete if those of the first fit were. Got missing cells in columns"
                f" {list(pd.DataFrame(X[:0]).columns[missing])}: fit anew, with `warm_start=False`."
            )

    def _architecture(self, encoder: TableEncoder, hidden_fraction: float) -> Architecture:
        width = check_components(self.n_components, encoder, min(MAX_AUTO_COMPONENTS, len(encoder.source_columns_)))
        mask_indices: list[int] = []
        if hidden_fraction or self.corruption == "masked":
            starts = np.cumsum([encoder.n_numeric_, *encoder.one_hot_groups_])[: len(encoder.one_hot_groups_)]
            mask_indices = [*encoder.source_columns_[: encoder.n_numeric_], *encoder.source_columns_[starts]]
        return build_architecture(
            self,
            encoder,
            (Block("style", width, "normal"),),
            image_shape=check_image_shape(self.image_shape, encoder),
            mask_indices=tuple(int(index) for index in mask_indices),
        )

    def _plan(self, n_samples: int, seeds: tuple[int, ...], hidden_fraction: float) -> TrainingPlan:
        level = self._corruption_level()
        plan = build_plan(
            self,
            n_samples,
            seeds,
            auto_steps=2000,
            auto_noise=level,
            salt_and_pepper_fraction=level if self.corruption == "salt_and_pepper" else 0.0,
            shared_extremes=self.scaling is None,
            masked_fraction=level if self.corruption == "masked" else hidden_fraction,
        )
        return plan if self.corruption == "gaussian" else replace(plan, noise=0.0)

    def _corruption_level(self) -> float:
        """Standard deviation of the noise, or share of the cells."""
        if callable(self.corruption):
            if self.noise != "auto":
                raise ValueError(f"`noise` must be 'auto' where `corruption` is a function. Got {self.noise!r}.")
            return 0.0
        if self.noise == "auto":
            return AUTO_NOISE[self.corruption]
        if self.corruption != "gaussian" and float(self.noise) > 1:
            raise ValueError(f"`noise` must be at most 1 where it is a share of cells. Got {self.noise!r}.")
        return float(self.noise)

    def _corrupted_table(
        self, encoder: TableEncoder, architecture: Architecture, table: Any, seed: int
    ) -> CorruptedTable | None:
        """The encoder's input where the user's function corrupts rows, else None."""
        if not callable(self.corruption):
            return None
        return CorruptedTable(table, seed, self._apply_corruption, partial(scale_with_mask, encoder, architecture))

    def _apply_corruption(self, table: Any, seed: int, epoch: int) -> Any:
        """Rows as the user's function corrupts them, validated."""
        rows = table.copy() if self._frame_format is None else self._frame_format.write(table)
        corrupted = self.corruption(rows, np.random.default_rng([seed, epoch]))
        corrupted = nullable(self._validate(corrupted, reset=False))
        if corrupted.shape != table.shape:
            raise ValueError(f"`corruption` must return rows of shape {table.shape}. Got {corrupted.shape}.")
        return corrupted
