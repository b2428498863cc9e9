"""AAETransformer: features, their inverse, and samples."""

from dataclasses import replace
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.callback import with_callbacks
from sklearn.utils import check_random_state, check_scalar
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ..table import matrix_of
from ._base import BaseAAE, validated
from ._blocks import WEIGHTS_WITH_HEADS, WITH_MODES, block_of, blocks_with_heads
from ._labels import names_of, wanted_positions
from ._prior import CodesMixin

__all__ = ["AAETransformer"]


class AAETransformer(CodesMixin, BaseAAE):
    r"""Turn rows into codes that look like draws from a prior, and back; and draw new rows.

    An autoencoder, trained with an adversary that tries to tell its codes from draws of the prior [1]_. With
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
        Classes that `fit` is given have one each: the adversary is shown the labels, of which most may be unknown.
        With "one_hot" the code is the probabilities of `n_components` categories. A callable is given a number of draws
        and a `numpy.random.Generator`, and returns draws of shape (n, n_components), best of unit variance.
    n_modes : int, default=10
        How many Gaussians or arms there are where no classes are given.
    n_clusters : int or None, default=None
        With a number, the code is the head of a row's cluster plus a style, with heads kept apart (section 6 of [1]_):
        a map on which clusters have places of their own. Classes that `fit` is given are the first clusters. Without
        any, give it as `y` what `AAEClusterer` finds, which is better than what it finds itself.
    posterior : {"deterministic", "gaussian", "universal"}, default="deterministic"
        What of a row's code is chance in training: nothing, a normal draw around a mean (which `transform` gives), or
        whatever the encoder makes of noise beside the row (`transform` gives the code of noise zero).
    regularizer : {"adversarial", "mmd", "sliced_wasserstein"}, default="adversarial"
        What brings codes to the prior: an adversary, or a distance between codes and draws without one, the maximum
        mean discrepancy [2]_ or the sliced Wasserstein distance [3]_.
    image_shape : tuple of int or None, default=None
        Height and width, and channels if there are some, of rows that are flat images, channels last, which encoder and
        decoder then convolve. Pixels are best of one scale already, with `scaling=None`.
    adversarial_weight : float or "auto", default="auto"
        Weight of the adversary's verdict, or of the distance, in units of the reconstruction error of the moment. More
        brings codes closer to the prior, which is what `sample` draws from: try 0.3 or 1 for narrow codes. Less leaves
        classes further apart. "auto" is 0.03 for a normal prior, and 1 for others and with `n_clusters`.
    noise : float or "auto", default="auto"
        Standard deviation of the Gaussian noise on the scaled columns that the encoder is shown in training. "auto"
        is ``1 - n_components / n_features``: the more redundant columns are, the more. With ``scaling=None`` say it.
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
    device : str, default="auto"
        Where to compute: "cpu", "cuda", "cuda:1", ... "auto" is an accelerator where there is one.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same result in each fit.
    verbose : int, default=0
        Whether to show the progress of a fit.

    Attributes
    ----------
    cluster_heads_ : ndarray of shape (n_clusters, n_components)
        The places of the clusters among the codes, with `n_clusters`.
    classes_ : ndarray of shape (n_classes,)
        The classes among the labels, for a model that was fitted with some, or the positions of clusters.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where they are all strings.
    n_iter_ : int
        Epochs trained.
    history_ : dict of str to ndarray of shape (`n_iter_`,)
        The mean loss of each phase ("reconstruction", "imitation", "discrimination", or the `regularizer`) in each
        epoch, and with `early_stopping` what was watched ("validation").
    loss_curve_ : ndarray of shape (`n_iter_`,)
        ``history_["reconstruction"]``.
    table_encoder_ : TableEncoder
        What brings columns to one scale, and back.
    device_ : str
        Where the model was trained.

    References
    ----------
    .. [1] Makhzani, Shlens, Jaitly, Goodfellow and Frey, "Adversarial autoencoders", 2015, arXiv 1511.05644.
    .. [2] Tolstikhin, Bousquet, Gelly and Schoelkopf, "Wasserstein auto-encoders", 2018, arXiv 1711.01558.
    .. [3] Kolouri, Pope, Martin and Rohde, "Sliced-Wasserstein autoencoder", 2018, arXiv 1804.01947.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skaae import AAETransformer
    >>> X, _ = load_iris(return_X_y=True)
    >>> model = AAETransformer(n_components=2, random_state=0).fit(X)
    >>> model.transform(X).shape
    (150, 2)
    >>> model.sample(3, random_state=0).shape
    (3, 4)
    """

    _dtype_of_rows = np.float32
    _fetches = True
    _parameter_constraints: dict = {
        **BaseAAE._parameter_constraints,
        "prior": [StrOptions({"normal", "uniform", "mixture", "swiss_roll", "one_hot"}), callable],
        "image_shape": ["array-like", None],
        "adversarial_weight": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
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
        prior: Any = "normal",
        n_modes: int = 10,
        n_clusters: int | None = None,
        posterior: str = "deterministic",
        regularizer: str = "adversarial",
        image_shape: Any = None,
        adversarial_weight: float | str = "auto",
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
        self.n_modes = n_modes
        self.n_clusters = n_clusters
        self.posterior = posterior
        self.regularizer = regularizer
        self.image_shape = image_shape

    @with_callbacks
    @validated
    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the model to rows.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            Training rows, two at least: numbers, text, bools and categories, of which some may be missing.
        y : array-like of shape (n_samples,) or None, default=None
            Classes, -1 or missing where unknown, for the priors "mixture" and "swiss_roll", and for `n_clusters`.
            Otherwise ignored.

        Returns
        -------
        self : object
            The fitted estimator. Where fitting fails or is interrupted, it is left as it was before.

        Raises
        ------
        ValueError
            If a parameter, `X` or `y` breaks a rule, which the message states.
        FloatingPointError
            If the losses do not stay finite, even at lower learning rates.
        """
        return self._fit(X, y)

    @validated
    def partial_fit(self, X: Any, y: Any = None, classes: Any = None) -> Self:
        """Train for one pass over a chunk of rows, from where the last call left off.

        The first call fixes what is built and how columns are scaled, so let its chunk be a fair sample (or leave it to
        `skaae.streaming.fit_stream`). The learning rate is `learning_rate_init` throughout; no rows are held out.

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
        return self._partial_fit(X, y, classes)

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
        rows = self._scale(self._validate(X, reset=False))
        code = self._encode(rows)[0]
        if not self._architecture.cluster_heads:
            return code
        style, category = np.split(code, [self._n_features_out], axis=1)
        return (style + category @ self.cluster_heads_).astype(rows.dtype, copy=False)

    @available_if(lambda self: self.n_clusters is not None)
    def predict(self, X: Any) -> np.ndarray:
        """The cluster of each row, for a model with `n_clusters`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Positions of clusters among `cluster_heads_`; or classes for a model that was fitted with labels, and -1 for
            the clusters beyond these.
        """
        check_is_fitted(self)
        code = self._encode(self._scale(self._validate(X, reset=False)))[0]
        places = code[:, self._n_features_out :].argmax(1)
        return names_of(places, self.classes_) if self._informed else places

    def inverse_transform(self, X: Any) -> Any:
        """Decode codes into rows, in the units of the training rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            Codes.

        Returns
        -------
        X_original : DataFrame or ndarray of shape (n_samples, n_features)
            The rows that the decoder makes of them, in the form of the training rows.
        """
        check_is_fitted(self)
        code = matrix_of(X, self._n_features_out, "codes")
        n_beyond = sum(block.width for block in self._architecture.blocks[1:])  # a style of no cluster
        return self._rows_of(np.pad(code, ((0, 0), (0, n_beyond))))

    def score(self, X: Any, y: Any = None) -> float:
        """Minus the mean squared error of reconstruction, so that higher is better.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : None
            Ignored, present by convention.

        Returns
        -------
        score : float
            Minus the mean over rows and columns, in units of the scaled columns: with standard scaling, 0 is
            perfect and -1 is what the column means would reach.
        """
        check_is_fitted(self)
        return -float(self._errors(self._scale(self._validate(X, reset=False))).mean())

    def sample(self, n_samples: int = 1, y: Any = None, *, random_state: Any = None) -> Any:
        """Decode draws from the prior into new rows.

        Parameters
        ----------
        n_samples : int, default=1
            How many.
        y : class, array-like of shape (n_samples,) or None, default=None
            The class or the cluster of all rows, or one for each, for a model that was fitted with labels, or with
            `n_clusters`. None draws classes as often as they occurred, and clusters equally often.
        random_state : int, RandomState instance or None, default=None
            Pass an int for the same rows in each call.

        Returns
        -------
        X : DataFrame or ndarray of shape (n_samples, n_features)
            New rows, in the form of the training rows.
        """
        check_is_fitted(self)
        check_scalar(n_samples, "n_samples", Integral, min_val=1)
        if y is not None and not hasattr(self, "classes_"):
            raise ValueError(f"`y` must be None for a model that was fitted without labels. Got {y!r}.")
        wanted = None if y is None else wanted_positions(y, n_samples, self.classes_)
        code = self._draw(n_samples, self._draw_seed(check_random_state(random_state)), wanted)
        if wanted is not None and self._architecture.cluster_heads:
            code[:, self._n_features_out :] = np.eye(len(self.cluster_heads_), dtype=code.dtype)[wanted]
        return self._rows_of(code)

    def _read_labels(self, X, y, first, classes=None):
        if first:
            told = y is not None or classes is not None
            self._informed = told and (self.n_clusters is not None or self.prior in WITH_MODES)
            for name in ("classes_", "class_prior_", "cluster_heads_"):
                vars(self).pop(name, None)
            if self.n_clusters is not None:
                self.classes_ = np.arange(self.n_clusters)
        return self._positions(X, np.full(len(X), -1) if y is None else y, first, classes) if self._informed else None

    def _architecture_for(self, encoder, labels):
        return replace(super()._architecture_for(encoder, labels), cluster_heads=self.n_clusters is not None)

    def _adversarial_weight(self):
        if self.adversarial_weight != "auto":
            return float(self.adversarial_weight)
        return 0.03 if self.prior == "normal" and self.n_clusters is None else 1.0

    def _weights(self):
        return {} if self.n_clusters is None else WEIGHTS_WITH_HEADS

    def _blocks(self, width, labels):
        if self.n_clusters is not None:
            n_classes = len(self.classes_) if self._informed else 0
            return blocks_with_heads(self.prior, width, self.posterior, max(self.n_clusters, n_classes))
        shares = self._class_shares(labels) if self._informed else (1 / self.n_modes,) * self.n_modes
        return (block_of(self.prior, width, self.posterior, shares, informed=self._informed),)

    @property
    def _n_features_out(self):
        return self._architecture.blocks[0].width

    def _take(self, state, curves):
        super()._take(state, curves)
        if self._architecture.cluster_heads:
            self.cluster_heads_ = state["model.cluster_heads.weight"][0]
