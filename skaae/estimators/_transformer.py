"""AAETransformer: features, their inverse, and samples."""

from collections.abc import Callable
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from .._plan import Architecture, TrainingData, TrainingPlan
from ..table import TableEncoder
from ._base import BaseAAE, draw_seeds, validated, with_callbacks
from ._config import (
    auto_components,
    build_architecture,
    build_plan,
    check_components,
    check_image_shape,
    check_resumable,
)
from ._head_targets import check_supervised, head_targets
from ._inference import TrainedModel
from ._labels import UNLABELLED, class_shares, encode_labels
from ._prior_blocks import TARGET_ATTRIBUTES, fit_targets, prior_blocks
from ._training_data import hold_out, scale_lazily, weighted_rows
from ._transformer_base import CLUSTER_WEIGHTS, BaseTransformer

__all__ = ["AAETransformer"]

MAX_SUPERVISED_NOISE = 0.1  # more hides what tells classes apart


class AAETransformer(BaseTransformer):
    r"""Encode rows as latent codes that follow a prior, decode codes, and draw new rows.

    An autoencoder, trained with a discriminator that tries to tell its codes from draws of the prior [1]_. With
    `adversarial_weight=0` it is a plain autoencoder. Training starts from the principal components, whitened.

    Parameters
    ----------
    n_components : int or None, default=None
        Width of the code, at most the number of columns. None is one less than the number of columns, and 16 at most.
    hidden_layer_sizes : int or array-like of int, default=(256,)
        Widths of the encoder's hidden layers; the decoder has them in reverse.
    activation : {"relu", "leaky_relu", "silu", "gelu", "tanh"}, default="relu"
        What follows each hidden layer of encoder and decoder.
    prior : {"normal", "uniform", "mixture", "swiss_roll", "one_hot"} or callable, default="normal"
        What codes should look like. "uniform" is a cube of unit variance. The mixture has `n_modes` Gaussians on a
        circle, the Swiss roll as many arms, in the first two columns of the code; further columns are standard normal.
        With classes in `fit`, each has one: the discriminator gets the labels as input, of which most may be unknown.
        With "one_hot" the code is the probabilities of `n_components` categories. A callable is given a number of draws
        and a `numpy.random.Generator`, and returns draws of shape (n, n_components), best of unit variance.
    n_modes : int, default=10
        How many Gaussians or arms there are where no classes are given.
    n_clusters : int or None, default=None
        With a number, the code is the head of a row's cluster plus a style, with heads kept apart (section 6 of [1]_):
        clusters are apart on a map. The classes of `y` are the first clusters. Without classes, pass the labels that
        `AAEClusterer` finds as `y`: they are better than the clusters that this model finds itself.
    posterior : {"deterministic", "gaussian", "universal"}, default="deterministic"
        What is random in a row's code in training: nothing, a normal draw around a mean (which `transform` gives), or
        whatever the encoder makes of noise as a further input (`transform` gives the code of noise zero).
    regularizer : {"adversarial", "mmd", "sliced_wasserstein"}, default="adversarial"
        What brings codes to the prior: a discriminator, or a distance between codes and draws, the maximum
        mean discrepancy [2]_ or the sliced Wasserstein distance [3]_.
    image_shape : tuple of int or None, default=None
        Height and width, and channels if there are some, of rows that are flat images, channels last, which encoder and
        decoder then convolve. Pixels are best of one scale already, with `scaling=None`.
    adversarial_weight : float or "auto", default="auto"
        Weight of the adversarial loss, or of the distance, in units of the present reconstruction error. More
        brings codes closer to the prior, which is what `sample` draws from: try 0.3 or 1 for narrow codes. Less leaves
        classes further apart. "auto" is 0.03 for a normal prior, and 1 for others and with `n_clusters`.
    supervised_weight : float, default=0.0
        Weight of the labels `y` in `fit`, which are otherwise ignored, as a PCA does. Above zero, a linear map of the
        code learns them beside the reconstruction; 5 is a good value. Labels are classes or numbers, some of them
        unknown. It learns cross-validated predictions of forests and a linear model in place of the labels [4]_, so
        that codes of training rows separate classes no better than those of new rows.
    target_type : {"auto", "binary", "multiclass", "continuous"}, default="auto"
        What `y` is with a `supervised_weight`, as in scikit-learn's `TargetEncoder`: classes or numbers. "auto" takes
        whole numbers for classes if 20 differ at most or if they count from 0 or 1; set it where parts of the rows,
        such as folds, might be read differently.
    noise : float or "auto", default="auto"
        Standard deviation of the Gaussian noise that is added to the scaled columns in training. "auto"
        is ``1 - n_components / n_features``: the more redundant columns are, the more; but 0.1 at most with a
        `supervised_weight`. With ``scaling=None`` set it.
    alpha : float, default=0.0
        Decoupled weight decay.
    batch_size : int or "auto", default="auto"
        Rows in a step. "auto" is an eighth of the rows, at least 32 and at most 256.
    learning_rate_init : float, default=1e-3
        Learning rate of Adam in the first half of a fit; in the second half it falls to zero.
    max_iter : int or "auto", default="auto"
        Epochs. "auto" is as many as make 2,000 steps, and 5 at least.
    early_stopping : bool, default=False
        Whether to hold rows out, stop when these get no better, and keep the best epoch. What counts is their
        reconstruction error plus the sliced Wasserstein distance of their codes to the prior; with `n_clusters`, and
        labels for all of them, the cross-entropy.
    validation_fraction : float, default=0.1
        Share of rows held out with `early_stopping`.
    n_iter_no_change : int, default=20
        How many epochs without an improvement to wait for with `early_stopping`.
    tol : float, default=1e-4
        What counts as an improvement with `early_stopping`.
    warm_start : bool, default=False
        Whether another `fit` goes on from the last. If so, Ctrl-C keeps what was trained until the last epoch.
    scaling : {"standard", "quantile"} or None, default="standard"
        How columns are brought to one scale. "standard" centres them at their median, divides by their spread and
        folds their tails logarithmically; "quantile" maps each to a normal distribution by its ranks; None leaves
        them as they are. `inverse_transform` and `sample` undo it.
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
    cluster_heads_ : ndarray of shape (n_clusters, n_components)
        The points of the code's space around which the clusters lie, with `n_clusters`.
    classes_ : ndarray of shape (n_classes,)
        The classes among the labels, for a model that was fitted with some, or the positions of clusters.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where they are all strings.
    n_iter_ : int
        Epochs trained.
    history_ : dict of str to ndarray of shape (`n_iter_`,)
        Each loss by name ("reconstruction", "generator" and "discriminator", or the `regularizer`, and "supervised"),
        averaged over the steps of an epoch, and with `early_stopping` what was watched ("validation").
    loss_curve_ : ndarray of shape (`n_iter_`,)
        ``history_["reconstruction"]``.
    target_type_ : {"binary", "multiclass", "continuous"}
        How `y` was read, with a `supervised_weight`.
    table_encoder_ : TableEncoder
        What encodes columns as numbers of one scale, and decodes them.
    device_ : str
        Where the model was trained.

    References
    ----------
    .. [1] Makhzani, Shlens, Jaitly, Goodfellow and Frey, "Adversarial autoencoders", 2015, arXiv 1511.05644.
    .. [2] Tolstikhin, Bousquet, Gelly and Schoelkopf, "Wasserstein auto-encoders", 2018, arXiv 1711.01558.
    .. [3] Kolouri, Pope, Martin and Rohde, "Sliced-Wasserstein autoencoder", 2018, arXiv 1804.01947.
    .. [4] Wolpert, "Stacked generalization", 1992.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skaae import AAETransformer
    >>> X, y = load_iris(return_X_y=True)
    >>> model = AAETransformer(n_components=2, random_state=0).fit(X)
    >>> model.transform(X).shape
    (150, 2)
    >>> model.sample(3, random_state=0).shape
    (3, 4)

    Codes that know 15 labels of 150 rows:

    >>> import numpy as np
    >>> few = np.where(np.arange(150) % 10 == 0, y, -1)
    >>> AAETransformer(2, supervised_weight=5, random_state=0).fit(X, few).target_type_
    'multiclass'
    """

    prior: str | Callable[..., Any]
    n_modes: int
    posterior: str
    regularizer: str
    image_shape: Any
    supervised_weight: float
    target_type: str

    _parameter_constraints: dict[str, Any] = {
        **BaseAAE._parameter_constraints,
        "prior": [StrOptions({"normal", "uniform", "mixture", "swiss_roll", "one_hot"}), callable],
        "image_shape": ["array-like", None],
        "adversarial_weight": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
        "supervised_weight": [Interval(Real, 0, None, closed="left")],
        "target_type": [StrOptions({"auto", "binary", "multiclass", "continuous"})],
        "n_modes": [Interval(Integral, 1, None, closed="left")],
        "n_clusters": [Interval(Integral, 1, None, closed="left"), None],
        "posterior": [StrOptions({"deterministic", "gaussian", "universal"})],
        "regularizer": [StrOptions({"adversarial", "mmd", "sliced_wasserstein"})],
    }

    def __init__(
        self,
        n_components: int | None = None,
        *,
        hidden_layer_sizes: Any = (256,),
        activation: str = "relu",
        prior: str | Callable[..., Any] = "normal",
        n_modes: int = 10,
        n_clusters: int | None = None,
        posterior: str = "deterministic",
        regularizer: str = "adversarial",
        image_shape: Any = None,
        adversarial_weight: float | str = "auto",
        supervised_weight: float = 0.0,
        target_type: str = "auto",
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
        y : array-like of shape (n_samples,) or None, default=None
            Classes, -1 or missing where unknown, for the priors "mixture" and "swiss_roll", and for `n_clusters`.
            With a `supervised_weight`, classes or numbers, as `target_type` says; among numbers only missing ones are
            unknown, not -1. Otherwise ignored.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows, of which only the ratios count. A row is drawn for training as often as its weight, so
            that one of weight 2 is as good as two rows, and one of weight 0 is as good as absent. The shares of classes
            use the weights too, the scales of columns do not.

        Returns
        -------
        self : object
            The fitted estimator. Where fitting fails or is interrupted, it is left as it was before.

        Raises
        ------
        ValueError
            If a parameter, `X`, `y` or `sample_weight` breaks a rule, which the message states.
        FloatingPointError
            If the losses do not stay finite, even at lower learning rates.
        """
        with self._all_or_nothing():
            X, y, weights = weighted_rows(X, y, sample_weight)
            resumed = self._model_to_resume()
            X = self._validate(X, reset=resumed is None, ensure_min_samples=2)
            encoder = self._fit_encoder(X, self.scaling) if resumed is None else self.table_encoder_.with_scales_of(X)
            rng = check_random_state(self.random_state)
            seeds = draw_seeds(rng, 1)
            fitted, architecture, data = self._prepare(X, y, None, resumed, encoder, weights, seeds[0])
            data, held_out = hold_out(data, self.validation_fraction, rng) if self.early_stopping else (data, None)
            plan = self._plan(architecture, len(data), seeds)
            with self._callback_hooks(plan, X, y, fitted) as callbacks:
                hooks = [*self._hooks(held_out, plan), *callbacks]
                model, curves = self._train(architecture, plan, data, resumed, hooks)
                self._assign(fitted, model, curves, resumed)
        return self

    @validated
    def partial_fit(self, X: Any, y: Any = None, classes: Any = None) -> Self:
        """Train for one pass over a chunk of rows, from where the last call left off.

        The first call fixes what is built and how columns are scaled, so let its chunk be a fair sample (or leave it to
        `skaae.streaming.fit_stream`). The learning rate is `learning_rate_init` throughout; no rows are held out. There
        are no weights of rows, because those of one chunk say nothing about the others, and no `supervised_weight`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            A chunk of rows, two at least in the first.
        y : array-like of shape (n_samples,) or None, default=None
            Classes, as in `fit`.
        classes : array-like or None, default=None
            All classes, for a first call whose chunk may lack some.

        Returns
        -------
        self : object
            The estimator. Where the call fails or is interrupted, it is left as it was before.
        """
        if self.supervised_weight:
            raise ValueError(
                "`supervised_weight` must be 0 with `partial_fit`, because what predicts the labels needs all rows at"
                f" once. Got {self.supervised_weight}: use `fit` on a sample of the rows."
            )
        with self._all_or_nothing():
            resumed = self._model if self.__sklearn_is_fitted__() else None
            X = self._validate(X, reset=resumed is None, ensure_min_samples=2 if resumed is None else 1)
            encoder = self._fit_encoder(X, self.scaling) if resumed is None else self.table_encoder_
            drifted = () if resumed is None else self._warn_of_drift(X)
            fitted, architecture, data = self._prepare(X, y, classes, resumed, encoder)
            seeds = draw_seeds(check_random_state(self.random_state), 1)
            plan = replace(self._plan(architecture, len(data), seeds), n_epochs=1, annealed=False)
            model, curves = self._train(architecture, plan, data, resumed)
            self._assign({**fitted, "_drifted_columns": drifted}, model, curves, resumed)
        return self

    def transform(self, X: Any) -> Any:
        """Encode rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        code : ndarray of shape (n_samples, n_components)
            Their codes, in the dtype of `X`.
        """
        check_is_fitted(self)
        rows = self._scale(X)
        return self._latent_code(self._model.encode(rows)[0]).astype(rows.dtype, copy=False)

    def _prepare(
        self,
        X: Any,
        y: Any,
        classes: Any,
        resumed: TrainedModel | None,
        encoder: TableEncoder,
        weights: NDArray[np.float64] | None = None,
        seed: int = 0,
    ) -> tuple[dict[str, Any], Architecture, TrainingData]:
        """What is fitted before training, what to build, and the rows to train on."""
        if resumed is None:
            fitted = fit_targets(self.prior, self.n_clusters, y, classes)
        else:
            fitted = {name: value for name, value in vars(self).items() if name in TARGET_ATTRIBUTES}
        labels = None
        if fitted["_is_supervised"]:
            y = np.full(len(X), UNLABELLED) if y is None else y
            check_consistent_length(X, y)
            labels = encode_labels(y, fitted["classes_"])
            if resumed is None and self.n_clusters is None:
                fitted["class_prior_"] = class_shares(labels, len(fitted["classes_"]), weights)
        data = TrainingData(scale_lazily(encoder, X, np.float32), labels, sample_weight=weights)
        if self.supervised_weight:
            check_supervised(self.n_clusters, y)
            data.targets, fitted["target_type_"] = head_targets(data.X, y, weights, seed, self.target_type)
        width = check_components(self.n_components, encoder, auto_components(encoder))
        architecture = build_architecture(
            self,
            encoder,
            prior_blocks(self.prior, width, self.posterior, self.n_modes, self.n_clusters, fitted),
            image_shape=check_image_shape(self.image_shape, encoder),
            cluster_heads=self.n_clusters is not None,
            head_width=0 if data.targets is None else data.targets.shape[1],
        )
        check_resumable(resumed, architecture)
        return {**fitted, "table_encoder_": encoder}, architecture, data

    def _plan(self, architecture: Architecture, n_samples: int, seeds: tuple[int, ...]) -> TrainingPlan:
        weight = None if self.adversarial_weight == "auto" else float(self.adversarial_weight)
        if weight is None:
            weight = 0.03 if self.prior == "normal" and self.n_clusters is None else 1.0
        noise = 1 - architecture.blocks[0].width / architecture.n_features
        losses = {"supervised_weight": float(self.supervised_weight)} if architecture.head_width else {}
        return build_plan(
            self,
            n_samples,
            seeds,
            auto_steps=2000,
            auto_noise=min(noise, MAX_SUPERVISED_NOISE) if architecture.head_width else noise,
            adversarial_weight=weight,
            regularizer=self.regularizer,
            **(losses if self.n_clusters is None else CLUSTER_WEIGHTS),
        )
