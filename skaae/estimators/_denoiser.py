"""AAEDenoiser: clean rows of noisy ones, and complete rows of incomplete ones."""

from dataclasses import replace
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import OneToOneFeatureMixin, TransformerMixin
from sklearn.callback import with_callbacks
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from ..table import TableEncoder, missing_in
from ._base import BaseAAE, validated
from ._rows import Rows

__all__ = ["AAEDenoiser"]

AUTO_NOISE = {"gaussian": 0.3, "masked": 0.4, "salt_and_pepper": 0.1}
AUTO_WIDTH = 64
MASKED_BESIDE = (0.05, 0.5)  # of cells where some are missing and the corruption is another one, at least and at most


class AAEDenoiser(OneToOneFeatureMixin, TransformerMixin, BaseAAE):
    r"""Give noisy rows back clean, and incomplete rows complete.

    An adversarial autoencoder [1]_ that is shown corrupted rows in training and has to give back the rows as they
    were [2]_. Train it on rows that are as clean as you have them, with the corruption that you expect in others; it
    learns from noisy and from incomplete rows too. What it gives back is a mean over `n_members` models.

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
    prior : {"normal"}, default="normal"
        What codes should look like.
    image_shape : tuple of int or None, default=None
        Height and width, and channels if there are some, of rows that are flat images, as in `AAETransformer`.
    adversarial_weight : float, default=0.01
        Weight of the adversary's verdict, in units of the reconstruction error of the moment.
    alpha : float, default=0.0
        Decoupled weight decay.
    batch_size : int or "auto", default="auto"
        Rows in a step. "auto" is an eighth of the rows, at least 32 and at most 256.
    learning_rate_init : float, default=2e-3
        Learning rate of Adam in the first half of a fit; in the second half it falls to zero.
    max_iter : int or "auto", default="auto"
        Epochs. "auto" is as many as make 2,000 steps, and 5 at least.
    early_stopping : bool, default=False
        Whether to hold rows out, stop when these, corrupted, are given back no better, and keep the best epoch.
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
        The mean loss of each phase in each epoch, over the members.
    loss_curve_ : ndarray of shape (`n_iter_`,)
        ``history_["reconstruction"]``.
    table_encoder_ : TableEncoder
        What brings columns to one scale, and back.
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

    _auto_steps = 2000
    _parameter_constraints: dict = {
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
        prior: Any = "normal",
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
        device: str = "auto",
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(
            n_components,
            hidden_layer_sizes=hidden_layer_sizes,
            activation=activation,
            prior=prior,
            adversarial_weight=adversarial_weight,
            noise=noise,
            alpha=alpha,
            batch_size=batch_size,
            learning_rate_init=learning_rate_init,
            max_iter=max_iter,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            tol=tol,
            warm_start=warm_start,
            scaling=scaling,
            categorical_features=categorical_features,
            device=device,
            random_state=random_state,
            verbose=verbose,
        )
        self.corruption = corruption
        self.n_members = n_members
        self.image_shape = image_shape

    @with_callbacks
    @validated
    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the model to rows.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Training rows, two at least: numbers, text, bools and categories, of which some may be missing.
        y : None
            Ignored, present by convention.

        Returns
        -------
        self : object
            The fitted estimator. Where fitting fails or is interrupted, it is left as it was before.

        Raises
        ------
        ValueError
            If a parameter or `X` breaks a rule, which the message states.
        FloatingPointError
            If the losses do not stay finite, even at lower learning rates.
        """
        return self._fit(X, None)

    def transform(self, X: Any) -> Any:
        """Clean and complete rows.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Rows, of which some cells may be missing.

        Returns
        -------
        X_clean : DataFrame or ndarray of shape (n_samples, n_features)
            The same rows, clean, in the form of the training rows. With ``corruption="masked"`` only missing cells are
            others than before. No cell is missing, but in columns of which training rows had no cell.
        """
        check_is_fitted(self)
        table = self._validate(X, reset=False)
        clean = self.table_encoder_.inverse_transform(self._clean(self._scale(table)))
        if isinstance(clean, pd.DataFrame):
            table = table if isinstance(table, pd.DataFrame) else pd.DataFrame(table, columns=clean.columns)
            clean.index = table.index
        return completed(table, clean) if self.corruption == "masked" else clean

    def score(self, X: Any, y: Any = None) -> float:
        """Minus the mean squared error of rows that are corrupted as in training and given back.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Clean rows.
        y : None
            Ignored, present by convention.

        Returns
        -------
        score : float
            Minus the mean over cells, in units of the scaled columns; with ``corruption="masked"`` over the cells that
            were hidden. Corruption is the same in each call.
        """
        check_is_fitted(self)
        table = self._validate(X, reset=False)
        clean = self._scale(table)
        shown = self._corrupted(Rows(clean, table=table), 0)
        n_features = self._architecture.n_features
        error = np.square(self._clean(shown) - clean[:, :n_features])
        counted = ~missing_in(table)[:, self.table_encoder_.sources_]
        if self.corruption == "masked":
            counted &= self._unknown(shown)
        if not counted.any():
            raise ValueError("`X` must have a cell that is known, and hidden if the corruption hides some. Got none.")
        return -float(error[counted].mean())

    def _clean(self, rows):
        """Scaled rows as given back, values within the range of the training rows."""
        clean, n_features = self._reconstruct(rows), self._architecture.n_features
        return clean.clip(*self._extremes[:, :n_features])

    def _begin(self, X, labels, first):
        super()._begin(X, labels, first)
        if first:
            self._extremes = None

    def _rows(self, X, y, labels):
        scaled = self._scale(X)
        self._widen(scaled)
        return Rows(scaled, table=X if callable(self.corruption) else None)

    def _widen(self, scaled):
        """Takes account of the smallest and the largest known values of training rows."""
        unknown = self._unknown(scaled)
        own = [np.where(unknown, side, scaled[:, : unknown.shape[1]]) for side in (np.inf, -np.inf)]
        low, high = own[0].min(axis=0), own[1].max(axis=0)
        if self._extremes is not None:
            low, high = np.minimum(low, self._extremes[0, : len(low)]), np.maximum(high, self._extremes[1, : len(high)])
        extremes = np.stack([low, high]).astype(scaled.dtype)
        self._extremes = np.pad(extremes, ((0, 0), (0, scaled.shape[1] - len(low))))

    def _unknown(self, rows):
        """Which cells of scaled rows are marked, (n_samples, n_features encoded)."""
        n_features = self._architecture.n_features
        if not self._architecture.mask_indices:
            return np.zeros((len(rows), n_features), bool)
        return rows[:, n_features:][:, self.table_encoder_.sources_] > 0

    def _make_encoder(self, X):
        missing = missing_in(X)
        if callable(self.corruption):
            missing = missing | missing_in(self._by_user(X, 0, 0))
        self._hidden_beside = float(missing.mean().clip(*MASKED_BESIDE)) if missing.any() else 0.0
        return TableEncoder(
            "linear" if self.scaling == "standard" else self.scaling,
            categorical_features=self.categorical_features,
            rounding=isinstance(X, pd.DataFrame),
            keep_missing=False,
        )

    def _auto_width(self, encoder):
        return min(AUTO_WIDTH, len(encoder.sources_))

    def _architecture_for(self, encoder, labels):
        architecture = super()._architecture_for(encoder, labels)
        if not (self._hidden_beside or self.corruption == "masked"):
            return architecture
        starts = np.cumsum([encoder.n_values_, *encoder.choices_])[: len(encoder.choices_)]
        places = [*encoder.sources_[: encoder.n_values_], *encoder.sources_[starts]]
        return replace(architecture, mask_indices=tuple(int(place) for place in places))

    def _scale(self, X):
        scaled = super()._scale(X)
        if not self._architecture.mask_indices:
            return scaled
        marks = missing_in(X)[:, : max(self._architecture.mask_indices) + 1]
        return np.hstack([scaled, marks.astype(scaled.dtype)])

    def _noise(self):
        level = self._level()
        return level if self.corruption == "gaussian" else 0.0

    def _weights(self):
        return {
            "salt_and_pepper_fraction": self._level() if self.corruption == "salt_and_pepper" else 0.0,
            "shared_extremes": self.scaling is None,
            "masked_fraction": self._level() if self.corruption == "masked" else self._hidden_beside,
        }

    def _level(self):
        if callable(self.corruption):
            if self.noise != "auto":
                raise ValueError(f"`noise` must be 'auto' where `corruption` is a function. Got {self.noise!r}.")
            return 0.0
        if self.corruption != "gaussian" and self.noise != "auto" and self.noise > 1:
            raise ValueError(f"`noise` must be at most 1 where it is a share of cells. Got {self.noise!r}.")
        return AUTO_NOISE[self.corruption] if self.noise == "auto" else float(self.noise)

    def _shown(self, rows, seed):
        if not callable(self.corruption):
            return None
        return lambda epoch: self._scale(self._by_user(rows.table, seed, epoch))

    def _corrupted(self, rows, seed):
        from ..core.inference import corrupt

        X = self._scale(self._by_user(rows.table, seed, 0)) if callable(self.corruption) else rows.X
        return corrupt(self._architecture, self._plan(len(X), (seed,)), X, self._extremes)

    def _by_user(self, table, seed, epoch):
        """Rows as the user's function corrupts them."""
        corrupted = self._validate(self.corruption(table.copy(), np.random.default_rng([seed, epoch])), reset=False)
        if corrupted.shape != table.shape:
            raise ValueError(f"`corruption` must return rows of shape {table.shape}. Got {corrupted.shape}.")
        return corrupted


def completed(table, filled):
    """Rows whose missing cells are filled from others."""
    missing = missing_in(table)
    if not isinstance(filled, pd.DataFrame):
        return np.where(missing, filled, table).astype(filled.dtype, copy=False)
    columns = []
    for place, known in enumerate(~missing.T):
        own, other = table.iloc[:, place], filled.iloc[:, place]
        cells = np.where(known, own.to_numpy(dtype=object), other.to_numpy(dtype=object))
        columns.append(pd.Series(in_dtype(cells, other.dtype), index=table.index))
    return pd.concat(columns, axis=1).set_axis(table.columns, axis=1)


def in_dtype(cells, dtype):
    """Cells in the dtype of the training rows, or in a wider one where some do not fit into it."""
    wider = pd.Series(cells).infer_objects().array
    if isinstance(dtype, pd.CategoricalDtype) and not pd.Series(cells).dropna().isin(dtype.categories).all():
        return wider
    try:
        return pd.array(cells, dtype=dtype)
    except (TypeError, ValueError):
        return wider
